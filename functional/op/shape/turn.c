/* turn.c -- entries in another order: flip, roll, rot90. */
#include "shape.h"

static epl_val flipped(epl_val x, int64_t mask)
{
    for (int i = 0; i < epl_rank(x); i++) {
        int64_t n = epl_dim(x, i);
        if (mask >> i & 1 && n > 1)
            x = epl__slice(x, i, n - 1, n, -1);
    }
    return x;
}

epl_val epl_flip(epl_val input, epl_ints dims)
{
    int64_t mask = epl__fn_of(input) ? epl__axes_mask("flip", input, dims) : -1;
    return mask < 0 ? EPL_NO_VAL : epl__own(flipped(input, mask), input);
}

static epl_val rolled(epl_val x, int axis, int64_t shift)
{
    int64_t n = epl_dim(x, axis);
    shift = n ? shift % n : 0;
    shift += shift < 0 ? n : 0;
    if (!shift)
        return x;
    epl_val part[2] = {epl__slice(x, axis, n - shift, shift, 1),
                       epl__slice(x, axis, 0, n - shift, 1)};
    return epl__concat((epl_vals){2, part}, axis);
}

epl_val epl_op_roll(const epl_roll_args *a, const char *given)
{
    epl_val x = a->input;
    (void)given;
    if (!epl__fn_of(x))
        return EPL_NO_VAL;
    epl_ints shifts = epl__ints(a->shifts);
    size_t dims = epl__ints(a->dims).count;
    if (shifts.count != (dims ? dims : 1))
        return epl__bad(x, EPL_ERR_ARG, "[roll] %zu shifts for %zu axes", shifts.count, dims);
    if (!dims) {
        epl_shape s = epl_typeof(x).shape;
        x = epl__flat(x);
        return epl__own(epl__reshape(rolled(x, 0, shifts.at[0]), s), a->input);
    }
    for (size_t i = 0; i < dims; i++) {
        int axis = epl__axis("roll", x, a->dims.at[i]);
        if (axis < 0)
            return EPL_NO_VAL;
        x = epl_rank(x) ? rolled(x, axis, shifts.at[i]) : x;
    }
    return epl__own(x, a->input);
}

epl_val epl_op_rot90(const epl_rot90_args *a, const char *given)
{
    epl_val x = a->input;
    if (!epl__fn_of(x))
        return EPL_NO_VAL;
    epl_ints dims = a->dims.at ? a->dims : (epl_ints){2, (int64_t[]){0, 1}};
    int64_t k = epl__given(given, "k") ? a->k : 1;
    if (dims.count != 2 || epl_rank(x) < 2)
        return epl__bad(x, EPL_ERR_ARG, "[rot90] two axes are needed, got %zu of %s", dims.count,
                        epl__show(x));
    if (epl__axes_mask("rot90", x, dims) < 0)
        return EPL_NO_VAL;
    int i = epl__axis("rot90", x, dims.at[0]), j = epl__axis("rot90", x, dims.at[1]);
    k = (k % 4 + 4) % 4;
    if (k == 2)
        x = flipped(x, INT64_C(1) << i | INT64_C(1) << j);
    else if (k == 1)
        x = epl_transpose(flipped(x, INT64_C(1) << j), i, j);
    else if (k == 3)
        x = flipped(epl_transpose(x, i, j), INT64_C(1) << j);
    return epl__own(x, a->input);
}

static const epl_attr flip_table[] = {EPL_ARG(epl__list_args, input),
                                      {"dims", EPL_LIST, offsetof(epl__list_args, list), 0,
                                       -EPL_MAX_RANK, EPL_MAX_RANK, 1, EPL_ATTR_REQUIRED, NULL},
                                      EPL_ATTR_END};
EPL__OPERATION_OF(flip, "the entries of axes dims, backwards", epl__list_args, flip_table,
                  epl_flip(a->input, a->list));

static const epl_attr roll_table[] = {EPL_ARG(epl_roll_args, input),
                                      EPL__ARG_LIST(epl_roll_args, shifts),
                                      EPL__ARG_MAYBE(epl_roll_args, dims, EPL_LIST), EPL_ATTR_END};
EPL__OPERATION(roll, "y[(i + shift) mod n] = x[i]", epl_roll_args, roll_table);

static const epl_attr rot90_table[] = {
    EPL_ARG(epl_rot90_args, input), EPL_ATTR(epl_rot90_args, k, EPL_INT, 1, -EPL__MANY, EPL__MANY),
    EPL__ARG_MAYBE(epl_rot90_args, dims, EPL_LIST), EPL_ATTR_END};
EPL__OPERATION(rot90, "k quarter turns of two axes", epl_rot90_args, rot90_table);
