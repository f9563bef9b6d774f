/* prim.h -- the primitives that the engine knows by name, and their attributes.
 *
 * Their records stand in functional/op, one file each; the engine declares here what it
 * builds (transforms, simplification) and what it lowers itself (plans). All attribute
 * structs are of 8-byte fields or letters without gaps, so that bytes compare.
 */
#ifndef EPL_PRIM_H
#define EPL_PRIM_H
#include <espalier/extend.h>

typedef struct {
    int64_t rank, dim[EPL_MAX_RANK];
    int64_t dtype;
    double value;    /* floats */
    int64_t integer; /* integers and bool */
} epl__const_attrs;  /* const: y[...] = value */
typedef struct {
    int64_t index;
} epl__input_attrs; /* input: numbers given at a run */
typedef struct {
    const void *data;
} epl__data_attrs; /* data: numbers known now; the function holds a copy */
typedef struct {
    int64_t dtype, length;
} epl__iota_attrs; /* iota: y[i] = i */
typedef struct {
    int64_t dtype;
} epl__cast_attrs;
typedef struct {
    int64_t axis, start, length, step;
} epl__slice_attrs; /* y[i] = x[start + i step] on one axis; step may be negative */
typedef struct {
    int64_t axis, lo, hi, interior;
} epl__pad_attrs; /* zeros: lo before, hi after (negative: cut off), interior between */
typedef struct {
    int64_t axis, length;
    epl_ints offset; /* one for each operand; they do not overlap; gaps are zero */
} epl__assemble_attrs;
typedef struct {
    int64_t rank, dim[EPL_MAX_RANK];
} epl__reshape_attrs;
typedef struct {
    int64_t rank, axis[EPL_MAX_RANK];
} epl__permute_attrs; /* axis i of the result is axis[i] of the operand */
typedef struct {
    int64_t rank, dim[EPL_MAX_RANK]; /* of the result */
    int64_t mask;                    /* bit i: axis i is new */
} epl__broadcast_attrs;
typedef struct {
    int64_t mask;    /* bit i: axis i goes */
} epl__reduce_attrs; /* sum, amax, amin */
typedef struct {
    int64_t axis, reverse;
} epl__cumsum_attrs;
typedef struct {
    int64_t axis;
} epl__axis_attrs; /* argmax, argmin, argsort, log_softmax */
typedef struct {
    char a[16], b[16], out[16];
} epl__dot_attrs; /* y[out] = sum over labels not in out of a[a] b[b]; "bij" "bjk" "bik" */
typedef struct {
    int64_t batch;   /* leading axes shared by x, index and the result */
    int64_t axis;    /* scatter: the length of the axis that is scattered to */
} epl__gather_attrs; /* gather: x[b, A, r], index[b, i] -> [b, i, r]; scatter: its transpose */
typedef struct {
    int64_t spatial; /* 1 to 3; operands are [batch..., n, c, s...] and [batch..., k, c, s...] */
    int64_t stride[3], pad_lo[3], pad_hi[3], in_dilation[3], dilation[3];
    int64_t flip; /* 1: the window is read backwards */
} epl__conv_attrs;
typedef struct {
    int64_t dtype; /* F32, F64: uniform in [0, 1); I32, I64: all bits */
    int64_t rank, dim[EPL_MAX_RANK];
} epl__random_attrs; /* key[..., 2] -> [..., dim] */
typedef struct {
    int64_t domain; /* 0 fold, 1 split, 2 path */
} epl__fold_attrs;  /* key[..., 2], n[...] -> key[..., 2] */
typedef struct {
    int64_t spatial; /* x[batch..., s...] -> flat index into s of each window's largest */
    int64_t window[3], stride[3], pad[3], dilation[3], out[3];
} epl__pool_attrs;

typedef struct {
    char name[32];
} epl__named_attrs; /* y = x, that a checkpoint may keep by its name */

#define EPL__ENGINE_PRIMS(X) \
    X(const)                 \
    X(input)                 \
    X(data)                  \
    X(iota)                  \
    X(copy)                  \
    X(stop)                  \
    X(cast)                  \
    X(tuple)                 \
    X(slice)                 \
    X(pad)                   \
    X(assemble)              \
    X(reshape)               \
    X(permute)               \
    X(broadcast)             \
    X(add)                   \
    X(sub)                   \
    X(mul)                   \
    X(div)                   \
    X(neg)                   \
    X(exp)                   \
    X(tanh)                  \
    X(sigmoid)               \
    X(select)                \
    X(straight_through)      \
    X(sum)                   \
    X(amax)                  \
    X(amin)                  \
    X(argmax)                \
    X(argmin)                \
    X(cumsum)                \
    X(eq)                    \
    X(dot)                   \
    X(conv)                  \
    X(gather)                \
    X(scatter)               \
    X(random)                \
    X(fold)                  \
    X(pool_argmax)           \
    X(named)                 \
    X(region)                \
    X(part)                  \
    X(laid)
#define X(name) extern const epl_prim epl__prim_##name;
EPL__ENGINE_PRIMS(X)
#undef X

/* The dtypes that an element-wise primitive computes: F f32 and f64, I integers, B bool; NULL:
 * its own rule says. Defined beside the records. */
const char *epl__prim_takes(const epl_prim *p);

#endif
