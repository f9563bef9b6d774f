/* nn.h -- the layers. Names, attributes, defaults, leaf names and layouts are torch.nn's.
 *
 * A size that is left open (0) is inferred from the input. For each spatial axis a size of its
 * own or one for all: {3, 5}, {3}. In C the output's size comes first, for the input's is
 * mostly left out: epl_nn_linear(s, 10), epl_nn_conv2d(s, 16, {3, 3}, .padding = {1}).
 * `inplace` is accepted and means nothing: no layer changes its input.
 */
#ifndef ESPALIER_NN_H
#define ESPALIER_NN_H
#include <espalier/module.h>
#ifdef __cplusplus
extern "C" {
#endif

#define EPL_KIND_MAP(X)    \
    X(sequential)          \
    X(residual)            \
    X(graph)               \
    X(identity)            \
    X(linear)              \
    X(conv1d)              \
    X(conv2d)              \
    X(conv3d)              \
    X(batch_norm1d)        \
    X(batch_norm2d)        \
    X(batch_norm3d)        \
    X(layer_norm)          \
    X(group_norm)          \
    X(dropout)             \
    X(dropout1d)           \
    X(dropout2d)           \
    X(dropout3d)           \
    X(max_pool1d)          \
    X(max_pool2d)          \
    X(max_pool3d)          \
    X(avg_pool1d)          \
    X(avg_pool2d)          \
    X(avg_pool3d)          \
    X(adaptive_avg_pool1d) \
    X(adaptive_avg_pool2d) \
    X(adaptive_avg_pool3d) \
    X(flatten)             \
    X(unflatten)           \
    X(embedding)           \
    X(multihead_attention) \
    X(rnn)                 \
    X(lstm)                \
    X(gru)                 \
    X(relu)                \
    X(relu6)               \
    X(sigmoid)             \
    X(log_sigmoid)         \
    X(silu)                \
    X(mish)                \
    X(selu)                \
    X(softsign)            \
    X(tanh)                \
    X(tanhshrink)          \
    X(hardswish)           \
    X(hardsigmoid)         \
    X(leaky_relu)          \
    X(elu)                 \
    X(celu)                \
    X(gelu)                \
    X(softplus)            \
    X(softshrink)          \
    X(hardshrink)          \
    X(hardtanh)            \
    X(threshold)           \
    X(glu)                 \
    X(prelu)               \
    X(softmax)             \
    X(log_softmax)
#define EPL_X(name) EPL_API extern const epl_kind epl_kind_##name;
EPL_KIND_MAP(EPL_X)
#undef EPL_X

/* -- networks of modules ------------------------------------------------------------------- */
/* One after another: epl_nn_sequential(s, {"fc1", a}, {"relu", b}). */
typedef struct {
    epl_scope *scope;
    const epl_child *children; /* ended by {NULL, NULL} */
} epl_nn_sequential_args;
#define epl_nn_sequential(scope, ...)    \
    epl_module_new(&epl_kind_sequential, \
                   &(epl_nn_sequential_args){scope, EPL_CHILDREN(__VA_ARGS__)}, "children")

/* body(x) + shortcut(x), by default body(x) + x: epl_nn_residual(s, body, .shortcut = m). */
typedef struct {
    epl_scope *scope;
    epl_module body, shortcut;
} epl_nn_residual_args;
#define epl_nn_residual(...) EPL_MODULE(2, &epl_kind_residual, epl_nn_residual_args, __VA_ARGS__)

/* Any acyclic network; nodes in any order. epl_nn_graph(s, "input", "sum",
 * {"a", .module = m, .inputs = "input"}, {"sum", .op = "add", .inputs = "a input"}). */
#define epl_nn_graph(scope, inputs, outputs, ...)                                           \
    epl_module_new(&epl_kind_graph,                                                         \
                   &(epl_nn_graph_args){scope,                                              \
                                        {inputs, outputs, EPL_COUNT(epl_node, __VA_ARGS__), \
                                         (const epl_node[]){__VA_ARGS__}}},                 \
                   "nodes")
typedef struct {
    epl_scope *scope;
    epl_wiring nodes;
} epl_nn_graph_args;

/* -- products and convolutions ------------------------------------------------------------- */
typedef struct {
    epl_scope *scope;
    int64_t out_features, in_features; /* weight [out, in], bias [out] */
    bool bias;                         /* true */
} epl_nn_linear_args;
#define epl_nn_linear(...) EPL_MODULE(1, &epl_kind_linear, epl_nn_linear_args, __VA_ARGS__)

#define EPL_NN_CONV_ARGS(n)                                                                 \
    epl_scope *scope;                                                                       \
    int64_t out_channels, kernel_size[n]; /* weight [out, in / groups, k...], bias [out] */ \
    int64_t stride[n], padding[n], dilation[n], groups, in_channels; /* 1, 0, 1, 1, open */ \
    const char *padding_rule; /* in place of padding: "same" or "valid" */                  \
    bool bias;                /* true */                                                    \
    const char *padding_mode  /* "zeros", "reflect", "replicate", "circular" */
typedef struct {
    EPL_NN_CONV_ARGS(1);
} epl_nn_conv1d_args;
typedef struct {
    EPL_NN_CONV_ARGS(2);
} epl_nn_conv2d_args;
typedef struct {
    EPL_NN_CONV_ARGS(3);
} epl_nn_conv3d_args;
#define epl_nn_conv1d(...) EPL_MODULE(2, &epl_kind_conv1d, epl_nn_conv1d_args, __VA_ARGS__)
#define epl_nn_conv2d(...) EPL_MODULE(2, &epl_kind_conv2d, epl_nn_conv2d_args, __VA_ARGS__)
#define epl_nn_conv3d(...) EPL_MODULE(2, &epl_kind_conv3d, epl_nn_conv3d_args, __VA_ARGS__)

/* -- normalization ------------------------------------------------------------------------- */
#define EPL_CUMULATIVE (-1.0) /* momentum of batch norm: the mean of all batches (torch: None) */
typedef struct {
    epl_scope *scope;
    int64_t num_features;
    double eps, momentum;             /* 1e-5, 0.1 */
    bool affine, track_running_stats; /* true, true */
} epl_nn_batch_norm_args;
#define epl_nn_batch_norm1d(...) \
    EPL_MODULE(1, &epl_kind_batch_norm1d, epl_nn_batch_norm_args, __VA_ARGS__)
#define epl_nn_batch_norm2d(...) \
    EPL_MODULE(1, &epl_kind_batch_norm2d, epl_nn_batch_norm_args, __VA_ARGS__)
#define epl_nn_batch_norm3d(...) \
    EPL_MODULE(1, &epl_kind_batch_norm3d, epl_nn_batch_norm_args, __VA_ARGS__)

typedef struct {
    epl_scope *scope;
    epl_ints normalized_shape;     /* epl_axes(64): the last axes; left open: the last one */
    double eps;                    /* 1e-5 */
    bool elementwise_affine, bias; /* true, true */
} epl_nn_layer_norm_args;
#define epl_nn_layer_norm(...) \
    EPL_MODULE(1, &epl_kind_layer_norm, epl_nn_layer_norm_args, __VA_ARGS__)

typedef struct {
    epl_scope *scope;
    int64_t num_groups, num_channels;
    double eps;  /* 1e-5 */
    bool affine; /* true */
} epl_nn_group_norm_args;
#define epl_nn_group_norm(...) \
    EPL_MODULE(1, &epl_kind_group_norm, epl_nn_group_norm_args, __VA_ARGS__)

/* -- dropout: in training alone; needs a key ----------------------------------------------- */
typedef struct {
    epl_scope *scope;
    double p; /* 0.5 */
    bool inplace;
} epl_nn_dropout_args;
#define epl_nn_dropout(...) EPL_MODULE(1, &epl_kind_dropout, epl_nn_dropout_args, __VA_ARGS__)
#define epl_nn_dropout1d(...) EPL_MODULE(1, &epl_kind_dropout1d, epl_nn_dropout_args, __VA_ARGS__)
#define epl_nn_dropout2d(...) EPL_MODULE(1, &epl_kind_dropout2d, epl_nn_dropout_args, __VA_ARGS__)
#define epl_nn_dropout3d(...) EPL_MODULE(1, &epl_kind_dropout3d, epl_nn_dropout_args, __VA_ARGS__)

/* -- pooling ------------------------------------------------------------------------------- */
#define EPL_NN_MAX_POOL_ARGS(n)                                                                 \
    epl_scope *scope;                                                                           \
    int64_t kernel_size[n], stride[n], padding[n], dilation[n]; /* stride: kernel_size; 0, 1 */ \
    bool return_indices;                                        /* as a further output */       \
    bool ceil_mode
typedef struct {
    EPL_NN_MAX_POOL_ARGS(1);
} epl_nn_max_pool1d_args;
typedef struct {
    EPL_NN_MAX_POOL_ARGS(2);
} epl_nn_max_pool2d_args;
typedef struct {
    EPL_NN_MAX_POOL_ARGS(3);
} epl_nn_max_pool3d_args;
#define epl_nn_max_pool1d(...) \
    EPL_MODULE(1, &epl_kind_max_pool1d, epl_nn_max_pool1d_args, __VA_ARGS__)
#define epl_nn_max_pool2d(...) \
    EPL_MODULE(1, &epl_kind_max_pool2d, epl_nn_max_pool2d_args, __VA_ARGS__)
#define epl_nn_max_pool3d(...) \
    EPL_MODULE(1, &epl_kind_max_pool3d, epl_nn_max_pool3d_args, __VA_ARGS__)

#define EPL_NN_AVG_POOL_ARGS(n)                                                          \
    epl_scope *scope;                                                                    \
    int64_t kernel_size[n], stride[n], padding[n]; /* stride: kernel_size; padding: 0 */ \
    bool ceil_mode, count_include_pad;             /* false, true */                     \
    int64_t divisor_override                       /* the number of terms; not of AvgPool1d */
typedef struct {
    EPL_NN_AVG_POOL_ARGS(1);
} epl_nn_avg_pool1d_args;
typedef struct {
    EPL_NN_AVG_POOL_ARGS(2);
} epl_nn_avg_pool2d_args;
typedef struct {
    EPL_NN_AVG_POOL_ARGS(3);
} epl_nn_avg_pool3d_args;
#define epl_nn_avg_pool1d(...) \
    EPL_MODULE(1, &epl_kind_avg_pool1d, epl_nn_avg_pool1d_args, __VA_ARGS__)
#define epl_nn_avg_pool2d(...) \
    EPL_MODULE(1, &epl_kind_avg_pool2d, epl_nn_avg_pool2d_args, __VA_ARGS__)
#define epl_nn_avg_pool3d(...) \
    EPL_MODULE(1, &epl_kind_avg_pool3d, epl_nn_avg_pool3d_args, __VA_ARGS__)

/* EPL_ANY in place of a size is the input's. */
typedef struct {
    epl_scope *scope;
    int64_t output_size[1];
} epl_nn_adaptive_avg_pool1d_args;
typedef struct {
    epl_scope *scope;
    int64_t output_size[2];
} epl_nn_adaptive_avg_pool2d_args;
typedef struct {
    epl_scope *scope;
    int64_t output_size[3];
} epl_nn_adaptive_avg_pool3d_args;
#define epl_nn_adaptive_avg_pool1d(...) \
    EPL_MODULE(1, &epl_kind_adaptive_avg_pool1d, epl_nn_adaptive_avg_pool1d_args, __VA_ARGS__)
#define epl_nn_adaptive_avg_pool2d(...) \
    EPL_MODULE(1, &epl_kind_adaptive_avg_pool2d, epl_nn_adaptive_avg_pool2d_args, __VA_ARGS__)
#define epl_nn_adaptive_avg_pool3d(...) \
    EPL_MODULE(1, &epl_kind_adaptive_avg_pool3d, epl_nn_adaptive_avg_pool3d_args, __VA_ARGS__)

/* -- shapes -------------------------------------------------------------------------------- */
typedef struct {
    epl_scope *scope;
    int64_t start_dim, end_dim; /* 1, -1 */
} epl_nn_flatten_args;
#define epl_nn_flatten(...) EPL_MODULE(1, &epl_kind_flatten, epl_nn_flatten_args, __VA_ARGS__)

typedef struct {
    epl_scope *scope;
    int64_t dim;
    epl_ints unflattened_size; /* one may be -1 */
} epl_nn_unflatten_args;
#define epl_nn_unflatten(...) EPL_MODULE(2, &epl_kind_unflatten, epl_nn_unflatten_args, __VA_ARGS__)

/* -- lookup and attention ------------------------------------------------------------------ */
/* weight [num_embeddings, embedding_dim]; the row padding_idx begins at 0 and stays as it is. */
typedef struct {
    epl_scope *scope;
    int64_t num_embeddings, embedding_dim, padding_idx;
    double max_norm, norm_type; /* max_norm is not supported */
    bool scale_grad_by_freq;    /* not supported */
    bool sparse;                /* means nothing */
} epl_nn_embedding_args;
#define epl_nn_embedding(...) EPL_MODULE(3, &epl_kind_embedding, epl_nn_embedding_args, __VA_ARGS__)

/* Input [l, n, e], or [n, l, e] if batch_first, or [l, e]. Without further inputs, attention of
 * the input to itself. Further inputs: key, value, attn_mask, key_padding_mask, as torch has
 * them (true in a mask: is not seen). */
typedef struct {
    epl_scope *scope;
    int64_t embed_dim, num_heads;          /* embed_dim may be left open: {0, 8} */
    double dropout;                        /* 0; of the weights */
    bool bias, add_bias_kv, add_zero_attn; /* true, false, false */
    int64_t kdim, vdim;                    /* embed_dim */
    bool batch_first;                      /* false: [l, n, e] */
    bool is_causal;                        /* query i sees keys up to i */
} epl_nn_multihead_attention_args;
#define epl_nn_multihead_attention(...) \
    EPL_MODULE(3, &epl_kind_multihead_attention, epl_nn_multihead_attention_args, __VA_ARGS__)

/* -- recurrent layers ----------------------------------------------------------------------- */
/* [l, n, input_size], [n, l, input_size] if batch_first, or [l, input_size]; gives the outputs
 * of all steps. Further inputs: h_0 (and c_0 of an LSTM) [layers directions, n, ...], then
 * i64[n] lengths: steps after a sequence's end change nothing and give zeros. Further outputs:
 * h_n (and c_n). Leaves, order of gates and initial values are torch's. */
typedef struct {
    epl_scope *scope;
    int64_t hidden_size;
    int64_t input_size;       /* inferred */
    int64_t num_layers;       /* 1 */
    const char *nonlinearity; /* "tanh", or "relu"; RNN alone */
    bool bias;                /* true */
    bool batch_first;         /* false */
    double dropout;           /* 0; between layers, in training */
    bool bidirectional;       /* false */
    int64_t proj_size;        /* 0: none; LSTM alone */
} epl_nn_recurrent_args;
#define EPL_NN_RECURRENT(kind, ...) EPL_MODULE(2, &kind, epl_nn_recurrent_args, __VA_ARGS__)
#define epl_nn_rnn(...) EPL_NN_RECURRENT(epl_kind_rnn, __VA_ARGS__)
#define epl_nn_lstm(...) EPL_NN_RECURRENT(epl_kind_lstm, __VA_ARGS__)
#define epl_nn_gru(...) EPL_NN_RECURRENT(epl_kind_gru, __VA_ARGS__)

/* -- activations --------------------------------------------------------------------------- */
typedef struct {
    epl_scope *scope;
    bool inplace;
} epl_nn_plain_args;
#define EPL_NN_PLAIN(kind, ...) EPL_MODULE(1, &kind, epl_nn_plain_args, __VA_ARGS__)
#define epl_nn_identity(...) EPL_NN_PLAIN(epl_kind_identity, __VA_ARGS__)
#define epl_nn_relu(...) EPL_NN_PLAIN(epl_kind_relu, __VA_ARGS__)
#define epl_nn_relu6(...) EPL_NN_PLAIN(epl_kind_relu6, __VA_ARGS__)
#define epl_nn_sigmoid(...) EPL_NN_PLAIN(epl_kind_sigmoid, __VA_ARGS__)
#define epl_nn_log_sigmoid(...) EPL_NN_PLAIN(epl_kind_log_sigmoid, __VA_ARGS__)
#define epl_nn_silu(...) EPL_NN_PLAIN(epl_kind_silu, __VA_ARGS__)
#define epl_nn_mish(...) EPL_NN_PLAIN(epl_kind_mish, __VA_ARGS__)
#define epl_nn_selu(...) EPL_NN_PLAIN(epl_kind_selu, __VA_ARGS__)
#define epl_nn_softsign(...) EPL_NN_PLAIN(epl_kind_softsign, __VA_ARGS__)
#define epl_nn_tanh(...) EPL_NN_PLAIN(epl_kind_tanh, __VA_ARGS__)
#define epl_nn_tanhshrink(...) EPL_NN_PLAIN(epl_kind_tanhshrink, __VA_ARGS__)
#define epl_nn_hardswish(...) EPL_NN_PLAIN(epl_kind_hardswish, __VA_ARGS__)
#define epl_nn_hardsigmoid(...) EPL_NN_PLAIN(epl_kind_hardsigmoid, __VA_ARGS__)

typedef struct {
    epl_scope *scope;
    double negative_slope; /* 0.01 */
    bool inplace;
} epl_nn_leaky_relu_args;
#define epl_nn_leaky_relu(...) \
    EPL_MODULE(1, &epl_kind_leaky_relu, epl_nn_leaky_relu_args, __VA_ARGS__)
typedef struct {
    epl_scope *scope;
    double alpha; /* 1 */
    bool inplace;
} epl_nn_elu_args;
#define epl_nn_elu(...) EPL_MODULE(1, &epl_kind_elu, epl_nn_elu_args, __VA_ARGS__)
#define epl_nn_celu(...) EPL_MODULE(1, &epl_kind_celu, epl_nn_elu_args, __VA_ARGS__)
typedef struct {
    epl_scope *scope;
    const char *approximate; /* "none" or "tanh" */
} epl_nn_gelu_args;
#define epl_nn_gelu(...) EPL_MODULE(1, &epl_kind_gelu, epl_nn_gelu_args, __VA_ARGS__)
typedef struct {
    epl_scope *scope;
    double beta, threshold; /* 1, 20 */
} epl_nn_softplus_args;
#define epl_nn_softplus(...) EPL_MODULE(1, &epl_kind_softplus, epl_nn_softplus_args, __VA_ARGS__)
typedef struct {
    epl_scope *scope;
    double lambd; /* 0.5 */
} epl_nn_shrink_args;
#define epl_nn_softshrink(...) EPL_MODULE(1, &epl_kind_softshrink, epl_nn_shrink_args, __VA_ARGS__)
#define epl_nn_hardshrink(...) EPL_MODULE(1, &epl_kind_hardshrink, epl_nn_shrink_args, __VA_ARGS__)
typedef struct {
    epl_scope *scope;
    double min_val, max_val; /* -1, 1 */
    bool inplace;
} epl_nn_hardtanh_args;
#define epl_nn_hardtanh(...) EPL_MODULE(1, &epl_kind_hardtanh, epl_nn_hardtanh_args, __VA_ARGS__)
typedef struct {
    epl_scope *scope;
    double threshold, value;
    bool inplace;
} epl_nn_threshold_args;
#define epl_nn_threshold(...) EPL_MODULE(3, &epl_kind_threshold, epl_nn_threshold_args, __VA_ARGS__)
typedef struct {
    epl_scope *scope;
    int64_t dim; /* -1 */
} epl_nn_glu_args;
#define epl_nn_glu(...) EPL_MODULE(1, &epl_kind_glu, epl_nn_glu_args, __VA_ARGS__)
typedef struct {
    epl_scope *scope;
    int64_t num_parameters; /* 1; or one for each entry of axis 1 */
    double init;            /* 0.25 */
} epl_nn_prelu_args;
#define epl_nn_prelu(...) EPL_MODULE(1, &epl_kind_prelu, epl_nn_prelu_args, __VA_ARGS__)
typedef struct {
    epl_scope *scope;
    int64_t dim; /* not given: 0 for inputs of 0, 1 or 3 axes, else 1, as torch has it */
} epl_nn_softmax_args;
#define epl_nn_softmax(...) EPL_MODULE(1, &epl_kind_softmax, epl_nn_softmax_args, __VA_ARGS__)
#define epl_nn_log_softmax(...) \
    EPL_MODULE(1, &epl_kind_log_softmax, epl_nn_softmax_args, __VA_ARGS__)

#ifdef __cplusplus
}
#endif
#endif
