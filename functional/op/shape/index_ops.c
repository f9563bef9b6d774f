/* index_ops.c -- entries of one axis, named by a list of indices. */
#include <inttypes.h>
#include "shape.h"

/* An index of one axis, I64 or I32; none after an error. */
static epl_val index_list(const char *op, epl_val x, epl_val index)
{
    epl_type t = epl_typeof(index);
    if (!epl__all_values(op, epl_list(x, index)))
        return EPL_NO_VAL;
    if ((t.dtype != EPL_I64 && t.dtype != EPL_I32) || t.shape.rank > 1)
        return epl__bad(x, EPL_ERR_DTYPE, "[%s] the index must be i64[n] or i32[n], got %s", op,
                        epl__show(index));
    return t.shape.rank ? index : epl__insert(index, 0, 1);
}

/* The axis of x[n] or of x[] taken as x[1]; -1 after an error. */
static int axis_in(const char *op, epl_val *x, int64_t dim)
{
    int axis = epl__fn_of(*x) ? epl__axis(op, *x, dim) : -1;
    if (axis >= 0 && epl_rank(*x) == 0)
        *x = epl__insert(*x, 0, 1);
    return axis;
}

/* Leading axes become batch axes of the index; nothing of x is moved. */
epl_val epl_index_select(epl_val input, int64_t dim, epl_val index)
{
    epl_val x = input, at = index_list("index_select", input, index);
    int axis = axis_in("index_select", &x, dim);
    if (axis < 0 || !at.graph)
        return EPL_NO_VAL;
    epl_shape s = epl_typeof(x).shape;
    int64_t n = epl_dim(at, 0), lead = epl__product(s, 0, axis);
    if (epl_rank(input) == 0 && n != 1)
        return epl__bad(input, EPL_ERR_SHAPE, "[index_select] %s has one entry, the index %" PRId64,
                        epl__show(input), n);
    if (lead == 1 || axis == 0)
        x = epl__gather(epl__reshape(x, epl_shape_of((size_t)(s.rank - axis), s.dim + axis)), at,
                        0);
    else {
        s.rank = axis + 1;
        s.dim[axis] = n;
        return epl__gather(x, epl__expand(at, s), axis);
    }
    s.dim[axis] = n;
    return epl__reshape(x, epl_rank(input) ? s : epl_shape_of(0, NULL));
}

/* The sum of source[i] at entry index[i] of axis dim of zeros like x. */
static epl_val spread(epl_val x, int axis, epl_val index, epl_val source)
{
    epl_val y = epl__scatter(epl__move_axis(source, axis, 0), index, 0, epl_dim(x, axis));
    return epl__move_axis(y, 0, axis);
}

/* Source as x is, but with as many entries as the index on the axis; none after an error. */
static epl_val source_of(const char *op, epl_val x, int axis, epl_val index, epl_val source)
{
    epl_type want = epl_typeof(x);
    if (!index.graph || !epl__all_values(op, epl_list(x, source)))
        return EPL_NO_VAL;
    if (epl_rank(source) == 0)
        source = epl__insert(source, 0, 1);
    want.shape.dim[axis] = epl_dim(index, 0);
    if (epl_type_equal(want, epl_typeof(source)))
        return source;
    return epl__bad(x, EPL_ERR_SHAPE, "[%s] %s at %s takes a source %s, got %s", op, epl__show(x),
                    epl__show(index), epl_type_text(want, (char[EPL_TYPE_TEXT]){0}),
                    epl__show(source));
}

epl_val epl_op_index_add(const epl_index_add_args *a, const char *given)
{
    epl_val x = a->input, at = index_list("index_add", a->input, a->index);
    int axis = axis_in("index_add", &x, a->dim);
    epl_val source = axis < 0 ? EPL_NO_VAL : source_of("index_add", x, axis, at, a->source);
    if (!source.graph || !epl__computes("index_add", x, true))
        return EPL_NO_VAL;
    double alpha = epl__given(given, "alpha") ? a->alpha : 1;
    bool whole = alpha == (double)(int64_t)alpha;
    if (!epl_dtype_is_float(epl_typeof(x).dtype) && !whole)
        return epl__bad(x, EPL_ERR_ARG, "[index_add] alpha %g is no number of %s", alpha,
                        epl__show(x));
    if (alpha != 1)
        source = epl_mul(source, whole ? epl_int((int64_t)alpha) : epl_num(alpha));
    epl_val sum = epl_add(x, spread(x, axis, at, source));
    return epl__reshape(sum, epl_typeof(a->input).shape);
}

epl_val epl_index_set(epl_val input, int64_t dim, epl_val index, epl_val source)
{
    epl_val x = input, at = index_list("index_set", input, index);
    int axis = axis_in("index_set", &x, dim);
    source = axis < 0 ? EPL_NO_VAL : source_of("index_set", x, axis, at, source);
    if (!source.graph || !epl__computes("index_set", x, false))
        return EPL_NO_VAL;
    epl_type t = epl_typeof(x);
    bool flag = t.dtype == EPL_BOOL;
    epl_val ones = epl__full(at, EPL_I32, epl_typeof(at).shape, 1);
    epl_val there = epl_ne(epl__scatter(ones, at, 0, t.shape.dim[axis]), epl_int(0));
    epl_val set = spread(x, axis, at, flag ? epl__cast(source, EPL_I32) : source);
    int64_t others = ((INT64_C(1) << t.shape.rank) - 1) & ~(INT64_C(1) << axis);
    there = epl__broadcast(there, t.shape, others);
    set = epl__select(there, flag ? epl__cast(set, EPL_BOOL) : set, x);
    return epl__reshape(set, epl_typeof(input).shape);
}

typedef struct {
    epl_val input;
    int64_t dim;
    epl_val index, source;
} index_args;
static const epl_attr index_select_table[] = {EPL_ARG(index_args, input),
                                              EPL__ARG_INT(index_args, dim),
                                              EPL_ARG(index_args, index), EPL_ATTR_END};
EPL__OPERATION_OF(index_select, "entries index of axis dim", index_args, index_select_table,
                  epl_index_select(a->input, a->dim, a->index));

static const epl_attr index_add_table[] = {EPL_ARG(epl_index_add_args, input),
                                           EPL__ARG_INT(epl_index_add_args, dim),
                                           EPL_ARG(epl_index_add_args, index),
                                           EPL_ARG(epl_index_add_args, source),
                                           EPL_ATTR(epl_index_add_args, alpha, EPL_NUMBER, 1, 0, 0),
                                           EPL_ATTR_END};
EPL__OPERATION(index_add, "input plus alpha source[i] at entry index[i] of axis dim",
               epl_index_add_args, index_add_table);

static const epl_attr index_copy_table[] = {
    EPL_ARG(index_args, input), EPL__ARG_INT(index_args, dim), EPL_ARG(index_args, index),
    EPL_ARG(index_args, source), EPL_ATTR_END};
EPL__OPERATION_OF(index_copy, "input with source[i] at entry index[i] of axis dim", index_args,
                  index_copy_table, epl_index_set(a->input, a->dim, a->index, a->source));
