/* linear.c -- Linear: y = x weight' + bias, on the last axis. */
#include <espalier/espalier.h>
#include <math.h>

static epl_val apply(epl_ctx *c, const void *args, epl_val x)
{
    const epl_nn_linear_args *a = args;
    char text[EPL_TYPE_TEXT];
    if (epl_rank(x) < 1)
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "Linear takes [..., features], got %s",
                            epl_type_text(epl_typeof(x), text));
    int64_t in = epl_size(c, "in_features", epl_dim(x, -1));
    double bound = in > 0 ? 1 / sqrt((double)in) : 0;
    epl_initialiser init = epl_init_uniform(-bound, bound);
    epl_val weight = epl_param(c, "weight", EPL_WEIGHT, epl_dims(a->out_features, in), init);
    epl_val bias = EPL_NO_VAL;
    if (a->bias)
        bias = epl_param(c, "bias", EPL_BIAS, epl_dims(a->out_features), init);
    return epl_linear(x, weight, .bias = bias);
}

static const epl_attr attrs[] = {
    EPL_ATTR_F(epl_nn_linear_args, out_features, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_REQUIRED),
    EPL_ATTR_F(epl_nn_linear_args, in_features, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_OPEN),
    EPL_ATTR(epl_nn_linear_args, bias, EPL_BOOLEAN, 1, 0, 1), EPL_ATTR_END};
const epl_kind epl_kind_linear = {.name = "Linear",
                                  .version = 1,
                                  .args_size = sizeof(epl_nn_linear_args),
                                  .attrs = attrs,
                                  .apply = apply,
                                  .doc = "y = x weight' + bias"};
