/* conv.c -- convolutions: one conv node; groups are a batch axis of it.
 *
 * conv1d, conv2d and conv3d differ in the number of spatial axes alone.
 */
#include <string.h>
#include "../product/product.h"
#include "conv.h"

epl_val epl__conv_grouped(epl_val v, int axis, int64_t groups)
{
    epl_shape s = epl_typeof(v).shape;
    if (groups == 1 || !v.graph)
        return v;
    s.dim[axis] /= groups;
    return epl__move_axis(epl__reshape(v, epl__shape_insert(s, axis, groups)), axis, 0);
}

/* [g, n, c, s...] -> [n, g c, s...] */
static epl_val ungrouped(epl_val v, int64_t g)
{
    if (g == 1 || !v.graph)
        return v;
    v = epl__move_axis(v, 0, 1);
    epl_shape s = epl_typeof(v).shape;
    s.dim[1] *= s.dim[2];
    return epl__reshape(v, epl__shape_without(s, 4));
}

/* bias [o] for [n, o, s...]. */
static epl_val with_bias(const epl__on_space *o, epl_val y, epl_val bias)
{
    if (!bias.graph || !y.graph)
        return y;
    if (!epl__same_dtype(o->op, epl_list(y, bias).at, 2))
        return EPL_NO_VAL;
    epl_shape s = epl_typeof(bias).shape, column = {.rank = o->axes + 1};
    if (s.rank != 1 || s.dim[0] != epl_dim(y, 1))
        return epl__bad(y, EPL_ERR_SHAPE, "[%s] bias %s is expected to have %lld entries", o->op,
                        epl__show(bias), (long long)epl_dim(y, 1));
    for (int i = 0; i < column.rank; i++)
        column.dim[i] = i ? 1 : s.dim[0];
    return epl_add(y, epl__reshape(bias, column));
}

bool epl__conv_fits(const epl__on_space *o, epl_val weight, int64_t groups, bool transposed)
{
    if (!epl__same_dtype(o->op, epl_list(o->x, weight).at, 2) || !epl__space_fits(o))
        return false;
    epl_shape w = epl_typeof(weight).shape;
    int64_t channels = epl_dim(o->x, -o->axes - 1);
    const char *layout = transposed ? "[c, o / groups, k...]" : "[o, c / groups, k...]";
    if (!epl_dtype_is_float(epl_typeof(weight).dtype))
        epl__bad(o->x, EPL_ERR_DTYPE, "[%s] floats are expected, got %s", o->op, epl__show(o->x));
    else if (w.rank != o->axes + 2 || !epl__space_countable(w, o->axes))
        epl__bad(o->x, EPL_ERR_SHAPE, "[%s] weight %s of %d axes is expected, got %s", o->op,
                 layout, o->axes + 2, epl__show(weight));
    else if (groups < 1 || w.dim[0] % groups)
        epl__bad(o->x, EPL_ERR_ARG, "[%s] \"groups\" must be positive and divide %lld, got %lld",
                 o->op, (long long)w.dim[0], (long long)groups);
    else if (transposed ? channels != w.dim[0] : channels % groups || channels / groups != w.dim[1])
        epl__bad(o->x, EPL_ERR_SHAPE, "[%s] input %s has %lld channels, weight %s expects %lld",
                 o->op, epl__show(o->x), (long long)channels, epl__show(weight),
                 (long long)(transposed ? w.dim[0] : w.dim[1] * groups));
    else
        return true;
    return false;
}

epl_val epl__conv_build(const epl__on_space *o, const epl__conv_attrs *c, epl_val weight,
                        epl_val bias, int64_t groups)
{
    epl_val x = epl__conv_grouped(epl__space_lead(o), 1, groups);
    if (!x.graph || !weight.graph)
        return EPL_NO_VAL;
    epl_val y = ungrouped(epl_op(&epl__prim_conv, epl_list(x, weight), c), groups);
    return epl__space_unlead(o, with_bias(o, y, bias));
}

/* pad_lo and pad_hi from the list or the word. */
static bool padded(const epl__on_space *o, const epl_conv_args *a, epl__conv_attrs *c)
{
    const char *word = a->padding_rule;
    bool same = word && !strcmp(word, "same");
    if (!word && !epl__space_list(o, "padding", a->padding, c->pad_lo))
        return false;
    if (word && !same && strcmp(word, "valid")) {
        epl__bad(o->x, EPL_ERR_ARG, "[%s] \"padding\" must be \"same\" or \"valid\", got \"%s\"",
                 o->op, word);
        return false;
    }
    for (int i = 0; i < o->axes; i++) {
        int64_t all = (epl_dim(a->weight, i + 2) - 1) * c->dilation[i];
        if (same && c->stride[i] != 1) {
            epl__bad(o->x, EPL_ERR_ARG, "[%s] padding \"same\" needs a stride of 1", o->op);
            return false;
        }
        if (same)
            c->pad_lo[i] = all / 2;
        c->pad_hi[i] = same ? all - all / 2 : c->pad_lo[i];
    }
    return true;
}

static epl_val conv(const char *op, int axes, const epl_conv_args *a, const char *given)
{
    epl__on_space o = {op, a->input, axes, given};
    epl__conv_attrs c = {.spatial = axes};
    int64_t groups = epl__given(given, "groups") ? a->groups : 1;
    if (!epl__conv_fits(&o, a->weight, groups, false) ||
        !epl__space_sizes(&o, "stride", a->stride, epl__space_ones, c.stride) ||
        !epl__space_sizes(&o, "dilation", a->dilation, epl__space_ones, c.dilation) ||
        !padded(&o, a, &c))
        return EPL_NO_VAL;
    for (int i = 0; i < axes; i++) {
        int64_t k = epl_dim(a->weight, i + 2), n = epl_dim(a->input, i - axes);
        c.in_dilation[i] = 1;
        if (k < 1 || n + c.pad_lo[i] + c.pad_hi[i] < (k - 1) * c.dilation[i] + 1)
            return epl__bad(a->input, EPL_ERR_SHAPE,
                            "[%s] weight %s is larger than input %s with padding %lld", op,
                            epl__show(a->weight), epl__show(a->input), (long long)c.pad_lo[i]);
    }
    return epl__conv_build(&o, &c, epl__conv_grouped(a->weight, 0, groups), a->bias, groups);
}

#define CONV(n)                                                                                   \
    epl_val epl_op_conv##n##d(const epl_conv_args *a, const char *given)                          \
    {                                                                                             \
        return conv("conv" #n "d", n, a, given);                                                  \
    }                                                                                             \
    static const epl_attr conv##n##d_table[] = {                                                  \
        EPL_ARG(epl_conv_args, input),                                                            \
        EPL_ARG(epl_conv_args, weight),                                                           \
        EPL_ARG_OPTIONAL(epl_conv_args, bias),                                                    \
        EPL_ATTR_N(epl_conv_args, stride, n, 1, 1, INT32_MAX),                                    \
        EPL_ATTR_F(epl_conv_args, padding, EPL_LIST, 0, 0, INT32_MAX, 1, 0),                      \
        {"padding", EPL_STRING, offsetof(epl_conv_args, padding_rule), 0, 0, 0, 1, EPL_ATTR_NONE, \
         NULL},                                                                                   \
        EPL_ATTR_N(epl_conv_args, dilation, n, 1, 1, INT32_MAX),                                  \
        EPL_ATTR(epl_conv_args, groups, EPL_INT, 1, 1, INT32_MAX),                                \
        EPL_ATTR_END};                                                                            \
    EPL__OPERATION(conv##n##d,                                                                    \
                   "y[n, o, i] = sum x[n, c, i stride + t dilation - padding] "                   \
                   "w[o, c, t] + b[o]",                                                           \
                   epl_conv_args, conv##n##d_table)
CONV(1);
CONV(2);
CONV(3);
