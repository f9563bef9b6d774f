/* gemm_f64.c -- matrix micro-kernels for f64; see gemm_body.h. */
#define GEMM_BITS 64
#define GEMM_TABLE epl__mul_f64_
#include "gemm_body.h"
