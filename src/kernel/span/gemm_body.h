/* gemm_body.h -- the table of matrix kernels of one element type, for gemm_f32.c and
 * gemm_f64.c. */
#include "gemm_dot.h"
#include "gemm_mul.h"
#include "gemm_pack.h"

#define MUL_ENTRY(v, r) [v][r] = mul_##v##_##r,
#define MUL_AT_ENTRY(v, r) [v][r] = mul_at_##v##_##r,
#define DOT_ENTRY(r, s) [r][s] = dot_##r##_##s,
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
const epl__mul_table JOIN(GEMM_TABLE, EPL_ISA_SUFFIX) = {
    .lanes = LANES,
    .bytes = sizeof(real),
    .max_r = {0, V1_ROWS, V2_ROWS, V3_ROWS, V4_ROWS},
    .mul = {KERNELS(MUL_ENTRY)},
    .mul_at = {KERNELS(MUL_AT_ENTRY)},
    .pack = pack,
    .pack_spread = pack_spread,
    .pack_pieces = pack_pieces,
    .copy = copy,
    .copy_pieces = copy_pieces,
    .unpack = unpack,
    .dot_r = ROWS_OF_DOT,
    .dot_s = LANES_OF_DOT,
    .dot = {DOTS(DOT_ENTRY)},
    .combine = combine,
};
