/* implicit.c -- the implicit meta-gradient: a linear system by conjugate gradients, unrolled.
 * Products with the Hessian are forward over reverse; plans share the gradient among them.
 * Not epl_solve_linear: a fixed number of steps, of which the best iterate is given, is the
 * method here, and not to converge is no failure. */
#include "../op/op.h"

static epl_val dot(epl_val a, epl_val b)
{
    return epl_sum(epl_mul(a, b));
}

/* a / b, and 0 unless b is positive; also for derivatives. */
static epl_val over(epl_val a, epl_val b)
{
    epl_val positive = epl_gt(b, epl_num(0));
    return epl_where(positive, epl_div(a, epl_where(positive, b, epl_num(1))), epl_num(0));
}

epl_val epl_op_implicit(const epl_implicit_args *a, const char *given)
{
    int64_t steps = epl__given(given, "steps") ? a->steps : 5;
    epl_val lambda = epl_is_none(a->lambda) ? epl_num(1) : a->lambda;
    if (epl_rank(a->params) != 1 || !epl_type_equal(epl_typeof(a->params), epl_typeof(a->grad)) ||
        steps < 1) {
        return epl__bad(
            a->params, EPL_ERR_SHAPE,
            "[implicit] params and grad must be vectors of one type, and steps positive");
    }
    epl_val x = epl_zeros_like(a->grad), r = a->grad, p = r, rr = dot(r, r), all = rr;
    epl_val best = x, least = rr;
    for (int64_t k = 0; k < steps; k++) {
        epl_val ap = epl_add(p, epl_div(epl_hvp(a->loss, a->params, p), lambda));
        epl_val curve = dot(p, ap), alpha = over(rr, curve);
        x = epl_add(x, epl_mul(alpha, p));
        r = epl_sub(r, epl_mul(alpha, ap));
        epl_val next = dot(r, r);
        /* The same p again gives alpha = 0 again: x stays. */
        epl_val turned = epl_add(r, epl_mul(over(next, rr), p));
        p = epl_where(epl_gt(curve, epl_num(0)), turned, p);
        rr = next;
        epl_val better = epl_lt(rr, least);
        best = epl_where(better, x, best);
        least = epl_where(better, rr, least);
    }
    if (a->residual)
        *a->residual = epl_stop_gradient(epl_sqrt(over(least, all)));
    return best;
}
