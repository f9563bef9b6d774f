/* span_arith.c -- arithmetic that the machine has, for every dtype.
 *
 * Invariant: integers wrap, division rounds to zero and gives 0 by zero; of floats, NaN
 * wins in MAX and MIN.
 */
#include "span.h"
#include <math.h>
#include <string.h>

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define FUSED_F32(x, y, w) __builtin_fmaf(x, y, w)
#define FUSED_F64(x, y, w) __builtin_fma(x, y, w)
#else
#define FUSED_F32(x, y, w) ((x) * (y) + (w))
#define FUSED_F64(x, y, w) ((x) * (y) + (w))
#endif

/* -- copies: by size, whatever the type ------------------------------------------------ */
#define COPY(bytes)                          \
    static void copy_##bytes(EPL_SPAN_ARGS)  \
    {                                        \
        (void)b, (void)c, (void)flat;        \
        memmove(out, a, (size_t)n *(bytes)); \
    }
COPY(1)
COPY(2)
COPY(4)
COPY(8)

/* -- floats ---------------------------------------------------------------------------- */
#define FLOATS(D, T, f)                                                                 \
    EPL_SPAN_UNARY(neg_##D, T, T, -x)                                                   \
    EPL_SPAN_UNARY(abs_##D, T, T, f##abs(x))                                            \
    EPL_SPAN_UNARY(sign_##D, T, T, (T)(x > 0) - (T)(x < 0))                             \
    EPL_SPAN_UNARY(square_##D, T, T, x *x)                                              \
    EPL_SPAN_UNARY(cube_##D, T, T, x *x *x)                                             \
    EPL_SPAN_UNARY(relu_##D, T, T, x <= 0 ? 0 : x)                                      \
    EPL_SPAN_UNARY(reciprocal_##D, T, T, 1 / x)                                         \
    EPL_SPAN_UNARY(sqrt_##D, T, T, f##sqrt(x))                                          \
    EPL_SPAN_UNARY(rsqrt_##D, T, T, 1 / f##sqrt(x))                                     \
    EPL_SPAN_UNARY(powhalf_##D, T, T, x == -(T)INFINITY ? (T)INFINITY : f##sqrt(x + 0)) \
    EPL_SPAN_UNARY(floor_##D, T, T, f##floor(x))                                        \
    EPL_SPAN_UNARY(ceil_##D, T, T, f##ceil(x))                                          \
    EPL_SPAN_UNARY(round_##D, T, T, f##rint(x))                                         \
    EPL_SPAN_UNARY(trunc_##D, T, T, f##trunc(x))                                        \
    EPL_SPAN_BINARY(add_##D, T, T, x + y)                                               \
    EPL_SPAN_BINARY(sub_##D, T, T, x - y)                                               \
    EPL_SPAN_BINARY(mul_##D, T, T, x *y)                                                \
    EPL_SPAN_BINARY(div_##D, T, T, x / y)                                               \
    EPL_SPAN_BINARY(max_##D, T, T, x > y || x != x ? x : y)                             \
    EPL_SPAN_BINARY(min_##D, T, T, x < y || x != x ? x : y)                             \
    EPL_SPAN_BINARY(copysign_##D, T, T, f##copysign(x, y))                              \
    EPL_SPAN_TERNARY(fma_##D, T, T, T, FUSED_##D(x, y, w))

#define F32_abs __builtin_fabsf
#define F32_sqrt __builtin_sqrtf
#define F32_floor __builtin_floorf
#define F32_ceil __builtin_ceilf
#define F32_rint __builtin_rintf
#define F32_trunc __builtin_truncf
#define F32_copysign __builtin_copysignf
#define F64_abs __builtin_fabs
#define F64_sqrt __builtin_sqrt
#define F64_floor __builtin_floor
#define F64_ceil __builtin_ceil
#define F64_rint __builtin_rint
#define F64_trunc __builtin_trunc
#define F64_copysign __builtin_copysign
FLOATS(F32, float, F32_)
FLOATS(F64, double, F64_)

/* -- integers: U is unsigned and at least as wide as an int ------------------------------ */
#define BELOW0(T, x) ((x) < (T)1 && (x) != 0) /* x < 0, also for types that never are */
#define QUOTIENT(D, T, U)                                                          \
    static inline T quotient_##D(T x, T y)                                         \
    {                                                                              \
        if (y == 0)                                                                \
            return 0;                                                              \
        return (T)-1 < 0 && y == (T)-1 ? (T)(0 - (U)x) : (T)(x / y);               \
    }                                                                              \
    static inline T rest_##D(T x, T y) /* the sign of x */                         \
    {                                                                              \
        return y == 0 || ((T)-1 < 0 && y == (T)-1) ? 0 : (T)(x % y);               \
    }                                                                              \
    static inline T floor_quotient_##D(T x, T y)                                   \
    {                                                                              \
        const T q = quotient_##D(x, y);                                            \
        return (T)((U)q - (rest_##D(x, y) != 0 && BELOW0(T, x) != BELOW0(T, y)));  \
    }                                                                              \
    static inline T floor_rest_##D(T x, T y) /* the sign of y */                   \
    {                                                                              \
        const T r = rest_##D(x, y);                                                \
        return (T)((U)r + (r != 0 && BELOW0(T, x) != BELOW0(T, y) ? (U)y : 0));    \
    }                                                                              \
    static inline T power_##D(T x, T y) /* a negative power is a quotient of 1 */  \
    {                                                                              \
        if (BELOW0(T, y))                                                          \
            return x == 1 ? 1 : (T)-1 < 0 && x == (T)-1 ? (T)(y & 1 ? -1 : 1) : 0; \
        U base = (U)x, p = 1;                                                      \
        for (U left = (U)y; left; left >>= 1) {                                    \
            if (left & 1)                                                          \
                p *= base;                                                         \
            base *= base;                                                          \
        }                                                                          \
        return (T)p;                                                               \
    }
#define INTEGERS(D, T, U)                                         \
    QUOTIENT(D, T, U)                                             \
    EPL_SPAN_UNARY(neg_##D, T, T, 0 - (U)x)                       \
    EPL_SPAN_UNARY(abs_##D, T, T, BELOW0(T, x) ? 0 - (U)x : (U)x) \
    EPL_SPAN_UNARY(sign_##D, T, T, (x != 0) - 2 * BELOW0(T, x))   \
    EPL_SPAN_UNARY(square_##D, T, T, (U)x *(U)x)                  \
    EPL_SPAN_UNARY(cube_##D, T, T, (U)x *(U)x *(U)x)              \
    EPL_SPAN_UNARY(relu_##D, T, T, x > 0 ? x : 0)                 \
    EPL_SPAN_BINARY(add_##D, T, T, (U)x + (U)y)                   \
    EPL_SPAN_BINARY(sub_##D, T, T, (U)x - (U)y)                   \
    EPL_SPAN_BINARY(mul_##D, T, T, (U)x *(U)y)                    \
    EPL_SPAN_BINARY(div_##D, T, T, quotient_##D(x, y))            \
    EPL_SPAN_BINARY(fmod_##D, T, T, rest_##D(x, y))               \
    EPL_SPAN_BINARY(remainder_##D, T, T, floor_rest_##D(x, y))    \
    EPL_SPAN_BINARY(floordiv_##D, T, T, floor_quotient_##D(x, y)) \
    EPL_SPAN_BINARY(pow_##D, T, T, power_##D(x, y))               \
    EPL_SPAN_BINARY(max_##D, T, T, x > y ? x : y)                 \
    EPL_SPAN_BINARY(min_##D, T, T, x < y ? x : y)
EPL_SPAN_INTS(INTEGERS)

/* -- the list -------------------------------------------------------------------------- */
/* clang-format off */
#define AT(OP, D, span) {EPL__TILE_##OP, EPL_##D, 0, span},
#define LIST_BOTH(D)                                                             \
    AT(NEG, D, neg_##D) AT(ABS, D, abs_##D) AT(SIGN, D, sign_##D)                \
    AT(SQUARE, D, square_##D) AT(CUBE, D, cube_##D) AT(RELU, D, relu_##D)        \
    AT(ADD, D, add_##D) AT(SUB, D, sub_##D) AT(MUL, D, mul_##D)                  \
    AT(DIV, D, div_##D) AT(MAX, D, max_##D) AT(MIN, D, min_##D)
#define LIST_FLOAT(D, T)                                                         \
    LIST_BOTH(D) AT(RECIPROCAL, D, reciprocal_##D) AT(SQRT, D, sqrt_##D)         \
    AT(RSQRT, D, rsqrt_##D) AT(POWHALF, D, powhalf_##D) AT(FLOOR, D, floor_##D)  \
    AT(CEIL, D, ceil_##D) AT(ROUND, D, round_##D) AT(TRUNC, D, trunc_##D)        \
    AT(COPYSIGN, D, copysign_##D) AT(FMA, D, fma_##D)
#define LIST_INT(D, T, U)                                                        \
    LIST_BOTH(D) AT(FMOD, D, fmod_##D) AT(REMAINDER, D, remainder_##D)           \
    AT(FLOORDIV, D, floordiv_##D) AT(POW, D, pow_##D)
/* Integers are whole already. */
#define LIST_COPY(D, bytes) AT(COPY, D, copy_##bytes)
#define LIST_WHOLE(D, bytes)                                                     \
    LIST_COPY(D, bytes) AT(FLOOR, D, copy_##bytes) AT(CEIL, D, copy_##bytes)     \
    AT(ROUND, D, copy_##bytes) AT(TRUNC, D, copy_##bytes)

extern const epl__span_entry EPL_SPAN_NAME(arith_entries)[];
const epl__span_entry EPL_SPAN_NAME(arith_entries)[] = {
    EPL_SPAN_FLOATS(LIST_FLOAT) EPL_SPAN_INTS(LIST_INT)
    LIST_COPY(F32, 4) LIST_COPY(F64, 8) LIST_COPY(BOOL, 1)
    LIST_WHOLE(I64, 8) LIST_WHOLE(I32, 4) LIST_WHOLE(I16, 2) LIST_WHOLE(I8, 1)
    LIST_WHOLE(U8, 1)
    {0, 0, 0, NULL},
};
/* clang-format on */
