/* sgd.c -- gradient descent with momentum. The first step takes the gradient as it is. */
#include "../op/op.h"
#include "optim.h"

epl_spec epl_opt_sgd_state(epl_scope *s, epl_spec params)
{
    return epl_slots(s, params, "momentum_buffer", "step[]");
}

static bool is_zero(epl_val v)
{
    double x;
    int64_t i;
    if (epl__is_num(v))
        epl__num_read(v, &x, &i);
    return !v.graph || (epl__is_num(v) && x == 0);
}

epl_val epl_op_sgd(const epl_sgd_args *a, const char *given)
{
    epl_val p = a->params, g = a->grads, slot[2];
    (void)given;
    if (a->nesterov && (!a->state || is_zero(a->momentum) || !is_zero(a->dampening)))
        return epl__bad(p, EPL_ERR_ARG,
                        "[sgd] nesterov needs a state, a momentum, and no dampening");
    uint32_t before = epl__composite(p, "sgd");
    epl_val lr = epl__hyper(p, a->lr, 1e-3);
    if (a->maximize)
        g = epl_neg(g);
    if (a->weight_decay.graph)
        g = epl_add(g, epl_mul(epl__hyper(p, a->weight_decay, 0), p));
    if (a->state && epl__slots_in("sgd", p, g, a->state, 1, slot)) {
        epl_val momentum = epl__hyper(p, a->momentum, 0), fresh = g;
        if (a->dampening.graph) {
            epl_val first = epl_eq(slot[1], epl_num(0));
            epl_val kept = epl_sub(epl_num(1), epl__hyper(p, a->dampening, 0));
            epl_val share = epl_where(first, epl_num(1), kept);
            fresh = epl_mul(epl_cast(share, epl_typeof(p).dtype), g);
        }
        slot[0] = epl_add(epl_mul(momentum, slot[0]), fresh);
        slot[1] = epl_add(slot[1], epl_num(1));
        *a->state = epl__slots_out(p, slot, 1);
        g = a->nesterov ? epl_add(g, epl_mul(momentum, slot[0])) : slot[0];
    }
    p = epl_sub(p, epl_mul(lr, g));
    epl__composite_end(a->params, before);
    return p;
}

static epl_val step(epl_val params, epl_val grads, epl_val *state, const epl_val *h)
{
    return epl_opt_sgd(params, grads, state, .lr = h[0], .momentum = h[1], .dampening = h[2],
                       .weight_decay = h[3], .nesterov = epl__hyper_flag(h[4]),
                       .maximize = epl__hyper_flag(h[5]));
}

static const epl_hyper hypers[] = {{"lr", 1e-3, 0, 1e300, false},
                                   {"momentum", 0, 0, 1e300, false},
                                   {"dampening", 0, -1e300, 1e300, false},
                                   {"weight_decay", 0, 0, 1e300, false},
                                   {"nesterov", 0, 0, 1, true},
                                   {"maximize", 0, 0, 1, true},
                                   {NULL, 0, 0, 0, false}};
const epl_optimizer epl__optimizer_sgd = {"sgd", "b = momentum b + (1 - dampening) g; p = p - lr b",
                                          hypers, epl_opt_sgd_state, step};
