/* gather: y[b, i, r] = x[b, index[b, i], r]; b are `batch` axes, i all other axes of index,
 * r the rest of x. The transpose scatters. */
#include <string.h>
#include "shape.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__gather_attrs *a = attrs;
    epl_type none = {0}, t = epl_type_of(in[0].dtype, in[1].shape);
    epl_shape x = in[0].shape, index = in[1].shape;
    (void)count;
    if ((in[1].dtype != EPL_I64 && in[1].dtype != EPL_I32) || a->batch < 0 || a->batch >= x.rank ||
        a->batch > index.rank)
        return none;
    for (int i = 0; i < a->batch; i++)
        if (x.dim[i] != index.dim[i])
            return none;
    if (index.rank + x.rank - 1 - (int)a->batch > EPL_MAX_RANK)
        return none;
    for (int i = (int)a->batch + 1; i < x.rank; i++)
        t.shape.dim[t.shape.rank++] = x.dim[i];
    return t;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__gather_attrs *a = attrs;
    epl_shape x = in[0].type.shape, index = in[1].type.shape;
    int axis = (int)a->batch;
    int64_t n = x.dim[axis], batches = epl__product(x, 0, axis);
    int64_t each = epl__product(index, axis, index.rank);
    size_t row = (size_t)epl__product(x, axis + 1, x.rank) * epl_dtype_bytes(out->type.dtype);
    (void)count;
    for (int64_t k = 0; k < batches * each; k++) {
        int64_t at = epl__index_at(&in[1], k, n, message);
        if (at < 0)
            return false;
        if (row)
            memcpy((char *)out->data + (size_t)k * row,
                   (const char *)in[0].data + (size_t)(k / each * n + at) * row, row);
    }
    return true;
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__gather_attrs *a = attrs;
    (void)count, (void)wrt;
    return epl__scatter(ct, x[1], (int)a->batch, epl_dim(x[0], (int)a->batch));
}

/* Elements that are moved about, for a choice between two ways. */
static double size_of(epl_val v)
{
    epl_type t = epl_typeof(v);
    return (double)epl_count(t) * (double)epl_dtype_bytes(t.dtype);
}

static epl_val batch_of_x(epl_val x, epl_val index, int batch)
{
    int64_t n = epl_dim(x, 0);
    int inner = epl_rank(index) - batch;
    double row = 1, items = size_of(index);
    for (int i = batch + 2; i < epl_rank(x); i++)
        row *= (double)epl_dim(x, i);
    double result = (double)n * (double)epl_count(epl_typeof(index)) * row *
                    (double)epl_dtype_bytes(epl_typeof(x).dtype);
    if ((double)n * items <= size_of(x) + result)
        return epl__gather(x, epl__lead(index, n), batch + 1);
    epl_val y = epl__gather(epl__move_axis(x, 0, batch + 1), index, batch);
    return epl__move_axis(y, batch + inner, 0);
}

static epl_val batch_of_index(epl_val x, epl_val index, int batch)
{
    int64_t n = epl_dim(index, 0);
    if (batch == 0)
        return epl__gather(x, index, 0);
    if ((double)(n - 1) * size_of(x) <= size_of(index))
        return epl__gather(epl__lead(x, n), index, batch + 1);
    return epl__move_axis(epl__gather(x, epl__move_axis(index, 0, batch), batch), batch, 0);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__gather_attrs *a = attrs;
    (void)count;
    if (mapped[0] && mapped[1])
        return epl__gather(x[0], x[1], (int)a->batch + 1);
    return mapped[0] ? batch_of_x(x[0], x[1], (int)a->batch)
                     : batch_of_index(x[0], x[1], (int)a->batch);
}

static const epl_attr attrs[] = {
    EPL_ATTR(epl__gather_attrs, batch, EPL_INT, 0, 0, EPL_MAX_RANK - 1),
    EPL_ATTR(epl__gather_attrs, axis, EPL_INT, 0, 0, 9e18), EPL_ATTR_END};
const epl_prim epl__prim_gather = {.name = "gather",
                                   .formula = "y[b, i, r] = x[b, index[b, i], r]",
                                   .inputs = 2,
                                   .linear = 1,
                                   .attrs_size = sizeof(epl__gather_attrs),
                                   .attrs = attrs,
                                   .type = type,
                                   .kernel = kernel,
                                   .transpose = transpose,
                                   .batch = batch,
                                   .lower = EPL_LOWER_ENGINE};
