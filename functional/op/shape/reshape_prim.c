/* reshape: the same numbers in the same order with other axes. Its transpose turns back. */
#include <string.h>
#include "../../../src/base/type.h"
#include "shape.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__reshape_attrs *a = attrs;
    (void)count;
    if (a->rank < 0 || a->rank > EPL_MAX_RANK)
        return (epl_type){0};
    epl_type t = epl_type_of(in[0].dtype, epl_shape_of((size_t)a->rank, a->dim));
    return epl__type_valid(t) && epl_count(t) == epl_count(in[0]) ? t : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    size_t size = epl_bytes(out->type);
    (void)count, (void)attrs, (void)message;
    if (size)
        memcpy(out->data, in[0].data, size);
    return true;
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    (void)count, (void)wrt, (void)attrs;
    return epl__reshape(ct, epl_typeof(x[0]).shape);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__reshape_attrs *a = attrs;
    (void)mapped, (void)count;
    epl_shape s = epl_shape_of((size_t)a->rank, a->dim);
    return epl__reshape(x[0], epl__shape_insert(s, 0, epl_dim(x[0], 0)));
}

static const epl_attr attrs[] = {EPL_ATTR(epl__reshape_attrs, rank, EPL_INT, 0, 0, EPL_MAX_RANK),
                                 EPL_ATTR_N(epl__reshape_attrs, dim, EPL_MAX_RANK, 0, 0, 9e18),
                                 EPL_ATTR_END};
const epl_prim epl__prim_reshape = {.name = "reshape",
                                    .formula = "y = x with other axes",
                                    .inputs = 1,
                                    .linear = 1,
                                    .attrs_size = sizeof(epl__reshape_attrs),
                                    .attrs = attrs,
                                    .type = type,
                                    .kernel = kernel,
                                    .transpose = transpose,
                                    .batch = batch,
                                    .lower = EPL_LOWER_VIEW};
