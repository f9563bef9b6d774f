/* error.c -- losses of the difference: mse_loss, l1_loss, smooth_l1_loss, huber_loss. */
#include "loss.h"

/* The weighted mean is by the sum of the weights. */
static epl_val weighted(const char *op, epl_val loss, epl_val weight, const char *reduction)
{
    if (epl_is_none(weight))
        return epl__loss_out(op, loss, reduction);
    loss = epl_mul(loss, weight);
    if (epl__reduction(op, loss, reduction) != 'm')
        return epl__loss_out(op, loss, reduction);
    int64_t all = epl__all_axes(loss);
    return epl_div(epl__sum(loss, all), epl__sum(weight, all));
}

static epl_val error(const char *op, const epl_error_args *a, epl_val (*of)(epl_val difference))
{
    epl_val x[2] = {a->input, a->target}, weight = a->weight;
    if (!epl__loss_in(op, x, 2) || !epl__loss_weight(op, &weight, x[0]))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], op);
    epl_val y = weighted(op, of(epl_sub(x[0], x[1])), weight, a->reduction);
    epl__composite_end(x[0], before);
    return y;
}

epl_val epl_op_mse_loss(const epl_error_args *a, const char *given)
{
    (void)given;
    return error("mse_loss", a, epl_square);
}

epl_val epl_op_l1_loss(const epl_error_args *a, const char *given)
{
    (void)given;
    return error("l1_loss", a, epl_abs);
}

static const epl_attr error_table[] = {EPL_ARG(epl_error_args, input),
                                       EPL_ARG(epl_error_args, target),
                                       EPL__SIZE_AVERAGE(epl_error_args),
                                       EPL__REDUCE(epl_error_args),
                                       EPL__REDUCTION(epl_error_args),
                                       EPL_ARG_OPTIONAL(epl_error_args, weight),
                                       EPL_ATTR_END};
EPL__LOSS(mse_loss, "(input - target)^2", epl_error_args, error_table);
EPL__LOSS(l1_loss, "|input - target|", epl_error_args, error_table);

/* d^2 / 2 below the bound, else bound (d - bound / 2); d = |difference|. The square of a large
 * one is not taken, since an infinite derivative times 0 would be no number. */
static epl_val bent(epl_val difference, double bound)
{
    epl_val d = epl_abs(difference), is_near = epl_lt(d, epl_num(bound));
    epl_val far = epl_mul(epl_sub(d, epl_num(bound / 2)), epl_num(bound));
    epl_val near = epl_square(epl__select(is_near, difference, epl__like(d, 0)));
    return epl__select(is_near, epl_mul(near, epl_num(0.5)), far);
}

epl_val epl_op_smooth_l1_loss(const epl_smooth_l1_loss_args *a, const char *given)
{
    epl_val x[2] = {a->input, a->target};
    double beta = epl__option(a->beta, given, "beta", 1);
    if (!epl__loss_in("smooth_l1_loss", x, 2))
        return EPL_NO_VAL;
    if (!(beta >= 0))
        return epl__bad(x[0], EPL_ERR_ARG, "[smooth_l1_loss] beta must not be negative, got %g",
                        beta);
    uint32_t before = epl__composite(x[0], "smooth_l1_loss");
    epl_val d = epl_sub(x[0], x[1]);
    epl_val loss = beta == 0 ? epl_abs(d) : epl_div(bent(d, beta), epl_num(beta));
    epl_val y = epl__loss_out("smooth_l1_loss", loss, a->reduction);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr smooth_table[] = {
    EPL_ARG(epl_smooth_l1_loss_args, input),
    EPL_ARG(epl_smooth_l1_loss_args, target),
    EPL__SIZE_AVERAGE(epl_smooth_l1_loss_args),
    EPL__REDUCE(epl_smooth_l1_loss_args),
    EPL__REDUCTION(epl_smooth_l1_loss_args),
    EPL_ATTR(epl_smooth_l1_loss_args, beta, EPL_NUMBER, 1, 0, 1e300),
    EPL_ATTR_END};
EPL__LOSS(smooth_l1_loss, "d = |input - target|: d^2 / (2 beta) below beta, else d - beta / 2",
          epl_smooth_l1_loss_args, smooth_table);

epl_val epl_op_huber_loss(const epl_huber_loss_args *a, const char *given)
{
    epl_val x[2] = {a->input, a->target}, weight = a->weight;
    double delta = epl__option(a->delta, given, "delta", 1);
    if (!epl__loss_in("huber_loss", x, 2) || !epl__loss_weight("huber_loss", &weight, x[0]))
        return EPL_NO_VAL;
    if (!(delta > 0))
        return epl__bad(x[0], EPL_ERR_ARG, "[huber_loss] delta must be positive, got %g", delta);
    uint32_t before = epl__composite(x[0], "huber_loss");
    epl_val loss = bent(epl_sub(x[0], x[1]), delta);
    loss = epl_is_none(weight) ? loss : epl_mul(loss, weight);
    epl_val y = epl__loss_out("huber_loss", loss, a->reduction);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr huber_table[] = {
    EPL_ARG(epl_huber_loss_args, input),
    EPL_ARG(epl_huber_loss_args, target),
    EPL__REDUCTION(epl_huber_loss_args),
    EPL_ATTR(epl_huber_loss_args, delta, EPL_NUMBER, 1, 0, 1e300),
    EPL_ARG_OPTIONAL(epl_huber_loss_args, weight),
    EPL_ATTR_END};
EPL__OPERATION(huber_loss, "d = |input - target|: d^2 / 2 below delta, else delta (d - delta / 2)",
               epl_huber_loss_args, huber_table);
