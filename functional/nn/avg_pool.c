/* avg_pool.c -- AvgPool1d, 2d, 3d: the mean of each window. */
#include <espalier/espalier.h>

static bool has(epl_ctx *c, const char *attribute)
{
    return epl_module_has(epl_ctx_module(c), attribute);
}

#define AVG_POOL(n, ...)                                                                \
    static epl_val apply##n(epl_ctx *c, const void *args, epl_val x)                    \
    {                                                                                   \
        const epl_nn_avg_pool##n##d_args *a = args;                                     \
        bool divided = has(c, "divisor_override");                                      \
        epl_avg_pool_args p = {.input = x,                                              \
                               .padding = {n, a->padding},                              \
                               .ceil_mode = a->ceil_mode,                               \
                               .count_include_pad = a->count_include_pad,               \
                               .divisor_override = a->divisor_override};                \
        for (int i = 0; i < n; i++) {                                                   \
            p.kernel_size[i] = a->kernel_size[i];                                       \
            p.stride[i] = has(c, "stride") ? a->stride[i] : a->kernel_size[i];          \
        }                                                                               \
        return epl_op_avg_pool##n##d(                                                   \
            &p, divided ? "stride padding ceil_mode count_include_pad divisor_override" \
                        : "stride padding ceil_mode count_include_pad");                \
    }                                                                                   \
    static const epl_attr attrs##n[] = {                                                \
        EPL_ATTR_F(epl_nn_avg_pool##n##d_args, kernel_size, EPL_INTS, 0, 1, 1e9, n,     \
                   EPL_ATTR_REQUIRED),                                                  \
        EPL_ATTR_N(epl_nn_avg_pool##n##d_args, stride, n, 0, 1, 1e9),                   \
        EPL_ATTR_N(epl_nn_avg_pool##n##d_args, padding, n, 0, 0, 1e9),                  \
        EPL_ATTR(epl_nn_avg_pool##n##d_args, ceil_mode, EPL_BOOLEAN, 0, 0, 1),          \
        EPL_ATTR(epl_nn_avg_pool##n##d_args, count_include_pad, EPL_BOOLEAN, 1, 0, 1),  \
        __VA_ARGS__ EPL_ATTR_END};                                                      \
    const epl_kind epl_kind_avg_pool##n##d = {                                          \
        .name = "AvgPool" #n "d",                                                       \
        .version = 1,                                                                   \
        .args_size = sizeof(epl_nn_avg_pool##n##d_args),                                \
        .attrs = attrs##n,                                                              \
        .apply = apply##n,                                                              \
        .doc = "y[n, c, i] = mean of x[n, c, i stride + t - padding]"}
#define DIVISOR(n) EPL_ATTR(epl_nn_avg_pool##n##d_args, divisor_override, EPL_INT, 0, 1, 1e15)
AVG_POOL(1, );
AVG_POOL(2, DIVISOR(2), );
AVG_POOL(3, DIVISOR(3), );
