/* op_math.h -- element-wise operations and activations. Names, arguments and defaults are torch's.
 *
 * Operands are broadcast against one another and promoted as torch does: plain numbers
 * weigh least, then zero-dimensional values, then the rest. What is defined for floats alone
 * makes f32 of integers. f16 and bf16 are an error: cast first. Plain numbers alone give a
 * plain number.
 */
#ifndef ESPALIER_OP_MATH_H
#define ESPALIER_OP_MATH_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- arithmetic ------------------------------------------------------------------- */
EPL_API epl_val epl_add(epl_val a, epl_val b); /* of booleans: or */
EPL_API epl_val epl_sub(epl_val a, epl_val b);
EPL_API epl_val epl_mul(epl_val a, epl_val b);          /* of booleans: and */
EPL_API epl_val epl_div(epl_val a, epl_val b);          /* a float, also of integers */
EPL_API epl_val epl_floor_divide(epl_val a, epl_val b); /* floor(a / b); integers: by 0 gives 0 */
EPL_API epl_val epl_neg(epl_val x);
EPL_API epl_val epl_scale(epl_val x, double c); /* c x, in x's dtype if c is whole */
/* a^b; of integers by squaring. Derivatives at a = 0 are 0 where they would be 0 times
 * infinity: with respect to a where b = 0, to b where b >= 0. */
EPL_API epl_val epl_pow(epl_val a, epl_val b);
EPL_API epl_val epl_float_power(epl_val a, epl_val b);     /* a^b in f64 */
EPL_API epl_val epl_lerp(epl_val a, epl_val b, epl_val t); /* a + t (b - a) */
EPL_API epl_val epl_fmod(epl_val a, epl_val b);            /* a - b trunc(a / b): the sign of a */
EPL_API epl_val epl_remainder(epl_val a, epl_val b);       /* a - b floor(a / b): the sign of b */
EPL_API epl_val epl_atan2(epl_val a, epl_val b);           /* the angle of the point (b, a) */
EPL_API epl_val epl_hypot(epl_val a, epl_val b);           /* sqrt(a^2 + b^2) without overflow */
EPL_API epl_val epl_copysign(epl_val a, epl_val b);        /* |a| with the sign of b */
EPL_API epl_val epl_xlogy(epl_val a, epl_val b);           /* a ln b; 0 where a = 0 */
EPL_API epl_val epl_logaddexp(epl_val a, epl_val b);       /* ln(e^a + e^b) without overflow */
/* The larger or smaller one, NaN if either is; at ties the derivative is halved. */
EPL_API epl_val epl_maximum(epl_val a, epl_val b);
EPL_API epl_val epl_minimum(epl_val a, epl_val b);

EPL_API epl_val epl_fmax(epl_val a, epl_val b); /* a number rather than NaN; at ties a */
EPL_API epl_val epl_fmin(epl_val a, epl_val b);

typedef struct {
    epl_val input, other;
    double alpha; /* default 1 */
} epl_alpha_args;
EPL_API epl_val epl_op_add(const epl_alpha_args *a, const char *given); /* input + alpha other */
EPL_API epl_val epl_op_sub(const epl_alpha_args *a, const char *given); /* input - alpha other */
typedef struct {
    epl_val input, other;
    const char *rounding_mode; /* NULL (default), "trunc" or "floor": these keep integers */
} epl_div_args;
EPL_API epl_val epl_op_div(const epl_div_args *a, const char *given);
typedef struct {
    epl_val input, tensor1, tensor2;
    double value; /* default 1 */
} epl_addc_args;
EPL_API epl_val epl_op_addcmul(const epl_addc_args *a, const char *given);
EPL_API epl_val epl_op_addcdiv(const epl_addc_args *a, const char *given);
#define epl_addcmul(...) /* input + value tensor1 tensor2 */ \
    epl_op_addcmul(EPL_ARGS3(epl_addc_args, input, __VA_ARGS__))
#define epl_addcdiv(...) /* input + value tensor1 / tensor2 */ \
    epl_op_addcdiv(EPL_ARGS3(epl_addc_args, input, __VA_ARGS__))

/* -- comparison, logic, choice ------------------------------------------------------- */
EPL_API epl_val epl_eq(epl_val a, epl_val b); /* bool, as all of these */
EPL_API epl_val epl_ne(epl_val a, epl_val b);
EPL_API epl_val epl_lt(epl_val a, epl_val b);
EPL_API epl_val epl_le(epl_val a, epl_val b);
EPL_API epl_val epl_gt(epl_val a, epl_val b);
EPL_API epl_val epl_ge(epl_val a, epl_val b);
EPL_API epl_val epl_logical_and(epl_val a, epl_val b);
EPL_API epl_val epl_logical_or(epl_val a, epl_val b);
EPL_API epl_val epl_logical_xor(epl_val a, epl_val b);
EPL_API epl_val epl_logical_not(epl_val x);
/* condition ? a : b. Only the chosen one gets a derivative; but a NaN in the derivative of
 * the other comes through, so make that one safe inside. */
EPL_API epl_val epl_where(epl_val condition, epl_val a, epl_val b);
EPL_API epl_val epl_isnan(epl_val x);
EPL_API epl_val epl_isinf(epl_val x);
EPL_API epl_val epl_isfinite(epl_val x);
/* mask ? value : x, of x's dtype; value is one number. */
EPL_API epl_val epl_masked_fill(epl_val x, epl_val mask, epl_val value);
typedef struct {
    epl_val input, min, max; /* min, max: values or plain numbers; one may be left out */
} epl_clamp_args;
EPL_API epl_val epl_op_clamp(const epl_clamp_args *a, const char *given);
#define epl_clamp(...) /* min(max(x, min), max); the derivative is 1 at the bounds */ \
    epl_op_clamp(EPL_ARGS1(epl_clamp_args, input, __VA_ARGS__))
typedef struct {
    epl_val input;
    double nan, posinf, neginf; /* default 0 and the dtype's largest and least numbers */
} epl_nan_to_num_args;
EPL_API epl_val epl_op_nan_to_num(const epl_nan_to_num_args *a, const char *given);
#define epl_nan_to_num(...) epl_op_nan_to_num(EPL_ARGS1(epl_nan_to_num_args, input, __VA_ARGS__))
/* x in another dtype. To integers: truncated, NaN is 0, out of range is the nearest; to
 * bool: x != 0. */
EPL_API epl_val epl_cast(epl_val x, epl_dtype dtype);

/* -- powers, exponentials, logarithms -------------------------------------------------- */
EPL_API epl_val epl_square(epl_val x);
EPL_API epl_val epl_sqrt(epl_val x);
EPL_API epl_val epl_rsqrt(epl_val x);      /* 1 / sqrt(x) */
EPL_API epl_val epl_reciprocal(epl_val x); /* 1 / x */
EPL_API epl_val epl_exp(epl_val x);
EPL_API epl_val epl_exp2(epl_val x);
EPL_API epl_val epl_expm1(epl_val x); /* e^x - 1, exact near 0 */
EPL_API epl_val epl_log(epl_val x);
EPL_API epl_val epl_log2(epl_val x);
EPL_API epl_val epl_log10(epl_val x);
EPL_API epl_val epl_log1p(epl_val x); /* ln(1 + x), exact near 0 */

/* -- signs and rounding ------------------------------------------------------------------ */
EPL_API epl_val epl_abs(epl_val x);  /* its derivative at 0 is 0 */
EPL_API epl_val epl_sign(epl_val x); /* -1, 0, 1; 0 for NaN */
EPL_API epl_val epl_sgn(epl_val x);  /* the same */
EPL_API epl_val epl_floor(epl_val x);
EPL_API epl_val epl_ceil(epl_val x);
EPL_API epl_val epl_trunc(epl_val x);
EPL_API epl_val epl_frac(epl_val x); /* x - trunc(x) */
typedef struct {
    epl_val input;
    int64_t decimals; /* default 0 */
} epl_round_args;
EPL_API epl_val epl_op_round(const epl_round_args *a, const char *given);
#define epl_round(...) /* halves go to the even neighbour */ \
    epl_op_round(EPL_ARGS1(epl_round_args, input, __VA_ARGS__))

/* -- trigonometric and hyperbolic ---------------------------------------------------------- */
EPL_API epl_val epl_sin(epl_val x);
EPL_API epl_val epl_cos(epl_val x);
EPL_API epl_val epl_tan(epl_val x);
EPL_API epl_val epl_asin(epl_val x);
EPL_API epl_val epl_acos(epl_val x);
EPL_API epl_val epl_atan(epl_val x);
EPL_API epl_val epl_sinh(epl_val x);
EPL_API epl_val epl_cosh(epl_val x);
EPL_API epl_val epl_tanh(epl_val x);
EPL_API epl_val epl_asinh(epl_val x);
EPL_API epl_val epl_acosh(epl_val x);
EPL_API epl_val epl_atanh(epl_val x);
EPL_API epl_val epl_sinc(epl_val x); /* sin(pi x) / (pi x), 1 at 0 */

/* -- special functions ---------------------------------------------------------------------- */
EPL_API epl_val epl_erf(epl_val x);
EPL_API epl_val epl_erfc(epl_val x);   /* 1 - erf x, exact where that is small */
EPL_API epl_val epl_erfinv(epl_val x); /* the y with erf(y) = x */
EPL_API epl_val epl_lgamma(epl_val x); /* ln |gamma(x)| */
EPL_API epl_val epl_digamma(epl_val x);
EPL_API epl_val epl_polygamma(int64_t n, epl_val x); /* the n-th derivative of digamma */
typedef struct {
    epl_val input;
    double eps; /* default none; x is kept in [eps, 1 - eps] */
} epl_logit_args;
EPL_API epl_val epl_op_logit(const epl_logit_args *a, const char *given);
#define epl_logit(...) /* ln(x / (1 - x)) */ \
    epl_op_logit(EPL_ARGS1(epl_logit_args, input, __VA_ARGS__))

/* -- activations ------------------------------------------------------------------------------ */
EPL_API epl_val epl_relu(epl_val x);        /* max(x, 0); its derivative at 0 is 0 */
EPL_API epl_val epl_relu6(epl_val x);       /* min(max(x, 0), 6) */
EPL_API epl_val epl_sigmoid(epl_val x);     /* 1 / (1 + e^-x) */
EPL_API epl_val epl_logsigmoid(epl_val x);  /* ln(sigmoid(x)) */
EPL_API epl_val epl_silu(epl_val x);        /* x sigmoid(x) */
EPL_API epl_val epl_mish(epl_val x);        /* x tanh(ln(1 + e^x)) */
EPL_API epl_val epl_selu(epl_val x);        /* 1.0507 elu(x) with alpha 1.6733 */
EPL_API epl_val epl_softsign(epl_val x);    /* x / (1 + |x|) */
EPL_API epl_val epl_tanhshrink(epl_val x);  /* x - tanh x */
EPL_API epl_val epl_hardswish(epl_val x);   /* x min(max(x + 3, 0), 6) / 6 */
EPL_API epl_val epl_hardsigmoid(epl_val x); /* min(max(x + 3, 0), 6) / 6 */
/* x where x > 0, else weight x; weight is one number, or one for each entry of axis 1. */
EPL_API epl_val epl_prelu(epl_val x, epl_val weight);
typedef struct {
    epl_val input;
    double negative_slope; /* default 0.01 */
} epl_leaky_relu_args;
EPL_API epl_val epl_op_leaky_relu(const epl_leaky_relu_args *a, const char *given);
#define epl_leaky_relu(...) /* x where x > 0, else negative_slope x */ \
    epl_op_leaky_relu(EPL_ARGS1(epl_leaky_relu_args, input, __VA_ARGS__))
typedef struct {
    epl_val input;
    double alpha; /* default 1 */
} epl_elu_args;
EPL_API epl_val epl_op_elu(const epl_elu_args *a, const char *given);
#define epl_elu(...) /* x where x > 0, else alpha (e^x - 1) */ \
    epl_op_elu(EPL_ARGS1(epl_elu_args, input, __VA_ARGS__))
EPL_API epl_val epl_op_celu(const epl_elu_args *a, const char *given);
#define epl_celu(...) /* x where x > 0, else alpha (e^(x / alpha) - 1) */ \
    epl_op_celu(EPL_ARGS1(epl_elu_args, input, __VA_ARGS__))
typedef struct {
    epl_val input;
    const char *approximate; /* "none" (default) or "tanh" */
} epl_gelu_args;
EPL_API epl_val epl_op_gelu(const epl_gelu_args *a, const char *given);
#define epl_gelu(...) /* x (1 + erf(x / sqrt 2)) / 2 */ \
    epl_op_gelu(EPL_ARGS1(epl_gelu_args, input, __VA_ARGS__))
typedef struct {
    epl_val input;
    double beta, threshold; /* default 1 and 20 */
} epl_softplus_args;
EPL_API epl_val epl_op_softplus(const epl_softplus_args *a, const char *given);
#define epl_softplus(...) /* ln(1 + e^(beta x)) / beta; x where beta x > threshold */ \
    epl_op_softplus(EPL_ARGS1(epl_softplus_args, input, __VA_ARGS__))
typedef struct {
    epl_val input;
    double lambd; /* default 0.5 */
} epl_shrink_args;
EPL_API epl_val epl_op_softshrink(const epl_shrink_args *a, const char *given);
#define epl_softshrink(...) /* x - lambd, 0 or x + lambd: towards 0 */ \
    epl_op_softshrink(EPL_ARGS1(epl_shrink_args, input, __VA_ARGS__))
EPL_API epl_val epl_op_hardshrink(const epl_shrink_args *a, const char *given);
#define epl_hardshrink(...) /* x where |x| > lambd, else 0 */ \
    epl_op_hardshrink(EPL_ARGS1(epl_shrink_args, input, __VA_ARGS__))
typedef struct {
    epl_val input;
    double min_val, max_val; /* default -1 and 1 */
} epl_hardtanh_args;
EPL_API epl_val epl_op_hardtanh(const epl_hardtanh_args *a, const char *given);
#define epl_hardtanh(...) /* min(max(x, min_val), max_val) */ \
    epl_op_hardtanh(EPL_ARGS1(epl_hardtanh_args, input, __VA_ARGS__))
typedef struct {
    epl_val input;
    double threshold, value;
} epl_threshold_args;
EPL_API epl_val epl_op_threshold(const epl_threshold_args *a, const char *given);
#define epl_threshold(...) /* x where x > threshold, else value */ \
    epl_op_threshold(EPL_ARGS3(epl_threshold_args, input, __VA_ARGS__))
typedef struct {
    epl_val input;
    int64_t dim; /* default -1 */
} epl_glu_args;
EPL_API epl_val epl_op_glu(const epl_glu_args *a, const char *given);
#define epl_glu(...) /* a sigmoid(b) of the halves a, b of x along dim */ \
    epl_op_glu(EPL_ARGS1(epl_glu_args, input, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
