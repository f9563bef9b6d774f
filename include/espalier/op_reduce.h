/* op_reduce.h -- reductions, scans, softmax, norms. Names, arguments and defaults are torch's.
 *
 * .dim = epl_axes(0, -1) are the axes to reduce; without it (or empty) all. They go, or
 * stay with size 1 if .keepdim. An axis out of range, or listed twice, is an error.
 */
#ifndef ESPALIER_OP_REDUCE_H
#define ESPALIER_OP_REDUCE_H
#include <espalier/extend.h>
#ifdef __cplusplus
extern "C" {
#endif

/* A list of any length, for axes and shapes: .dim = epl_axes(0, 2). It lives as long as the
 * block it stands in. Not given: at is NULL. */
#define epl_axes(...) \
    ((epl_ints){EPL_COUNT(int64_t, 0, __VA_ARGS__) - 1, (int64_t[]){0, __VA_ARGS__} + 1})

/* -- sums ----------------------------------------------------------------------------- */
typedef struct {
    epl_val input;
    epl_ints dim;
    bool keepdim;
    epl_dtype dtype; /* input is cast to it first; without it integers give I64 */
} epl_sum_args;
/* sum x */
EPL_API epl_val epl_op_sum(const epl_sum_args *a, const char *given);
#define epl_sum(...) epl_op_sum(EPL_ARGS1(epl_sum_args, input, __VA_ARGS__))
/* sum x / n of floats; of nothing NaN. */
EPL_API epl_val epl_op_mean(const epl_sum_args *a, const char *given);
#define epl_mean(...) epl_op_mean(EPL_ARGS1(epl_sum_args, input, __VA_ARGS__))
/* x0 x1 ...; exact with zeros at every order. */
EPL_API epl_val epl_op_prod(const epl_sum_args *a, const char *given);
#define epl_prod(...) epl_op_prod(EPL_ARGS1(epl_sum_args, input, __VA_ARGS__))

typedef struct {
    epl_val input;
    epl_ints dim;
    bool unbiased; /* false: correction 0 */
    bool keepdim;
    double correction; /* default 1 */
} epl_var_args;
/* sum (x - mean x)^2 / (n - correction) */
EPL_API epl_val epl_op_var(const epl_var_args *a, const char *given);
#define epl_var(...) epl_op_var(EPL_ARGS1(epl_var_args, input, __VA_ARGS__))
/* sqrt of var; where it is 0, so is its derivative. */
EPL_API epl_val epl_op_std(const epl_var_args *a, const char *given);
#define epl_std(...) epl_op_std(EPL_ARGS1(epl_var_args, input, __VA_ARGS__))

typedef struct {
    epl_val input;
    double ord; /* default 2; may be 0, INFINITY, -INFINITY, any other */
    epl_ints dim;
    bool keepdim;
    epl_dtype dtype;
} epl_vector_norm_args;
/* (sum |x|^ord)^(1/ord), 0: how many are not 0, INFINITY: greatest |x|. Where it is 0, so is
 * its derivative. */
EPL_API epl_val epl_op_vector_norm(const epl_vector_norm_args *a, const char *given);
#define epl_vector_norm(...) epl_op_vector_norm(EPL_ARGS1(epl_vector_norm_args, input, __VA_ARGS__))

/* -- extremes, tests ------------------------------------------------------------------ */
typedef struct {
    epl_val input;
    epl_ints dim;
    bool keepdim;
} epl_reduce_args;
/* The greatest x, NaN before all; equals share its derivative. Axes must not be empty. */
EPL_API epl_val epl_op_amax(const epl_reduce_args *a, const char *given);
#define epl_amax(...) epl_op_amax(EPL_ARGS1(epl_reduce_args, input, __VA_ARGS__))
EPL_API epl_val epl_op_amin(const epl_reduce_args *a, const char *given);
#define epl_amin(...) epl_op_amin(EPL_ARGS1(epl_reduce_args, input, __VA_ARGS__))
/* Is some x, is every x not 0? BOOL. An empty list of axes tests each element. */
EPL_API epl_val epl_op_any(const epl_reduce_args *a, const char *given);
#define epl_any(...) epl_op_any(EPL_ARGS1(epl_reduce_args, input, __VA_ARGS__))
EPL_API epl_val epl_op_all(const epl_reduce_args *a, const char *given);
#define epl_all(...) epl_op_all(EPL_ARGS1(epl_reduce_args, input, __VA_ARGS__))
/* log sum exp x, however large x is. */
EPL_API epl_val epl_op_logsumexp(const epl_reduce_args *a, const char *given);
#define epl_logsumexp(...) epl_op_logsumexp(EPL_ARGS1(epl_reduce_args, input, __VA_ARGS__))

typedef struct {
    epl_val input;
    epl_ints dim;
} epl_count_nonzero_args;
/* How many x are not 0; I64. */
EPL_API epl_val epl_op_count_nonzero(const epl_count_nonzero_args *a, const char *given);
#define epl_count_nonzero(...) \
    epl_op_count_nonzero(EPL_ARGS1(epl_count_nonzero_args, input, __VA_ARGS__))

typedef struct {
    epl_val input;
    int64_t dim; /* one axis; without it the place in the flattened input */
    bool keepdim;
} epl_arg_args;
/* Where the greatest x stands, the first of equals, a NaN before all; I64. */
EPL_API epl_val epl_op_argmax(const epl_arg_args *a, const char *given);
#define epl_argmax(...) epl_op_argmax(EPL_ARGS1(epl_arg_args, input, __VA_ARGS__))
EPL_API epl_val epl_op_argmin(const epl_arg_args *a, const char *given);
#define epl_argmin(...) epl_op_argmin(EPL_ARGS1(epl_arg_args, input, __VA_ARGS__))

/* -- along one axis ------------------------------------------------------------------- */
typedef struct {
    epl_val input;
    int64_t dim; /* required: epl_cumsum(x, 0) */
    epl_dtype dtype;
} epl_cumsum_args;
/* y[i] = x[0] + ... + x[i] */
EPL_API epl_val epl_op_cumsum(const epl_cumsum_args *a, const char *given);
#define epl_cumsum(...) epl_op_cumsum(EPL_ARGS2(epl_cumsum_args, input, __VA_ARGS__))
/* y[i] = x[0] ... x[i]; exact with zeros at every order. */
EPL_API epl_val epl_op_cumprod(const epl_cumsum_args *a, const char *given);
#define epl_cumprod(...) epl_op_cumprod(EPL_ARGS2(epl_cumsum_args, input, __VA_ARGS__))

typedef struct {
    epl_val input;
    int64_t dim; /* required: epl_softmax(x, -1) */
    epl_dtype dtype;
} epl_softmax_args;
/* exp x / sum exp x */
EPL_API epl_val epl_op_softmax(const epl_softmax_args *a, const char *given);
#define epl_softmax(...) epl_op_softmax(EPL_ARGS2(epl_softmax_args, input, __VA_ARGS__))
/* x - log sum exp x; exact for confident rows, its derivatives too. */
EPL_API epl_val epl_op_log_softmax(const epl_softmax_args *a, const char *given);
#define epl_log_softmax(...) epl_op_log_softmax(EPL_ARGS2(epl_softmax_args, input, __VA_ARGS__))

typedef struct {
    epl_val input;
    int64_t dim;             /* default -1 */
    bool descending, stable; /* equals keep their order in any case; NaN is the greatest */
    epl_val *indices;        /* where each stood (I64) is written here; NULL: not wanted */
} epl_sort_args;
/* x in ascending order */
EPL_API epl_val epl_op_sort(const epl_sort_args *a, const char *given);
#define epl_sort(...) epl_op_sort(EPL_ARGS1(epl_sort_args, input, __VA_ARGS__))
/* The order itself: I64. */
EPL_API epl_val epl_op_argsort(const epl_sort_args *a, const char *given);
#define epl_argsort(...) epl_op_argsort(EPL_ARGS1(epl_sort_args, input, __VA_ARGS__))

typedef struct {
    epl_val input;
    int64_t k;
    int64_t dim;      /* default -1 */
    bool largest;     /* default true */
    bool sorted;      /* they are in any case */
    epl_val *indices; /* as in epl_sort_args */
} epl_topk_args;
/* The k greatest, or least, in order. */
EPL_API epl_val epl_op_topk(const epl_topk_args *a, const char *given);
#define epl_topk(...) epl_op_topk(EPL_ARGS2(epl_topk_args, input, __VA_ARGS__))

/* -- normalization -------------------------------------------------------------------- */
typedef struct {
    epl_val input;                     /* [n, c, ...] */
    epl_val running_mean, running_var; /* [c]; must be there unless training */
    epl_val weight, bias;              /* [c]; may be none */
    bool training;                     /* with the batch's own mean and variance */
    double momentum, eps;              /* default 0.1, 1e-5 */
    /* Written if not NULL: the running statistics after this batch, (1 - momentum) old +
     * momentum (mean, unbiased variance); momentum 1: the batch's alone, and nothing old is
     * needed. Not training: the old ones. */
    epl_val *new_mean, *new_var;
} epl_batch_norm_args;
/* (x - mean) / sqrt(var + eps) weight + bias, a channel c at a time. */
EPL_API epl_val epl_op_batch_norm(const epl_batch_norm_args *a, const char *given);
#define epl_batch_norm(...) epl_op_batch_norm(EPL_ARGS1(epl_batch_norm_args, input, __VA_ARGS__))

typedef struct {
    epl_val input; /* [n, c, ...] */
    epl_val running_mean, running_var, weight, bias;
    bool use_input_stats; /* default true */
    double momentum, eps;
    epl_val *new_mean, *new_var; /* as in epl_batch_norm_args; the mean over n */
} epl_instance_norm_args;
/* The same, a sample and channel at a time. */
EPL_API epl_val epl_op_instance_norm(const epl_instance_norm_args *a, const char *given);
#define epl_instance_norm(...) \
    epl_op_instance_norm(EPL_ARGS1(epl_instance_norm_args, input, __VA_ARGS__))

typedef struct {
    epl_val input;
    epl_ints normalized_shape; /* the last axes of input: epl_layer_norm(x, epl_axes(64)) */
    epl_val weight, bias;      /* [normalized_shape]; may be none */
    double eps;                /* default 1e-5 */
} epl_layer_norm_args;
/* (x - mean) / sqrt(var + eps) weight + bias over the last axes. */
EPL_API epl_val epl_op_layer_norm(const epl_layer_norm_args *a, const char *given);
#define epl_layer_norm(...) epl_op_layer_norm(EPL_ARGS2(epl_layer_norm_args, input, __VA_ARGS__))

typedef struct {
    epl_val input;
    epl_ints normalized_shape;
    epl_val weight;
    double eps; /* default: the relative step of the dtype */
} epl_rms_norm_args;
/* x / sqrt(mean x^2 + eps) weight over the last axes. */
EPL_API epl_val epl_op_rms_norm(const epl_rms_norm_args *a, const char *given);
#define epl_rms_norm(...) epl_op_rms_norm(EPL_ARGS2(epl_rms_norm_args, input, __VA_ARGS__))

typedef struct {
    epl_val input; /* [n, c, ...] */
    int64_t num_groups;
    epl_val weight, bias; /* [c]; may be none */
    double eps;           /* default 1e-5 */
} epl_group_norm_args;
/* As batch_norm, over each sample's groups of c / num_groups channels. */
EPL_API epl_val epl_op_group_norm(const epl_group_norm_args *a, const char *given);
#define epl_group_norm(...) epl_op_group_norm(EPL_ARGS2(epl_group_norm_args, input, __VA_ARGS__))

typedef struct {
    epl_val input;
    double p;    /* default 2 */
    int64_t dim; /* default 1 */
    double eps;  /* default 1e-12 */
} epl_normalize_args;
/* x / max(p-norm of x along dim, eps) */
EPL_API epl_val epl_op_normalize(const epl_normalize_args *a, const char *given);
#define epl_normalize(...) epl_op_normalize(EPL_ARGS1(epl_normalize_args, input, __VA_ARGS__))

typedef struct {
    epl_val x1, x2; /* broadcast against each other */
    int64_t dim;    /* default 1 */
    double eps;     /* default 1e-8 */
} epl_cosine_similarity_args;
/* sum x1 x2 / (max(|x1|, eps) max(|x2|, eps)) along dim, which goes. */
EPL_API epl_val epl_op_cosine_similarity(const epl_cosine_similarity_args *a, const char *given);
#define epl_cosine_similarity(...) \
    epl_op_cosine_similarity(EPL_ARGS2(epl_cosine_similarity_args, x1, __VA_ARGS__))

typedef struct {
    epl_val x1, x2; /* broadcast against each other */
    double p, eps;  /* default 2, 1e-6 */
    bool keepdim;
} epl_pairwise_distance_args;
/* p-norm of x1 - x2 + eps along the last axis. */
EPL_API epl_val epl_op_pairwise_distance(const epl_pairwise_distance_args *a, const char *given);
#define epl_pairwise_distance(...) \
    epl_op_pairwise_distance(EPL_ARGS2(epl_pairwise_distance_args, x1, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
