/* gather.c -- rows by index, and their sums back.
 *
 * Invariant: `check` has seen every index before any part runs, so that no part reads or
 * writes out of range.
 */
#include "any.h"
#include "rows.h"
#include "span/span.h"
#include <assert.h>
#include <espalier/extend.h>
#include <stdio.h>
#include <string.h>

enum { PART_BYTES = 64 << 10, LEAST_COLUMNS = 64 };

typedef struct {
    epl__call call;
    epl__gather_desc d;
    size_t size;
    int64_t rows, rows_of_part; /* gather: a row is r elements; scatter: some columns of one b */
    int64_t columns, chunks;    /* scatter: so many columns; pieces of r */
    void (*add_to)(int64_t n, const void *x, void *into);
} indexing;

static int64_t index_at(const indexing *g, const void *idx, int64_t i)
{
    return g->d.index == EPL_I64 ? ((const int64_t *)idx)[i] : ((const int32_t *)idx)[i];
}

/* -- the check ----------------------------------------------------------------------------- */

#define OUTSIDE(T)                                                 \
    static bool outside_##T(const T *idx, int64_t n, int64_t axis) \
    {                                                              \
        T low = 0, high = 0;                                       \
        for (int64_t i = 0; i < n; i++) {                          \
            low = idx[i] < low ? idx[i] : low;                     \
            high = idx[i] > high ? idx[i] : high;                  \
        }                                                          \
        return n > 0 && (low < 0 || (int64_t)high >= axis);        \
    }
OUTSIDE(int64_t)
OUTSIDE(int32_t)

static bool check(const epl__call *call, void *const *p, void *scratch, char *message)
{
    (void)scratch;
    const indexing *g = (const indexing *)call;
    const int64_t n = g->d.b * g->d.i;
    if (g->d.index == EPL_I64 ? !outside_int64_t(p[2], n, g->d.axis)
                              : !outside_int32_t(p[2], n, g->d.axis))
        return true;
    int64_t i = 0;
    while (index_at(g, p[2], i) >= 0 && index_at(g, p[2], i) < g->d.axis)
        i++;
    snprintf(message, EPL_PRIM_MESSAGE, "index %lld is out of range [0, %lld), entry %lld of %lld",
             (long long)index_at(g, p[2], i), (long long)g->d.axis, (long long)i, (long long)n);
    return false;
}

/* -- gather -------------------------------------------------------------------------------- */

/* Single elements [i, stop), counted over all b: x moves on with b. */
#define PICK(bytes, I)                                                                        \
    static void pick_##bytes##_##I(const indexing *g, const epl__any##bytes *x, const I *idx, \
                                   int64_t i, int64_t stop, epl__any##bytes *out)             \
    {                                                                                         \
        const int64_t b = i / g->d.i;                                                         \
        x += b * g->d.axis;                                                                   \
        for (int64_t last = (b + 1) * g->d.i; i < stop; last += g->d.i, x += g->d.axis)       \
            for (const int64_t until = last < stop ? last : stop; i < until; i++)             \
                out[i] = x[idx[i]];                                                           \
    }
PICK(1, int64_t)
PICK(2, int64_t)
PICK(4, int64_t)
PICK(8, int64_t)
PICK(1, int32_t)
PICK(2, int32_t)
PICK(4, int32_t)
PICK(8, int32_t)

static void pick(const indexing *g, void *const *p, int64_t i, int64_t stop)
{
    const bool wide = g->d.index == EPL_I64;
#define WIDTH(bytes)                                              \
    case bytes:                                                   \
        if (wide)                                                 \
            pick_##bytes##_int64_t(g, p[1], p[2], i, stop, p[0]); \
        else                                                      \
            pick_##bytes##_int32_t(g, p[1], p[2], i, stop, p[0]); \
        break
    switch (g->size) {
        WIDTH(1);
        WIDTH(2);
        WIDTH(4);
        WIDTH(8);
    }
#undef WIDTH
}

static void run_gather(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                       void *scratch)
{
    (void)scratch;
    const indexing *g = (const indexing *)call;
    const size_t row = (size_t)g->d.r * g->size;
    int64_t i = begin * g->rows_of_part, stop = end * g->rows_of_part;
    stop = stop < g->rows ? stop : g->rows;
    if (i < stop && g->d.r == 1) {
        pick(g, p, i, stop);
        return;
    }
    while (i < stop) {
        const int64_t b = i / g->d.i, left = (b + 1) * g->d.i;
        const int64_t until = left < stop ? left : stop;
        const char *x = (const char *)p[1] + (size_t)(b * g->d.axis) * row;
        char *out = (char *)p[0] + (size_t)i * row;
        for (int64_t j = i; j < until; j++, out += row)
            memcpy(out, x + (size_t)index_at(g, p[2], j) * row, row);
        i = until;
    }
}

epl__call *epl__gather_prepare(epl__arena *a, const epl__gather_desc *d)
{
    indexing *g = epl__arena_take(a, sizeof *g);
    if (!g)
        return NULL;
    g->d = *d;
    g->size = epl_dtype_bytes(d->dtype);
    g->rows = d->r > 0 ? d->b * d->i : 0;
    g->rows_of_part = 1 + PART_BYTES / (1 + d->r * (int64_t)g->size);
    char text[96];
    snprintf(text, sizeof text, "gather %s %lldx%lldx%lld of %lld", epl_dtype_name(d->dtype),
             (long long)d->b, (long long)d->i, (long long)d->r, (long long)d->axis);
    g->call = (epl__call){.run = run_gather,
                          .check = d->trusted ? NULL : check,
                          .parts = (g->rows + g->rows_of_part - 1) / g->rows_of_part,
                          .cost = 20 + (double)g->rows * (2 + 0.1 * (double)d->r),
                          .name = epl__arena_text(a, text)};
    return g->call.name ? &g->call : NULL;
}

/* -- scatter ------------------------------------------------------------------------------- */

/* Single elements, for all of [b, stop). */
#define DROP(D, T, U)                                                                 \
    static void drop_##D(const indexing *g, const T *src, const void *idx, int64_t b, \
                         int64_t stop, T *out)                                        \
    {                                                                                 \
        out += b * g->d.axis;                                                         \
        for (int64_t i = b * g->d.i; b < stop; b++, out += g->d.axis)                 \
            for (const int64_t last = (b + 1) * g->d.i; i < last; i++) {              \
                T *to = &out[index_at(g, idx, i)];                                    \
                *to = (T)((U)*to + (U)src[i]);                                        \
            }                                                                         \
    }
#define DROP_FLOAT(D, T) DROP(D, T, T)
EPL_SPAN_FLOATS(DROP_FLOAT)
EPL_SPAN_INTS(DROP)

static void drop(const indexing *g, void *const *p, int64_t b, int64_t stop)
{
    switch (g->d.dtype) {
#define CASE(D, T, U)                           \
    case EPL_##D:                               \
        drop_##D(g, p[1], p[2], b, stop, p[0]); \
        break;
#define CASE_FLOAT(D, T) CASE(D, T, T)
        EPL_SPAN_FLOATS(CASE_FLOAT)
        EPL_SPAN_INTS(CASE)
    default:
        assert(!"scatter has no such dtype");
    }
}

/* Columns [column, column + n) of one b. */
static void scatter_columns(const indexing *g, void *const *p, int64_t b, int64_t column, int64_t n)
{
    const int64_t size = (int64_t)g->size, row = g->d.r * size;
    const char *src = (const char *)p[1] + b * g->d.i * row + column * size;
    char *out = (char *)p[0] + b * g->d.axis * row + column * size;
    if (n == g->d.r)
        memset(out, 0, (size_t)(g->d.axis * row));
    else
        for (int64_t at = 0; at < g->d.axis; at++)
            memset(out + at * row, 0, (size_t)(n * size));
    for (int64_t i = 0; i < g->d.i; i++)
        g->add_to(n, src + i * row, out + index_at(g, p[2], b * g->d.i + i) * row);
}

static void run_scatter(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                        void *scratch)
{
    (void)scratch;
    const indexing *g = (const indexing *)call;
    int64_t unit = begin * g->rows_of_part, stop = end * g->rows_of_part;
    stop = stop < g->rows ? stop : g->rows;
    if (g->d.r == 1) {
        const size_t each = (size_t)g->d.axis * g->size;
        memset((char *)p[0] + (size_t)unit * each, 0, (size_t)(stop - unit) * each);
        drop(g, p, unit, stop);
        return;
    }
    for (; unit < stop; unit++) {
        const int64_t column = unit % g->chunks * g->columns, left = g->d.r - column;
        scatter_columns(g, p, unit / g->chunks, column, left < g->columns ? left : g->columns);
    }
}

epl__call *epl__scatter_prepare(epl__arena *a, const epl__gather_desc *d)
{
    indexing *g = epl__arena_take(a, sizeof *g);
    if (!g)
        return NULL;
    g->d = *d;
    g->size = epl_dtype_bytes(d->dtype);
    g->add_to = epl__spans_now()->reduce[d->dtype].add_to;
    assert(g->add_to);
    /* up to 8 pieces of whole vectors; few elements are not worth sharing */
    const int64_t eighth = (d->r / 8 + LEAST_COLUMNS - 1) / LEAST_COLUMNS * LEAST_COLUMNS;
    g->columns = d->r * (d->i + d->axis) < 32768 || eighth == 0 ? d->r : eighth;
    g->chunks = g->columns ? (d->r + g->columns - 1) / g->columns : 0;
    g->rows = d->axis > 0 ? d->b * g->chunks : 0;
    g->rows_of_part = 1 + PART_BYTES / (1 + (d->i + d->axis) * g->columns * (int64_t)g->size);
    char text[96];
    snprintf(text, sizeof text, "scatter %s %lldx%lldx%lld to %lld", epl_dtype_name(d->dtype),
             (long long)d->b, (long long)d->i, (long long)d->r, (long long)d->axis);
    g->call = (epl__call){.run = run_scatter,
                          .check = d->trusted ? NULL : check,
                          .parts = (g->rows + g->rows_of_part - 1) / g->rows_of_part,
                          .cost = 20 + (double)(d->b * d->i) * (3 + 0.1 * (double)d->r) +
                                  (double)(d->b * d->axis * d->r) * 0.05,
                          .name = epl__arena_text(a, text)};
    return g->call.name ? &g->call : NULL;
}
