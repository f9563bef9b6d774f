/* any, all, count_nonzero: what is not zero. u8 stays u8 in any and all, as in torch. */
#include "reducing.h"

static epl_val tested(const char *op, const epl_reduce_args *a, const char *given,
                      epl_val (*reduce)(epl_val x, int64_t mask))
{
    epl_val x = a->input;
    int64_t mask;
    if (!epl__align(op, &x, 1, EPL__COMPUTE) || !epl__axes_in(op, x, a->dim, given, true, &mask))
        return EPL_NO_VAL;
    epl_type t = epl_typeof(x);
    epl_val y = reduce(epl__cast(x, EPL_BOOL), mask);
    if (t.dtype == EPL_U8)
        y = epl__cast(y, EPL_U8);
    return epl__own(a->keepdim ? epl__keep(y, t.shape, mask) : y, a->input);
}

epl_val epl_op_any(const epl_reduce_args *a, const char *given)
{
    return tested("any", a, given, epl__amax);
}
EPL__OPERATION(any, "y = whether some x is not 0 over the axes of dim", epl_reduce_args,
               epl__reduce_args_table);

epl_val epl_op_all(const epl_reduce_args *a, const char *given)
{
    return tested("all", a, given, epl__amin);
}
EPL__OPERATION(all, "y = whether every x is not 0 over the axes of dim", epl_reduce_args,
               epl__reduce_args_table);

epl_val epl_op_count_nonzero(const epl_count_nonzero_args *a, const char *given)
{
    epl_val x = a->input;
    int64_t mask;
    if (!epl__align("count_nonzero", &x, 1, EPL__COMPUTE) ||
        !epl__axes_in("count_nonzero", x, a->dim, given, false, &mask))
        return EPL_NO_VAL;
    return epl__own(epl__sum(epl__cast(epl__cast(x, EPL_BOOL), EPL_I64), mask), a->input);
}
static const epl_attr table[] = {EPL_ARG(epl_count_nonzero_args, input),
                                 EPL__ARG_DIM(epl_count_nonzero_args), EPL_ATTR_END};
EPL__OPERATION(count_nonzero, "y = how many x are not 0 over the axes of dim",
               epl_count_nonzero_args, table);
