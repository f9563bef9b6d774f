/* piecewise.c -- activations of straight pieces. Derivatives at the joints are torch's. */
#include "elementwise.h"

/* lo up to lo, hi from hi on, x between: there alone it has a derivative. */
static epl_val between(epl_val x, double lo, double hi)
{
    epl_dtype d = epl_typeof(x).dtype;
    if (d == EPL_BOOL || (d == EPL_U8 && lo < 0))
        return epl__bad(x, EPL_ERR_DTYPE, "[hardtanh] %s has no numbers from %g to %g, cast first",
                        epl__show(x), lo, hi);
    epl_val low = epl__number_for(d, lo), high = epl__number_for(d, hi);
    return epl_where(epl_le(x, low), low, epl_where(epl_ge(x, high), high, x));
}

epl_val epl_op_hardtanh(const epl_hardtanh_args *a, const char *given)
{
    double lo = EPL__OPTION(a, given, min_val, -1), hi = EPL__OPTION(a, given, max_val, 1);
    if (!(lo <= hi))
        return epl__bad(a->input, EPL_ERR_ARG, "[hardtanh] min_val %g must not exceed max_val %g",
                        lo, hi);
    return between(a->input, lo, hi);
}
static const epl_attr hardtanh_table[] = {
    EPL_ARG(epl_hardtanh_args, input),
    EPL_ATTR(epl_hardtanh_args, min_val, EPL_NUMBER, -1, -INFINITY, INFINITY),
    EPL_ATTR(epl_hardtanh_args, max_val, EPL_NUMBER, 1, -INFINITY, INFINITY), EPL_ATTR_END};
EPL__OPERATION(hardtanh, "x kept in [min_val, max_val]", epl_hardtanh_args, hardtanh_table);

epl_val epl_relu6(epl_val x)
{
    return between(x, 0, 6);
}
EPL__OPERATION1(relu6, "min(max(x, 0), 6)");

epl_val epl_hardsigmoid(epl_val x)
{
    return epl__activation_in("hardsigmoid", &x)
               ? epl_div(between(epl_add(x, epl_num(3)), 0, 6), epl_num(6))
               : EPL_NO_VAL;
}
EPL__OPERATION1(hardsigmoid, "min(max(x + 3, 0), 6) / 6");

epl_val epl_hardswish(epl_val x)
{
    return epl__activation_in("hardswish", &x) ? epl_mul(x, epl_hardsigmoid(x)) : EPL_NO_VAL;
}
EPL__OPERATION1(hardswish, "x min(max(x + 3, 0), 6) / 6");

epl_val epl_op_leaky_relu(const epl_leaky_relu_args *a, const char *given)
{
    double slope = EPL__OPTION(a, given, negative_slope, 0.01);
    epl_val x = a->input;
    if (!epl__activation_in("leaky_relu", &x))
        return EPL_NO_VAL;
    return epl_where(epl_gt(x, epl_num(0)), x, epl_mul(x, epl_num(slope)));
}
static const epl_attr leaky_relu_table[] = {
    EPL_ARG(epl_leaky_relu_args, input),
    EPL_ATTR(epl_leaky_relu_args, negative_slope, EPL_NUMBER, 0.01, -INFINITY, INFINITY),
    EPL_ATTR_END};
EPL__OPERATION(leaky_relu, "x where x > 0, else negative_slope x", epl_leaky_relu_args,
               leaky_relu_table);

/* weight: one number, or one for each entry of axis 1. */
epl_val epl_prelu(epl_val x, epl_val weight)
{
    int rank = epl_rank(x);
    int64_t n = epl_count(epl_typeof(weight)), channels = rank > 1 ? epl_dim(x, 1) : 1;
    if (!epl__activation_in("prelu", &x))
        return EPL_NO_VAL;
    if (!epl__is_num(weight) && (epl_rank(weight) > 1 || (n != 1 && n != channels)))
        return epl__bad(x, EPL_ERR_SHAPE,
                        "[prelu] weight %s: one number, or %lld for axis 1 of %s, are expected",
                        epl__show(weight), (long long)channels, epl__show(x));
    if (!epl__is_num(weight)) {
        epl_shape s = {.rank = n == 1 ? 0 : rank};
        for (int i = 0; i < s.rank; i++)
            s.dim[i] = i == 1 ? n : 1;
        weight = epl__reshape(weight, s);
    }
    return epl_where(epl_gt(x, epl_num(0)), x, epl_mul(weight, x));
}
typedef struct {
    epl_val input, weight;
} prelu_args;
static size_t prelu_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const prelu_args *a = args;
    (void)given;
    return epl__one_result(epl_prelu(a->input, a->weight), out, room);
}
static const epl_attr prelu_table[] = {EPL_ARG(prelu_args, input), EPL_ARG(prelu_args, weight),
                                       EPL_ATTR_END};
const epl_operation epl__operation_prelu = {"prelu", "x where x > 0, else weight x",
                                            sizeof(prelu_args), prelu_table, prelu_build};

epl_val epl_op_threshold(const epl_threshold_args *a, const char *given)
{
    epl_dtype d = epl_typeof(a->input).dtype;
    (void)given;
    return epl_where(epl_le(a->input, epl__number_for(d, a->threshold)),
                     epl__number_for(d, a->value), a->input);
}
static const epl_attr threshold_table[] = {
    EPL_ARG(epl_threshold_args, input),
    EPL_ATTR_F(epl_threshold_args, threshold, EPL_NUMBER, 0, -INFINITY, INFINITY, 1,
               EPL_ATTR_REQUIRED),
    EPL_ATTR_F(epl_threshold_args, value, EPL_NUMBER, 0, -INFINITY, INFINITY, 1, EPL_ATTR_REQUIRED),
    EPL_ATTR_END};
EPL__OPERATION(threshold, "x where x > threshold, else value", epl_threshold_args, threshold_table);

epl_val epl_op_softshrink(const epl_shrink_args *a, const char *given)
{
    double lambd = EPL__OPTION(a, given, lambd, 0.5);
    epl_val x = a->input;
    if (!(lambd >= 0))
        return epl__bad(x, EPL_ERR_ARG, "[softshrink] lambd must not be negative, got %g", lambd);
    if (!epl__activation_in("softshrink", &x))
        return EPL_NO_VAL;
    epl_val outer =
        epl_where(epl_gt(x, epl_num(0)), epl_sub(x, epl_num(lambd)), epl_add(x, epl_num(lambd)));
    return epl_where(epl_le(epl_abs(x), epl_num(lambd)), epl_num(0), outer);
}

epl_val epl_op_hardshrink(const epl_shrink_args *a, const char *given)
{
    double lambd = EPL__OPTION(a, given, lambd, 0.5);
    epl_val x = a->input;
    if (!epl__activation_in("hardshrink", &x))
        return EPL_NO_VAL;
    return epl_where(epl_le(epl_abs(x), epl_num(lambd)), epl_num(0), x);
}
static const epl_attr shrink_table[] = {
    EPL_ARG(epl_shrink_args, input),
    EPL_ATTR(epl_shrink_args, lambd, EPL_NUMBER, 0.5, -INFINITY, INFINITY), EPL_ATTR_END};
EPL__OPERATION(softshrink, "x moved by lambd towards 0", epl_shrink_args, shrink_table);
EPL__OPERATION(hardshrink, "x where |x| > lambd, else 0", epl_shrink_args, shrink_table);
