/* test_composed.c -- solutions in maps, loops, checkpoints and in one another.
 */
#include "problem_test.h"

TestSuite(composed, .init = open_scope, .fini = check_scope);

Test(composed, mapped)
{
    epl_val p = epl_data(f, epl_at(((double[]){0.5}), epl_f64())), k, one[3];
    epl_val c = epl_data(f, epl_at(((double[]){0.2, 40, -3, 1.5}), epl_f64(4, 1)));
    epl_fn *m = epl_map(f);
    epl_val ce = epl_each(m, c, 0), pe = epl_pass(m, p);
    epl_val z = cubic(m, pe, ce, (epl_linear_solver){.tol = 1e-13}, &k);
    epl_val g = epl_gradient(epl_sum(z), ce), h = epl_gradient(epl_sum(g), pe), all[4];
    epl_collects(m, epl_list(z, g, h, k), all);
    for (int e = 0; e < 4; e++) {
        epl_val ck = epl_select(c, 0, e);
        one[0] = cubic(f, p, ck, (epl_linear_solver){.tol = 1e-13}, &k);
        one[1] = epl_gradient(epl_sum(one[0]), ck);
        one[2] = epl_gradient(epl_sum(one[1]), p);
        same(epl_select(all[0], 0, e), one[0], 1e-13);
        same(epl_select(all[1], 0, e), one[1], 1e-12);
        same(epl_select(all[2], 0, e), one[2], 1e-11);
        same(epl_select(all[3], 0, e), k, 0);
    }
    /* From outside, through the map. */
    epl_val total = epl_sum(all[0]), sum = EPL_NO_VAL;
    for (int e = 0; e < 4; e++) {
        epl_val ze =
            epl_sum(cubic(f, p, epl_select(c, 0, e), (epl_linear_solver){.tol = 1e-13}, NULL));
        sum = e ? epl_add(sum, ze) : ze;
    }
    same(epl_gradient(total, p), epl_gradient(sum, p), 1e-11);
    same(epl_gradient(total, c), epl_gradient(sum, c), 1e-11);
    same(epl_hvp(total, c, epl_ones_like(c)), epl_hvp(sum, c, epl_ones_like(c)), 1e-10);
}

/* An entry that has ended where its slope is singular does not stop the others. */
Test(composed, mapped_from_a_singular_place)
{
    epl_val c = epl_data(f, epl_at(((double[]){0, 4}), epl_f64(2)));
    epl_val from = epl_data(f, epl_at(((double[]){0, 3}), epl_f64(2)));
    epl_fn *m = epl_map(f);
    epl_val ce = epl_each(m, c, 0), start = epl_each(m, from, 0);
    epl_fn *q = epl_root(m, .step.method = EPL_LU);
    epl_val z = epl_unknown(q, start);
    z = epl_collect(m, epl_solution(q, epl_sub(epl_square(z), ce)));
    same(z, epl_sqrt(c), 1e-9);
}

Test(composed, in_a_scan_and_a_checkpoint)
{
    epl_val w = some(epl_f64(4, 4), 1), x0 = some(epl_f64(4), 2), y[2];
    for (int way = 0; way < 2; way++) {
        epl_fn *t = epl_scan(f, .length = 3);
        epl_val h = epl_carry(t, x0);
        epl_val next =
            way ? unrolled(t, w, h)
                : equilibrium(t, w, h, EPL_ANDERSON, (epl_linear_solver){.tol = 1e-13}, NULL);
        epl_next(t, h, next);
        y[way] = epl_sum(epl_square(epl_last(t, h)));
    }
    same(y[0], y[1], 1e-12);
    same(epl_gradient(y[0], w), epl_gradient(y[1], w), 1e-10);
    same(epl_hvp(y[0], w, some(epl_f64(4, 4), 9)), epl_hvp(y[1], w, some(epl_f64(4, 4), 9)), 1e-9);
    same(epl_jvp(y[0], x0, x0), epl_jvp(y[1], x0, x0), 1e-10);
    epl_fn *c = epl_checkpoint(f);
    epl_val z = equilibrium(c, w, x0, EPL_ANDERSON, (epl_linear_solver){.tol = 1e-13}, NULL);
    z = epl_sum(epl_sin(epl_last(c, z)));
    same(epl_gradient(z, w), epl_gradient(epl_sum(epl_sin(unrolled(f, w, x0))), w), 1e-11);
}

/* A scan that computes its steps again for its gradient, and a solution in each. */
Test(composed, in_a_scan_that_keeps_less)
{
    epl_val w = some(epl_f64(4, 4), 1), x = some(epl_f64(4), 2), g[3];
    static const epl_save_policy save[] = {EPL_SAVE_ALL, EPL_SAVE_SQRT, EPL_SAVE_LOG};
    for (int i = 0; i < 3; i++) {
        epl_fn *t = epl_scan(f, .length = 6, .save = save[i]);
        epl_val h = epl_carry(t, x);
        epl_linear_solver by = {EPL_BICGSTAB, .tol = 1e-13};
        epl_next(t, h, equilibrium(t, w, h, EPL_ANDERSON, by, NULL));
        g[i] = epl_gradient(epl_sum(epl_square(epl_last(t, h))), w);
    }
    same(g[1], g[0], 1e-15);
    same(g[2], g[0], 1e-15);
}

/* It does not matter where a search begins, also if that place depends on the variable. */
Test(composed, start_has_no_derivative)
{
    epl_val c = epl_data(f, epl_at(((double[]){2, 3}), epl_f64(2)));
    epl_fn *q = epl_root(f, .tol = 1e-13);
    epl_val start = epl_scale(c, 0.7), z = epl_unknown(q, start);
    z = epl_solution(q, epl_sub(epl_square(z), c));
    same(epl_gradient(epl_sum(z), c), epl_scale(epl_rsqrt(c), 0.5), 1e-10);
    same(epl_gradient(epl_sum(z), start), epl_zeros_like(c), 0);
}

/* Chunks of a map, and a map of a map; derivatives from inside and outside. */
Test(composed, mapped_twice_and_in_chunks)
{
    epl_val p = epl_data(f, epl_at(((double[]){0.5, 2}), epl_f64(2)));
    epl_val c = some(epl_f64(5, 3), 4), z[2];
    for (int chunk = 0; chunk < 2; chunk++) {
        epl_fn *a = epl_map(f, .chunk = chunk ? 2 : 5);
        epl_val ca = epl_each(a, c, 0);
        epl_fn *b = epl_map(a);
        epl_val pb = epl_each(b, epl_pass(a, p), 0);
        epl_val one = cubic(b, pb, epl_pass(b, ca), (epl_linear_solver){.tol = 1e-13}, NULL);
        epl_val g = epl_gradient(epl_sum(one), pb);
        z[chunk] = epl_collect(a, epl_collect(b, epl_add(one, g)));
    }
    same(z[1], z[0], 1e-12);
    epl_val want = EPL_NO_VAL, sum = epl_sum(epl_sin(z[0]));
    for (int i = 0; i < 2; i++) {
        epl_val pi = epl_select(p, 0, i);
        for (int k = 0; k < 5; k++) {
            epl_val one =
                cubic(f, pi, epl_select(c, 0, k), (epl_linear_solver){.tol = 1e-13}, NULL);
            one = epl_add(one, epl_gradient(epl_sum(one), pi));
            if (k == 3)
                same(epl_select(epl_select(z[0], 0, k), 0, i), one, 1e-11);
            one = epl_sum(epl_sin(one));
            want = want.graph ? epl_add(want, one) : one;
        }
    }
    same(epl_gradient(sum, c), epl_gradient(want, c), 1e-10);
    same(epl_gradient(sum, p), epl_gradient(want, p), 1e-10);
}

/* A loop inside of what is solved. */
Test(composed, of_a_scan)
{
    epl_val w = some(epl_f64(4, 4), 1), x = some(epl_f64(4), 2);
    epl_fn *q = epl_fixed_point(f, .tol = 1e-13, .derivative = {EPL_GMRES, .tol = 1e-13});
    epl_val z = epl_unknown(q, epl_zeros_like(x));
    epl_fn *t = epl_scan(q, .length = 2);
    epl_val h = epl_carry(t, z);
    epl_next(t, h, layer(h, w, x));
    z = epl_sum(epl_sin(epl_solution(q, epl_last(t, h))));
    epl_val want = epl_sum(epl_sin(unrolled(f, w, x)));
    same(z, want, 1e-12);
    same(epl_gradient(z, w), epl_gradient(want, w), 1e-11);
    epl_val u = some(epl_f64(4, 4), 3);
    same(epl_hvp(z, w, u), epl_hvp(want, w, u), 1e-9);
}

/* Half of x is a root in a root: sqrt(c) of c that is itself one. */
Test(composed, nested)
{
    epl_val c = epl_data(f, epl_at(((double[]){5}), epl_f64(1)));
    epl_fn *q = epl_root(f, .tol = 1e-13, .derivative = {.tol = 1e-13});
    epl_val z = epl_unknown(q, epl_ones_like(c));
    epl_fn *i = epl_root(q, .tol = 1e-14, .derivative = {.tol = 1e-14});
    epl_val u = epl_unknown(i, epl_ones_like(c));
    epl_val square = epl_solution(i, epl_sub(u, epl_square(z)));
    z = epl_solution(q, epl_sub(square, c));
    same(z, epl_sqrt(c), 1e-12);
    same(epl_gradient(epl_sum(z), c), epl_scale(epl_rsqrt(c), 0.5), 1e-11);
    same(epl_hvp(epl_sum(z), c, epl_ones_like(c)), epl_scale(epl_pow(c, epl_num(-1.5)), -0.25),
         1e-10);
}
