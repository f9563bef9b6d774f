/* span_reduce.c -- sums and extremes of rows and of strips of columns.
 *
 * Invariant: NaN beats all else; of equals the first stays.
 */
#include "span.h"
#include <math.h>
#include <string.h>

#define T float
#define MASK int32_t
#define EPL_REDUCE_LANES 16
#define NAME(x) x##_F32
#include "reduce_float.h"
#undef T
#undef MASK
#undef EPL_REDUCE_LANES
#undef NAME
#define T double
#define MASK int64_t
#define EPL_REDUCE_LANES 8
#define NAME(x) x##_F64
#include "reduce_float.h"
#undef T
#undef MASK
#undef EPL_REDUCE_LANES
#undef NAME

/* -- integers: any order will do ------------------------------------------------------- */
#define FOLD(name, D, T, start, expr)                                                      \
    static void name##_##D(int64_t n, const void *row, void *out)                          \
    {                                                                                      \
        const T *x = row;                                                                  \
        T s = start;                                                                       \
        for (int64_t i = 0; i < n; i++) {                                                  \
            const T y = x[i];                                                              \
            s = (T)(expr);                                                                 \
        }                                                                                  \
        *(T *)out = s;                                                                     \
    }                                                                                      \
    static void name##_to_##D(int64_t n, const void *from, void *into)                     \
    {                                                                                      \
        const T *x = from;                                                                 \
        T *z = into;                                                                       \
        EPL_SPAN_LOOP(i, n)                                                                \
        {                                                                                  \
            const T s = z[i], y = x[i];                                                    \
            z[i] = (T)(expr);                                                              \
        }                                                                                  \
    }                                                                                      \
    static void name##_rows_##D(int64_t n, int64_t rows, const void *from, int64_t stride, \
                                void *out)                                                 \
    {                                                                                      \
        const T *x = from;                                                                 \
        memcpy(out, x, (size_t)n * sizeof(T));                                             \
        for (int64_t r = 1; r < rows; r++)                                                 \
            name##_to_##D(n, x + r * stride, out);                                         \
    }
#define ARG(name, D, T, beyond)                                                        \
    static int64_t arg##name##_##D(int64_t n, const void *row)                         \
    {                                                                                  \
        const T *x = row;                                                              \
        T m;                                                                           \
        name##_##D(n, row, &m);                                                        \
        int64_t at = 0;                                                                \
        while (x[at] != m)                                                             \
            at++;                                                                      \
        return at;                                                                     \
    }                                                                                  \
    static void arg##name##_to_##D(int64_t n, const void *from, int64_t r, void *into, \
                                   int64_t *at)                                        \
    {                                                                                  \
        const T *x = from;                                                             \
        T *z = into;                                                                   \
        EPL_SPAN_LOOP(i, n)                                                            \
        {                                                                              \
            const int beats = x[i] beyond z[i];                                        \
            z[i] = beats ? x[i] : z[i];                                                \
            at[i] = beats ? r : at[i];                                                 \
        }                                                                              \
    }
#define SCAN(D, T)                                                                                 \
    static void scan_to_##D(int64_t n, const void *from, void *sums, void *to)                     \
    {                                                                                              \
        const T *x = from;                                                                         \
        uint64_t *sum = sums;                                                                      \
        T *z = to;                                                                                 \
        EPL_SPAN_LOOP(i, n)                                                                        \
        {                                                                                          \
            const uint64_t s = sum[i] + (uint64_t)x[i];                                            \
            sum[i] = s;                                                                            \
            z[i] = (T)s;                                                                           \
        }                                                                                          \
    }                                                                                              \
    static void scan_##D(int64_t n, const void *from, int64_t stride, void *to, int64_t to_stride) \
    {                                                                                              \
        const T *x = from;                                                                         \
        T *z = to;                                                                                 \
        uint64_t sum = 0;                                                                          \
        for (int64_t i = 0; i < n; i++) {                                                          \
            sum += (uint64_t)x[i * stride];                                                        \
            z[i * to_stride] = (T)sum;                                                             \
        }                                                                                          \
    }
#define INTEGERS(D, T, U)                 \
    FOLD(add, D, T, 0, (U)s + (U)y)       \
    FOLD(amax, D, T, x[0], y > s ? y : s) \
    FOLD(amin, D, T, x[0], y < s ? y : s) \
    ARG(amax, D, T, >)                    \
    ARG(amin, D, T, <)                    \
    SCAN(D, T)
EPL_SPAN_INTS(INTEGERS)

/* -- the table ------------------------------------------------------------------------- */
#define EXTREMES(D)                                                                               \
    .amax = amax_##D, .amin = amin_##D, .amax_rows = amax_rows_##D, .amin_rows = amin_rows_##D,   \
    .amax_to = amax_to_##D, .amin_to = amin_to_##D, .argmax = argamax_##D, .argmin = argamin_##D, \
    .argmax_to = argamax_to_##D, .argmin_to = argamin_to_##D
#define FLOAT_ROW(D, T)                    \
    [EPL_##D] = {.sum = sum_##D,           \
                 .sum_rows = sum_rows_##D, \
                 .add_to = add_to_##D,     \
                 .scan = scan_##D,         \
                 .scan_to = scan_to_##D,   \
                 EXTREMES(D)},
#define INT_ROW(D, T, U)                   \
    [EPL_##D] = {.sum = add_##D,           \
                 .sum_rows = add_rows_##D, \
                 .add_to = add_to_##D,     \
                 .scan = scan_##D,         \
                 .scan_to = scan_to_##D,   \
                 EXTREMES(D)},

extern const epl__reduce_spans EPL_SPAN_NAME(reduce_spans)[EPL_DTYPE_END];
const epl__reduce_spans EPL_SPAN_NAME(reduce_spans)[EPL_DTYPE_END] = {
    EPL_SPAN_FLOATS(FLOAT_ROW) EPL_SPAN_INTS(INT_ROW)[EPL_BOOL] = {EXTREMES(U8)},
};
