/* gemm_int.c -- matrix products of integers: plain loops that wrap on overflow.
 *
 * Invariant: a part is a range of rows over all items; a row is written by one part.
 */
#include <stdio.h>
#include "gemm.h"

typedef struct {
    epl__call call;
    epl__gemm_desc d;
    int64_t rows, rows_of_part;
} int_gemm;

#define ROW(real, unsigned_real)                                                           \
    static void row_##real(const epl__gemm_desc *d, const void *a, const void *b, void *c) \
    {                                                                                      \
        for (int64_t j = 0; j < d->n; j++) {                                               \
            real *y = (real *)c + j * d->c_n;                                              \
            unsigned_real sum = d->accumulate ? (unsigned_real)*y : 0;                     \
            for (int64_t k = 0; k < d->k; k++) {                                           \
                sum += (unsigned_real)((const real *)a)[k * d->a_k] *                      \
                       (unsigned_real)((const real *)b)[k * d->b_k + j * d->b_n];          \
            }                                                                              \
            *y = (real)sum;                                                                \
        }                                                                                  \
    }
ROW(int64_t, uint64_t)
ROW(int32_t, uint32_t)

static void run(const epl__call *call, void *const *p, int64_t begin, int64_t end, void *scratch)
{
    const int_gemm *g = (const int_gemm *)call;
    const epl__gemm_desc *d = &g->d;
    const int64_t bytes = d->dtype == EPL_I64 ? 8 : 4;
    const int64_t last = epl__least(end * g->rows_of_part, g->rows);
    (void)scratch;
    for (int64_t row = begin * g->rows_of_part; row < last; row++) {
        int64_t item = row / d->m;
        int64_t a = row % d->m * d->a_m, b = 0, c = row % d->m * d->c_m;
        for (int i = d->batch_rank - 1; i >= 0; i--) {
            const int64_t x = item % d->batch[i];
            item /= d->batch[i];
            a += x * d->a_batch[i];
            b += x * d->b_batch[i];
            c += x * d->c_batch[i];
        }
        (d->dtype == EPL_I64 ? row_int64_t : row_int32_t)(d, (const char *)p[1] + a * bytes,
                                                          (const char *)p[2] + b * bytes,
                                                          (char *)p[0] + c * bytes);
    }
}

epl__call *epl__gemm_int_prepare(epl__arena *a, const epl__gemm_desc *d)
{
    int_gemm *g = epl__arena_take(a, sizeof *g);
    char name[96];
    snprintf(name, sizeof name, "gemm.int %lldx%lldx%lld", (long long)d->m, (long long)d->n,
             (long long)d->k);
    char *text = epl__arena_text(a, name);
    if (g == NULL || text == NULL) {
        return NULL;
    }
    g->d = *d;
    g->rows = d->m;
    for (int i = 0; i < d->batch_rank; i++) {
        g->rows *= d->batch[i];
    }
    const double row = (double)d->n * (double)d->k + 10;
    g->rows_of_part = epl__most(1, (int64_t)(20e3 / row));
    g->call.run = run;
    g->call.name = text;
    g->call.cost = row * (double)g->rows;
    g->call.parts = d->n == 0 ? 0 : epl__div_up(g->rows, g->rows_of_part);
    return &g->call;
}
