/* op_loss.h -- losses. Names, arguments and defaults are torch's.
 *
 * reduction is "mean" (or NULL), "sum" or "none". Input and target are broadcast against
 * each other where torch does so, integers count as floats.
 */
#ifndef ESPALIER_OP_LOSS_H
#define ESPALIER_OP_LOSS_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- classes -------------------------------------------------------------------------- */
typedef struct {
    epl_val input, target; /* logits [c], [n, c] or [n, c, ...]; classes [], [n] or [n, ...],
                              or probabilities of input's shape */
    epl_val weight;        /* of each class, [c]; may be none */
    int64_t ignore_index;  /* a class that does not count; default -100 */
    const char *reduction; /* "mean" is by the weights of those that count */
    double label_smoothing;
} epl_cross_entropy_args;
/* -log softmax(input)[target]. A class out of range fails the run. */
EPL_API epl_val epl_op_cross_entropy(const epl_cross_entropy_args *a, const char *given);
#define epl_cross_entropy(...) \
    epl_op_cross_entropy(EPL_ARGS2(epl_cross_entropy_args, input, __VA_ARGS__))

typedef struct {
    epl_val input, target; /* log-probabilities, classes: shapes as above */
    epl_val weight;
    int64_t ignore_index;
    const char *reduction;
} epl_nll_loss_args;
/* -input[target] */
EPL_API epl_val epl_op_nll_loss(const epl_nll_loss_args *a, const char *given);
#define epl_nll_loss(...) epl_op_nll_loss(EPL_ARGS2(epl_nll_loss_args, input, __VA_ARGS__))

/* -- distances ------------------------------------------------------------------------ */
typedef struct {
    epl_val input, target;
    const char *reduction;
    epl_val weight; /* of input's shape; "mean" is by its sum */
} epl_error_args;
/* (input - target)^2 */
EPL_API epl_val epl_op_mse_loss(const epl_error_args *a, const char *given);
#define epl_mse_loss(...) epl_op_mse_loss(EPL_ARGS2(epl_error_args, input, __VA_ARGS__))
/* |input - target| */
EPL_API epl_val epl_op_l1_loss(const epl_error_args *a, const char *given);
#define epl_l1_loss(...) epl_op_l1_loss(EPL_ARGS2(epl_error_args, input, __VA_ARGS__))

typedef struct {
    epl_val input, target;
    const char *reduction;
    double beta; /* default 1, not negative */
} epl_smooth_l1_loss_args;
/* d = |input - target|: d^2 / (2 beta) below beta, else d - beta / 2 */
EPL_API epl_val epl_op_smooth_l1_loss(const epl_smooth_l1_loss_args *a, const char *given);
#define epl_smooth_l1_loss(...) \
    epl_op_smooth_l1_loss(EPL_ARGS2(epl_smooth_l1_loss_args, input, __VA_ARGS__))

typedef struct {
    epl_val input, target;
    const char *reduction;
    double delta;   /* default 1, positive */
    epl_val weight; /* of input's shape; "mean" is by the number of elements */
} epl_huber_loss_args;
/* d = |input - target|: d^2 / 2 below delta, else delta (d - delta / 2) */
EPL_API epl_val epl_op_huber_loss(const epl_huber_loss_args *a, const char *given);
#define epl_huber_loss(...) epl_op_huber_loss(EPL_ARGS2(epl_huber_loss_args, input, __VA_ARGS__))

/* -- likelihoods ---------------------------------------------------------------------- */
typedef struct {
    epl_val input, target; /* probabilities in [0, 1], one shape */
    epl_val weight;        /* broadcast; may be none */
    const char *reduction;
} epl_binary_cross_entropy_args;
/* -(t log x + (1 - t) log(1 - x)), each logarithm at least -100 */
EPL_API epl_val epl_op_binary_cross_entropy(const epl_binary_cross_entropy_args *a,
                                            const char *given);
#define epl_binary_cross_entropy(...) \
    epl_op_binary_cross_entropy(EPL_ARGS2(epl_binary_cross_entropy_args, input, __VA_ARGS__))

typedef struct {
    epl_val input, target; /* logits, probabilities; one shape */
    epl_val weight;        /* broadcast; may be none */
    const char *reduction;
    epl_val pos_weight; /* of the positive part, broadcast; may be none */
} epl_binary_cross_entropy_with_logits_args;
/* binary_cross_entropy(sigmoid x, t), exact for confident x */
EPL_API epl_val epl_op_binary_cross_entropy_with_logits(
    const epl_binary_cross_entropy_with_logits_args *a, const char *given);
#define epl_binary_cross_entropy_with_logits(...) \
    epl_op_binary_cross_entropy_with_logits(      \
        EPL_ARGS2(epl_binary_cross_entropy_with_logits_args, input, __VA_ARGS__))

typedef struct {
    epl_val input, target; /* log-probabilities, probabilities */
    const char *reduction; /* also "batchmean": the sum by the first axis */
    bool log_target;       /* target is log-probabilities, too */
} epl_kl_div_args;
/* t (log t - x) */
EPL_API epl_val epl_op_kl_div(const epl_kl_div_args *a, const char *given);
#define epl_kl_div(...) epl_op_kl_div(EPL_ARGS2(epl_kl_div_args, input, __VA_ARGS__))

typedef struct {
    epl_val input, target;
    bool log_input; /* default true */
    bool full;      /* with Stirling's approximation of log t! where t > 1 */
    double eps;     /* default 1e-8 */
    const char *reduction;
} epl_poisson_nll_loss_args;
/* exp x - t x; without log_input x - t log(x + eps) */
EPL_API epl_val epl_op_poisson_nll_loss(const epl_poisson_nll_loss_args *a, const char *given);
#define epl_poisson_nll_loss(...) \
    epl_op_poisson_nll_loss(EPL_ARGS2(epl_poisson_nll_loss_args, input, __VA_ARGS__))

typedef struct {
    epl_val input, target;
    epl_val var; /* of input's shape, without its last axis, or with one axis of size 1 */
    bool full;   /* with the constant log(2 pi) / 2 */
    double eps;  /* default 1e-6: var is at least this */
    const char *reduction;
} epl_gaussian_nll_loss_args;
/* (log var + (input - target)^2 / var) / 2 */
EPL_API epl_val epl_op_gaussian_nll_loss(const epl_gaussian_nll_loss_args *a, const char *given);
#define epl_gaussian_nll_loss(...) \
    epl_op_gaussian_nll_loss(EPL_ARGS3(epl_gaussian_nll_loss_args, input, __VA_ARGS__))

/* -- margins -------------------------------------------------------------------------- */
typedef struct {
    epl_val input, target; /* targets 1 and -1 */
    double margin;         /* default 1 */
    const char *reduction;
} epl_hinge_embedding_loss_args;
/* x where t is 1, max(0, margin - x) where t is -1 */
EPL_API epl_val epl_op_hinge_embedding_loss(const epl_hinge_embedding_loss_args *a,
                                            const char *given);
#define epl_hinge_embedding_loss(...) \
    epl_op_hinge_embedding_loss(EPL_ARGS2(epl_hinge_embedding_loss_args, input, __VA_ARGS__))

typedef struct {
    epl_val input, target; /* targets 1 and -1 */
    const char *reduction;
} epl_soft_margin_loss_args;
/* log(1 + exp(-t x)) */
EPL_API epl_val epl_op_soft_margin_loss(const epl_soft_margin_loss_args *a, const char *given);
#define epl_soft_margin_loss(...) \
    epl_op_soft_margin_loss(EPL_ARGS2(epl_soft_margin_loss_args, input, __VA_ARGS__))

typedef struct {
    epl_val input1, input2, target; /* target 1: input1 should be the greater one; -1: input2 */
    double margin;                  /* default 0 */
    const char *reduction;
} epl_margin_ranking_loss_args;
/* max(0, -t (input1 - input2) + margin) */
EPL_API epl_val epl_op_margin_ranking_loss(const epl_margin_ranking_loss_args *a,
                                           const char *given);
#define epl_margin_ranking_loss(...) \
    epl_op_margin_ranking_loss(EPL_ARGS3(epl_margin_ranking_loss_args, input1, __VA_ARGS__))

typedef struct {
    epl_val input1, input2, target; /* [n, d], [n, d], [n], or [d], [d], []; targets 1 and -1 */
    double margin;                  /* default 0 */
    const char *reduction;
} epl_cosine_embedding_loss_args;
/* 1 - cos where t is 1, max(0, cos - margin) where t is -1 */
EPL_API epl_val epl_op_cosine_embedding_loss(const epl_cosine_embedding_loss_args *a,
                                             const char *given);
#define epl_cosine_embedding_loss(...) \
    epl_op_cosine_embedding_loss(EPL_ARGS3(epl_cosine_embedding_loss_args, input1, __VA_ARGS__))

typedef struct {
    epl_val anchor, positive, negative;
    double margin, p, eps; /* default 1, 2, 1e-6; distances are those of pairwise_distance */
    bool swap;             /* the lesser of the negative's distances to anchor and positive */
    const char *reduction;
} epl_triplet_margin_loss_args;
/* max(0, |anchor - positive| - |anchor - negative| + margin) */
EPL_API epl_val epl_op_triplet_margin_loss(const epl_triplet_margin_loss_args *a,
                                           const char *given);
#define epl_triplet_margin_loss(...) \
    epl_op_triplet_margin_loss(EPL_ARGS3(epl_triplet_margin_loss_args, anchor, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
