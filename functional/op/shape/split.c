/* split.c -- an axis as several parts: split, chunk, unbind.
 *
 * Only the parts that there is room for are built; the count is that of all. */
#include <inttypes.h>
#include "shape.h"

/* Axis and its size; -1 after an error. */
static int axis_of(const char *op, epl_val x, int64_t dim)
{
    if (!epl__fn_of(x))
        return -1;
    if (epl_rank(x) == 0) {
        epl__bad(x, EPL_ERR_SHAPE, "[%s] %s has no axis", op, epl__show(x));
        return -1;
    }
    return epl__axis(op, x, dim);
}

/* Parts of `size`, the last one of what is left. */
static size_t equal_parts(epl_val x, int axis, int64_t size, size_t count, epl_val *out,
                          size_t room)
{
    int64_t n = epl_dim(x, axis);
    for (size_t i = 0; i < count && i < room; i++) {
        int64_t from = (int64_t)i * size, left = n - from;
        out[i] = epl__own(epl__slice(x, axis, from, left < size ? left : size, 1), x);
        if (!out[i].graph)
            return 0;
    }
    return count;
}

size_t epl_split_sizes(epl_val input, epl_ints sizes, int64_t dim, epl_val *out, size_t room)
{
    int axis = axis_of("split", input, dim);
    int64_t n = epl_dim(input, axis), at = 0;
    if (axis < 0)
        return 0;
    sizes = epl__ints(sizes);
    if (sizes.count == 1) {
        int64_t size = sizes.at[0];
        if (size > 0 || (size == 0 && n == 0))
            return equal_parts(input, axis, size, n ? (size_t)((n - 1) / size + 1) : 1, out, room);
    }
    bool fits = sizes.count != 1;
    for (size_t i = 0; fits && i < sizes.count; i++)
        fits = sizes.at[i] >= 0 && sizes.at[i] <= n - at && epl__sum_fits(at, sizes.at[i], &at);
    if (!fits || at != n) {
        epl__bad(input, EPL_ERR_ARG, "[split] the sizes do not make up axis %d of %s", axis,
                 epl__show(input));
        return 0;
    }
    at = 0;
    for (size_t i = 0; i < sizes.count && i < room; at += sizes.at[i++])
        if (!(out[i] = epl__own(epl__slice(input, axis, at, sizes.at[i], 1), input)).graph)
            return 0;
    return sizes.count;
}

size_t epl_chunk(epl_val input, int64_t chunks, int64_t dim, epl_val *out, size_t room)
{
    int axis = axis_of("chunk", input, dim);
    int64_t n = epl_dim(input, axis);
    if (axis < 0)
        return 0;
    if (chunks <= 0) {
        epl__bad(input, EPL_ERR_ARG, "[chunk] chunks must be positive, got %" PRId64, chunks);
        return 0;
    }
    int64_t size = n ? (n - 1) / chunks + 1 : 0;
    return equal_parts(input, axis, size, (size_t)(n ? (n - 1) / size + 1 : chunks), out, room);
}

size_t epl_unbind(epl_val input, int64_t dim, epl_val *out, size_t room)
{
    int axis = axis_of("unbind", input, dim);
    int64_t n = epl_dim(input, axis);
    if (axis < 0)
        return 0;
    for (int64_t i = 0; i < n && (size_t)i < room; i++)
        if (!(out[i] = epl_select(input, axis, i)).graph)
            return 0;
    return (size_t)n;
}

typedef struct {
    epl_val input;
    epl_ints split_size_or_sections;
    int64_t dim;
} split_args;
static size_t split_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const split_args *a = args;
    (void)given;
    return epl_split_sizes(a->input, a->split_size_or_sections, a->dim, out, room);
}
static const epl_attr split_table[] = {
    EPL_ARG(split_args, input), EPL__ARG_LIST(split_args, split_size_or_sections),
    EPL_ATTR(split_args, dim, EPL_INT, 0, -EPL_MAX_RANK, EPL_MAX_RANK), EPL_ATTR_END};
const epl_operation epl__operation_split = {"split", "axis dim in parts of one or several sizes",
                                            sizeof(split_args), split_table, split_build};

typedef struct {
    epl_val input;
    int64_t chunks, dim;
} chunk_args;
static size_t chunk_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const chunk_args *a = args;
    (void)given;
    return epl_chunk(a->input, a->chunks, a->dim, out, room);
}
static const epl_attr chunk_table[] = {
    EPL_ARG(chunk_args, input), EPL__ARG_INT(chunk_args, chunks),
    EPL_ATTR(chunk_args, dim, EPL_INT, 0, -EPL_MAX_RANK, EPL_MAX_RANK), EPL_ATTR_END};
const epl_operation epl__operation_chunk = {"chunk", "axis dim in at most `chunks` equal parts",
                                            sizeof(chunk_args), chunk_table, chunk_build};

static size_t unbind_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const epl__dim_args *a = args;
    (void)given;
    return epl_unbind(a->input, a->dim, out, room);
}
static const epl_attr unbind_table[] = {
    EPL_ARG(epl__dim_args, input),
    EPL_ATTR(epl__dim_args, dim, EPL_INT, 0, -EPL_MAX_RANK, EPL_MAX_RANK), EPL_ATTR_END};
const epl_operation epl__operation_unbind = {"unbind", "the entries of axis dim",
                                             sizeof(epl__dim_args), unbind_table, unbind_build};
