/* span_math_f64.c -- spans of the functions of math_f64.h. */
#include "math_f64.h"
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

#define SPAN(OP, function) MATH_SPAN(span_##function, double, function##_f64)
HOT(SPAN)
MATH_SPAN_LIMITED(span_sin, double, sin_f64, TURN_LIMIT_F64, sin)
MATH_SPAN_LIMITED(span_cos, double, cos_f64, TURN_LIMIT_F64, cos)

/* clang-format off */
#define AT(OP, function) {EPL__TILE_##OP, EPL_F64, 0, span_##function},
extern const epl__span_entry EPL_SPAN_NAME(math_f64_entries)[];
const epl__span_entry EPL_SPAN_NAME(math_f64_entries)[] = {
    HOT(AT) AT(SIN, sin) AT(COS, cos)
    {0, 0, 0, NULL},
};
/* clang-format on */
