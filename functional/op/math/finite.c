/* finite.c -- isnan, isinf, isfinite, and nan_to_num. Integers are all finite. */
#include <float.h>
#include "elementwise.h"

EPL__SCALAR(isnan(x[0]));
const epl_prim epl__prim_isnan = {.name = "isnan",
                                  .formula = "y = x is NaN, of bool",
                                  .inputs = 1,
                                  .type = epl__bool_type,
                                  .scalar = scalar,
                                  EPL__TILED(ISNAN)};

/* Of integers: always `otherwise`. None for floats and plain numbers. */
static epl_val always(epl_val x, bool otherwise)
{
    epl_type t = epl_typeof(x);
    if (epl__is_num(x) || t.dtype == EPL_NONE || epl_dtype_is_float(t.dtype))
        return EPL_NO_VAL;
    return epl__full(x, EPL_BOOL, t.shape, otherwise);
}

epl_val epl_isnan(epl_val x)
{
    epl_val same = always(x, false);
    return same.graph ? same : epl__map1(&epl__prim_isnan, x, EPL__FLOAT);
}
EPL__OPERATION1(isnan, "x is NaN");

epl_val epl_isinf(epl_val x)
{
    epl_val same = always(x, false);
    return same.graph ? same : epl_eq(epl_abs(x), epl_num(INFINITY));
}
EPL__OPERATION1(isinf, "x is infinite");

epl_val epl_isfinite(epl_val x)
{
    epl_val same = always(x, true);
    return same.graph ? same : epl_lt(epl_abs(x), epl_num(INFINITY));
}
EPL__OPERATION1(isfinite, "x is neither infinite nor NaN");

epl_val epl_op_nan_to_num(const epl_nan_to_num_args *a, const char *given)
{
    epl_val x = a->input;
    epl_dtype d = epl_typeof(x).dtype;
    if (epl__is_num(x) || (d != EPL_NONE && !epl_dtype_is_float(d)))
        return epl_copy(x);
    if (!epl__float_in("nan_to_num", &x))
        return EPL_NO_VAL;
    double most = d == EPL_F32 ? FLT_MAX : DBL_MAX;
    epl_val nan = epl_num(EPL__OPTION(a, given, nan, 0));
    epl_val above = epl_num(EPL__OPTION(a, given, posinf, most));
    epl_val below = epl_num(EPL__OPTION(a, given, neginf, -most));
    epl_val y = epl_where(epl_eq(x, epl_num(-INFINITY)), below, x);
    y = epl_where(epl_eq(x, epl_num(INFINITY)), above, y);
    return epl_where(epl_isnan(x), nan, y);
}
#define NUMBER_OR_NONE(field) \
    EPL_ATTR_F(epl_nan_to_num_args, field, EPL_NUMBER, 0, -INFINITY, INFINITY, 1, EPL_ATTR_NONE)
static const epl_attr nan_to_num_table[] = {EPL_ARG(epl_nan_to_num_args, input),
                                            NUMBER_OR_NONE(nan), NUMBER_OR_NONE(posinf),
                                            NUMBER_OR_NONE(neginf), EPL_ATTR_END};
EPL__OPERATION(nan_to_num, "x with NaN and infinities replaced", epl_nan_to_num_args,
               nan_to_num_table);
