/* span_math_f32.c -- spans of the functions of math_f32.h. */
#include "math_f32.h"
#include "math_span.h"

/* operation, function */
#define HOT(X)          \
    X(EXP, exp)         \
    X(EXP2, exp2)       \
    X(EXPM1, expm1)     \
    X(LOG, log)         \
    X(LOG2, log2)       \
    X(LOG10, log10)     \
    X(LOG1P, log1p)     \
    X(TANH, tanh)       \
    X(ERF, erf)         \
    X(SIGMOID, sigmoid) \
    X(SOFTPLUS, softplus)

#define SPAN(OP, function) MATH_SPAN(span_##function, float, function##_f32)
HOT(SPAN)
MATH_SPAN_LIMITED(span_sin, float, sin_f32, TURN_LIMIT_F32, sinf)
MATH_SPAN_LIMITED(span_cos, float, cos_f32, TURN_LIMIT_F32, cosf)

/* clang-format off */
#define AT(OP, function) {EPL__TILE_##OP, EPL_F32, 0, span_##function},
extern const epl__span_entry EPL_SPAN_NAME(math_f32_entries)[];
const epl__span_entry EPL_SPAN_NAME(math_f32_entries)[] = {
    HOT(AT) AT(SIN, sin) AT(COS, cos)
    {0, 0, 0, NULL},
};
/* clang-format on */
