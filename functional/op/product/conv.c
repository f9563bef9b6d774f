/* conv: y[b, n, k, o] = sum over c, t of x[b, n, c, o stride + t dilation - pad_lo] w[b, k, c, t].
 *
 * x is read with in_dilation - 1 zeros between its entries and with pad_lo and pad_hi zeros
 * around (negative: cut off); flip reads the window backwards. There is one position for each
 * whole step: o <= (x_dilated + pad_lo + pad_hi - w_dilated) / stride, rounded down.
 *
 * Closed under differentiation: either transpose is a conv of the cotangent and the other
 * operand in which stride and a dilation have changed places. The pad_hi of a transpose makes
 * its result exactly as long as the operand, also where a step was cut off.
 */
#include <string.h>
#include "../op.h"

enum { DIMS = 3 };

/* Length with step - 1 zeros between the entries. */
static int64_t spread(int64_t n, int64_t step)
{
    return n ? (n - 1) * step + 1 : 0;
}

static int64_t positions(const epl__conv_attrs *a, int i, int64_t x, int64_t w)
{
    int64_t room = spread(x, a->in_dilation[i]) + a->pad_lo[i] + a->pad_hi[i] -
                   spread(w, a->dilation[i]);
    return room < 0 ? 0 : room / a->stride[i] + 1;
}

static bool legal(const epl__conv_attrs *a, epl_shape x, epl_shape w)
{
    if (a->spatial < 1 || a->spatial > DIMS || x.rank != w.rank || x.rank < a->spatial + 2)
        return false;
    for (int i = 0; i < a->spatial; i++) {
        int64_t part, sum, large = INT64_MAX / 8;
        int axis = x.rank - (int)a->spatial + i;
        if (a->stride[i] < 1 || a->in_dilation[i] < 1 || a->dilation[i] < 1 ||
            __builtin_mul_overflow(x.dim[axis], a->in_dilation[i], &sum) || sum > large ||
            __builtin_mul_overflow(w.dim[axis], a->dilation[i], &part) || part > large ||
            a->pad_lo[i] > large || a->pad_lo[i] < -large || a->pad_hi[i] > large ||
            a->pad_hi[i] < -large)
            return false;
    }
    return true;
}

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__conv_attrs *a = attrs;
    epl_shape x = in[0].shape, w = in[1].shape;
    epl_type t = epl_type_of(in[0].dtype, x), none = {0};
    int lead = x.rank - (int)a->spatial - 2;
    (void)count;
    if (in[0].dtype != in[1].dtype || !legal(a, x, w) || x.dim[lead + 1] != w.dim[lead + 1] ||
        (t.dtype != EPL_F32 && t.dtype != EPL_F64))
        return none;
    for (int i = 0; i < lead; i++)
        if (x.dim[i] != w.dim[i])
            return none;
    t.shape.dim[lead + 1] = w.dim[lead];
    for (int i = 0; i < a->spatial; i++)
        t.shape.dim[lead + 2 + i] = positions(a, i, x.dim[lead + 2 + i], w.dim[lead + 2 + i]);
    return t;
}

/* -- evaluation: plain loops, sums in f64 -------------------------------------------------- */
typedef struct {
    epl__conv_attrs a; /* always three axes: missing ones, the first, have size 1 */
    int64_t batch, n, k, c;
    int64_t x[DIMS], w[DIMS], y[DIMS]; /* sizes */
    int64_t x_plane, w_plane, y_plane; /* their products */
    const void *from, *by;
    bool f32;
} conv;

static conv described(const epl_array *in, const epl_array *out, const epl__conv_attrs *attrs)
{
    conv v = {.batch = 1,
              .x_plane = 1,
              .w_plane = 1,
              .y_plane = 1,
              .from = in[0].data,
              .by = in[1].data,
              .f32 = out->type.dtype == EPL_F32,
              .a = {.flip = attrs->flip}};
    epl_shape x = in[0].type.shape, w = in[1].type.shape, y = out->type.shape;
    int lead = x.rank - (int)attrs->spatial - 2, missing = DIMS - (int)attrs->spatial;
    v.batch = epl__product(x, 0, lead);
    v.n = x.dim[lead];
    v.k = w.dim[lead];
    v.c = x.dim[lead + 1];
    for (int i = 0; i < DIMS; i++) {
        int j = i - missing, axis = lead + 2 + j;
        bool here = j >= 0;
        v.a.stride[i] = here ? attrs->stride[j] : 1;
        v.a.pad_lo[i] = here ? attrs->pad_lo[j] : 0;
        v.a.in_dilation[i] = here ? attrs->in_dilation[j] : 1;
        v.a.dilation[i] = here ? attrs->dilation[j] : 1;
        v.x_plane *= v.x[i] = here ? x.dim[axis] : 1;
        v.w_plane *= v.w[i] = here ? w.dim[axis] : 1;
        v.y_plane *= v.y[i] = here ? y.dim[axis] : 1;
    }
    return v;
}

/* The entry of x on axis i that position o sees through place t of the window; -1: a zero. */
static int64_t seen(const conv *v, int i, int64_t o, int64_t t)
{
    int64_t at = o * v->a.stride[i] + t * v->a.dilation[i] - v->a.pad_lo[i];
    if (at < 0 || at % v->a.in_dilation[i])
        return -1;
    at /= v->a.in_dilation[i];
    return at < v->x[i] ? at : -1;
}

/* The sum over channels of x at `at` and w at `place`; planes apart. */
static double over_channels(const conv *v, int64_t at, int64_t place)
{
    double sum = 0;
    if (v->f32) {
        const float *x = (const float *)v->from + at, *w = (const float *)v->by + place;
        for (int64_t c = 0; c < v->c; c++)
            sum += (double)x[c * v->x_plane] * (double)w[c * v->w_plane];
    } else {
        const double *x = (const double *)v->from + at, *w = (const double *)v->by + place;
        for (int64_t c = 0; c < v->c; c++)
            sum += x[c * v->x_plane] * w[c * v->w_plane];
    }
    return sum;
}

/* One number of the result; x and w start at the image and the filter. */
static double at_position(const conv *v, int64_t x, int64_t w, const int64_t *o)
{
    double sum = 0;
    for (int64_t t = 0; t < v->w[0]; t++) {
        int64_t d = seen(v, 0, o[0], t);
        for (int64_t r = 0; d >= 0 && r < v->w[1]; r++) {
            int64_t h = seen(v, 1, o[1], r);
            for (int64_t q = 0; h >= 0 && q < v->w[2]; q++) {
                int64_t i = seen(v, 2, o[2], q), place = (t * v->w[1] + r) * v->w[2] + q;
                if (i < 0)
                    continue;
                place = v->a.flip ? v->w_plane - 1 - place : place;
                sum += over_channels(v, x + (d * v->x[1] + h) * v->x[2] + i, w + place);
            }
        }
    }
    return sum;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    conv v = described(in, out, attrs);
    int64_t planes = v.batch * v.n * v.k, next = 0;
    (void)count, (void)message;
    for (int64_t p = 0; p < planes && v.y_plane; p++) {
        int64_t image = p / v.k, filter = image / v.n * v.k + p % v.k, o[DIMS];
        int64_t x = image * v.c * v.x_plane, w = filter * v.c * v.w_plane;
        for (o[0] = 0; o[0] < v.y[0]; o[0]++)
            for (o[1] = 0; o[1] < v.y[1]; o[1]++)
                for (o[2] = 0; o[2] < v.y[2]; o[2]++) {
                    double sum = at_position(&v, x, w, o);
                    if (v.f32)
                        ((float *)out->data)[next++] = (float)sum;
                    else
                        ((double *)out->data)[next++] = sum;
                }
    }
    return true;
}

/* -- rules ----------------------------------------------------------------------------------- */
static epl_val build(epl_val x, epl_val w, const epl__conv_attrs *a)
{
    return x.graph && w.graph ? epl_op(&epl__prim_conv, epl_list(x, w), a) : EPL_NO_VAL;
}

static epl_val swapped(epl_val v, int lead) /* [b, p, q, ...] -> [b, q, p, ...] */
{
    return epl__move_axis(v, lead, lead + 1);
}

/* Of x. Where o stride = i in_dilation + pad_lo - t dilation, ct[o] w[t] goes to x[i]; with
 * the window read from its other end this is a conv of ct. */
static epl_val transpose_input(const epl__conv_attrs *a, epl_shape x, epl_val w, epl_val ct,
                               int lead)
{
    epl__conv_attrs b = *a;
    for (int i = 0; i < a->spatial; i++) {
        int axis = lead + 2 + i;
        int64_t from = spread(x.dim[axis], a->in_dilation[i]),
                back = spread(epl_dim(ct, axis), a->stride[i]);
        b.stride[i] = a->in_dilation[i];
        b.in_dilation[i] = a->stride[i];
        b.pad_lo[i] = spread(epl_dim(w, axis), a->dilation[i]) - 1 - a->pad_lo[i];
        b.pad_hi[i] = from + a->pad_lo[i] - back;
    }
    b.flip = !a->flip;
    return build(ct, swapped(w, lead), &b);
}

/* Of w. The window's place t is now the position, and ct the window: x moves by dilation,
 * ct by stride. With flip, ct is what is read and x the window. */
static epl_val transpose_weight(const epl__conv_attrs *a, epl_val x, epl_shape w, epl_val ct,
                                int lead)
{
    epl__conv_attrs b = *a;
    for (int i = 0; i < a->spatial; i++) {
        int axis = lead + 2 + i;
        int64_t from = spread(epl_dim(x, axis), a->in_dilation[i]),
                wide = spread(w.dim[axis], a->dilation[i]);
        int64_t back = spread(epl_dim(ct, axis), a->stride[i]);
        b.stride[i] = a->dilation[i];
        if (a->flip) {
            b.in_dilation[i] = a->stride[i];
            b.dilation[i] = a->in_dilation[i];
            b.pad_lo[i] = wide - 1 - a->pad_lo[i];
            b.pad_hi[i] = from + a->pad_lo[i] - back;
        } else {
            b.dilation[i] = a->stride[i];
            b.pad_hi[i] = wide - 1 + back - from - a->pad_lo[i];
        }
    }
    b.flip = 0;
    x = swapped(x, lead);
    ct = swapped(ct, lead);
    return a->flip ? build(ct, x, &b) : swapped(build(x, ct, &b), lead);
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__conv_attrs *a = attrs;
    epl_type t = epl_typeof(x[wrt]);
    int lead = t.shape.rank - (int)a->spatial - 2;
    (void)count;
    if (!epl_count(t) || !epl_count(epl_typeof(ct)))
        return EPL_NO_VAL; /* no element, or a sum of none */
    return wrt == 0 ? transpose_input(a, t.shape, x[1], ct, lead)
                    : transpose_weight(a, x[0], t.shape, ct, lead);
}

/* [m, b, p, ...] -> [b, m p, ...] */
static epl_val merged(epl_val v, int lead)
{
    v = epl__move_axis(v, 0, lead);
    epl_shape s = epl_typeof(v).shape;
    s.dim[lead + 1] *= s.dim[lead];
    return epl__reshape(v, epl__shape_without(s, INT64_C(1) << lead));
}

/* [b, ..., m p, ...] with m p at `axis` -> [m, b, ..., p, ...] */
static epl_val parted(epl_val v, int axis, int64_t m)
{
    epl_shape s = epl_typeof(v).shape;
    if (!v.graph)
        return v;
    s.dim[axis] = m ? s.dim[axis] / m : 0;
    return epl__move_axis(epl__reshape(v, epl__shape_insert(s, axis, m)), axis, 0);
}

/* Images of a mapped x are more images, filters of a mapped w are more filters. */
static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__conv_attrs *a = attrs;
    bool both = mapped[0] && mapped[1];
    epl_shape s = epl_typeof(x[mapped[0] ? 0 : 1]).shape;
    int lead = s.rank - (int)a->spatial - 3;
    (void)count;
    if (both || !epl__product(s, 0, s.rank)) /* sizes of empty results cannot be told from m p */
        return build(mapped[0] ? x[0] : epl__lead(x[0], s.dim[0]),
                     mapped[1] ? x[1] : epl__lead(x[1], s.dim[0]), a);
    if (mapped[0])
        return parted(build(merged(x[0], lead), x[1], a), lead, s.dim[0]);
    return parted(build(x[0], merged(x[1], lead), a), lead + 1, s.dim[0]);
}

/* Entries past `spatial` may be 0; the rule for types looks at the others. */
static const epl_attr attrs[] = {EPL_ATTR(epl__conv_attrs, spatial, EPL_INT, 2, 1, DIMS),
                                 EPL_ATTR_N(epl__conv_attrs, stride, DIMS, 1, 0, 9e18),
                                 EPL_ATTR_N(epl__conv_attrs, pad_lo, DIMS, 0, -9e18, 9e18),
                                 EPL_ATTR_N(epl__conv_attrs, pad_hi, DIMS, 0, -9e18, 9e18),
                                 EPL_ATTR_N(epl__conv_attrs, in_dilation, DIMS, 1, 0, 9e18),
                                 EPL_ATTR_N(epl__conv_attrs, dilation, DIMS, 1, 0, 9e18),
                                 EPL_ATTR(epl__conv_attrs, flip, EPL_INT, 0, 0, 1),
                                 EPL_ATTR_END};
const epl_prim epl__prim_conv = {
    .name = "conv",
    .formula = "y[b,n,k,o] = sum x[b,n,c,o stride + t dilation - pad] w[b,k,c,t]",
    .inputs = 2,
    .multilinear = true,
    .attrs_size = sizeof(epl__conv_attrs),
    .attrs = attrs,
    .type = type,
    .kernel = kernel,
    .transpose = transpose,
    .batch = batch,
    .lower = EPL_LOWER_ENGINE};
