/* adam.c -- Adam and AdamW: one function, told apart by where weight decay goes. */
#include "../op/op.h"
#include "optim.h"

epl_spec epl_opt_adam_state(epl_scope *s, epl_spec params)
{
    return epl_slots(s, params, "exp_avg", "exp_avg_sq", "step[]");
}

epl_spec epl_opt_adamw_state(epl_scope *s, epl_spec params)
{
    return epl_opt_adam_state(s, params);
}

/* sqrt(v), with derivative 0 where v is 0: a parameter behind a dead unit has no NaN. */
static epl_val safe_sqrt(epl_val v)
{
    epl_val positive = epl_gt(v, epl_num(0));
    return epl_where(positive, epl_sqrt(epl_where(positive, v, epl_num(1))), epl_num(0));
}

static epl_val one_minus(epl_val x)
{
    return epl_sub(epl_num(1), x);
}

static epl_val adam(const epl_adam_args *a, const char *name, bool decoupled, double default_decay)
{
    epl_val p = a->params, g = a->grads, slot[3];
    uint32_t before = epl__composite(p, name);
    if (!epl__slots_in(name, p, g, a->state, 2, slot)) {
        epl__composite_end(a->params, before);
        return EPL_NO_VAL;
    }
    epl_val lr = epl__hyper(p, a->lr, 1e-3), eps = epl__hyper(p, a->eps, 1e-8);
    epl_val b1 = epl__hyper(p, a->betas[0], 0.9), b2 = epl__hyper(p, a->betas[1], 0.999);
    if (a->maximize)
        g = epl_neg(g);
    if (a->weight_decay.graph || default_decay != 0) {
        epl_val decay = epl__hyper(p, a->weight_decay, default_decay);
        if (decoupled)
            p = epl_mul(p, one_minus(epl_mul(lr, decay)));
        else
            g = epl_add(g, epl_mul(decay, p));
    }
    epl_val t = slot[2] = epl_add(slot[2], epl_num(1));
    slot[0] = epl_add(slot[0], epl_mul(one_minus(b1), epl_sub(g, slot[0])));
    slot[1] = epl_add(epl_mul(b2, slot[1]), epl_mul(one_minus(b2), epl_square(g)));
    epl_val rate = epl_div(lr, one_minus(epl_pow(b1, t)));
    epl_val scale = epl_sqrt(one_minus(epl_pow(b2, t)));
    epl_dtype dtype = epl_typeof(p).dtype;
    epl_val root = epl_div(safe_sqrt(slot[1]), epl_cast(scale, dtype));
    epl_val move = epl_div(slot[0], epl_add(root, eps));
    *a->state = epl__slots_out(p, slot, 2);
    p = epl_sub(p, epl_mul(epl_cast(rate, dtype), move));
    epl__composite_end(a->params, before);
    return p;
}

epl_val epl_op_adam(const epl_adam_args *a, const char *given)
{
    (void)given;
    return adam(a, "adam", false, 0);
}

epl_val epl_op_adamw(const epl_adam_args *a, const char *given)
{
    (void)given;
    return adam(a, "adamw", true, 1e-2);
}

static epl_val step(epl_val params, epl_val grads, epl_val *state, const epl_val *h, bool decoupled)
{
    epl_adam_args a = {.params = params,
                       .grads = grads,
                       .state = state,
                       .lr = h[0],
                       .betas = {h[1], h[2]},
                       .eps = h[3],
                       .weight_decay = h[4],
                       .maximize = epl__hyper_flag(h[5])};
    return decoupled ? epl_op_adamw(&a, "") : epl_op_adam(&a, "");
}

static epl_val adam_step(epl_val params, epl_val grads, epl_val *state, const epl_val *h)
{
    return step(params, grads, state, h, false);
}

static epl_val adamw_step(epl_val params, epl_val grads, epl_val *state, const epl_val *h)
{
    return step(params, grads, state, h, true);
}

#define HYPERS(decay)                                                                              \
    {                                                                                              \
        {"lr", 1e-3, 0, 1e300, false}, {"beta1", 0.9, 0, 1, false}, {"beta2", 0.999, 0, 1, false}, \
            {"eps", 1e-8, 0, 1e300, false}, {"weight_decay", decay, 0, 1e300, false},              \
            {"maximize", 0, 0, 1, true},                                                           \
        {                                                                                          \
            NULL, 0, 0, 0, false                                                                   \
        }                                                                                          \
    }
static const epl_hyper adam_hypers[] = HYPERS(0), adamw_hypers[] = HYPERS(1e-2);
const epl_optimizer epl__optimizer_adam = {
    "adam", "m, v: means of g, g^2; p = p - lr m^ / (sqrt(v^) + eps)", adam_hypers,
    epl_opt_adam_state, adam_step};
const epl_optimizer epl__optimizer_adamw = {"adamw", "adam, with p = p - lr weight_decay p first",
                                            adamw_hypers, epl_opt_adamw_state, adamw_step};
