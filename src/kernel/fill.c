/* fill.c -- one value everywhere. */
#include "tile.h"
#include <stdio.h>
#include <string.h>

enum { PART = 32768 }; /* elements */

typedef struct {
    epl__call call;
    epl__rows rows; /* of out */
    int64_t offset;
    size_t size;
    const epl__move_spans *move;
    uint64_t value;
    int64_t total;
} filling;

/* Elements are counted in the nest's order. A part is PART of them. */
static void run_fill(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                     void *scratch)
{
    const filling *f = (const filling *)call;
    const int64_t first = begin * PART;
    int64_t n = end * PART;
    n = (n < f->total ? n : f->total) - first;
    char *to = (char *)p[0] + f->offset;
    if (f->rows.rank == 1 && f->rows.stride[0] == (int64_t)f->size) {
        f->move->fill(to + first * (int64_t)f->size, n, &f->value);
        return;
    }
    f->move->fill(scratch, n < EPL__TILE ? n : EPL__TILE, &f->value);
    for (int64_t i = 0; i < n; i += EPL__TILE)
        f->move->store(&f->rows, to, first + i, n - i < EPL__TILE ? n - i : EPL__TILE, scratch);
}

epl__call *epl__fill_prepare(epl__arena *a, epl_dtype dtype, int rank, const int64_t *dim,
                             const int64_t *out_stride, double value, int64_t value_int)
{
    filling *f = epl__arena_take(a, sizeof *f);
    if (!f)
        return NULL;
    f->size = epl_dtype_bytes(dtype);
    f->move = &epl__spans_now()->move[f->size];
    f->value = epl__tile_constant(dtype, value, value_int);
    epl__nest n = {.rank = rank, .operands = 1};
    for (int i = 0; i < rank; i++) {
        n.dim[i] = dim[i];
        n.stride[0][i] = out_stride[i] * (int64_t)f->size;
    }
    epl__nest_order(&n);
    f->total = epl__nest_count(&n);
    f->offset = n.offset[0];
    f->rows.rank = n.rank;
    memcpy(f->rows.dim, n.dim, sizeof f->rows.dim);
    memcpy(f->rows.stride, n.stride[0], sizeof f->rows.stride);
    char text[64];
    snprintf(text, sizeof text, "fill %s %lld", epl_dtype_name(dtype), (long long)f->total);
    f->call = (epl__call){.run = run_fill,
                          .parts = (f->total + PART - 1) / PART,
                          .scratch = (size_t)EPL__TILE * f->size,
                          .cost = 10 + (double)f->total * (double)f->size * 0.015,
                          .name = epl__arena_text(a, text)};
    return f->call.name ? &f->call : NULL;
}
