/* cumsum: y[i] = x[0] + ... + x[i] along an axis, or from the end. The transpose runs the
 * other way. */
#include "reducing.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__cumsum_attrs *a = attrs;
    bool unfit = in[0].dtype == EPL_F16 || in[0].dtype == EPL_BF16 || in[0].dtype == EPL_BOOL;
    (void)count;
    return a->axis < 0 || a->axis >= in[0].shape.rank || unfit ? (epl_type){0} : in[0];
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__cumsum_attrs *a = attrs;
    epl__lines l = epl__lines_of(in[0].type.shape, a->axis);
    bool floating = epl_dtype_is_float(out->type.dtype);
    (void)count, (void)message;
    for (int64_t line = 0; line < l.lines; line++) {
        int64_t first = epl__line_at(&l, line);
        double sum = 0;
        uint64_t whole = 0;
        for (int64_t k = 0; k < l.n; k++) {
            int64_t i = first + (a->reverse ? l.n - 1 - k : k) * l.inner;
            if (floating)
                epl__store(out, i, sum += epl__load(&in[0], i));
            else
                epl__store_int(out, i, (int64_t)(whole += (uint64_t)epl__load_int(&in[0], i)));
        }
    }
    return true;
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__cumsum_attrs *a = attrs;
    (void)x, (void)count, (void)wrt;
    return epl__cumsum(ct, (int)a->axis, !a->reverse);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__cumsum_attrs *a = attrs;
    (void)mapped, (void)count;
    return epl__cumsum(x[0], (int)a->axis + 1, a->reverse);
}

static const epl_attr attrs[] = {EPL_ATTR(epl__cumsum_attrs, axis, EPL_INT, 0, 0, EPL_MAX_RANK),
                                 EPL_ATTR(epl__cumsum_attrs, reverse, EPL_INT, 0, 0, 1),
                                 EPL_ATTR_END};
const epl_prim epl__prim_cumsum = {.name = "cumsum",
                                   .formula = "y[i] = x[0] + ... + x[i] along an axis",
                                   .inputs = 1,
                                   .linear = 1,
                                   .attrs_size = sizeof(epl__cumsum_attrs),
                                   .attrs = attrs,
                                   .type = type,
                                   .kernel = kernel,
                                   .transpose = transpose,
                                   .batch = batch,
                                   .lower = EPL_LOWER_ENGINE};

epl_val epl__cumsum(epl_val x, int axis, bool reverse)
{
    epl__cumsum_attrs a = {axis, reverse};
    return epl_is_none(x) ? x : epl_op(&epl__prim_cumsum, epl_list(x), &a);
}

bool epl__scan_in(const char *op, epl_val *x, const epl_cumsum_args *a, const char *given,
                  int *axis)
{
    if (!epl__dtype_in(op, x, a->dtype, given))
        return false;
    *axis = epl__axis(op, *x, a->dim);
    if (*axis >= 0 && !epl_dtype_is_float(epl_typeof(*x).dtype) && !epl__given(given, "dtype"))
        *x = epl__cast(*x, EPL_I64);
    return *axis >= 0;
}

const epl_attr epl__cumsum_args_table[] = {
    EPL_ARG(epl_cumsum_args, input),
    EPL_ATTR_F(epl_cumsum_args, dim, EPL_INT, 0, -12, 11, 1, EPL_ATTR_REQUIRED),
    EPL__ARG_DTYPE(epl_cumsum_args), EPL_ATTR_END};

epl_val epl_op_cumsum(const epl_cumsum_args *a, const char *given)
{
    epl_val x = a->input;
    int axis;
    if (!epl__scan_in("cumsum", &x, a, given, &axis))
        return EPL_NO_VAL;
    return epl_rank(x) ? epl__cumsum(x, axis, false) : epl__own(x, a->input);
}
EPL__OPERATION(cumsum, "y[i] = x[0] + ... + x[i] along dim", epl_cumsum_args,
               epl__cumsum_args_table);
