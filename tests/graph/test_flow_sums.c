/* test_flow_sums.c -- what a loop's derivative does once instead of at every step: sums of
 * products for what was passed in, products that are kept, matrices that are packed. All
 * against the same steps written out; the plan's text shows what was moved.
 */
#include "../value_test.h"

enum { T = 5, N = 3, H = 80, TASKS = 2 };
static epl_val x, w, b, h0;

/* Numbers of one type, small and all different. */
static epl_val numbers(epl_type t, double scale, double phase)
{
    double *at = epl_scope_alloc(s, epl_bytes(t));
    for (int64_t i = 0; i < epl_count(t); i++)
        at[i] = scale * sin(1.3 * (double)i + phase);
    return epl_data(f, epl_at(at, t));
}

static void open_inputs(void)
{
    open_scope();
    x = numbers(epl_f64(T, N, H), 0.5, 0.1);
    w = numbers(epl_f64(H, H), 0.12, 0.2);
    b = numbers(epl_f64(H), 0.3, 0.3);
    h0 = numbers(epl_f64(N, H), 0.4, 0.4);
}

TestSuite(flow_sums, .init = open_inputs, .fini = close_scope);

/* The weight is read turned and as it is, the bias is a sum of rows. */
static epl_val step(epl_val xt, epl_val h, epl_val m, epl_val bias)
{
    epl_val a = epl_linear(h, m, .bias = bias);
    return epl_tanh(epl_add(xt, epl_mul(a, epl_cos(xt))));
}

static epl_val loss_of(epl_val last, epl_val mean)
{
    return epl_add(epl_sum(epl_square(last)), epl_sum(epl_exp(mean)));
}

static epl_val looped(epl_fn *in, epl_val m, epl_val bias, epl_save_policy save, int64_t every,
                      bool reverse)
{
    epl_fn *t = epl_scan(in, .save = save, .every = every, .reverse = reverse);
    epl_val xt = epl_each(t, x, 0), h = epl_carry(t, h0), next = step(xt, h, m, bias);
    epl_next(t, h, next);
    epl_val all = epl_collect(t, epl_mul(next, xt));
    return loss_of(epl_last(t, h), epl_mean(all, .dim = epl_axes(0)));
}

static epl_val unrolled(epl_val m, epl_val bias, bool reverse)
{
    epl_val all[T], h = h0;
    for (int i = 0; i < T; i++) {
        int t = reverse ? T - 1 - i : i;
        epl_val xt = epl_select(x, 0, t);
        h = step(xt, h, m, bias);
        all[t] = epl_mul(h, xt);
    }
    return loss_of(h, epl_mean(epl_stack((epl_vals){T, all}), .dim = epl_axes(0)));
}

/* First and second order, by what is passed in and by what is carried. */
static void same(epl_val a, epl_val c)
{
    epl_val ga[4], gc[4];
    near(a, c, 1e-13);
    epl_gradients(a, epl_list(w, b, x, h0), ga);
    epl_gradients(c, epl_list(w, b, x, h0), gc);
    for (int i = 0; i < 4; i++)
        near(ga[i], gc[i], 1e-12);
    epl_val na = epl_add(epl_sum(epl_square(ga[0])), epl_sum(epl_mul(ga[1], ga[1])));
    epl_val nc = epl_add(epl_sum(epl_square(gc[0])), epl_sum(epl_mul(gc[1], gc[1])));
    epl_gradients(na, epl_list(w, b, h0), ga);
    epl_gradients(nc, epl_list(w, b, h0), gc);
    for (int i = 0; i < 3; i++)
        near(ga[i], gc[i], 1e-11);
    near(epl_jvp(a, w, epl_sin(w)), epl_jvp(c, w, epl_sin(w)), 1e-12);
    near(epl_hvp(a, w, epl_cos(w)), epl_hvp(c, w, epl_cos(w)), 1e-11);
}

Test(flow_sums, all_kept)
{
    same(looped(f, w, b, EPL_SAVE_ALL, 0, false), unrolled(w, b, false));
}

Test(flow_sums, reverse)
{
    same(looped(f, w, b, EPL_SAVE_ALL, 0, true), unrolled(w, b, true));
}

Test(flow_sums, few_kept)
{
    same(looped(f, w, b, EPL_SAVE_SQRT, 0, false), unrolled(w, b, false));
    same(looped(f, w, b, EPL_SAVE_EVERY, 2, true), unrolled(w, b, true));
    same(looped(f, w, b, EPL_SAVE_LOG, 0, false), unrolled(w, b, false));
}

/* A gradient inside a map over matrices, and one through the map. */
Test(flow_sums, mapped)
{
    epl_val many = numbers(epl_f64(TASKS, H, H), 0.1, 0.7), g[2], rows[TASKS];
    epl_val weight = numbers(epl_f64(TASKS, H, H), 1, 0.9);
    for (int k = 0; k < 2; k++) {
        epl_fn *map = epl_map(f, 0);
        epl_val m = epl_each(map, many, 0);
        epl_val l = k ? unrolled(m, b, false) : looped(map, m, b, EPL_SAVE_SQRT, 0, false);
        g[k] = epl_collect(map, epl_gradient(l, m));
    }
    near(g[0], g[1], 1e-12);
    near(epl_gradient(epl_sum(epl_mul(g[0], weight)), b),
         epl_gradient(epl_sum(epl_mul(g[1], weight)), b), 1e-11);
    for (int i = 0; i < TASKS; i++) {
        epl_val m = epl_select(many, 0, i);
        rows[i] = epl_gradient(looped(f, m, b, EPL_SAVE_ALL, 0, false), m);
    }
    near(g[0], epl_stack((epl_vals){TASKS, rows}), 1e-12);
}

/* The matrix stands twice in a step, and once turned: a sum of two products. */
Test(flow_sums, twice)
{
    epl_fn *t = epl_scan(f, .length = 3);
    epl_val h = epl_carry(t, h0);
    epl_next(t, h, epl_sin(epl_add(epl_matmul(h, w), epl_linear(epl_cos(h), w))));
    epl_val loop = epl_sum(epl_square(epl_last(t, h))), p = h0;
    for (int i = 0; i < 3; i++)
        p = epl_sin(epl_add(epl_matmul(p, w), epl_linear(epl_cos(p), w)));
    epl_val plain = epl_sum(epl_square(p));
    near(epl_gradient(loop, w), epl_gradient(plain, w), 1e-12);
    near(epl_hvp(loop, w, epl_cos(w)), epl_hvp(plain, w, epl_cos(w)), 1e-11);
}

/* -- what a plan does ------------------------------------------------------------------------ */
static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        n++;
    return n;
}

/* A recurrent net of `steps` steps and its gradient. */
static epl_plan net(epl_save_policy save, int64_t steps)
{
    epl_fn *g = epl_fn_new(s, "net");
    epl_val in = epl_input(g, "x", epl_f32(steps, 32, H)), m = epl_input(g, "w", epl_f32(H, H));
    epl_fn *t = epl_scan(g, .save = save);
    epl_val xt = epl_each(t, in, 0), h = epl_carry(t, epl_zeros(g, epl_f32(32, H)));
    epl_next(t, h, epl_tanh(epl_add(xt, epl_linear(h, m))));
    epl_output(g, "g", epl_gradient(epl_sum(epl_square(epl_last(t, h))), m));
    return epl_compile(s, g);
}

/* One product in the loop, one in the loop back, one after it: nothing is made again, nothing is
 * summed step by step; the matrix that is read turned is packed once. */
Test(flow_sums, plan)
{
    const char *text = epl_plan_text(s, net(EPL_SAVE_ALL, 9));
    cr_assert_eq(count(text, " gemm."), 3, "%s", text);
    cr_assert_eq(count(text, "*pack for gemm"), 1, "%s", text);
    cr_assert_eq(count(text, " scan "), 2, "%s", text);
}

Test(flow_sums, memory)
{
    size_t all = epl_plan_work_bytes(net(EPL_SAVE_ALL, 400));
    size_t root = epl_plan_work_bytes(net(EPL_SAVE_SQRT, 400));
    size_t more = epl_plan_work_bytes(net(EPL_SAVE_SQRT, 1600));
    cr_assert(root < all / 3, "%zu of %zu", root, all);
    cr_assert(more < 5 * root / 2, "%zu after %zu", more, root);
}

/* The policies differ by the order of sums for what is passed in, and by nothing else. */
Test(flow_sums, values_alike)
{
    double first[N * H], other[N * H];
    for (int save = EPL_SAVE_ALL; save <= EPL_SAVE_LOG; save++) {
        epl_val l = looped(f, w, b, (epl_save_policy)save, save == EPL_SAVE_EVERY ? 2 : 0, false);
        double *to = save == EPL_SAVE_ALL ? first : other;
        cr_assert_eq(epl_eval(epl_gradient(l, h0), epl_at(to, epl_f64(N, H))), EPL_OK);
        if (save != EPL_SAVE_ALL)
            cr_assert_arr_eq(first, other, sizeof first);
    }
}

/* -- what stands for a product ---------------------------------------------------------------- */
/* Gates of h W, with or without the product itself among their readers. */
static epl_val gated(epl_val xt, epl_val h, epl_val m, bool bare)
{
    epl_val y = epl_matmul(h, m);
    epl_val a = epl_add(epl_narrow(y, 1, 0, H), xt), c = epl_sub(xt, epl_narrow(y, 1, H, H));
    epl_val next = epl_mul(epl_sigmoid(a), epl_tanh(c));
    return bare ? epl_add(next, epl_sin(epl_narrow(y, 1, 0, H))) : next;
}

static epl_val gated_loop(epl_fn *in, epl_val each, epl_val start, epl_val m, bool bare)
{
    epl_fn *t = epl_scan(in);
    epl_val xt = epl_each(t, each, 0), h = epl_carry(t, start);
    epl_next(t, h, gated(xt, h, m, bare));
    return epl_sum(epl_square(epl_last(t, h)));
}

Test(flow_sums, gates)
{
    epl_val m = numbers(epl_f64(H, 2 * H), 0.12, 0.5);
    for (int bare = 0; bare < 2; bare++) {
        epl_val loop = gated_loop(f, x, h0, m, bare), h = h0;
        for (int i = 0; i < T; i++)
            h = gated(epl_select(x, 0, i), h, m, bare);
        epl_val plain = epl_sum(epl_square(h));
        near(epl_gradient(loop, m), epl_gradient(plain, m), 1e-12);
        near(epl_hvp(loop, m, epl_cos(m)), epl_hvp(plain, m, epl_cos(m)), 1e-11);
    }
}

static epl_plan gated_net(bool bare)
{
    epl_fn *g = epl_fn_new(s, "gated");
    epl_val in = epl_input(g, "x", epl_f32(9, 32, H)), m = epl_input(g, "w", epl_f32(H, 2 * H));
    epl_val start = epl_input(g, "h", epl_f32(32, H));
    epl_output(g, "g", epl_gradient(gated_loop(g, in, start, m, bare), m));
    return epl_compile(s, g);
}

/* The loop back has slopes and sums, no sigmoid and no tanh, for no byte more than with the
 * product kept. */
Test(flow_sums, gates_plan)
{
    epl_plan gates = gated_net(false), product = gated_net(true);
    const char *text = epl_plan_text(s, gates);
    cr_assert_eq(count(text, "tile of 9 f32 32x80"), 1, "%s", text);
    cr_assert_eq(count(epl_plan_text(s, product), "tile of 16 f32 32x80"), 1);
    cr_assert_leq(epl_plan_work_bytes(gates), epl_plan_work_bytes(product));
}
