/* gemm_f32.c -- matrix micro-kernels for f32; see gemm_body.h. */
#define GEMM_BITS 32
#define GEMM_TABLE epl__mul_f32_
#include "gemm_body.h"
