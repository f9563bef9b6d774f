/* gemm_info.c -- what the kernels use, in words. */
#include <stdio.h>
#include "blis.h"
#include "gemm.h"
#include "span/span.h"

void epl__kernel_info(char *text, size_t size)
{
    const epl__gemm_backend backend = epl__gemm_backend_now();
    char isa[80];
    epl__isa_info(isa, sizeof isa);
    const char *gemm = "own kernels", *wish = "";
    if (backend == EPL__BACKEND_BLIS) {
        gemm = epl__blis_text();
    } else if (backend == EPL__BACKEND_XSMM) {
        const epl__xsmm_key probe = {EPL_F32, 8, 16, 8, 8, 16, 16, false, false};
        gemm = epl__xsmm_kernel(&probe) != NULL ? epl__xsmm_text() : gemm;
        wish = ", own kernels where it does not fit";
    }
    snprintf(text, size, "isa: %s; gemm: %s%s; conv: own kernels", isa, gemm, wish);
}
