/* adaptive_avg_pool.c -- means of windows that cover the input evenly: window o of O on an axis
 * of n entries is [floor(o n / O), ceil((o + 1) n / O)).
 *
 * Where O divides n everywhere the windows lie side by side. Other axes are gathered, window
 * by window with room for the widest; what is too much is left out of the sum.
 */
#include "pool.h"

static int64_t start(int64_t o, int64_t n, int64_t out)
{
    return o * n / out;
}

static int64_t end(int64_t o, int64_t n, int64_t out)
{
    return ((o + 1) * n + out - 1) / out;
}

static epl_val constant(epl_val x, epl_dtype d, const void *data, int64_t n)
{
    return epl_data(epl__fn_of(x), epl_at(data, epl_type_of(d, epl_shape_of(1, &n))));
}

/* x[n, ...] -> [out, widest, ...], with zeros where a window is not so wide. */
static epl_val windows(epl_val x, int64_t out, int64_t widest)
{
    int64_t n = epl_dim(x, 0), *at = epl__pool_memory(x, out * widest, sizeof *at);
    unsigned char *in = epl__pool_memory(x, out * widest, 1);
    if (!at || !in)
        return EPL_NO_VAL;
    for (int64_t o = 0; o < out; o++)
        for (int64_t t = 0; t < widest; t++) {
            int64_t i = start(o, n, out) + t;
            in[o * widest + t] = i < end(o, n, out);
            at[o * widest + t] = in[o * widest + t] ? i : 0;
        }
    epl_val all = epl__gather(x, constant(x, EPL_I64, at, out * widest), 0);
    epl_shape s = epl_typeof(all).shape;
    epl_val inside = constant(x, EPL_BOOL, in, out * widest);
    inside = epl__broadcast(inside, s, (INT64_C(1) << s.rank) - 2);
    all = epl__select(inside, all, epl__like(all, 0));
    s = epl__shape_insert(s, 1, widest);
    s.dim[0] = out;
    return epl__reshape(all, s);
}

/* Means along one axis. */
static epl_val along(epl_val x, int axis, int64_t out)
{
    int64_t n = epl_dim(x, axis), widest = 0;
    double *width = epl__pool_memory(x, out, sizeof *width);
    for (int64_t o = 0; width && o < out; o++) {
        int64_t w = end(o, n, out) - start(o, n, out);
        width[o] = (double)w;
        widest = w > widest ? w : widest;
    }
    if (!width)
        return EPL_NO_VAL;
    epl_val sum = epl__sum(windows(epl__move_axis(x, axis, 0), out, widest), 2);
    if (!sum.graph)
        return sum;
    return epl__move_axis(epl_div(sum, epl__pool_along(sum, 0, width, out)), 0, axis);
}

static epl_val adaptive(const char *op, int axes, const epl_adaptive_pool_args *a,
                        const char *given)
{
    epl__on_space o = {op, a->input, axes, given};
    int64_t out[EPL__SPATIAL], window[EPL__SPATIAL], terms = 1;
    bool even = true;
    if (!epl__pool_fits(&o))
        return EPL_NO_VAL;
    bool one = axes > 1 && a->output_size[0] && !a->output_size[1] && !a->output_size[2];
    for (int i = 0; i < axes; i++) {
        int64_t n = epl_dim(a->input, i - axes), size = a->output_size[one ? 0 : i];
        out[i] = size == EPL_ANY ? n : size;
        if (out[i] < 1 || out[i] > INT32_MAX || n < 1)
            return epl__bad(a->input, EPL_ERR_ARG,
                            "[%s] \"output_size\" must be positive integers (EPL_ANY: as the input "
                            "%s), got %lld",
                            op, epl__show(a->input), (long long)size);
        even = even && n % out[i] == 0;
        window[i] = n / out[i];
        terms *= window[i];
    }
    if (even && terms == 1)
        return epl_copy(a->input);
    if (even)
        return epl_div(epl__pool_tiles(&o, out, window), epl_num((double)terms));
    epl_val y = a->input;
    for (int i = 0; i < axes && y.graph; i++) {
        int axis = epl_rank(y) - axes + i;
        y = epl_dim(y, axis) == out[i] ? y : along(y, axis, out[i]);
    }
    return y;
}

#define ADAPTIVE(n)                                                                              \
    epl_val epl_op_adaptive_avg_pool##n##d(const epl_adaptive_pool_args *a, const char *given)   \
    {                                                                                            \
        return adaptive("adaptive_avg_pool" #n "d", n, a, given);                                \
    }                                                                                            \
    static const epl_attr adaptive_avg_pool##n##d_table[] = {                                    \
        EPL_ARG(epl_adaptive_pool_args, input),                                                  \
        EPL_ATTR_F(epl_adaptive_pool_args, output_size, EPL_INTS, 0, EPL_ANY, INT32_MAX, n,      \
                   EPL_ATTR_REQUIRED | EPL_ATTR_NONE),                                           \
        EPL_ATTR_END};                                                                           \
    EPL__OPERATION(adaptive_avg_pool##n##d,                                                      \
                   "y[n, c, o] = mean of x[n, c, i], floor(o n / O) <= i < ceil((o + 1) n / O)", \
                   epl_adaptive_pool_args, adaptive_avg_pool##n##d_table)
ADAPTIVE(1);
ADAPTIVE(2);
ADAPTIVE(3);
