/* products.c -- addcmul, addcdiv, xlogy: products that are added or guarded. */
#include "elementwise.h"

/* value times a product, added; of integers value must be whole. */
static epl_val scaled_sum(const char *op, const epl_addc_args *a, const char *given,
                          epl_val product)
{
    double value = EPL__OPTION(a, given, value, 1);
    epl_dtype d = epl_typeof(product).dtype;
    if (!epl_dtype_is_float(d) && value != floor(value))
        return epl__bad(product, EPL_ERR_ARG, "[%s] value %g must be whole for %s", op, value,
                        epl_dtype_name(d));
    if (value != 1)
        product = epl_mul(product, epl__number_for(d, value));
    return epl_add(a->input, product);
}

epl_val epl_op_addcmul(const epl_addc_args *a, const char *given)
{
    epl_val product = epl_mul(a->tensor1, a->tensor2);
    return product.graph ? scaled_sum("addcmul", a, given, product) : EPL_NO_VAL;
}

epl_val epl_op_addcdiv(const epl_addc_args *a, const char *given)
{
    epl_val ratio = epl_div(a->tensor1, a->tensor2);
    return ratio.graph ? scaled_sum("addcdiv", a, given, ratio) : EPL_NO_VAL;
}
static const epl_attr addc_table[] = {
    EPL_ARG(epl_addc_args, input), EPL_ARG(epl_addc_args, tensor1), EPL_ARG(epl_addc_args, tensor2),
    EPL_ATTR(epl_addc_args, value, EPL_NUMBER, 1, -INFINITY, INFINITY), EPL_ATTR_END};
EPL__OPERATION(addcmul, "input + value tensor1 tensor2", epl_addc_args, addc_table);
EPL__OPERATION(addcdiv, "input + value tensor1 / tensor2", epl_addc_args, addc_table);

/* 0 where x = 0, unless y is NaN. Where ln y is infinite or NaN there, y is 1 inside: no
 * infinity is multiplied by 0. */
epl_val epl_xlogy(epl_val x, epl_val y)
{
    epl_val outside = epl_logical_or(epl_le(y, epl_num(0)), epl_eq(y, epl_num(INFINITY)));
    epl_val zero = epl_logical_and(epl_eq(x, epl_num(0)), outside);
    return epl_mul(x, epl_log(epl_where(zero, epl_num(1), y)));
}
EPL__OPERATION2(xlogy, "input ln(other), 0 where input = 0");
