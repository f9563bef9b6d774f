/* axes.c -- axes of size 1 come and go, axes change places. */
#include "shape.h"

epl_val epl_op_squeeze(const epl_squeeze_args *a, const char *given)
{
    epl_shape s = epl_typeof(a->input).shape;
    int64_t mask = 0;
    (void)given;
    if (!epl__fn_of(a->input))
        return EPL_NO_VAL;
    int64_t asked = a->dim.at ? epl__axes_mask("squeeze", a->input, a->dim) : -1;
    if (a->dim.at && asked < 0)
        return EPL_NO_VAL;
    for (int i = 0; i < s.rank; i++)
        mask |= s.dim[i] == 1 && asked >> i & 1 ? INT64_C(1) << i : 0;
    return epl__own(epl__reshape(a->input, epl__shape_without(s, mask)), a->input);
}

epl_val epl_unsqueeze(epl_val input, int64_t dim)
{
    int axis = epl__fn_of(input) ? epl__axis_of("unsqueeze", input, dim, 1) : -1;
    if (axis < 0)
        return EPL_NO_VAL;
    if (epl_rank(input) == EPL_MAX_RANK)
        return epl__bad(input, EPL_ERR_SHAPE, "[unsqueeze] %s has no room for another axis",
                        epl__show(input));
    return epl__reshape(input, epl__shape_insert(epl_typeof(input).shape, axis, 1));
}

epl_val epl_permute(epl_val input, epl_ints dims)
{
    int axis[EPL_MAX_RANK], rank = epl_rank(input);
    if (!epl__fn_of(input))
        return EPL_NO_VAL;
    dims = epl__ints(dims);
    if (dims.count != (size_t)rank)
        return epl__bad(input, EPL_ERR_ARG, "[permute] %s has %d axes, dims %zu", epl__show(input),
                        rank, dims.count);
    if (epl__axes_mask("permute", input, dims) < 0)
        return EPL_NO_VAL;
    for (int i = 0; i < rank; i++)
        axis[i] = (int)(dims.at[i] < 0 ? dims.at[i] + rank : dims.at[i]);
    return epl__own(epl__permute(input, axis), input);
}

epl_val epl_transpose(epl_val input, int64_t dim0, int64_t dim1)
{
    int axis[EPL_MAX_RANK], rank = epl_rank(input);
    if (!epl__fn_of(input))
        return EPL_NO_VAL;
    int i = epl__axis("transpose", input, dim0), j = epl__axis("transpose", input, dim1);
    if (i < 0 || j < 0)
        return EPL_NO_VAL;
    for (int k = 0; k < rank; k++)
        axis[k] = k == i ? j : k == j ? i : k;
    return epl__own(epl__permute(input, axis), input);
}

epl_val epl_movedim(epl_val input, epl_ints source, epl_ints destination)
{
    int axis[EPL_MAX_RANK], rank = epl_rank(input);
    if (!epl__fn_of(input))
        return EPL_NO_VAL;
    source = epl__ints(source), destination = epl__ints(destination);
    if (source.count != destination.count)
        return epl__bad(input, EPL_ERR_ARG, "[movedim] %zu axes are to go to %zu places",
                        source.count, destination.count);
    int64_t moved = epl__axes_mask("movedim", input, source);
    if (moved < 0 || epl__axes_mask("movedim", input, destination) < 0)
        return EPL_NO_VAL;
    for (int i = 0; i < rank; i++)
        axis[i] = -1;
    for (size_t k = 0; k < source.count && rank; k++) {
        int to = epl__axis("movedim", input, destination.at[k]);
        axis[to] = epl__axis("movedim", input, source.at[k]);
    }
    for (int i = 0, next = 0; i < rank; i++)
        if (axis[i] < 0) {
            while (moved >> next & 1)
                next++;
            axis[i] = next++;
        }
    return epl__own(epl__permute(input, axis), input);
}

static const epl_attr squeeze_table[] = {EPL_ARG(epl_squeeze_args, input),
                                         EPL__ARG_MAYBE(epl_squeeze_args, dim, EPL_LIST),
                                         EPL_ATTR_END};
EPL__OPERATION(squeeze, "without axes of size 1", epl_squeeze_args, squeeze_table);

static const epl_attr unsqueeze_table[] = {EPL_ARG(epl__dim_args, input),
                                           EPL__ARG_INT(epl__dim_args, dim), EPL_ATTR_END};
EPL__OPERATION_OF(unsqueeze, "a new axis of size 1", epl__dim_args, unsqueeze_table,
                  epl_unsqueeze(a->input, a->dim));

static const epl_attr permute_table[] = {EPL_ARG(epl__list_args, input),
                                         {"dims", EPL_LIST, offsetof(epl__list_args, list), 0,
                                          -EPL_MAX_RANK, EPL_MAX_RANK, 1, EPL_ATTR_REQUIRED, NULL},
                                         EPL_ATTR_END};
EPL__OPERATION_OF(permute, "axis i of the result is axis dims[i]", epl__list_args, permute_table,
                  epl_permute(a->input, a->list));

typedef struct {
    epl_val input;
    int64_t dim0, dim1;
} transpose_args;
static const epl_attr transpose_table[] = {EPL_ARG(transpose_args, input),
                                           EPL__ARG_INT(transpose_args, dim0),
                                           EPL__ARG_INT(transpose_args, dim1), EPL_ATTR_END};
EPL__OPERATION_OF(transpose, "axes dim0 and dim1 change places", transpose_args, transpose_table,
                  epl_transpose(a->input, a->dim0, a->dim1));

typedef struct {
    epl_val input;
    epl_ints source, destination;
} movedim_args;
static const epl_attr movedim_table[] = {EPL_ARG(movedim_args, input),
                                         EPL__ARG_LIST(movedim_args, source),
                                         EPL__ARG_LIST(movedim_args, destination), EPL_ATTR_END};
EPL__OPERATION_OF(movedim, "axis source[i] goes to destination[i]", movedim_args, movedim_table,
                  epl_movedim(a->input, a->source, a->destination));
