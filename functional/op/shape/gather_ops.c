/* gather_ops.c -- indices with the shape of the result: gather, scatter_add, take_along_dim.
 *
 * The axis goes last, all others become batch axes. */
#include <inttypes.h>
#include "shape.h"

/* Index as I64 or I32; an empty one may be of any integers. */
static epl_val index_in(const char *op, epl_val x, epl_val index)
{
    epl_type t = epl_typeof(index);
    if (!epl__all_values(op, epl_list(x, index)))
        return EPL_NO_VAL;
    if (t.dtype == EPL_I64 || t.dtype == EPL_I32)
        return index;
    if (t.dtype == EPL_U8 && epl_count(t) == 0)
        return epl__cast(index, EPL_I64);
    return epl__bad(x, EPL_ERR_DTYPE, "[%s] the index must be i64 or i32, got %s", op,
                    epl__show(index));
}

static epl_val with_axis(epl_val v)
{
    return v.graph && epl_rank(v) == 0 ? epl__insert(v, 0, 1) : v;
}

/* The first entries of every axis but `axis`, as many as s has; none if there are fewer. */
static epl_val cropped(epl_val x, epl_shape s, int axis)
{
    if (epl_rank(x) != s.rank)
        return EPL_NO_VAL;
    for (int i = 0; i < s.rank; i++)
        if (i != axis) {
            if (s.dim[i] > epl_dim(x, i))
                return EPL_NO_VAL;
            x = epl__slice(x, i, 0, s.dim[i], 1);
        }
    return x;
}

static epl_val to_last(epl_val x, int axis)
{
    return epl__move_axis(x, axis, epl_rank(x) - 1);
}

static epl_val from_last(epl_val x, int axis)
{
    return epl__move_axis(x, epl_rank(x) - 1, axis);
}

epl_val epl_gather(epl_val input, int64_t dim, epl_val index)
{
    epl_val at = index_in("gather", input, index), x = with_axis(input);
    int axis = at.graph ? epl__axis("gather", input, dim) : -1;
    if (axis < 0)
        return EPL_NO_VAL;
    epl_shape shape = epl_typeof(at).shape;
    if (epl_count(epl_typeof(at)) == 0)
        return epl__full(at, epl_typeof(x).dtype, shape, 0);
    at = with_axis(at);
    x = cropped(x, epl_typeof(at).shape, axis);
    if (!x.graph)
        return epl__bad(input, EPL_ERR_SHAPE,
                        "[gather] the index %s is larger than %s on an axis other "
                        "than %d, or has other axes",
                        epl__show(index), epl__show(input), axis);
    epl_val y = epl__gather(to_last(x, axis), to_last(at, axis), epl_rank(x) - 1);
    return epl__reshape(from_last(y, axis), shape);
}

epl_val epl_scatter_add(epl_val input, int64_t dim, epl_val index, epl_val src)
{
    epl_val at = index_in("scatter_add", input, index), x = with_axis(input), from = with_axis(src);
    int axis = at.graph ? epl__axis("scatter_add", input, dim) : -1;
    if (axis < 0 || !epl__all_values("scatter_add", epl_list(input, src)))
        return EPL_NO_VAL;
    if (epl_typeof(src).dtype != epl_typeof(input).dtype)
        return epl__bad(input, EPL_ERR_DTYPE, "[scatter_add] src %s and input %s are of two dtypes",
                        epl__show(src), epl__show(input));
    if (!epl__computes("scatter_add", input, true))
        return EPL_NO_VAL;
    if (epl_count(epl_typeof(at)) == 0)
        return epl_copy(input);
    at = with_axis(at);
    epl_shape s = epl_typeof(at).shape;
    from = cropped(from, s, -1);
    if (!from.graph || !cropped(x, s, axis).graph)
        return epl__bad(input, EPL_ERR_SHAPE,
                        "[scatter_add] the index %s does not lie inside src %s and, "
                        "axis %d apart, input %s",
                        epl__show(index), epl__show(src), axis, epl__show(input));
    epl_val y = epl__scatter(to_last(from, axis), to_last(at, axis), s.rank - 1, epl_dim(x, axis));
    y = from_last(y, axis);
    for (int i = 0; i < s.rank; i++)
        y = i == axis ? y : epl__pad(y, i, 0, epl_dim(x, i) - s.dim[i], 0);
    return epl__reshape(epl_add(x, y), epl_typeof(input).shape);
}

/* Negative indices count from the end. */
static epl_val wrapped(epl_val index, int64_t n)
{
    return epl__select(epl_lt(index, epl_int(0)), epl_add(index, epl_int(n)), index);
}

epl_val epl_op_take_along_dim(const epl_take_along_dim_args *a, const char *given)
{
    epl_val x = a->input, at = index_in("take_along_dim", x, a->indices);
    if (!at.graph)
        return EPL_NO_VAL;
    if (!epl__given(given, "dim"))
        return epl_gather(epl__flat(x), 0, wrapped(epl__flat(at), epl_count(epl_typeof(x))));
    int axis = epl__axis("take_along_dim", x, a->dim);
    epl_shape s = epl_typeof(x).shape, t = epl_typeof(at).shape;
    if (axis < 0)
        return EPL_NO_VAL;
    bool fits = s.rank == t.rank;
    for (int i = 0; fits && i < s.rank; i++)
        if (i != axis) {
            fits = s.dim[i] == t.dim[i] || s.dim[i] == 1 || t.dim[i] == 1;
            s.dim[i] = t.dim[i] = s.dim[i] == 1 ? t.dim[i] : s.dim[i];
        }
    if (!fits)
        return epl__bad(x, EPL_ERR_SHAPE,
                        "[take_along_dim] %s and indices %s do not broadcast, axis %d "
                        "apart",
                        epl__show(x), epl__show(at), axis);
    return epl_gather(epl__expand(x, s), axis, epl__expand(wrapped(at, epl_dim(x, axis)), t));
}

typedef struct {
    epl_val input;
    int64_t dim;
    epl_val index, src;
} gather_args;
static const epl_attr gather_table[] = {EPL_ARG(gather_args, input), EPL__ARG_INT(gather_args, dim),
                                        EPL_ARG(gather_args, index), EPL_ATTR_END};
EPL__OPERATION_OF(gather, "y[i][j] = x[index[i][j]][j] for dim 0", gather_args, gather_table,
                  epl_gather(a->input, a->dim, a->index));

static const epl_attr scatter_add_table[] = {
    EPL_ARG(gather_args, input), EPL__ARG_INT(gather_args, dim), EPL_ARG(gather_args, index),
    EPL_ARG(gather_args, src), EPL_ATTR_END};
EPL__OPERATION_OF(scatter_add, "input plus src[i][j] at [index[i][j]][j] for dim 0", gather_args,
                  scatter_add_table, epl_scatter_add(a->input, a->dim, a->index, a->src));

static const epl_attr take_table[] = {
    EPL_ARG(epl_take_along_dim_args, input), EPL_ARG(epl_take_along_dim_args, indices),
    EPL__ARG_MAYBE(epl_take_along_dim_args, dim, EPL_INT), EPL_ATTR_END};
EPL__OPERATION(take_along_dim, "gather with input and indices broadcast", epl_take_along_dim_args,
               take_table);
