/* span.h -- loops over short contiguous arrays, compiled once for each instruction set.
 *
 * Every span_*.c is compiled with EPL_ISA_SUFFIX set to portable, avx2 or avx512 and with
 * that set's flags. It fills const tables whose names end in the suffix; isa.c picks one.
 * Nothing else differs: no other file may depend on the instruction set.
 *
 * Invariant: each output element depends on the inputs at the same place alone, never on n
 * or on its place in the span. So tiles may be cut anywhere. Outputs may be the very array
 * of an input, if their element sizes are the same.
 */
#ifndef EPL_SPAN_H
#define EPL_SPAN_H
#include "../kernel.h"
#include "../rows.h"

/* Operations that tile_prepare alone chooses, after those of kernel.h. */
enum {
    EPL__TILE_CUBE = EPL__TILE_END,
    EPL__TILE_POWHALF, /* pow(x, 0.5): unlike sqrt, +0 at -0 and +inf at -inf */
    EPL__TILE_ROOT0,   /* x > 0 ? sqrt(x) : 0 */
    EPL__TILE_PAIRS    /* from here on: two in one, see below */
};
/* t = x0 first x1, then t and x2; of a square, t = x0 x0, then t and x1. */
enum {
    EPL__FIRST_ADD,
    EPL__FIRST_SUB,
    EPL__FIRST_MUL,
    EPL__FIRST_DIV,
    EPL__FIRST_SQUARE,
    EPL__FIRSTS
};
enum {
    EPL__THEN_ADD,
    EPL__THEN_MUL,
    EPL__THEN_SUB,
    EPL__THEN_SUB_FROM, /* x2 - t */
    EPL__THEN_DIV,
    EPL__THEN_DIV_OF, /* x2 / t */
    EPL__THENS
};
#define EPL__TILE_PAIR(first, then) (EPL__TILE_PAIRS + (first)*EPL__THENS + (then))
enum { EPL__TILE_ALL = EPL__TILE_PAIR(EPL__FIRSTS, 0) };

/* out[i] = op(a[i], b[i], c[i]). Bit j of flat: operand j is one element, for all i. Not
 * all operands are flat: then n is 1. c (and b) are NULL for fewer operands. */
typedef void epl__span(int64_t n, void *out, const void *a, const void *b, const void *c,
                       unsigned flat);

typedef struct {
    uint8_t op, dtype, to; /* `to` for CAST, else 0 */
    epl__span *span;
} epl__span_entry;

/* Reductions of one dtype; NULL where it has none. Rows are contiguous. A strip is up to
 * EPL__STRIP columns. The order of additions depends on sizes alone, not on the ISA. */
enum { EPL__STRIP = 64, EPL__STRIP_ROWS = 32 };
typedef struct {
    /* *out = sum, largest, least of row[0..n), n >= 1. NaN wins. */
    void (*sum)(int64_t n, const void *row, void *out);
    void (*amax)(int64_t n, const void *row, void *out);
    void (*amin)(int64_t n, const void *row, void *out);
    /* out[j] = sum (...) of x[r * stride + j] over r < rows (<= EPL__STRIP_ROWS for sums),
     * j < n <= EPL__STRIP; stride in elements. */
    void (*sum_rows)(int64_t n, int64_t rows, const void *x, int64_t stride, void *out);
    void (*amax_rows)(int64_t n, int64_t rows, const void *x, int64_t stride, void *out);
    void (*amin_rows)(int64_t n, int64_t rows, const void *x, int64_t stride, void *out);
    /* into[j] = into[j] + (max, min) x[j]. */
    void (*add_to)(int64_t n, const void *x, void *into);
    void (*amax_to)(int64_t n, const void *x, void *into);
    void (*amin_to)(int64_t n, const void *x, void *into);
    /* The place of the first largest (least) of row[0..n). */
    int64_t (*argmax)(int64_t n, const void *row);
    int64_t (*argmin)(int64_t n, const void *row);
    /* best[j], at[j] updated by row number r: place of the first best. */
    void (*argmax_to)(int64_t n, const void *x, int64_t r, void *best, int64_t *at);
    void (*argmin_to)(int64_t n, const void *x, int64_t r, void *best, int64_t *at);
    /* Running sums. Sums are double for floats, uint64_t for integers: sum[j] += x[j],
     * out[j] = sum[j]; and of one line of n, strides in elements. */
    void (*scan_to)(int64_t n, const void *x, void *sum, void *out);
    void (*scan)(int64_t n, const void *x, int64_t stride, void *out, int64_t out_stride);
} epl__reduce_spans;

/* Moves of elements by size alone: at[size], sizes 1, 2, 4 and 8. */
typedef struct {
    /* Elements [first, first + n) of r's space, from base's strided memory into `to`, or
     * from `from` into it. */
    void (*load)(const epl__rows *r, const void *base, int64_t first, int64_t n, void *to);
    void (*store)(const epl__rows *r, void *base, int64_t first, int64_t n, const void *from);
    /* n copies of *one */
    void (*fill)(void *to, int64_t n, const void *one);
    /* out[i * out_stride + j] = in[j * in_stride + i], best for blocks of 32 x 32; strides in
     * elements */
    void (*turn)(int64_t rows, int64_t columns, const void *in, int64_t in_stride, void *out,
                 int64_t out_stride);
} epl__move_spans;

typedef struct {
    const epl__span_entry *const *entries; /* lists, each ended by span NULL; NULL ends all */
    const epl__reduce_spans *reduce;       /* by dtype */
    const epl__move_spans *move;           /* by element size */
} epl__spans;

extern const epl__spans epl__spans_portable;
#if defined(__x86_64__)
extern const epl__spans epl__spans_avx2, epl__spans_avx512;
#endif

/* The chosen set. epl__span_of: NULL for a pair that does not exist. */
epl__span *epl__span_of(int op, epl_dtype dtype, epl_dtype to);
const epl__spans *epl__spans_now(void);
void epl__isa_info(char *text, size_t size); /* the chosen set, and what was asked for */

/* Those that call libm for each element, the same for all sets (rare.c, special.c). */
extern const epl__span_entry epl__rare_entries[];

/* -- for the span sources themselves -------------------------------------------------- */
#define EPL_SPAN_PASTE_(name, suffix) epl__##name##_##suffix
#define EPL_SPAN_PASTE(name, suffix) EPL_SPAN_PASTE_(name, suffix)
#define EPL_SPAN_NAME(name) EPL_SPAN_PASTE(name, EPL_ISA_SUFFIX)

/* Bytes of a vector register. */
#if defined(__AVX512F__)
#define EPL_SPAN_VECTOR 64
#elif defined(__AVX__)
#define EPL_SPAN_VECTOR 32
#else
#define EPL_SPAN_VECTOR 16
#endif

/* The iterations are independent, also where out is an input. UNROLL: a loop over a few
 * registers, which must leave no loop behind. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"
#define EPL_SPAN_LOOP(i, n) \
    _Pragma("clang loop vectorize(assume_safety)") for (int64_t i = 0; i < (n); i++)
#define EPL_SPAN_UNROLL _Pragma("clang loop unroll(full)")
#else
#define EPL_SPAN_UNROLL _Pragma("GCC unroll 16")
#define EPL_SPAN_LOOP(i, n) _Pragma("GCC ivdep") for (int64_t i = 0; i < (n); i++)
#endif

#define EPL_SPAN_ARGS \
    int64_t n, void *out, const void *a, const void *b, const void *c, unsigned flat

/* z[i] = expr of x. */
#define EPL_SPAN_UNARY(name, T, R, expr) \
    static void name(EPL_SPAN_ARGS)      \
    {                                    \
        (void)b, (void)c, (void)flat;    \
        const T *xs = a;                 \
        R *z = out;                      \
        EPL_SPAN_LOOP(i, n)              \
        {                                \
            const T x = xs[i];           \
            z[i] = (R)(expr);            \
        }                                \
    }

/* z[i] = expr of x and y. */
#define EPL_SPAN_BINARY(name, T, R, expr)     \
    static void name(EPL_SPAN_ARGS)           \
    {                                         \
        (void)c;                              \
        const T *xs = a, *ys = b;             \
        R *z = out;                           \
        if (flat == 1) {                      \
            const T x = *xs;                  \
            EPL_SPAN_LOOP(i, n)               \
            {                                 \
                const T y = ys[i];            \
                z[i] = (R)(expr);             \
            }                                 \
        } else if (flat == 2) {               \
            const T y = *ys;                  \
            EPL_SPAN_LOOP(i, n)               \
            {                                 \
                const T x = xs[i];            \
                z[i] = (R)(expr);             \
            }                                 \
        } else {                              \
            EPL_SPAN_LOOP(i, n)               \
            {                                 \
                const T x = xs[i], y = ys[i]; \
                z[i] = (R)(expr);             \
            }                                 \
        }                                     \
    }

/* z[i] = expr of x, y, w; the steps sx, sy, sw are 0 or 1. */
#define EPL_SPAN_TERNARY_LOOP(X, T, R, expr, sx, sy, sw)      \
    EPL_SPAN_LOOP(i, n)                                       \
    {                                                         \
        const X                                               \
        x = (sx) ? xs[i] : x0;                                \
        const T y = (sy) ? ys[i] : y0, w = (sw) ? ws[i] : w0; \
        z[i] = (R)(expr);                                     \
    }                                                         \
    break
#define EPL_SPAN_TERNARY(name, X, T, R, expr)              \
    static void name(EPL_SPAN_ARGS)                        \
    {                                                      \
        const X                                            \
        *xs = a;                                           \
        const T *ys = b, *ws = c;                          \
        const X                                            \
        x0 = *xs;                                          \
        const T y0 = *ys, w0 = *ws;                        \
        R *z = out;                                        \
        switch (flat) {                                    \
        case 1:                                            \
            EPL_SPAN_TERNARY_LOOP(X, T, R, expr, 0, 1, 1); \
        case 2:                                            \
            EPL_SPAN_TERNARY_LOOP(X, T, R, expr, 1, 0, 1); \
        case 3:                                            \
            EPL_SPAN_TERNARY_LOOP(X, T, R, expr, 0, 0, 1); \
        case 4:                                            \
            EPL_SPAN_TERNARY_LOOP(X, T, R, expr, 1, 1, 0); \
        case 5:                                            \
            EPL_SPAN_TERNARY_LOOP(X, T, R, expr, 0, 1, 0); \
        case 6:                                            \
            EPL_SPAN_TERNARY_LOOP(X, T, R, expr, 1, 0, 0); \
        default:                                           \
            EPL_SPAN_TERNARY_LOOP(X, T, R, expr, 1, 1, 1); \
        }                                                  \
    }

/* dtype, its C type, an unsigned type wide enough to compute in without overflow traps */
#define EPL_SPAN_INTS(X)      \
    X(I64, int64_t, uint64_t) \
    X(I32, int32_t, uint32_t) \
    X(I16, int16_t, uint32_t) \
    X(I8, int8_t, uint32_t)   \
    X(U8, uint8_t, uint32_t)
#define EPL_SPAN_FLOATS(X) \
    X(F32, float)          \
    X(F64, double)
#endif
