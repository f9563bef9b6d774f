/* kernel.h -- prepared pieces of work on raw numbers.
 *
 * A plan prepares each step once (epl__*_prepare: shapes, strides, blocking, a choice of
 * code path) and runs it many times, from many threads at once. A prepared call is const.
 * Running allocates nothing, takes no lock, prints nothing and cannot fail unless said.
 *
 * Invariant: a call is split into `parts` that depend on shapes alone and write disjoint
 * outputs; how many threads share the parts never changes a bit of the result.
 *
 * Strides are in elements and may be 0 (broadcast) or negative. Outputs never overlap
 * inputs unless a function says so. This folder alone sees BLIS and libxsmm, and knows
 * nothing of graphs.
 */
#ifndef EPL_KERNEL_H
#define EPL_KERNEL_H
#include <espalier/base.h>
#include "../base/arena.h"
#include "tile_ops.h"

typedef struct epl__call epl__call;
struct epl__call {
    /* Parts [begin, end). p[0] is the output, p[1].. the inputs, as the prepare function
     * documents (outputs first if there are several). scratch: `scratch` bytes, 64-byte
     * aligned, private to the calling thread. */
    void (*run)(const epl__call *c, void *const *p, int64_t begin, int64_t end, void *scratch);
    /* NULL where no data can be bad. Else it is called once, by one thread, before any part
     * (and also when there are no parts). False: message (EPL_PRIM_MESSAGE bytes) says what,
     * and no part may run. */
    bool (*check)(const epl__call *c, void *const *p, void *scratch, char *message);
    int64_t parts;    /* >= 1, or 0 when there is nothing to do */
    size_t scratch;   /* bytes for each thread */
    double cost;      /* rough nanoseconds of the whole call on one core */
    const char *name; /* "gemm.xsmm 128x512x784", for plan texts and profiles */
};

/* -- instruction sets --------------------------------------------------------------- *
 * Chosen once, by CPU feature bits; ESPALIER_ISA=portable|avx2|avx512 lowers the choice
 * (asking for more than the machine has is ignored and reported by epl_info). */
typedef enum { EPL__ISA_PORTABLE, EPL__ISA_AVX2, EPL__ISA_AVX512 } epl__isa;
epl__isa epl__isa_now(void);
const char *epl__isa_name(epl__isa isa);

/* -- tile engine: element-wise programs over cache-sized tiles ------------------------ *
 * An operation works on spans of at most EPL__TILE elements. Where a floating op is
 * meant, F32 and F64 exist; integer ones exist for I64 I32 I16 I8 U8, logical ones for BOOL.
 * Comparisons and tests give BOOL (one byte, 0 or 1). Numerics: within 2 ulp in f32 and
 * f64, NaN and infinities as in C; MAX and MIN give NaN if either is NaN.
 * Integer division rounds to zero and by zero gives 0; integer arithmetic wraps. */
enum { EPL__TILE = 1024 };
bool epl__tile_has(epl__tile_op op, epl_dtype dtype); /* of the first (SELECT: second) operand */
int epl__tile_operands(epl__tile_op op);

/* One instruction. A source or destination is a register: 0 .. inputs-1 are the inputs,
 * the next are temporaries, written once each; `to` is the result's dtype. */
typedef struct {
    uint16_t op;
    uint8_t dtype, to;
    int16_t dst, src[3];
} epl__tile_ins;
enum { EPL__TILE_MAX_IN = 16, EPL__TILE_MAX_REG = 64, EPL__TILE_MAX_OUT = 32 };
typedef struct {
    int rank; /* of the loop space; dims of size 1 and mergeable dims are collapsed inside */
    int64_t dim[EPL_MAX_RANK];
    int inputs, outputs, instructions;
    epl_dtype in_dtype[EPL__TILE_MAX_IN];
    bool is_const[EPL__TILE_MAX_IN]; /* then value, and p[] has no pointer for it */
    double value[EPL__TILE_MAX_IN];
    int64_t value_int[EPL__TILE_MAX_IN]; /* in place of value for integer and bool dtypes */
    int64_t in_stride[EPL__TILE_MAX_IN][EPL_MAX_RANK];
    int16_t out_reg[EPL__TILE_MAX_OUT];
    int64_t out_stride[EPL__TILE_MAX_OUT][EPL_MAX_RANK];
    uint32_t apart[EPL__TILE_MAX_OUT]; /* bit i: shares no memory with input i */
    const epl__tile_ins *ins;
} epl__tile_desc;
/* p: outputs, then the inputs that are not const, in order. An output may be the very
 * array of an input (same pointer, same strides, same element size). No instructions and
 * out_reg = 0 copies. NULL without memory. */
epl__call *epl__tile_prepare(epl__arena *a, const epl__tile_desc *d);

/* -- copies and conversions of any strides (transposes are blocked) -------------------- */
/* p: out, in. Element sizes 1, 2, 4, 8. */
epl__call *epl__copy_prepare(epl__arena *a, epl_dtype dtype, int rank, const int64_t *dim,
                             const int64_t *out_stride, const int64_t *in_stride);
/* p: out. All elements get value (value_int for integers and bool). */
epl__call *epl__fill_prepare(epl__arena *a, epl_dtype dtype, int rank, const int64_t *dim,
                             const int64_t *out_stride, double value, int64_t value_int);

/* -- reductions --------------------------------------------------------------------- */
typedef enum {
    EPL__SUM,  /* floats: pairwise or blocked, f32 at least as exact as pairwise */
    EPL__AMAX, /* NaN wins; of nothing: -inf or the least integer */
    EPL__AMIN,
    EPL__ARGMAX, /* first of equals; NaN wins; output I64; one reduced axis */
    EPL__ARGMIN,
    EPL__CUMSUM, /* along the one reduced axis; output has the input's dims */
    EPL__CUMSUM_REVERSE
} epl__reduce_op;
/* p: out, in. Sums over the axes with reduce[i] set; out_stride is by input axis (unused
 * for reduced ones). EPL__SUM of floats and integers (the output has the input's dtype);
 * AMAX and AMIN of BOOL are any and all. The order of summation depends on shapes alone. */
epl__call *epl__reduce_prepare(epl__arena *a, epl__reduce_op op, epl_dtype dtype, int rank,
                               const int64_t *dim, const int64_t *in_stride, const bool *reduce,
                               const int64_t *out_stride);

/* -- matrix products ------------------------------------------------------------------ */
/* c[batch, m, n] (+)= sum_k a[batch, m, k] b[batch, k, n], any strides, F32 or F64 (also
 * I64, I32: plain loops). Batch axes may have stride 0 in a or b. k 0 gives zeros. */
typedef struct {
    epl_dtype dtype;
    int batch_rank;
    int64_t batch[EPL_MAX_RANK];
    int64_t m, n, k;
    int64_t a_batch[EPL_MAX_RANK], a_m, a_k;
    int64_t b_batch[EPL_MAX_RANK], b_k, b_n;
    int64_t c_batch[EPL_MAX_RANK], c_m, c_n;
    bool accumulate; /* adds to c */
    bool packed;     /* the operand that epl__gemm_packed names comes as that says */
} epl__gemm_desc;
epl__call *epl__gemm_prepare(epl__arena *a, const epl__gemm_desc *d); /* p: c, a, b */
/* An operand that would be packed at every run, or read in jumps, can be packed beforehand:
 * how many elements that takes (0: no gain), which operand it is (0: a, 1: b), and how often
 * a run would pack each element otherwise. The product has the same bits. p: the packed
 * numbers, the operand. */
typedef struct {
    int64_t size, times;
    int operand;
} epl__gemm_pack;
epl__gemm_pack epl__gemm_packed(const epl__gemm_desc *d);
epl__call *epl__gemm_pack_prepare(epl__arena *a, const epl__gemm_desc *d);

/* -- convolution ---------------------------------------------------------------------- */
/* out[g, n, k, o] = sum over c, t of in[g, n, c, i] w[g, k, c, t], with, on each spatial axis,
 *     i = (o * stride + t * dilation - pad_lo) / in_dilation,   in range and exact,
 * t counted backwards (w read at T-1-t) if flip. Elsewhere in is 0. pad_lo may be negative;
 * how far the output goes is told by `out`. g are batch axes of all three; stride 0 shares.
 * F32 and F64. The same description serves forward, input gradient (in_dilation = stride,
 * flip, channels swapped), weight gradient (n and c swapped, dilation = stride) and their
 * derivatives; it is chosen for by sizes. */
enum { EPL__CONV_MAX = 3 };
typedef struct {
    epl_dtype dtype;
    int spatial; /* 1 to 3 */
    int batch_rank;
    int64_t batch[EPL_MAX_RANK];
    int64_t n, c, k;
    int64_t in[EPL__CONV_MAX], window[EPL__CONV_MAX], out[EPL__CONV_MAX];
    int64_t stride[EPL__CONV_MAX], dilation[EPL__CONV_MAX], in_dilation[EPL__CONV_MAX];
    int64_t pad_lo[EPL__CONV_MAX];
    bool flip;
    int64_t in_batch[EPL_MAX_RANK], in_n, in_c, in_s[EPL__CONV_MAX];
    int64_t w_batch[EPL_MAX_RANK], w_k, w_c, w_s[EPL__CONV_MAX];
    int64_t out_batch[EPL_MAX_RANK], out_n, out_k, out_s[EPL__CONV_MAX];
} epl__conv_desc;
epl__call *epl__conv_prepare(epl__arena *a, const epl__conv_desc *d); /* p: out, in, w */

/* -- gather and scatter along one axis -------------------------------------------------- */
/* gather:  out[b, i, r] = x[b, idx[b, i], r];   scatter: out zero, then out[b, idx[b, i], r] +=
 * src[b, i, r] (in the order of i). b, i, r are flattened: row-major without gaps. idx I64 or I32.
 * An index outside [0, axis) fails the check: "index 12 is out of range [0, 10)". */
typedef struct {
    epl_dtype dtype, index;
    int64_t b, axis, i, r;
    bool trusted; /* the indices are known to be in range: no check */
} epl__gather_desc;
epl__call *epl__gather_prepare(epl__arena *a, const epl__gather_desc *d);  /* p: out, x, idx */
epl__call *epl__scatter_prepare(epl__arena *a, const epl__gather_desc *d); /* p: out, src, idx */

/* -- pooling ------------------------------------------------------------------------------- */
/* index[b, o] = flat index into the plane x[b] of the largest entry of window o: the first
 * of equals, NaN before numbers (the last of several); 0 where a window holds padding
 * alone. F32 and F64, planes of less than 2^31 entries; no gaps. Missing axes come first,
 * with in = out = window = 1. p: index (I64), x. */
typedef struct {
    epl_dtype dtype;
    int64_t b, in[3], out[3], window[3], stride[3], pad[3], dilation[3];
} epl__pool_desc;
epl__call *epl__pool_prepare(epl__arena *a, const epl__pool_desc *d);

/* What the kernels use: "gemm: libxsmm 1.17 (avx512), BLIS 0.9.0 (skx)" and so on. */
void epl__kernel_info(char *text, size_t size);

#endif
