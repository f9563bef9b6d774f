/* pool.h -- one tap of a row of pooling windows, compiled for each instruction set. */
#ifndef EPL_POOL_KERNEL_H
#define EPL_POOL_KERNEL_H
#include "kernel.h"

/* best[i], at[i] updated by x[i * step], whose index is first + i * step: taken if larger, if
 * it is NaN, or if nothing was taken yet (at < 0). */
typedef struct {
    void (*f32)(int64_t n, const float *x, int64_t step, int32_t first, float *best, int32_t *at);
    void (*f64)(int64_t n, const double *x, int64_t step, int32_t first, double *best, int32_t *at);
} epl__pool_rows;
extern const epl__pool_rows epl__pool_rows_portable;
#if defined(__x86_64__)
extern const epl__pool_rows epl__pool_rows_avx2, epl__pool_rows_avx512;
#endif
#endif
