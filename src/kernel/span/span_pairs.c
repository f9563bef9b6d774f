/* span_pairs.c -- two arithmetic operations in one walk over a tile.
 *
 * Invariant: both round, as if they were two steps (the sources of spans are compiled without
 * contraction).
 */
#include "span.h"

#define FIRST_ADD (x + y)
#define FIRST_SUB (x - y)
#define FIRST_MUL (x * y)
#define FIRST_DIV (x / y)
#define THEN_ADD(t, w) ((t) + (w))
#define THEN_MUL(t, w) ((t) * (w))
#define THEN_SUB(t, w) ((t) - (w))
#define THEN_SUB_FROM(t, w) ((w) - (t))
#define THEN_DIV(t, w) ((t) / (w))
#define THEN_DIV_OF(t, w) ((w) / (t))
#define THENS(X, D, T, first) \
    X(D, T, first, ADD)       \
    X(D, T, first, MUL)       \
    X(D, T, first, SUB)       \
    X(D, T, first, SUB_FROM)  \
    X(D, T, first, DIV)       \
    X(D, T, first, DIV_OF)
#define FIRSTS(X, D, T) THENS(X, D, T, ADD) THENS(X, D, T, SUB) THENS(X, D, T, MUL)
#define QUOTIENTS(X, D, T) THENS(X, D, T, DIV)
#define SQUARES(X, D, T) THENS(X, D, T, SQUARE)

#define TERNARY(D, T, first, then) \
    EPL_SPAN_TERNARY(pair_##first##_##then##_##D, T, T, T, THEN_##then(FIRST_##first, w))
#define BINARY(D, T, first, then) \
    EPL_SPAN_BINARY(pair_##first##_##then##_##D, T, T, THEN_##then((x * x), y))
#define LOOPS(D, T)          \
    FIRSTS(TERNARY, D, T)    \
    QUOTIENTS(TERNARY, D, T) \
    SQUARES(BINARY, D, T)
LOOPS(F32, float)
LOOPS(F64, double)
EPL_SPAN_UNARY(root0_F32, float, float, x > 0 ? __builtin_sqrtf(x) : 0)
EPL_SPAN_UNARY(root0_F64, double, double, x > 0 ? __builtin_sqrt(x) : 0)

/* clang-format off */
#define ENTRY(D, T, first, then) \
    {EPL__TILE_PAIR(EPL__FIRST_##first, EPL__THEN_##then), EPL_##D, 0, pair_##first##_##then##_##D},
#define LIST(D, T) FIRSTS(ENTRY, D, T) QUOTIENTS(ENTRY, D, T) SQUARES(ENTRY, D, T)
extern const epl__span_entry EPL_SPAN_NAME(pair_entries)[];
const epl__span_entry EPL_SPAN_NAME(pair_entries)[] = {
    LIST(F32, float) LIST(F64, double)
    {EPL__TILE_ROOT0, EPL_F32, 0, root0_F32},
    {EPL__TILE_ROOT0, EPL_F64, 0, root0_F64},
    {0, 0, 0, NULL},
};
/* clang-format on */
