/* adaptive_avg_pool.c -- AdaptiveAvgPool1d, 2d, 3d: means of windows that cover the input
 * evenly. */
#include <espalier/espalier.h>

#define ADAPTIVE(n)                                                                           \
    static epl_val apply##n(epl_ctx *c, const void *args, epl_val x)                          \
    {                                                                                         \
        const epl_nn_adaptive_avg_pool##n##d_args *a = args;                                  \
        epl_adaptive_pool_args p = {.input = x};                                              \
        (void)c;                                                                              \
        for (int i = 0; i < n; i++)                                                           \
            p.output_size[i] = a->output_size[i];                                             \
        return epl_op_adaptive_avg_pool##n##d(&p, "");                                        \
    }                                                                                         \
    static const epl_attr attrs##n[] = {EPL_ATTR_F(epl_nn_adaptive_avg_pool##n##d_args,       \
                                                   output_size, EPL_INTS, 0, EPL_ANY, 1e9, n, \
                                                   EPL_ATTR_REQUIRED | EPL_ATTR_NONE),        \
                                        EPL_ATTR_END};                                        \
    const epl_kind epl_kind_adaptive_avg_pool##n##d = {                                       \
        .name = "AdaptiveAvgPool" #n "d",                                                     \
        .version = 1,                                                                         \
        .args_size = sizeof(epl_nn_adaptive_avg_pool##n##d_args),                             \
        .attrs = attrs##n,                                                                    \
        .apply = apply##n,                                                                    \
        .doc = "y[n, c, o] = mean of x[n, c, i], floor(o n / O) <= i < ceil((o + 1) n / O)"}
ADAPTIVE(1);
ADAPTIVE(2);
ADAPTIVE(3);
