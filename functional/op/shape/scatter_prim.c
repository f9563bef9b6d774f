/* scatter: y[b, j, r] = sum of src[b, i, r] over i with index[b, i] = j, in the order of i.
 * b are `batch` axes, i all other axes of index, j has `axis` entries. It transposes gather. */
#include <string.h>
#include "shape.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__gather_attrs *a = attrs;
    epl_type none = {0}, t = {.dtype = in[0].dtype};
    epl_shape src = in[0].shape, index = in[1].shape;
    bool summed = t.dtype != EPL_BOOL && t.dtype != EPL_F16 && t.dtype != EPL_BF16;
    (void)count;
    if ((in[1].dtype != EPL_I64 && in[1].dtype != EPL_I32) || !summed || a->batch < 0 ||
        a->batch > index.rank || src.rank < index.rank || a->axis < 0)
        return none;
    for (int i = 0; i < index.rank; i++)
        if (src.dim[i] != index.dim[i])
            return none;
    if (a->batch + 1 + src.rank - index.rank > EPL_MAX_RANK)
        return none;
    for (int i = 0; i < a->batch; i++)
        t.shape.dim[t.shape.rank++] = src.dim[i];
    t.shape.dim[t.shape.rank++] = a->axis;
    for (int i = index.rank; i < src.rank; i++)
        t.shape.dim[t.shape.rank++] = src.dim[i];
    return t;
}

/* to[i] += from[i]; integers wrap. */
static void add_row(epl_dtype d, void *to, const void *from, int64_t n)
{
#define EPL_X(type_, wide)          \
    for (int64_t i = 0; i < n; i++) \
    ((type_ *)to)[i] = (type_)((wide)((type_ *)to)[i] + (wide)((const type_ *)from)[i])
    if (d == EPL_F32)
        EPL_X(float, float);
    else if (d == EPL_F64)
        EPL_X(double, double);
    else if (d == EPL_I64)
        EPL_X(int64_t, uint64_t);
    else if (d == EPL_I32)
        EPL_X(int32_t, uint32_t);
    else if (d == EPL_I16)
        EPL_X(int16_t, uint32_t);
    else
        EPL_X(uint8_t, uint32_t);
#undef EPL_X
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__gather_attrs *a = attrs;
    epl_shape src = in[0].type.shape, index = in[1].type.shape;
    epl_dtype d = out->type.dtype;
    int64_t batches = epl__product(index, 0, (int)a->batch);
    int64_t each = epl__product(index, (int)a->batch, index.rank);
    int64_t row = epl__product(src, index.rank, src.rank), bytes = (int64_t)epl_dtype_bytes(d);
    size_t size = epl_bytes(out->type);
    (void)count;
    if (size)
        memset(out->data, 0, size);
    for (int64_t k = 0; k < batches * each; k++) {
        int64_t at = epl__index_at(&in[1], k, a->axis, message);
        if (at < 0)
            return false;
        if (row)
            add_row(d, (char *)out->data + (k / each * a->axis + at) * row * bytes,
                    (const char *)in[0].data + k * row * bytes, row);
    }
    return true;
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__gather_attrs *a = attrs;
    (void)count, (void)wrt;
    return epl__gather(ct, x[1], (int)a->batch);
}

static double size_of(epl_val v)
{
    epl_type t = epl_typeof(v);
    return (double)epl_count(t) * (double)epl_dtype_bytes(t.dtype);
}

/* The index is repeated, or the new axis goes behind those of the index: what moves less. */
static epl_val batch_of_src(epl_val src, epl_val index, const epl__gather_attrs *a)
{
    int64_t n = epl_dim(src, 0);
    int batch = (int)a->batch, rank = epl_rank(index);
    if ((double)n * size_of(index) <= 2 * size_of(src))
        return epl__scatter(src, epl__lead(index, n), batch + 1, a->axis);
    epl_val y = epl__scatter(epl__move_axis(src, 0, rank), index, batch, a->axis);
    return epl__move_axis(y, batch + 1, 0);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__gather_attrs *a = attrs;
    (void)count;
    if (mapped[0] && !mapped[1])
        return batch_of_src(x[0], x[1], a);
    epl_val src = mapped[0] ? x[0] : epl__lead(x[0], epl_dim(x[1], 0));
    return epl__scatter(src, x[1], (int)a->batch + 1, a->axis);
}

static const epl_attr attrs[] = {
    EPL_ATTR(epl__gather_attrs, batch, EPL_INT, 0, 0, EPL_MAX_RANK - 1),
    EPL_ATTR(epl__gather_attrs, axis, EPL_INT, 0, 0, 9e18), EPL_ATTR_END};
const epl_prim epl__prim_scatter = {.name = "scatter",
                                    .formula = "y[b, index[b, i], r] += src[b, i, r]",
                                    .inputs = 2,
                                    .linear = 1,
                                    .attrs_size = sizeof(epl__gather_attrs),
                                    .attrs = attrs,
                                    .type = type,
                                    .kernel = kernel,
                                    .transpose = transpose,
                                    .batch = batch,
                                    .lower = EPL_LOWER_ENGINE};
