/* gemm_body.h -- the micro-kernels and packers of one element type, for gemm_f32.c and
 * gemm_f64.c. Everything below is unrolled by constants, so that accumulators stay in
 * registers; the loops over k are the only loops at run time.
 *
 * Invariant: the terms of an element of c are added in the order of k; kernels with few
 * accumulators keep `chains` partial sums, whose number depends on r and v alone.
 */
#include "gemm_span.h"
#include "gemm_vec.h"

enum {
#if defined(__AVX512F__)
    V1_ROWS = 16,
    V2_ROWS = 14,
    V3_ROWS = 9,
    V4_ROWS = 6
#elif defined(__AVX2__)
    V1_ROWS = 12,
    V2_ROWS = 6,
    V3_ROWS = 4,
    V4_ROWS = 0
#else
    V1_ROWS = 8,
    V2_ROWS = 4,
    V3_ROWS = 3,
    V4_ROWS = 0
#endif
};
/* Masked loads cost nothing with AVX-512; elsewhere whole vectors have their own loops. */
#if defined(__AVX512F__)
#define IS_WHOLE(v, n) false
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
                   part last, bool whole, bool add)
{
    UNROLL for (int i = 0; i < r; i++)
    {
        UNROLL for (int j = 0; j < v; j++)
        {
            vec y = acc[i * v + j];
            UNROLL for (int u = 1; u < chains; u++)
            {
                y = v_add(y, acc[(u * r + i) * v + j]);
            }
            real *p = c + i * c_m + j * LANES;
            const bool full = j < v - 1 || whole;
            if (add) {
                y = v_add(y, full ? v_load(p) : v_load_part(p, last));
            }
            if (full) {
                v_store(p, y);
            } else {
                v_store_part(p, last, y);
            }
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
    finish(r, v, chains, acc, c, c_m, last, n == v * LANES, add);
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
#if defined(__AVX512F__)
#define KERNELS(X) ROWS_16(X, 1) ROWS_14(X, 2) ROWS_9(X, 3) ROWS_6(X, 4)
#elif defined(__AVX2__)
#define KERNELS(X) ROWS_12(X, 1) ROWS_6(X, 2) ROWS_4(X, 3)
#else
#define KERNELS(X) ROWS_8(X, 1) ROWS_4(X, 2) ROWS_3(X, 3)
#endif
KERNELS(MUL)

/* -- packing ---------------------------------------------------------------------- */
static void pack_rows(real *to, int64_t width, const real *from, int64_t s_k, int64_t kn, int64_t n)
{
    const int64_t whole = n / LANES * LANES;
    const part last = v_part(n - whole);
    for (int64_t k = 0; k < kn; k++, to += width, from += s_k) {
        int64_t j = 0;
        for (; j < whole; j += LANES) {
            __builtin_prefetch(from + 8 * s_k + j); /* rows may be pages apart */
            v_store(to + j, v_load(from + j));
        }
        if (j < n) {
            v_store(to + j, v_load_part(from + j, last));
            j += LANES;
        }
        for (; j < width; j += LANES) {
            v_store(to + j, v_zero());
        }
    }
}

/* One column of blocks: lanes j < n from `from` + j s_n, rows k < kn to `to` + k width, or
 * to where at[] says. */
INLINE void turn_column(real *to, const int64_t *at, int64_t width, const real *from, int64_t s_n,
                        int64_t kn, int64_t n)
{
    vec x[LANES];
    const real *lane[LANES];
    for (int64_t j = 0; j < LANES; j++) {
        lane[j] = from + (j < n ? j : 0) * s_n;
    }
    for (int64_t k = 0; k < kn; k += LANES) {
        const int64_t rows = kn - k < LANES ? kn - k : LANES;
        const part some = v_part(rows);
        UNROLL for (int j = 0; j < LANES; j++)
        {
            x[j] = j >= n          ? v_zero()
                   : rows == LANES ? v_load(lane[j] + k)
                                   : v_load_part(lane[j] + k, some);
        }
        v_turn(x);
        UNROLL for (int i = 0; i < LANES; i++)
        {
            if (i < rows && (at == NULL || at[k + i] >= 0)) {
                v_store(to + (at == NULL ? (k + i) * width : at[k + i]), x[i]);
            }
        }
    }
}

static void pack_turned(real *to, int64_t width, const real *from, int64_t s_n, int64_t kn,
                        int64_t n)
{
    for (int64_t j = 0; j < width; j += LANES) {
        turn_column(to + j, NULL, width, from + j * s_n, s_n, kn, n - j);
    }
}

static void pack_spread(void *to, const int64_t *at, int64_t width, const void *from, int64_t s_n,
                        int64_t kn, int64_t n)
{
    for (int64_t j = 0; j < width; j += LANES) {
        turn_column((real *)to + j, at, width, (const real *)from + j * s_n, s_n, kn, n - j);
    }
}

static void pack(void *to, int64_t width, const void *from, int64_t s_k, int64_t s_n, int64_t kn,
                 int64_t n)
{
    if (s_n == 1) {
        pack_rows(to, width, from, s_k, kn, n);
        return;
    }
    if (s_k == 1 && kn > 1) {
        pack_turned(to, width, from, s_n, kn, n);
        return;
    }
    real *d = to;
    const real *s = from;
    for (int64_t k = 0; k < kn; k++, d += width, s += s_k) {
        for (int64_t j = 0; j < width; j++) {
            d[j] = j < n ? s[j * s_n] : 0;
        }
    }
}

/* What one vector of a panel takes from one piece: lanes `lanes` of the vector at `from`,
 * whose other lanes may lie anywhere. */
typedef struct {
    int64_t from;
    part lanes;
    int32_t first, len;
} bit;

/* The bits of lanes [j, j + LANES). Lanes that are not named stay 0. */
static int find_bits(bit *bits, int64_t j, const epl__piece *piece, int pieces)
{
    int n = 0;
    for (int i = 0; i < pieces; i++) {
        const int64_t lo = piece[i].to > j ? piece[i].to : j;
        const int64_t end = piece[i].to + piece[i].len;
        const int64_t hi = end < j + LANES ? end : j + LANES;
        if (lo < hi) {
            bits[n++] = (bit){piece[i].from + j - piece[i].to, v_range(lo - j, hi - lo),
                              (int32_t)(lo - j), (int32_t)(hi - lo)};
        }
    }
    return n;
}

#if defined(__AVX2__)
INLINE void pack_bits(real *to, int64_t width, const real *from, const int64_t *at, int64_t kn,
                      const bit *bits, const int n, int extra)
{
    for (int64_t k = 0; k < kn; k++, to += width) {
        vec x = v_load_part(from + (bits[0].from + at[k]), bits[0].lanes);
        UNROLL for (int i = 1; i < n; i++)
        {
            x = v_load_over(x, from + (bits[i].from + at[k]), bits[i].lanes);
        }
        for (int i = n; i < n + extra; i++) {
            x = v_load_over(x, from + (bits[i].from + at[k]), bits[i].lanes);
        }
        v_store(to, x);
    }
}
#else
INLINE void pack_bits(real *to, int64_t width, const real *from, const int64_t *at, int64_t kn,
                      const bit *bits, const int n, int extra)
{
    for (int64_t k = 0; k < kn; k++, to += width) {
        v_store(to, v_zero());
        for (int i = 0; i < n + extra; i++) {
            const int64_t f = bits[i].from + at[k];
            for (int32_t j = bits[i].first; j < bits[i].first + bits[i].len; j++) {
                to[j] = from[f + j];
            }
        }
    }
}
#endif

static void pack_pieces(void *to, int64_t width, const void *from, const int64_t *at, int64_t kn,
                        const epl__piece *piece, int pieces)
{
    for (int64_t j = 0; j < width; j += LANES) {
        bit bits[LANES + 4];
        real *d = (real *)to + j;
        const int n = find_bits(bits, j, piece, pieces);
        if (n == 0) {
            for (int64_t k = 0; k < kn; k++) {
                v_store(d + k * width, v_zero());
            }
        } else if (n == 1) {
            pack_bits(d, width, from, at, kn, bits, 1, 0);
        } else if (n == 2) {
            pack_bits(d, width, from, at, kn, bits, 2, 0);
        } else {
            pack_bits(d, width, from, at, kn, bits, 3, n - 3);
        }
    }
}

/* -- copies -------------------------------------------------------------------------- */
INLINE real *put_zeros(real *to, int64_t n)
{
    for (; n >= LANES; n -= LANES, to += LANES) {
        v_store(to, v_zero());
    }
    if (n > 0) {
        v_store_part(to, v_part(n), v_zero());
    }
    return to + n;
}

static void copy(void *to, int64_t before, const void *from, int64_t s, int64_t n, int64_t after)
{
    real *d = put_zeros(to, before);
    const real *x = from;
    if (s == 1) {
        int64_t i = 0;
        for (; i + LANES <= n; i += LANES) {
            v_store(d + i, v_load(x + i));
        }
        if (i < n) {
            v_store_part(d + i, v_part(n - i), v_load_part(x + i, v_part(n - i)));
        }
    } else if (s == 2) {
        for (int64_t i = 0; i < n; i++) {
            d[i] = x[i * 2];
        }
    } else {
        for (int64_t i = 0; i < n; i++) {
            d[i] = x[i * s];
        }
    }
    put_zeros(d + n, after);
}

static void copy_pieces(void *to, int64_t s_to, const void *from, int64_t s_from, int64_t rows,
                        const epl__piece *piece, int pieces)
{
    for (int64_t i = 0; i < rows; i++) {
        real *d = (real *)to + i * s_to;
        const real *x = (const real *)from + i * s_from;
        for (int k = 0; k < pieces; k++) {
            const real *y = x + piece[k].from;
            real *at = d + piece[k].to;
            int64_t j = 0;
            for (; j + LANES <= piece[k].len; j += LANES) {
                __builtin_prefetch(y + s_from + j); /* rows may be pages apart */
                v_store(at + j, v_load(y + j));
            }
            if (j < piece[k].len) {
                const part some = v_part(piece[k].len - j);
                v_store_part(at + j, some, v_load_part(y + j, some));
            }
        }
    }
}

static void unpack(void *to, int64_t s_n, const void *from, int64_t k, int64_t rows, int64_t n)
{
    for (int64_t j = 0; j < n; j += LANES) {
        const part lanes = v_part(n - j < LANES ? n - j : LANES);
        const int64_t count = n - j < LANES ? n - j : LANES;
        for (int64_t i = 0; i < rows; i += LANES) {
            const real *x = (const real *)from + i * k + j;
            real *d = (real *)to + j * s_n + i;
            const int64_t left = rows - i < LANES ? rows - i : LANES;
            vec y[LANES];
            UNROLL for (int q = 0; q < LANES; q++)
            {
                y[q] = q < left ? v_load_part(x + q * k, lanes) : v_zero();
            }
            v_turn(y);
            const part some = v_part(left);
            UNROLL for (int q = 0; q < LANES; q++)
            {
                if (q < count) {
                    v_store_part(d + q * s_n, some, y[q]);
                }
            }
        }
    }
}

/* -- dot products ------------------------------------------------------------------ */
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
#if defined(__AVX512F__)
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

/* -- the table --------------------------------------------------------------------- */
#define MUL_ENTRY(v, r) [v][r] = mul_##v##_##r,
#define MUL_AT_ENTRY(v, r) [v][r] = mul_at_##v##_##r,
#define DOT_ENTRY(r, s) [r][s] = dot_##r##_##s,
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
const epl__mul_table JOIN(GEMM_TABLE, EPL_ISA_SUFFIX) = {
    .lanes = LANES,
    .bytes = sizeof(real),
    .max_r = {0, V1_ROWS, V2_ROWS, V3_ROWS, V4_ROWS},
    .mul = {KERNELS(MUL_ENTRY)},
    .mul_at = {KERNELS(MUL_AT_ENTRY)},
    .pack = pack,
    .pack_spread = pack_spread,
    .pack_pieces = pack_pieces,
    .copy = copy,
    .copy_pieces = copy_pieces,
    .unpack = unpack,
    .dot_r = ROWS_OF_DOT,
    .dot_s = LANES_OF_DOT,
    .dot = {DOTS(DOT_ENTRY)},
    .combine = combine,
};
