/* var, std: the mean square of x - mean x over the axes of dim, n - correction for n. */
#include <math.h>
#include "reducing.h"

epl_val epl__centred(epl_val x, int64_t mask, bool shift, epl_val *mean)
{
    epl_shape s = epl_typeof(x).shape;
    epl_val first = EPL_NO_VAL;
    if (shift && epl_count(epl_typeof(x))) {
        first = x;
        for (int i = 0; i < s.rank; i++)
            first = mask >> i & 1 ? epl__slice(first, i, 0, 1, 1) : first;
        first = epl__reshape(epl_stop_gradient(first), epl__shape_without(s, mask));
        x = epl_sub(x, epl__spread(first, x, mask));
    }
    epl_val m = epl__mean(x, mask);
    if (mean)
        *mean = epl_is_none(first) ? m : epl_add(m, first);
    return epl_add(x, epl__spread(epl_neg(m), x, mask));
}

epl_val epl__sqrt_safe(epl_val x)
{
    epl_val zero = epl_eq(x, epl_num(0));
    epl_val y = epl_sqrt(epl__select(zero, epl__like(x, 1), x));
    return epl__select(zero, epl__like(x, 0), y);
}

static epl_val var(const char *op, const epl_var_args *a, const char *given)
{
    epl_val x = a->input;
    int64_t mask;
    if (!epl__align(op, &x, 1, EPL__COMPUTE) || !epl__only_float(op, x) ||
        !epl__axes_in(op, x, a->dim, given, false, &mask))
        return EPL_NO_VAL;
    double correction = epl__given(given, "unbiased") && !a->unbiased ? 0 : 1;
    if (epl__given(given, "correction"))
        correction = a->correction;
    epl_shape s = epl_typeof(x).shape;
    double n = (double)epl__terms(s, mask) - correction;
    epl_val c = epl__centred(x, mask, true, NULL), y;
    if (epl__terms(s, mask))
        y = epl_div(epl__sum(epl_square(c), mask), epl_num(n > 0 ? n : 0));
    else /* nothing varies */
        y = epl_add(epl__sum(x, mask), epl_num(NAN));
    return a->keepdim ? epl__keep(y, s, mask) : y;
}

epl_val epl_op_var(const epl_var_args *a, const char *given)
{
    uint32_t before = epl__composite(a->input, "var");
    epl_val y = var("var", a, given);
    epl__composite_end(a->input, before);
    return y;
}

/* m sqrt(var(x / m)): squares of large and of small numbers are numbers, too. */
static epl_val deviation(const epl_var_args *a, const char *given)
{
    epl_var_args scaled = *a;
    int64_t mask;
    epl_val y = var("std", a, given); /* checks, and has the shape */
    if (epl_is_none(y) || !epl_count(epl_typeof(a->input)))
        return epl_is_none(y) ? y : epl__sqrt_safe(y);
    epl__axes_in("std", a->input, a->dim, given, false, &mask);
    epl_val m = epl__magnitude(a->input, mask);
    scaled.input = epl_div(a->input, epl__spread(m, a->input, mask));
    return epl_mul(epl__sqrt_safe(var("std", &scaled, given)), epl_reshape(m, epl_typeof(y).shape));
}

epl_val epl_op_std(const epl_var_args *a, const char *given)
{
    uint32_t before = epl__composite(a->input, "std");
    epl_val y = deviation(a, given);
    epl__composite_end(a->input, before);
    return y;
}

static const epl_attr table[] = {
    EPL_ARG(epl_var_args, input),
    EPL__ARG_DIM(epl_var_args),
    EPL_ATTR_F(epl_var_args, unbiased, EPL_BOOLEAN, 1, 0, 1, 1, EPL_ATTR_NONE),
    EPL__ARG_KEEPDIM(epl_var_args),
    EPL_ATTR_F(epl_var_args, correction, EPL_NUMBER, 1, -1e300, 1e300, 1, EPL_ATTR_NONE),
    EPL_ATTR_END};
EPL__OPERATION(var, "y = sum (x - mean x)^2 / (n - correction)", epl_var_args, table);
EPL__OPERATION(std, "y = sqrt of var", epl_var_args, table);
