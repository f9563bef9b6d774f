/* learned.c -- learned optimizers, and weights of examples from a gradient through a step. A
 * learned optimizer is a module that sees each parameter alone: its weights do not depend on how
 * many there are, and it can be used on any network. */
#include <math.h>
#include "../op/op.h"

enum { MOST = 64 }; /* states */

epl_val epl_log_and_sign(epl_val grads, double p)
{
    if (!(p > 0))
        return epl__bad(grads, EPL_ERR_ARG, "[log_and_sign] p must be positive, got %g", p);
    epl_val size = epl_abs(grads), large = epl_ge(size, epl_num(exp(-p)));
    epl_val log = epl_scale(epl_log(epl_where(large, size, epl_num(1))), 1 / p);
    epl_val first = epl_where(large, log, epl_num(-1));
    epl_val second = epl_where(large, epl_sign(grads), epl_scale(grads, exp(p)));
    return epl_stack(epl_list(first, second), .dim = -1);
}

/* What the net reads: [1, n, features]. */
static epl_val features_of(const epl_learned_step_args *a, double p)
{
    epl_val read = epl_log_and_sign(a->grads, p);
    if (!epl_is_none(a->features))
        read = epl_cat(epl_list(read, a->features), .dim = -1);
    return epl_unsqueeze(read, 0);
}

epl_val epl_op_learned_step(const epl_learned_step_args *a, const char *given)
{
    double p = epl__given(given, "p") ? a->p : 10,
           scale = epl__given(given, "scale") ? a->scale : 0.1;
    epl_type t = epl_typeof(epl_by_name(a->params, given));
    epl_val next[MOST] = {{NULL, 0}};
    size_t found = 0;
    if (t.shape.rank != 1 || !epl_type_equal(t, epl_typeof(a->grads)))
        return epl__bad(
            a->params, EPL_ERR_SHAPE,
            "[learned_step] params and grads must be vectors of one type, got %s and %s",
            epl__show(a->params), epl__show(a->grads));
    if (a->states > MOST || (a->states && !a->state))
        return epl__bad(a->params, EPL_ERR_ARG,
                        "[learned_step] .states is %zu: .state must hold "
                        "as many values, at most %d",
                        a->states, (int)MOST);
    epl_val out = epl_apply(a->net, a->weights, features_of(a, p), .more = {a->states, a->state},
                            .also = next);
    if (epl_is_none(out))
        return out;
    while (found < MOST && !epl_is_none(next[found]))
        found++;
    if (found != a->states || epl_count(epl_typeof(out)) != t.shape.dim[0])
        return epl__bad(a->params, EPL_ERR_SHAPE,
                        "[learned_step] the net must give [1, %lld, 1] and %zu states, got %s and "
                        "%zu",
                        (long long)t.shape.dim[0], a->states, epl__show(out), found);
    for (size_t i = 0; i < found; i++)
        a->state[i] = next[i];
    return epl_add(a->params, epl_scale(epl_reshape(out, t.shape), scale));
}

epl_val epl_reweight(epl_val losses, epl_val clean, epl_val params)
{
    if (epl_rank(losses) != 1)
        return epl__bad(losses, EPL_ERR_SHAPE,
                        "[reweight] a vector of losses, one for each example, is needed, got %s",
                        epl__show(losses));
    epl_val pull = epl_relu(epl_jvp(losses, params, epl_gradient(clean, params)));
    epl_val sum = epl_sum(pull), some = epl_gt(sum, epl_num(0));
    return epl_stop_gradient(epl_div(pull, epl_where(some, sum, epl_num(1))));
}
