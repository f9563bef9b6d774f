/* avg_pool.c -- the mean of each window: sums, then one division by the number of terms.
 *
 * Windows that lie side by side are one reshape and one sum. Others are summed axis by axis,
 * as the sum of strided slices. Windows at the edge may have fewer terms; then the divisor is
 * a constant along each axis.
 */
#include "pool.h"

static epl_fn *fn_of(epl_val x)
{
    return epl__fn_of(x);
}

void *epl__pool_memory(epl_val x, int64_t count, size_t size)
{
    void *p = fn_of(x) ? epl__arena_take(&fn_of(x)->arena, ((size_t)count + 1) * size) : NULL;
    if (!p)
        epl__bad(x, EPL_ERR_MEMORY, "[pool] no memory for a constant");
    return p;
}

epl_val epl__pool_along(epl_val x, int axis, const double *value, int64_t n)
{
    epl_dtype d = epl_typeof(x).dtype;
    epl_shape s = {.rank = epl_rank(x)};
    void *data = epl__pool_memory(x, n, epl_dtype_bytes(d));
    if (!data)
        return EPL_NO_VAL;
    for (int64_t i = 0; i < n; i++) {
        if (d == EPL_F32)
            ((float *)data)[i] = (float)value[i];
        else
            ((double *)data)[i] = value[i];
    }
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = i == axis ? n : 1;
    epl_type t = epl_type_of(d, epl_shape_of(1, &n));
    return epl__reshape(epl_data(fn_of(x), epl_at(data, t)), s);
}

bool epl__pool_fits(const epl__on_space *o)
{
    epl_dtype d = epl_typeof(o->x).dtype;
    if (!epl__space_fits(o))
        return false;
    if (d == EPL_F32 || d == EPL_F64)
        return true;
    epl__bad(o->x, EPL_ERR_DTYPE, "[%s] f32 or f64 is expected, got %s: cast it first", o->op,
             epl__show(o->x));
    return false;
}

epl_val epl__pool_tiles(const epl__on_space *o, const int64_t *out, const int64_t *window)
{
    epl_val x = o->x;
    int lead = epl_rank(x) - o->axes;
    epl_shape s = epl_typeof(x).shape, split = epl_shape_of((size_t)lead, s.dim);
    int64_t mask = 0;
    if (lead + 2 * o->axes > EPL_MAX_RANK)
        return EPL_NO_VAL; /* rank 5 at most: never */
    for (int i = 0; i < o->axes; i++) {
        x = epl__slice(x, lead + i, 0, out[i] * window[i], 1);
        split.dim[split.rank++] = out[i];
        mask |= INT64_C(1) << split.rank;
        split.dim[split.rank++] = window[i];
    }
    return epl__sum(epl__reshape(x, split), mask);
}

typedef struct {
    epl__on_space o;
    int64_t window[EPL__SPATIAL], stride[EPL__SPATIAL], pad[EPL__SPATIAL], out[EPL__SPATIAL];
    bool ceil_mode, count_pad;
} pool;

static bool read_windows(pool *p, const epl_avg_pool_args *a)
{
    const epl__on_space *o = &p->o;
    p->ceil_mode = epl__given(o->given, "ceil_mode") && a->ceil_mode;
    p->count_pad = !epl__given(o->given, "count_include_pad") || a->count_include_pad;
    if (!epl__pool_fits(o) ||
        !epl__space_sizes(o, "kernel_size", a->kernel_size, NULL, p->window) ||
        !epl__space_sizes(o, "stride", a->stride, a->kernel_size, p->stride) ||
        !epl__space_list(o, "padding", a->padding, p->pad))
        return false;
    for (int i = 0; i < o->axes; i++) {
        epl__windows w = {p->window[i], p->stride[i], p->pad[i], 1, p->ceil_mode};
        p->out[i] = epl__window_count(o, &w, epl_dim(o->x, i - o->axes));
        if (!p->out[i])
            return false;
    }
    return true;
}

static bool side_by_side(const pool *p)
{
    bool all = true;
    for (int i = 0; i < p->o.axes; i++)
        all = all && p->stride[i] == p->window[i] && !p->pad[i] &&
              p->out[i] * p->window[i] <= epl_dim(p->o.x, i - p->o.axes);
    return all;
}

/* Sums along spatial axis i, by slices of what padding makes long enough. */
static epl_val summed_along(const pool *p, epl_val x, int i)
{
    int axis = epl_rank(x) - p->o.axes + i;
    int64_t need = (p->out[i] - 1) * p->stride[i] + p->window[i];
    int64_t after = need - p->pad[i] - epl_dim(x, axis);
    x = epl__pad(x, axis, p->pad[i], after > 0 ? after : 0, 0);
    epl_val sum = epl__slice(x, axis, 0, p->out[i], p->stride[i]);
    for (int64_t t = 1; t < p->window[i]; t++)
        sum = epl_add(sum, epl__slice(x, axis, t, p->out[i], p->stride[i]));
    return sum;
}

/* The terms of window k on axis i that count. */
static int64_t terms(const pool *p, int i, int64_t k)
{
    int64_t n = epl_dim(p->o.x, i - p->o.axes), from = k * p->stride[i] - p->pad[i];
    int64_t to = from + p->window[i], end = p->count_pad ? n + p->pad[i] : n;
    return (to < end ? to : end) - (from > 0 || p->count_pad ? from : 0);
}

/* Divides by the number of terms, where it is one number on an axis together with others. */
static epl_val divided(const pool *p, epl_val sum)
{
    double same = 1;
    for (int i = 0; i < p->o.axes; i++) {
        int64_t first = terms(p, i, 0), k = 1;
        while (k < p->out[i] && terms(p, i, k) == first)
            k++;
        if (k == p->out[i]) {
            same *= (double)first;
            continue;
        }
        double *count = epl__pool_memory(sum, p->out[i], sizeof *count);
        for (k = 0; count && k < p->out[i]; k++)
            count[k] = (double)terms(p, i, k);
        if (!count)
            return EPL_NO_VAL;
        int axis = epl_rank(sum) - p->o.axes + i;
        sum = epl_div(sum, epl__pool_along(sum, axis, count, p->out[i]));
    }
    return same == 1 ? sum : epl_div(sum, epl_num(same));
}

static epl_val avg_pool(const char *op, int axes, const epl_avg_pool_args *a, const char *given)
{
    pool p = {.o = {op, a->input, axes, given}};
    bool divisor = epl__given(given, "divisor_override");
    if (!read_windows(&p, a))
        return EPL_NO_VAL;
    if (divisor && !a->divisor_override)
        return epl__bad(a->input, EPL_ERR_ARG, "[%s] \"divisor_override\" must not be 0", op);
    epl_val sum = a->input;
    if (side_by_side(&p))
        sum = epl__pool_tiles(&p.o, p.out, p.window);
    else
        for (int i = 0; i < axes; i++)
            sum = summed_along(&p, sum, i);
    sum = divisor ? epl_div(sum, epl_num((double)a->divisor_override)) : divided(&p, sum);
    return sum.graph == a->input.graph && sum.id == a->input.id ? epl_copy(sum) : sum;
}

/* A divisor can be given for two and three axes alone. */
#define AVG_POOL(n, ...)                                                                    \
    epl_val epl_op_avg_pool##n##d(const epl_avg_pool_args *a, const char *given)            \
    {                                                                                       \
        return avg_pool("avg_pool" #n "d", n, a, given);                                    \
    }                                                                                       \
    static const epl_attr avg_pool##n##d_table[] = {                                        \
        EPL_ARG(epl_avg_pool_args, input),                                                  \
        EPL_ATTR_F(epl_avg_pool_args, kernel_size, EPL_INTS, 0, 1, INT32_MAX, n,            \
                   EPL_ATTR_REQUIRED),                                                      \
        EPL_ATTR_F(epl_avg_pool_args, stride, EPL_INTS, 0, 1, INT32_MAX, n, EPL_ATTR_NONE), \
        EPL_ATTR_F(epl_avg_pool_args, padding, EPL_LIST, 0, 0, INT32_MAX, 1, 0),            \
        EPL_ATTR(epl_avg_pool_args, ceil_mode, EPL_BOOLEAN, 0, 0, 1),                       \
        EPL_ATTR(epl_avg_pool_args, count_include_pad, EPL_BOOLEAN, 1, 0, 1),               \
        __VA_ARGS__};                                                                       \
    EPL__OPERATION(avg_pool##n##d, "y[n, c, i] = mean of x[n, c, i stride + t - padding]",  \
                   epl_avg_pool_args, avg_pool##n##d_table)
#define DIVISOR                                                                          \
    EPL_ATTR_F(epl_avg_pool_args, divisor_override, EPL_INT, 0, INT32_MIN, INT32_MAX, 1, \
               EPL_ATTR_NONE)
AVG_POOL(1, EPL_ATTR_END);
AVG_POOL(2, DIVISOR, EPL_ATTR_END);
AVG_POOL(3, DIVISOR, EPL_ATTR_END);
