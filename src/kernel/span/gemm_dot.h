/* gemm_dot.h -- products whose vectors run along the sum, and combinations of rows.
 *
 * Invariant: as in gemm_mul.h, the order of a sum depends on its length and on the size of
 * the tile alone.
 */
#ifndef EPL_GEMM_DOT_H
#define EPL_GEMM_DOT_H
#include "gemm_span.h"
#include "gemm_vec.h"

/* acc[i s + j] += a row i times b row j, one vector of each */
INLINE void dot_term(const int r, const int s, vec *acc, const real *const *a, const real *const *b,
                     int64_t x, part some, const bool whole)
{
    vec y[EPL__DOT_S];
    UNROLL for (int j = 0; j < s; j++)
    {
        y[j] = whole ? v_load(b[j] + x) : v_load_part(b[j] + x, some);
    }
    UNROLL for (int i = 0; i < r; i++)
    {
        const vec z = whole ? v_load(a[i] + x) : v_load_part(a[i] + x, some);
        UNROLL for (int j = 0; j < s; j++)
        {
            acc[i * s + j] = v_fma(z, y[j], acc[i * s + j]);
        }
    }
}

INLINE void dot_tile(const int r, const int s, int64_t rows, int64_t len, const real *a,
                     int64_t a_m, const int64_t *a_at, const real *b, const int64_t *b_lane,
                     const int64_t *b_at, real *c, int64_t c_m, const int64_t *c_at, bool add)
{
    const int chains = r * s >= 8 ? 1 : r * s >= 4 ? 2 : 4;
    const part some = v_part(len % LANES);
    vec acc[EPL__DOT_R * EPL__DOT_S];
    UNROLL for (int i = 0; i < chains * r * s; i++)
    {
        acc[i] = v_zero();
    }
    for (int64_t y = 0; y < rows; y++) {
        const real *p[EPL__DOT_R], *q[EPL__DOT_S];
        UNROLL for (int i = 0; i < r; i++)
        {
            p[i] = a + i * a_m + a_at[y];
        }
        UNROLL for (int j = 0; j < s; j++)
        {
            q[j] = b + b_lane[j] + b_at[y];
        }
        int64_t x = 0;
        for (; x + chains * LANES <= len; x += chains * LANES) {
            UNROLL for (int u = 0; u < chains; u++)
            {
                dot_term(r, s, acc + u * r * s, p, q, x + u * LANES, some, true);
            }
        }
        for (; chains > 1 && x + LANES <= len; x += LANES) {
            dot_term(r, s, acc, p, q, x, some, true);
        }
        if (x < len) {
            dot_term(r, s, acc, p, q, x, some, false);
        }
    }
    UNROLL for (int i = 0; i < r; i++)
    {
        UNROLL for (int j = 0; j < s; j++)
        {
            vec z = acc[i * s + j];
            UNROLL for (int u = 1; u < chains; u++)
            {
                z = v_add(z, acc[(u * r + i) * s + j]);
            }
            real *to = c + i * c_m + c_at[j];
            *to = add ? *to + v_sum(z) : v_sum(z);
        }
    }
}

#define DOT(r, s)                                                                             \
    static void dot_##r##_##s(int64_t rows, int64_t len, const void *a, int64_t a_m,          \
                              const int64_t *a_at, const void *b, const int64_t *b_lane,      \
                              const int64_t *b_at, void *c, int64_t c_m, const int64_t *c_at, \
                              bool add)                                                       \
    {                                                                                         \
        dot_tile(r, s, rows, len, a, a_m, a_at, b, b_lane, b_at, c, c_m, c_at, add);          \
    }
#if defined(CHECKED)
enum { ROWS_OF_DOT = 2, LANES_OF_DOT = 2 };
#define DOTS(X) \
    X(1, 1)     \
    X(1, 2)     \
    X(2, 1)     \
    X(2, 2)
#elif defined(__AVX512F__)
enum { ROWS_OF_DOT = 4, LANES_OF_DOT = 5 };
#define DOTS_OF(X, r) \
    X(r, 1)           \
    X(r, 2)           \
    X(r, 3)           \
    X(r, 4)           \
    X(r, 5)
#define DOTS(X) DOTS_OF(X, 1) DOTS_OF(X, 2) DOTS_OF(X, 3) DOTS_OF(X, 4)
#else
enum { ROWS_OF_DOT = 3, LANES_OF_DOT = 3 };
#define DOTS_OF(X, r) \
    X(r, 1)           \
    X(r, 2)           \
    X(r, 3)
#define DOTS(X) DOTS_OF(X, 1) DOTS_OF(X, 2) DOTS_OF(X, 3)
#endif
DOTS(DOT)

/* -- combinations of rows ---------------------------------------------------------- */
/* Adds kk rows of b to r rows of c, two vectors at a time. */
INLINE void combine_rows(const int r, const int kk, const real *a, int64_t a_m, int64_t a_k,
                         const real *b, int64_t b_k, real *c, int64_t c_m, int64_t n, bool add)
{
    vec x[8];
    UNROLL for (int i = 0; i < r * kk; i++)
    {
        x[i] = v_all(a + i / kk * a_m + i % kk * a_k);
    }
    for (int64_t j = 0; j < n; j += LANES) {
        const bool whole = j + LANES <= n;
        const part some = v_part(whole ? LANES : n - j);
        vec y[8];
        UNROLL for (int i = 0; i < r; i++)
        {
            real *p = c + i * c_m + j;
            y[i] = !add ? v_zero() : whole ? v_load(p) : v_load_part(p, some);
        }
        UNROLL for (int k = 0; k < kk; k++)
        {
            const real *p = b + k * b_k + j;
            const vec z = whole ? v_load(p) : v_load_part(p, some);
            UNROLL for (int i = 0; i < r; i++)
            {
                y[i] = v_fma(x[i * kk + k], z, y[i]);
            }
        }
        UNROLL for (int i = 0; i < r; i++)
        {
            real *p = c + i * c_m + j;
            if (whole) {
                v_store(p, y[i]);
            } else {
                v_store_part(p, some, y[i]);
            }
        }
    }
}

INLINE void combine_all(const int r, const int kk, int64_t kn, const real *a, int64_t a_m,
                        int64_t a_k, const real *b, int64_t b_k, real *c, int64_t c_m, int64_t n,
                        bool add)
{
    int64_t k = 0;
    for (; k + kk <= kn; k += kk) {
        combine_rows(r, kk, a + k * a_k, a_m, a_k, b + k * b_k, b_k, c, c_m, n, add || k > 0);
    }
    for (; k < kn; k++) {
        combine_rows(r, 1, a + k * a_k, a_m, a_k, b + k * b_k, b_k, c, c_m, n, add || k > 0);
    }
}

static void combine(int64_t r, int64_t kn, const void *a, int64_t a_m, int64_t a_k, const void *b,
                    int64_t b_k, void *c, int64_t c_m, int64_t n, bool add)
{
    switch (r) {
    case 1:
        combine_all(1, 8, kn, a, a_m, a_k, b, b_k, c, c_m, n, add);
        return;
    case 2:
        combine_all(2, 4, kn, a, a_m, a_k, b, b_k, c, c_m, n, add);
        return;
    case 3:
        combine_all(3, 2, kn, a, a_m, a_k, b, b_k, c, c_m, n, add);
        return;
    default:
        combine_all(4, 2, kn, a, a_m, a_k, b, b_k, c, c_m, n, add);
    }
}
#endif
