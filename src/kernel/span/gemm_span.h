/* gemm_span.h -- what the matrix micro-kernels of one instruction set and one element
 * type offer. The drivers (gemm_run.c, conv_run.c) know nothing else about the machine.
 *
 * A kernel makes an r x n tile of c, n in at most v vectors, and holds it in registers
 * all the while. Rows of b and c are contiguous; a is read one element at a time, so any
 * layout of a will do. Invariant: nothing outside the n columns is read from b or
 * touched in c. Strides and offsets count elements.
 */
#ifndef EPL_GEMM_SPAN_H
#define EPL_GEMM_SPAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../kernel.h"

enum { EPL__MUL_V = 4, EPL__MUL_R = 16, EPL__MUL_LANES = 16, EPL__DOT_R = 4, EPL__DOT_S = 5 };

/* c[i, j] (+)= sum_k a[i a_m + k a_k] b[k b_k + j] */
typedef void epl__mul(int64_t kn, const void *a, int64_t a_m, int64_t a_k, const void *b,
                      int64_t b_k, void *c, int64_t c_m, int64_t n, bool add);
/* The same with a[i a_m + a_at[k]] and b[b_at[k] + j]. */
typedef void epl__mul_at(int64_t kn, const void *a, int64_t a_m, const int64_t *a_at, const void *b,
                         const int64_t *b_at, void *c, int64_t c_m, int64_t n, bool add);

/* c[i c_m + c_at[j]] (+)= the sum over rows y < rows and x < len of
 * a[i a_m + a_at[y] + x] b[b_lane[j] + b_at[y] + x]: vectors run along the sum. */
typedef void epl__dot(int64_t rows, int64_t len, const void *a, int64_t a_m, const int64_t *a_at,
                      const void *b, const int64_t *b_lane, const int64_t *b_at, void *c,
                      int64_t c_m, const int64_t *c_at, bool add);

/* A piece of a panel row: len elements from `from` to `to`. */
typedef struct {
    int64_t from;
    int32_t to, len;
} epl__piece;

typedef struct {
    int lanes, bytes;          /* of a vector; of an element */
    int max_r[EPL__MUL_V + 1]; /* rows of a kernel of v vectors, 0: there is none */
    epl__mul *mul[EPL__MUL_V + 1][EPL__MUL_R + 1];
    epl__mul_at *mul_at[EPL__MUL_V + 1][EPL__MUL_R + 1];
    /* Packing: to[k width + j], zero for n <= j < width; width is a multiple of lanes. */
    void (*pack)(void *to, int64_t width, const void *from, int64_t s_k, int64_t s_n, int64_t kn,
                 int64_t n); /* any strides, quick if one of them is 1 */
    /* The same for contiguous k, but row k goes to to + at[k], or nowhere if at[k] < 0. */
    void (*pack_spread)(void *to, const int64_t *at, int64_t width, const void *from, int64_t s_n,
                        int64_t kn, int64_t n);
    /* Row k is made of pieces read at from + at[k]; they come in order, without gaps. */
    void (*pack_pieces)(void *to, int64_t width, const void *from, const int64_t *at, int64_t kn,
                        const epl__piece *piece, int pieces);
    /* to[i] = 0 for i < before, then n elements of `from`, s apart, then `after` zeros */
    void (*copy)(void *to, int64_t before, const void *from, int64_t s, int64_t n, int64_t after);
    /* In each row, pieces one by one. */
    void (*copy_pieces)(void *to, int64_t s_to, const void *from, int64_t s_from, int64_t rows,
                        const epl__piece *piece, int pieces);
    /* to[j s_n + i] = from[k i + j] for i < rows, j < n */
    void (*unpack)(void *to, int64_t s_n, const void *from, int64_t k, int64_t rows, int64_t n);
    int dot_r, dot_s; /* dot[r][s] exists for 1 <= r <= dot_r, 1 <= s <= dot_s */
    epl__dot *dot[EPL__DOT_R + 1][EPL__DOT_S + 1];
    /* c[i c_m + j] (+)= sum_k a[i a_m + k a_k] b[k b_k + j] for i < r <= 4, j < n: reads b
     * row by row, for products that are bound by memory. */
    void (*combine)(int64_t r, int64_t kn, const void *a, int64_t a_m, int64_t a_k, const void *b,
                    int64_t b_k, void *c, int64_t c_m, int64_t n, bool add);
} epl__mul_table;

/* The table of an instruction set for F32 or F64. */
const epl__mul_table *epl__mul_table_of(epl__isa isa, epl_dtype dtype);

extern const epl__mul_table epl__mul_f32_portable, epl__mul_f64_portable;
#if defined(__x86_64__)
extern const epl__mul_table epl__mul_f32_avx2, epl__mul_f64_avx2;
extern const epl__mul_table epl__mul_f32_avx512, epl__mul_f64_avx512;
#endif
#endif
