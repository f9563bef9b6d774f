/* rare.c -- tile operations that call libm for each element.
 *
 * Compiled once, for all instruction sets. Floats are computed in double and rounded, where
 * that is not exact already.
 */
#include "special.h"
#include "span/span.h"
#include <math.h>

/* operation, function of a double */
#define RARE_UNARY(X)      \
    X(TAN, tan)            \
    X(ASIN, asin)          \
    X(ACOS, acos)          \
    X(ATAN, atan)          \
    X(SINH, sinh)          \
    X(COSH, cosh)          \
    X(ASINH, asinh)        \
    X(ACOSH, acosh)        \
    X(ATANH, atanh)        \
    X(ERFC, erfc)          \
    X(ERFINV, epl__erfinv) \
    X(LGAMMA, epl__lgamma) \
    X(DIGAMMA, epl__digamma)

#define UNARY(OP, function)                                     \
    EPL_SPAN_UNARY(F32_##OP, float, float, function((double)x)) \
    EPL_SPAN_UNARY(F64_##OP, double, double, function(x))
RARE_UNARY(UNARY)

EPL_SPAN_BINARY(F32_POW, float, float, pow((double)x, (double)y))
EPL_SPAN_BINARY(F64_POW, double, double, pow(x, y))
EPL_SPAN_BINARY(F32_ATAN2, float, float, atan2((double)x, (double)y))
EPL_SPAN_BINARY(F64_ATAN2, double, double, atan2(x, y))
EPL_SPAN_BINARY(F32_HYPOT, float, float, hypot((double)x, (double)y))
EPL_SPAN_BINARY(F64_HYPOT, double, double, hypot(x, y))
EPL_SPAN_BINARY(F32_FMOD, float, float, fmodf(x, y))
EPL_SPAN_BINARY(F64_FMOD, double, double, fmod(x, y))
EPL_SPAN_BINARY(F32_REMAINDER, float, float, epl__remainder_f32(x, y))
EPL_SPAN_BINARY(F64_REMAINDER, double, double, epl__remainder(x, y))
EPL_SPAN_BINARY(F32_FLOORDIV, float, float, epl__floordiv((double)x, (double)y))
EPL_SPAN_BINARY(F64_FLOORDIV, double, double, epl__floordiv(x, y))
EPL_SPAN_BINARY(F32_NEXTAFTER, float, float, nextafterf(x, y))
EPL_SPAN_BINARY(F64_NEXTAFTER, double, double, nextafter(x, y))

/* clang-format off */
#define AT(OP) {EPL__TILE_##OP, EPL_F32, 0, F32_##OP}, {EPL__TILE_##OP, EPL_F64, 0, F64_##OP},
#define AT_UNARY(OP, function) AT(OP)
const epl__span_entry epl__rare_entries[] = {
    RARE_UNARY(AT_UNARY) AT(POW) AT(ATAN2) AT(HYPOT) AT(FMOD) AT(REMAINDER) AT(FLOORDIV)
    AT(NEXTAFTER)
    {0, 0, 0, NULL},
};
/* clang-format on */
