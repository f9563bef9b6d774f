/* group_norm.c -- GroupNorm: over groups of channels of each sample. */
#include <espalier/espalier.h>

static epl_val apply(epl_ctx *c, const void *args, epl_val x)
{
    const epl_nn_group_norm_args *a = args;
    char text[EPL_TYPE_TEXT];
    if (epl_rank(x) < 2)
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "GroupNorm takes [n, c, ...], got %s",
                            epl_type_text(epl_typeof(x), text));
    int64_t n = epl_size(c, "num_channels", epl_dim(x, 1));
    if (n % a->num_groups)
        return epl_ctx_fail(c, EPL_ERR_ARG,
                            "\"num_groups\" must divide the %lld channels, got %lld", (long long)n,
                            (long long)a->num_groups);
    epl_val weight = EPL_NO_VAL, bias = EPL_NO_VAL;
    if (a->affine) {
        weight = epl_param(c, "weight", EPL_NORM, epl_dims(n), epl_init_full(1));
        bias = epl_param(c, "bias", EPL_NORM, epl_dims(n), epl_init_full(0));
    }
    return epl_group_norm(x, a->num_groups, .weight = weight, .bias = bias, .eps = a->eps);
}

static const epl_attr attrs[] = {
    EPL_ATTR_F(epl_nn_group_norm_args, num_groups, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_REQUIRED),
    EPL_ATTR_F(epl_nn_group_norm_args, num_channels, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_OPEN),
    EPL_ATTR(epl_nn_group_norm_args, eps, EPL_NUMBER, 1e-5, 0, 1e300),
    EPL_ATTR(epl_nn_group_norm_args, affine, EPL_BOOLEAN, 1, 0, 1), EPL_ATTR_END};
const epl_kind epl_kind_group_norm = {
    .name = "GroupNorm",
    .version = 1,
    .args_size = sizeof(epl_nn_group_norm_args),
    .attrs = attrs,
    .apply = apply,
    .doc = "y = (x - mean) / sqrt(var + eps) weight + bias over groups of channels"};
