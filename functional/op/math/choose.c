/* choose.c -- operations that choose among their operands: clamp, fmax, fmin, masked_fill. */
#include "elementwise.h"

/* `bound` where x is beyond it or where it is NaN; x, and its derivative, where they are equal. */
static epl_val bounded(epl_val x, epl_val bound, bool below)
{
    epl_val beyond = below ? epl_lt(x, bound) : epl_gt(x, bound);
    if (!epl__is_num(bound) && epl_dtype_is_float(epl_typeof(bound).dtype))
        beyond = epl_logical_or(beyond, epl_isnan(bound));
    return epl_where(beyond, bound, x);
}

epl_val epl_op_clamp(const epl_clamp_args *a, const char *given)
{
    double c;
    epl_val x[3] = {a->input, a->min, a->max}, y = a->input;
    (void)given;
    if (!a->min.graph && !a->max.graph)
        return epl__bad(a->input, EPL_ERR_ARG, "[clamp] min or max must be given");
    for (int i = 1; i < 3; i++) {
        x[i] = x[i].graph ? x[i] : a->input;
        if (epl__is_num(x[i]) && epl__is_splat(x[i], &c) && isnan(c))
            return epl_mul(y, x[i]);
    }
    epl_dtype d = epl__result_dtype(x, 3);
    if (d != EPL_NONE && !epl__is_num(y))
        y = epl__cast(y, d);
    y = a->min.graph ? bounded(y, a->min, true) : y;
    return a->max.graph ? bounded(y, a->max, false) : y;
}
static const epl_attr clamp_table[] = {EPL_ARG(epl_clamp_args, input),
                                       EPL_ARG_OPTIONAL(epl_clamp_args, min),
                                       EPL_ARG_OPTIONAL(epl_clamp_args, max), EPL_ATTR_END};
EPL__OPERATION(clamp, "min(max(x, min), max)", epl_clamp_args, clamp_table);

epl_val epl_fmax(epl_val a, epl_val b)
{
    return epl_where(epl_logical_or(epl_ge(a, b), epl_isnan(b)), a, b);
}
EPL__OPERATION2(fmax, "the larger one, of NaN and a number the number");

epl_val epl_fmin(epl_val a, epl_val b)
{
    return epl_where(epl_logical_or(epl_le(a, b), epl_isnan(b)), a, b);
}
EPL__OPERATION2(fmin, "the smaller one, of NaN and a number the number");

epl_val epl_masked_fill(epl_val x, epl_val mask, epl_val value)
{
    epl_dtype d = epl_typeof(x).dtype, v = epl_typeof(value).dtype;
    if (!x.graph || !mask.graph || !value.graph)
        return epl_where(mask, value, x); /* it tells what is missing */
    if (epl_typeof(mask).dtype != EPL_BOOL || epl_rank(value) != 0)
        return epl__bad(x, EPL_ERR_DTYPE,
                        "[masked_fill] a mask of bool and one number are expected, got %s and %s",
                        epl__show(mask), epl__show(value));
    if (epl_dtype_is_float(v) && !epl_dtype_is_float(d))
        return epl__bad(x, EPL_ERR_DTYPE, "[masked_fill] %s cannot hold a value of %s",
                        epl__show(x), epl_dtype_name(v));
    return epl_where(mask, epl__is_num(x) ? value : epl_cast(value, d), x);
}
typedef struct {
    epl_val input, mask, value;
} masked_fill_args;
static size_t masked_fill_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const masked_fill_args *a = args;
    (void)given;
    return epl__one_result(epl_masked_fill(a->input, a->mask, a->value), out, room);
}
static const epl_attr masked_fill_table[] = {EPL_ARG(masked_fill_args, input),
                                             EPL_ARG(masked_fill_args, mask),
                                             EPL_ARG(masked_fill_args, value), EPL_ATTR_END};
const epl_operation epl__operation_masked_fill = {"masked_fill", "mask ? value : input",
                                                  sizeof(masked_fill_args), masked_fill_table,
                                                  masked_fill_build};
