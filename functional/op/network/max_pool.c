/* max_pool.c -- the largest of each window: where it stands, then a gather of it, so that
 * derivatives of any order go to the one that was chosen.
 */
#include "spatial.h"

/* Each window sees an entry: with dilation one may lie in the padding alone. */
static bool windows_hold(const epl__on_space *o, const epl__pool_attrs *p, int i, int64_t length)
{
    for (int64_t k = 0; k < p->out[i]; k++) {
        int64_t first = k * p->stride[i] - p->pad[i], skip = 0;
        if (first < 0)
            skip = (-first + p->dilation[i] - 1) / p->dilation[i];
        if (skip >= p->window[i] || first + skip * p->dilation[i] >= length) {
            epl__bad(o->x, EPL_ERR_SHAPE, "[%s] window %lld holds padding alone; input is %s",
                     o->op, (long long)k, epl__show(o->x));
            return false;
        }
    }
    return true;
}

static bool read_windows(const epl__on_space *o, const epl_max_pool_args *a, epl__pool_attrs *p)
{
    if (!epl__space_fits(o) ||
        !epl__space_sizes(o, "kernel_size", a->kernel_size, NULL, p->window) ||
        !epl__space_sizes(o, "stride", a->stride, a->kernel_size, p->stride) ||
        !epl__space_sizes(o, "dilation", a->dilation, epl__space_ones, p->dilation) ||
        !epl__space_list(o, "padding", a->padding, p->pad))
        return false;
    for (int i = 0; i < o->axes; i++) {
        int64_t length = epl_dim(o->x, i - o->axes);
        epl__windows w = {p->window[i], p->stride[i], p->pad[i], p->dilation[i], a->ceil_mode};
        p->out[i] = epl__window_count(o, &w, length);
        if (!p->out[i] || !windows_hold(o, p, i, length))
            return false;
    }
    return true;
}

static epl_val max_pool(const char *op, int axes, const epl_max_pool_args *a, const char *given)
{
    epl__on_space o = {op, a->input, axes, given};
    epl__pool_attrs p = {.spatial = axes};
    if (a->indices)
        *a->indices = EPL_NO_VAL;
    if (!read_windows(&o, a, &p))
        return EPL_NO_VAL;
    epl_val at = epl_op(&epl__prim_pool_argmax, epl_list(a->input), &p);
    epl_shape x = epl_typeof(a->input).shape, y = epl_typeof(at).shape;
    int lead = x.rank - axes;
    int64_t rows = epl__product(x, 0, lead);
    epl_shape flat_x = epl_shape_of(2, (int64_t[]){rows, epl__product(x, lead, x.rank)});
    epl_shape flat_y = epl_shape_of(2, (int64_t[]){rows, epl__product(y, lead, y.rank)});
    if (a->indices)
        *a->indices = at;
    if (!at.graph)
        return at;
    return epl__reshape(epl__gather(epl__reshape(a->input, flat_x), epl__reshape(at, flat_y), 1),
                        y);
}

static size_t results(epl_val (*f)(const epl_max_pool_args *, const char *), const void *args,
                      const char *given, epl_val *out, size_t room)
{
    epl_max_pool_args a = *(const epl_max_pool_args *)args;
    epl_val at = EPL_NO_VAL;
    a.indices = a.return_indices ? &at : NULL;
    size_t n = epl__one_result(f(&a, given), out, room);
    if (n && a.return_indices) {
        n = 2;
        if (room > 1)
            out[1] = at;
    }
    return n;
}

#define MAX_POOL(n)                                                                         \
    epl_val epl_op_max_pool##n##d(const epl_max_pool_args *a, const char *given)            \
    {                                                                                       \
        return max_pool("max_pool" #n "d", n, a, given);                                    \
    }                                                                                       \
    static size_t max_pool##n##d_build(const void *args, const char *given, epl_val *out,   \
                                       size_t room)                                         \
    {                                                                                       \
        return results(epl_op_max_pool##n##d, args, given, out, room);                      \
    }                                                                                       \
    static const epl_attr max_pool##n##d_table[] = {                                        \
        EPL_ARG(epl_max_pool_args, input),                                                  \
        EPL_ATTR_F(epl_max_pool_args, kernel_size, EPL_INTS, 0, 1, INT32_MAX, n,            \
                   EPL_ATTR_REQUIRED),                                                      \
        EPL_ATTR_F(epl_max_pool_args, stride, EPL_INTS, 0, 1, INT32_MAX, n, EPL_ATTR_NONE), \
        EPL_ATTR_F(epl_max_pool_args, padding, EPL_LIST, 0, 0, INT32_MAX, 1, 0),            \
        EPL_ATTR_N(epl_max_pool_args, dilation, n, 1, 1, INT32_MAX),                        \
        EPL_ATTR(epl_max_pool_args, ceil_mode, EPL_BOOLEAN, 0, 0, 1),                       \
        EPL_ATTR(epl_max_pool_args, return_indices, EPL_BOOLEAN, 0, 0, 1),                  \
        EPL_ATTR_END};                                                                      \
    const epl_operation epl__operation_max_pool##n##d = {                                   \
        "max_pool" #n "d", "y[n, c, i] = max of x[n, c, i stride + t dilation - padding]",  \
        sizeof(epl_max_pool_args), max_pool##n##d_table, max_pool##n##d_build}
MAX_POOL(1);
MAX_POOL(2);
MAX_POOL(3);
