/* conv.c -- Conv1d, Conv2d, Conv3d: they differ in the number of spatial axes alone.
 *
 * Paddings other than zeros are put around the input first; then the convolution has none.
 */
#include <espalier/espalier.h>
#include <math.h>
#include <string.h>

/* What the three structs have in common; sizes stand in arrays of `axes` entries. */
typedef struct {
    const char *name;
    int axes;
    int64_t out, groups;
    const int64_t *kernel, *stride, *padding, *dilation;
    const char *rule, *mode;
    bool bias;
} conv;

/* The input with its padding around it, as torch pads before a convolution. */
static epl_val padded(const conv *v, epl_val x)
{
    int64_t pad[6];
    for (int i = 0; i < v->axes; i++) { /* the last axis comes first */
        int at = 2 * (v->axes - 1 - i);
        int64_t all = v->dilation[i] * (v->kernel[i] - 1);
        bool same = v->rule && !strcmp(v->rule, "same");
        pad[at] = same ? all / 2 : v->rule ? 0 : v->padding[i];
        pad[at + 1] = same ? all - all / 2 : pad[at];
    }
    epl_ints list = {2 * (size_t)v->axes, pad};
    return epl_pad(x, list, .mode = v->mode);
}

static epl_val convolved(const conv *v, epl_val x, epl_val weight, epl_val bias)
{
    bool zeros = !strcmp(v->mode, "zeros");
    epl_conv_args a = {.weight = weight, .bias = bias, .groups = v->groups};
    for (int i = 0; i < v->axes; i++) {
        a.stride[i] = v->stride[i];
        a.dilation[i] = v->dilation[i];
    }
    if (zeros && v->rule)
        a.padding_rule = v->rule;
    else if (zeros)
        a.padding = (epl_ints){(size_t)v->axes, v->padding};
    a.input = zeros ? x : padded(v, x);
    const char *given = "bias stride padding dilation groups";
    return v->axes == 1   ? epl_op_conv1d(&a, given)
           : v->axes == 2 ? epl_op_conv2d(&a, given)
                          : epl_op_conv3d(&a, given);
}

static epl_val apply(epl_ctx *c, const conv *v, epl_val x)
{
    static const char *const space[] = {"", "l", "h, w", "d, h, w"};
    char text[EPL_TYPE_TEXT];
    int rank = epl_rank(x);
    if (rank != v->axes + 1 && rank != v->axes + 2)
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "%s takes [n, c, %s] or [c, %s], got %s", v->name,
                            space[v->axes], space[v->axes], epl_type_text(epl_typeof(x), text));
    int64_t in = epl_size(c, "in_channels", epl_dim(x, -1 - v->axes));
    if (in % v->groups || v->out % v->groups)
        return epl_ctx_fail(c, EPL_ERR_ARG,
                            "\"groups\" must divide the %lld channels that come in and the %lld "
                            "that go out, got %lld",
                            (long long)in, (long long)v->out, (long long)v->groups);
    int64_t size[5] = {v->out, in / v->groups};
    double fan = (double)size[1];
    for (int i = 0; i < v->axes; i++) {
        size[i + 2] = v->kernel[i];
        fan *= (double)v->kernel[i];
    }
    double bound = fan > 0 ? 1 / sqrt(fan) : 0;
    epl_initialiser init = epl_init_uniform(-bound, bound);
    epl_shape shape = epl_shape_of((size_t)v->axes + 2, size);
    epl_val weight = epl_param(c, "weight", EPL_WEIGHT, shape, init);
    epl_val bias = EPL_NO_VAL;
    if (v->bias)
        bias = epl_param(c, "bias", EPL_BIAS, epl_dims(v->out), init);
    return convolved(v, x, weight, bias);
}

#define CONV(n)                                                                                  \
    static epl_val apply##n(epl_ctx *c, const void *args, epl_val x)                             \
    {                                                                                            \
        const epl_nn_conv##n##d_args *a = args;                                                  \
        conv v = {"Conv" #n "d", n,          a->out_channels, a->groups,       a->kernel_size,   \
                  a->stride,     a->padding, a->dilation,     a->padding_rule, a->padding_mode,  \
                  a->bias};                                                                      \
        return apply(c, &v, x);                                                                  \
    }                                                                                            \
    static const epl_attr attrs##n[] = {                                                         \
        EPL_ATTR_F(epl_nn_conv##n##d_args, out_channels, EPL_INT, 0, 1, 1e15, 1,                 \
                   EPL_ATTR_REQUIRED),                                                           \
        EPL_ATTR_F(epl_nn_conv##n##d_args, kernel_size, EPL_INTS, 0, 1, 1e9, n,                  \
                   EPL_ATTR_REQUIRED),                                                           \
        EPL_ATTR_N(epl_nn_conv##n##d_args, stride, n, 1, 1, 1e9),                                \
        EPL_ATTR_N(epl_nn_conv##n##d_args, padding, n, 0, 0, 1e9),                               \
        EPL_ATTR_N(epl_nn_conv##n##d_args, dilation, n, 1, 1, 1e9),                              \
        EPL_ATTR(epl_nn_conv##n##d_args, groups, EPL_INT, 1, 1, 1e15),                           \
        EPL_ATTR_F(epl_nn_conv##n##d_args, in_channels, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_OPEN),  \
        {"padding", EPL_STRING, offsetof(epl_nn_conv##n##d_args, padding_rule), 0, 0, 0, 1,      \
         EPL_ATTR_NONE, "same|valid"},                                                           \
        EPL_ATTR(epl_nn_conv##n##d_args, bias, EPL_BOOLEAN, 1, 0, 1),                            \
        EPL_ATTR_WORD(epl_nn_conv##n##d_args, padding_mode, "zeros|reflect|replicate|circular"), \
        EPL_ATTR_END};                                                                           \
    const epl_kind epl_kind_conv##n##d = {                                                       \
        .name = "Conv" #n "d",                                                                   \
        .version = 1,                                                                            \
        .args_size = sizeof(epl_nn_conv##n##d_args),                                             \
        .attrs = attrs##n,                                                                       \
        .apply = apply##n,                                                                       \
        .doc = "y[n, o, i] = sum x[n, c, i stride + t dilation - padding] weight[o, c, t] + "    \
               "bias[o]"}
CONV(1);
CONV(2);
CONV(3);
