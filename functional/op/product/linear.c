/* linear.c -- linear maps with a bias: one dot, or two, and a sum. */
#include <string.h>
#include "product.h"

/* "abc...": a label for each of n leading axes. */
static char *lead_labels(char *to, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = (char)('a' + i);
    return to + n;
}

static epl_val with_bias(const char *op, epl_val y, epl_val bias)
{
    if (!bias.graph || !y.graph)
        return y;
    if (!epl__same_dtype(op, epl_list(y, bias).at, 2))
        return EPL_NO_VAL;
    int64_t n = epl_dim(y, -1);
    if (epl_rank(bias) > 1 ||
        (epl_rank(bias) == 1 && epl_dim(bias, 0) != n && epl_dim(bias, 0) != 1))
        return epl__bad(y, EPL_ERR_SHAPE, "[%s] bias %s does not fit the result %s", op,
                        epl__show(bias), epl__show(y));
    return epl_add(y, bias);
}

/* weight[o, i], or [i] for one number a row. */
epl_val epl_op_linear(const epl_affine_args *a, const char *given)
{
    char lx[EPL_MAX_RANK + 4] = {0}, out[EPL_MAX_RANK + 4] = {0};
    epl_shape x = epl_typeof(a->input).shape, w = epl_typeof(a->weight).shape;
    bool matrix = w.rank == 2;
    (void)given;
    if (!epl__same_dtype("linear", epl_list(a->input, a->weight).at, 2))
        return EPL_NO_VAL;
    if (x.rank < 1 || w.rank < 1 || w.rank > 2)
        return epl__bad(
            a->input, EPL_ERR_SHAPE,
            "[linear] input [..., in] and weight [out, in] or [in] are expected, got %s "
            "and %s",
            epl__show(a->input), epl__show(a->weight));
    if (x.dim[x.rank - 1] != w.dim[w.rank - 1])
        return epl__bad(a->input, EPL_ERR_SHAPE,
                        "[linear] input %s has %lld features, weight %s expects %lld",
                        epl__show(a->input), (long long)epl_dim(a->input, -1), epl__show(a->weight),
                        (long long)epl_dim(a->weight, -1));
    strcpy(lead_labels(lx, x.rank - 1), "x");
    strcpy(lead_labels(out, x.rank - 1), matrix ? "y" : "");
    epl_val y = epl__contract(a->input, lx, a->weight, matrix ? "yx" : "x", out);
    return with_bias("linear", y, a->bias);
}
static const epl_attr linear_table[] = {EPL_ARG(epl_affine_args, input),
                                        EPL_ARG(epl_affine_args, weight),
                                        EPL_ARG_OPTIONAL(epl_affine_args, bias), EPL_ATTR_END};
EPL__OPERATION(linear, "y[..., o] = sum x[..., i] w[o, i] + b[o]", epl_affine_args, linear_table);

epl_val epl_op_bilinear(const epl_bilinear_args *a, const char *given)
{
    char l1[EPL_MAX_RANK + 4] = {0}, l2[EPL_MAX_RANK + 4] = {0}, mid[EPL_MAX_RANK + 4] = {0},
                           out[EPL_MAX_RANK + 4] = {0};
    epl_shape x1 = epl_typeof(a->input1).shape, x2 = epl_typeof(a->input2).shape;
    epl_shape w = epl_typeof(a->weight).shape;
    (void)given;
    if (!epl__same_dtype("bilinear", epl_list(a->input1, a->input2, a->weight).at, 3))
        return EPL_NO_VAL;
    int lead = x1.rank - 1;
    bool fit = x1.rank == x2.rank && lead >= 0 && w.rank == 3 && x1.dim[lead] == w.dim[1] &&
               x2.dim[lead] == w.dim[2];
    for (int i = 0; i < lead && fit; i++)
        fit = x1.dim[i] == x2.dim[i];
    if (!fit)
        return epl__bad(
            a->input1, EPL_ERR_SHAPE,
            "[bilinear] [..., i], [..., j] and [o, i, j] are expected, got %s, %s and %s",
            epl__show(a->input1), epl__show(a->input2), epl__show(a->weight));
    strcpy(lead_labels(l1, lead), "x");
    strcpy(lead_labels(l2, lead), "y");
    strcpy(lead_labels(mid, lead), "oy");
    strcpy(lead_labels(out, lead), "o");
    epl_val y = epl__contract(a->input1, l1, a->weight, "oxy", mid);
    return with_bias("bilinear", epl__contract(y, mid, a->input2, l2, out), a->bias);
}
static const epl_attr bilinear_table[] = {
    EPL_ARG(epl_bilinear_args, input1), EPL_ARG(epl_bilinear_args, input2),
    EPL_ARG(epl_bilinear_args, weight), EPL_ARG_OPTIONAL(epl_bilinear_args, bias), EPL_ATTR_END};
EPL__OPERATION(bilinear, "y[..., o] = sum x1[..., i] w[o, i, j] x2[..., j] + b[o]",
               epl_bilinear_args, bilinear_table);
