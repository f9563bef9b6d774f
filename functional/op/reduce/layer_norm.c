/* layer_norm, rms_norm, group_norm: over the last axes, or groups of channels, of a sample. */
#include <float.h>
#include "norm.h"

epl_val epl__unit(epl_val c, int64_t mask, double eps, epl_val scale)
{
    epl_val inverse = epl_rsqrt(epl_add(epl__mean(epl_square(c), mask), epl_num(eps)));
    inverse = epl_is_none(scale) ? inverse : epl_mul(inverse, scale);
    return epl_mul(c, epl__spread(inverse, c, mask));
}

/* The last axes of x that normalized_shape names, with their checks. */
static bool shape_in(const char *op, epl_val *x, epl_ints shape, epl_shape *last)
{
    if (!epl__float_in(op, x))
        return false;
    epl_shape s = epl_typeof(*x).shape;
    int lead = s.rank - (int)(shape.count <= EPL_MAX_RANK ? shape.count : EPL_MAX_RANK + 1);
    bool fits = shape.at && shape.count > 0 && lead >= 0;
    for (size_t i = 0; fits && i < shape.count; i++)
        fits = shape.at[i] == s.dim[lead + (int)i];
    if (!fits) {
        epl__bad(*x, EPL_ERR_SHAPE,
                 "[%s] normalized_shape must be the last axes of input %s, got "
                 "%zu axes, the first of %lld",
                 op, epl__show(*x), shape.count,
                 shape.at && shape.count ? (long long)shape.at[0] : -1LL);
        return false;
    }
    *last = epl_shape_of(shape.count, &s.dim[lead]);
    return true;
}

/* v again for each of the leading axes of x. */
static epl_val for_each(epl_val v, epl_val x)
{
    return epl__spread(v, x, epl__all_axes(x) & ((INT64_C(1) << (epl_rank(x) - epl_rank(v))) - 1));
}

epl_val epl_op_layer_norm(const epl_layer_norm_args *a, const char *given)
{
    epl_val x = a->input;
    epl_shape last;
    double eps = epl__given(given, "eps") ? a->eps : 1e-5;
    if (!shape_in("layer_norm", &x, a->normalized_shape, &last) ||
        !epl__weight_in("layer_norm", "weight", a->weight, x, last) ||
        !epl__weight_in("layer_norm", "bias", a->bias, x, last))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x, "layer_norm");
    int64_t mask = epl__last_axes(x, last.rank);
    epl_val y = epl__unit(epl__centred(x, mask, false, NULL), mask, eps, EPL_NO_VAL);
    y = epl_is_none(a->weight) ? y : epl_mul(y, for_each(a->weight, y));
    y = epl_is_none(a->bias) ? y : epl_add(y, for_each(a->bias, y));
    epl__composite_end(x, before);
    return y;
}
static const epl_attr layer_table[] = {
    EPL_ARG(epl_layer_norm_args, input),
    EPL_ATTR_F(epl_layer_norm_args, normalized_shape, EPL_LIST, 0, 0, 9e18, 1, EPL_ATTR_REQUIRED),
    EPL_ARG_OPTIONAL(epl_layer_norm_args, weight),
    EPL_ARG_OPTIONAL(epl_layer_norm_args, bias),
    EPL_ATTR(epl_layer_norm_args, eps, EPL_NUMBER, 1e-5, -1e300, 1e300),
    EPL_ATTR_END};
EPL__OPERATION(layer_norm, "(x - mean) / sqrt(var + eps) weight + bias over the last axes",
               epl_layer_norm_args, layer_table);

epl_val epl_op_rms_norm(const epl_rms_norm_args *a, const char *given)
{
    epl_val x = a->input;
    epl_shape last;
    if (!shape_in("rms_norm", &x, a->normalized_shape, &last) ||
        !epl__weight_in("rms_norm", "weight", a->weight, x, last))
        return EPL_NO_VAL;
    double least = epl_typeof(x).dtype == EPL_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    double eps = epl__given(given, "eps") ? a->eps : least;
    uint32_t before = epl__composite(x, "rms_norm");
    epl_val y = epl__unit(x, epl__last_axes(x, last.rank), eps, EPL_NO_VAL);
    y = epl_is_none(a->weight) ? y : epl_mul(y, for_each(a->weight, y));
    epl__composite_end(x, before);
    return y;
}
static const epl_attr rms_table[] = {
    EPL_ARG(epl_rms_norm_args, input),
    EPL_ATTR_F(epl_rms_norm_args, normalized_shape, EPL_LIST, 0, 0, 9e18, 1, EPL_ATTR_REQUIRED),
    EPL_ARG_OPTIONAL(epl_rms_norm_args, weight),
    EPL_ATTR_F(epl_rms_norm_args, eps, EPL_NUMBER, 0, -1e300, 1e300, 1, EPL_ATTR_NONE),
    EPL_ATTR_END};
EPL__OPERATION(rms_norm, "x / sqrt(mean x^2 + eps) weight over the last axes", epl_rms_norm_args,
               rms_table);

epl_val epl_op_group_norm(const epl_group_norm_args *a, const char *given)
{
    epl_val x = a->input;
    double eps = epl__given(given, "eps") ? a->eps : 1e-5;
    if (!epl__float_in("group_norm", &x))
        return EPL_NO_VAL;
    epl_shape s = epl_typeof(x).shape;
    int64_t groups = a->num_groups;
    if (s.rank < 2 || groups < 1 || s.dim[1] % groups)
        return epl__bad(x, EPL_ERR_SHAPE,
                        "[group_norm] input %s must be [n, c, ...] with c a "
                        "multiple of num_groups, %lld",
                        epl__show(x), (long long)groups);
    epl_shape one = epl_shape_of(1, &s.dim[1]);
    if (!epl__weight_in("group_norm", "weight", a->weight, x, one) ||
        !epl__weight_in("group_norm", "bias", a->bias, x, one))
        return EPL_NO_VAL;
    int64_t each = s.dim[1] / groups * epl__product(s, 2, s.rank);
    if (s.dim[0] * each == 1)
        return epl__bad(x, EPL_ERR_SHAPE,
                        "[group_norm] statistics need more than one element a group, got input %s",
                        epl__show(x));
    uint32_t before = epl__composite(x, "group_norm");
    epl_val y = epl__reshape(x, epl_dims(s.dim[0], groups, each));
    y = epl__unit(epl__centred(y, 4, false, NULL), 4, eps, EPL_NO_VAL);
    y = epl__affine(epl__reshape(y, s), a->weight, a->bias, 1);
    epl__composite_end(x, before);
    return y;
}
static const epl_attr group_table[] = {
    EPL_ARG(epl_group_norm_args, input),
    EPL_ATTR_F(epl_group_norm_args, num_groups, EPL_INT, 0, 1, 9e18, 1, EPL_ATTR_REQUIRED),
    EPL_ARG_OPTIONAL(epl_group_norm_args, weight),
    EPL_ARG_OPTIONAL(epl_group_norm_args, bias),
    EPL_ATTR(epl_group_norm_args, eps, EPL_NUMBER, 1e-5, -1e300, 1e300),
    EPL_ATTR_END};
EPL__OPERATION(group_norm,
               "(x - mean) / sqrt(var + eps) weight + bias, a group of channels at a time",
               epl_group_norm_args, group_table);
