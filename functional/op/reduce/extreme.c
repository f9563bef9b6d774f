/* extreme.c -- what amax, amin, argmax and argmin share: their kernels and derivative. */
#include <math.h>
#include "reducing.h"

/* Is element i to be taken in place of element `best`? */
static bool beats(const epl_array *x, int64_t i, int64_t best, bool greatest)
{
    if (epl__is_nan(x, i) || epl__is_nan(x, best))
        return !epl__is_nan(x, best);
    return greatest ? epl__less(x, best, i) : epl__less(x, i, best);
}

/* What a reduction of nothing gives. */
static void store_none(const epl_array *out, int64_t o, bool greatest)
{
    epl_dtype d = out->type.dtype;
    int bits = 8 * (int)epl_dtype_bytes(d);
    if (epl_dtype_is_float(d))
        epl__store(out, o, greatest ? -INFINITY : INFINITY);
    else if (d == EPL_BOOL || d == EPL_U8)
        epl__store_int(out, o, greatest ? 0 : d == EPL_BOOL ? 1 : 255);
    else
        epl__store_int(out, o, greatest ? INT64_MIN >> (64 - bits) : INT64_MAX >> (64 - bits));
}

void epl__extreme(const epl_array *in, const epl_array *out, int64_t mask, bool greatest)
{
    epl__rows r = epl__rows_of(in->type.shape, mask);
    for (int64_t o = 0; o < r.outputs; o++) {
        int64_t row = epl__row_at(&r, o), best = row;
        if (!r.terms) {
            store_none(out, o, greatest);
            continue;
        }
        for (int64_t k = 1; k < r.terms; k++) {
            int64_t i = row + epl__term_at(&r, k);
            if (beats(in, i, best, greatest))
                best = i;
        }
        if (epl_dtype_is_float(out->type.dtype))
            epl__store(out, o, epl__load(in, best));
        else
            epl__store_int(out, o, epl__load_int(in, best));
    }
}

void epl__extreme_at(const epl_array *in, const epl_array *out, int64_t axis, bool greatest)
{
    epl__lines l = epl__lines_of(in->type.shape, axis);
    for (int64_t o = 0; o < l.lines; o++) {
        int64_t row = epl__line_at(&l, o), best = 0;
        for (int64_t k = 1; k < l.n; k++)
            if (beats(in, row + k * l.inner, row + best * l.inner, greatest))
                best = k;
        ((int64_t *)out->data)[o] = best;
    }
}

epl_val epl__among_equals(epl_val x, epl_val y, epl_val dx, int64_t mask)
{
    epl_val equal = epl__cast(epl_eq(x, epl__spread(y, x, mask)), epl_typeof(x).dtype);
    return epl_div(epl__sum(epl_mul(dx, equal), mask), epl__sum(equal, mask));
}

static bool some_terms(const char *op, epl_val x, int64_t mask)
{
    epl_shape s = epl_typeof(x).shape;
    for (int i = 0; i < s.rank; i++)
        if (mask >> i & 1 && s.dim[i] == 0) {
            epl__bad(x, EPL_ERR_SHAPE, "[%s] axis %d of %s has no elements to choose from", op, i,
                     epl__show(x));
            return false;
        }
    return true;
}

epl_val epl__reduced(const char *op, const epl_reduce_args *a, const char *given,
                     epl_val (*reduce)(epl_val x, int64_t mask))
{
    epl_val x = a->input;
    int64_t mask;
    if (!epl__align(op, &x, 1, EPL__COMPUTE) || !epl__axes_in(op, x, a->dim, given, false, &mask) ||
        !some_terms(op, x, mask))
        return EPL_NO_VAL;
    epl_val y = reduce(x, mask);
    return epl__own(a->keepdim ? epl__keep(y, epl_typeof(x).shape, mask) : y, a->input);
}

const epl_attr epl__reduce_args_table[] = {EPL_ARG(epl_reduce_args, input),
                                           EPL__ARG_DIM(epl_reduce_args),
                                           EPL__ARG_KEEPDIM(epl_reduce_args), EPL_ATTR_END};

epl_val epl__arg_reduced(const char *op, const epl_arg_args *a, const char *given,
                         epl_val (*reduce)(epl_val x, int axis))
{
    epl_val x = a->input;
    int64_t mask, axis = 0;
    if (!epl__align(op, &x, 1, EPL__COMPUTE))
        return EPL_NO_VAL;
    epl_shape s = epl_typeof(x).shape;
    mask = epl__all_axes(x);
    if (epl_typeof(x).dtype == EPL_BOOL)
        return epl__bad(x, EPL_ERR_DTYPE, "[%s] input %s has no order; cast it first", op,
                        epl__show(x));
    if (epl__given(given, "dim") && !epl__axis_in(op, x, a->dim, &mask))
        return EPL_NO_VAL;
    if (!some_terms(op, x, mask))
        return EPL_NO_VAL;
    if (epl__given(given, "dim") && s.rank)
        axis = a->dim < 0 ? a->dim + s.rank : a->dim;
    else
        x = epl__reshape(x, epl_shape_of(1, (int64_t[]){epl_count(epl_typeof(x))}));
    epl_val y = reduce(x, (int)axis);
    return a->keepdim ? epl__keep(y, s, mask) : y;
}

const epl_attr epl__arg_args_table[] = {EPL_ARG(epl_arg_args, input),
                                        EPL__ARG_AXIS(epl_arg_args, 0),
                                        EPL__ARG_KEEPDIM(epl_arg_args), EPL_ATTR_END};
