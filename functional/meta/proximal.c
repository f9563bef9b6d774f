/* proximal.c -- the inner problem of iMAML, solved: the least loss + lambda / 2 |phi - params|^2.
 *
 * Newton's steps by conjugate gradients, then the best of some shorter ones: the objective never
 * grows, however sharp the loss is. What comes out is a constant: its derivative is implicit. */
#include "../op/op.h"

enum { SHORTER = 4 }; /* all of the step, 1/4, 1/16, 1/64; or none of it */

static epl_val objective(const epl_proximal_args *a, epl_val lambda, epl_val loss, epl_val p)
{
    epl_val pull = epl_mul(epl_scale(lambda, 0.5), epl_sum(epl_square(epl_sub(p, a->params))));
    return epl_add(loss, pull);
}

static epl_val slope(const epl_proximal_args *a, epl_val lambda, epl_val loss, epl_val p)
{
    return epl_add(epl_gradient(loss, p), epl_mul(lambda, epl_sub(p, a->params)));
}

/* Down the objective: Newton's, or along the slope g where that finds none, as where the first
 * direction has negative curvature. */
static epl_val direction(epl_val loss, epl_val p, epl_val g, epl_val lambda, int64_t steps)
{
    epl_val newton = epl_implicit(loss, p, g, .lambda = lambda, .steps = steps);
    epl_val down = epl_gt(epl_sum(epl_mul(newton, g)), epl_num(0));
    return epl_div(epl_where(down, newton, g), lambda);
}

static epl_val step(const epl_proximal_args *a, epl_val p, epl_val lambda, int64_t cg_steps)
{
    epl_val loss = a->loss(a->task, p), least = objective(a, lambda, loss, p), best = p;
    epl_val d = direction(loss, p, slope(a, lambda, loss, p), lambda, cg_steps);
    for (int i = 0; i < SHORTER; i++) {
        epl_val q = epl_sub(p, epl_scale(d, 1.0 / (double)(1 << 2 * i)));
        epl_val value = objective(a, lambda, a->loss(a->task, q), q);
        epl_val better = epl_lt(value, least); /* not where it is not a number */
        least = epl_where(better, value, least);
        best = epl_where(better, q, best);
    }
    return best;
}

/* |slope at p| / |slope at the start|. */
static epl_val residual(const epl_proximal_args *a, epl_val lambda, epl_val p)
{
    epl_val length[2], at[2] = {epl_copy(a->params), epl_copy(p)};
    for (int i = 0; i < 2; i++)
        length[i] = epl_sqrt(epl_sum(epl_square(slope(a, lambda, a->loss(a->task, at[i]), at[i]))));
    epl_val some = epl_where(epl_gt(length[0], epl_num(0)), length[0], epl_num(1));
    return epl_stop_gradient(epl_div(length[1], some));
}

epl_val epl_op_proximal(const epl_proximal_args *a, const char *given)
{
    int64_t steps = epl__given(given, "steps") ? a->steps : 5;
    int64_t cg_steps = epl__given(given, "cg_steps") ? a->cg_steps : 5;
    epl_val lambda = epl_is_none(a->lambda) ? epl_num(1) : epl_stop_gradient(a->lambda);
    epl_val p = a->params;
    epl_proximal_args constant = *a;
    if (epl_is_none(p))
        return p;
    if (epl_rank(p) != 1 || !a->loss || steps < 1 || cg_steps < 1) {
        return epl__bad(p, EPL_ERR_ARG,
                        "[proximal] a vector of parameters, a loss and positive numbers of steps "
                        "are needed");
    }
    constant.params = p = epl_stop_gradient(p);
    for (int64_t k = 0; k < steps; k++) {
        p = epl_stop_gradient(step(&constant, epl_copy(p), lambda, cg_steps));
        if (a->path)
            a->path[k] = p;
    }
    if (a->residual)
        *a->residual = residual(&constant, lambda, p);
    return p;
}
