/* sum: over the axes of a mask, which go. The transpose broadcasts them back. */
#include <string.h>
#include "../op.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__reduce_attrs *a = attrs;
    (void)count;
    if (a->mask >> in[0].shape.rank)
        return (epl_type){0};
    return epl_type_of(in[0].dtype, epl__shape_without(in[0].shape, a->mask));
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__reduce_attrs *a = attrs;
    (void)count, (void)wrt;
    return epl__broadcast(ct, epl_typeof(x[0]).shape, a->mask);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__reduce_attrs *a = attrs;
    (void)mapped, (void)count;
    return epl__sum(x[0], a->mask << 1);
}

static const epl_attr attrs[] = {EPL_ATTR(epl__reduce_attrs, mask, EPL_INT, 0, 0, 4095), EPL_ATTR_END};
const epl_prim epl__prim_sum = {.name = "sum", .formula = "y = sum of x over the axes of mask",
                                .inputs = 1, .linear = 1, .attrs_size = sizeof(epl__reduce_attrs),
                                .attrs = attrs, .type = type, .transpose = transpose, .batch = batch,
                                .lower = EPL_LOWER_ENGINE};
