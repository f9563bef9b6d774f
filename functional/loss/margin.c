/* margin.c -- losses that ask for a distance: hinge_embedding_loss, soft_margin_loss,
 * margin_ranking_loss, cosine_embedding_loss, triplet_margin_loss. */
#include "loss.h"

epl_val epl_op_hinge_embedding_loss(const epl_hinge_embedding_loss_args *a, const char *given)
{
    epl_val x[2] = {a->input, a->target};
    double margin = epl__option(a->margin, given, "margin", 1);
    if (!epl__loss_in("hinge_embedding_loss", x, 2))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], "hinge_embedding_loss");
    epl_val zero = epl__like(x[0], 0), apart = epl__at_least_0(epl_sub(epl_num(margin), x[0]));
    apart = epl__select(epl_ne(x[1], epl_num(1)), apart, zero);
    epl_val close = epl__select(epl_ne(x[1], epl_num(-1)), x[0], zero);
    epl_val y = epl__loss_out("hinge_embedding_loss", epl_add(apart, close), a->reduction);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr hinge_table[] = {
    EPL_ARG(epl_hinge_embedding_loss_args, input),
    EPL_ARG(epl_hinge_embedding_loss_args, target),
    EPL_ATTR(epl_hinge_embedding_loss_args, margin, EPL_NUMBER, 1, -1e300, 1e300),
    EPL__SIZE_AVERAGE(epl_hinge_embedding_loss_args),
    EPL__REDUCE(epl_hinge_embedding_loss_args),
    EPL__REDUCTION(epl_hinge_embedding_loss_args),
    EPL_ATTR_END};
EPL__LOSS(hinge_embedding_loss, "x where t is 1, max(0, margin - x) where t is -1",
          epl_hinge_embedding_loss_args, hinge_table);

epl_val epl_op_soft_margin_loss(const epl_soft_margin_loss_args *a, const char *given)
{
    epl_val x[2] = {a->input, a->target};
    (void)given;
    if (!epl__loss_in("soft_margin_loss", x, 2))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], "soft_margin_loss");
    epl_val loss = epl__log_1_exp(epl_neg(epl_mul(x[1], x[0])));
    epl_val y = epl__loss_out("soft_margin_loss", loss, a->reduction);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr soft_table[] = {
    EPL_ARG(epl_soft_margin_loss_args, input),    EPL_ARG(epl_soft_margin_loss_args, target),
    EPL__SIZE_AVERAGE(epl_soft_margin_loss_args), EPL__REDUCE(epl_soft_margin_loss_args),
    EPL__REDUCTION(epl_soft_margin_loss_args),    EPL_ATTR_END};
EPL__LOSS(soft_margin_loss, "log(1 + exp(-t x))", epl_soft_margin_loss_args, soft_table);

epl_val epl_op_margin_ranking_loss(const epl_margin_ranking_loss_args *a, const char *given)
{
    epl_val x[3] = {a->input1, a->input2, a->target};
    double margin = epl__option(a->margin, given, "margin", 0);
    bool ranks = epl_rank(x[0]) == epl_rank(x[1]) && epl_rank(x[0]) == epl_rank(x[2]);
    if (!epl__present("margin_ranking_loss", x, 3))
        return EPL_NO_VAL;
    if (!ranks)
        return epl__bad(x[0], EPL_ERR_SHAPE,
                        "[margin_ranking_loss] input1 %s, input2 %s and target "
                        "%s must have as many axes",
                        epl__show(x[0]), epl__show(x[1]), epl__show(x[2]));
    if (!epl__loss_in("margin_ranking_loss", x, 3))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], "margin_ranking_loss");
    epl_val loss = epl_mul(epl_neg(x[2]), epl_sub(x[0], x[1]));
    loss = epl__at_least_0(margin == 0 ? loss : epl_add(loss, epl_num(margin)));
    epl_val y = epl__loss_out("margin_ranking_loss", loss, a->reduction);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr ranking_table[] = {
    EPL_ARG(epl_margin_ranking_loss_args, input1),
    EPL_ARG(epl_margin_ranking_loss_args, input2),
    EPL_ARG(epl_margin_ranking_loss_args, target),
    EPL_ATTR(epl_margin_ranking_loss_args, margin, EPL_NUMBER, 0, -1e300, 1e300),
    EPL__SIZE_AVERAGE(epl_margin_ranking_loss_args),
    EPL__REDUCE(epl_margin_ranking_loss_args),
    EPL__REDUCTION(epl_margin_ranking_loss_args),
    EPL_ATTR_END};
EPL__LOSS(margin_ranking_loss, "max(0, -t (x1 - x2) + margin)", epl_margin_ranking_loss_args,
          ranking_table);

/* sum x1 x2 / sqrt((sum x1^2 + e) (sum x2^2 + e)) over the last axis */
static epl_val cosine(epl_val a, epl_val b)
{
    int64_t last = epl__last_axes(a, 1);
    epl_val tiny = epl_num(1e-12);
    epl_val a2 = epl_add(epl__sum(epl_square(a), last), tiny);
    epl_val b2 = epl_add(epl__sum(epl_square(b), last), tiny);
    return epl_div(epl__sum(epl_mul(a, b), last), epl_sqrt(epl_mul(a2, b2)));
}

epl_val epl_op_cosine_embedding_loss(const epl_cosine_embedding_loss_args *a, const char *given)
{
    epl_val x[2] = {a->input1, a->input2};
    double margin = epl__option(a->margin, given, "margin", 0);
    int rank = epl_rank(a->target);
    if (!epl__present("cosine_embedding_loss", epl_list(x[0], x[1], a->target).at, 3))
        return EPL_NO_VAL;
    bool ranks = epl_rank(x[0]) == rank + 1 && epl_rank(x[1]) == rank + 1 && rank <= 1;
    if (!ranks)
        return epl__bad(x[0], EPL_ERR_SHAPE,
                        "[cosine_embedding_loss] [n, d], [n, d] and [n], or [d], "
                        "[d] and [], are expected, got %s, %s and %s",
                        epl__show(x[0]), epl__show(x[1]), epl__show(a->target));
    if (!epl__loss_in("cosine_embedding_loss", x, 2))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], "cosine_embedding_loss");
    epl_val both[2] = {cosine(x[0], x[1]), a->target}, y = EPL_NO_VAL;
    if (epl__loss_in("cosine_embedding_loss", both, 2)) {
        epl_val cos = both[0], zero = epl__like(cos, 0);
        epl_val apart = epl__at_least_0(epl_sub(cos, epl_num(margin)));
        epl_val close = epl_sub(epl_num(1), cos);
        close = epl__select(epl_eq(both[1], epl_num(1)), close, zero);
        apart = epl__select(epl_eq(both[1], epl_num(-1)), apart, zero);
        y = epl__loss_out("cosine_embedding_loss", epl_add(close, apart), a->reduction);
    }
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr cosine_table[] = {
    EPL_ARG(epl_cosine_embedding_loss_args, input1),
    EPL_ARG(epl_cosine_embedding_loss_args, input2),
    EPL_ARG(epl_cosine_embedding_loss_args, target),
    EPL_ATTR(epl_cosine_embedding_loss_args, margin, EPL_NUMBER, 0, -1e300, 1e300),
    EPL__SIZE_AVERAGE(epl_cosine_embedding_loss_args),
    EPL__REDUCE(epl_cosine_embedding_loss_args),
    EPL__REDUCTION(epl_cosine_embedding_loss_args),
    EPL_ATTR_END};
EPL__LOSS(cosine_embedding_loss, "1 - cos where t is 1, max(0, cos - margin) where t is -1",
          epl_cosine_embedding_loss_args, cosine_table);

static epl_val distance(epl_val a, epl_val b, double p, double eps)
{
    return epl__norm(epl_add(epl_sub(a, b), epl_num(eps)), p, epl__last_axes(a, 1));
}

epl_val epl_op_triplet_margin_loss(const epl_triplet_margin_loss_args *a, const char *given)
{
    const char *op = "triplet_margin_loss";
    epl_val x[3] = {a->anchor, a->positive, a->negative};
    double margin = epl__option(a->margin, given, "margin", 1);
    double p = epl__option(a->p, given, "p", 2), eps = epl__option(a->eps, given, "eps", 1e-6);
    if (!epl__present(op, x, 3))
        return EPL_NO_VAL;
    if (epl_rank(x[0]) != epl_rank(x[1]) || epl_rank(x[0]) != epl_rank(x[2]))
        return epl__bad(x[0], EPL_ERR_SHAPE,
                        "[%s] anchor %s, positive %s and negative %s must have as many axes", op,
                        epl__show(x[0]), epl__show(x[1]), epl__show(x[2]));
    if (!epl__loss_in(op, x, 3))
        return EPL_NO_VAL;
    if (!(margin > 0) || epl_rank(x[0]) < 1)
        return epl__bad(x[0], EPL_ERR_ARG,
                        "[%s] margin must be positive and operands have an axis, got %g and %s", op,
                        margin, epl__show(x[0]));
    uint32_t before = epl__composite(x[0], op);
    epl_val close = distance(x[0], x[1], p, eps), apart = distance(x[0], x[2], p, eps);
    apart = a->swap ? epl_minimum(apart, distance(x[1], x[2], p, eps)) : apart;
    epl_val loss = epl__at_least_0(epl_sub(epl_add(close, epl_num(margin)), apart));
    epl_val y = epl__loss_out(op, loss, a->reduction);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr triplet_table[] = {
    EPL_ARG(epl_triplet_margin_loss_args, anchor),
    EPL_ARG(epl_triplet_margin_loss_args, positive),
    EPL_ARG(epl_triplet_margin_loss_args, negative),
    EPL_ATTR(epl_triplet_margin_loss_args, margin, EPL_NUMBER, 1, 0, 1e300),
    EPL_ATTR(epl_triplet_margin_loss_args, p, EPL_NUMBER, 2, -1e300, 1e300),
    EPL_ATTR(epl_triplet_margin_loss_args, eps, EPL_NUMBER, 1e-6, -1e300, 1e300),
    EPL_ATTR(epl_triplet_margin_loss_args, swap, EPL_BOOLEAN, 0, 0, 1),
    EPL__SIZE_AVERAGE(epl_triplet_margin_loss_args),
    EPL__REDUCE(epl_triplet_margin_loss_args),
    EPL__REDUCTION(epl_triplet_margin_loss_args),
    EPL_ATTR_END};
EPL__LOSS(triplet_margin_loss, "max(0, |a - p| - |a - n| + margin)", epl_triplet_margin_loss_args,
          triplet_table);
