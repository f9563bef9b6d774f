/* sort, argsort, topk: an order by argsort, elements by gather along the axis. */
#include "reducing.h"

/* The first k of the order of x along dim, and their places; x without axes is a line of 1. */
static epl_val ordered(const char *op, epl_val x, int64_t dim, bool descending, int64_t k,
                       epl_val *indices)
{
    *indices = EPL_NO_VAL;
    if (!epl__align(op, &x, 1, EPL__COMPUTE))
        return EPL_NO_VAL;
    int axis = epl__axis(op, x, dim), rank = epl_rank(x);
    if (axis < 0)
        return EPL_NO_VAL;
    epl_val line = rank ? epl__move_axis(x, axis, rank - 1) : epl__lead(x, 1);
    int last = epl_rank(line) - 1;
    int64_t n = epl_dim(line, last);
    if (k > n || k < -1)
        return epl__bad(x, EPL_ERR_ARG, "[%s] k is %lld, dim %lld of %s has %lld elements", op,
                        (long long)k, (long long)dim, epl__show(x), (long long)n);
    epl_val order = epl__argsort(line, last, descending);
    order = k < 0 ? order : epl__slice(order, last, 0, k, 1);
    epl_val y = epl__gather(line, order, last);
    *indices = rank ? epl__move_axis(order, last, axis) : epl__drop(order, 0);
    return rank ? epl__move_axis(y, last, axis) : epl__drop(y, 0);
}

epl_val epl_op_sort(const epl_sort_args *a, const char *given)
{
    epl_val indices;
    int64_t dim = epl__given(given, "dim") ? a->dim : -1;
    uint32_t before = epl__composite(a->input, "sort");
    epl_val y = ordered("sort", a->input, dim, a->descending, -1, &indices);
    epl__composite_end(a->input, before);
    if (a->indices)
        *a->indices = indices;
    return y;
}

epl_val epl_op_argsort(const epl_sort_args *a, const char *given)
{
    epl_val indices;
    int64_t dim = epl__given(given, "dim") ? a->dim : -1;
    ordered("argsort", a->input, dim, a->descending, -1, &indices);
    if (a->indices)
        *a->indices = indices;
    return indices;
}

epl_val epl_op_topk(const epl_topk_args *a, const char *given)
{
    epl_val indices;
    int64_t dim = epl__given(given, "dim") ? a->dim : -1, k = a->k < 0 ? INT64_MAX : a->k;
    bool largest = !epl__given(given, "largest") || a->largest;
    if (epl_rank(a->input) == 0 && k == 0) /* torch: as it is */
        k = 1;
    uint32_t before = epl__composite(a->input, "topk");
    epl_val y = ordered("topk", a->input, dim, largest, k, &indices);
    epl__composite_end(a->input, before);
    if (a->indices)
        *a->indices = indices;
    return y;
}

/* -- records -------------------------------------------------------------------------- */
static size_t two_results(epl_val y, epl_val indices, epl_val *out, size_t room)
{
    if (epl_is_none(y) || epl_is_none(indices))
        return 0;
    if (room > 0)
        out[0] = y;
    if (room > 1)
        out[1] = indices;
    return 2;
}

static size_t sort_build(const void *args, const char *given, epl_val *out, size_t room)
{
    epl_sort_args a = *(const epl_sort_args *)args;
    epl_val indices = EPL_NO_VAL;
    a.indices = &indices;
    epl_val y = epl_op_sort(&a, given);
    return two_results(y, indices, out, room);
}

static size_t topk_build(const void *args, const char *given, epl_val *out, size_t room)
{
    epl_topk_args a = *(const epl_topk_args *)args;
    epl_val indices = EPL_NO_VAL;
    a.indices = &indices;
    epl_val y = epl_op_topk(&a, given);
    return two_results(y, indices, out, room);
}

static const epl_attr sort_table[] = {
    EPL_ARG(epl_sort_args, input), EPL__ARG_AXIS(epl_sort_args, -1),
    EPL_ATTR(epl_sort_args, descending, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR_F(epl_sort_args, stable, EPL_BOOLEAN, 0, 0, 1, 1, EPL_ATTR_NONE), EPL_ATTR_END};
const epl_operation epl__operation_sort = {"sort",
                                           "the elements of x in order along dim; where each stood",
                                           sizeof(epl_sort_args), sort_table, sort_build};
EPL__OPERATION(argsort, "where the elements of x stand, in order along dim", epl_sort_args,
               sort_table);

static const epl_attr topk_table[] = {
    EPL_ARG(epl_topk_args, input),
    EPL_ATTR_F(epl_topk_args, k, EPL_INT, 0, 0, 9e18, 1, EPL_ATTR_REQUIRED),
    EPL__ARG_AXIS(epl_topk_args, -1),
    EPL_ATTR(epl_topk_args, largest, EPL_BOOLEAN, 1, 0, 1),
    EPL_ATTR(epl_topk_args, sorted, EPL_BOOLEAN, 1, 0, 1),
    EPL_ATTR_END};
const epl_operation epl__operation_topk = {
    "topk", "the k greatest elements of x along dim; where each stood", sizeof(epl_topk_args),
    topk_table, topk_build};
