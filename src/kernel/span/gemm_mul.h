/* gemm_mul.h -- the kernels that multiply panels. Everything is unrolled by constants, so
 * that accumulators stay in registers; loops over k are the only loops at run time.
 *
 * Invariant: the terms of an element of c are added in the order of k; kernels with few
 * accumulators keep `chains` partial sums, whose number depends on r and v alone.
 */
#ifndef EPL_GEMM_MUL_H
#define EPL_GEMM_MUL_H
#include "gemm_span.h"
#include "gemm_vec.h"

/* The most rows of kernels of 1 to 4 vectors, and the list of all kernels. */
#define ROWS_3(X, v) \
    X(v, 1)          \
    X(v, 2)          \
    X(v, 3)
#define ROWS_4(X, v) ROWS_3(X, v) X(v, 4)
#define ROWS_6(X, v)     \
    ROWS_4(X, v) X(v, 5) \
    X(v, 6)
#define ROWS_8(X, v)     \
    ROWS_6(X, v) X(v, 7) \
    X(v, 8)
#define ROWS_9(X, v) ROWS_8(X, v) X(v, 9)
#define ROWS_12(X, v)     \
    ROWS_9(X, v) X(v, 10) \
    X(v, 11)              \
    X(v, 12)
#define ROWS_14(X, v)      \
    ROWS_12(X, v) X(v, 13) \
    X(v, 14)
#define ROWS_16(X, v)      \
    ROWS_14(X, v) X(v, 15) \
    X(v, 16)
#if defined(CHECKED)
enum { V1_ROWS = 4, V2_ROWS = 3, V3_ROWS = 3, V4_ROWS = 0 };
#define KERNELS(X) ROWS_4(X, 1) ROWS_3(X, 2) ROWS_3(X, 3)
#elif defined(__AVX512F__)
enum { V1_ROWS = 16, V2_ROWS = 14, V3_ROWS = 9, V4_ROWS = 6 };
#define KERNELS(X) ROWS_16(X, 1) ROWS_14(X, 2) ROWS_9(X, 3) ROWS_6(X, 4)
#elif defined(__AVX2__)
enum { V1_ROWS = 12, V2_ROWS = 6, V3_ROWS = 4, V4_ROWS = 0 };
#define KERNELS(X) ROWS_12(X, 1) ROWS_6(X, 2) ROWS_4(X, 3)
#else
enum { V1_ROWS = 8, V2_ROWS = 4, V3_ROWS = 3, V4_ROWS = 0 };
#define KERNELS(X) ROWS_8(X, 1) ROWS_4(X, 2) ROWS_3(X, 3)
#endif
/* Masked loads cost a few percent with AVX and far more without: kernels of two vectors,
 * which do most of the work, have a loop for whole vectors too, or all have. */
#if defined(__AVX2__)
#define IS_WHOLE(v, n) ((v) == 2 && (n) == (v)*LANES)
#else
#define IS_WHOLE(v, n) ((n) == (v)*LANES)
#endif

/* acc[i v + j] += a[row i] b[vector j]; rows come in threes, which one address form reaches. */
INLINE void term(const int r, const int v, vec *acc, const real *const *row, int64_t at,
                 int64_t a_m, const real *b, part last, const bool whole)
{
    vec x[EPL__MUL_V];
    UNROLL for (int j = 0; j < v; j++)
    {
        x[j] = j < v - 1 || whole ? v_load(b + j * LANES) : v_load_part(b + j * LANES, last);
    }
    UNROLL for (int i = 0; i < r; i++)
    {
        const vec y = v_all(row[i / 3] + at + (i % 3) * a_m);
        UNROLL for (int j = 0; j < v; j++)
        {
            acc[i * v + j] = v_fma(y, x[j], acc[i * v + j]);
        }
    }
}

INLINE void finish(const int r, const int v, const int chains, vec *acc, real *c, int64_t c_m,
                   part last, const bool whole, bool add)
{
    UNROLL for (int i = r * v; i < chains * r * v; i++)
    {
        acc[i % (r * v)] = v_add(acc[i % (r * v)], acc[i]);
    }
    if (add) {
        UNROLL for (int i = 0; i < r * v; i++)
        {
            const real *p = c + i / v * c_m + i % v * LANES;
            const bool full = i % v < v - 1 || whole;
            acc[i] = v_add(acc[i], full ? v_load(p) : v_load_part(p, last));
        }
    }
    UNROLL for (int i = 0; i < r * v; i++)
    {
        real *p = c + i / v * c_m + i % v * LANES;
        if (i % v < v - 1 || whole) {
            v_store(p, acc[i]);
        } else {
            v_store_part(p, last, acc[i]);
        }
    }
}

/* at: steps through a and b come from tables, else a_k and b_k. */
INLINE void tile(const int r, const int v, const bool at, const bool whole, int64_t kn,
                 const real *a, int64_t a_m, int64_t a_k, const int64_t *a_at, const real *b,
                 int64_t b_k, const int64_t *b_at, real *c, int64_t c_m, int64_t n, bool add)
{
    const int chains = r * v >= 8 ? 1 : r * v >= 4 ? 2 : 4;
    const part last = v_part(n - (v - 1) * LANES);
    vec acc[28];
    const real *row[(EPL__MUL_R + 2) / 3];
    UNROLL for (int i = 0; i < (r + 2) / 3; i++)
    {
        row[i] = a + 3 * i * a_m;
    }
    UNROLL for (int i = 0; i < chains * r * v; i++)
    {
        acc[i] = v_zero();
    }
    int64_t k = 0;
    for (; k + chains <= kn; k += chains) {
        UNROLL for (int u = 0; u < chains; u++)
        {
            term(r, v, acc + u * r * v, row, at ? a_at[k + u] : (k + u) * a_k, a_m,
                 b + (at ? b_at[k + u] : (k + u) * b_k), last, whole);
        }
    }
    for (; chains > 1 && k < kn; k++) {
        term(r, v, acc, row, at ? a_at[k] : k * a_k, a_m, b + (at ? b_at[k] : k * b_k), last,
             whole);
    }
    finish(r, v, chains, acc, c, c_m, last, whole, add);
}

#define MUL(v, r)                                                                                 \
    static void mul_##v##_##r(int64_t kn, const void *a, int64_t a_m, int64_t a_k, const void *b, \
                              int64_t b_k, void *c, int64_t c_m, int64_t n, bool add)             \
    {                                                                                             \
        if (IS_WHOLE(v, n)) {                                                                     \
            tile(r, v, false, true, kn, a, a_m, a_k, NULL, b, b_k, NULL, c, c_m, n, add);         \
        } else {                                                                                  \
            tile(r, v, false, false, kn, a, a_m, a_k, NULL, b, b_k, NULL, c, c_m, n, add);        \
        }                                                                                         \
    }                                                                                             \
    static void mul_at_##v##_##r(int64_t kn, const void *a, int64_t a_m, const int64_t *a_at,     \
                                 const void *b, const int64_t *b_at, void *c, int64_t c_m,        \
                                 int64_t n, bool add)                                             \
    {                                                                                             \
        if (IS_WHOLE(v, n)) {                                                                     \
            tile(r, v, true, true, kn, a, a_m, 0, a_at, b, 0, b_at, c, c_m, n, add);              \
        } else {                                                                                  \
            tile(r, v, true, false, kn, a, a_m, 0, a_at, b, 0, b_at, c, c_m, n, add);             \
        }                                                                                         \
    }
KERNELS(MUL)
#endif
