/* binary_cross_entropy, and with_logits: two classes, one number. */
#include <string.h>
#include "loss.h"

/* Input and target of one shape, and a weight that broadcasts, if there is one. */
static bool pair_in(const char *op, epl_val *x, epl_val *weight)
{
    epl_shape a = epl_typeof(x[0]).shape, b = epl_typeof(x[1]).shape;
    if (!epl__align(op, x, 2, EPL__FLOAT | EPL__COMPUTE | EPL__NO_SHAPE))
        return false;
    if (a.rank != b.rank || memcmp(a.dim, b.dim, (size_t)a.rank * sizeof *a.dim)) {
        epl__bad(x[0], EPL_ERR_SHAPE, "[%s] target must have the shape of input %s, got %s", op,
                 epl__show(x[0]), epl__show(x[1]));
        return false;
    }
    epl_val with[2] = {x[0], *weight};
    if (epl_is_none(*weight))
        return true;
    if (!epl__align(op, with, 2, EPL__FLOAT | EPL__COMPUTE))
        return false;
    if (!epl_type_equal(epl_typeof(with[1]), epl_typeof(x[0]))) {
        epl__bad(x[0], EPL_ERR_SHAPE, "[%s] weight %s does not broadcast to input %s", op,
                 epl__show(*weight), epl__show(x[0]));
        return false;
    }
    *weight = with[1];
    return true;
}

/* max(log x, -100), where `value` is log x computed well. The derivative is 1 / x, of x at
 * least 1e-12, so that it is finite at 0: value and derivative are torch's. */
static epl_val bounded_log(epl_val x, epl_val value)
{
    epl_val y = epl_log(epl__raised(x, 1e-12));
    epl_val low = epl_lt(value, epl_num(-100));
    value = epl__select(low, epl__like(value, -100), value);
    return epl_add(y, epl_stop_gradient(epl_sub(value, y)));
}

epl_val epl_op_binary_cross_entropy(const epl_binary_cross_entropy_args *a, const char *given)
{
    epl_val x[2] = {a->input, a->target}, weight = a->weight;
    (void)given;
    if (!pair_in("binary_cross_entropy", x, &weight))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], "binary_cross_entropy");
    epl_val rest = epl_sub(epl_num(1), x[0]);
    epl_val yes = bounded_log(x[0], epl_log(x[0]));
    epl_val no = bounded_log(rest, epl_log1p(epl_neg(x[0])));
    epl_val loss = epl_sub(epl_mul(epl_sub(x[1], epl_num(1)), no), epl_mul(x[1], yes));
    loss = epl_is_none(weight) ? loss : epl_mul(loss, weight);
    epl_val y = epl__loss_out("binary_cross_entropy", loss, a->reduction);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr table[] = {EPL_ARG(epl_binary_cross_entropy_args, input),
                                 EPL_ARG(epl_binary_cross_entropy_args, target),
                                 EPL_ARG_OPTIONAL(epl_binary_cross_entropy_args, weight),
                                 EPL__SIZE_AVERAGE(epl_binary_cross_entropy_args),
                                 EPL__REDUCE(epl_binary_cross_entropy_args),
                                 EPL__REDUCTION(epl_binary_cross_entropy_args),
                                 EPL_ATTR_END};
EPL__LOSS(binary_cross_entropy, "-(t log x + (1 - t) log(1 - x))", epl_binary_cross_entropy_args,
          table);

/* (1 - t) log(1 + e^x) + pos_weight t log(1 + e^-x): no difference of large numbers, so that
 * derivatives of confident inputs are exact. */
epl_val epl_op_binary_cross_entropy_with_logits(const epl_binary_cross_entropy_with_logits_args *a,
                                                const char *given)
{
    const char *op = "binary_cross_entropy_with_logits";
    epl_val x[2] = {a->input, a->target}, weight = a->weight, positive = a->pos_weight;
    (void)given;
    if (!pair_in(op, x, &weight) || !pair_in(op, x, &positive))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], op);
    epl_val yes = epl_mul(x[1], epl__log_1_exp(epl_neg(x[0])));
    yes = epl_is_none(positive) ? yes : epl_mul(yes, positive);
    epl_val no = epl_mul(epl_sub(epl_num(1), x[1]), epl__log_1_exp(x[0]));
    epl_val loss = epl_add(no, yes);
    loss = epl_is_none(weight) ? loss : epl_mul(loss, weight);
    epl_val y = epl__loss_out(op, loss, a->reduction);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr logits_table[] = {
    EPL_ARG(epl_binary_cross_entropy_with_logits_args, input),
    EPL_ARG(epl_binary_cross_entropy_with_logits_args, target),
    EPL_ARG_OPTIONAL(epl_binary_cross_entropy_with_logits_args, weight),
    EPL__SIZE_AVERAGE(epl_binary_cross_entropy_with_logits_args),
    EPL__REDUCE(epl_binary_cross_entropy_with_logits_args),
    EPL__REDUCTION(epl_binary_cross_entropy_with_logits_args),
    EPL_ARG_OPTIONAL(epl_binary_cross_entropy_with_logits_args, pos_weight),
    EPL_ATTR_END};
EPL__LOSS(binary_cross_entropy_with_logits, "(1 - t) log(1 + e^x) + pos_weight t log(1 + e^-x)",
          epl_binary_cross_entropy_with_logits_args, logits_table);
