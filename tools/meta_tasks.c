/* meta_tasks.c -- the families: sines as in Finn et al. 2017, and three classes of images.
 *
 * Support and query of a task never share an example.
 */
#include <string.h>
#include "meta.h"

void meta_draw_task(const meta *m, epl_fn *f, epl_val key, epl_val data, int64_t shots,
                    int64_t queries, meta_task *out)
{
    for (int query = 0; query < 2; query++) {
        meta_draw d = {
            f,     epl_fold(key, 1),       epl_fold(key, 2), epl_fold(key, 3 + query), data,
            query, query ? queries : shots};
        out[query] = m->family->draw(m, &d);
    }
}

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

/* amplitude sin(x - phase). */
static meta_task draw_sine(const meta *m, const meta_draw *d)
{
    epl_val amplitude = epl_uniform(d->first, epl_dims(), 0.1, 5);
    epl_val phase = epl_uniform(d->second, epl_dims(), 0, 3.14159265358979);
    epl_val x = epl_uniform(d->own, epl_dims(d->count, 1), -5, 5);
    return (meta_task){m->net, false, x, epl_mul(amplitude, epl_sin(epl_sub(x, phase)))};
}

const meta_family meta_sine = {.name = "sine",
                               .measure = "mse",
                               .settings = {.shots = 10,
                                            .queries = 10,
                                            .tasks = 25,
                                            .iterations = 70000,
                                            .inner_lr = 0.01,
                                            .outer_lr = 1e-3},
                               .steps = {1, 1, 10, 1, 1, 3},
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

/* An image after `turns` quarter turns. */
static void turned(const unsigned char *from, int64_t turns, unsigned char *to)
{
    for (int64_t i = 0; i < SIDE * SIDE; i++) {
        int64_t row = i / SIDE, column = i % SIDE, last = SIDE - 1;
        int64_t r = turns == 0   ? row
                    : turns == 1 ? column
                    : turns == 2 ? last - row
                                 : last - column;
        int64_t c = turns == 0   ? column
                    : turns == 1 ? last - row
                    : turns == 2 ? last - column
                                 : row;
        to[i] = from[r * SIDE + c];
    }
}

/* Images of the classes from `first` on, as many of each as of the rarest; each class again after
 * each further quarter turn, as a class of its own: [turns * CLASSES, examples, pixels]. */
static bool take_classes(meta *m, const data_part *p, int64_t first, int64_t turns, epl_array *out)
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
    unsigned char *to = epl_scope_alloc(m->s, (size_t)(turns * CLASSES * least * pixels));
    memset(count, 0, sizeof count);
    for (int64_t i = 0; to && i < p->count; i++) {
        int64_t c = label[i] - first;
        if (c >= 0 && c < CLASSES && count[c] < least)
            for (int64_t at = count[c]++, turn = 0; turn < turns; turn++)
                turned(image + i * pixels, turn, to + ((turn * CLASSES + c) * least + at) * pixels);
    }
    *out = epl_at(to, epl_type_of(EPL_U8, epl_dims(turns * CLASSES, least, pixels)));
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
    return take_classes(m, &d.train, 0, m->at.turns, &m->train) &&
           take_classes(m, &d.test, CLASSES, 1, &m->test);
}

/* Images of three classes: support from one half of each class's examples, query from the other;
 * where the halves begin is of the task. */
static meta_task draw_images(const meta *m, const meta_draw *d)
{
    int64_t classes = epl_dim(d->data, 0), all = epl_dim(d->data, 1), rows = WAYS * d->count;
    int64_t low = d->query ? all / 2 : 0, high = d->query ? all : all / 2;
    epl_val class = epl_narrow(epl_permutation(d->first, classes), 0, 0, WAYS);
    epl_val start = epl_randint(d->second, epl_dims(WAYS, 1), 0, all);
    epl_val drawn = epl_randint(d->own, epl_dims(WAYS, d->count), low, high);
    epl_val in_class = epl_remainder(epl_add(drawn, start), epl_int(all));
    epl_val at = epl_add(in_class, epl_mul(epl_unsqueeze(class, 1), epl_int(all)));
    epl_val flat = epl_reshape(d->data, epl_dims(classes * all, SIDE * SIDE));
    epl_val x = epl_index_select(flat, 0, epl_reshape(at, epl_dims(rows)));
    x = epl_scale(epl_cast(epl_reshape(x, epl_dims(rows, 1, SIDE, SIDE)), EPL_F32), 1.0 / 255);
    epl_val way = epl_unsqueeze(epl_arange(d->f, EPL_I64, 0, WAYS, 1), 1);
    epl_val y = epl_reshape(epl_expand(way, epl_dims(WAYS, d->count)), epl_dims(rows));
    return (meta_task){m->net, true, x, y};
}

const meta_family meta_images = {.name = "images",
                                 .measure = "accuracy",
                                 .classes = true,
                                 .settings = {.shots = 1,
                                              .queries = 15,
                                              .tasks = 4,
                                              .iterations = 3000,
                                              .inner_lr = 0.1,
                                              .outer_lr = 1e-3},
                                 .steps = {5, 5, 5, 5, 5, 3},
                                 .shots = {1, 5},
                                 .test_queries = 15,
                                 .head = "head.**",
                                 .prepare = prepare_images,
                                 .draw = draw_images};
