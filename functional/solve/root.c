/* root.c -- F(z) = 0 by Newton's method.
 *
 * A step solves the linearized equation and is halved until |F| falls. A step that cannot make it
 * fall ends the search: the residual tells.
 */
#include "solve.h"

bool epl__model_slope(const epl__operator *model, epl_val z, epl__operator *slope)
{
    epl_fn *f = epl__fn_of(z);
    epl_linear l = epl_linearize(epl__operator_at(model, z, 0), z);
    if (epl_is_none(l.out))
        return false;
    if (epl__operator_of(f, epl__id_of(l.in), epl__id_of(l.out), slope))
        return true;
    epl__fail(f, EPL_ERR_ARG, "[solution] the value does not depend on the unknown");
    return false;
}

enum { HALVINGS = 12 };

/* z + t d for the first t = 1, 1/2, 1/4, ... at which |F| falls enough. */
static epl_val shortened(epl_fn *w, const epl__operator *model, epl_val z, epl_val d, epl_val r,
                         epl_val *now)
{
    epl_val full = epl_add(z, d), t0 = epl_ones_like(r);
    epl_val r0 = epl__root_mean_square(epl__operator_at(model, full, 0));
    epl_fn *f = epl_while(w);
    epl_val at = epl_carry(f, full), here = epl_carry(f, r0), t = epl_carry(f, t0);
    epl_val wanted = epl_mul(r, epl_sub(epl_num(1), epl_scale(t, 1e-4)));
    epl_val fallen = epl_le(here, wanted);
    epl_val long_enough = epl_gt(t, epl_num(1.0 / (1 << HALVINGS)));
    epl_keep_going(f, epl__and(epl_logical_not(fallen), long_enough));
    epl_val half = epl_scale(t, 0.5), next = epl__combine(z, half, d);
    epl_next(f, at, next);
    epl_next(f, here, epl__root_mean_square(epl__operator_at(model, next, 0)));
    epl_next(f, t, half);
    *now = epl_last(f, here);
    return epl_last(f, at);
}

epl__found epl__newton(const epl__problem_how *how, const epl__operator *model, epl_val first)
{
    epl_fn *g = epl__fn_of(first);
    epl_val r0 = epl__root_mean_square(epl__operator_at(model, first, 0)), part[EPL__SOLVE_PARTS];
    epl_val yes = epl_full(g, epl_type_of(EPL_BOOL, epl_shape_of(0, NULL)), 1);
    epl__operator slope;
    epl_fn *w = epl_while(g);
    epl_val z = epl_carry(w, first), r = epl_carry(w, r0);
    epl_val k = epl_carry(w, epl_zeros(g, epl_i64())), ok = epl_carry(w, yes);
    epl_val on = epl__and(ok, epl_lt(k, epl_int(how->by.most)));
    on = epl__and(on, epl_gt(r, epl_num(how->by.tol)));
    epl_keep_going(w, on);
    epl_val down = epl_neg(epl__operator_at(model, z, 0)), now;
    down = epl_where(on, down, epl_zeros_like(down)); /* of a map, entries that have ended */
    if (!epl__model_slope(model, z, &slope) ||
        !how->step->build(how->step, &slope, NULL, down, part))
        return (epl__found){EPL_NO_VAL, EPL_NO_VAL, EPL_NO_VAL};
    epl_val next = shortened(w, model, z, part[EPL__SOLUTION], r, &now);
    epl_val better = epl_lt(now, r);
    epl_next(w, z, epl_where(better, next, z));
    epl_next(w, r, epl_where(better, now, r));
    epl_next(w, k, epl_add(k, epl_int(1)));
    epl_next(w, ok, better);
    return (epl__found){epl_last(w, z), epl_last(w, r), epl_last(w, k)};
}
