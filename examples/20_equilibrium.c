/* A deep equilibrium network (Bai et al. 2019): its one layer is repeated until nothing changes,
 * z = tanh(z W + x U + b), and what it has learned is where that ends. The gradient is one linear
 * system at the end, so that nothing of the way there is kept. Two spirals, a class each; then
 * what a step of training needs for K repetitions, beside the same layer unrolled.
 *
 *     20_equilibrium [STEPS [K ...]]      default 100 10 100
 */
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { POINTS = 256, WIDTH = 32 };
typedef struct {
    epl_spec spec;
    int64_t depth;        /* 0: as deep as it takes */
    epl_save_policy save; /* of the unrolled one; 0: the implicit one */
} setting;

static epl_val layer(const setting *o, epl_val theta, epl_val z, epl_val in)
{
    epl_val w = epl_leaf(o->spec, theta, "w");
    /* |z W| < 0.9 |z| whatever is learned: there is one end, and each step comes nearer. */
    epl_val size = epl_amax(epl_sum(epl_abs(w), .dim = epl_axes(0)));
    w = epl_div(epl_scale(w, 0.9), epl_maximum(size, epl_num(0.9)));
    return epl_tanh(epl_add(epl_matmul(z, w), in));
}

static epl_val equilibrium(epl_fn *f, const setting *o, epl_val theta, epl_val in, epl_val *steps)
{
    bool whole = o->depth > 0; /* all steps, for the comparison */
    epl_fn *q = epl_fixed_point(f, .method = whole ? EPL_PLAIN : EPL_ANDERSON,
                                .tol = whole ? 1e-30 : 1e-5, .most = whole ? o->depth : 100,
                                .derivative = {EPL_BICGSTAB, .tol = 1e-4});
    epl_val z = epl_unknown(q, epl_zeros_like(in));
    return epl_solution(q, layer(o, theta, z, in), .iterations = steps, .report = whole);
}

static epl_val unrolled(epl_fn *f, const setting *o, epl_val theta, epl_val in)
{
    epl_fn *t = epl_scan(f, .length = o->depth, .save = o->save);
    epl_val z = epl_carry(t, epl_zeros_like(in));
    epl_next(t, z, layer(o, theta, z, in));
    return epl_last(t, z);
}

static void train(epl_fn *f, const void *data)
{
    const setting *o = data;
    epl_val theta = epl_input_tree(f, "params", o->spec), steps = epl_zeros(f, epl_i64());
    epl_val state = epl_input(f, "adam", EPL_AS_PASSED);
    epl_val x = epl_input(f, "x", epl_f32(POINTS, 2)), y = epl_input(f, "y", epl_i64(POINTS));
    epl_val in =
        epl_add(epl_matmul(x, epl_leaf(o->spec, theta, "u")), epl_leaf(o->spec, theta, "b"));
    epl_val z = o->save ? unrolled(f, o, theta, in) : equilibrium(f, o, theta, in, &steps);
    epl_val logits = epl_matmul(z, epl_leaf(o->spec, theta, "read"));
    epl_val loss = epl_cross_entropy(logits, y), right = epl_eq(epl_argmax(logits, .dim = 1), y);
    epl_val next = epl_opt_adam(theta, epl_gradient(loss, theta), &state, .lr = epl_num(0.01));
    epl_update(f, "params", next);
    epl_update(f, "adam", state);
    epl_output(f, "loss", loss);
    epl_output(f, "accuracy", epl_mean(epl_cast(right, EPL_F32)));
    epl_output(f, "steps", steps);
}

static double milliseconds(void)
{
    return 1e3 * (double)clock() / CLOCKS_PER_SEC;
}

static float x[POINTS][2];
static int64_t y[POINTS];

static void spirals(void)
{
    for (int i = 0; i < POINTS; i++) {
        double t = (i / 2) / (POINTS / 2.0), turn = 9 * t + 3.14159265358979 * (i % 2);
        x[i][0] = (float)((0.3 + 2 * t) * cos(turn));
        x[i][1] = (float)((0.3 + 2 * t) * sin(turn));
        y[i] = i % 2;
    }
}

/* `count` steps of training; false after an error, which is printed. */
static int run(epl_scope *s, const setting *o, int count, int table)
{
    epl_mark mark = epl_scope_mark(s);
    epl_array theta = epl_tree_array(epl_init(s, o->spec, epl_seed(1)));
    epl_array adam = epl_tree_array(epl_init(s, epl_opt_adam_state(s, o->spec), epl_seed(1)));
    epl_plan plan = epl_jit(s, train, o);
    epl_work *work = epl_work_new(s, NULL);
    float loss = 0, accuracy = 0;
    int64_t steps = 0;
    double begin = 0; /* the first run compiles */
    epl_arrays in =
        epl_arrays(theta, adam, epl_at(x, epl_f32(POINTS, 2)), epl_at(y, epl_i64(POINTS)));
    epl_arrays out = epl_arrays(epl_at(&loss, epl_f32()), epl_at(&accuracy, epl_f32()),
                                epl_at(&steps, epl_i64()));
    epl_status status = EPL_OK;
    for (int i = 0; i < count && status == EPL_OK; i++) {
        begin = i == 1 ? milliseconds() : begin;
        status = epl_run(plan, in, out, work);
        if (!table && status == EPL_OK && (i % 50 == 0 || i + 1 == count))
            printf("%5d  loss %.4f  accuracy %.3f  depth %lld\n", i, (double)loss, (double)accuracy,
                   (long long)steps);
    }
    if (status != EPL_OK)
        fprintf(stderr, "%s\n", epl_work_message(work));
    else if (table)
        printf("%6lld  %-9s %11zu %9.2f  %.6f\n", (long long)o->depth,
               o->save == EPL_SAVE_ALL    ? "all kept"
               : o->save == EPL_SAVE_SQRT ? "sqrt kept"
                                          : "implicit",
               epl_plan_work_bytes(plan), (milliseconds() - begin) / (count - 1), (double)loss);
    epl_scope_reset(s, mark);
    return status == EPL_OK;
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"10", "100"};
    const char *const *depth = argc > 2 ? (const char *const *)argv + 2 : usual;
    int count = argc > 2 ? argc - 2 : 2, ok;
    epl_initialiser narrow = epl_init_normal(0, 0.1), wide = epl_init_normal(0, 1);
    epl_leaf_spec leaf[] = {{"w", EPL_F32, epl_dims(WIDTH, WIDTH), EPL_WEIGHT, narrow, 0},
                            {"u", EPL_F32, epl_dims(2, WIDTH), EPL_WEIGHT, wide, 0},
                            {"b", EPL_F32, epl_dims(WIDTH), EPL_BIAS, wide, 0},
                            {"read", EPL_F32, epl_dims(WIDTH, 2), EPL_WEIGHT, narrow, 0}};
    epl_scope *s = epl_scope_new(NULL);
    setting o = {.spec = epl_spec_new(s, 4, leaf)};
    spirals();
    ok = run(s, &o, argc > 1 ? atoi(argv[1]) : 100, 0);
    printf("\n%6s  %-9s %11s %9s  loss\n", "depth", "gradient", "bytes", "ms");
    for (int i = 0; i < count && ok; i++)
        for (int save = 0; save <= EPL_SAVE_SQRT && ok; save++) {
            o = (setting){o.spec, strtoll(depth[i], NULL, 10), (epl_save_policy)save};
            ok = run(s, &o, 5, 1);
        }
    epl_scope_free(s);
    return !ok;
}
