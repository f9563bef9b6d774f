/* test_custom.c -- derivatives by a rule: the same as the derived ones where the rule is right,
 * and the rule's own where it says something else; to third order, in maps, loops and branches. */
#include "../value_test.h"

enum { N = 3, M = 4 };
static epl_val x, w, rows; /* f64 [N], [N], [M, N] */
static double x_data[N] = {0.3, -0.7, 1.1}, w_data[N] = {0.9, 0.4, -0.6}, rows_data[M][N];

static void open_inputs(void)
{
    open_scope();
    x = epl_input(f, "x", epl_f64(N));
    w = epl_input(f, "w", epl_f64(N));
    rows = epl_input(f, "rows", epl_f64(M, N));
    for (int i = 0; i < M * N; i++)
        (&rows_data[0][0])[i] = sin(1.3 * i + 0.2);
}
TestSuite(custom, .init = open_inputs, .fini = drop_scope);

static void same(epl_val got, epl_val want, const char *what)
{
    pair(got, want, 1e-11, what);
}

static void check(void)
{
    check_pairs(epl_arrays(epl_at(x_data, epl_f64(N)), epl_at(w_data, epl_f64(N)),
                           epl_at(rows_data, epl_f64(M, N))));
}

/* -- the same piece three times: y = sin(x) w + log(1 + e^x) ------------------------------- */
typedef epl_val (*piece)(epl_fn *in, epl_val at, epl_val by);

static epl_val written(epl_fn *in, epl_val at, epl_val by)
{
    (void)in;
    return epl_add(epl_mul(epl_sin(at), by), epl_log1p(epl_exp(at)));
}

static epl_val by_jvp(epl_fn *in, epl_val at, epl_val by)
{
    epl_fn *c = epl_custom(in);
    epl_val a = epl_pass(c, at), b = epl_pass(c, by), e = epl_exp(a);
    epl_val y = epl_add(epl_mul(epl_sin(a), b), epl_log1p(e));
    epl_fn *r = epl_custom_jvp(c);
    epl_val inner = epl_primal(r, e), of_a = epl_mul(epl_cos(epl_primal(r, a)), epl_primal(r, b));
    of_a = epl_add(of_a, epl_div(inner, epl_add(epl_num(1), inner)));
    epl_give(r, y,
             epl_add(epl_mul(of_a, epl_tangent(r, a)),
                     epl_mul(epl_sin(epl_primal(r, a)), epl_tangent(r, b))));
    return epl_last(c, y);
}

static epl_val by_vjp(epl_fn *in, epl_val at, epl_val by)
{
    epl_fn *c = epl_custom(in);
    epl_val a = epl_pass(c, at), b = epl_pass(c, by);
    epl_val y = epl_add(epl_mul(epl_sin(a), b), epl_log1p(epl_exp(a)));
    epl_fn *r = epl_custom_vjp(c);
    epl_val at_a = epl_primal(r, a), ct = epl_cotangent(r, y);
    epl_val slope = epl_add(epl_mul(epl_cos(at_a), epl_primal(r, b)), epl_sigmoid(at_a));
    epl_give(r, a, epl_mul(slope, ct));
    epl_give(r, b, epl_mul(epl_sin(at_a), ct));
    return epl_last(c, y);
}
static const piece pieces[] = {by_jvp, by_vjp};
enum { PIECES = 2 };

static epl_val loss_of(piece p)
{
    epl_val y = p(f, epl_mul(x, x), w);
    return epl_sum(epl_mul(p(f, y, epl_tanh(w)), y));
}

static epl_val third(epl_val loss, epl_val at, epl_val v)
{
    return epl_gradient(epl_sum(epl_mul(epl_hvp(loss, at, v), v)), at);
}

Test(custom, orders)
{
    epl_val want = loss_of(written), v = epl_data(f, epl_at(w_data, epl_f64(N)));
    for (int k = 0; k < PIECES; k++) {
        epl_val got = loss_of(pieces[k]);
        same(got, want, "value");
        same(epl_gradient(got, x), epl_gradient(want, x), "gradient");
        same(epl_gradient(got, w), epl_gradient(want, w), "gradient of what is passed in");
        same(epl_jvp(got, x, v), epl_jvp(want, x, v), "jvp");
        same(epl_hvp(got, x, v), epl_hvp(want, x, v), "hvp");
        same(epl_gradient(epl_jvp(got, x, v), w), epl_gradient(epl_jvp(want, x, v), w),
             "reverse over forward");
        same(third(got, x, v), third(want, x, v), "third order");
        same(epl_jvp(epl_jvp(got, x, v), x, v), epl_jvp(epl_jvp(want, x, v), x, v),
             "forward over forward");
    }
    check();
}

static epl_val map_of(piece p, bool gradient)
{
    epl_fn *m = epl_map(f);
    epl_val row = epl_each(m, rows, 0), shared = epl_pass(m, w);
    epl_val y = epl_sum(p(m, epl_mul(row, x), shared));
    return epl_collect(m, gradient ? epl_mul(epl_gradient(y, row), epl_gradient(y, shared)) : y);
}

Test(custom, maps)
{
    epl_val a = map_of(written, false), ag = map_of(written, true);
    for (int k = 0; k < PIECES; k++) {
        epl_val b = map_of(pieces[k], false), bg = map_of(pieces[k], true);
        same(b, a, "map");
        same(bg, ag, "map of gradients");
        same(epl_gradient(epl_sum(epl_mul(b, b)), w), epl_gradient(epl_sum(epl_mul(a, a)), w),
             "gradient of a map, of what all share");
        same(epl_gradient(epl_sum(epl_mul(b, b)), rows), epl_gradient(epl_sum(epl_mul(a, a)), rows),
             "gradient of a map");
        same(epl_hvp(epl_sum(bg), w, x), epl_hvp(epl_sum(ag), w, x), "hvp of a map of gradients");
        same(epl_hessian(epl_sum(b), w), epl_hessian(epl_sum(a), w), "hessian");
    }
    check();
}

static epl_val nested_map(piece p)
{
    epl_fn *m = epl_map(f);
    epl_val row = epl_each(m, rows, 0);
    epl_fn *i = epl_map(m);
    epl_val one = epl_each(i, row, 0), scale = epl_each(i, w, 0);
    epl_val g = epl_gradient(epl_mul(p(i, one, scale), one), one);
    return epl_collect(m, epl_collect(i, g));
}

static epl_val scanned(piece p, epl_save_policy save)
{
    epl_fn *t = epl_scan(f, .save = save);
    epl_val row = epl_each(t, rows, 0), h = epl_carry(t, x);
    epl_next(t, h, epl_tanh(p(t, epl_add(h, row), w)));
    return epl_sum(epl_last(t, h));
}

static epl_val chosen(piece p)
{
    epl_fn *yes = epl_when(f, epl_gt(epl_sum(x), epl_num(0))), *no = epl_otherwise(yes);
    epl_fn *c = epl_checkpoint(f);
    epl_val kept = epl_last(c, p(c, x, w));
    return epl_sum(epl_either(yes, p(yes, kept, w), no, epl_mul(x, w)));
}

static epl_val went(piece p)
{
    epl_fn *t = epl_while(f);
    epl_val h = epl_carry(t, x), i = epl_carry(t, epl_data(f, epl_at(&w_data[0], epl_f64())));
    epl_keep_going(t, epl_lt(i, epl_num(3)));
    epl_next(t, h, p(t, h, w));
    epl_next(t, i, epl_add(i, epl_num(1)));
    return epl_sum(epl_last(t, h));
}

Test(custom, control_flow)
{
    for (int k = 0; k < PIECES; k++) {
        same(nested_map(pieces[k]), nested_map(written), "map in a map");
        epl_val a = scanned(written, EPL_SAVE_ALL), b = scanned(pieces[k], EPL_SAVE_SQRT);
        same(epl_gradient(b, w), epl_gradient(a, w), "gradient of a scan");
        same(epl_hvp(b, w, x), epl_hvp(a, w, x), "hvp of a scan");
        same(epl_jvp(b, w, x), epl_jvp(a, w, x), "jvp of a scan");
        a = chosen(written), b = chosen(pieces[k]);
        same(epl_gradient(b, x), epl_gradient(a, x), "branches and a checkpoint");
        same(epl_hvp(b, x, w), epl_hvp(a, x, w), "branches and a checkpoint, second order");
        a = went(written), b = went(pieces[k]);
        same(epl_jvp(b, w, x), epl_jvp(a, w, x), "jvp of a while");
    }
    check();
}

/* -- what the rule says counts -------------------------------------------------------------- */
/* y = x^2 with a slope of `slope` sqrt-like: dy = 3 k dx, k a value outside. */
static epl_val tripled(epl_fn *in, epl_val at, epl_val k)
{
    epl_fn *c = epl_custom(in);
    epl_val a = epl_pass(c, at), y = epl_mul(a, a);
    epl_fn *r = epl_custom_jvp(c);
    epl_give(r, y, epl_mul(epl_mul(k, epl_num(3)), epl_tangent(r, a)));
    return epl_last(c, y);
}

/* Two results, one an integer, one an inner value; the gradient is cut at 1. */
static epl_val clipped(epl_fn *in, epl_val at, epl_val *sign)
{
    epl_fn *c = epl_custom(in);
    epl_val a = epl_pass(c, at), y = epl_scale(a, 5), positive = epl_gt(a, epl_num(0));
    epl_fn *r = epl_custom_vjp(c);
    epl_val ct = epl_scale(epl_cotangent(r, y), 5);
    epl_give(r, a, epl_minimum(epl_maximum(ct, epl_num(-1)), epl_num(1)));
    *sign = epl_last(c, positive);
    return epl_last(c, y);
}

Test(custom, the_rule_counts)
{
    epl_val y = tripled(f, x, w), sign;
    same(y, epl_mul(x, x), "value");
    same(epl_gradient(epl_sum(y), x), epl_scale(w, 3), "slope");
    same(epl_gradient(epl_sum(epl_mul(epl_gradient(epl_sum(y), x), w)), w), epl_scale(w, 6),
         "what the rule uses is differentiated in its turn");
    same(epl_gradient(epl_sum(y), w), epl_scale(w, 0), "of the value itself it is no operand");
    epl_fn *m = epl_map(f);
    epl_val row = epl_each(m, rows, 0), k = epl_mul(row, row);
    same(epl_collect(m, epl_gradient(epl_sum(tripled(m, x, k)), row)), epl_scale(rows, 0),
         "a map that only the rule sees");
    epl_fn *o = epl_map(f);
    row = epl_each(o, rows, 0);
    epl_val shared = epl_pass(o, x);
    same(epl_collect(o, epl_gradient(epl_sum(tripled(o, shared, row)), shared)), epl_scale(rows, 3),
         "tangents that have the axis where the value has not");
    epl_val cut = clipped(f, x, &sign);
    epl_val g = epl_gradient(epl_sum(epl_mul(cut, w)), x);
    same(cut, epl_scale(x, 5), "value of a clipped one");
    same(g, epl_minimum(epl_maximum(epl_scale(w, 5), epl_num(-1)), epl_num(1)), "clipped");
    cr_assert_eq(epl_typeof(sign).dtype, EPL_BOOL);
    check();
}

Test(custom, no_forward_derivative_of_a_clipped_one)
{
    epl_val sign, cut = clipped(f, x, &sign), d = epl_jvp(cut, x, w);
    double out[N];
    epl_output(f, "d", d);
    epl_plan plan = epl_compile(s, f);
    epl_work *work = epl_work_new(s, NULL);
    epl_arrays in = epl_arrays(epl_at(x_data, epl_f64(N)), epl_at(w_data, epl_f64(N)),
                               epl_at(rows_data, epl_f64(M, N)));
    cr_assert_neq(epl_run(plan, in, epl_arrays(epl_at(out, epl_f64(N))), work), EPL_OK);
    cr_assert(strstr(epl_work_message(work), "not linear in its cotangents"), "%s",
              epl_work_message(work));
}

/* A loop without a bound, which has no reverse derivative but by a rule: 2^k x >= 5. */
static epl_val doubled(epl_fn *in, epl_val at)
{
    epl_fn *c = epl_custom(in);
    epl_val a = epl_pass(c, at);
    epl_fn *t = epl_while(c);
    epl_val v = epl_carry(t, a), k = epl_carry(t, epl_exp(epl_scale(a, 0)));
    epl_keep_going(t, epl_lt(v, epl_num(5)));
    epl_next(t, v, epl_scale(v, 2));
    epl_next(t, k, epl_scale(k, 2));
    epl_val y = epl_last(t, v), factor = epl_stop_gradient(epl_last(t, k));
    epl_fn *r = epl_custom_vjp(c);
    epl_give(r, a, epl_mul(epl_cotangent(r, y), epl_primal(r, factor)));
    return epl_last(c, y);
}

Test(custom, reverse_through_a_loop_without_a_bound)
{
    epl_fn *m = epl_map(f);
    epl_val row = epl_each(m, epl_add(epl_mul(rows, rows), epl_num(0.1)), 0);
    epl_val one = epl_sum(row), y = doubled(m, one);
    epl_val slope = epl_collect(m, epl_div(y, one)), all = epl_collect(m, y);
    epl_val of_rows =
        epl_mul(epl_scale(rows, 2), epl_reshape(slope, epl_shape_of(2, (int64_t[]){M, 1})));
    same(epl_gradient(epl_sum(all), rows), of_rows, "gradient");
    same(epl_jvp(epl_sum(all), rows, rows), epl_sum(epl_mul(of_rows, rows)), "jvp");
    check();
}

static epl_val two_deep(epl_fn *in, epl_val at, epl_val by)
{
    epl_fn *c = epl_custom(in);
    epl_val a = epl_pass(c, at), b = epl_pass(c, by), y = by_vjp(c, a, b);
    epl_fn *r = epl_custom_jvp(c);
    epl_val p = epl_primal(r, a), q = epl_primal(r, b), z = by_jvp(r, p, q);
    epl_give(r, y, epl_add(epl_jvp(z, p, epl_tangent(r, a)), epl_jvp(z, q, epl_tangent(r, b))));
    return epl_last(c, y);
}

Test(custom, rules_that_derive)
{
    epl_val got = loss_of(two_deep), want = loss_of(written);
    same(epl_gradient(got, x), epl_gradient(want, x), "gradient");
    same(epl_hvp(got, x, w), epl_hvp(want, x, w), "hvp");
    same(map_of(two_deep, true), map_of(written, true), "map of gradients");
    check();
}

Test(custom, gradcheck)
{
    epl_fn *g = epl_fn_new(s, "checked");
    epl_val a = epl_input(g, "a", epl_f64(N)), b = epl_input(g, "b", epl_f64(N));
    epl_output(g, "y", by_jvp(g, a, b));
    epl_output(g, "z", by_vjp(g, a, b));
    cr_assert_eq(epl_gradcheck(s, g, epl_seed(3)), EPL_OK, "%s", epl_scope_message(s));
}

/* -- loops in rules ------------------------------------------------------------------------- */
/* z <- i z + dx for i = 1, 2, 3: 10 dx. Steps are taken backwards in a gradient, so that i has to
 * be there for all of them. */
static epl_val stepped(epl_val at, bool beside)
{
    epl_fn *c = epl_custom(f), *r;
    epl_val a = epl_pass(c, at), y = epl_square(a);
    r = epl_custom_jvp(c);
    epl_val d = epl_tangent(r, a);
    epl_fn *first = epl_scan(r, .length = 3), *t = beside ? first : epl_scan(r);
    epl_val i = epl_carry(first, epl_ones(r, epl_f64()));
    epl_next(first, i, epl_add(i, epl_num(1)));
    epl_val now = beside ? i : epl_each(t, epl_collect(first, i), 0);
    epl_val z = epl_carry(t, epl_scale(d, 0));
    epl_next(t, z, epl_add(epl_mul(now, z), epl_pass(t, d)));
    epl_give(r, y, epl_last(t, z));
    return epl_last(c, y);
}

Test(custom, loops_in_a_rule)
{
    epl_val at = number(0.4), y = stepped(at, false);
    near(epl_jvp(y, at, number(1)), number(10), 1e-15);
    near(epl_gradient(y, at), number(10), 1e-15);
    /* so are a map's sides by a number that is none */
    static const double three[3] = {1.5, 2, 3.25};
    epl_val v = epl_data(f, epl_at(three, epl_f64(3)));
    epl_fn *c = epl_custom(f), *r;
    epl_val a = epl_pass(c, v), value = epl_square(a);
    r = epl_custom_jvp(c);
    epl_fn *m = epl_map(r);
    epl_val d = epl_each(m, epl_tangent(r, a), 0), p = epl_each(m, epl_primal(r, a), 0);
    epl_fn *yes = epl_when(m, epl_gt(p, epl_num(2.5))), *no = epl_otherwise(yes);
    epl_val one = epl_either(yes, epl_scale(epl_pass(yes, d), 2), no, epl_pass(no, d));
    epl_give(r, value, epl_collect(m, one));
    epl_val out = epl_last(c, value),
            factor = epl_add(epl_cast(epl_gt(v, epl_num(2.5)), EPL_F64), epl_num(1));
    near(epl_gradient(epl_sum(out), v), factor, 1e-15);
    near(epl_jvp(out, v, epl_ones(f, epl_f64(3))), factor, 1e-15);
}

/* -- wrong use ------------------------------------------------------------------------------ */
static void fails(const char *text)
{
    fails_with(text);
    drop_scope();
    open_inputs();
}

Test(custom, wrong_use)
{
    epl_fn *c = epl_custom(f), *r;
    epl_last(c, epl_sin(epl_pass(c, x)));
    fails("has no rule");
    c = epl_custom(f), r = epl_custom_jvp(c);
    epl_custom_vjp(c);
    fails("one rule");
    c = epl_custom(f), r = epl_custom_jvp(c);
    epl_val a = epl_pass(c, x), y = epl_sin(a);
    epl_last(c, y);
    fails("gives no tangent of this result");
    c = epl_custom(f), r = epl_custom_jvp(c), a = epl_pass(c, x), y = epl_sin(a);
    epl_give(r, y, epl_mul(epl_tangent(r, a), epl_tangent(r, a)));
    epl_last(c, y);
    fails("not linear in its tangents");
    stepped(number(0.4), true);
    fails("[mul] by what a loop carries beside them: collect it before, and use epl_each");
    c = epl_custom(f), r = epl_custom_vjp(c), a = epl_pass(c, x), y = epl_sin(a);
    epl_cotangent(r, y);
    epl_last(c, y);
    fails("gives no cotangent of what was passed in as value 0, f64[3]");
    c = epl_custom(f), r = epl_custom_vjp(c), a = epl_pass(c, x), y = epl_sin(a);
    epl_give(r, a, epl_sum(epl_cotangent(r, y)));
    fails("the value is f64[3], its cotangent f64[] (in a custom derivative in \"test\")");
    c = epl_custom(f), r = epl_custom_vjp(c), a = epl_pass(c, x), y = epl_sin(a);
    epl_tangent(r, a);
    fails("use epl_cotangent");
    c = epl_custom(f), r = epl_custom_jvp(c), a = epl_pass(c, x), y = epl_sin(a);
    epl_primal(r, x);
    fails("a value of the function of this rule");
    c = epl_custom(f), r = epl_custom_jvp(c), a = epl_pass(c, x), y = epl_mul(a, w);
    epl_give(r, y, epl_tangent(r, a));
    epl_gradient(epl_sum(epl_last(c, y)), w);
    fails("gives no derivative for it");
}
