/* gemm_choose.c -- which way a product is computed, in which blocks and parts.
 *
 * Costs are in cycles for a vector of products, of which two can start in a cycle.
 * Invariant: every choice depends on the description, the instruction set and the backend
 * asked for; k is never split between parts.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "blis.h"
#include "gemm.h"

/* -- the backend that is asked for ----------------------------------------------------- */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static epl__gemm_backend chosen;

static void choose_backend(void)
{
    const char *wish = getenv("ESPALIER_GEMM");
    if (wish != NULL && strcmp(wish, "xsmm") == 0) {
        chosen = EPL__BACKEND_XSMM;
    } else if (wish != NULL && strcmp(wish, "blis") == 0 && epl__blis_start()) {
        chosen = EPL__BACKEND_BLIS;
    }
}

epl__gemm_backend epl__gemm_backend_now(void)
{
    pthread_once(&once, choose_backend);
    return chosen;
}

/* -- blocks and parts ------------------------------------------------------------------ */
/* Rows that are a multiple of 4 KB apart fall on the same few sets of the cache. */
static bool collides(int64_t stride_bytes)
{
    return stride_bytes != 0 && stride_bytes % 4096 == 0;
}

/* Cycles for a vector of products when vectors run along k. */
static double cost_of_dots(const epl__gemm *g)
{
    const double lanes = g->mul->lanes, k = (double)g->k;
    const double r = (double)epl__least(g->m, g->mul->dot_r);
    const double s = (double)epl__least(g->n, g->mul->dot_s);
    const double loads = (r + s) / (2 * r * s), share = (double)epl__div_up(g->k, g->mul->lanes);
    return (loads > 0.5 ? loads : 0.5) * share * lanes / k + 8 * lanes / k;
}

static double cost_of_panels(const epl__gemm *g)
{
    const double lanes = g->mul->lanes, n = (double)g->n;
    const double vectors = (double)epl__div_up(g->n, g->mul->lanes);
    const double pack = g->b_n == 1 ? 0 : g->b_k == 1 ? 6 : 20;
    return epl__mul_cycles(g->mul, vectors > 1 ? 2 : 1, g->m) * vectors * lanes / n +
           pack / (double)g->m;
}

/* Matrices as BLAS knows them: one stride is 1, the other at least as long as a row. */
static bool is_matrix(int64_t rows, int64_t columns, int64_t s_row, int64_t s_column)
{
    return (s_column == 1 && s_row >= columns) || (s_row == 1 && s_column >= rows);
}

static bool suits_blis(const epl__gemm *g)
{
    return g->k > 0 && is_matrix(g->m, g->k, g->a_m, g->a_k) &&
           is_matrix(g->k, g->n, g->b_k, g->b_n) && is_matrix(g->m, g->n, g->c_m, g->c_n);
}

static void choose_path(epl__gemm *g)
{
    const epl__gemm_backend backend = epl__gemm_backend_now();
    if (backend == EPL__BACKEND_BLIS && suits_blis(g)) {
        g->path = EPL__GEMM_BLIS;
    } else if (backend == EPL__BACKEND_XSMM && g->b_n == 1 && g->c_n == 1 && g->k > 0) {
        g->path = EPL__GEMM_XSMM;
    } else if (g->a_k == 1 && g->b_k == 1 && g->k > 1 && cost_of_dots(g) < cost_of_panels(g)) {
        g->path = EPL__GEMM_DOTS;
    } else if (g->m <= 4 && g->b_n == 1 && g->c_n == 1 && g->n >= 4 * g->mul->lanes &&
               g->k * g->n >= 16384) {
        g->path = EPL__GEMM_COMBINE;
    }
}

static void choose_blocks(epl__gemm *g)
{
    const epl__mul_table *t = g->mul;
    const int64_t vectors = epl__div_up(g->n, t->lanes);
    const int64_t calls = epl__div_up(g->m, t->max_r[2]);
    g->panel = vectors <= 1 ? 1 : 2;
    g->kc = epl__div_up(epl__most(g->k, 1), epl__div_up(epl__most(g->k, 1), 384));
    if (g->path != EPL__GEMM_PANELS && g->path != EPL__GEMM_XSMM) {
        return;
    }
    g->tiled = g->c_n != 1;
    g->pack_b = g->b_n != 1 || (calls >= 6 && g->b_k * g->bytes >= 1024);
    /* steps through k that collide miss at every step, rows that collide once a line */
    const bool steps = g->a_m == 1 && collides(g->a_k * g->bytes);
    const bool rows = g->a_k == 1 && collides(g->a_m * g->bytes);
    g->pack_a = calls > 1 && g->k >= 32 && ((rows && vectors >= 8) || (steps && vectors >= 4));
}

/* Compiles the kernels that the blocks need; back to own ones if any is missing. */
static void choose_xsmm(epl__gemm *g)
{
    const int64_t wide = EPL__XSMM_V * g->mul->lanes, high = EPL__XSMM_ROWS;
    g->panel = EPL__XSMM_V;
    for (int i = 0; i < 16; i++) {
        const bool part_n = i & 8, part_m = i & 4, part_k = i & 2;
        const int64_t n = part_n ? g->n % wide : g->n < wide ? 0 : wide;
        const int64_t m = part_m ? g->m % high : g->m < high ? 0 : high;
        const int64_t k = part_k ? g->k % g->kc : g->kc;
        const int64_t width = epl__div_up(n, g->mul->lanes) * g->mul->lanes;
        const bool turned = g->a_k != 1;
        int64_t lda = turned ? g->a_k : g->m == 1 ? g->k : g->a_m;
        if (m == 0 || n == 0 || k == 0) {
            continue;
        }
        if (g->pack_a) {
            lda = turned ? epl__gemm_pitch(g->rows_of_part) : epl__gemm_pitch(g->kc);
        }
        const epl__xsmm_key key = {.dtype = g->dtype,
                                   .m = m,
                                   .n = n,
                                   .k = k,
                                   .lda = lda,
                                   .ldb = g->pack_b ? width : g->b_k,
                                   .ldc = g->c_m,
                                   .turned = turned,
                                   .add = i & 1};
        g->xsmm[i] = (turned && g->a_m != 1) ? NULL : epl__xsmm_kernel(&key);
        if (g->xsmm[i] == NULL) {
            g->path = EPL__GEMM_PANELS;
            return;
        }
    }
}

/* What packing costs, as a share of the work, if a part has m x n sums. */
static double cost_of_packing(const epl__gemm *g, int64_t m, int64_t n)
{
    const double a = g->pack_a ? 0.8 : 0.05, b = !g->pack_b ? 0.05 : g->b_n == 1 ? 0.25 : 0.5;
    return 2 * (double)g->mul->lanes * (a / (double)n + b / (double)m);
}

/* Cuts an item into about `cells` blocks. */
static void cut(epl__gemm *g, int64_t cells)
{
    const bool panels = g->path == EPL__GEMM_PANELS, xsmm = g->path == EPL__GEMM_XSMM;
    const int64_t wide = panels ? g->panel * g->mul->lanes
                         : xsmm ? EPL__XSMM_V * g->mul->lanes
                                : 64;
    const int64_t high = xsmm ? EPL__XSMM_ROWS : 1;
    const int64_t columns = epl__div_up(g->n, wide);
    const int64_t most_m = g->path == EPL__GEMM_COMBINE ? 1 : epl__div_up(g->m, 12);
    double best = 1e30;
    for (int64_t n = 1; n <= epl__least(columns, cells); n++) {
        const int64_t m = epl__least(epl__div_up(cells, n), most_m);
        const int64_t nb = epl__div_up(columns, n) * wide,
                      mb = epl__div_up(epl__div_up(g->m, m), high) * high;
        const double short_of = (double)cells / (double)(m * n);
        const double x = cost_of_packing(g, mb, nb) + 0.2 * (short_of - 1) +
                         (double)(mb * m) * (double)nb * (double)n / (double)(g->m * g->n);
        if (x < best) {
            best = x;
            g->rows_of_part = mb;
            g->columns_of_part = nb;
        }
    }
    g->grid_n = epl__div_up(g->n, g->columns_of_part);
    g->grid_m = epl__div_up(g->m, g->rows_of_part);
}

static void choose_parts(epl__gemm *g)
{
    const double flops = 2.0 * (double)g->m * (double)g->n * (double)epl__most(g->k, 1);
    const double bytes = (double)g->bytes * (double)epl__most(g->k, 1) * (double)(g->m + g->n);
    const double read = bytes / 60; /* ns */
    double item = flops / epl__mul_rate(g->mul);
    item = 20 + (item > read ? item : read);
    const double total = item * (double)g->items;
    g->call.cost = total;
    g->group = g->items;
    g->grid_m = g->grid_n = 1;
    g->rows_of_part = g->m;
    g->columns_of_part = g->n;
    if (total >= 4000) {
        const double share = total / (g->pack_a ? 24 : 64);
        double want = share < 30e3 ? 30e3 : share > 500e3 ? 500e3 : share; /* ns in a part */
        want = total < 8 * want ? total / 8 : want;
        g->group = item >= want ? 1 : epl__least(g->items, (int64_t)(want / item) + 1);
        if (g->group == 1 && item > 1.5 * want) {
            cut(g, (int64_t)(item / want + 0.5));
        }
    }
    g->call.parts = epl__div_up(g->items, g->group) * g->grid_m * g->grid_n;
}

static size_t round_up(size_t x)
{
    return (x + 63) / 64 * 64;
}

static void choose_scratch(epl__gemm *g)
{
    const size_t bytes = (size_t)g->bytes, lanes = (size_t)g->mul->lanes, kc = (size_t)g->kc;
    size_t at = g->pack_b ? round_up(kc * lanes * (size_t)(g->panel + 1) * bytes) : 0;
    g->at_a = at;
    if (g->pack_a) {
        const size_t by_k = (size_t)(g->rows_of_part * epl__gemm_pitch(g->kc));
        const size_t by_m = (size_t)(g->kc * epl__gemm_pitch(g->rows_of_part));
        at += round_up((by_k > by_m ? by_k : by_m) * bytes);
    }
    g->at_tile = at;
    if (g->tiled) {
        at += round_up(EPL__MUL_R * EPL__MUL_V * lanes * bytes);
    }
    g->call.scratch = at;
}

void epl__gemm_choose(epl__gemm *g)
{
    choose_path(g);
    choose_blocks(g);
    choose_parts(g);
    if (g->path == EPL__GEMM_XSMM) {
        choose_xsmm(g);
        if (g->path == EPL__GEMM_PANELS) {
            choose_blocks(g);
            choose_parts(g);
        }
    }
    choose_scratch(g);
}
