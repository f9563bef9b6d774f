/* conv_transpose.c -- the transpose of a convolution in its input: one conv node, in which the
 * stride spreads the input and the window is read backwards. Groups are a batch axis of it.
 */
#include "conv.h"

/* The pads of the conv; false if the arguments leave no room for a result. */
static bool padded(const epl__on_space *o, const epl_conv_transpose_args *a, epl__conv_attrs *c)
{
    int64_t pad[EPL__SPATIAL], more[EPL__SPATIAL];
    if (!epl__space_list(o, "padding", a->padding, pad) ||
        !epl__space_list(o, "output_padding", a->output_padding, more))
        return false;
    for (int i = 0; i < o->axes; i++) {
        int64_t wide = (epl_dim(a->weight, i + 2) - 1) * c->dilation[i],
                n = epl_dim(o->x, i - o->axes);
        if (more[i] >= c->in_dilation[i] && more[i] >= c->dilation[i]) {
            epl__bad(o->x, EPL_ERR_ARG,
                     "[%s] \"output_padding\" %lld must be less than the stride or the dilation",
                     o->op, (long long)more[i]);
            return false;
        }
        c->stride[i] = 1;
        c->pad_lo[i] = wide - pad[i];
        c->pad_hi[i] = wide - pad[i] + more[i];
        if (n < 1 || wide < 0 || (n - 1) * c->in_dilation[i] + wide + 1 + more[i] <= 2 * pad[i]) {
            epl__bad(o->x, EPL_ERR_SHAPE, "[%s] input %s and weight %s leave no result", o->op,
                     epl__show(o->x), epl__show(a->weight));
            return false;
        }
    }
    return true;
}

static epl_val conv_transpose(const char *op, int axes, const epl_conv_transpose_args *a,
                              const char *given)
{
    epl__on_space o = {op, a->input, axes, given};
    epl__conv_attrs c = {.spatial = axes, .flip = 1};
    int64_t groups = epl__given(given, "groups") ? a->groups : 1;
    if (!epl__conv_fits(&o, a->weight, groups, true) ||
        !epl__space_sizes(&o, "stride", a->stride, epl__space_ones, c.in_dilation) ||
        !epl__space_sizes(&o, "dilation", a->dilation, epl__space_ones, c.dilation) ||
        !padded(&o, a, &c))
        return EPL_NO_VAL;
    epl_val w = epl__conv_grouped(a->weight, 0, groups); /* [g, c, o, k...] */
    int lead = groups > 1;
    return epl__conv_build(&o, &c, epl__move_axis(w, lead, lead + 1), a->bias, groups);
}

#define CONV_TRANSPOSE(n)                                                                       \
    epl_val epl_op_conv_transpose##n##d(const epl_conv_transpose_args *a, const char *given)    \
    {                                                                                           \
        return conv_transpose("conv_transpose" #n "d", n, a, given);                            \
    }                                                                                           \
    static const epl_attr conv_transpose##n##d_table[] = {                                      \
        EPL_ARG(epl_conv_transpose_args, input),                                                \
        EPL_ARG(epl_conv_transpose_args, weight),                                               \
        EPL_ARG_OPTIONAL(epl_conv_transpose_args, bias),                                        \
        EPL_ATTR_N(epl_conv_transpose_args, stride, n, 1, 1, INT32_MAX),                        \
        EPL_ATTR_F(epl_conv_transpose_args, padding, EPL_LIST, 0, 0, INT32_MAX, 1, 0),          \
        EPL_ATTR_F(epl_conv_transpose_args, output_padding, EPL_LIST, 0, 0, INT32_MAX, 1, 0),   \
        EPL_ATTR(epl_conv_transpose_args, groups, EPL_INT, 1, 1, INT32_MAX),                    \
        EPL_ATTR_N(epl_conv_transpose_args, dilation, n, 1, 1, INT32_MAX),                      \
        EPL_ATTR_END};                                                                          \
    EPL__OPERATION(conv_transpose##n##d,                                                        \
                   "y[n, o, i stride + t dilation - padding] += x[n, c, i] w[c, o, t]; + b[o]", \
                   epl_conv_transpose_args, conv_transpose##n##d_table)
CONV_TRANSPOSE(1);
CONV_TRANSPOSE(2);
CONV_TRANSPOSE(3);
