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
/* a^b; of integers by squaring. Derivatives at 0 are torch's: 0 with respect to a where b = 0,
 * and to b where a = 0 and b >= 0. */
EPL_API epl_val epl_pow(epl_val a, epl_val b);
EPL_API epl_val epl_float_power(epl_val a, epl_val b);     /* a^b in f64 */
EPL_API epl_val epl_lerp(epl_val a, epl_val b, epl_val t); /* a + t (b - a) */
/* The larger or smaller one, NaN if either is; at ties the derivative is halved. */
EPL_API epl_val epl_maximum(epl_val a, epl_val b);
EPL_API epl_val epl_minimum(epl_val a, epl_val b);

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
EPL_API epl_val epl_floor(epl_val x);
EPL_API epl_val epl_ceil(epl_val x);
EPL_API epl_val epl_trunc(epl_val x);

/* -- trigonometric and hyperbolic ---------------------------------------------------------- */
EPL_API epl_val epl_sin(epl_val x);
EPL_API epl_val epl_cos(epl_val x);
EPL_API epl_val epl_tanh(epl_val x);

#ifdef __cplusplus
}
#endif
#endif
