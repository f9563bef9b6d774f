/* mean: sum / n over the axes of dim; of nothing: NaN. */
#include "reducing.h"

epl_val epl__mean(epl_val x, int64_t mask)
{
    double n = (double)epl__terms(epl_typeof(x).shape, mask);
    return epl_div(epl__sum(x, mask), epl_num(n));
}

epl_val epl_op_mean(const epl_sum_args *a, const char *given)
{
    epl_val x = a->input;
    int64_t mask;
    if (!epl__dtype_in("mean", &x, a->dtype, given) || !epl__only_float("mean", x) ||
        !epl__axes_in("mean", x, a->dim, given, false, &mask))
        return EPL_NO_VAL;
    epl_val y = epl__mean(x, mask);
    return a->keepdim ? epl__keep(y, epl_typeof(x).shape, mask) : y;
}
static const epl_attr table[] = {EPL_ARG(epl_sum_args, input), EPL__ARG_DIM(epl_sum_args),
                                 EPL__ARG_KEEPDIM(epl_sum_args), EPL__ARG_DTYPE(epl_sum_args),
                                 EPL_ATTR_END};
EPL__OPERATION(mean, "y = sum of x over the axes of dim, by their number", epl_sum_args, table);
