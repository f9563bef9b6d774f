/* sum: over the axes of a mask, which go. The transpose broadcasts them back. */
#include "reducing.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    return in[0].dtype == EPL_BOOL ? (epl_type){0} : epl__reduce_type(in, count, attrs);
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__reduce_attrs *a = attrs;
    epl__rows r = epl__rows_of(in[0].type.shape, a->mask);
    bool floating = epl_dtype_is_float(out->type.dtype);
    (void)count, (void)message;
    for (int64_t o = 0; o < r.outputs; o++) {
        int64_t row = epl__row_at(&r, o);
        double sum = 0;
        uint64_t whole = 0;
        for (int64_t k = 0; k < r.terms; k++)
            if (floating)
                sum += epl__load(&in[0], row + epl__term_at(&r, k));
            else
                whole += (uint64_t)epl__load_int(&in[0], row + epl__term_at(&r, k));
        if (floating)
            epl__store(out, o, sum);
        else
            epl__store_int(out, o, (int64_t)whole);
    }
    return true;
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__reduce_attrs *a = attrs;
    (void)count, (void)wrt;
    return epl__broadcast(ct, epl_typeof(x[0]).shape, a->mask);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__reduce_attrs *a = attrs;
    (void)mapped, (void)count;
    return epl__sum(x[0], a->mask << 1);
}

const epl_prim epl__prim_sum = {.name = "sum",
                                .formula = "y = sum of x over the axes of mask",
                                .inputs = 1,
                                .linear = 1,
                                .attrs_size = sizeof(epl__reduce_attrs),
                                .attrs = epl__reduce_table,
                                .type = type,
                                .kernel = kernel,
                                .transpose = transpose,
                                .batch = batch,
                                .lower = EPL_LOWER_ENGINE};

/* Integers and booleans are summed in i64, as torch does. */
epl_val epl_op_sum(const epl_sum_args *a, const char *given)
{
    epl_val x = a->input;
    int64_t mask;
    if (!epl__dtype_in("sum", &x, a->dtype, given) ||
        !epl__axes_in("sum", x, a->dim, given, false, &mask))
        return EPL_NO_VAL;
    if (!epl_dtype_is_float(epl_typeof(x).dtype) && !epl__given(given, "dtype"))
        x = epl__cast(x, EPL_I64);
    bool logical = epl_typeof(x).dtype == EPL_BOOL; /* 1 + 1 is 1 */
    epl_val y = logical ? epl__amax(x, mask) : epl__sum(x, mask);
    return epl__own(a->keepdim ? epl__keep(y, epl_typeof(x).shape, mask) : y, a->input);
}
static const epl_attr table[] = {EPL_ARG(epl_sum_args, input), EPL__ARG_DIM(epl_sum_args),
                                 EPL__ARG_KEEPDIM(epl_sum_args), EPL__ARG_DTYPE(epl_sum_args),
                                 EPL_ATTR_END};
EPL__OPERATION(sum, "y = sum of x over the axes of dim", epl_sum_args, table);
