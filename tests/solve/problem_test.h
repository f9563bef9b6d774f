/* problem_test.h -- problems whose solutions are known otherwise. */
#ifndef PROBLEM_TEST_H
#define PROBLEM_TEST_H
#include "solve_test.h"

/* z^3 + p z = c, element by element: dz/dc = 1 / (3 z^2 + p). */
static inline epl_val cubic(epl_fn *at, epl_val p, epl_val c, epl_linear_solver by, epl_val *k)
{
    epl_fn *q = epl_root(at, .tol = 1e-13, .step = by, .derivative = by);
    epl_val z = epl_unknown(q, epl_ones_like(c));
    epl_val cube = epl_mul(epl_square(z), z);
    return epl_solution(q, epl_sub(epl_add(cube, epl_mul(p, z)), c), .iterations = k);
}

/* Fixed points, and the same loop written out. */
static inline epl_val layer(epl_val z, epl_val w, epl_val x)
{
    return epl_tanh(epl_add(epl_matmul(z, epl_scale(w, 0.4)), x));
}

static inline epl_val equilibrium(epl_fn *at, epl_val w, epl_val x, epl_solve_method how,
                                  epl_linear_solver by, epl_val *k)
{
    epl_fn *q = epl_fixed_point(at, .method = how, .tol = 1e-13, .most = 500, .derivative = by);
    epl_val z = epl_unknown(q, epl_zeros_like(x));
    return epl_solution(q, layer(z, w, x), .iterations = k);
}

static inline epl_val unrolled(epl_fn *at, epl_val w, epl_val x)
{
    epl_fn *t = epl_scan(at, .length = 200);
    epl_val z = epl_carry(t, epl_zeros_like(x));
    epl_next(t, z, layer(z, w, x));
    return epl_last(t, z);
}
#endif
