/* 15_learned_optimizer.c -- an optimizer that is learned (Andrychowicz et al. 2016): an LSTM sees
 * the gradient of each parameter alone and gives its step. It is trained on random networks that
 * learn from random teachers, by the loss along 100 steps, 20 at a time, and compared on new ones
 * with Adam, whose rate is the best of a grid. docs/meta-learning.md has the results.
 *
 * 15_learned_optimizer [ROUNDS] [HIDDEN, 0: a linear student, whose loss is quadratic] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <espalier/espalier.h>

enum { TASKS = 16, NEW = 200, STEPS = 100, UNROLL = 20, UNITS = 20 };
enum { LAST = 3, MEAN = 5, COLUMNS }; /* of the table */
static const int column[MEAN] = {10, 20, 50, STEPS, 2 * STEPS};
typedef struct {
    epl_module student, learner; /* learner NULL: Adam */
    epl_shape x;
} setup;
static epl_val draw(const setup *o, epl_val key, int64_t use)
{
    return epl_normal(epl_fold(key, use), epl_dims(epl_spec_count(epl_params_of(o->student))));
}

/* What goes from step to step: the parameters, then the optimizer's state. */
static size_t begin(epl_fn *f, const setup *o, epl_val key, epl_val *state)
{
    epl_val p = state[0] = draw(o, key, 2);
    int64_t n = epl_dim(p, 0);
    state[1] = epl_zeros(f, o->learner ? epl_f32(1, n, UNITS) : epl_f32(2 * n + 1));
    state[2] = epl_zeros(f, epl_f32(1, n, UNITS));
    return o->learner ? 3 : 2;
}

/* The loss before each of some steps on the problem of a key; state as it is after them. */
static epl_val go(epl_fn *f, const setup *o, epl_val key, epl_val how, epl_val *state, size_t n,
                  int64_t steps)
{
    epl_val x = epl_normal(epl_fold(key, 3), o->x), now[3], next[3];
    epl_val y = epl_apply(o->student, draw(o, key, 1), x);
    epl_fn *turn = epl_scan(f, .length = steps);
    for (size_t i = 0; i < n; i++)
        now[i] = next[i] = epl_carry(turn, state[i]);
    epl_val l = epl_mse_loss(epl_apply(o->student, now[0], x), y);
    epl_val g = epl_stop_gradient(epl_gradient(l, now[0]));
    next[0] = o->learner
                  ? epl_learned_step(o->learner, how, now[0], g, .state = next + 1, .states = 2)
                  : epl_opt_adam(now[0], g, next + 1, .lr = how);
    for (size_t i = 0; i < n; i++)
        epl_next(turn, now[i], next[i]);
    epl_val losses = epl_collect(turn, l);
    for (size_t i = 0; i < n; i++)
        state[i] = epl_last(turn, now[i]);
    return losses;
}

/* Once along the problems: after each piece the learner takes a step of Adam. */
static void meta_step(epl_fn *f, const void *data)
{
    const setup *o = data;
    epl_val w = epl_input_tree(f, "weights", epl_params_of(o->learner)), all[4];
    epl_val adam = epl_input(f, "adam", EPL_AS_PASSED), keys = epl_input(f, "key", EPL_KEY);
    keys = epl_split(keys, TASKS);
    for (int k = 0; k < STEPS / UNROLL; k++) {
        epl_fn *each = epl_map(f);
        epl_val key = epl_each(each, keys, 0), out[4];
        size_t n = begin(each, o, key, out + 1);
        for (size_t i = 1; k && i <= n; i++)
            out[i] = epl_each(each, epl_stop_gradient(all[i]), 0);
        out[0] = go(each, o, key, w, out + 1, n, UNROLL);
        epl_collects(each, (epl_vals){n + 1, out}, all);
        epl_val g = epl_gradient(epl_mean(all[0]), w);
        g = epl_div(g, epl_maximum(epl_num(1), epl_vector_norm(g)));
        w = epl_opt_adam(w, g, &adam, .lr = epl_num(3e-3));
    }
    epl_update(f, "weights", w);
    epl_update(f, "adam", adam);
}

/* The mean over NEW problems of the loss along the way and of all losses up to STEPS; and how
 * far from it the true mean may be (95%). */
static void test(epl_fn *f, const void *data)
{
    epl_val how = epl_input(f, "how", EPL_AS_PASSED), keys = epl_input(f, "key", EPL_KEY), state[3];
    epl_fn *each = epl_map(f, .chunk = 25);
    epl_val key = epl_each(each, epl_split(keys, NEW), 0), out[COLUMNS];
    size_t n = begin(each, data, key, state);
    epl_val all = epl_collect(each, go(each, data, key, how, state, n, 2 * STEPS + 1));
    out[MEAN] = epl_mean(epl_narrow(all, 1, 0, STEPS + 1), .dim = epl_axes(1));
    for (int i = 0; i < MEAN; i++)
        out[i] = epl_select(all, 1, column[i]);
    all = epl_stack((epl_vals){COLUMNS, out});
    epl_val error = epl_scale(epl_std(all, .dim = epl_axes(1)), 1.96 / sqrt(NEW));
    epl_output(f, "table", epl_stack(epl_list(epl_mean(all, .dim = epl_axes(1)), error)));
}

/* On problems of the training (seed 2), or new ones (3). */
static epl_status exam(epl_plan plan, epl_array how, uint64_t seed, epl_work *w,
                       float r[2][COLUMNS])
{
    epl_key key = epl_seed(seed);
    return epl_run(plan, epl_arrays(how, epl_at(&key, EPL_KEY)),
                   epl_arrays(epl_at(r, epl_f32(2, COLUMNS))), w);
}

static epl_status compare(epl_plan adam, epl_plan learned, epl_array weights, epl_work *w)
{
    static const int criterion[3] = {MEAN, LAST};
    epl_status status = EPL_OK;
    printf(
        "steps          10               20               50              100              200   "
        "     mean to 100\n");
    for (int k = 0; k < 3 && !status; k++) {
        float r[2][COLUMNS] = {{0}}, best = 0, least = INFINITY;
        for (int i = 0; k < 2 && i < 17 && !status; i++) { /* rates 0.001 to 10 */
            float rate = powf(10, (float)i / 4 - 3);
            status = exam(adam, epl_at(&rate, epl_f32()), 2, w, r);
            if (r[0][criterion[k]] < least)
                least = r[0][criterion[k]], best = rate;
        }
        if (!status)
            status =
                exam(k < 2 ? adam : learned, k < 2 ? epl_at(&best, epl_f32()) : weights, 3, w, r);
        printf(k < 2 ? "Adam %.2f" : "learned  ", (double)best);
        for (int i = 0; i < COLUMNS; i++)
            printf(" %8.2g \302\261 %-5.1g", (double)r[0][i], (double)r[1][i]);
        printf("\n");
    }
    return status;
}

static epl_status learn(epl_scope *s, const setup *o, uint64_t rounds)
{
    epl_spec spec = epl_params_of(o->learner);
    epl_array weights = epl_tree_array(epl_init(s, spec, epl_seed(1)));
    epl_array adam = epl_tree_array(epl_tree_new(s, epl_opt_adam_state(s, spec)));
    setup usual = {.student = o->student, .x = o->x};
    epl_plan plan = epl_jit(s, meta_step, o);
    epl_work *w = epl_work_new(s, epl_pool_new(s, 0));
    epl_status status = EPL_OK;
    for (uint64_t i = 0; i < rounds && !status; i++) {
        epl_key key = epl_key_fold(epl_seed(2), i);
        status = epl_run(plan, epl_arrays(weights, adam, epl_at(&key, EPL_KEY)),
                         (epl_arrays){0, NULL}, w);
    }
    if (!status)
        status = compare(epl_jit(s, test, &usual), epl_jit(s, test, o), weights, w);
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(w));
    return status;
}

int main(int argc, char **argv)
{
    uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 20;
    int hidden = argc > 2 ? atoi(argv[2]) : 8;
    epl_scope *s = epl_scope_new(NULL);
    epl_module one = epl_nn_linear(s, 1, .bias = hidden > 0);
    if (hidden)
        one = epl_nn_sequential(s, {"a", epl_nn_linear(s, hidden)}, {"tanh", epl_nn_tanh(s)},
                                {"b", one});
    epl_shape x = hidden ? epl_dims(32, 4) : epl_dims(10, 10);
    one = epl_infer(s, one, epl_type_of(EPL_F32, x));
    int64_t n = epl_spec_count(epl_params_of(one));
    epl_module net = epl_nn_graph(s, "g h c", "step lstm.1 lstm.2",
                                  {"lstm", .module = epl_nn_lstm(s, UNITS), .inputs = "g h c"},
                                  {"step", .module = epl_nn_linear(s, 1), .inputs = "lstm"});
    epl_type state = epl_f32(1, n, UNITS);
    net = epl_infer_all(s, net, 3, (epl_type[]){epl_f32(1, n, 2), state, state});
    epl_status status = learn(s, &(setup){one, net, x}, rounds);
    epl_scope_free(s);
    return status != EPL_OK;
}
