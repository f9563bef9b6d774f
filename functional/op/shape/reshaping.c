/* reshaping.c -- reshape, flatten, unflatten: the same numbers in the same order. */
#include <inttypes.h>
#include "../../../src/base/type.h"
#include "shape.h"

/* Fills a size of -1 so that the product is `count`; false after an error. */
static bool infer(const char *op, epl_val x, epl_shape *s, int64_t count)
{
    epl_shape asked = *s;
    int open = -1;
    int64_t known = 1;
    bool fits = s->rank >= 0;
    for (int i = 0; fits && i < s->rank; i++) {
        if (s->dim[i] == -1) {
            fits = open < 0;
            open = i;
        } else {
            fits = epl__mul(known, s->dim[i], &known);
        }
    }
    if (fits && open >= 0) {
        fits = known > 0 && count % known == 0;
        s->dim[open] = fits ? count / known : 0;
    } else {
        fits = fits && known == count;
    }
    if (!fits) {
        epl_type t = epl_type_of(epl_typeof(x).dtype, asked);
        epl__bad(x, EPL_ERR_SHAPE, "[%s] %s cannot become %s: %" PRId64 " numbers are to be placed",
                 op, epl__show(x), epl_type_text(t, (char[EPL_TYPE_TEXT]){0}), count);
    }
    return fits;
}

epl_val epl_reshape(epl_val input, epl_shape shape)
{
    if (!epl__fn_of(input) || !infer("reshape", input, &shape, epl_count(epl_typeof(input))))
        return EPL_NO_VAL;
    return epl__own(epl__reshape(input, shape), input);
}

epl_val epl_op_flatten(const epl_flatten_args *a, const char *given)
{
    epl_shape s = epl_typeof(a->input).shape, out = {0};
    if (!epl__fn_of(a->input))
        return EPL_NO_VAL;
    int from = epl__axis("flatten", a->input, a->start_dim);
    int to = epl__axis("flatten", a->input, epl__given(given, "end_dim") ? a->end_dim : -1);
    if (from < 0 || to < 0)
        return EPL_NO_VAL;
    if (from > to)
        return epl__bad(a->input, EPL_ERR_ARG, "[flatten] start_dim %d comes after end_dim %d",
                        from, to);
    for (int i = 0; i < from; i++)
        out.dim[out.rank++] = s.dim[i];
    out.dim[out.rank++] = epl__product(s, from, to + 1 < s.rank ? to + 1 : s.rank);
    for (int i = to + 1; i < s.rank; i++)
        out.dim[out.rank++] = s.dim[i];
    return epl__own(epl__reshape(a->input, out), a->input);
}

epl_val epl_unflatten(epl_val input, int64_t dim, epl_shape sizes)
{
    int axis = epl__fn_of(input) ? epl__axis("unflatten", input, dim) : -1;
    epl_shape s = epl_typeof(input).shape, out = {0};
    if (axis < 0 || !infer("unflatten", input, &sizes, s.rank ? s.dim[axis] : 1))
        return EPL_NO_VAL;
    if (s.rank - 1 + sizes.rank > EPL_MAX_RANK || sizes.rank == 0)
        return epl__bad(input, EPL_ERR_SHAPE, "[unflatten] %s: axis %d cannot become %d axes",
                        epl__show(input), axis, sizes.rank);
    for (int i = 0; i < axis; i++)
        out.dim[out.rank++] = s.dim[i];
    for (int i = 0; i < sizes.rank; i++)
        out.dim[out.rank++] = sizes.dim[i];
    for (int i = axis + 1; i < s.rank; i++)
        out.dim[out.rank++] = s.dim[i];
    return epl__own(epl__reshape(input, out), input);
}

static const epl_attr reshape_table[] = {EPL_ARG(epl__list_args, input),
                                         {"shape", EPL_LIST, offsetof(epl__list_args, list), 0, -1,
                                          EPL__MANY, 1, EPL_ATTR_REQUIRED, NULL},
                                         EPL_ATTR_END};
EPL__OPERATION_OF(reshape, "the same numbers in other axes", epl__list_args, reshape_table,
                  epl_reshape(a->input, epl_shape_of(a->list.count, a->list.at)));

static const epl_attr flatten_table[] = {
    EPL_ARG(epl_flatten_args, input),
    EPL_ATTR(epl_flatten_args, start_dim, EPL_INT, 0, -EPL__MANY, EPL__MANY),
    EPL_ATTR(epl_flatten_args, end_dim, EPL_INT, -1, -EPL__MANY, EPL__MANY), EPL_ATTR_END};
EPL__OPERATION(flatten, "axes start_dim to end_dim as one", epl_flatten_args, flatten_table);

typedef struct {
    epl_val input;
    int64_t dim;
    epl_ints sizes;
} unflatten_args;
static const epl_attr unflatten_table[] = {EPL_ARG(unflatten_args, input),
                                           EPL__ARG_INT(unflatten_args, dim),
                                           EPL__ARG_LIST(unflatten_args, sizes), EPL_ATTR_END};
EPL__OPERATION_OF(unflatten, "axis dim as several", unflatten_args, unflatten_table,
                  epl_unflatten(a->input, a->dim, epl_shape_of(a->sizes.count, a->sizes.at)));
