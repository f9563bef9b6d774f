/* pad: zeros around and between the entries of one axis. Zeros between come first, then lo
 * before and hi after, or a cut where these are negative. So entry i of x stands at
 * lo + i (interior + 1), if that is in the result; the transpose reads it there. */
#include <string.h>
#include "shape.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__pad_attrs *a = attrs;
    epl_type t = epl_type_of(in[0].dtype, in[0].shape);
    int64_t length;
    (void)count;
    if (a->axis < 0 || a->axis >= t.shape.rank || a->interior < 0)
        return (epl_type){0};
    int64_t n = t.shape.dim[a->axis];
    bool fits = epl__product_fits(n > 0 ? n - 1 : 0, a->interior, &length) &&
                epl__sum_fits(length, n, &length) && epl__sum_fits(length, a->lo, &length) &&
                epl__sum_fits(length, a->hi, &length) && length >= 0;
    t.shape.dim[a->axis] = length;
    return fits ? t : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__pad_attrs *a = attrs;
    int64_t from[EPL_MAX_RANK], to[EPL_MAX_RANK], step = a->interior + 1;
    size_t bytes = epl_dtype_bytes(out->type.dtype), size = epl_bytes(out->type);
    epl_shape s = in[0].type.shape;
    int64_t n = s.dim[a->axis], length = out->type.shape.dim[a->axis];
    (void)count, (void)message;
    if (size)
        memset(out->data, 0, size);
    epl__row_major(s, from);
    epl__row_major(out->type.shape, to);
    int64_t first = a->lo < 0 ? (-a->lo + step - 1) / step : 0; /* of x, in the result */
    int64_t end = length > a->lo ? (length - a->lo + step - 1) / step : 0;
    s.dim[a->axis] = (end < n ? end : n) - first;
    if (s.dim[a->axis] <= 0 || !size)
        return true;
    int64_t skip = first * from[a->axis], place = (a->lo + first * step) * to[a->axis];
    to[a->axis] *= s.dim[a->axis] > 1 ? step : 1;
    epl__copy_strided((char *)out->data + place * (int64_t)bytes, to,
                      (const char *)in[0].data + skip * (int64_t)bytes, from, s.rank, s.dim, bytes);
    return true;
}

/* What was cut off comes back as zeros. */
static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__pad_attrs *a = attrs;
    int axis = (int)a->axis;
    int64_t n = epl_dim(x[0], axis), lo = a->lo, hi = a->hi;
    (void)count, (void)wrt;
    if (!n)
        return EPL_NO_VAL;
    ct = epl__pad(ct, axis, lo < 0 ? -lo : 0, hi < 0 ? -hi : 0, 0);
    return epl__slice(ct, axis, lo > 0 ? lo : 0, n, a->interior + 1);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__pad_attrs *a = attrs;
    (void)mapped, (void)count;
    return epl__pad(x[0], (int)a->axis + 1, a->lo, a->hi, a->interior);
}

static const epl_attr attrs[] = {EPL_ATTR(epl__pad_attrs, axis, EPL_INT, 0, 0, EPL_MAX_RANK - 1),
                                 EPL_ATTR(epl__pad_attrs, lo, EPL_INT, 0, -EPL__FAR, EPL__FAR),
                                 EPL_ATTR(epl__pad_attrs, hi, EPL_INT, 0, -EPL__FAR, EPL__FAR),
                                 EPL_ATTR(epl__pad_attrs, interior, EPL_INT, 0, 0, EPL__FAR),
                                 EPL_ATTR_END};
const epl_prim epl__prim_pad = {.name = "pad",
                                .formula = "y[lo + i (interior + 1)] = x[i], else 0",
                                .inputs = 1,
                                .linear = 1,
                                .attrs_size = sizeof(epl__pad_attrs),
                                .attrs = attrs,
                                .type = type,
                                .kernel = kernel,
                                .transpose = transpose,
                                .batch = batch,
                                .lower = EPL_LOWER_ENGINE};
