/* blis.h -- all of BLIS that the kernels use: whole products, on the calling thread. */
#ifndef EPL_BLIS_WRAP_H
#define EPL_BLIS_WRAP_H
#include "kernel.h"

/* Starts the library; false if there is none. Any thread, any number of times. */
bool epl__blis_start(void);
/* c (+)= a b, F32 or F64; each operand has one stride of 1. */
void epl__blis_gemm(epl_dtype dtype, int64_t m, int64_t n, int64_t k, const void *a, int64_t a_m,
                    int64_t a_k, const void *b, int64_t b_k, int64_t b_n, void *c, int64_t c_m,
                    int64_t c_n, bool add);
/* "BLIS 0.9.0 (skx)", or "" if it has not been started. */
const char *epl__blis_text(void);
#endif
