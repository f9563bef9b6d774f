/* op_random.h -- randomness by key: the same key gives the same numbers, always.
 *
 * A key is a value i64[2] (EPL_KEY); an array of keys [..., 2] gives numbers [..., shape].
 * Use a key once: split it, or fold a number in, for another use. Bits and integers are
 * the same on every machine; a mapped key gives what a loop would give. Draws have no
 * derivative with respect to a key.
 */
#ifndef ESPALIER_OP_RANDOM_H
#define ESPALIER_OP_RANDOM_H
#include <espalier/extend.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- keys ---------------------------------------------------------------------------------- */
EPL_API epl_val epl_split(epl_val key, int64_t n); /* [n, 2]: n keys for n uses */
EPL_API epl_val epl_fold(epl_val key, int64_t n);  /* another key: epl_key_fold(key, n) */
/* The same for numbers that are values, i64: one for each key, or several for one key. */
EPL_API epl_val epl_fold_in(epl_val key, epl_val n);

/* -- numbers ------------------------------------------------------------------------------- */
EPL_API epl_val epl_bits(epl_val key, epl_type type); /* all bits random; I32 or I64 */

typedef struct {
    epl_val key;
    epl_shape shape;
    double low, high;
    epl_dtype dtype; /* F32 (default) or F64 */
} epl_uniform_args;
/* Uniform in [low, high). */
EPL_API epl_val epl_op_uniform(const epl_uniform_args *a, const char *given);
#define epl_uniform(...) epl_op_uniform(EPL_ARGS4(epl_uniform_args, key, __VA_ARGS__))

typedef struct {
    epl_val key;
    epl_shape shape;
    double mean, std; /* default 0, 1 */
    epl_dtype dtype;  /* F32 (default) or F64 */
} epl_normal_args;
/* mean + std sqrt(2) erfinv(2u - 1), u uniform in (0, 1). */
EPL_API epl_val epl_op_normal(const epl_normal_args *a, const char *given);
#define epl_normal(...) epl_op_normal(EPL_ARGS2(epl_normal_args, key, __VA_ARGS__))

typedef struct {
    epl_val key;
    epl_shape shape;
    double mean, std, low, high; /* default 0, 1, -2, 2 */
    epl_dtype dtype;             /* F32 (default) or F64 */
} epl_truncated_normal_args;
/* Normal, given that it lies in [low, high]. In f32 the tails are exact to about five std. */
EPL_API epl_val epl_op_truncated_normal(const epl_truncated_normal_args *a, const char *given);
#define epl_truncated_normal(...) \
    epl_op_truncated_normal(EPL_ARGS2(epl_truncated_normal_args, key, __VA_ARGS__))

/* Bool [shape], true with probability p: a number, or a value that broadcasts to shape. */
EPL_API epl_val epl_bernoulli(epl_val key, epl_val p, epl_shape shape);

typedef struct {
    epl_val key;
    epl_shape shape;
    int64_t low, high;
    epl_dtype dtype; /* I64 (default) or I32 */
} epl_randint_args;
/* Integers in [low, high), even to 2^-63 (high - low). */
EPL_API epl_val epl_op_randint(const epl_randint_args *a, const char *given);
#define epl_randint(...) epl_op_randint(EPL_ARGS4(epl_randint_args, key, __VA_ARGS__))

/* 0 ... n - 1 in random order: i64[n]. */
EPL_API epl_val epl_permutation(epl_val key, int64_t n);

typedef struct {
    epl_val key, logits;
    int64_t dim;     /* default -1 */
    epl_shape shape; /* so many draws, as axes in front; default none: one */
} epl_categorical_args;
/* i with probability softmax(logits)[i] along dim, which goes; i64. By the Gumbel maximum. */
EPL_API epl_val epl_op_categorical(const epl_categorical_args *a, const char *given);
#define epl_categorical(...) epl_op_categorical(EPL_ARGS2(epl_categorical_args, key, __VA_ARGS__))

/* -- dropout --------------------------------------------------------------------------------- */
typedef struct {
    epl_val input;
    double p;      /* default 0.5 */
    bool training; /* default true; false: input */
    epl_val key;   /* i64[2]; needed in training, unless p is 0 */
} epl_dropout_args;
/* Each number 0 with probability p, else divided by 1 - p. */
EPL_API epl_val epl_op_dropout(const epl_dropout_args *a, const char *given);
#define epl_dropout(...) epl_op_dropout(EPL_ARGS1(epl_dropout_args, input, __VA_ARGS__))
/* The same by channels, of [n, c, l] or [c, l]; */
EPL_API epl_val epl_op_dropout1d(const epl_dropout_args *a, const char *given);
#define epl_dropout1d(...) epl_op_dropout1d(EPL_ARGS1(epl_dropout_args, input, __VA_ARGS__))
/* of [n, c, h, w] or, as torch, [n, c, l]; */
EPL_API epl_val epl_op_dropout2d(const epl_dropout_args *a, const char *given);
#define epl_dropout2d(...) epl_op_dropout2d(EPL_ARGS1(epl_dropout_args, input, __VA_ARGS__))
/* of [n, c, d, h, w] or [c, d, h, w]. */
EPL_API epl_val epl_op_dropout3d(const epl_dropout_args *a, const char *given);
#define epl_dropout3d(...) epl_op_dropout3d(EPL_ARGS1(epl_dropout_args, input, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
