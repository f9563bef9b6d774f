/* op_shape.h -- shapes, indices, creation. Names, arguments and defaults are torch's.
 *
 * Sizes are given as epl_dims(2, -1), axes as epl_axes(0, 2); a negative axis counts from
 * the end. An index that is out of range fails the run, and its message says where.
 */
#ifndef ESPALIER_OP_SHAPE_H
#define ESPALIER_OP_SHAPE_H
#include <espalier/extend.h>
#include <espalier/op_reduce.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- creation: new values of f ---------------------------------------------------------- */
EPL_API epl_val epl_zeros(epl_fn *f, epl_type type);
EPL_API epl_val epl_ones(epl_fn *f, epl_type type);
EPL_API epl_val epl_full(epl_fn *f, epl_type type, double value); /* every number is value */
EPL_API epl_val epl_zeros_like(epl_val input);
EPL_API epl_val epl_ones_like(epl_val input);
EPL_API epl_val epl_full_like(epl_val input, double value);
/* start, start + step, ... before end; dtype F32, F64, I32 or I64. */
EPL_API epl_val epl_arange(epl_fn *f, epl_dtype dtype, double start, double end, double step);
/* `steps` numbers from start to end, both included; dtype F32 or F64. */
EPL_API epl_val epl_linspace(epl_fn *f, epl_dtype dtype, double start, double end, int64_t steps);
/* [n, m] with ones at [i, i]; m 0: n. */
EPL_API epl_val epl_eye(epl_fn *f, epl_dtype dtype, int64_t n, int64_t m);

/* -- axes --------------------------------------------------------------------------------- */
/* The same numbers in other axes; one size may be -1. */
EPL_API epl_val epl_reshape(epl_val input, epl_shape shape);
/* Axes start_dim to end_dim as one. */
typedef struct {
    epl_val input;
    int64_t start_dim, end_dim; /* default 0, -1 */
} epl_flatten_args;
EPL_API epl_val epl_op_flatten(const epl_flatten_args *a, const char *given);
#define epl_flatten(...) epl_op_flatten(EPL_ARGS1(epl_flatten_args, input, __VA_ARGS__))
/* Axis dim as several; one size may be -1. */
EPL_API epl_val epl_unflatten(epl_val input, int64_t dim, epl_shape sizes);
/* Without axes of size 1: those of dim, by default all. */
typedef struct {
    epl_val input;
    epl_ints dim;
} epl_squeeze_args;
EPL_API epl_val epl_op_squeeze(const epl_squeeze_args *a, const char *given);
#define epl_squeeze(...) epl_op_squeeze(EPL_ARGS1(epl_squeeze_args, input, __VA_ARGS__))
EPL_API epl_val epl_unsqueeze(epl_val input, int64_t dim); /* a new axis of size 1 at dim */
/* Axis i of the result is axis dims[i] of input. */
EPL_API epl_val epl_permute(epl_val input, epl_ints dims);
EPL_API epl_val epl_transpose(epl_val input, int64_t dim0, int64_t dim1);
/* Axis source[i] goes to destination[i]; the others keep their order. */
EPL_API epl_val epl_movedim(epl_val input, epl_ints source, epl_ints destination);

/* -- repetition ---------------------------------------------------------------------------- */
/* Axes of size 1 and new leading ones repeat; -1 keeps a size. */
EPL_API epl_val epl_expand(epl_val input, epl_shape shape);
/* The whole, dims[i] times along axis i; axes are matched from the end. */
EPL_API epl_val epl_tile(epl_val input, epl_shape dims);
EPL_API epl_val epl_repeat(epl_val input, epl_shape repeats); /* at least one size an axis */
/* Each entry of axis dim `repeats` times in a row; without dim, of the flattened input. */
typedef struct {
    epl_val input;
    int64_t repeats, dim;
} epl_repeat_interleave_args;
EPL_API epl_val epl_op_repeat_interleave(const epl_repeat_interleave_args *a, const char *given);
#define epl_repeat_interleave(...) \
    epl_op_repeat_interleave(EPL_ARGS2(epl_repeat_interleave_args, input, __VA_ARGS__))

/* -- joining and parts ---------------------------------------------------------------------- */
typedef struct {
    epl_vals tensors;
    int64_t dim; /* default 0 */
} epl_cat_args;
/* One after another along an existing axis: epl_cat(epl_list(a, b), .dim = 1). */
EPL_API epl_val epl_op_cat(const epl_cat_args *a, const char *given);
#define epl_cat(...) epl_op_cat(&(epl_cat_args){.tensors = __VA_ARGS__}, EPL_GIVEN1(__VA_ARGS__))
/* Along a new axis. */
EPL_API epl_val epl_op_stack(const epl_cat_args *a, const char *given);
#define epl_stack(...) \
    epl_op_stack(&(epl_cat_args){.tensors = __VA_ARGS__}, EPL_GIVEN1(__VA_ARGS__))
/* Entries start to start + length of axis dim; a negative start counts from the end. */
EPL_API epl_val epl_narrow(epl_val input, int64_t dim, int64_t start, int64_t length);
/* The same with a start that is a value, I64 or I32 without axes. */
EPL_API epl_val epl_narrow_at(epl_val input, int64_t dim, epl_val start, int64_t length);
EPL_API epl_val epl_select(epl_val input, int64_t dim,
                           int64_t index); /* one entry; the axis goes */
/* input[start:stop:step] of axis dim as Python has it: negative positions count from the end,
 * what is out of range is cut off. EPL_END: to the last (backwards: to the first) entry. */
#define EPL_END INT64_MAX
EPL_API epl_val epl_slice(epl_val input, int64_t dim, int64_t start, int64_t stop, int64_t step);
/* Parts along axis dim: the first `room` are written to out; how many there are is returned,
 * 0 after an error. split_sizes: one size for all parts but the last, or the size of each. */
EPL_API size_t epl_split_sizes(epl_val input, epl_ints sizes, int64_t dim, epl_val *out,
                               size_t room);
EPL_API size_t epl_chunk(epl_val input, int64_t chunks, int64_t dim, epl_val *out, size_t room);
EPL_API size_t epl_unbind(epl_val input, int64_t dim, epl_val *out, size_t room);

/* -- order ---------------------------------------------------------------------------------- */
EPL_API epl_val epl_flip(epl_val input, epl_ints dims);
/* y[(i + shift) mod n] = x[i]; without dims, of the flattened input. */
typedef struct {
    epl_val input;
    epl_ints shifts, dims;
} epl_roll_args;
EPL_API epl_val epl_op_roll(const epl_roll_args *a, const char *given);
#define epl_roll(...) epl_op_roll(EPL_ARGS2(epl_roll_args, input, __VA_ARGS__))
/* k quarter turns from the first towards the second axis of dims. */
typedef struct {
    epl_val input;
    int64_t k;     /* default 1 */
    epl_ints dims; /* default 0, 1 */
} epl_rot90_args;
EPL_API epl_val epl_op_rot90(const epl_rot90_args *a, const char *given);
#define epl_rot90(...) epl_op_rot90(EPL_ARGS1(epl_rot90_args, input, __VA_ARGS__))

/* -- diagonals ------------------------------------------------------------------------------- */
typedef struct {
    epl_val input;
    int64_t diagonal;
} epl_tril_args;
/* x[i, j] where j - i <= diagonal, else 0. */
EPL_API epl_val epl_op_tril(const epl_tril_args *a, const char *given);
#define epl_tril(...) epl_op_tril(EPL_ARGS1(epl_tril_args, input, __VA_ARGS__))
/* x[i, j] where j - i >= diagonal, else 0. */
EPL_API epl_val epl_op_triu(const epl_tril_args *a, const char *given);
#define epl_triu(...) epl_op_triu(EPL_ARGS1(epl_tril_args, input, __VA_ARGS__))
typedef struct {
    epl_val input;
    int64_t offset, dim1, dim2; /* dims: default 0, 1; diag_embed: -2, -1 */
} epl_diagonal_args;
/* y[..., i] = x[i, i + offset] of axes dim1 and dim2, which go. */
EPL_API epl_val epl_op_diagonal(const epl_diagonal_args *a, const char *given);
#define epl_diagonal(...) epl_op_diagonal(EPL_ARGS1(epl_diagonal_args, input, __VA_ARGS__))
/* y[i, i + offset] = x[..., i] in new axes dim1 and dim2, else 0. */
EPL_API epl_val epl_op_diag_embed(const epl_diagonal_args *a, const char *given);
#define epl_diag_embed(...) epl_op_diag_embed(EPL_ARGS1(epl_diagonal_args, input, __VA_ARGS__))

/* -- indices (I64 or I32) -------------------------------------------------------------------- */
/* y[.., i, ..] = x[.., index[i], ..] on axis dim; index has one axis or none. */
EPL_API epl_val epl_index_select(epl_val input, int64_t dim, epl_val index);
/* y[i][j] = x[index[i][j]][j] for dim 0: index has the rank of input. */
EPL_API epl_val epl_gather(epl_val input, int64_t dim, epl_val index);
/* input, plus src[i][j] at [index[i][j]][j] for dim 0. */
EPL_API epl_val epl_scatter_add(epl_val input, int64_t dim, epl_val index, epl_val src);
/* gather with input and indices broadcast against each other; without dim, both flattened. */
typedef struct {
    epl_val input, indices;
    int64_t dim;
} epl_take_along_dim_args;
EPL_API epl_val epl_op_take_along_dim(const epl_take_along_dim_args *a, const char *given);
#define epl_take_along_dim(...) \
    epl_op_take_along_dim(EPL_ARGS2(epl_take_along_dim_args, input, __VA_ARGS__))
/* input, plus alpha source[i] at entry index[i] of axis dim. */
typedef struct {
    epl_val input;
    int64_t dim;
    epl_val index, source;
    double alpha; /* default 1 */
} epl_index_add_args;
EPL_API epl_val epl_op_index_add(const epl_index_add_args *a, const char *given);
#define epl_index_add(...) epl_op_index_add(EPL_ARGS4(epl_index_add_args, input, __VA_ARGS__))
/* input with source[i] in place of entry index[i] of axis dim; where an index stands twice,
 * the sum of its sources (torch: index_copy). */
EPL_API epl_val epl_index_set(epl_val input, int64_t dim, epl_val index, epl_val source);
/* input with src in place of input.select(dim, index), of epl_slice(input, dim, ...). */
EPL_API epl_val epl_select_scatter(epl_val input, epl_val src, int64_t dim, int64_t index);
EPL_API epl_val epl_slice_scatter(epl_val input, epl_val src, int64_t dim, int64_t start,
                                  int64_t stop, int64_t step);

/* -- for networks ------------------------------------------------------------------------------ */
/* pad: before and after the last axis, then the one before it, ...; negative sizes cut off.
 * mode: "constant" (value), "reflect", "replicate", "circular" (the last one to three axes). */
typedef struct {
    epl_val input;
    epl_ints pad;
    const char *mode;
    double value;
} epl_pad_args;
EPL_API epl_val epl_op_pad(const epl_pad_args *a, const char *given);
#define epl_pad(...) epl_op_pad(EPL_ARGS2(epl_pad_args, input, __VA_ARGS__))
/* [..., num_classes]: 1 at input[...], else 0. */
EPL_API epl_val epl_one_hot(epl_val input, int64_t num_classes);
/* Rows input[...] of weight[n, d]; the row padding_idx gets no gradient. */
typedef struct {
    epl_val input, weight;
    int64_t padding_idx;
    double max_norm, norm_type;
    bool scale_grad_by_freq, sparse; /* max_norm and scale_grad_by_freq are not supported */
} epl_embedding_args;
EPL_API epl_val epl_op_embedding(const epl_embedding_args *a, const char *given);
#define epl_embedding(...) epl_op_embedding(EPL_ARGS2(epl_embedding_args, input, __VA_ARGS__))
/* Windows of [n, c, h, w] or [c, h, w] as columns: [n, c kh kw, windows]. One number stands
 * for both axes. */
typedef struct {
    epl_val input;
    int64_t kernel_size[2], dilation[2];
    epl_ints padding; /* default 0 */
    int64_t stride[2];
} epl_unfold_args;
EPL_API epl_val epl_op_unfold(const epl_unfold_args *a, const char *given);
#define epl_unfold(...) epl_op_unfold(EPL_ARGS2(epl_unfold_args, input, __VA_ARGS__))
EPL_API epl_val epl_pixel_shuffle(
    epl_val input, int64_t upscale_factor); /* [.., c r r, h, w] -> [.., c, h r, w r] */
EPL_API epl_val epl_pixel_unshuffle(epl_val input, int64_t downscale_factor); /* and back */
EPL_API epl_val epl_channel_shuffle(epl_val input,
                                    int64_t groups); /* [n, g c, ...]: g and c change places */

#ifdef __cplusplus
}
#endif
#endif
