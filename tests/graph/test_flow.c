/* test_flow.c -- loops, branches and checkpoints against the same thing written out: values,
 * derivatives to third order, maps, and what gradients keep. */
#include "../value_test.h"

enum { T = 7, N = 3 };
static epl_val x, w, h0; /* inputs of f */
static double x_data[T][N], w_data[N][N], h_data[N];

static void open_inputs(void)
{
    open_scope();
    x = epl_input(f, "x", epl_f64(T, N));
    w = epl_input(f, "w", epl_f64(N, N));
    h0 = epl_input(f, "h0", epl_f64(N));
    for (int i = 0; i < T * N; i++)
        (&x_data[0][0])[i] = sin(1.7 * i + 0.3);
    for (int i = 0; i < N * N; i++)
        (&w_data[0][0])[i] = 0.6 * cos(2.3 * i);
    for (int i = 0; i < N; i++)
        h_data[i] = 0.1 * i - 0.2;
}

TestSuite(flow, .init = open_inputs, .fini = drop_scope);

static void check(void)
{
    check_pairs(epl_arrays(epl_at(x_data, epl_f64(T, N)), epl_at(w_data, epl_f64(N, N)),
                           epl_at(h_data, epl_f64(N))));
}

static epl_val cell(epl_val xt, epl_val m, epl_val h)
{
    return epl_tanh(epl_add(epl_matmul(m, h), xt));
}

typedef struct {
    epl_val all, end;
} run;

/* Over x, from h0, with m for the matrix. */
static run looped(epl_fn *in, epl_val m, epl_save_policy save, int64_t every, bool reverse)
{
    epl_fn *t = epl_scan(in, .save = save, .every = every, .reverse = reverse);
    epl_val xt = epl_each(t, x, 0), h = epl_carry(t, h0);
    epl_val next = cell(xt, m, h);
    epl_next(t, h, next);
    run r = {epl_collect(t, epl_mul(next, xt)), EPL_NO_VAL};
    r.end = epl_last(t, h);
    return r;
}

static run unrolled(epl_val m, bool reverse)
{
    epl_val all[T], h = h0;
    for (int i = 0; i < T; i++) {
        int t = reverse ? T - 1 - i : i;
        epl_val xt = epl_select(x, 0, t);
        h = cell(xt, m, h);
        all[t] = epl_mul(h, xt);
    }
    return (run){epl_stack((epl_vals){T, all}), h};
}

static epl_val loss(run r)
{
    return epl_add(epl_sum(epl_square(r.all)), epl_sum(epl_mul(r.end, epl_exp(r.end))));
}

/* Values and three derivatives by m, x and h0 of two ways to write one function. */
static void same(run a, run b, const char *what)
{
    epl_val la = loss(a), lb = loss(b), ga[3], gb[3];
    pair(a.all, b.all, 1e-14, what);
    pair(a.end, b.end, 1e-14, what);
    epl_gradients(la, epl_list(w, x, h0), ga);
    epl_gradients(lb, epl_list(w, x, h0), gb);
    for (int i = 0; i < 3; i++)
        pair(ga[i], gb[i], 1e-12, what);
    pair(epl_jvp(la, w, epl_sin(w)), epl_jvp(lb, w, epl_sin(w)), 1e-12, what);
    pair(epl_hvp(la, w, epl_cos(w)), epl_hvp(lb, w, epl_cos(w)), 1e-12, what);
    epl_val sa = epl_sum(epl_mul(ga[0], epl_square(ga[0])));
    epl_val sb = epl_sum(epl_mul(gb[0], epl_square(gb[0])));
    epl_val ha = epl_gradient(sa, h0), hb = epl_gradient(sb, h0);
    pair(ha, hb, 1e-11, what);
    pair(epl_gradient(epl_sum(epl_square(ha)), x), epl_gradient(epl_sum(epl_square(hb)), x), 1e-10,
         what);
}

Test(flow, scan_is_the_loop_written_out)
{
    same(looped(f, w, EPL_SAVE_ALL, 0, false), unrolled(w, false), "scan");
    check();
}

Test(flow, scan_backwards)
{
    same(looped(f, w, EPL_SAVE_ALL, 0, true), unrolled(w, true), "reverse");
    check();
}

Test(flow, square_root_of_the_steps)
{
    same(looped(f, w, EPL_SAVE_SQRT, 0, false), unrolled(w, false), "sqrt");
    check();
}

Test(flow, halves_of_halves_backwards)
{
    same(looped(f, w, EPL_SAVE_LOG, 0, true), unrolled(w, true), "log");
    check();
}

Test(flow, every_second_step)
{
    same(looped(f, w, EPL_SAVE_EVERY, 2, false), unrolled(w, false), "every");
    check();
}

/* Over several matrices at once: the loop in a map, and gradients in and around it. */
static epl_val mapped(bool scan, bool inside)
{
    epl_val many = epl_mul(epl_unsqueeze(w, 0), epl_reshape(epl_arange(f, EPL_F64, 1, 4, 1),
                                                            epl_shape_of(3, (int64_t[]){3, 1, 1})));
    epl_fn *map = epl_map(f);
    epl_val m = epl_each(map, many, 0);
    epl_val l = loss(scan ? looped(map, m, EPL_SAVE_SQRT, 0, false) : unrolled(m, false));
    return epl_collect(map, inside ? epl_gradient(l, m) : l);
}

Test(flow, scan_in_a_map)
{
    pair(mapped(true, false), mapped(false, false), 1e-13, "map");
    pair(mapped(true, true), mapped(false, true), 1e-12, "gradient in a map");
    pair(epl_gradient(epl_sum(mapped(true, false)), x),
         epl_gradient(epl_sum(mapped(false, false)), x), 1e-12, "gradient of a map");
    pair(epl_gradient(epl_sum(epl_square(mapped(true, true))), x),
         epl_gradient(epl_sum(epl_square(mapped(false, true))), x), 1e-11, "around and in");
    check();
}

/* Newton's root of each number by Heron's rule. */
static epl_val root(epl_fn *in, epl_val a, int64_t most)
{
    epl_fn *loop = most ? epl_while(in, .most = most) : epl_while(in);
    epl_val r = epl_carry(loop, a);
    epl_keep_going(loop, epl_gt(epl_abs(epl_sub(epl_square(r), a)), epl_num(1e-13)));
    epl_next(loop, r, epl_scale(epl_add(r, epl_div(a, r)), 0.5));
    return epl_last(loop, r);
}

Test(flow, while_until_it_is_good)
{
    epl_val a = epl_add(epl_sum(epl_square(h0)), epl_num(2)), want = epl_sqrt(a);
    epl_val r = root(f, a, 0), bounded = root(f, a, 50);
    pair(r, want, 1e-13, "while");
    pair(epl_jvp(r, h0, epl_cos(h0)), epl_jvp(want, h0, epl_cos(h0)), 1e-10, "forward");
    pair(bounded, want, 1e-13, "bounded");
    pair(epl_gradient(bounded, h0), epl_gradient(want, h0), 1e-10, "reverse of a bounded one");
    check();
}

Test(flow, while_in_a_map_ends_by_itself)
{
    epl_val many = epl_add(epl_square(x), epl_num(0.5)), want = epl_sqrt(many);
    epl_fn *rows = epl_map(f);
    epl_val row = epl_each(rows, many, 0);
    epl_fn *one = epl_map(rows);
    epl_val r = epl_collect(rows, epl_collect(one, root(one, epl_each(one, row, 0), 0)));
    pair(r, want, 1e-13, "nested maps");
    pair(epl_jvp(r, x, epl_sin(x)), epl_jvp(want, x, epl_sin(x)), 1e-9, "forward");
    check();
}

Test(flow, a_loop_without_bound_has_no_reverse)
{
    epl_val r = root(f, epl_sum(epl_square(h0)), 0);
    epl_gradient(r, h0);
    cr_assert_eq(epl_scope_status(s), EPL_ERR_RULE);
    cr_assert(strstr(epl_scope_message(s), ".most"), "%s", epl_scope_message(s));
}

static epl_val sided(epl_fn *in, epl_val a)
{
    epl_fn *large = epl_when(in, epl_gt(a, epl_num(0)));
    epl_val yes =
        epl_mul(epl_log(epl_pass(large, epl_add(a, epl_num(1)))), epl_sum(epl_matmul(w, h0)));
    epl_fn *small = epl_otherwise(large);
    epl_val no = epl_mul(epl_exp(epl_pass(small, a)), epl_sum(h0));
    return epl_either(large, yes, small, no);
}

static epl_val selected(epl_val a)
{
    epl_val large = epl_gt(a, epl_num(0)), safe = epl_where(large, a, epl_zeros_like(a));
    return epl_where(large, epl_mul(epl_log(epl_add(safe, epl_num(1))), epl_sum(epl_matmul(w, h0))),
                     epl_mul(epl_exp(a), epl_sum(h0)));
}

Test(flow, one_side_or_the_other)
{
    for (int i = 0; i < 2; i++) {
        epl_val a = epl_select(epl_select(x, 0, i), 0, 1), y = sided(f, a), z = selected(a);
        pair(y, z, 1e-14, "value");
        pair(epl_gradient(y, h0), epl_gradient(z, h0), 1e-13, "gradient");
        pair(epl_gradient(y, x), epl_gradient(z, x), 1e-13, "gradient by the condition's value");
        pair(epl_hvp(y, x, epl_cos(x)), epl_hvp(z, x, epl_cos(x)), 1e-13, "hvp");
        pair(epl_gradient(epl_sum(epl_square(epl_gradient(y, w))), h0),
             epl_gradient(epl_sum(epl_square(epl_gradient(z, w))), h0), 1e-13, "twice");
    }
    check();
}

Test(flow, sides_in_a_map_are_selected)
{
    epl_fn *map = epl_map(f), *other = epl_map(f);
    epl_val row = epl_select(x, 0, 0);
    epl_val y = epl_collect(map, sided(map, epl_each(map, row, 0)));
    epl_val z = epl_collect(other, selected(epl_each(other, row, 0)));
    pair(y, z, 1e-14, "map");
    pair(epl_gradient(epl_sum(epl_square(y)), w), epl_gradient(epl_sum(epl_square(z)), w), 1e-13,
         "gradient");
    check();
}

Test(flow, several_branches)
{
    for (int k = -1; k < 4; k++) {
        epl_fn *branch[3];
        epl_val index = epl_data(f, epl_at(&(int64_t){k}, epl_i64()));
        epl_switch(f, index, 3, branch);
        epl_val y = epl_chosen(branch[0], epl_list(epl_sin(epl_pass(branch[0], h0)),
                                                   epl_square(epl_pass(branch[1], h0)),
                                                   epl_exp(epl_pass(branch[2], h0))));
        epl_val z = k <= 0 ? epl_sin(h0) : k == 1 ? epl_square(h0) : epl_exp(h0);
        pair(y, z, 0, "value");
        pair(epl_gradient(epl_sum(epl_square(y)), h0), epl_gradient(epl_sum(epl_square(z)), h0),
             1e-14, "gradient");
    }
    check();
}

/* Bits of a checkpoint are those of what stands in it. */
Test(flow, checkpoint_changes_nothing)
{
    epl_fn *c = epl_checkpoint(f);
    epl_val m = epl_pass(c, w), h = epl_pass(c, h0), xs = epl_pass(c, x), all[T];
    for (int i = 0; i < T; i++)
        all[i] = epl_mul(h = cell(epl_select(xs, 0, i), m, h), epl_select(xs, 0, i));
    epl_val stack = epl_stack((epl_vals){T, all});
    run r = {epl_last(c, stack), epl_last(c, h)};
    same(r, unrolled(w, false), "checkpoint");
    check();
}

Test(flow, scan_of_scans_with_branches)
{
    epl_val y[2];
    for (int way = 0; way < 2; way++) {
        if (way == 0) {
            epl_fn *outer = epl_scan(f, .length = 3);
            epl_val h = epl_carry(outer, h0);
            epl_fn *inner = epl_scan(outer);
            epl_val xt = epl_each(inner, x, 0), g = epl_carry(inner, h);
            epl_fn *up = epl_when(inner, epl_gt(epl_sum(g), epl_num(0)));
            epl_val yes = cell(xt, w, epl_pass(up, g));
            epl_val no = epl_sub(xt, epl_pass(epl_otherwise(up), g));
            epl_next(inner, g, epl_either(up, yes, epl_otherwise(up), no));
            epl_next(outer, h, epl_scale(epl_last(inner, g), 0.9));
            y[0] = epl_last(outer, h);
        } else {
            epl_val h = h0;
            for (int k = 0; k < 3; k++) {
                for (int i = 0; i < T; i++) {
                    epl_val xt = epl_select(x, 0, i), up = epl_gt(epl_sum(h), epl_num(0));
                    h = epl_where(epl_expand(up, epl_shape_of(1, (int64_t[]){N})), cell(xt, w, h),
                                  epl_sub(xt, h));
                }
                h = epl_scale(h, 0.9);
            }
            y[1] = h;
        }
    }
    pair(y[0], y[1], 1e-13, "value");
    epl_val a = epl_gradient(epl_sum(epl_square(y[0])), w),
            b = epl_gradient(epl_sum(epl_square(y[1])), w);
    pair(a, b, 1e-12, "gradient");
    pair(epl_gradient(epl_sum(epl_square(a)), h0), epl_gradient(epl_sum(epl_square(b)), h0), 1e-11,
         "twice");
    check();
}

Test(flow, no_steps_at_all)
{
    epl_fn *t = epl_scan(f, .length = 0);
    epl_val h = epl_carry(t, h0);
    epl_next(t, h, epl_exp(h));
    epl_val end = epl_last(t, h);
    pair(end, h0, 0, "the first value");
    pair(epl_gradient(epl_sum(epl_square(end)), h0), epl_scale(h0, 2), 1e-15, "its gradient");
    epl_fn *one = epl_scan(f, .length = 1, .save = EPL_SAVE_LOG);
    h = epl_carry(one, h0);
    epl_next(one, h, epl_exp(h));
    pair(epl_last(one, h), epl_exp(h0), 0, "one step");
    check();
}
