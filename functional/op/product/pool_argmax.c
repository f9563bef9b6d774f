/* pool_argmax: y[b, o] = where in x[b] the largest entry of window o stands, as a flat index
 * over the spatial axes.
 *
 * The first of equals is taken; NaN is larger than any number, and of several the last is
 * taken, as torch does. Padding is never taken, so each window must hold an entry: an empty
 * one gives index 0. An index has no derivative: max-pooling is a gather of it.
 */
#include "../../../src/base/type.h"
#include "../op.h"

enum { DIMS = 3 };

/* The last window and the width of each, counted in entries. */
static bool reaches(const epl__pool_attrs *a, int i)
{
    int64_t last, width, most = (int64_t)EPL__FAR;
    return a->window[i] >= 1 && a->stride[i] >= 1 && a->dilation[i] >= 1 && a->out[i] >= 0 &&
           epl__mul(a->out[i] ? a->out[i] - 1 : 0, a->stride[i], &last) && last <= most &&
           epl__mul(a->window[i] - 1, a->dilation[i], &width) && width <= most;
}

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
        if (!reaches(a, i) || (a->out[i] && !t.shape.dim[axis]))
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

/* Entries that a window at place o sees on axis i: from, from + dilation, ... < to. */
typedef struct {
    int64_t from, to;
} range;
static range seen(const pool *p, int i, int64_t o)
{
    int64_t from = o * p->stride[i] - p->pad[i],
            to = from + (p->window[i] - 1) * p->dilation[i] + 1;
    if (from < 0)
        from += (-from + p->dilation[i] - 1) / p->dilation[i] * p->dilation[i];
    return (range){from, to < p->x[i] ? to : p->x[i]};
}

/* One row of windows. The entry that is best so far is read again rather than kept, and taken
 * without a branch: data decide which one it is. */
#define ROW(name, number)                                                                 \
    static void name(const pool *p, const number *x, range d, range h, int64_t *out)      \
    {                                                                                     \
        for (int64_t o = 0; o < p->y[2]; o++) {                                           \
            range w = seen(p, 2, o);                                                      \
            int64_t best = (d.from * p->x[1] + h.from) * p->x[2] + w.from;                \
            if (d.from >= d.to || h.from >= h.to || w.from >= w.to)                       \
                best = 0;                                                                 \
            for (int64_t i = d.from; i < d.to; i += p->dilation[0])                       \
                for (int64_t j = h.from; j < h.to; j += p->dilation[1]) {                 \
                    int64_t line = (i * p->x[1] + j) * p->x[2];                           \
                    for (int64_t k = line + w.from; k < line + w.to; k += p->dilation[2]) \
                        best += (k - best) * ((x[k] > x[best]) | (x[k] != x[k]));         \
                }                                                                         \
            out[o] = best;                                                                \
        }                                                                                 \
    }
ROW(row_f32, float)
ROW(row_f64, double)
ROW(row_i64, int64_t)
ROW(row_i32, int32_t)
#undef ROW

static void plane(const pool *p, epl_dtype dtype, const void *x, int64_t *out)
{
    for (int64_t o0 = 0; o0 < p->y[0]; o0++)
        for (int64_t o1 = 0; o1 < p->y[1]; o1++, out += p->y[2]) {
            range d = seen(p, 0, o0), h = seen(p, 1, o1);
            if (dtype == EPL_F32)
                row_f32(p, x, d, h, out);
            else if (dtype == EPL_F64)
                row_f64(p, x, d, h, out);
            else if (dtype == EPL_I64)
                row_i64(p, x, d, h, out);
            else
                row_i32(p, x, d, h, out);
        }
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__pool_attrs *a = attrs;
    epl_shape s = in[0].type.shape;
    pool p = described(s, a);
    int64_t planes = epl__product(s, 0, s.rank - (int)a->spatial);
    int64_t from = p.x[0] * p.x[1] * p.x[2], to = p.y[0] * p.y[1] * p.y[2];
    size_t bytes = epl_dtype_bytes(in[0].type.dtype);
    (void)count, (void)message;
    for (int64_t b = 0; b < planes && to; b++)
        plane(&p, in[0].type.dtype, (const char *)in[0].data + (size_t)(b * from) * bytes,
              (int64_t *)out->data + b * to);
    return true;
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count;
    return epl_op(&epl__prim_pool_argmax, epl_list(x[0]), attrs);
}

/* Entries past `spatial` may be 0; the rule for types looks at the others. */
static const epl_attr attrs[] = {EPL_ATTR(epl__pool_attrs, spatial, EPL_INT, 2, 1, DIMS),
                                 EPL_ATTR_N(epl__pool_attrs, window, DIMS, 1, 0, EPL__FAR),
                                 EPL_ATTR_N(epl__pool_attrs, stride, DIMS, 1, 0, EPL__FAR),
                                 EPL_ATTR_N(epl__pool_attrs, pad, DIMS, 0, -EPL__FAR, EPL__FAR),
                                 EPL_ATTR_N(epl__pool_attrs, dilation, DIMS, 1, 0, EPL__FAR),
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
