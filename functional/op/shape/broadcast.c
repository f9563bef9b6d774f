/* broadcast: new axes, along which the numbers repeat. The transpose sums over them. */
#include "shape.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__broadcast_attrs *a = attrs;
    int old = 0;
    (void)count;
    if (a->rank < 0 || a->rank > EPL_MAX_RANK || a->mask < 0 || a->mask >> a->rank)
        return (epl_type){0};
    for (int i = 0; i < a->rank; i++)
        if (!(a->mask >> i & 1)) {
            if (old >= in[0].shape.rank || in[0].shape.dim[old] != a->dim[i])
                return (epl_type){0};
            old++;
        }
    if (old != in[0].shape.rank)
        return (epl_type){0};
    return epl_type_of(in[0].dtype, epl_shape_of((size_t)a->rank, a->dim));
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__broadcast_attrs *a = attrs;
    int64_t of_x[EPL_MAX_RANK], from[EPL_MAX_RANK], to[EPL_MAX_RANK];
    epl_shape s = out->type.shape;
    (void)count, (void)message;
    if (epl_count(out->type) == 0)
        return true;
    epl__row_major(in[0].type.shape, of_x);
    epl__row_major(s, to);
    for (int i = 0, old = 0; i < s.rank; i++)
        from[i] = a->mask >> i & 1 ? 0 : of_x[old++];
    epl__copy_strided(out->data, to, in[0].data, from, s.rank, s.dim,
                      epl_dtype_bytes(out->type.dtype));
    return true;
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__broadcast_attrs *a = attrs;
    (void)x, (void)count, (void)wrt;
    return epl__sum(ct, a->mask);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__broadcast_attrs *a = attrs;
    (void)mapped, (void)count;
    epl_shape s = epl_shape_of((size_t)a->rank, a->dim);
    return epl__broadcast(x[0], epl__shape_insert(s, 0, epl_dim(x[0], 0)), a->mask << 1);
}

static const epl_attr attrs[] = {EPL_ATTR(epl__broadcast_attrs, rank, EPL_INT, 0, 0, EPL_MAX_RANK),
                                 EPL_ATTR_N(epl__broadcast_attrs, dim, EPL_MAX_RANK, 0, 0, 9e18),
                                 EPL_ATTR(epl__broadcast_attrs, mask, EPL_INT, 0, 0, 4095),
                                 EPL_ATTR_END};
const epl_prim epl__prim_broadcast = {.name = "broadcast",
                                      .formula = "y = x with new axes, those of mask",
                                      .inputs = 1,
                                      .linear = 1,
                                      .attrs_size = sizeof(epl__broadcast_attrs),
                                      .attrs = attrs,
                                      .type = type,
                                      .kernel = kernel,
                                      .transpose = transpose,
                                      .batch = batch,
                                      .lower = EPL_LOWER_VIEW};
