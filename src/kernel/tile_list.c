/* tile_list.c -- what is known of each tile operation: operands, dtypes, cost. */
#include "span/narrow.h"
#include "tile.h"
#include <string.h>

static const struct {
    const char *name;
    int operands;
    const char *types;
} ops[] = {
#define EPL_X(name, operands, types) {#name, operands, types},
    EPL__TILE_MAP(EPL_X)
#undef EPL_X
};

bool epl__tile_has(epl__tile_op op, epl_dtype dtype)
{
    if ((unsigned)op >= EPL__TILE_END)
        return false;
    switch (dtype) {
    case EPL_F32:
    case EPL_F64:
        return strchr(ops[op].types, 'F') != NULL;
    case EPL_I64:
    case EPL_I32:
    case EPL_I16:
    case EPL_I8:
    case EPL_U8:
        return strchr(ops[op].types, 'I') != NULL;
    case EPL_BOOL:
        return strchr(ops[op].types, 'B') != NULL;
    case EPL_BF16:
    case EPL_F16:
        return op == EPL__TILE_CAST;
    default:
        return false;
    }
}

int epl__tile_operands(epl__tile_op op)
{
    if ((int)op >= EPL__TILE_PAIRS)
        return (int)op < EPL__TILE_PAIR(EPL__FIRST_SQUARE, 0) ? 3 : 2;
    return (unsigned)op < EPL__TILE_END ? ops[op].operands : 1;
}

const char *epl__tile_name(int op)
{
    return (unsigned)op < EPL__TILE_END ? ops[op].name : "POW";
}

/* How an operation is computed, as far as its time goes. */
enum { SIMPLE, ROOT, SERIES, LONG_SERIES, LIBM, SEARCH };
static const uint8_t work[EPL__TILE_ALL] = {
    [EPL__TILE_DIV] = ROOT,
    [EPL__TILE_SQRT] = ROOT,
    [EPL__TILE_RSQRT] = ROOT,
    [EPL__TILE_RECIPROCAL] = ROOT,
    [EPL__TILE_ROOT0] = ROOT,
    [EPL__TILE_POWHALF] = ROOT,
    [EPL__TILE_EXP] = SERIES,
    [EPL__TILE_EXP2] = SERIES,
    [EPL__TILE_EXPM1] = SERIES,
    [EPL__TILE_LOG] = SERIES,
    [EPL__TILE_LOG1P] = SERIES,
    [EPL__TILE_TANH] = SERIES,
    [EPL__TILE_SIGMOID] = SERIES,
    [EPL__TILE_ERF] = SERIES,
    [EPL__TILE_SIN] = LONG_SERIES,
    [EPL__TILE_COS] = LONG_SERIES,
    [EPL__TILE_LOG2] = LONG_SERIES,
    [EPL__TILE_LOG10] = LONG_SERIES,
    [EPL__TILE_SOFTPLUS] = LONG_SERIES,
    [EPL__TILE_TAN] = LIBM,
    [EPL__TILE_ASIN] = LIBM,
    [EPL__TILE_ACOS] = LIBM,
    [EPL__TILE_ATAN] = LIBM,
    [EPL__TILE_SINH] = LIBM,
    [EPL__TILE_COSH] = LIBM,
    [EPL__TILE_ASINH] = LIBM,
    [EPL__TILE_ACOSH] = LIBM,
    [EPL__TILE_ATANH] = LIBM,
    [EPL__TILE_ERFC] = LIBM,
    [EPL__TILE_LGAMMA] = LIBM,
    [EPL__TILE_POW] = LIBM,
    [EPL__TILE_ATAN2] = LIBM,
    [EPL__TILE_FMOD] = LIBM,
    [EPL__TILE_REMAINDER] = LIBM,
    [EPL__TILE_FLOORDIV] = LIBM,
    [EPL__TILE_HYPOT] = LIBM,
    [EPL__TILE_NEXTAFTER] = LIBM,
    [EPL__TILE_ERFINV] = SEARCH,
    [EPL__TILE_DIGAMMA] = SEARCH,
};

double epl__tile_cost(int op, epl_dtype dtype)
{
    static const double ns[] = {0.03, 0.08, 0.3, 0.5, 15, 150};
    const bool is_float = dtype == EPL_F32 || dtype == EPL_F64;
    const double wide = (double)epl_dtype_bytes(dtype) / 4;
    if (op >= EPL__TILE_PAIRS) {
        const int first = (op - EPL__TILE_PAIRS) / EPL__THENS;
        const int then = (op - EPL__TILE_PAIRS) % EPL__THENS;
        return 0.04 * wide + (first == EPL__FIRST_DIV) * 0.08 * wide +
               (then >= EPL__THEN_DIV) * 0.08 * wide;
    }
    if (!is_float && work[op] != SIMPLE)
        return 2;
    if (work[op] >= LIBM)
        return ns[work[op]];
    return ns[work[op]] * wide * (work[op] == SIMPLE || wide < 1 ? 1 : 1.5);
}

uint64_t epl__tile_constant(epl_dtype dtype, double value, int64_t value_int)
{
    uint64_t bytes = 0;
    const float single = (float)value;
    const float odd = f32_odd_of_f64(value);
    uint16_t half;
    switch (dtype) {
    case EPL_F32:
        memcpy(&bytes, &single, sizeof single);
        break;
    case EPL_F64:
        memcpy(&bytes, &value, sizeof value);
        break;
    case EPL_BF16:
        half = bf16_of_f32(odd);
        memcpy(&bytes, &half, sizeof half);
        break;
    case EPL_F16:
        half = f16_of_f32(odd);
        memcpy(&bytes, &half, sizeof half);
        break;
    case EPL_I32:
        memcpy(&bytes, &(int32_t){(int32_t)value_int}, 4);
        break;
    case EPL_I16:
        memcpy(&bytes, &(int16_t){(int16_t)value_int}, 2);
        break;
    case EPL_I8:
    case EPL_U8:
        memcpy(&bytes, &(uint8_t){(uint8_t)value_int}, 1);
        break;
    case EPL_BOOL:
        memcpy(&bytes, &(uint8_t){value_int != 0}, 1);
        break;
    default:
        memcpy(&bytes, &value_int, sizeof value_int);
    }
    return bytes;
}
