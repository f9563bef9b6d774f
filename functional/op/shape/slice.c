/* slice: y[i] = x[start + i step] on one axis. The transpose pads with zeros between. */
#include "../op.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__slice_attrs *a = attrs;
    epl_type t = epl_type_of(in[0].dtype, in[0].shape);
    (void)count;
    if (a->axis < 0 || a->axis >= t.shape.rank || a->length < 0 || a->step == 0)
        return (epl_type){0};
    int64_t n = t.shape.dim[a->axis], last = a->start + (a->length - 1) * a->step;
    if (a->length && (a->start < 0 || a->start >= n || last < 0 || last >= n))
        return (epl_type){0};
    t.shape.dim[a->axis] = a->length;
    return t;
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
    return epl__pad(ct, axis, start, n - 1 - start - (a->length - 1) * step, step - 1);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__slice_attrs *a = attrs;
    (void)mapped, (void)count;
    return epl__slice(x[0], (int)a->axis + 1, a->start, a->length, a->step);
}

static const epl_attr attrs[] = {EPL_ATTR(epl__slice_attrs, axis, EPL_INT, 0, 0, EPL_MAX_RANK),
                                 EPL_ATTR(epl__slice_attrs, start, EPL_INT, 0, 0, 9e18),
                                 EPL_ATTR(epl__slice_attrs, length, EPL_INT, 0, 0, 9e18),
                                 EPL_ATTR(epl__slice_attrs, step, EPL_INT, 1, -9e18, 9e18),
                                 EPL_ATTR_END};
const epl_prim epl__prim_slice = {.name = "slice", .formula = "y[i] = x[start + i step]", .inputs = 1,
                                  .linear = 1, .attrs_size = sizeof(epl__slice_attrs), .attrs = attrs,
                                  .type = type, .transpose = transpose, .batch = batch,
                                  .lower = EPL_LOWER_VIEW};
