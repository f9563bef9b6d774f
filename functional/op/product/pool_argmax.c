/* pool_argmax: y[b, o] = where in x[b] the largest entry of window o stands, as a flat index
 * over the spatial axes.
 *
 * The first of equals is taken; NaN is larger than any number, and of several the last is
 * taken, as torch does. Padding is never taken, so each window must hold an entry: an empty
 * one gives index 0. An index has no derivative: max-pooling is a gather of it.
 */
#include "../op.h"

enum { DIMS = 3 };

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__pool_attrs *a = attrs;
    epl_type t = epl_type_of(EPL_I64, in[0].shape), none = {0};
    (void)count;
    if (a->spatial < 1 || a->spatial > DIMS || t.shape.rank < a->spatial ||
        (in[0].dtype != EPL_F32 && in[0].dtype != EPL_F64 && in[0].dtype != EPL_I64 &&
         in[0].dtype != EPL_I32))
        return none;
    for (int i = 0; i < a->spatial; i++) {
        int axis = t.shape.rank - (int)a->spatial + i;
        if (a->window[i] < 1 || a->stride[i] < 1 || a->dilation[i] < 1 || a->out[i] < 0)
            return none;
        if (a->out[i] && !t.shape.dim[axis])
            return none;
        t.shape.dim[axis] = a->out[i];
    }
    return t;
}

/* Three axes always: missing ones, the first, have size 1 and a window of 1. */
typedef struct {
    int64_t x[DIMS], y[DIMS], window[DIMS], stride[DIMS], pad[DIMS], dilation[DIMS];
} pool;

static pool described(epl_shape x, const epl__pool_attrs *a)
{
    pool p;
    int missing = DIMS - (int)a->spatial;
    for (int i = 0; i < DIMS; i++) {
        int j = i - missing;
        bool here = j >= 0;
        p.x[i] = here ? x.dim[x.rank - (int)a->spatial + j] : 1;
        p.y[i] = here ? a->out[j] : 1;
        p.window[i] = here ? a->window[j] : 1;
        p.stride[i] = here ? a->stride[j] : 1;
        p.pad[i] = here ? a->pad[j] : 0;
        p.dilation[i] = here ? a->dilation[j] : 1;
    }
    return p;
}

typedef struct {
    int64_t from[DIMS], to[DIMS];
} range;

/* The entries of x that position o sees: from, from + dilation, ... < to. */
static range seen(const pool *p, const int64_t *o)
{
    range r;
    for (int i = 0; i < DIMS; i++) {
        int64_t from = o[i] * p->stride[i] - p->pad[i],
                to = from + (p->window[i] - 1) * p->dilation[i] + 1;
        if (from < 0)
            from += (-from + p->dilation[i] - 1) / p->dilation[i] * p->dilation[i];
        r.from[i] = from;
        r.to[i] = to < p->x[i] ? to : p->x[i];
    }
    return r;
}

#define LARGEST(name, number)                                                     \
    static int64_t name(const pool *p, const number *x, const range *r)           \
    {                                                                             \
        int64_t best = -1;                                                        \
        for (int64_t d = r->from[0]; d < r->to[0]; d += p->dilation[0])           \
            for (int64_t h = r->from[1]; h < r->to[1]; h += p->dilation[1])       \
                for (int64_t w = r->from[2]; w < r->to[2]; w += p->dilation[2]) { \
                    int64_t i = (d * p->x[1] + h) * p->x[2] + w;                  \
                    if (best < 0 || x[i] > x[best] || x[i] != x[i])               \
                        best = i;                                                 \
                }                                                                 \
        return best < 0 ? 0 : best;                                               \
    }
LARGEST(largest_f32, float)
LARGEST(largest_f64, double)
LARGEST(largest_i64, int64_t)
LARGEST(largest_i32, int32_t)
#undef LARGEST

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__pool_attrs *a = attrs;
    epl_shape s = in[0].type.shape;
    pool p = described(s, a);
    int64_t planes = epl__product(s, 0, s.rank - (int)a->spatial), plane = p.x[0] * p.x[1] * p.x[2];
    int64_t *next = out->data, o[DIMS];
    (void)count, (void)message;
    for (int64_t b = 0; b < planes; b++)
        for (o[0] = 0; o[0] < p.y[0]; o[0]++)
            for (o[1] = 0; o[1] < p.y[1]; o[1]++)
                for (o[2] = 0; o[2] < p.y[2]; o[2]++) {
                    range r = seen(&p, o);
                    const void *x = in[0].data;
                    epl_dtype d = in[0].type.dtype;
                    *next++ = d == EPL_F32   ? largest_f32(&p, (const float *)x + b * plane, &r)
                              : d == EPL_F64 ? largest_f64(&p, (const double *)x + b * plane, &r)
                              : d == EPL_I64 ? largest_i64(&p, (const int64_t *)x + b * plane, &r)
                                             : largest_i32(&p, (const int32_t *)x + b * plane, &r);
                }
    return true;
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count;
    return epl_op(&epl__prim_pool_argmax, epl_list(x[0]), attrs);
}

static const epl_attr attrs[] = {EPL_ATTR(epl__pool_attrs, spatial, EPL_INT, 2, 1, DIMS),
                                 EPL_ATTR_N(epl__pool_attrs, window, DIMS, 1, 1, 9e18),
                                 EPL_ATTR_N(epl__pool_attrs, stride, DIMS, 1, 1, 9e18),
                                 EPL_ATTR_N(epl__pool_attrs, pad, DIMS, 0, -9e18, 9e18),
                                 EPL_ATTR_N(epl__pool_attrs, dilation, DIMS, 1, 1, 9e18),
                                 EPL_ATTR_N(epl__pool_attrs, out, DIMS, 0, 0, 9e18),
                                 EPL_ATTR_END};
const epl_prim epl__prim_pool_argmax = {
    .name = "pool_argmax",
    .formula = "y[b,o] = place of the largest of window o in x[b]",
    .inputs = 1,
    .attrs_size = sizeof(epl__pool_attrs),
    .attrs = attrs,
    .type = type,
    .kernel = kernel,
    .batch = batch};
