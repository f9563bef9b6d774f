/* pool.c -- where the largest entry of each window stands.
 *
 * Rows of windows are done tap by tap, so that the loop over a row is a vector loop; what
 * lies in the padding is left out by shortening the row.
 */
#include <string.h>
#include "pool.h"

enum { ROW = 256 };

typedef struct {
    epl__call call;
    epl__pool_desc d; /* three axes; missing ones, the first, have size 1 */
    const epl__pool_rows *rows;
    int64_t planes;  /* of one part */
    int64_t in, out; /* entries of one plane */
} pool;

static const epl__pool_rows *rows_now(void)
{
#if defined(__x86_64__)
    epl__isa isa = epl__isa_now();
    if (isa != EPL__ISA_PORTABLE)
        return isa == EPL__ISA_AVX512 ? &epl__pool_rows_avx512 : &epl__pool_rows_avx2;
#endif
    return &epl__pool_rows_portable;
}

/* Windows [from, to) of `out` whose tap at `offset` lies in [0, in). */
static void seen(int64_t offset, int64_t stride, int64_t in, int64_t out, int64_t *from,
                 int64_t *to)
{
    int64_t lo = offset < 0 ? (-offset + stride - 1) / stride : 0;
    int64_t hi = in - offset > 0 ? (in - 1 - offset) / stride + 1 : 0;
    *from = lo;
    *to = hi < out ? hi : out;
}

static void row(const pool *p, const char *x, int64_t o0, int64_t o1, int64_t first, int64_t n,
                int64_t *to)
{
    const epl__pool_desc *d = &p->d;
    double space[ROW];
    int32_t at[ROW];
    memset(at, 0xff, (size_t)n * sizeof *at);
    memset(space, 0, (size_t)n * (d->dtype == EPL_F32 ? 4 : 8));
    for (int64_t w0 = 0; w0 < d->window[0]; w0++)
        for (int64_t w1 = 0; w1 < d->window[1]; w1++)
            for (int64_t w2 = 0; w2 < d->window[2]; w2++) {
                int64_t i0 = o0 * d->stride[0] - d->pad[0] + w0 * d->dilation[0];
                int64_t i1 = o1 * d->stride[1] - d->pad[1] + w1 * d->dilation[1];
                int64_t offset = w2 * d->dilation[2] - d->pad[2], from, end;
                seen(offset, d->stride[2], d->in[2], d->out[2], &from, &end);
                from = from < first ? first : from;
                end = end > first + n ? first + n : end;
                if (i0 < 0 || i0 >= d->in[0] || i1 < 0 || i1 >= d->in[1] || from >= end)
                    continue;
                int64_t index = (i0 * d->in[1] + i1) * d->in[2] + offset + from * d->stride[2];
                if (d->dtype == EPL_F32)
                    p->rows->f32(end - from, (const float *)(const void *)x + index, d->stride[2],
                                 (int32_t)index, (float *)(void *)space + (from - first),
                                 at + (from - first));
                else
                    p->rows->f64(end - from, (const double *)(const void *)x + index, d->stride[2],
                                 (int32_t)index, space + (from - first), at + (from - first));
            }
    for (int64_t i = 0; i < n; i++)
        to[i] = at[i] < 0 ? 0 : at[i];
}

static void run(const epl__call *call, void *const *ptr, int64_t begin, int64_t end, void *scratch)
{
    const pool *p = (const void *)call;
    const epl__pool_desc *d = &p->d;
    int64_t last = end * p->planes < d->b ? end * p->planes : d->b;
    size_t size = d->dtype == EPL_F32 ? 4 : 8;
    (void)scratch;
    for (int64_t b = begin * p->planes; b < last; b++) {
        const char *x = (const char *)ptr[1] + (size_t)(b * p->in) * size;
        int64_t *to = (int64_t *)ptr[0] + b * p->out;
        for (int64_t o0 = 0; o0 < d->out[0]; o0++)
            for (int64_t o1 = 0; o1 < d->out[1]; o1++)
                for (int64_t o2 = 0; o2 < d->out[2]; o2 += ROW) {
                    int64_t n = d->out[2] - o2 < ROW ? d->out[2] - o2 : ROW;
                    row(p, x, o0, o1, o2, n, to);
                    to += n;
                }
    }
}

epl__call *epl__pool_prepare(epl__arena *a, const epl__pool_desc *d)
{
    pool *p = epl__arena_take(a, sizeof *p);
    if (!p)
        return NULL;
    p->d = *d;
    p->rows = rows_now();
    p->in = d->in[0] * d->in[1] * d->in[2];
    p->out = d->out[0] * d->out[1] * d->out[2];
    int64_t taps = p->out * d->window[0] * d->window[1] * d->window[2];
    p->planes = taps > 0 && taps < 32768 ? 32768 / taps : 1;
    p->call = (epl__call){.run = run,
                          .parts = p->out ? (d->b + p->planes - 1) / p->planes : 0,
                          .cost = 0.3 * (double)(taps * d->b) + 20,
                          .name = "pool_argmax"};
    return &p->call;
}
