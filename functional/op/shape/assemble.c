/* assemble: operand k stands at offset[k] of one axis; gaps are zero. The transpose in an
 * operand is the slice of its piece. Pieces do not overlap. */
#include <string.h>
#include "shape.h"

/* The piece ends inside the axis, and no other one begins in it. */
static bool piece_fits(const epl_type *in, size_t k, const epl__assemble_attrs *a, bool ordered)
{
    int64_t begin = a->offset.at[k], n = in[k].shape.dim[a->axis];
    if (begin < 0 || begin > a->length || n > a->length - begin)
        return false;
    for (size_t i = ordered ? k + 1 : 0; i < a->offset.count; i++) {
        int64_t at = a->offset.at[i], size = in[i].shape.dim[a->axis];
        if (i != k && size && n && (at == begin || (at > begin && at < begin + n)))
            return false;
        if (ordered && size)
            break;
    }
    return true;
}

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__assemble_attrs *a = attrs;
    epl_type none = {0};
    bool ordered = true;
    if (!count || a->offset.count != count || a->axis < 0 || a->axis >= in[0].shape.rank ||
        a->length < 0)
        return none;
    for (size_t k = 0; k < count; k++) {
        epl_shape s = in[k].shape;
        if (in[k].dtype != in[0].dtype || s.rank != in[0].shape.rank)
            return none;
        for (int i = 0; i < s.rank; i++)
            if (i != a->axis && s.dim[i] != in[0].shape.dim[i])
                return none;
        ordered &= k == 0 || a->offset.at[k] >= a->offset.at[k - 1];
    }
    for (size_t k = 0; k < count; k++)
        if (!piece_fits(in, k, a, ordered))
            return none;
    epl_type t = epl_type_of(in[0].dtype, in[0].shape);
    t.shape.dim[a->axis] = a->length;
    return t;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__assemble_attrs *a = attrs;
    int64_t from[EPL_MAX_RANK], to[EPL_MAX_RANK];
    size_t bytes = epl_dtype_bytes(out->type.dtype), size = epl_bytes(out->type);
    (void)message;
    if (!size)
        return true;
    memset(out->data, 0, size);
    epl__row_major(out->type.shape, to);
    for (size_t k = 0; k < count; k++) {
        epl_shape s = in[k].type.shape;
        int64_t place = a->offset.at[k] * to[a->axis];
        epl__row_major(s, from);
        if (epl_count(in[k].type))
            epl__copy_strided((char *)out->data + place * (int64_t)bytes, to, in[k].data, from,
                              s.rank, s.dim, bytes);
    }
    return true;
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__assemble_attrs *a = attrs;
    (void)count;
    return epl__slice(ct, (int)a->axis, a->offset.at[wrt], epl_dim(x[wrt], (int)a->axis), 1);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__assemble_attrs *a = attrs;
    int64_t size = 0;
    epl_val *part = epl__val_list(x[0], count);
    if (!part)
        return EPL_NO_VAL;
    for (size_t k = 0; k < count; k++)
        if (mapped[k])
            size = epl_dim(x[k], 0);
    for (size_t k = 0; k < count; k++)
        part[k] = mapped[k] ? x[k] : epl__lead(x[k], size);
    return epl__assemble((epl_vals){count, part}, (int)a->axis + 1, a->length, a->offset.at);
}

static const epl_attr attrs[] = {
    EPL_ATTR(epl__assemble_attrs, axis, EPL_INT, 0, 0, EPL_MAX_RANK - 1),
    EPL_ATTR(epl__assemble_attrs, length, EPL_INT, 0, 0, 9e18),
    EPL_ATTR(epl__assemble_attrs, offset, EPL_LIST, 0, 0, 9e18), EPL_ATTR_END};
const epl_prim epl__prim_assemble = {.name = "assemble",
                                     .formula = "y[offset[k] + i] = x_k[i], else 0",
                                     .inputs = -1,
                                     .linear = 0xffffffff,
                                     .attrs_size = sizeof(epl__assemble_attrs),
                                     .attrs = attrs,
                                     .type = type,
                                     .kernel = kernel,
                                     .transpose = transpose,
                                     .batch = batch,
                                     .lower = EPL_LOWER_ENGINE};
