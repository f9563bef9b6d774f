/* plan.c -- one plan and one parameter vector, run by many threads at once.
 *
 * Whoever runs it, alone, beside others or with a pool, the bits are those of one thread; so
 * they are when threads meet new shapes of one jit plan at the same time.
 */
#include <espalier/espalier.h>
#include "check.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 64, SIDE = 12, CLASSES = 10, MOST_PARAMS = 16384, THREADS = 16, SIZES = 6 };
static const int64_t sizes[SIZES] = {1, 2, 7, 16, 33, ROWS};
static float images[ROWS * SIDE * SIDE], theta[MOST_PARAMS];
static int64_t classes[ROWS];
static epl_key key;

typedef struct {
    float logits[ROWS * CLASSES], loss, gradient[MOST_PARAMS];
} result;

/* halve: y = x / 2, a primitive of one's own with a kernel on raw numbers. */
static bool halve_kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                         char *message)
{
    const float *x = in[0].data;
    float *y = out[0].data;
    (void)count, (void)attrs, (void)message;
    for (int64_t i = 0; i < epl_count(in[0].type); i++)
        y[i] = 0.5f * x[i];
    return true;
}

static epl_val halve(epl_val x);
static epl_val halve_transpose(const epl_val *x, size_t count, int wrt, epl_val ct,
                               const void *attrs)
{
    (void)x, (void)count, (void)wrt, (void)attrs;
    return halve(ct);
}

static epl_val halve(epl_val x)
{
    static const epl_prim prim = {.name = "halve",
                                  .formula = "y = x / 2",
                                  .inputs = 1,
                                  .linear = 1,
                                  .elementwise = true,
                                  .kernel = halve_kernel,
                                  .transpose = halve_transpose};
    return epl_op(&prim, epl_list(x), NULL);
}

static epl_val logits_of(epl_module net, epl_val p, epl_val x, epl_val k)
{
    return halve(epl_apply(net, p, x, .train = true, .key = k));
}

/* Forward in training mode, so that random numbers take part, a loss and its gradient. */
static void build(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val p = epl_input_tree(f, "params", epl_params_of(net));
    epl_val x = epl_input(f, "x", epl_f32(EPL_ANY, 1, SIDE, SIDE));
    epl_val y = epl_input(f, "y", epl_i64(EPL_ANY));
    epl_val k = epl_input(f, "key", EPL_KEY);
    epl_val logits = logits_of(net, p, x, k);
    epl_val loss = epl_cross_entropy(logits, y);
    epl_output(f, "logits", logits);
    epl_output(f, "loss", loss);
    epl_output(f, "gradient", epl_gradient(loss, p));
}

/* The same, and a step: the parameters belong to whoever runs it. */
static void build_step(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val p = epl_input_tree(f, "params", epl_params_of(net));
    epl_val x = epl_input(f, "x", epl_f32(EPL_ANY, 1, SIDE, SIDE));
    epl_val y = epl_input(f, "y", epl_i64(EPL_ANY));
    epl_val k = epl_input(f, "key", EPL_KEY);
    epl_val loss = epl_cross_entropy(epl_apply(net, p, x, .train = true, .key = k), y);
    epl_update(f, "params", epl_sub(p, epl_scale(epl_gradient(loss, p), 0.1)));
    epl_output(f, "loss", loss);
}

static epl_module network(epl_scope *s)
{
    epl_module net = epl_nn_sequential(
        s, {"conv", epl_nn_conv2d(s, 32, {3, 3})}, {"tanh", epl_nn_tanh(s)},
        {"pool", epl_nn_max_pool2d(s, {2, 2})}, {"flat", epl_nn_flatten(s)},
        {"drop", epl_nn_dropout(s, .p = 0.25)}, {"fc", epl_nn_linear(s, CLASSES)});
    return epl_infer(s, net, epl_f32(ROWS, 1, SIDE, SIDE));
}

static epl_status run(epl_plan plan, epl_module net, int64_t rows, result *r, epl_work *work)
{
    int64_t n = epl_spec_count(epl_params_of(net));
    return epl_run(plan,
                   epl_arrays(epl_at(theta, epl_f32(n)),
                              epl_at(images, epl_f32(rows, 1, SIDE, SIDE)),
                              epl_at(classes, epl_i64(rows)), epl_at(key.word, EPL_KEY)),
                   epl_arrays(epl_at(r->logits, epl_f32(rows, CLASSES)),
                              epl_at(&r->loss, epl_f32()), epl_at(r->gradient, epl_f32(n))),
                   work);
}

typedef struct {
    epl_plan plan;
    epl_module net;
    epl_pool *pool; /* NULL: alone */
    const result *expected;
    pthread_barrier_t *start;
    epl_work *work; /* of shared_work alone */
    int number, runs;
    bool is_right;
} caller;

/* One array of a wrong shape: an error of this run alone, with its text. */
static bool fails(epl_plan plan, epl_work *work)
{
    float bad[4] = {0};
    epl_array a = epl_at(bad, epl_f32(4)), b = epl_at(bad, epl_f32());
    return epl_run(plan, epl_arrays(a), epl_arrays(b), work) != EPL_OK && *epl_work_message(work);
}

/* Sizes in another order for each caller; some pass wrong shapes between the right ones. */
static void *call(void *arg)
{
    caller *c = arg;
    epl_scope *s = epl_scope_new(NULL);
    epl_work *work = epl_work_new(s, c->pool);
    result *r = calloc(1, sizeof *r);
    c->is_right = r != NULL;
    pthread_barrier_wait(c->start);
    for (int i = 0; r && i < c->runs; i++) {
        int at = c->runs == 1 ? SIZES - 1 : (i + c->number) % SIZES;
        memset(r, 0, sizeof *r);
        if (run(c->plan, c->net, sizes[at], r, work) != EPL_OK)
            fprintf(stderr, "caller %d: %s\n", c->number, epl_work_message(work));
        c->is_right = c->is_right && memcmp(r, &c->expected[at], sizeof *r) == 0;
        if (c->number % 4 == 3)
            c->is_right = c->is_right && fails(c->plan, work);
    }
    free(r);
    epl_scope_free(s);
    return NULL;
}

/* All at once; how many were right. */
static int together(caller c, void *(*one)(void *), int threads)
{
    pthread_t id[THREADS];
    caller each[THREADS];
    pthread_barrier_t start;
    int right = 0;
    pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        each[i] = c;
        each[i].number = i;
        each[i].start = &start;
        if (pthread_create(&id[i], NULL, one, &each[i]) != 0)
            abort(); /* the others would wait for it forever */
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(id[i], NULL);
        right += each[i].is_right;
    }
    pthread_barrier_destroy(&start);
    return right;
}

static void compiled_plan(epl_scope *s, caller c)
{
    epl_fn *f = epl_fn_new(s, "fixed");
    epl_val p = epl_input_tree(f, "params", epl_params_of(c.net));
    epl_val x = epl_input(f, "x", epl_f32(ROWS, 1, SIDE, SIDE));
    epl_val y = epl_input(f, "y", epl_i64(ROWS)), k = epl_input(f, "key", EPL_KEY);
    epl_val logits = logits_of(c.net, p, x, k);
    epl_val loss = epl_cross_entropy(logits, y);
    epl_output(f, "logits", logits);
    epl_output(f, "loss", loss);
    epl_output(f, "gradient", epl_gradient(loss, p));
    c.plan = epl_compile(s, f);
    c.runs = 1;
    CHECK(together(c, call, 2) == 2);
    CHECK(together(c, call, 16) == 16);
    c.pool = epl_pool_new(s, 4);
    CHECK(c.pool && epl_pool_threads(c.pool) == 4);
    CHECK(together(c, call, 1) == 1);
    CHECK(together(c, call, 3) == 3); /* callers that share a pool */
}

/* A plan that nobody has run yet: all of them miss, on the same shapes and on others. */
static void jit_plan(epl_scope *s, caller c)
{
    static const int threads[] = {2, 16, 16};
    c.runs = 2 * SIZES;
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        c.plan = epl_jit(s, build, c.net);
        c.pool = i == 2 ? epl_pool_new(s, 4) : NULL;
        CHECK(together(c, call, threads[i]) == threads[i]);
    }
}

/* -- training: parameters of one's own -------------------------------------------------------- */
static void train(epl_plan step, epl_module net, epl_work *work, float *own)
{
    float loss;
    int64_t n = epl_spec_count(epl_params_of(net));
    memcpy(own, theta, (size_t)n * sizeof *own);
    for (int i = 0; i < 6; i++)
        CHECK(epl_run(step,
                      epl_arrays(epl_at(own, epl_f32(n)),
                                 epl_at(images, epl_f32(sizes[i], 1, SIDE, SIDE)),
                                 epl_at(classes, epl_i64(sizes[i])), epl_at(key.word, EPL_KEY)),
                      epl_arrays(epl_at(&loss, epl_f32())), work) == EPL_OK);
}

static void trained_bits(epl_scope *s, epl_module net)
{
    static float one[MOST_PARAMS], other[MOST_PARAMS];
    static const int threads[] = {2, 3, 4, 16};
    epl_plan step = epl_jit(s, build_step, net);
    size_t bytes = (size_t)epl_spec_count(epl_params_of(net)) * sizeof *one;
    train(step, net, epl_work_new(s, NULL), one);
    CHECK(memcmp(one, theta, bytes) != 0);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        train(step, net, epl_work_new(s, epl_pool_new(s, threads[i])), other);
        CHECK(memcmp(one, other, bytes) == 0);
    }
}

/* -- a checked plan, some of whose callers pass bad numbers ---------------------------------- */
static void build_checked(epl_fn *f, const void *data)
{
    (void)data;
    epl_fn_check(f, EPL_CHECK_NAN);
    epl_val x = epl_input(f, "x", epl_f32(EPL_ANY, 300));
    epl_output(f, "y", epl_sum(epl_square(epl_exp(epl_log(x)))));
}

static void *call_checked(void *arg)
{
    caller *c = arg;
    epl_scope *s = epl_scope_new(NULL);
    epl_work *work = epl_work_new(s, c->pool);
    float *x = calloc(300 * 300, sizeof *x), y;
    c->is_right = x != NULL;
    for (int i = 0; x && i < 300 * 300; i++)
        x[i] = 1;
    pthread_barrier_wait(c->start);
    for (int i = 0; x && i < 20; i++) {
        bool bad = (i + c->number) % 3 == 0;
        char words[64];
        snprintf(words, sizeof words, "[log] makes nan at [%d, 7] of f32[300,300], of -2", i);
        x[i * 300 + 7] = bad ? -2 : 1;
        epl_status got = epl_run(c->plan, epl_arrays(epl_at(x, epl_f32(300, 300))),
                                 epl_arrays(epl_at(&y, epl_f32())), work);
        x[i * 300 + 7] = 1;
        c->is_right = c->is_right && got == (bad ? EPL_ERR_DATA : EPL_OK) &&
                      !strcmp(epl_work_message(work), bad ? words : "");
    }
    free(x);
    epl_scope_free(s);
    return NULL;
}

static void checked_plan(epl_scope *s)
{
    caller c = {.plan = epl_jit(s, build_checked, NULL), .pool = epl_pool_new(s, 3)};
    CHECK(together(c, call_checked, 8) == 8);
}

/* wait: y = x, after two others have met it at the barrier, twice. */
static pthread_barrier_t inside;
static bool wait_kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                        char *message)
{
    (void)count, (void)attrs, (void)message;
    memcpy(out[0].data, in[0].data, epl_bytes(in[0].type));
    pthread_barrier_wait(&inside);
    pthread_barrier_wait(&inside);
    return true;
}

static void *call_waiting(void *arg)
{
    caller *c = arg;
    float x = 3, y = 0;
    epl_status got = epl_run(c->plan, epl_arrays(epl_at(&x, epl_f32())),
                             epl_arrays(epl_at(&y, epl_f32())), c->work);
    c->is_right = got == EPL_OK && y == 3;
    return NULL;
}

/* A work that a second thread takes while a run is on: that thread is told, the run is not hurt. */
static void shared_work(epl_scope *s)
{
    static const epl_prim prim = {
        .name = "wait", .formula = "y = x", .inputs = 1, .linear = 1, .kernel = wait_kernel};
    epl_fn *f = epl_fn_new(s, "waiting"), *g = epl_fn_new(s, "plain");
    epl_output(f, "y", epl_op(&prim, epl_list(epl_input(f, "x", epl_f32())), NULL));
    epl_output(g, "y", epl_square(epl_input(g, "x", epl_f32())));
    epl_plan plain = epl_compile(s, g);
    caller c = {.plan = epl_compile(s, f), .work = epl_work_new(s, NULL)};
    float x = 2, y = 0;
    pthread_t first;
    CHECK(!pthread_barrier_init(&inside, NULL, 2));
    CHECK(!pthread_create(&first, NULL, call_waiting, &c));
    pthread_barrier_wait(&inside);
    epl_arrays in = epl_arrays(epl_at(&x, epl_f32())), out = epl_arrays(epl_at(&y, epl_f32()));
    CHECK(epl_run(plain, in, out, c.work) == EPL_ERR_USE && y == 0);
    CHECK(strstr(epl_work_message(c.work), "two runs at once") != NULL);
    pthread_barrier_wait(&inside);
    CHECK(!pthread_join(first, NULL) && c.is_right);
    CHECK(epl_run(plain, in, out, c.work) == EPL_OK && y == 4);
    pthread_barrier_destroy(&inside);
}

int main(void)
{
    static result expected[SIZES];
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = network(s);
    epl_tree *first = epl_init(s, epl_params_of(net), epl_seed(1));
    size_t n = (size_t)epl_spec_count(epl_params_of(net));
    CHECK(first && n > 0 && n <= MOST_PARAMS);
    if (!first || n > MOST_PARAMS)
        return check_done("plan");
    memcpy(theta, epl_tree_array(first).data, n * sizeof *theta);
    key = epl_seed(5);
    for (int i = 0; i < ROWS * SIDE * SIDE; i++)
        images[i] = (float)((i * 53) % 97) / 97 - 0.5f;
    for (int i = 0; i < ROWS; i++)
        classes[i] = (i * 7) % CLASSES;

    /* What one thread gives, by a jit plan of its own. */
    epl_plan alone = epl_jit(s, build, net);
    epl_work *work = epl_work_new(s, NULL);
    for (int i = 0; i < SIZES; i++)
        CHECK(run(alone, net, sizes[i], &expected[i], work) == EPL_OK);
    CHECK(expected[SIZES - 1].loss > 0);

    caller c = {.net = net, .expected = expected};
    compiled_plan(s, c);
    jit_plan(s, c);
    trained_bits(s, net);
    checked_plan(s);
    shared_work(s);
    epl_scope_free(s);
    return check_done("plan");
}
