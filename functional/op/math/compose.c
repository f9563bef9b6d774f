/* compose.c -- small operations of one argument: sgn, frac, logit; the powers of relu's kin
 * stand in piecewise.c, the smooth activations in smooth.c. */
#include "elementwise.h"

epl_val epl_sgn(epl_val x)
{
    return epl_sign(x);
}
EPL__OPERATION1(sgn, "-1, 0 or 1");

epl_val epl_frac(epl_val x)
{
    return epl_sub(x, epl_trunc(x));
}
EPL__OPERATION1(frac, "x - trunc(x)");

epl_val epl_op_logit(const epl_logit_args *a, const char *given)
{
    epl_val x = a->input;
    if (!epl__activation_in("logit", &x))
        return EPL_NO_VAL;
    if (epl__given(given, "eps"))
        x = epl_clamp(x, .min = epl_num(a->eps), .max = epl_num(1 - a->eps));
    return epl_sub(epl_log(x), epl_log1p(epl_neg(x)));
}
static const epl_attr logit_table[] = {
    EPL_ARG(epl_logit_args, input),
    EPL_ATTR_F(epl_logit_args, eps, EPL_NUMBER, 0, -INFINITY, INFINITY, 1, EPL_ATTR_NONE),
    EPL_ATTR_END};
EPL__OPERATION(logit, "ln(x / (1 - x))", epl_logit_args, logit_table);
