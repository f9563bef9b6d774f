/* span_compare.c -- comparisons, logic and selection.
 *
 * Invariant: a BOOL is a byte, 0 or 1; inputs are trusted to be so, outputs are.
 */
#include "span.h"
#include "../any.h"

#define COMPARE(D, T)                           \
    EPL_SPAN_BINARY(eq_##D, T, uint8_t, x == y) \
    EPL_SPAN_BINARY(ne_##D, T, uint8_t, x != y) \
    EPL_SPAN_BINARY(lt_##D, T, uint8_t, x < y)  \
    EPL_SPAN_BINARY(le_##D, T, uint8_t, x <= y)
#define COMPARE_INT(D, T, U) COMPARE(D, T)
EPL_SPAN_FLOATS(COMPARE)
EPL_SPAN_INTS(COMPARE_INT)

EPL_SPAN_UNARY(isnan_F32, float, uint8_t, x != x)
EPL_SPAN_UNARY(isnan_F64, double, uint8_t, x != x)
EPL_SPAN_UNARY(not_BOOL, uint8_t, uint8_t, x ^ 1)
EPL_SPAN_BINARY(and_BOOL, uint8_t, uint8_t, x &y)
EPL_SPAN_BINARY(or_BOOL, uint8_t, uint8_t, x | y)
EPL_SPAN_BINARY(xor_BOOL, uint8_t, uint8_t, x ^ y)

EPL_SPAN_TERNARY(select_1, uint8_t, epl__any1, epl__any1, x ? y : w)
EPL_SPAN_TERNARY(select_2, uint8_t, epl__any2, epl__any2, x ? y : w)
EPL_SPAN_TERNARY(select_4, uint8_t, epl__any4, epl__any4, x ? y : w)
EPL_SPAN_TERNARY(select_8, uint8_t, epl__any8, epl__any8, x ? y : w)

/* clang-format off */
#define AT(OP, D, span) {EPL__TILE_##OP, EPL_##D, 0, span},
#define LIST_COMPARE(D, T) AT(EQ, D, eq_##D) AT(NE, D, ne_##D) AT(LT, D, lt_##D) AT(LE, D, le_##D)
#define LIST_COMPARE_INT(D, T, U) LIST_COMPARE(D, T)

extern const epl__span_entry EPL_SPAN_NAME(compare_entries)[];
const epl__span_entry EPL_SPAN_NAME(compare_entries)[] = {
    EPL_SPAN_FLOATS(LIST_COMPARE) EPL_SPAN_INTS(LIST_COMPARE_INT)
    AT(ISNAN, F32, isnan_F32) AT(ISNAN, F64, isnan_F64) AT(NOT, BOOL, not_BOOL)
    AT(AND, BOOL, and_BOOL) AT(OR, BOOL, or_BOOL) AT(XOR, BOOL, xor_BOOL)
    AT(MAX, BOOL, or_BOOL) AT(MIN, BOOL, and_BOOL)
    AT(EQ, BOOL, eq_U8) AT(NE, BOOL, ne_U8) AT(LT, BOOL, lt_U8) AT(LE, BOOL, le_U8)
    AT(SELECT, F32, select_4) AT(SELECT, F64, select_8) AT(SELECT, BOOL, select_1)
    AT(SELECT, I64, select_8) AT(SELECT, I32, select_4) AT(SELECT, I16, select_2)
    AT(SELECT, I8, select_1) AT(SELECT, U8, select_1)
    {0, 0, 0, NULL},
};
/* clang-format on */
