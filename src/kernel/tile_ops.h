/* tile_ops.h -- the list of the tile engine's operations; kernel.h says what they mean. */
#ifndef EPL_TILE_OPS_H
#define EPL_TILE_OPS_H

#define EPL__TILE_MAP(X)                                                                      \
    /* name, operands; F float, I integer, B bool, R result bool: for which dtypes */         \
    X(COPY, 1, "FIB")                                                                         \
    X(NEG, 1, "FI")                                                                           \
    X(ABS, 1, "FI")                                                                           \
    X(SIGN, 1, "FI")                                                                          \
    X(EXP, 1, "F")                                                                            \
    X(EXP2, 1, "F")                                                                           \
    X(EXPM1, 1, "F")                                                                          \
    X(LOG, 1, "F")                                                                            \
    X(LOG2, 1, "F")                                                                           \
    X(LOG10, 1, "F")                                                                          \
    X(LOG1P, 1, "F")                                                                          \
    X(SQRT, 1, "F")                                                                           \
    X(RSQRT, 1, "F")                                                                          \
    X(RECIPROCAL, 1, "F")                                                                     \
    X(SQUARE, 1, "FI")                                                                        \
    X(SIN, 1, "F")                                                                            \
    X(COS, 1, "F")                                                                            \
    X(TAN, 1, "F")                                                                            \
    X(ASIN, 1, "F")                                                                           \
    X(ACOS, 1, "F")                                                                           \
    X(ATAN, 1, "F")                                                                           \
    X(SINH, 1, "F")                                                                           \
    X(COSH, 1, "F")                                                                           \
    X(TANH, 1, "F")                                                                           \
    X(ASINH, 1, "F")                                                                          \
    X(ACOSH, 1, "F")                                                                          \
    X(ATANH, 1, "F")                                                                          \
    X(ERF, 1, "F")                                                                            \
    X(ERFC, 1, "F")                                                                           \
    X(ERFINV, 1, "F")                                                                         \
    X(LGAMMA, 1, "F")                                                                         \
    X(DIGAMMA, 1, "F")                                                                        \
    X(SIGMOID, 1, "F")                                                                        \
    X(SOFTPLUS, 1, "F") /* log(1 + e^x) */                                                    \
    X(RELU, 1, "FI")    /* max(x, 0), NaN stays */                                            \
    X(FLOOR, 1, "FI")                                                                         \
    X(CEIL, 1, "FI")                                                                          \
    X(ROUND, 1, "FI") /* half to even */                                                      \
    X(TRUNC, 1, "FI")                                                                         \
    X(ISNAN, 1, "FR")                                                                         \
    X(NOT, 1, "BR")                                                                           \
    X(ADD, 2, "FI")                                                                           \
    X(SUB, 2, "FI")                                                                           \
    X(MUL, 2, "FI")                                                                           \
    X(DIV, 2, "FI")                                                                           \
    X(POW, 2, "FI")                                                                           \
    X(MAX, 2, "FIB")                                                                          \
    X(MIN, 2, "FIB")                                                                          \
    X(FMOD, 2, "FI")      /* sign of x */                                                     \
    X(REMAINDER, 2, "FI") /* sign of y, as Python's % */                                      \
    X(FLOORDIV, 2, "FI")                                                                      \
    X(ATAN2, 2, "F")                                                                          \
    X(HYPOT, 2, "F")                                                                          \
    X(COPYSIGN, 2, "F")                                                                       \
    X(NEXTAFTER, 2, "F")                                                                      \
    X(EQ, 2, "FIBR")                                                                          \
    X(NE, 2, "FIBR")                                                                          \
    X(LT, 2, "FIBR")                                                                          \
    X(LE, 2, "FIBR")                                                                          \
    X(AND, 2, "BR")                                                                           \
    X(OR, 2, "BR")                                                                            \
    X(XOR, 2, "BR")                                                                           \
    X(SELECT, 3, "FIB") /* x0 (BOOL) ? x1 : x2; dtype is that of x1 */                        \
    X(FMA, 3, "F")      /* x0 x1 + x2, rounded once or twice as the machine likes */          \
    X(CAST, 1, "FIB")   /* from any dtype to any `to`; bool(x) is x != 0; floats to integers: \
                           truncates, saturates, NaN gives 0; integers to narrower ones keep  \
                           the low bits; to floats rounds once, to nearest even */
typedef enum {
#define EPL_X(name, operands, types) EPL__TILE_##name,
    EPL__TILE_MAP(EPL_X)
#undef EPL_X
        EPL__TILE_END
} epl__tile_op;

#endif
