/* smooth.c -- smooth activations. Each branch of a choice is finite where the other is taken,
 * so that no derivative is infinity times zero. */
#include <string.h>
#include "elementwise.h"

epl_val epl_silu(epl_val x)
{
    return epl_mul(x, epl_sigmoid(x));
}
EPL__OPERATION1(silu, "x sigmoid(x)");

epl_val epl_mish(epl_val x)
{
    return epl_mul(x, epl_tanh(epl__softplus(x)));
}
EPL__OPERATION1(mish, "x tanh(ln(1 + e^x))");

epl_val epl_softsign(epl_val x)
{
    return epl_div(x, epl_add(epl_abs(x), epl_num(1)));
}
EPL__OPERATION1(softsign, "x / (1 + |x|)");

epl_val epl_tanhshrink(epl_val x)
{
    return epl_sub(x, epl_tanh(x));
}
EPL__OPERATION1(tanhshrink, "x - tanh x");

/* 1 + tanh of Hendrycks and Gimpel's polynomial, or 1 + erf(x / sqrt 2); halved, times x. */
epl_val epl_op_gelu(const epl_gelu_args *a, const char *given)
{
    const char *form = epl__given(given, "approximate") && a->approximate ? a->approximate : "none";
    epl_val x = a->input, odd;
    if (!epl__activation_in("gelu", &x))
        return EPL_NO_VAL;
    if (!strcmp(form, "none"))
        odd = epl_erf(epl_mul(x, epl_num(0.70710678118654752440)));
    else if (!strcmp(form, "tanh")) {
        epl_val even = epl_minimum(epl_square(x), epl_num(1e4)); /* tanh is 1 long before */
        epl_val bend = epl_add(epl_mul(even, epl_num(0.044715)), epl_num(1));
        odd = epl_tanh(epl_mul(epl_mul(x, bend), epl_num(0.79788456080286535588)));
    } else
        return epl__bad(x, EPL_ERR_ARG, "[gelu] approximate is none or tanh, got \"%s\"", form);
    return epl_mul(epl_mul(x, epl_num(0.5)), epl_add(odd, epl_num(1)));
}
static const epl_attr gelu_table[] = {EPL_ARG(epl_gelu_args, input),
                                      EPL_ATTR_WORD(epl_gelu_args, approximate, "none|none|tanh"),
                                      EPL_ATTR_END};
EPL__OPERATION(gelu, "x times the normal distribution function of x", epl_gelu_args, gelu_table);

/* x where x > 0, else alpha (e^(x / width) - 1). */
static epl_val elu(const char *op, epl_val x, double alpha, double width)
{
    if (!epl__activation_in(op, &x))
        return EPL_NO_VAL;
    epl_val down = epl_le(x, epl_num(0)), safe = epl_where(down, x, epl_num(0));
    safe = width == 1 ? safe : epl_div(safe, epl_num(width));
    return epl_where(down, epl_mul(epl_expm1(safe), epl_num(alpha)), x);
}

epl_val epl_op_elu(const epl_elu_args *a, const char *given)
{
    return elu("elu", a->input, EPL__OPTION(a, given, alpha, 1), 1);
}

epl_val epl_op_celu(const epl_elu_args *a, const char *given)
{
    double alpha = EPL__OPTION(a, given, alpha, 1);
    if (alpha == 0)
        return epl__bad(a->input, EPL_ERR_ARG, "[celu] alpha must not be 0");
    return elu("celu", a->input, alpha, alpha);
}
static const epl_attr elu_table[] = {
    EPL_ARG(epl_elu_args, input), EPL_ATTR(epl_elu_args, alpha, EPL_NUMBER, 1, -INFINITY, INFINITY),
    EPL_ATTR_END};
EPL__OPERATION(elu, "x where x > 0, else alpha (e^x - 1)", epl_elu_args, elu_table);
EPL__OPERATION(celu, "x where x > 0, else alpha (e^(x / alpha) - 1)", epl_elu_args, elu_table);

epl_val epl_selu(epl_val x)
{
    const double scale = 1.0507009873554804934, alpha = 1.6732632423543772848;
    epl_val y = elu("selu", x, alpha, 1);
    return y.graph ? epl_mul(y, epl_num(scale)) : y;
}
EPL__OPERATION1(selu, "1.0507 elu(x) with alpha 1.6733");

epl_val epl_op_glu(const epl_glu_args *a, const char *given)
{
    epl_val x = a->input;
    if (!epl__float_in("glu", &x))
        return EPL_NO_VAL;
    int axis = epl__axis("glu", x, EPL__OPTION(a, given, dim, -1));
    int64_t n = epl_dim(x, axis);
    if (axis < 0)
        return EPL_NO_VAL;
    if (epl_rank(x) == 0 || n % 2)
        return epl__bad(x, EPL_ERR_SHAPE, "[glu] axis %d of %s cannot be halved", axis,
                        epl__show(x));
    return epl_mul(epl__slice(x, axis, 0, n / 2, 1),
                   epl_sigmoid(epl__slice(x, axis, n / 2, n / 2, 1)));
}
static const epl_attr glu_table[] = {
    EPL_ARG(epl_glu_args, input),
    EPL_ATTR(epl_glu_args, dim, EPL_INT, -1, -EPL_MAX_RANK, EPL_MAX_RANK - 1), EPL_ATTR_END};
EPL__OPERATION(glu, "a sigmoid(b) of the halves a, b along dim", epl_glu_args, glu_table);
