/* op_network.h -- products, convolutions, pooling, attention. Names, arguments and defaults are
 * torch's.
 *
 * Operands have one dtype: nothing is promoted here. Sizes for each spatial axis, {2, 3}, may be
 * given as one for all, {2}; so may paddings, epl_axes(1, 1) or epl_axes(1).
 */
#ifndef ESPALIER_OP_NETWORK_H
#define ESPALIER_OP_NETWORK_H
#include <espalier/extend.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- products ------------------------------------------------------------------------ */
/* [..., n, k] [..., k, m] -> [..., n, m], leading axes broadcast; [k] is a row or a column. */
EPL_API epl_val epl_matmul(epl_val a, epl_val b);
EPL_API epl_val epl_mm(epl_val a, epl_val b);    /* [n, k] [k, m] -> [n, m] */
EPL_API epl_val epl_bmm(epl_val a, epl_val b);   /* [b, n, k] [b, k, m] -> [b, n, m] */
EPL_API epl_val epl_mv(epl_val a, epl_val v);    /* [n, k] [k] -> [n] */
EPL_API epl_val epl_dot(epl_val a, epl_val b);   /* [k] [k] -> a number */
EPL_API epl_val epl_outer(epl_val a, epl_val b); /* [n] [m] -> [n, m] */

/* beta input + alpha mat1 mat2; input is broadcast; with beta = 0 it is not looked at. */
typedef struct {
    epl_val input, mat1, mat2;
    double beta, alpha; /* 1, 1 */
} epl_addmm_args;
EPL_API epl_val epl_op_addmm(const epl_addmm_args *a, const char *given);
#define epl_addmm(...) epl_op_addmm(EPL_ARGS3(epl_addmm_args, input, __VA_ARGS__))
/* The same for each of a batch: [b, n, k] [b, k, m]. */
typedef struct {
    epl_val input, batch1, batch2;
    double beta, alpha; /* 1, 1 */
} epl_baddbmm_args;
EPL_API epl_val epl_op_baddbmm(const epl_baddbmm_args *a, const char *given);
#define epl_baddbmm(...) epl_op_baddbmm(EPL_ARGS3(epl_baddbmm_args, input, __VA_ARGS__))

/* Products summed over the labels that are not in the result: epl_einsum("bij,bjk->bik",
 * epl_list(x, y)). Without "->" the result has the labels that occur once, by the alphabet; "..."
 * stands for axes that broadcast. */
EPL_API epl_val epl_einsum(const char *equation, epl_vals tensors);

/* x w' + b: input[..., i], weight[o, i], bias[o]. */
typedef struct {
    epl_val input, weight, bias;
} epl_affine_args;
EPL_API epl_val epl_op_linear(const epl_affine_args *a, const char *given);
#define epl_linear(...) epl_op_linear(EPL_ARGS2(epl_affine_args, input, __VA_ARGS__))
/* x1' w[o] x2 + b[o]: input1[..., i], input2[..., j], weight[o, i, j], bias[o]. */
typedef struct {
    epl_val input1, input2, weight, bias;
} epl_bilinear_args;
EPL_API epl_val epl_op_bilinear(const epl_bilinear_args *a, const char *given);
#define epl_bilinear(...) epl_op_bilinear(EPL_ARGS3(epl_bilinear_args, input1, __VA_ARGS__))

/* -- convolutions: input [n, c, s...] or [c, s...] ------------------------------------ */
/* weight [o, c / groups, k...], bias [o] -> [n, o, (s + 2 padding - dilation (k - 1) - 1) /
 * stride + 1...]. */
typedef struct {
    epl_val input, weight, bias;
    int64_t stride[3];        /* 1 */
    epl_ints padding;         /* 0 */
    const char *padding_rule; /* in place of padding: "same" keeps the size, "valid" is none */
    int64_t dilation[3];      /* 1 */
    int64_t groups;           /* 1 */
} epl_conv_args;
EPL_API epl_val epl_op_conv1d(const epl_conv_args *a, const char *given);
EPL_API epl_val epl_op_conv2d(const epl_conv_args *a, const char *given);
EPL_API epl_val epl_op_conv3d(const epl_conv_args *a, const char *given);
#define epl_conv1d(...) epl_op_conv1d(EPL_ARGS2(epl_conv_args, input, __VA_ARGS__))
#define epl_conv2d(...) epl_op_conv2d(EPL_ARGS2(epl_conv_args, input, __VA_ARGS__))
#define epl_conv3d(...) epl_op_conv3d(EPL_ARGS2(epl_conv_args, input, __VA_ARGS__))

/* The transpose of a convolution: weight [c, o / groups, k...], bias [o] -> [n, o, (s - 1)
 * stride - 2 padding + dilation (k - 1) + output_padding + 1...]. */
typedef struct {
    epl_val input, weight, bias;
    int64_t stride[3];                /* 1 */
    epl_ints padding, output_padding; /* 0, 0 */
    int64_t groups;                   /* 1 */
    int64_t dilation[3];              /* 1 */
} epl_conv_transpose_args;
EPL_API epl_val epl_op_conv_transpose1d(const epl_conv_transpose_args *a, const char *given);
EPL_API epl_val epl_op_conv_transpose2d(const epl_conv_transpose_args *a, const char *given);
EPL_API epl_val epl_op_conv_transpose3d(const epl_conv_transpose_args *a, const char *given);
#define epl_conv_transpose1d(...) \
    epl_op_conv_transpose1d(EPL_ARGS2(epl_conv_transpose_args, input, __VA_ARGS__))
#define epl_conv_transpose2d(...) \
    epl_op_conv_transpose2d(EPL_ARGS2(epl_conv_transpose_args, input, __VA_ARGS__))
#define epl_conv_transpose3d(...) \
    epl_op_conv_transpose3d(EPL_ARGS2(epl_conv_transpose_args, input, __VA_ARGS__))

/* -- pooling: input [n, c, s...] or [c, s...] ----------------------------------------- */
/* The largest of each window, the first of equals; NaN wins: epl_max_pool2d(x, {2, 2}). */
typedef struct {
    epl_val input;
    int64_t kernel_size[3];
    int64_t stride[3];   /* kernel_size */
    epl_ints padding;    /* 0; at most half a window; never chosen */
    int64_t dilation[3]; /* 1 */
    bool ceil_mode;      /* false; true: windows that reach over the end count */
    bool return_indices; /* of the operation: a second result. In C, .indices */
    epl_val *indices;    /* set to where the largest stand: i64, flat over s */
} epl_max_pool_args;
EPL_API epl_val epl_op_max_pool1d(const epl_max_pool_args *a, const char *given);
EPL_API epl_val epl_op_max_pool2d(const epl_max_pool_args *a, const char *given);
EPL_API epl_val epl_op_max_pool3d(const epl_max_pool_args *a, const char *given);
#define epl_max_pool1d(...) epl_op_max_pool1d(EPL_ARGS2(epl_max_pool_args, input, __VA_ARGS__))
#define epl_max_pool2d(...) epl_op_max_pool2d(EPL_ARGS2(epl_max_pool_args, input, __VA_ARGS__))
#define epl_max_pool3d(...) epl_op_max_pool3d(EPL_ARGS2(epl_max_pool_args, input, __VA_ARGS__))

/* The mean of each window: epl_avg_pool2d(x, {2, 2}). */
typedef struct {
    epl_val input;
    int64_t kernel_size[3];
    int64_t stride[3];        /* kernel_size */
    epl_ints padding;         /* 0; at most half a window */
    bool ceil_mode;           /* false; true: windows that reach over the end count */
    bool count_include_pad;   /* true: padding is averaged, too */
    int64_t divisor_override; /* the number of terms; 2d and 3d */
} epl_avg_pool_args;
EPL_API epl_val epl_op_avg_pool1d(const epl_avg_pool_args *a, const char *given);
EPL_API epl_val epl_op_avg_pool2d(const epl_avg_pool_args *a, const char *given);
EPL_API epl_val epl_op_avg_pool3d(const epl_avg_pool_args *a, const char *given);
#define epl_avg_pool1d(...) epl_op_avg_pool1d(EPL_ARGS2(epl_avg_pool_args, input, __VA_ARGS__))
#define epl_avg_pool2d(...) epl_op_avg_pool2d(EPL_ARGS2(epl_avg_pool_args, input, __VA_ARGS__))
#define epl_avg_pool3d(...) epl_op_avg_pool3d(EPL_ARGS2(epl_avg_pool_args, input, __VA_ARGS__))

/* The mean of windows that cover the input evenly: epl_adaptive_avg_pool2d(x, {7, 7}). EPL_ANY
 * in place of a size is the input's. */
typedef struct {
    epl_val input;
    int64_t output_size[3];
} epl_adaptive_pool_args;
EPL_API epl_val epl_op_adaptive_avg_pool1d(const epl_adaptive_pool_args *a, const char *given);
EPL_API epl_val epl_op_adaptive_avg_pool2d(const epl_adaptive_pool_args *a, const char *given);
EPL_API epl_val epl_op_adaptive_avg_pool3d(const epl_adaptive_pool_args *a, const char *given);
#define epl_adaptive_avg_pool1d(...) \
    epl_op_adaptive_avg_pool1d(EPL_ARGS2(epl_adaptive_pool_args, input, __VA_ARGS__))
#define epl_adaptive_avg_pool2d(...) \
    epl_op_adaptive_avg_pool2d(EPL_ARGS2(epl_adaptive_pool_args, input, __VA_ARGS__))
#define epl_adaptive_avg_pool3d(...) \
    epl_op_adaptive_avg_pool3d(EPL_ARGS2(epl_adaptive_pool_args, input, __VA_ARGS__))

/* -- attention ------------------------------------------------------------------------ */
/* softmax(q k' scale + mask) v: query [..., n, e], key [..., m, e], value [..., m, f] ->
 * [..., n, f]; leading axes broadcast. A query of which every key is masked gives 0. */
typedef struct {
    epl_val query, key, value;
    epl_val attn_mask;   /* [..., n, m]: bool, true where a key is seen, or a float to add */
    double dropout_p;    /* 0; of the weights, needs dropout_key */
    bool is_causal;      /* query i sees the keys up to i */
    double scale;        /* 1 / sqrt(e) */
    bool enable_gqa;     /* [..., h, n, e]: g query heads in a row share a head of key and value */
    epl_val dropout_key; /* i64 [2] */
} epl_attention_args;
EPL_API epl_val epl_op_scaled_dot_product_attention(const epl_attention_args *a, const char *given);
#define epl_scaled_dot_product_attention(...) \
    epl_op_scaled_dot_product_attention(EPL_ARGS3(epl_attention_args, query, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
