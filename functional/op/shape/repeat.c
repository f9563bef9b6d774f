/* repeat.c -- the same numbers several times: views of broadcast axes. */
#include <inttypes.h>
#include "../../../src/base/type.h"
#include "shape.h"

epl_val epl_expand(epl_val input, epl_shape shape)
{
    epl_shape s = epl_typeof(input).shape;
    int lead = shape.rank - s.rank;
    if (!epl__fn_of(input))
        return EPL_NO_VAL;
    bool fits = lead >= 0;
    for (int i = 0; fits && i < shape.rank; i++) {
        if (i >= lead && shape.dim[i] == -1)
            shape.dim[i] = s.dim[i - lead];
        fits = shape.dim[i] >= 0 &&
               (i < lead || s.dim[i - lead] == 1 || s.dim[i - lead] == shape.dim[i]);
    }
    if (!fits) {
        epl_type t = epl_type_of(epl_typeof(input).dtype, shape);
        return epl__bad(input, EPL_ERR_SHAPE, "[expand] %s does not broadcast to %s",
                        epl__show(input), epl_type_text(t, (char[EPL_TYPE_TEXT]){0}));
    }
    return epl__own(epl__expand(input, shape), input);
}

/* Axis `axis` as a whole `outer` times, each entry `inner` times. */
static epl_val repeated(epl_val x, int axis, int64_t outer, int64_t inner)
{
    epl_shape s = epl_typeof(x).shape, four = {0}, out = s;
    int64_t before = epl__product(s, 0, axis), n = s.dim[axis];
    int64_t after = epl__product(s, axis + 1, s.rank);
    int64_t dim[5] = {before, outer, n, inner, after};
    if (outer == 1 && inner == 1)
        return x;
    if (!epl__mul(n, outer, &out.dim[axis]) || !epl__mul(out.dim[axis], inner, &out.dim[axis]))
        return epl__bad(x, EPL_ERR_SHAPE, "[repeat] axis %d of %s, %" PRId64 " times, is too long",
                        axis, epl__show(x), outer * inner);
    four = epl_shape_of(5, dim);
    x = epl__reshape(x, epl_shape_of(3, (int64_t[]){before, n, after}));
    return epl__reshape(epl__broadcast(x, four, 1 << 1 | 1 << 3), out);
}

static epl_val tile(const char *op, epl_val x, epl_shape times)
{
    int rank = epl_rank(x), lead = times.rank - rank;
    epl_shape wide = {.rank = times.rank}, s = epl_typeof(x).shape;
    for (int i = 0; i < times.rank; i++)
        if (times.dim[i] < 0)
            return epl__bad(x, EPL_ERR_ARG, "[%s] axis %d cannot stand %" PRId64 " times", op, i,
                            times.dim[i]);
    for (int i = 0; i < times.rank; i++)
        wide.dim[i] = i < lead ? 1 : s.dim[i - lead];
    epl_val y = epl__reshape(x, wide);
    for (int i = times.rank; i-- > 0;)
        y = repeated(y, i, times.dim[i], 1);
    return epl__own(y, x);
}

epl_val epl_repeat(epl_val input, epl_shape repeats)
{
    if (!epl__fn_of(input))
        return EPL_NO_VAL;
    if (repeats.rank < epl_rank(input))
        return epl__bad(input, EPL_ERR_ARG, "[repeat] %s needs at least %d repeats, got %d",
                        epl__show(input), epl_rank(input), repeats.rank);
    return tile("repeat", input, repeats);
}

epl_val epl_tile(epl_val input, epl_shape dims)
{
    int rank = epl_rank(input);
    if (!epl__fn_of(input))
        return EPL_NO_VAL;
    if (dims.rank < 0)
        return epl__bad(input, EPL_ERR_ARG, "[tile] dims are no shape");
    for (; dims.rank < rank;) {
        for (int i = dims.rank++; i > 0; i--)
            dims.dim[i] = dims.dim[i - 1];
        dims.dim[0] = 1;
    }
    return tile("tile", input, dims);
}

epl_val epl_op_repeat_interleave(const epl_repeat_interleave_args *a, const char *given)
{
    epl_val x = a->input;
    int axis = 0;
    if (!epl__fn_of(x))
        return EPL_NO_VAL;
    if (a->repeats < 0)
        return epl__bad(x, EPL_ERR_ARG,
                        "[repeat_interleave] repeats must not be negative, got %" PRId64,
                        a->repeats);
    if (!epl__given(given, "dim") || epl_rank(x) == 0)
        x = epl__flat(x);
    if (epl__given(given, "dim") && (axis = epl__axis("repeat_interleave", x, a->dim)) < 0)
        return EPL_NO_VAL;
    return epl__own(repeated(x, axis, 1, a->repeats), a->input);
}

static const epl_attr expand_table[] = {EPL_ARG(epl__list_args, input),
                                        {"shape", EPL_LIST, offsetof(epl__list_args, list), 0, -1,
                                         EPL__MANY, 1, EPL_ATTR_REQUIRED, NULL},
                                        EPL_ATTR_END};
EPL__OPERATION_OF(expand, "axes of size 1 repeat", epl__list_args, expand_table,
                  epl_expand(a->input, epl_shape_of(a->list.count, a->list.at)));

static const epl_attr tile_table[] = {
    EPL_ARG(epl__list_args, input),
    {"dims", EPL_LIST, offsetof(epl__list_args, list), 0, 0, EPL__MANY, 1, EPL_ATTR_REQUIRED, NULL},
    EPL_ATTR_END};
EPL__OPERATION_OF(tile, "the whole, dims[i] times along axis i", epl__list_args, tile_table,
                  epl_tile(a->input, epl_shape_of(a->list.count, a->list.at)));

static const epl_attr repeat_table[] = {EPL_ARG(epl__list_args, input),
                                        {"repeats", EPL_LIST, offsetof(epl__list_args, list), 0, 0,
                                         EPL__MANY, 1, EPL_ATTR_REQUIRED, NULL},
                                        EPL_ATTR_END};
EPL__OPERATION_OF(repeat, "the whole, repeats[i] times along axis i", epl__list_args, repeat_table,
                  epl_repeat(a->input, epl_shape_of(a->list.count, a->list.at)));

static const epl_attr interleave_table[] = {
    EPL_ARG(epl_repeat_interleave_args, input), EPL__ARG_INT(epl_repeat_interleave_args, repeats),
    EPL__ARG_MAYBE(epl_repeat_interleave_args, dim, EPL_INT), EPL_ATTR_END};
EPL__OPERATION(repeat_interleave, "each entry of axis dim, repeats times in a row",
               epl_repeat_interleave_args, interleave_table);
