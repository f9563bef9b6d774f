/* gemm_plan.c -- prepares a matrix product: tidies the description; gemm_choose.c picks
 * blocks and parts.
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
    const int64_t few = g->mul->lanes / 4;
    if (c_n != 1 && c_m == 1) {
        swap_roles(g);
    } else if (g->a_m == 1 && g->m > 1 && g->n <= few && (g->n == 1 || g->m >= 8 * few)) {
        swap_roles(g); /* columns times a vector or so: vectors run down the columns */
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

static char *name_of(epl__arena *a, const epl__gemm_desc *d, const char *path)
{
    char name[128];
    int64_t items = 1;
    for (int i = 0; i < d->batch_rank; i++) {
        items *= d->batch[i];
    }
    int at = snprintf(name, sizeof name, "gemm.%s ", path);
    if (items != 1) {
        at += snprintf(name + at, sizeof name - (size_t)at, "%lld x ", (long long)items);
    }
    snprintf(name + at, sizeof name - (size_t)at, "%lldx%lldx%lld", (long long)d->m,
             (long long)d->n, (long long)d->k);
    return epl__arena_text(a, name);
}

bool epl__gemm_plan(epl__gemm *g, const epl__gemm_desc *d)
{
    *g = (epl__gemm){.dtype = d->dtype, .mul = epl__mul_table_of(epl__isa_now(), d->dtype)};
    g->bytes = g->mul->bytes;
    g->call.run = epl__gemm_run;
    load(g, d);
    tidy(g);
    for (int i = 0; i < g->batch_rank; i++) {
        g->items *= g->batch[i];
    }
    if (g->items == 0 || g->m == 0 || g->n == 0 || (g->k == 0 && g->accumulate)) {
        return false;
    }
    epl__gemm_choose(g);
    return true;
}

epl__call *epl__gemm_prepare(epl__arena *a, const epl__gemm_desc *d)
{
    const char *const paths[] = {"own", "dots", "rows", "xsmm", "blis"};
    if (d->dtype != EPL_F32 && d->dtype != EPL_F64) {
        return epl__gemm_int_prepare(a, d);
    }
    epl__gemm *g = epl__arena_take(a, sizeof *g);
    if (g == NULL) {
        return NULL;
    }
    if (epl__gemm_plan(g, d) && d->packed) {
        epl__gemm_use_packed(g);
    }
    g->call.name = name_of(a, d, paths[g->path]);
    return g->call.name == NULL ? NULL : &g->call;
}
