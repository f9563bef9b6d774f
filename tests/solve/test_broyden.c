/* test_broyden.c -- Broyden's method: its steps against numpy's full matrices, its solutions
 * against formulas and unrolled loops, in and around other transforms. */
#include "../golden/broyden.h"
#include "problem_test.h"

TestSuite(broyden, .init = open_scope, .fini = check_scope);

/* -- steps ----------------------------------------------------------------------------------- */
static epl_val shifted(epl_val z, int64_t by)
{
    epl_val none = epl_zeros(f, epl_f64(1));
    epl_val in = epl_narrow(z, 0, by > 0 ? 0 : 1, epl_dim(z, 0) - 1);
    return by > 0 ? epl_cat(epl_list(none, in)) : epl_cat(epl_list(in, none));
}

static epl_val tridiagonal(epl_val z)
{
    epl_val own = epl_mul(epl_sub(epl_num(3), epl_scale(z, 2)), z);
    epl_val near = epl_add(shifted(z, 1), epl_scale(shifted(z, -1), 2));
    return epl_add(epl_sub(own, near), epl_num(1));
}

static epl_val bent(epl_val z)
{
    epl_val around = epl_roll(z, epl_axes(1), .dims = epl_axes(0));
    epl_val rest = epl_sub(epl_scale(epl_square(around), 0.3), epl_num(0.2));
    return epl_add(epl_atan(epl_scale(z, 4)), rest);
}

static epl_val turned(epl_val z)
{
    epl_val two = epl_transpose(epl_reshape(z, epl_dims(3, 2)), 0, 1);
    epl_val other = epl_cat(epl_list(epl_select(two, 0, 1), epl_neg(epl_select(two, 0, 0))));
    return epl_add(epl_add(other, epl_scale(epl_sin(z), 0.1)), epl_num(1));
}

static epl_val after_steps(epl_val start, epl_val (*model)(epl_val))
{
    epl_fn *q = epl_root(f, .method = EPL_BROYDEN, .most = 8, .history = 3, .tol = 0);
    epl_val z = epl_unknown(q, start);
    return epl_solution(q, model(z), .report = true);
}

Test(broyden, the_same_steps_as_with_a_full_matrix)
{
    double from[6];
    for (int i = 0; i < 6; i++)
        from[i] = 1 + 0.4 * i;
    same(after_steps(epl_full(f, epl_f64(6), -1), tridiagonal),
         epl_data(f, epl_at(broyden_tridiagonal, epl_f64(6))), 1e-8);
    same(after_steps(epl_data(f, epl_at(from, epl_f64(6))), bent),
         epl_data(f, epl_at(broyden_bent, epl_f64(6))), 1e-8);
    same(after_steps(epl_data(f, epl_at(from, epl_f64(6))), turned),
         epl_data(f, epl_at(broyden_turned, epl_f64(6))), 1e-8);
}

/* -- solutions --------------------------------------------------------------------------------- */
static epl_val by_broyden(epl_fn *at, epl_val p, epl_val c, epl_val *k)
{
    epl_fn *q = epl_root(at, .method = EPL_BROYDEN, .tol = 1e-13, .derivative.tol = 1e-14);
    epl_val z = epl_unknown(q, epl_ones_like(c));
    epl_val cube = epl_mul(epl_square(z), z);
    return epl_solution(q, epl_sub(epl_add(cube, epl_mul(p, z)), c), .iterations = k);
}

Test(broyden, roots_and_their_derivatives)
{
    for (int i = 0; i < 3; i++) {
        epl_val p = epl_exp(some(epl_f64(), i)), c = epl_scale(some(epl_f64(6), i + 10), 3);
        epl_val z = by_broyden(f, p, c, NULL), u = some(epl_f64(6), i + 20);
        same(epl_add(epl_pow(z, epl_num(3)), epl_mul(p, z)), c, 1e-11);
        epl_val slope = epl_add(epl_scale(epl_square(z), 3), p);
        same(epl_vjp(z, c, u), epl_div(u, slope), 1e-10);
        same(epl_jvp(z, c, u), epl_div(u, slope), 1e-10);
        same(epl_gradient(epl_sum(z), p), epl_sum(epl_neg(epl_div(z, slope))), 1e-10);
        same(epl_hvp(epl_sum(z), c, u),
             epl_neg(epl_div(epl_mul(u, epl_scale(z, 6)), epl_pow(slope, epl_num(3)))), 1e-9);
        epl_val third = epl_sum(epl_gradient(epl_sum(epl_gradient(epl_sum(z), c)), c));
        epl_val w = cubic(f, p, c, (epl_linear_solver){.tol = 1e-14}, NULL);
        epl_val want = epl_sum(epl_gradient(epl_sum(epl_gradient(epl_sum(w), c)), c));
        same(epl_gradient(third, p), epl_gradient(want, p), 1e-8);
    }
}

/* Slopes of either sign, a start that is a root, a start where whole steps go ever farther. */
Test(broyden, from_anywhere)
{
    epl_val c = some(epl_f64(4), 1), far = epl_full(f, epl_f64(4), 3), k;
    for (int sign = -1; sign < 2; sign += 2) {
        epl_fn *q = epl_root(f, .method = EPL_BROYDEN, .tol = 1e-12);
        epl_val z = epl_unknown(q, epl_zeros_like(c));
        z = epl_solution(q, epl_scale(epl_sub(epl_sinh(z), c), 7 * sign));
        same(z, epl_asinh(c), 1e-11);
    }
    epl_fn *q = epl_root(f, .method = EPL_BROYDEN, .tol = 1e-12);
    epl_val z = epl_unknown(q, c);
    same(epl_solution(q, epl_sub(z, c), .iterations = &k), c, 0);
    same(k, epl_zeros(f, epl_i64()), 0);
    q = epl_root(f, .method = EPL_BROYDEN, .tol = 1e-12);
    z = epl_unknown(q, far);
    same(epl_solution(q, epl_atan(z)), epl_zeros_like(far), 1e-11);
}

/* Its slope is at right angles to a multiple of the identity. */
Test(broyden, a_turn)
{
    epl_fn *q = epl_root(f, .method = EPL_BROYDEN, .tol = 1e-10);
    epl_val z = epl_unknown(q, epl_ones(f, epl_f64(2)));
    epl_val turned = epl_matmul(z, epl_data(f, epl_at(((double[]){0, 1, -1, 0}), epl_f64(2, 2))));
    same(epl_solution(q, epl_add(turned, epl_num(1))),
         epl_data(f, epl_at(((double[]){-1, 1}), epl_f64(2))), 1e-9);
}

Test(broyden, fixed_points)
{
    for (int i = 0; i < 3; i++) {
        epl_val w = some(epl_f64(4, 4), i), x = some(epl_f64(3, 4), i + 10), k, plain;
        epl_linear_solver by = {.tol = 1e-13};
        epl_val z = equilibrium(f, w, x, EPL_BROYDEN, by, &k), want = unrolled(f, w, x);
        epl_val u = some(epl_f64(4, 4), i + 20);
        same(z, want, 1e-12);
        epl_val lg = epl_sum(epl_sin(z)), lw = epl_sum(epl_sin(want));
        same(epl_gradient(lg, w), epl_gradient(lw, w), 1e-11);
        same(epl_jvp(z, w, u), epl_jvp(want, w, u), 1e-11);
        same(epl_hvp(lg, w, u), epl_hvp(lw, w, u), 1e-10);
        equilibrium(f, w, x, EPL_PLAIN, by, &plain);
        same(epl_lt(k, plain), epl_full(f, epl_type_of(EPL_BOOL, epl_dims()), 1), 0);
    }
}

Test(broyden, in_single_precision)
{
    epl_val w = epl_cast(some(epl_f64(4, 4), 1), EPL_F32);
    epl_val x = epl_cast(some(epl_f64(3, 4), 2), EPL_F32);
    epl_fn *q = epl_fixed_point(f, .method = EPL_BROYDEN);
    epl_val z = epl_unknown(q, epl_zeros_like(x));
    same(epl_solution(q, layer(z, w, x)), unrolled(f, w, x), 1e-4);
}

/* -- composed ---------------------------------------------------------------------------------- */
Test(broyden, mapped)
{
    epl_val p = epl_data(f, epl_at(((double[]){0.5}), epl_f64())), k, one[3];
    epl_val c = epl_data(f, epl_at(((double[]){2, 40, -3, 1.5}), epl_f64(4, 1))), all[4];
    epl_fn *m = epl_map(f);
    epl_val ce = epl_each(m, c, 0), pe = epl_pass(m, p), z = by_broyden(m, pe, ce, &k);
    epl_val g = epl_gradient(epl_sum(z), ce), h = epl_gradient(epl_sum(g), pe);
    epl_collects(m, epl_list(z, g, h, k), all);
    for (int e = 0; e < 4; e++) {
        epl_val ck = epl_select(c, 0, e);
        one[0] = by_broyden(f, p, ck, &k);
        one[1] = epl_gradient(epl_sum(one[0]), ck);
        one[2] = epl_gradient(epl_sum(one[1]), p);
        same(epl_select(all[0], 0, e), one[0], 1e-13);
        same(epl_select(all[1], 0, e), one[1], 1e-12);
        same(epl_select(all[2], 0, e), one[2], 1e-11);
        same(epl_select(all[3], 0, e), k, 0);
    }
}

Test(broyden, in_a_scan_and_a_checkpoint)
{
    epl_val w = some(epl_f64(4, 4), 1), x0 = some(epl_f64(4), 2), y[2];
    for (int way = 0; way < 2; way++) {
        epl_fn *t = epl_scan(f, .length = 3, .save = way ? EPL_SAVE_ALL : EPL_SAVE_SQRT);
        epl_val h = epl_carry(t, x0);
        epl_fn *c = epl_checkpoint(t);
        epl_val in = epl_pass(c, h), own = epl_pass(c, w);
        epl_linear_solver by = {.tol = 1e-13};
        epl_next(t, h,
                 epl_last(c, way ? unrolled(c, own, in)
                                 : equilibrium(c, own, in, EPL_BROYDEN, by, NULL)));
        y[way] = epl_sum(epl_square(epl_last(t, h)));
    }
    same(epl_gradient(y[0], w), epl_gradient(y[1], w), 1e-10);
    same(epl_hvp(y[0], w, some(epl_f64(4, 4), 9)), epl_hvp(y[1], w, some(epl_f64(4, 4), 9)), 1e-9);
}

/* -- what does not converge ------------------------------------------------------------------ */
Test(broyden, not_converged)
{
    /* x^2 + 1 has no root; its best place is 0 */
    epl_fn *q = epl_root(f, .method = EPL_BROYDEN, .tol = 1e-6);
    epl_val z = epl_unknown(q, epl_full(f, epl_f64(), 1.3));
    fails(epl_solution(q, epl_add(epl_square(z), epl_num(1))), "[root] residual 1");

    /* not a number from the second place on */
    q = epl_root(f, .method = EPL_BROYDEN, .most = 9);
    z = epl_unknown(q, epl_full(f, epl_f64(), 1));
    fails(epl_solution(q, epl_add(epl_sqrt(epl_sub(z, epl_num(1))), epl_num(1))),
          "[root] residual 1 after 9 steps, 1e-10 was asked for");
}
