/* slice: y[i] = x[start + i step] on one axis. The transpose pads with zeros between. */
#include "shape.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__slice_attrs *a = attrs;
    epl_type t = epl_type_of(in[0].dtype, in[0].shape);
    int64_t last;
    (void)count;
    if (a->axis < 0 || a->axis >= t.shape.rank || a->length < 0 || a->step == 0)
        return (epl_type){0};
    int64_t n = t.shape.dim[a->axis];
    bool fits = a->start >= 0 && a->start + (a->length > 0) <= n;
    if (a->length > 0)
        fits = fits && epl__product_fits(a->length - 1, a->step, &last) &&
               epl__sum_fits(last, a->start, &last) && last >= 0 && last < n;
    t.shape.dim[a->axis] = a->length;
    return fits ? t : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__slice_attrs *a = attrs;
    int64_t from[EPL_MAX_RANK], to[EPL_MAX_RANK];
    size_t bytes = epl_dtype_bytes(out->type.dtype);
    (void)count, (void)message;
    if (epl_count(out->type) == 0)
        return true;
    epl__row_major(in[0].type.shape, from);
    epl__row_major(out->type.shape, to);
    const char *first = (const char *)in[0].data + a->start * from[a->axis] * (int64_t)bytes;
    from[a->axis] *= a->length > 1 ? a->step : 1;
    epl__copy_strided(out->data, to, first, from, out->type.shape.rank, out->type.shape.dim, bytes);
    return true;
}

/* Backwards steps are turned round first. */
static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__slice_attrs *a = attrs;
    int axis = (int)a->axis;
    int64_t n = epl_dim(x[0], axis), start = a->start, step = a->step;
    (void)count, (void)wrt;
    if (!a->length)
        return EPL_NO_VAL;
    if (step < 0) {
        ct = epl__slice(ct, axis, a->length - 1, a->length, -1);
        start += (a->length - 1) * step;
        step = -step;
    }
    if (a->length == 1)
        step = 1;
    return epl__pad(ct, axis, start, n - 1 - start - (a->length - 1) * step, step - 1);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__slice_attrs *a = attrs;
    (void)mapped, (void)count;
    return epl__slice(x[0], (int)a->axis + 1, a->start, a->length, a->step);
}

static const epl_attr attrs[] = {EPL_ATTR(epl__slice_attrs, axis, EPL_INT, 0, 0, EPL_MAX_RANK - 1),
                                 EPL_ATTR(epl__slice_attrs, start, EPL_INT, 0, 0, 9e18),
                                 EPL_ATTR(epl__slice_attrs, length, EPL_INT, 0, 0, 9e18),
                                 EPL_ATTR(epl__slice_attrs, step, EPL_INT, 1, -9e18, 9e18),
                                 EPL_ATTR_END};
const epl_prim epl__prim_slice = {.name = "slice",
                                  .formula = "y[i] = x[start + i step]",
                                  .inputs = 1,
                                  .linear = 1,
                                  .attrs_size = sizeof(epl__slice_attrs),
                                  .attrs = attrs,
                                  .type = type,
                                  .kernel = kernel,
                                  .transpose = transpose,
                                  .batch = batch,
                                  .lower = EPL_LOWER_VIEW};
