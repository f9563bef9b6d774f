/* softplus: y = ln(1 + e^x);  dy = sigmoid(x) dx. The operation has torch's scale and threshold. */
#include "elementwise.h"

EPL__SCALAR(fmax(x[0], 0) + log1p(exp(-fabs(x[0]))));
EPL__JVP(epl_mul(dx[0], epl_sigmoid(x[0])));

const epl_prim epl__prim_softplus = {.name = "softplus",
                                     .formula = "y = ln(1 + e^x)",
                                     .inputs = 1,
                                     .scalar = scalar,
                                     .jvp = jvp,
                                     EPL__TILED(SOFTPLUS)};

epl_val epl__softplus(epl_val x)
{
    return epl__map1(&epl__prim_softplus, x, EPL__FLOAT);
}

epl_val epl_op_softplus(const epl_softplus_args *a, const char *given)
{
    double beta = EPL__OPTION(a, given, beta, 1), threshold = EPL__OPTION(a, given, threshold, 20);
    epl_val x = a->input;
    if (!epl__activation_in("softplus", &x))
        return EPL_NO_VAL;
    epl_val scaled = beta == 1 ? x : epl_mul(x, epl_num(beta));
    epl_val y = epl__softplus(scaled);
    y = beta == 1 ? y : epl_div(y, epl_num(beta));
    return epl_where(epl_gt(scaled, epl_num(threshold)), x, y);
}
static const epl_attr softplus_table[] = {
    EPL_ARG(epl_softplus_args, input),
    EPL_ATTR(epl_softplus_args, beta, EPL_NUMBER, 1, -INFINITY, INFINITY),
    EPL_ATTR(epl_softplus_args, threshold, EPL_NUMBER, 20, -INFINITY, INFINITY), EPL_ATTR_END};
EPL__OPERATION(softplus, "ln(1 + e^(beta x)) / beta; x where beta x > threshold", epl_softplus_args,
               softplus_table);

epl_val epl_logsigmoid(epl_val x)
{
    return epl_neg(epl__softplus(epl_neg(x)));
}
EPL__OPERATION1(logsigmoid, "ln(1 / (1 + e^-x))");
