/* gemm_run.c -- a matrix product in blocks that fit the caches.
 *
 * For each step through k and each panel of columns (at most three vectors wide): the
 * panel of b is packed if its rows are not contiguous or would miss the TLB, then meets
 * all rows of a. Invariant: the terms of an element of c are added in the order of k,
 * whatever the part it belongs to.
 */
#include <string.h>
#include "blis.h"
#include "gemm.h"

/* Vectors of the panel at vector `at` of `vectors`: `panel`, or panel + 1 for a lone last. */
int epl__gemm_panel_at(const epl__gemm *g, int64_t at, int64_t vectors)
{
    const int64_t left = vectors - at;
    if (g->path == EPL__GEMM_XSMM) {
        return (int)epl__least(left, g->panel);
    }
    return left <= g->panel + 1 && g->mul->max_r[left] > 0 ? (int)left : g->panel;
}

/* tile [rows][width] to c, any strides */
static void put_tile(const epl__gemm *g, const char *tile, int64_t width, char *c, int64_t rows,
                     int64_t columns, bool add)
{
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            const int64_t from = i * width + j, to = i * g->c_m + j * g->c_n;
            if (g->bytes == 4) {
                const float x = ((const float *)tile)[from];
                float *y = (float *)c + to;
                *y = add ? *y + x : x;
            } else {
                const double x = ((const double *)tile)[from];
                double *y = (double *)c + to;
                *y = add ? *y + x : x;
            }
        }
    }
}

typedef struct {
    const char *a; /* at row m0 and the step's first k */
    const char *b; /* the panel */
    char *c;       /* at row m0 and the panel's first column */
    int64_t a_m, a_k, b_k, rows, columns, kn;
    int vectors;
    bool add;
} sweep;

/* All rows against one panel. */
static void sweep_rows(const epl__gemm *g, const sweep *s, char *scratch)
{
    const int64_t width = s->vectors * g->mul->lanes, bytes = g->bytes;
    const int64_t step = epl__mul_rows(g->mul, s->vectors, s->rows);
    char *tile = scratch + g->at_tile;
    for (int64_t i = 0; i < s->rows; i += step) {
        const int64_t r = epl__least(step, s->rows - i);
        epl__mul *mul = g->mul->mul[s->vectors][r];
        const char *a = s->a + i * s->a_m * bytes;
        char *c = s->c + i * g->c_m * bytes;
        if (g->tiled) {
            mul(s->kn, a, s->a_m, s->a_k, s->b, s->b_k, tile, width, s->columns, false);
            put_tile(g, tile, width, c, r, s->columns, s->add);
        } else {
            mul(s->kn, a, s->a_m, s->a_k, s->b, s->b_k, c, g->c_m, s->columns, s->add);
        }
    }
}

static void sweep_xsmm(const epl__gemm *g, const sweep *s)
{
    const int64_t high = EPL__XSMM_ROWS, row = s->a_k == 1 ? s->a_m : 1;
    const int kind = (s->columns < g->panel * g->mul->lanes ? 8 : 0) + (s->kn < g->kc ? 2 : 0) +
                     (s->add ? 1 : 0);
    for (int64_t i = 0; i < s->rows; i += high) {
        g->xsmm[kind + (s->rows - i < high ? 4 : 0)](s->b, s->a + i * row * g->bytes,
                                                     s->c + i * g->c_m * g->bytes);
    }
}

/* Rows of a whose places in the cache collide move to scratch, as they are. */
static void move_rows(const epl__gemm *g, sweep *s, char *to)
{
    const bool by_k = s->a_k == 1;
    const int64_t len = by_k ? s->kn : s->rows;
    const int64_t pitch = epl__gemm_pitch(by_k ? g->kc : g->rows_of_part);
    const epl__piece all = {0, 0, (int32_t)len};
    g->mul->copy_pieces(to, pitch, s->a, by_k ? s->a_m : s->a_k, by_k ? s->rows : s->kn, &all, 1);
    s->a = to;
    s->a_m = by_k ? pitch : 1;
    s->a_k = by_k ? 1 : pitch;
}

/* Steps of k [k0, k0 + kn) for rows from m0 (in s) and columns [n0, n1). */
static void block_step(const epl__gemm *g, sweep s, const char *b, char *c, int64_t n0, int64_t n1,
                       char *scratch)
{
    const int64_t lanes = g->mul->lanes, bytes = g->bytes;
    const int64_t vectors = epl__div_up(n1 - n0, lanes);
    if (g->pack_a) {
        move_rows(g, &s, scratch + g->at_a);
    }
    for (int64_t at = 0; at < vectors; at += s.vectors) {
        s.vectors = epl__gemm_panel_at(g, at, vectors);
        const int64_t j = n0 + at * lanes, width = s.vectors * lanes;
        s.columns = epl__least(width, n1 - j);
        s.b = b + j * (g->packed ? s.kn : g->b_n) * bytes;
        s.b_k = g->packed ? width : g->b_k;
        s.c = c + j * g->c_n * bytes;
        if (g->pack_b) {
            g->mul->pack(scratch, width, s.b, g->b_k, g->b_n, s.kn, s.columns);
            s.b = scratch;
            s.b_k = width;
        }
        if (g->path == EPL__GEMM_XSMM) {
            sweep_xsmm(g, &s);
        } else {
            sweep_rows(g, &s, scratch);
        }
    }
}

/* -- without panels ------------------------------------------------------------------- */
static void dots_block(const epl__gemm *g, const char *a, const char *b, char *c, int64_t m,
                       int64_t n)
{
    const int64_t s_most = g->mul->dot_s, r_most = g->mul->dot_r, bytes = g->bytes, zero = 0;
    int64_t lane[EPL__DOT_S], to[EPL__DOT_S];
    for (int i = 0; i < EPL__DOT_S; i++) {
        lane[i] = i * g->b_n;
        to[i] = i * g->c_n;
    }
    for (int64_t j = 0; j < n; j += s_most) {
        const int64_t s = epl__least(s_most, n - j);
        for (int64_t i = 0; i < m; i += r_most) {
            const int64_t r = epl__least(r_most, m - i);
            g->mul->dot[r][s](1, g->k, a + i * g->a_m * bytes, g->a_m, &zero,
                              b + j * g->b_n * bytes, lane, &zero,
                              c + (i * g->c_m + j * g->c_n) * bytes, g->c_m, to, g->accumulate);
        }
    }
}

/* Columns in stretches that stay in the first cache while b goes by. */
static void combine_block(const epl__gemm *g, const char *a, const char *b, char *c, int64_t m,
                          int64_t n0, int64_t n1)
{
    const int64_t bytes = g->bytes;
    for (int64_t j = n0; j < n1; j += 1024) {
        g->mul->combine(m, g->k, a, g->a_m, g->a_k, b + j * bytes, g->b_k, c + j * bytes, g->c_m,
                        epl__least(1024, n1 - j), g->accumulate);
    }
}

void epl__gemm_block(const epl__gemm *g, const char *a, const char *b, char *c, int64_t m0,
                     int64_t m1, int64_t n0, int64_t n1, char *scratch)
{
    const int64_t bytes = g->bytes;
    if (g->path == EPL__GEMM_DOTS) {
        dots_block(g, a + m0 * g->a_m * bytes, b + n0 * g->b_n * bytes,
                   c + (m0 * g->c_m + n0 * g->c_n) * bytes, m1 - m0, n1 - n0);
        return;
    }
    if (g->path == EPL__GEMM_BLIS) {
        epl__blis_gemm(g->dtype, m1 - m0, n1 - n0, g->k, a + m0 * g->a_m * bytes, g->a_m, g->a_k,
                       b + n0 * g->b_n * bytes, g->b_k, g->b_n,
                       c + (m0 * g->c_m + n0 * g->c_n) * bytes, g->c_m, g->c_n, g->accumulate);
        return;
    }
    if (g->path == EPL__GEMM_COMBINE) {
        combine_block(g, a + m0 * g->a_m * bytes, b, c + m0 * g->c_m * bytes, m1 - m0, n0, n1);
        return;
    }
    const int64_t next_k = g->packed ? epl__div_up(g->n, g->mul->lanes) * g->mul->lanes : g->b_k;
    sweep s = {.a_m = g->a_m, .a_k = g->a_k, .rows = m1 - m0, .add = g->accumulate};
    int64_t k = 0;
    do {
        s.kn = epl__least(g->kc, g->k - k);
        s.a = a + (m0 * g->a_m + k * g->a_k) * bytes;
        block_step(g, s, b + k * next_k * bytes, c + m0 * g->c_m * bytes, n0, n1, scratch);
        s.add = true;
        k += s.kn;
    } while (k < g->k);
}

/* Where item i starts in a, b and c. */
typedef struct {
    int64_t index[EPL_MAX_RANK];
    const char *a, *b;
    char *c;
} cursor;

static void cursor_at(const epl__gemm *g, cursor *at, void *const *p, int64_t item)
{
    int64_t a = 0, b = 0, c = 0;
    for (int i = g->batch_rank - 1; i >= 0; i--) {
        const int64_t x = item % g->batch[i];
        item /= g->batch[i];
        at->index[i] = x;
        a += x * g->a_batch[i];
        b += x * g->b_batch[i];
        c += x * g->c_batch[i];
    }
    at->a = (const char *)p[g->swapped ? 2 : 1] + a * g->bytes;
    at->b = (const char *)p[g->swapped ? 1 : 2] + b * g->bytes;
    at->c = (char *)p[0] + c * g->bytes;
}

static void cursor_next(const epl__gemm *g, cursor *at)
{
    for (int i = g->batch_rank - 1; i >= 0; i--) {
        const bool carry = ++at->index[i] == g->batch[i];
        const int64_t steps = carry ? 1 - g->batch[i] : 1;
        at->a += steps * g->a_batch[i] * g->bytes;
        at->b += steps * g->b_batch[i] * g->bytes;
        at->c += steps * g->c_batch[i] * g->bytes;
        if (!carry) {
            return;
        }
        at->index[i] = 0;
    }
}

void epl__gemm_run(const epl__call *call, void *const *p, int64_t begin, int64_t end, void *scratch)
{
    const epl__gemm *g = (const epl__gemm *)call;
    const int64_t grid = g->grid_m * g->grid_n;
    cursor at;
    if (grid == 1) {
        const int64_t last = epl__least(end * g->group, g->items);
        cursor_at(g, &at, p, begin * g->group);
        for (int64_t item = begin * g->group; item < last; item++) {
            epl__gemm_block(g, at.a, at.b, at.c, 0, g->m, 0, g->n, scratch);
            cursor_next(g, &at);
        }
        return;
    }
    for (int64_t part = begin; part < end; part++) {
        const int64_t cell = part % grid, i = cell % g->grid_m, j = cell / g->grid_m;
        const int64_t m0 = i * g->rows_of_part, n0 = j * g->columns_of_part;
        cursor_at(g, &at, p, part / grid);
        epl__gemm_block(g, at.a, at.b, at.c, m0, epl__least(g->m, m0 + g->rows_of_part), n0,
                        epl__least(g->n, n0 + g->columns_of_part), scratch);
    }
}
