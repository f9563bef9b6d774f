/* test_derive_flow.c -- linear maps, Jacobians, blocks and products through a loop are those
 * of the same steps written out.
 */
#include "../value_test.h"

static epl_val x, w, v;

static void open_inputs(void)
{
    static const double at[4] = {0.3, -0.2, 0.5, 0.1}, along[4] = {1, -0.5, 0.25, 2};
    double matrix[16];
    for (int i = 0; i < 16; i++)
        matrix[i] = 0.5 * sin(i);
    open_scope();
    x = epl_data(f, epl_at(at, epl_f64(4)));
    v = epl_data(f, epl_at(along, epl_f64(4)));
    w = epl_data(f, epl_at(matrix, epl_f64(4, 4)));
}

TestSuite(derive_flow, .init = open_inputs, .fini = close_scope);

static epl_val step(epl_val h)
{
    return epl_tanh(epl_add(epl_matmul(w, h), epl_scale(epl_sin(h), 0.5)));
}

static epl_val looped(void)
{
    epl_fn *t = epl_scan(f, .length = 3);
    epl_val h = epl_carry(t, x);
    epl_next(t, h, step(h));
    return epl_last(t, h);
}

static epl_val written(void)
{
    return step(step(step(x)));
}

static void same(epl_val got, epl_val want)
{
    near(got, want, 1e-12);
}

Test(derive_flow, jacobians)
{
    epl_val loop = looped(), plain = written(), want = epl_jacobian(plain, x);
    for (int64_t chunk = 0; chunk < 4; chunk++) {
        same(epl_jacobian(loop, x, .mode = "forward", .chunk = chunk), want);
        same(epl_jacobian(loop, x, .mode = "reverse", .chunk = chunk), want);
    }
    epl_linear l = epl_linearize(loop, x);
    same(epl_linear_apply(l, v), epl_jvp(plain, x, v));
    same(epl_linear_transpose(l, v), epl_vjp(plain, x, v));
    same(epl_linear_apply(l, w), epl_linear_apply(epl_linearize(plain, x), w)); /* rows of w */
    same(epl_linear_transpose(l, w), epl_linear_transpose(epl_linearize(plain, x), w));
}

/* Each vector is the last one's product, by a loop of C and by one of the plan, there in a map. */
static epl_val powers(epl_linear l, bool back, bool scan)
{
    epl_val q = v, parts[3];
    epl_fn *t = scan ? epl_scan(f, .length = 3) : NULL, *m = scan ? epl_map(t) : NULL;
    for (int i = 0; i < (scan ? 1 : 3); i++) {
        epl_val now = scan ? epl_carry(t, q) : q;
        epl_val in = scan ? epl_mul(epl_each(m, epl_ones(t, epl_f64(2)), 0), now) : now;
        epl_val y = back ? epl_linear_transpose(l, in) : epl_linear_apply(l, in);
        parts[i] = y = scan ? epl_select(epl_collect(m, y), 0, 1) : y;
        q = epl_sin(y);
        if (scan)
            epl_next(t, now, q);
    }
    return scan ? epl_collect(t, parts[0]) : epl_stack((epl_vals){3, parts});
}

Test(derive_flow, a_linear_map_in_a_loop)
{
    epl_linear plain = epl_linearize(written(), x), loop = epl_linearize(looped(), x);
    for (int back = 0; back < 2; back++) {
        epl_val want = powers(plain, back, false), slope = epl_gradient(epl_sum(epl_cos(want)), x);
        for (int i = 0; i < 2; i++) {
            epl_val got = powers(i ? loop : plain, back, true);
            same(got, want);
            same(epl_gradient(epl_sum(epl_cos(got)), x), slope);
        }
    }
    epl_fn *t = epl_scan(f, .length = 2); /* what does not depend on x gives zeros */
    epl_val now = epl_carry(t, v);
    epl_next(t, now, epl_linear_apply(epl_linearize(v, x), now));
    same(epl_last(t, now), epl_zeros_like(v));
}

/* jvp, vjp and hvp along a loop's vector, in a map: power iteration, three steps. */
static epl_val products(epl_val y, int kind, bool scan)
{
    epl_val q = v, loss = epl_sum(epl_square(y));
    epl_fn *t = scan ? epl_scan(f, .length = 3) : NULL, *m = scan ? epl_map(t) : NULL;
    epl_val now = scan ? epl_carry(t, q) : q;
    for (int i = 0; i < (scan ? 1 : 3); i++) {
        epl_val in = scan ? epl_mul(epl_each(m, epl_ones(t, epl_f64(2)), 0), now) : q;
        epl_val p = kind == 0   ? epl_jvp(y, x, in)
                    : kind == 1 ? epl_vjp(y, x, in)
                    : kind == 2 ? epl_hvp(loss, x, in)
                                : epl_gauss_newton(loss, y, x, in);
        p = scan ? epl_select(epl_collect(m, p), 0, 1) : p;
        q = epl_div(p, epl_vector_norm(p));
    }
    if (scan)
        epl_next(t, now, q);
    return scan ? epl_last(t, now) : q;
}

Test(derive_flow, products_along_a_vector_of_a_loop)
{
    for (int kind = 0; kind < 4; kind++) {
        epl_val want = products(written(), kind, false), got = products(looped(), kind, true);
        same(got, want);
        same(epl_gradient(epl_sum(epl_cos(got)), x), epl_gradient(epl_sum(epl_cos(want)), x));
    }
}

Test(derive_flow, second_order)
{
    epl_val loop = epl_sum(epl_square(looped())), plain = epl_sum(epl_square(written()));
    same(epl_hessian_block(loop, x, x, .chunk = 2), epl_hessian(plain, x));
    same(epl_hessian_block(loop, x, x, .rows = {1, 2}, .columns = {0, 3}),
         epl_hessian_block(plain, x, x, .rows = {1, 2}, .columns = {0, 3}));
    for (int mode = EPL_FORWARD_OVER_REVERSE; mode <= EPL_REVERSE_OVER_REVERSE; mode++)
        same(epl_hvp_by((epl_hvp_mode)mode, loop, x, v), epl_hvp(plain, x, v));
}

Test(derive_flow, curvature_products)
{
    epl_val out = looped(), flat = written();
    epl_val loss = epl_sum(epl_square(out)), plain = epl_sum(epl_square(flat));
    same(epl_gauss_newton(loss, out, x, v), epl_gauss_newton(plain, flat, x, v));
    same(epl_fisher(out, x, v), epl_fisher(flat, x, v));
    same(epl_empirical_fisher(out, x, v), epl_empirical_fisher(flat, x, v));
}

/* Inside a loop: a derivative of the step, and a value with another's derivative. */
Test(derive_flow, inside_a_loop)
{
    epl_fn *t = epl_scan(f, .length = 2);
    epl_val h = epl_carry(t, x), y = step(h);
    epl_val d = epl_matmul(epl_jacobian(y, h, .chunk = 3), epl_straight_through(epl_round(y), y));
    epl_next(t, h, d);
    epl_val loop = epl_last(t, h), plain = x;
    for (int i = 0; i < 2; i++) {
        epl_val one = step(plain);
        epl_val hard = epl_straight_through(epl_round(one), one);
        plain = epl_matmul(epl_jacobian(one, plain), hard);
    }
    same(loop, plain);
    same(epl_gradient(epl_sum(loop), x), epl_gradient(epl_sum(plain), x));
}
