/* taylor.h -- a function of three numbers in f64 or f32: value, gradient, Hessian. Included once
 * by each file of such functions. */
#ifndef TAYLOR_H
#define TAYLOR_H
#include "../value_test.h"

/* Results of more than one number are weighted to one. */
typedef epl_val (*function)(epl_val x);
typedef struct {
    double y, g[3], h[9];
} taylor;

static taylor of(function build, const double *at, epl_dtype dtype)
{
    taylor t = {0};
    epl_val x = epl_cast(epl_data(f, epl_at(at, epl_f64(3))), dtype), y = build(x);
    epl_val w = epl_data(f, epl_at((double[]){1, -0.5, 0.25}, epl_f64(3)));
    y = epl_rank(y) ? epl_sum(epl_mul(y, epl_cast(w, dtype))) : y;
    epl_val g = epl_gradient(y, x), h = epl_hessian(y, x);
    cr_assert_eq(epl_eval(epl_cast(y, EPL_F64), epl_at(&t.y, epl_f64())), EPL_OK, "%s",
                 epl_scope_message(s));
    cr_assert_eq(epl_eval(epl_cast(g, EPL_F64), epl_at(t.g, epl_f64(3))), EPL_OK);
    cr_assert_eq(epl_eval(epl_cast(h, EPL_F64), epl_at(t.h, epl_f64(3, 3))), EPL_OK);
    return t;
}

#endif
