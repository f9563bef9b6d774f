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

/* Which of n steps of a walk from `at` lie in [0, in): [from, to). */
static void seen(int64_t at, int64_t step, int64_t in, int64_t n, int64_t *from, int64_t *to)
{
    int64_t lo = at < 0 ? (-at + step - 1) / step : 0;
    int64_t hi = in - at > 0 ? (in - 1 - at) / step + 1 : 0;
    *from = lo;
    *to = hi < n ? hi : n;
}

typedef struct {
    int64_t first, n; /* windows of the row */
    double space[ROW];
    int32_t at[ROW];
} best;

/* The tap of the row of windows which begins at entry `line + offset`. */
static void tap(const pool *p, const char *x, int64_t line, int64_t offset, best *b)
{
    const epl__pool_desc *d = &p->d;
    int64_t from, end, last = b->first + b->n;
    seen(offset, d->stride[2], d->in[2], d->out[2], &from, &end);
    from = from < b->first ? b->first : from;
    end = end > last ? last : end;
    if (from >= end)
        return;
    int64_t index = line + offset + from * d->stride[2], i = from - b->first;
    if (d->dtype == EPL_F32)
        p->rows->f32(end - from, (const float *)(const void *)x + index, d->stride[2],
                     (int32_t)index, (float *)(void *)b->space + i, b->at + i);
    else
        p->rows->f64(end - from, (const double *)(const void *)x + index, d->stride[2],
                     (int32_t)index, b->space + i, b->at + i);
}

/* n windows of a row; taps that all windows have in the padding are not walked. */
static void row(const pool *p, const char *x, int64_t o0, int64_t o1, int64_t first, int64_t n,
                int64_t *to)
{
    const epl__pool_desc *d = &p->d;
    best b;
    int64_t from[3], end[3], unused,
        begin[3] = {o0 * d->stride[0] - d->pad[0], o1 * d->stride[1] - d->pad[1],
                    first * d->stride[2] - d->pad[2]};
    b.first = first;
    b.n = n;
    memset(b.at, 0xff, (size_t)n * sizeof *b.at);
    memset(b.space, 0, (size_t)n * (d->dtype == EPL_F32 ? 4 : 8));
    for (int i = 0; i < 3; i++)
        seen(begin[i], d->dilation[i], d->in[i], d->window[i], &from[i], &end[i]);
    seen(begin[2] + (n - 1) * d->stride[2], d->dilation[2], d->in[2], d->window[2], &from[2],
         &unused);
    for (int64_t w0 = from[0]; w0 < end[0]; w0++)
        for (int64_t w1 = from[1]; w1 < end[1]; w1++) {
            int64_t i0 = begin[0] + w0 * d->dilation[0], i1 = begin[1] + w1 * d->dilation[1];
            for (int64_t w2 = from[2]; w2 < end[2]; w2++)
                tap(p, x, (i0 * d->in[1] + i1) * d->in[2], w2 * d->dilation[2] - d->pad[2], &b);
        }
    for (int64_t i = 0; i < n; i++)
        to[i] = b.at[i] < 0 ? 0 : b.at[i];
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
    double taps = (double)p->out * (double)d->window[0] * (double)d->window[1] *
                  (double)d->window[2];
    p->planes = taps >= 1 && taps < 32768 ? 32768 / (int64_t)taps : 1;
    p->call = (epl__call){.run = run,
                          .parts = p->out ? (d->b + p->planes - 1) / p->planes : 0,
                          .cost = 0.3 * taps * (double)d->b + 20,
                          .name = "pool_argmax"};
    return &p->call;
}
