/* max_pool.c -- MaxPool1d, 2d, 3d: the largest of each window. */
#include <espalier/espalier.h>

static bool has(epl_ctx *c, const char *attribute)
{
    return epl_module_has(epl_ctx_module(c), attribute);
}

#define MAX_POOL(n)                                                                 \
    static epl_val apply##n(epl_ctx *c, const void *args, epl_val x)                \
    {                                                                               \
        const epl_nn_max_pool##n##d_args *a = args;                                 \
        epl_val at = EPL_NO_VAL;                                                    \
        epl_max_pool_args p = {.input = x,                                          \
                               .padding = {n, a->padding},                          \
                               .ceil_mode = a->ceil_mode,                           \
                               .indices = a->return_indices ? &at : NULL};          \
        for (int i = 0; i < n; i++) {                                               \
            p.kernel_size[i] = a->kernel_size[i];                                   \
            p.stride[i] = has(c, "stride") ? a->stride[i] : a->kernel_size[i];      \
            p.dilation[i] = a->dilation[i];                                         \
        }                                                                           \
        epl_val y = epl_op_max_pool##n##d(&p, "stride padding dilation ceil_mode"); \
        if (a->return_indices)                                                      \
            epl_also(c, 0, at);                                                     \
        return y;                                                                   \
    }                                                                               \
    static const epl_attr attrs##n[] = {                                            \
        EPL_ATTR_F(epl_nn_max_pool##n##d_args, kernel_size, EPL_INTS, 0, 1, 1e9, n, \
                   EPL_ATTR_REQUIRED),                                              \
        EPL_ATTR_N(epl_nn_max_pool##n##d_args, stride, n, 0, 1, 1e9),               \
        EPL_ATTR_N(epl_nn_max_pool##n##d_args, padding, n, 0, 0, 1e9),              \
        EPL_ATTR_N(epl_nn_max_pool##n##d_args, dilation, n, 1, 1, 1e9),             \
        EPL_ATTR(epl_nn_max_pool##n##d_args, return_indices, EPL_BOOLEAN, 0, 0, 1), \
        EPL_ATTR(epl_nn_max_pool##n##d_args, ceil_mode, EPL_BOOLEAN, 0, 0, 1),      \
        EPL_ATTR_END};                                                              \
    const epl_kind epl_kind_max_pool##n##d = {                                      \
        .name = "MaxPool" #n "d",                                                   \
        .version = 1,                                                               \
        .args_size = sizeof(epl_nn_max_pool##n##d_args),                            \
        .attrs = attrs##n,                                                          \
        .apply = apply##n,                                                          \
        .doc = "y[n, c, i] = max of x[n, c, i stride + t dilation - padding]"}
MAX_POOL(1);
MAX_POOL(2);
MAX_POOL(3);
