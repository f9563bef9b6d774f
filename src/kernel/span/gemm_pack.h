/* gemm_pack.h -- packing, copies and transposes for the matrix kernels.
 *
 * Invariant: only elements that are named are read; panels are written to their full width.
 */
#ifndef EPL_GEMM_PACK_H
#define EPL_GEMM_PACK_H
#include "gemm_span.h"
#include "gemm_vec.h"

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

/* Every second element; none after the last is read. The last vector may overlap. */
INLINE void copy_even(real *to, const real *from, int64_t n)
{
    int64_t i = 0;
    if (n < LANES) {
        for (; i < n; i++) {
            to[i] = from[2 * i];
        }
        return;
    }
    for (; i + LANES <= n; i += LANES) {
        const real *x = from + 2 * i;
        v_store(to + i, v_even_odd(v_load(x), v_load(x + LANES - 1)));
    }
    if (i < n) {
        const real *x = from + 2 * (n - LANES);
        v_store(to + n - LANES, v_even_odd(v_load(x), v_load(x + LANES - 1)));
    }
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
        copy_even(d, x, n);
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
#endif
