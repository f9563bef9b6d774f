/* parts.c -- one part of an axis: narrow, select, slice. */
#include <inttypes.h>
#include "shape.h"

/* A size and an axis, of zero axes too; false after an error. */
static bool on_axis(const char *op, epl_val x, int64_t dim, int *axis, int64_t *n)
{
    if (!epl__fn_of(x))
        return false;
    if (epl_rank(x) == 0) {
        epl__bad(x, EPL_ERR_SHAPE, "[%s] %s has no axis", op, epl__show(x));
        return false;
    }
    *axis = epl__axis(op, x, dim);
    *n = epl_dim(x, *axis);
    return *axis >= 0;
}

epl_val epl_narrow(epl_val input, int64_t dim, int64_t start, int64_t length)
{
    int axis;
    int64_t n;
    if (!on_axis("narrow", input, dim, &axis, &n))
        return EPL_NO_VAL;
    int64_t from = start < 0 && start >= -n ? start + n : start;
    if (from < 0 || from > n || length < 0 || length > n - from)
        return epl__bad(input, EPL_ERR_ARG,
                        "[narrow] axis %d of %s has no %" PRId64 " entries from %" PRId64 " on",
                        axis, epl__show(input), length, start);
    return epl__own(epl__slice(input, axis, from, length, 1), input);
}

epl_val epl_narrow_at(epl_val input, int64_t dim, epl_val start, int64_t length)
{
    int axis;
    int64_t n, fixed;
    double number;
    if (epl__is_num(start) && epl__num_read(start, &number, &fixed) != EPL_F64)
        return epl_narrow(input, dim, fixed, length);
    epl_type t = epl_typeof(start);
    if (!epl__all_values("narrow", epl_list(input, start)) ||
        !on_axis("narrow", input, dim, &axis, &n))
        return EPL_NO_VAL;
    if ((t.dtype != EPL_I64 && t.dtype != EPL_I32) || t.shape.rank != 0 || length < 0 || length > n)
        return epl__bad(input, EPL_ERR_ARG,
                        "[narrow] axis %d of %s, start %s, %" PRId64
                        " entries: a start i64[] and at most %" PRId64 " are expected",
                        axis, epl__show(input), epl__show(start), length, n);
    start = epl__cast(start, EPL_I64);
    start = epl__select(epl_lt(start, epl_int(0)), epl_add(start, epl_int(n)), start);
    epl_val at = epl_add(epl__insert(start, 0, length), epl__iota(start, EPL_I64, length));
    return epl_index_select(input, axis, at);
}

epl_val epl_select(epl_val input, int64_t dim, int64_t index)
{
    int axis;
    int64_t n;
    if (!on_axis("select", input, dim, &axis, &n))
        return EPL_NO_VAL;
    if (index < -n || index >= n)
        return epl__bad(input, EPL_ERR_ARG,
                        "[select] index %" PRId64 " is out of range [%" PRId64 ", %" PRId64
                        ") of axis %d of %s",
                        index, -n, n, axis, epl__show(input));
    return epl__drop(epl__slice(input, axis, index < 0 ? index + n : index, 1, 1), axis);
}

/* Python's positions: [*start, *start + *length *step). */
static void clamp(int64_t n, int64_t *start, int64_t stop, int64_t *step, int64_t *length)
{
    bool back = *step < 0;
    int64_t least = back ? -1 : 0, most = back ? n - 1 : n;
    if (stop == EPL_END)
        stop = back ? INT64_MIN : n;
    int64_t *end[2] = {start, &stop};
    for (int i = 0; i < 2; i++) {
        int64_t at = *end[i] < 0 && *end[i] >= -n ? *end[i] + n : *end[i];
        *end[i] = at < least ? least : at > most ? most : at;
    }
    *step = *step > n + 1 ? n + 1 : *step < -n - 1 ? -n - 1 : *step;
    int64_t distance = back ? *start - stop : stop - *start, by = back ? -*step : *step;
    *length = distance > 0 ? (distance + by - 1) / by : 0;
    *start = *length ? *start : 0;
}

epl_val epl_slice(epl_val input, int64_t dim, int64_t start, int64_t stop, int64_t step)
{
    int axis;
    int64_t n, length;
    if (!on_axis("slice", input, dim, &axis, &n))
        return EPL_NO_VAL;
    if (step == 0)
        return epl__bad(input, EPL_ERR_ARG, "[slice] the step must not be 0");
    clamp(n, &start, stop, &step, &length);
    return epl__own(epl__slice(input, axis, start, length, step), input);
}

epl_val epl_select_scatter(epl_val input, epl_val src, int64_t dim, int64_t index)
{
    int axis;
    int64_t n;
    if (!epl__all_values("select_scatter", epl_list(input, src)) ||
        !on_axis("select_scatter", input, dim, &axis, &n))
        return EPL_NO_VAL;
    if (index < -n || index >= n)
        return epl__bad(input, EPL_ERR_ARG,
                        "[select_scatter] index %" PRId64 " is out of range [%" PRId64 ", %" PRId64
                        ")",
                        index, -n, n);
    index += index < 0 ? n : 0;
    if (epl_rank(src) != epl_rank(input) - 1)
        return epl__bad(input, EPL_ERR_SHAPE,
                        "[select_scatter] src %s is no entry of axis %d of %s", epl__show(src),
                        axis, epl__show(input));
    return epl_slice_scatter(input, epl_unsqueeze(src, axis), axis, index, index + 1, 1);
}

/* Steps of 1 are three pieces; others are a choice by a mask. */
epl_val epl_slice_scatter(epl_val input, epl_val src, int64_t dim, int64_t start, int64_t stop,
                          int64_t step)
{
    int axis;
    int64_t n, length;
    if (!epl__all_values("slice_scatter", epl_list(input, src)) ||
        !on_axis("slice_scatter", input, dim, &axis, &n))
        return EPL_NO_VAL;
    if (step <= 0)
        return epl__bad(input, EPL_ERR_ARG, "[slice_scatter] the step must be positive");
    clamp(n, &start, stop, &step, &length);
    epl_type want = epl_typeof(input), got = epl_typeof(src);
    want.shape.dim[axis] = length;
    if (!epl_type_equal(want, got))
        return epl__bad(input, EPL_ERR_SHAPE, "[slice_scatter] src must be %s, got %s",
                        epl_type_text(want, (char[EPL_TYPE_TEXT]){0}), epl__show(src));
    if (step == 1) {
        epl_val part[3] = {epl__slice(input, axis, 0, start, 1), src,
                           epl__slice(input, axis, start + length, n - start - length, 1)};
        return epl__concat((epl_vals){3, part}, axis);
    }
    int64_t after = length ? n - 1 - start - (length - 1) * step : n - start;
    if (!epl__computes("slice_scatter", input, false))
        return EPL_NO_VAL;
    epl_val there = epl__pad(epl__full(src, EPL_BOOL, got.shape, 1), axis, start, after, step - 1);
    return epl__select(there, epl__pad(src, axis, start, after, step - 1), input);
}

typedef struct {
    epl_val input;
    int64_t dim;
    epl_val start;
    int64_t length;
} narrow_args;
static const epl_attr narrow_table[] = {EPL_ARG(narrow_args, input), EPL__ARG_INT(narrow_args, dim),
                                        EPL_ARG(narrow_args, start),
                                        EPL__ARG_INT(narrow_args, length), EPL_ATTR_END};
EPL__OPERATION_OF(narrow, "entries start to start + length of axis dim", narrow_args, narrow_table,
                  epl_narrow_at(a->input, a->dim, a->start, a->length));

typedef struct {
    epl_val input;
    int64_t dim, index;
} select_args;
static const epl_attr select_table[] = {EPL_ARG(select_args, input), EPL__ARG_INT(select_args, dim),
                                        EPL__ARG_INT(select_args, index), EPL_ATTR_END};
EPL__OPERATION_OF(select, "one entry of axis dim", select_args, select_table,
                  epl_select(a->input, a->dim, a->index));

typedef struct {
    epl_val input;
    int64_t dim, start, end, step;
} slice_args;
static const epl_attr slice_table[] = {
    EPL_ARG(slice_args, input),
    EPL_ATTR(slice_args, dim, EPL_INT, 0, -EPL_MAX_RANK, EPL_MAX_RANK),
    EPL_ATTR_F(slice_args, start, EPL_INT, 0, -EPL__MANY, EPL__MANY, 1, EPL_ATTR_NONE),
    EPL_ATTR_F(slice_args, end, EPL_INT, 0, -EPL__MANY, EPL__MANY, 1, EPL_ATTR_NONE),
    EPL_ATTR(slice_args, step, EPL_INT, 1, -EPL__MANY, EPL__MANY),
    EPL_ATTR_END};
static epl_val slice_of(const slice_args *a, const char *given)
{
    int64_t step = epl__given(given, "step") ? a->step : 1;
    int64_t start = epl__given(given, "start") ? a->start : step < 0 ? EPL_END : 0;
    return epl_slice(a->input, a->dim, start, epl__given(given, "end") ? a->end : EPL_END, step);
}
EPL__OPERATION_OF(slice, "input[start:end:step] of axis dim", slice_args, slice_table,
                  slice_of(a, given));

typedef struct {
    epl_val input, src;
    int64_t dim, index;
} select_scatter_args;
static const epl_attr select_scatter_table[] = {
    EPL_ARG(select_scatter_args, input), EPL_ARG(select_scatter_args, src),
    EPL__ARG_INT(select_scatter_args, dim), EPL__ARG_INT(select_scatter_args, index), EPL_ATTR_END};
EPL__OPERATION_OF(select_scatter, "input with src in place of one entry of axis dim",
                  select_scatter_args, select_scatter_table,
                  epl_select_scatter(a->input, a->src, a->dim, a->index));

typedef struct {
    epl_val input, src;
    int64_t dim, start, end, step;
} slice_scatter_args;
static const epl_attr slice_scatter_table[] = {
    EPL_ARG(slice_scatter_args, input),
    EPL_ARG(slice_scatter_args, src),
    EPL_ATTR(slice_scatter_args, dim, EPL_INT, 0, -EPL_MAX_RANK, EPL_MAX_RANK),
    EPL_ATTR_F(slice_scatter_args, start, EPL_INT, 0, -EPL__MANY, EPL__MANY, 1, EPL_ATTR_NONE),
    EPL_ATTR_F(slice_scatter_args, end, EPL_INT, 0, -EPL__MANY, EPL__MANY, 1, EPL_ATTR_NONE),
    EPL_ATTR(slice_scatter_args, step, EPL_INT, 1, 1, EPL__MANY),
    EPL_ATTR_END};
EPL__OPERATION_OF(slice_scatter, "input with src in place of input[start:end:step] of axis dim",
                  slice_scatter_args, slice_scatter_table,
                  epl_slice_scatter(a->input, a->src, a->dim,
                                    epl__given(given, "start") ? a->start : 0,
                                    epl__given(given, "end") ? a->end : EPL_END,
                                    epl__given(given, "step") ? a->step : 1));
