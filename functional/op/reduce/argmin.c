/* argmin: where on an axis the least element stands first, a NaN before all; i64. */
#include "reducing.h"

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    (void)count, (void)message;
    epl__extreme_at(&in[0], out, ((const epl__axis_attrs *)attrs)->axis, false);
    return true;
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count;
    return epl__argmin(x[0], (int)((const epl__axis_attrs *)attrs)->axis + 1);
}

const epl_prim epl__prim_argmin = {.name = "argmin",
                                   .formula = "y = the place of the least of x on an axis",
                                   .inputs = 1,
                                   .attrs_size = sizeof(epl__axis_attrs),
                                   .attrs = epl__axis_table,
                                   .type = epl__axis_type,
                                   .kernel = kernel,
                                   .batch = batch,
                                   .lower = EPL_LOWER_ENGINE};

epl_val epl__argmin(epl_val x, int axis)
{
    epl__axis_attrs a = {axis};
    return epl_is_none(x) ? x : epl_op(&epl__prim_argmin, epl_list(x), &a);
}

epl_val epl_op_argmin(const epl_arg_args *a, const char *given)
{
    return epl__arg_reduced("argmin", a, given, epl__argmin);
}
EPL__OPERATION(argmin, "y = the place of the least of x on dim, or in all of x", epl_arg_args,
               epl__arg_args_table);
