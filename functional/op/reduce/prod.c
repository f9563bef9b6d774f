/* prod: a tree of products over the axes of dim: no division, so that zeros are exact at
 * every order. Of nothing: 1. */
#include "reducing.h"

/* x with the axes of the mask flattened into a first one. */
static epl_val lines_first(epl_val x, int64_t mask)
{
    int axis[EPL_MAX_RANK], n = 0;
    epl_shape s = epl_typeof(x).shape, kept = epl__shape_without(s, mask);
    for (int want = 1; want >= 0; want--)
        for (int i = 0; i < s.rank; i++)
            if ((mask >> i & 1) == want)
                axis[n++] = i;
    int64_t terms = epl__terms(s, mask);
    return epl__reshape(epl__permute(x, axis), epl__shape_insert(kept, 0, terms));
}

static epl_val product(epl_val x)
{
    int64_t n = epl_dim(x, 0);
    epl_val rest = EPL_NO_VAL;
    for (; n > 1; n /= 2) {
        int64_t half = n / 2;
        if (n % 2) {
            epl_val last = epl__slice(x, 0, n - 1, 1, 1);
            rest = epl_is_none(rest) ? last : epl_mul(rest, last);
        }
        x = epl_mul(epl__slice(x, 0, 0, half, 1), epl__slice(x, 0, half, half, 1));
    }
    return epl_is_none(rest) ? x : epl_mul(x, rest);
}

epl_val epl_op_prod(const epl_sum_args *a, const char *given)
{
    epl_val x = a->input;
    int64_t mask;
    if (!epl__dtype_in("prod", &x, a->dtype, given) ||
        !epl__axes_in("prod", x, a->dim, given, false, &mask))
        return EPL_NO_VAL;
    if (!epl_dtype_is_float(epl_typeof(x).dtype) && !epl__given(given, "dtype"))
        x = epl__cast(x, EPL_I64);
    uint32_t before = epl__composite(x, "prod");
    epl_shape s = epl_typeof(x).shape;
    epl_val y;
    if (epl__terms(s, mask) == 0)
        y = epl__full(x, epl_typeof(x).dtype, epl__shape_without(s, mask), 1);
    else
        y = epl__reshape(product(lines_first(x, mask)), epl__shape_without(s, mask));
    y = a->keepdim ? epl__keep(y, s, mask) : y;
    epl__composite_end(y, before);
    return epl__own(y, a->input);
}
static const epl_attr table[] = {EPL_ARG(epl_sum_args, input), EPL__ARG_DIM(epl_sum_args),
                                 EPL__ARG_KEEPDIM(epl_sum_args), EPL__ARG_DTYPE(epl_sum_args),
                                 EPL_ATTR_END};
EPL__OPERATION(prod, "y = product of x over the axes of dim", epl_sum_args, table);
