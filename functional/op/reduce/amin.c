/* amin: the least over the axes of a mask, NaN before all; its derivative is shared by equals.
 * Of booleans: all. */
#include "reducing.h"

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    (void)count, (void)message;
    epl__extreme(&in[0], out, ((const epl__reduce_attrs *)attrs)->mask, false);
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    const epl__reduce_attrs *a = attrs;
    (void)count;
    return epl__among_equals(x[0], epl__amin(x[0], a->mask), dx[0], a->mask);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count;
    return epl__amin(x[0], ((const epl__reduce_attrs *)attrs)->mask << 1);
}

const epl_prim epl__prim_amin = {.name = "amin",
                                 .formula = "y = the least of x over the axes of mask",
                                 .inputs = 1,
                                 .attrs_size = sizeof(epl__reduce_attrs),
                                 .attrs = epl__reduce_table,
                                 .type = epl__reduce_type,
                                 .kernel = kernel,
                                 .jvp = jvp,
                                 .batch = batch,
                                 .lower = EPL_LOWER_ENGINE};

epl_val epl__amin(epl_val x, int64_t mask)
{
    epl__reduce_attrs a = {mask};
    return mask && !epl_is_none(x) ? epl_op(&epl__prim_amin, epl_list(x), &a) : x;
}

epl_val epl_op_amin(const epl_reduce_args *a, const char *given)
{
    return epl__reduced("amin", a, given, epl__amin);
}
EPL__OPERATION(amin, "y = the least of x over the axes of dim", epl_reduce_args,
               epl__reduce_args_table);
