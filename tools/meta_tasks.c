/* meta_tasks.c -- the families: sines as in Finn et al. 2017, and three classes of images.
 *
 * Support and query of a task never share an example.
 */
#include <string.h>
#include "meta.h"

/* -- sines --------------------------------------------------------------------------------------
 */
static bool prepare_sine(meta *m, const char *folder)
{
    epl_scope *s = m->s;
    epl_module net = epl_nn_sequential(s, {"a", epl_nn_linear(s, 40)}, {"a_relu", epl_nn_relu(s)},
                                       {"b", epl_nn_linear(s, 40)}, {"b_relu", epl_nn_relu(s)},
                                       {"head", epl_nn_linear(s, 1)});
    (void)folder;
    m->net = epl_infer(s, net, epl_f32(1, 1));
    return epl_scope_status(s) == EPL_OK;
}

/* amplitude sin(x - phase), x of a key of its own. */
static meta_task sine_part(const meta *m, epl_val key, int64_t use, int64_t rows)
{
    epl_val amplitude = epl_uniform(epl_fold(key, 1), epl_dims(), 0.1, 5);
    epl_val phase = epl_uniform(epl_fold(key, 2), epl_dims(), 0, 3.14159265358979);
    epl_val x = epl_uniform(epl_fold(key, use), epl_dims(rows, 1), -5, 5);
    return (meta_task){m->net, false, x, epl_mul(amplitude, epl_sin(epl_sub(x, phase)))};
}

static void draw_sine(const meta *m, epl_fn *f, epl_val key, epl_val data, int64_t shots,
                      int64_t queries, meta_task *out)
{
    (void)f, (void)data;
    out[0] = sine_part(m, key, 3, shots);
    out[1] = sine_part(m, key, 4, queries);
}

const meta_family meta_sine = {.name = "sine",
                               .measure = "mse",
                               .settings = {.shots = 10,
                                            .queries = 10,
                                            .steps = 1,
                                            .tasks = 25,
                                            .iterations = 70000,
                                            .seed = 1,
                                            .cg_steps = 5,
                                            .inner_lr = 0.01,
                                            .outer_lr = 1e-3,
                                            .lambda = 1},
                               .shots = {5, 10, 20},
                               .test_queries = 100,
                               .head = "head.**",
                               .prepare = prepare_sine,
                               .draw = draw_sine};

/* -- images: [classes, examples, 28 * 28] of bytes ------------------------------------------------
 */
enum { WAYS = 3, CLASSES = 5, SIDE = 28 };

static epl_module stage(epl_scope *s)
{
    return epl_nn_sequential(s, {"conv", epl_nn_conv2d(s, 32, {3, 3}, .padding = {1, 1})},
                             {"norm", epl_nn_batch_norm2d(s, .track_running_stats = false)},
                             {"relu", epl_nn_relu(s)}, {"pool", epl_nn_max_pool2d(s, {2, 2})});
}

/* Images of the classes from `first` on, as many of each as of the rarest. */
static bool take_classes(meta *m, const data_part *p, int64_t first, epl_array *out)
{
    int64_t count[CLASSES] = {0}, least = p->count, pixels = SIDE * SIDE;
    const unsigned char *image = p->input.data;
    const int64_t *label = p->target.data;
    if (p->input.type.dtype != EPL_U8 || p->target.type.dtype != EPL_I64 ||
        epl_count(p->input.type) != p->count * pixels) {
        epl_scope_fail(m->s, EPL_ERR_DATA,
                       "data: images of 28 x 28 bytes and their classes are needed");
        return false;
    }
    for (int64_t i = 0; i < p->count; i++)
        if (label[i] >= first && label[i] < first + CLASSES)
            count[label[i] - first]++;
    for (int c = 0; c < CLASSES; c++)
        least = count[c] < least ? count[c] : least;
    if (least < 2) {
        epl_scope_fail(m->s, EPL_ERR_DATA, "data: each of the classes 0 to 9 must have examples");
        return false;
    }
    unsigned char *to = epl_scope_alloc(m->s, (size_t)(CLASSES * least * pixels));
    memset(count, 0, sizeof count);
    for (int64_t i = 0; to && i < p->count; i++) {
        int64_t c = label[i] - first;
        if (c >= 0 && c < CLASSES && count[c] < least)
            memcpy(to + (c * least + count[c]++) * pixels, image + i * pixels, (size_t)pixels);
    }
    *out = epl_at(to, epl_type_of(EPL_U8, epl_dims(CLASSES, least, pixels)));
    return to != NULL;
}

static bool prepare_images(meta *m, const char *folder)
{
    epl_scope *s = m->s;
    data_set d;
    epl_module net = epl_nn_sequential(s, {"1", stage(s)}, {"2", stage(s)}, {"3", stage(s)},
                                       {"4", stage(s)}, {"flatten", epl_nn_flatten(s)},
                                       {"head", epl_nn_linear(s, WAYS)});
    m->net = epl_infer(s, net, epl_f32(WAYS, 1, SIDE, SIDE));
    if (!m->net || !data_open(s, folder, &d))
        return false;
    if (!d.has_test) {
        epl_scope_fail(s, EPL_ERR_FILE, "data: %s has no test part (t10k)", folder);
        return false;
    }
    return take_classes(m, &d.train, 0, &m->train) && take_classes(m, &d.test, CLASSES, &m->test);
}

/* n images a class: numbers from [low, high) of each class's examples, turned by `turn`. */
static meta_task image_part(const meta *m, epl_fn *f, epl_val key, epl_val data, epl_val classes,
                            epl_val turn, int64_t n, int64_t low, int64_t high)
{
    int64_t all = epl_dim(data, 1), rows = WAYS * n;
    epl_val drawn = epl_randint(key, epl_dims(WAYS, n), low, high);
    epl_val in_class = epl_remainder(epl_add(drawn, turn), epl_int(all));
    epl_val at = epl_add(in_class, epl_mul(epl_unsqueeze(classes, 1), epl_int(all)));
    epl_val flat = epl_reshape(data, epl_dims(CLASSES * all, SIDE * SIDE));
    epl_val x = epl_index_select(flat, 0, epl_reshape(at, epl_dims(rows)));
    x = epl_scale(epl_cast(epl_reshape(x, epl_dims(rows, 1, SIDE, SIDE)), EPL_F32), 1.0 / 255);
    epl_val way = epl_unsqueeze(epl_arange(f, EPL_I64, 0, WAYS, 1), 1);
    epl_val y = epl_reshape(epl_expand(way, epl_dims(WAYS, n)), epl_dims(rows));
    return (meta_task){m->net, true, x, y};
}

static void draw_images(const meta *m, epl_fn *f, epl_val key, epl_val data, int64_t shots,
                        int64_t queries, meta_task *out)
{
    int64_t all = epl_dim(data, 1), half = all / 2;
    epl_val classes = epl_narrow(epl_permutation(epl_fold(key, 1), CLASSES), 0, 0, WAYS);
    epl_val turn = epl_randint(epl_fold(key, 2), epl_dims(WAYS, 1), 0, all);
    out[0] = image_part(m, f, epl_fold(key, 3), data, classes, turn, shots, 0, half);
    out[1] = image_part(m, f, epl_fold(key, 4), data, classes, turn, queries, half, all);
}

const meta_family meta_images = {.name = "images",
                                 .measure = "accuracy",
                                 .classes = true,
                                 .settings = {.shots = 1,
                                              .queries = 15,
                                              .steps = 5,
                                              .tasks = 4,
                                              .iterations = 3000,
                                              .seed = 1,
                                              .cg_steps = 5,
                                              .inner_lr = 0.1,
                                              .outer_lr = 1e-3,
                                              .lambda = 1},
                                 .shots = {1, 5},
                                 .test_queries = 15,
                                 .head = "head.**",
                                 .prepare = prepare_images,
                                 .draw = draw_images};
