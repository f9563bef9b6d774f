/* span_pool.c -- taps of pooling windows; steps 1 and 2 have loops of their own. */
#include "../pool.h"
#include "span.h"

#define TAP(T, name, STEP)                                                        \
    static void name(int64_t n, const T *restrict x, int64_t step, int32_t first, \
                     T *restrict best, int32_t *restrict at)                      \
    {                                                                             \
        (void)step;                                                               \
        for (int64_t i = 0; i < n; i++) {                                         \
            T v = x[i * (STEP)];                                                  \
            bool take = (v > best[i]) | (v != v) | (at[i] < 0);                   \
            best[i] = take ? v : best[i];                                         \
            at[i] = take ? first + (int32_t)(i * (STEP)) : at[i];                 \
        }                                                                         \
    }
#define ROWS(T, name)                                                                          \
    TAP(T, name##_1, 1)                                                                        \
    TAP(T, name##_2, 2)                                                                        \
    TAP(T, name##_n, step)                                                                     \
    static void name(int64_t n, const T *x, int64_t step, int32_t first, T *best, int32_t *at) \
    {                                                                                          \
        (step == 1 ? name##_1 : step == 2 ? name##_2 : name##_n)(n, x, step, first, best, at); \
    }
ROWS(float, row_f32)
ROWS(double, row_f64)

const epl__pool_rows EPL_SPAN_NAME(pool_rows) = {row_f32, row_f64};
