/* layer_norm.c -- LayerNorm: over the last axes of each sample. */
#include <espalier/espalier.h>

static epl_val apply(epl_ctx *c, const void *args, epl_val x)
{
    const epl_nn_layer_norm_args *a = args;
    int64_t last = epl_dim(x, -1);
    char text[EPL_TYPE_TEXT];
    if (epl_rank(x) < 1)
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "LayerNorm takes [..., features], got %s",
                            epl_type_text(epl_typeof(x), text));
    epl_ints sizes = epl_sizes(c, "normalized_shape", (epl_ints){1, &last});
    epl_shape shape = epl_shape_of(sizes.count, sizes.at);
    epl_val weight = EPL_NO_VAL, bias = EPL_NO_VAL;
    if (a->elementwise_affine)
        weight = epl_param(c, "weight", EPL_NORM, shape, epl_init_full(1));
    if (a->elementwise_affine && a->bias)
        bias = epl_param(c, "bias", EPL_NORM, shape, epl_init_full(0));
    return epl_layer_norm(x, sizes, .weight = weight, .bias = bias, .eps = a->eps);
}

static const epl_attr attrs[] = {
    EPL_ATTR_F(epl_nn_layer_norm_args, normalized_shape, EPL_LIST, 0, 1, 1e15, EPL_MAX_RANK,
               EPL_ATTR_OPEN),
    EPL_ATTR(epl_nn_layer_norm_args, eps, EPL_NUMBER, 1e-5, 0, 1e300),
    EPL_ATTR(epl_nn_layer_norm_args, elementwise_affine, EPL_BOOLEAN, 1, 0, 1),
    EPL_ATTR(epl_nn_layer_norm_args, bias, EPL_BOOLEAN, 1, 0, 1), EPL_ATTR_END};
const epl_kind epl_kind_layer_norm = {
    .name = "LayerNorm",
    .version = 1,
    .args_size = sizeof(epl_nn_layer_norm_args),
    .attrs = attrs,
    .apply = apply,
    .doc = "y = (x - mean) / sqrt(var + eps) weight + bias over the last axes"};
