/* products.c -- addcmul, addcdiv, xlogy: products that are added or guarded. */
#include "elementwise.h"

/* input + value times the product or ratio of the others, all in the dtype of the three. */
static epl_val scaled_sum(const char *op, const epl_addc_args *a, const char *given, bool ratio)
{
    double value = EPL__OPTION(a, given, value, 1);
    epl_val x[3] = {a->input, a->tensor1, a->tensor2};
    if (!epl__align(op, x, 3, EPL__COMPUTE | (ratio ? EPL__FLOAT : 0)))
        return EPL_NO_VAL;
    epl_dtype d = epl_typeof(x[0]).dtype;
    if (!epl_dtype_is_float(d) && value != floor(value))
        return epl__bad(x[0], EPL_ERR_ARG, "[%s] value %g must be whole for %s", op, value,
                        epl_dtype_name(d));
    epl_val term = ratio ? epl_div(x[1], x[2]) : epl_mul(x[1], x[2]);
    return epl_add(x[0], value == 1 ? term : epl_mul(term, epl__number_for(d, value)));
}

epl_val epl_op_addcmul(const epl_addc_args *a, const char *given)
{
    return scaled_sum("addcmul", a, given, false);
}

epl_val epl_op_addcdiv(const epl_addc_args *a, const char *given)
{
    return scaled_sum("addcdiv", a, given, true);
}
static const epl_attr addc_table[] = {
    EPL_ARG(epl_addc_args, input), EPL_ARG(epl_addc_args, tensor1), EPL_ARG(epl_addc_args, tensor2),
    EPL_ATTR(epl_addc_args, value, EPL_NUMBER, 1, -INFINITY, INFINITY), EPL_ATTR_END};
EPL__OPERATION(addcmul, "input + value tensor1 tensor2", epl_addc_args, addc_table);
EPL__OPERATION(addcdiv, "input + value tensor1 / tensor2", epl_addc_args, addc_table);

/* 0 where x = 0, unless y is NaN. Where ln y is infinite or NaN there, y is 1 inside: no
 * infinity is multiplied by 0. */
epl_val epl_xlogy(epl_val a, epl_val b)
{
    epl_val x[2] = {a, b};
    bool numbers = epl__is_num(a) && epl__is_num(b);
    if (!numbers && !epl__align("xlogy", x, 2, EPL__FLOAT | EPL__COMPUTE))
        return EPL_NO_VAL;
    epl_val outside = epl_logical_or(epl_le(x[1], epl_num(0)), epl_eq(x[1], epl_num(INFINITY)));
    epl_val zero = epl_logical_and(epl_eq(x[0], epl_num(0)), outside);
    return epl_mul(x[0], epl_log(epl_where(zero, epl_num(1), x[1])));
}
EPL__OPERATION2(xlogy, "input ln(other), 0 where input = 0");
