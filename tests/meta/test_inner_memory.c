/* test_inner_memory.c -- second-order MAML through K steps in a scan: what the plan's workspace
 * takes by each word of .save. It is known before a run, so K may be large here.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <string.h>

enum { POINTS = 10, PARAMETERS = 1761 };
static epl_scope *s;
static epl_module net;

static void open_scope(void)
{
    s = epl_scope_new(NULL);
    net = epl_nn_sequential(s, {"a", epl_nn_linear(s, 40)}, {"a_tanh", epl_nn_tanh(s)},
                            {"b", epl_nn_linear(s, 40)}, {"b_tanh", epl_nn_tanh(s)},
                            {"c", epl_nn_linear(s, 1)});
    net = epl_infer(s, net, epl_f32(POINTS, 1));
}

static void close_scope(void)
{
    cr_assert_str_eq(epl_scope_message(s), "");
    epl_scope_free(s);
}
TestSuite(inner_memory, .init = open_scope, .fini = close_scope);

static epl_val loss(epl_val theta, epl_val x, epl_val y)
{
    return epl_mse_loss(epl_apply(net, theta, x), y);
}

/* K steps of gradient descent, the loss after them, and its gradient through all of them. */
static epl_plan maml(int64_t steps, epl_save_policy save)
{
    epl_fn *f = epl_fn_new(s, "maml");
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val x = epl_input(f, "x", epl_f32(POINTS, 1)), y = epl_input(f, "y", epl_f32(POINTS, 1));
    epl_fn *t = epl_scan(f, .length = steps, .save = save, .every = 4);
    epl_val phi = epl_carry(t, theta);
    epl_next(t, phi, epl_sub(phi, epl_scale(epl_gradient(loss(phi, x, y), phi), 0.01)));
    epl_val after = loss(epl_last(t, phi), epl_neg(x), y);
    epl_output(f, "loss", after);
    epl_output(f, "gradient", epl_gradient(after, theta));
    return epl_compile(s, f);
}

/* The bytes for K steps above those for one, in vectors of parameters: what a step carries. */
static double kept(int64_t steps, epl_save_policy save)
{
    size_t one = epl_plan_work_bytes(maml(1, save)), all = epl_plan_work_bytes(maml(steps, save));
    cr_assert(one > 0 && all >= one, "%zu and %zu bytes", one, all);
    return (double)(all - one) / (4 * PARAMETERS);
}

/* Measured: K - 1 vectors; 2 sqrt(K) + 2, and the steps that are left over where K is no square
 * (10 at 1000); 5.03 log2(K) + 3 (docs/control-flow.md has bytes). */
Test(inner_memory, grows_as_promised)
{
    static const int64_t steps[] = {1, 10, 100, 1000, 10000, 1000000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        double all = kept(steps[i], EPL_SAVE_ALL), root = kept(steps[i], EPL_SAVE_SQRT);
        double halves = kept(steps[i], EPL_SAVE_LOG), k = (double)steps[i];
        cr_expect_float_eq(all, k - 1, 1, "all of %g: %g", k, all);
        cr_expect_leq(root, 2.5 * sqrt(k) + 4, "sqrt of %g: %g", k, root);
        cr_expect_leq(halves, 5.1 * log2(k) + 4, "log of %g: %g", k, halves);
    }
}

/* With fewer steps there is little to save: at 10, all are kept in less. */
Test(inner_memory, is_less_than_all_from_16_steps_on)
{
    static const int64_t steps[] = {16, 20, 32, 50, 100, 1000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        double all = kept(steps[i], EPL_SAVE_ALL), root = kept(steps[i], EPL_SAVE_SQRT);
        double halves = kept(steps[i], EPL_SAVE_LOG), k = (double)steps[i];
        cr_expect_lt(root, all, "sqrt of %g: %g and %g", k, root, all);
        cr_expect_lt(halves, all, "log of %g: %g and %g", k, halves, all);
    }
}

/* theta is what is carried first: its gradient is no sum over steps, which may be in another order.
 */
Test(inner_memory, gives_the_same_bits_whatever_is_kept)
{
    static float x[POINTS], y[POINTS], number[2][1 + PARAMETERS];
    epl_tree *theta = epl_init(s, epl_params_of(net), epl_seed(1));
    for (int i = 0; i < POINTS; i++) {
        x[i] = (float)(i - 5);
        y[i] = (float)(i % 3) - 1;
    }
    epl_arrays in = epl_arrays(epl_tree_array(theta), epl_at(x, epl_f32(POINTS, 1)),
                               epl_at(y, epl_f32(POINTS, 1)));
    for (int save = EPL_SAVE_ALL; save <= EPL_SAVE_EVERY; save++) {
        float *to = number[save != EPL_SAVE_ALL];
        epl_work *w = epl_work_new(s, NULL);
        epl_arrays out =
            epl_arrays(epl_at(to, epl_f32()), epl_at(to + 1, epl_tree_array(theta).type));
        cr_assert_eq(epl_run(maml(37, (epl_save_policy)save), in, out, w), EPL_OK, "%s",
                     epl_work_message(w));
        cr_expect_eq(memcmp(to, number[0], sizeof number[0]), 0, "policy %d", save);
    }
    cr_expect(isfinite(number[0][0]) && number[0][0] > 0 && number[0][1] != 0);
}
