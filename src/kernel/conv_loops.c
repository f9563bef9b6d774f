/* conv_loops.c -- convolution by its definition, one output at a time: the path for
 * descriptions so odd that nothing else pays (windows spread far outside the input,
 * thousands of phases).
 *
 * Invariant: an output is one sum over c, then t, in order.
 */
#include "conv.h"

typedef struct {
    epl__call call;
    epl__conv_desc d;
    int64_t outputs, outputs_of_part;
} loops;

/* The input's index for output o and tap t on an axis, or -1. */
static int64_t input_at(const epl__conv_desc *d, int axis, int64_t o, int64_t t)
{
    const int64_t x = o * d->stride[axis] + t * d->dilation[axis] - d->pad_lo[axis];
    if (x < 0 || x % d->in_dilation[axis] != 0) {
        return -1;
    }
    const int64_t i = x / d->in_dilation[axis];
    return i < d->in[axis] ? i : -1;
}

static int64_t weight_at(const epl__conv_desc *d, int axis, int64_t t)
{
    return (d->flip ? d->window[axis] - 1 - t : t) * d->w_s[axis];
}

/* The sum over the window for one channel. */
static double window_sum(const epl__conv_desc *d, const char *in, const char *w, const int64_t *o)
{
    double sum = 0;
    for (int64_t x = 0; x < d->window[0]; x++) {
        const int64_t i0 = input_at(d, 0, o[0], x);
        for (int64_t y = 0; i0 >= 0 && y < d->window[1]; y++) {
            const int64_t i1 = input_at(d, 1, o[1], y);
            for (int64_t z = 0; i1 >= 0 && z < d->window[2]; z++) {
                const int64_t i2 = input_at(d, 2, o[2], z);
                if (i2 < 0) {
                    continue;
                }
                const int64_t i = i0 * d->in_s[0] + i1 * d->in_s[1] + i2 * d->in_s[2];
                const int64_t j = weight_at(d, 0, x) + weight_at(d, 1, y) + weight_at(d, 2, z);
                sum += d->dtype == EPL_F32
                           ? (double)((const float *)in)[i] * (double)((const float *)w)[j]
                           : ((const double *)in)[i] * ((const double *)w)[j];
            }
        }
    }
    return sum;
}

static void one_output(const loops *g, void *const *p, int64_t index)
{
    const epl__conv_desc *d = &g->d;
    const int64_t bytes = d->dtype == EPL_F32 ? 4 : 8;
    int64_t o[EPL__CONV_MAX];
    for (int i = EPL__CONV_MAX - 1; i >= 0; i--) {
        o[i] = index % d->out[i];
        index /= d->out[i];
    }
    const int64_t k = index % d->k, n = index / d->k % d->n;
    const epl__conv_at at = epl__conv_item(d, index / d->k / d->n);
    const char *in = (const char *)p[1] + (at.in + n * d->in_n) * bytes;
    const char *w = (const char *)p[2] + (at.w + k * d->w_k) * bytes;
    double sum = 0;
    for (int64_t c = 0; c < d->c; c++) {
        sum += window_sum(d, in + c * d->in_c * bytes, w + c * d->w_c * bytes, o);
    }
    const int64_t to = at.out + n * d->out_n + k * d->out_k + o[0] * d->out_s[0] +
                       o[1] * d->out_s[1] + o[2] * d->out_s[2];
    if (d->dtype == EPL_F32) {
        ((float *)p[0])[to] = (float)sum;
    } else {
        ((double *)p[0])[to] = sum;
    }
}

static void run(const epl__call *call, void *const *p, int64_t begin, int64_t end, void *scratch)
{
    const loops *g = (const loops *)call;
    const int64_t last = epl__least(end * g->outputs_of_part, g->outputs);
    (void)scratch;
    for (int64_t i = begin * g->outputs_of_part; i < last; i++) {
        one_output(g, p, i);
    }
}

epl__call *epl__conv_loops_prepare(epl__arena *a, const epl__conv_desc *d, char *name)
{
    loops *g = epl__arena_take(a, sizeof *g);
    if (g == NULL) {
        return NULL;
    }
    g->d = *d;
    g->outputs = d->n * d->k;
    double one = 10 + (double)d->c;
    for (int i = 0; i < d->batch_rank; i++) {
        g->outputs *= d->batch[i];
    }
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        g->outputs *= d->out[i];
        one *= (double)epl__most(d->window[i], 1);
    }
    g->outputs_of_part = epl__most(1, (int64_t)(30e3 / one));
    g->call.run = run;
    g->call.name = name;
    g->call.cost = one * (double)g->outputs;
    g->call.parts = epl__div_up(g->outputs, g->outputs_of_part);
    return &g->call;
}
