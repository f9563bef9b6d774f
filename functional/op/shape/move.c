/* move.c -- elements moved between strided arrays, and small helpers of this folder. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "../../../src/base/scope.h"
#include "shape.h"

int64_t epl__row_major(epl_shape s, int64_t *stride)
{
    int64_t n = 1;
    for (int i = s.rank; i-- > 0; n *= s.dim[i])
        stride[i] = n;
    return n;
}

void epl__copy_strided(void *out, const int64_t *out_stride, const void *in,
                       const int64_t *in_stride, int rank, const int64_t *dim, size_t bytes)
{
    int64_t at[EPL_MAX_RANK] = {0}, to = 0, from = 0;
    for (int i = 0; i < rank; i++)
        if (dim[i] == 0)
            return;
    for (;;) {
        memcpy((char *)out + to * (int64_t)bytes, (const char *)in + from * (int64_t)bytes, bytes);
        int i = rank - 1;
        for (; i >= 0 && ++at[i] == dim[i]; i--) {
            to -= (dim[i] - 1) * out_stride[i];
            from -= (dim[i] - 1) * in_stride[i];
            at[i] = 0;
        }
        if (i < 0)
            return;
        to += out_stride[i];
        from += in_stride[i];
    }
}

static void *room(epl_val of, size_t n, size_t bytes)
{
    epl_fn *f = epl__fn_of(of);
    void *p = f ? epl__arena_take(&f->arena, (n + 1) * bytes) : NULL;
    if (f && !p)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a list of %zu", n);
    return p;
}

epl_val *epl__val_list(epl_val of, size_t n)
{
    return room(of, n, sizeof(epl_val));
}

int64_t *epl__int_list(epl_val of, size_t n)
{
    return room(of, n, sizeof(int64_t));
}

bool epl__sum_fits(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

bool epl__product_fits(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

int64_t epl__index_at(const epl_array *index, int64_t i, int64_t n, char *message)
{
    const void *p = index->data;
    bool narrow = index->type.dtype == EPL_I32;
    int64_t at = narrow ? ((const int32_t *)p)[i] : ((const int64_t *)p)[i];
    if (at >= 0 && at < n)
        return at;
    snprintf(message, EPL_PRIM_MESSAGE, "index %" PRId64 " is out of range [0, %" PRId64 ")", at,
             n);
    return -1;
}

bool epl__all_values(const char *op, epl_vals x)
{
    epl_val any = EPL_NO_VAL;
    for (size_t i = 0; i < x.count; i++)
        any = epl__fn_of(any) ? any : x.at[i];
    for (size_t i = 0; i < x.count; i++)
        if (!epl__fn_of(x.at[i])) {
            epl__bad(any, EPL_ERR_ARG, "[%s] operand %zu of %zu is %s; a value is expected", op,
                     i + 1, x.count, x.at[i].graph ? "a plain number" : "missing");
            return false;
        }
    return true;
}

bool epl__computes(const char *op, epl_val x, bool sums)
{
    epl_dtype d = epl_typeof(x).dtype;
    bool half = d == EPL_F16 || d == EPL_BF16;
    if (!half && !(sums && d == EPL_BOOL))
        return true;
    epl__bad(x, EPL_ERR_DTYPE, "[%s] %s: nothing is %s in %s, cast to %s first", op, epl__show(x),
             half ? "computed" : "added up", epl_dtype_name(d), half ? "f32" : "i32");
    return false;
}

epl_val epl__own(epl_val y, epl_val x)
{
    epl_fn *f = epl__fn_of(y);
    return f && y.graph == x.graph && y.id == x.id && !f->rule_depth ? epl_copy(y) : y;
}

epl_val epl__flat(epl_val x)
{
    int64_t n = epl_count(epl_typeof(x));
    return epl__reshape(x, epl_shape_of(1, &n));
}

int epl__axis_of(const char *op, epl_val x, int64_t dim, int spare)
{
    int rank = epl_rank(x) + spare;
    if (dim >= -rank && dim < rank)
        return (int)(dim < 0 ? dim + rank : dim);
    epl__bad(x, EPL_ERR_ARG, "[%s] dim %" PRId64 " is out of range [%d, %d) for %s", op, dim, -rank,
             rank, epl__show(x));
    return -1;
}

int64_t epl__axes_mask(const char *op, epl_val x, epl_ints dims)
{
    int64_t mask = 0;
    dims = epl__ints(dims);
    for (size_t i = 0; i < dims.count; i++) {
        int axis = epl__axis(op, x, dims.at[i]);
        if (axis < 0)
            return -1;
        if (mask >> axis & 1) {
            epl__bad(x, EPL_ERR_ARG, "[%s] axis %d of %s is given twice", op, axis, epl__show(x));
            return -1;
        }
        mask |= INT64_C(1) << axis;
    }
    return mask;
}
