/* gemm_plan.c -- prepares a matrix product: tidies the description, picks blocks and
 * parts.
 *
 * Invariant: every choice depends on the description and the instruction set alone.
 */
#include <stdio.h>
#include "gemm.h"

const epl__mul_table *epl__mul_table_of(epl__isa isa, epl_dtype dtype)
{
    const bool f32 = dtype == EPL_F32;
#if defined(__x86_64__)
    if (isa == EPL__ISA_AVX512) {
        return f32 ? &epl__mul_f32_avx512 : &epl__mul_f64_avx512;
    }
    if (isa == EPL__ISA_AVX2) {
        return f32 ? &epl__mul_f32_avx2 : &epl__mul_f64_avx2;
    }
#endif
    (void)isa;
    return f32 ? &epl__mul_f32_portable : &epl__mul_f64_portable;
}

double epl__mul_rate(const epl__mul_table *t)
{
    return 12.0 * t->lanes; /* about 80 % of two multiply-adds a cycle at 3.7 GHz */
}

int64_t epl__mul_rows(const epl__mul_table *t, int vectors, int64_t m)
{
    const int64_t most = t->max_r[vectors];
    return m <= most ? epl__most(m, 1) : epl__div_up(m, epl__div_up(m, most));
}

double epl__mul_cycles(const epl__mul_table *t, int vectors, int64_t m)
{
    const double r = (double)epl__mul_rows(t, vectors, m), v = vectors, tile = r * v;
    const double chains = tile >= 8 ? 1 : tile >= 4 ? 2 : 4;
    const double loads = (r + v + 2) / (2 * tile), wait = 4 / (tile * chains);
    const double x = loads > wait ? loads : wait;
    return (x > 0.5 ? x : 0.5) + 0.4 / tile;
}

/* -- tidying ------------------------------------------------------------------------- */
static void swap(int64_t *x, int64_t *y)
{
    const int64_t t = *x;
    *x = *y;
    *y = t;
}

/* c^T = b^T a^T */
static void swap_roles(epl__gemm *g)
{
    swap(&g->m, &g->n);
    swap(&g->a_m, &g->b_n);
    swap(&g->a_k, &g->b_k);
    swap(&g->c_m, &g->c_n);
    for (int i = 0; i < g->batch_rank; i++) {
        swap(&g->a_batch[i], &g->b_batch[i]);
    }
    g->swapped = !g->swapped;
}

static void drop_axis(epl__gemm *g, int axis)
{
    g->batch_rank--;
    for (int i = axis; i < g->batch_rank; i++) {
        g->batch[i] = g->batch[i + 1];
        g->a_batch[i] = g->a_batch[i + 1];
        g->b_batch[i] = g->b_batch[i + 1];
        g->c_batch[i] = g->c_batch[i + 1];
    }
}

/* Batch axis i becomes part of m, if b does not depend on it and the strides agree. */
static bool fold_into_m(epl__gemm *g, int i)
{
    const int64_t a = g->a_batch[i], c = g->c_batch[i];
    if (g->b_batch[i] != 0) {
        return false;
    }
    if (g->m == 1) {
        g->a_m = a;
        g->c_m = c;
    } else if (a != g->m * g->a_m || c != g->m * g->c_m) {
        return false;
    }
    g->m *= g->batch[i];
    return true;
}

static bool fold(epl__gemm *g, int i)
{
    if (g->batch[i] == 1 || fold_into_m(g, i)) {
        return true;
    }
    swap_roles(g);
    const bool done = fold_into_m(g, i);
    swap_roles(g);
    return done;
}

/* Axis i and the next are one. */
static bool merge(epl__gemm *g, int i)
{
    const int64_t n = g->batch[i + 1];
    if (g->a_batch[i] != n * g->a_batch[i + 1] || g->b_batch[i] != n * g->b_batch[i + 1] ||
        g->c_batch[i] != n * g->c_batch[i + 1]) {
        return false;
    }
    g->batch[i + 1] *= g->batch[i];
    return true;
}

/* Strides of axes of size 1 mean nothing: give them the handiest value. */
static void tidy_strides(epl__gemm *g)
{
    if (g->m == 1) {
        g->a_m = 1;
        g->c_m = epl__most(g->n, 1);
    }
    if (g->n == 1) {
        g->b_n = 1;
        g->c_n = 1;
    }
    if (g->k <= 1) {
        g->a_k = 1;
        g->b_k = epl__most(g->n, 1);
    }
}

static void tidy(epl__gemm *g)
{
    for (int i = g->batch_rank - 1; i >= 0; i--) {
        if (fold(g, i)) {
            drop_axis(g, i);
        }
    }
    for (int i = g->batch_rank - 2; i >= 0; i--) {
        if (merge(g, i)) {
            drop_axis(g, i);
        }
    }
    const int64_t c_m = g->m == 1 ? 1 : g->c_m, c_n = g->n == 1 ? 1 : g->c_n;
    if (c_n != 1 && c_m == 1) {
        swap_roles(g);
    } else if (g->n == 1 && g->m > 1 && g->c_m == 1 && g->a_m == 1) {
        swap_roles(g); /* a matrix of columns times a vector: vectors run down the columns */
    } else if (g->m == 1 && g->n > 1 && g->b_n != 1 && g->a_k == 1 && g->b_k == 1) {
        swap_roles(g); /* a vector times a matrix of columns: dot products */
    }
    tidy_strides(g);
}

static void load(epl__gemm *g, const epl__gemm_desc *d)
{
    g->batch_rank = d->batch_rank;
    g->items = 1;
    for (int i = 0; i < d->batch_rank; i++) {
        g->batch[i] = d->batch[i];
        g->a_batch[i] = d->a_batch[i];
        g->b_batch[i] = d->b_batch[i];
        g->c_batch[i] = d->c_batch[i];
    }
    g->m = d->m;
    g->n = d->n;
    g->k = d->k;
    g->a_m = d->a_m;
    g->a_k = d->a_k;
    g->b_k = d->b_k;
    g->b_n = d->b_n;
    g->c_m = d->c_m;
    g->c_n = d->c_n;
    g->accumulate = d->accumulate;
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

static void choose_path(epl__gemm *g)
{
    if (g->a_k == 1 && g->b_k == 1 && g->k > 1 && cost_of_dots(g) < cost_of_panels(g)) {
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
    choose_path(g);
    g->panel = vectors <= 1 ? 1 : 2;
    g->kc = epl__div_up(epl__most(g->k, 1), epl__div_up(epl__most(g->k, 1), 384));
    if (g->path != EPL__GEMM_PANELS) {
        return;
    }
    g->tiled = g->c_n != 1;
    g->pack_b = g->b_n != 1 || (calls >= 6 && g->b_k * g->bytes >= 1024);
    g->pack_a =
        calls > 1 && vectors >= 8 && g->k >= 32 &&
        (g->a_k == 1 ? collides(g->a_m * g->bytes) : g->a_m == 1 && collides(g->a_k * g->bytes));
}

/* What packing costs, as a share of the work, if a part has m x n sums. */
static double cost_of_packing(const epl__gemm *g, int64_t m, int64_t n)
{
    const double a = g->pack_a ? 0.4 : 0.05, b = !g->pack_b ? 0.05 : g->b_n == 1 ? 0.25 : 0.5;
    return 2 * (double)g->mul->lanes * (a / (double)n + b / (double)m);
}

/* Cuts an item into about `cells` blocks. */
static void cut(epl__gemm *g, int64_t cells)
{
    const int64_t wide = g->path == EPL__GEMM_PANELS ? g->panel * g->mul->lanes : 64;
    const int64_t columns = epl__div_up(g->n, wide);
    const int64_t most_m = g->path == EPL__GEMM_COMBINE ? 1 : epl__div_up(g->m, 12);
    double best = 1e30;
    for (int64_t n = 1; n <= epl__least(columns, cells); n++) {
        const int64_t m = epl__least(epl__div_up(cells, n), most_m);
        const int64_t nb = epl__div_up(columns, n) * wide, mb = epl__div_up(g->m, m);
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

epl__call *epl__gemm_prepare(epl__arena *a, const epl__gemm_desc *d)
{
    if (d->dtype != EPL_F32 && d->dtype != EPL_F64) {
        return epl__gemm_int_prepare(a, d);
    }
    epl__gemm *g = epl__arena_take(a, sizeof *g);
    char name[96];
    snprintf(name, sizeof name, "gemm.own %lldx%lldx%lld", (long long)d->m, (long long)d->n,
             (long long)d->k);
    char *text = epl__arena_text(a, name);
    if (g == NULL || text == NULL) {
        return NULL;
    }
    g->mul = epl__mul_table_of(epl__isa_now(), d->dtype);
    g->bytes = g->mul->bytes;
    g->call.run = epl__gemm_run;
    g->call.name = text;
    load(g, d);
    tidy(g);
    for (int i = 0; i < g->batch_rank; i++) {
        g->items *= g->batch[i];
    }
    if (g->items == 0 || g->m == 0 || g->n == 0 || (g->k == 0 && g->accumulate)) {
        return &g->call; /* no parts */
    }
    choose_blocks(g);
    choose_parts(g);
    choose_scratch(g);
    return &g->call;
}
