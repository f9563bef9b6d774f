/* amax: the greatest over the axes of a mask, NaN before all; its derivative is shared by equals.
 * Of booleans: any. */
#include "reducing.h"

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    (void)count, (void)message;
    epl__extreme(&in[0], out, ((const epl__reduce_attrs *)attrs)->mask, true);
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    const epl__reduce_attrs *a = attrs;
    (void)count;
    return epl__among_equals(x[0], epl__amax(x[0], a->mask), dx[0], a->mask);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count;
    return epl__amax(x[0], ((const epl__reduce_attrs *)attrs)->mask << 1);
}

const epl_prim epl__prim_amax = {.name = "amax",
                                 .formula = "y = the greatest of x over the axes of mask",
                                 .inputs = 1,
                                 .attrs_size = sizeof(epl__reduce_attrs),
                                 .attrs = epl__reduce_table,
                                 .type = epl__reduce_type,
                                 .kernel = kernel,
                                 .jvp = jvp,
                                 .batch = batch,
                                 .lower = EPL_LOWER_ENGINE};

epl_val epl_op_amax(const epl_reduce_args *a, const char *given)
{
    return epl__reduced("amax", a, given, epl__amax);
}
EPL__OPERATION(amax, "y = the greatest of x over the axes of dim", epl_reduce_args,
               epl__reduce_args_table);
