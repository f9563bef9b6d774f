/* permute: axis i of y is axis[i] of x. The transpose permutes back. */
#include "shape.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__permute_attrs *a = attrs;
    epl_type t = epl_type_of(in[0].dtype, in[0].shape);
    int64_t seen = 0;
    (void)count;
    if (a->rank != in[0].shape.rank)
        return (epl_type){0};
    for (int i = 0; i < t.shape.rank; i++) {
        if (a->axis[i] < 0 || a->axis[i] >= a->rank || seen >> a->axis[i] & 1)
            return (epl_type){0};
        seen |= INT64_C(1) << a->axis[i];
        t.shape.dim[i] = in[0].shape.dim[a->axis[i]];
    }
    return t;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__permute_attrs *a = attrs;
    int64_t of_x[EPL_MAX_RANK], from[EPL_MAX_RANK], to[EPL_MAX_RANK];
    epl_shape s = out->type.shape;
    (void)count, (void)message;
    if (epl_count(out->type) == 0)
        return true;
    epl__row_major(in[0].type.shape, of_x);
    epl__row_major(s, to);
    for (int i = 0; i < s.rank; i++)
        from[i] = of_x[a->axis[i]];
    epl__copy_strided(out->data, to, in[0].data, from, s.rank, s.dim,
                      epl_dtype_bytes(out->type.dtype));
    return true;
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__permute_attrs *a = attrs;
    int back[EPL_MAX_RANK];
    (void)x, (void)count, (void)wrt;
    for (int i = 0; i < a->rank; i++)
        back[a->axis[i]] = i;
    return epl__permute(ct, back);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__permute_attrs *a = attrs;
    int axis[EPL_MAX_RANK + 1] = {0};
    (void)mapped, (void)count;
    for (int i = 0; i < a->rank; i++)
        axis[i + 1] = (int)a->axis[i] + 1;
    return epl__permute(x[0], axis);
}

static const epl_attr attrs[] = {
    EPL_ATTR(epl__permute_attrs, rank, EPL_INT, 0, 0, EPL_MAX_RANK),
    EPL_ATTR_N(epl__permute_attrs, axis, EPL_MAX_RANK, 0, 0, EPL_MAX_RANK - 1), EPL_ATTR_END};
const epl_prim epl__prim_permute = {.name = "permute",
                                    .formula = "axis i of y is axis[i] of x",
                                    .inputs = 1,
                                    .linear = 1,
                                    .attrs_size = sizeof(epl__permute_attrs),
                                    .attrs = attrs,
                                    .type = type,
                                    .kernel = kernel,
                                    .transpose = transpose,
                                    .batch = batch,
                                    .lower = EPL_LOWER_VIEW};
