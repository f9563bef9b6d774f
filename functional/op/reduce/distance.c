/* normalize, cosine_similarity, pairwise_distance: built on norms along one axis. */
#include "norm.h"

static double or_default(double v, const char *given, const char *name, double value)
{
    return epl__given(given, name) ? v : value;
}

epl_val epl_op_normalize(const epl_normalize_args *a, const char *given)
{
    epl_val x = a->input;
    double p = or_default(a->p, given, "p", 2), eps = or_default(a->eps, given, "eps", 1e-12);
    int64_t mask;
    if (!epl__float_in("normalize", &x) ||
        !epl__axis_in("normalize", x, epl__given(given, "dim") ? a->dim : 1, &mask))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x, "normalize");
    epl_val n = epl__norm(x, p, mask);
    n = epl__select(epl_lt(n, epl_num(eps)), epl__like(n, eps), n);
    epl_val y = epl_div(x, epl__spread(n, x, mask));
    epl__composite_end(x, before);
    return y;
}
static const epl_attr normalize_table[] = {
    EPL_ARG(epl_normalize_args, input),
    EPL_ATTR(epl_normalize_args, p, EPL_NUMBER, 2, -1e300, 1e300),
    EPL_ATTR(epl_normalize_args, dim, EPL_INT, 1, -12, 11),
    EPL_ATTR(epl_normalize_args, eps, EPL_NUMBER, 1e-12, 0, 1e300), EPL_ATTR_END};
EPL__OPERATION(normalize, "x / max(p-norm of x along dim, eps)", epl_normalize_args,
               normalize_table);

/* x by its norm, at least eps; the derivative is that of the norm itself, as in torch. */
static epl_val unit_along(epl_val x, int64_t mask, double eps)
{
    epl_val n = epl__norm(x, 2, mask);
    epl_val low = epl_lt(n, epl_num(eps));
    epl_val lift = epl__select(low, epl_sub(epl_num(eps), n), epl__like(n, 0));
    n = epl_add(n, epl_stop_gradient(lift));
    return epl_div(x, epl__spread(n, x, mask));
}

epl_val epl_op_cosine_similarity(const epl_cosine_similarity_args *a, const char *given)
{
    epl_val x[2] = {a->x1, a->x2};
    double eps = or_default(a->eps, given, "eps", 1e-8);
    int64_t mask;
    if (!epl__align("cosine_similarity", x, 2, EPL__FLOAT | EPL__COMPUTE) ||
        !epl__axis_in("cosine_similarity", x[0], epl__given(given, "dim") ? a->dim : 1, &mask))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], "cosine_similarity");
    epl_val y = epl__sum(epl_mul(unit_along(x[0], mask, eps), unit_along(x[1], mask, eps)), mask);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr cosine_table[] = {
    EPL_ARG(epl_cosine_similarity_args, x1), EPL_ARG(epl_cosine_similarity_args, x2),
    EPL_ATTR(epl_cosine_similarity_args, dim, EPL_INT, 1, -12, 11),
    EPL_ATTR(epl_cosine_similarity_args, eps, EPL_NUMBER, 1e-8, 0, 1e300), EPL_ATTR_END};
EPL__OPERATION(cosine_similarity, "sum x1 x2 / (|x1| |x2|) along dim", epl_cosine_similarity_args,
               cosine_table);

epl_val epl_op_pairwise_distance(const epl_pairwise_distance_args *a, const char *given)
{
    epl_val x[2] = {a->x1, a->x2};
    double p = or_default(a->p, given, "p", 2), eps = or_default(a->eps, given, "eps", 1e-6);
    int64_t mask;
    if (!epl__align("pairwise_distance", x, 2, EPL__FLOAT | EPL__COMPUTE) ||
        !epl__axis_in("pairwise_distance", x[0], -1, &mask))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], "pairwise_distance");
    epl_val y = epl__norm(epl_add(epl_sub(x[0], x[1]), epl_num(eps)), p, mask);
    epl__composite_end(x[0], before);
    return a->keepdim ? epl__keep(y, epl_typeof(x[0]).shape, mask) : y;
}
static const epl_attr pairwise_table[] = {
    EPL_ARG(epl_pairwise_distance_args, x1),
    EPL_ARG(epl_pairwise_distance_args, x2),
    EPL_ATTR(epl_pairwise_distance_args, p, EPL_NUMBER, 2, -1e300, 1e300),
    EPL_ATTR(epl_pairwise_distance_args, eps, EPL_NUMBER, 1e-6, -1e300, 1e300),
    EPL_ATTR(epl_pairwise_distance_args, keepdim, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR_END};
EPL__OPERATION(pairwise_distance, "p-norm of x1 - x2 + eps along the last axis",
               epl_pairwise_distance_args, pairwise_table);
