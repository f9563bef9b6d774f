/* addmm.c -- beta input + alpha times a product of matrices, and the same for a batch. */
#include "product.h"

/* input broadcasts to the product; beta 0 leaves it out, NaN and all, as torch does. */
static epl_val added(const char *op, epl_val product, epl_val input, double beta, double alpha)
{
    epl_shape s;
    if (!product.graph)
        return EPL_NO_VAL;
    if (!epl__same_dtype(op, epl_list(product, input).at, 2))
        return EPL_NO_VAL;
    epl_shape want = epl_typeof(product).shape;
    bool fit = epl__broadcast_shape(epl_list(product, input).at, 2, &s) && s.rank == want.rank;
    for (int i = 0; i < want.rank && fit; i++)
        fit = s.dim[i] == want.dim[i];
    if (!fit)
        return epl__bad(product, EPL_ERR_SHAPE,
                        "[%s] input %s does not broadcast to the product %s", op, epl__show(input),
                        epl__show(product));
    product = epl__times(product, alpha);
    return beta == 0 ? product : epl_add(product, epl__times(input, beta));
}

static double or_one(const char *given, const char *name, double value)
{
    return epl__given(given, name) ? value : 1;
}

epl_val epl_op_addmm(const epl_addmm_args *a, const char *given)
{
    return added("addmm", epl_mm(a->mat1, a->mat2), a->input, or_one(given, "beta", a->beta),
                 or_one(given, "alpha", a->alpha));
}
static const epl_attr addmm_table[] = {EPL_ARG(epl_addmm_args, input),
                                       EPL_ARG(epl_addmm_args, mat1),
                                       EPL_ARG(epl_addmm_args, mat2),
                                       EPL_ATTR(epl_addmm_args, beta, EPL_NUMBER, 1, 0, 0),
                                       EPL_ATTR(epl_addmm_args, alpha, EPL_NUMBER, 1, 0, 0),
                                       EPL_ATTR_END};
EPL__OPERATION(addmm, "beta input + alpha mat1 mat2", epl_addmm_args, addmm_table);

epl_val epl_op_baddbmm(const epl_baddbmm_args *a, const char *given)
{
    return added("baddbmm", epl_bmm(a->batch1, a->batch2), a->input, or_one(given, "beta", a->beta),
                 or_one(given, "alpha", a->alpha));
}
static const epl_attr baddbmm_table[] = {EPL_ARG(epl_baddbmm_args, input),
                                         EPL_ARG(epl_baddbmm_args, batch1),
                                         EPL_ARG(epl_baddbmm_args, batch2),
                                         EPL_ATTR(epl_baddbmm_args, beta, EPL_NUMBER, 1, 0, 0),
                                         EPL_ATTR(epl_baddbmm_args, alpha, EPL_NUMBER, 1, 0, 0),
                                         EPL_ATTR_END};
EPL__OPERATION(baddbmm, "beta input + alpha batch1 batch2", epl_baddbmm_args, baddbmm_table);
