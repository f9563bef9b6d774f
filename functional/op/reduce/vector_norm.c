/* vector_norm: y = (sum |x|^p)^(1/p) over the axes of dim; p 0 counts what is not 0, p inf
 * and -inf are the greatest and least |x|. Where the norm is not smooth (0, and elements
 * of 0) derivatives are 0, as in torch. Numbers are first divided by a power of two near the
 * greatest, so that no power overflows or vanishes that the norm does not. */
#include <math.h>
#include "reducing.h"

/* |x|^p with derivative 0 at 0. */
static epl_val power(epl_val x, double p)
{
    bool even = p > 0 && p < 64 && fmod(p, 2) == 0;
    if (even)
        return p == 2 ? epl_square(x) : epl_pow(x, epl_num(p));
    epl_val zero = epl_eq(x, epl_num(0));
    epl_val a = epl_abs(epl__select(zero, epl__like(x, 1), x));
    return epl__select(zero, epl__like(x, p > 0 ? 0 : INFINITY), epl_pow(a, epl_num(p)));
}

static epl_val root(epl_val sum, double p)
{
    if (p == 2)
        return epl__sqrt_safe(sum);
    epl_val zero = epl_eq(sum, epl_num(0));
    epl_val y = epl_pow(epl__select(zero, epl__like(sum, 1), sum), epl_num(1 / p));
    return epl__select(zero, epl__like(sum, p > 0 ? 0 : INFINITY), y);
}

epl_val epl__magnitude(epl_val x, int64_t mask)
{
    epl_type t = epl_typeof(x);
    if (epl_is_none(x) || !epl_count(t))
        return EPL_NO_VAL;
    epl_val m = epl__amax(epl_abs(epl_stop_gradient(x)), mask);
    epl_val usual = epl_logical_and(epl_gt(m, epl_num(0)), epl_lt(m, epl_num(INFINITY)));
    epl_val power = epl_floor(epl_log2(epl__select(usual, m, epl__like(m, 1))));
    return epl_exp2(epl_maximum(power, epl_num(t.dtype == EPL_F64 ? -1000 : -120)));
}

epl_val epl__norm(epl_val x, double p, int64_t mask)
{
    if (epl_is_none(x))
        return x;
    if (p == 0)
        return epl__sum(epl__cast(epl_ne(x, epl_num(0)), epl_typeof(x).dtype), mask);
    if (isinf(p))
        return p > 0 ? epl__amax(epl_abs(x), mask) : epl__amin(epl_abs(x), mask);
    if (p == 1 || !mask)
        return epl__sum(epl_abs(x), mask);
    epl_val m = epl__magnitude(x, mask);
    if (epl_is_none(m))
        return root(epl__sum(power(x, p), mask), p);
    epl_val y = root(epl__sum(power(epl_div(x, epl__spread(m, x, mask)), p), mask), p);
    return epl_mul(y, m);
}

epl_val epl_op_vector_norm(const epl_vector_norm_args *a, const char *given)
{
    epl_val x = a->input;
    int64_t mask;
    double p = epl__given(given, "ord") ? a->ord : 2;
    if (!epl__dtype_in("vector_norm", &x, a->dtype, given) || !epl__only_float("vector_norm", x) ||
        !epl__axes_in("vector_norm", x, a->dim, given, false, &mask))
        return EPL_NO_VAL;
    epl_shape s = epl_typeof(x).shape;
    if ((p < 0 || isinf(p)) && epl__terms(s, mask) == 0)
        return epl__bad(x, EPL_ERR_SHAPE,
                        "[vector_norm] the norm of order %g of no elements (%s) does not exist", p,
                        epl__show(x));
    uint32_t before = epl__composite(x, "vector_norm");
    epl_val y = epl__norm(x, p, mask);
    epl__composite_end(x, before);
    return a->keepdim ? epl__keep(y, s, mask) : y;
}
static const epl_attr table[] = {
    EPL_ARG(epl_vector_norm_args, input),
    EPL_ATTR_F(epl_vector_norm_args, ord, EPL_NUMBER, 2, -INFINITY, INFINITY, 1, EPL_ATTR_NONE),
    EPL__ARG_DIM(epl_vector_norm_args),
    EPL__ARG_KEEPDIM(epl_vector_norm_args),
    EPL__ARG_DTYPE(epl_vector_norm_args),
    EPL_ATTR_END};
EPL__OPERATION(vector_norm, "y = (sum |x|^ord)^(1/ord) over the axes of dim", epl_vector_norm_args,
               table);
