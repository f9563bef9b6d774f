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
    return (unsigned)op < EPL__TILE_END ? ops[op].operands : 1;
}

const char *epl__tile_name(int op)
{
    return (unsigned)op < EPL__TILE_END ? ops[op].name : "POW";
}

double epl__tile_cost(int op, epl_dtype dtype)
{
    const double wide = dtype == EPL_F64 || dtype == EPL_I64 ? 2 : 1;
    const bool is_float = dtype == EPL_F32 || dtype == EPL_F64;
    switch (op) {
    case EPL__TILE_EXP:
    case EPL__TILE_EXP2:
    case EPL__TILE_LOG:
    case EPL__TILE_EXPM1:
    case EPL__TILE_LOG1P:
    case EPL__TILE_TANH:
    case EPL__TILE_SIGMOID:
    case EPL__TILE_ERF:
        return wide * wide * 0.3;
    case EPL__TILE_SIN:
    case EPL__TILE_COS:
    case EPL__TILE_SOFTPLUS:
    case EPL__TILE_LOG2:
    case EPL__TILE_LOG10:
        return wide * 0.6;
    case EPL__TILE_DIV:
    case EPL__TILE_SQRT:
    case EPL__TILE_RSQRT:
    case EPL__TILE_RECIPROCAL:
        return is_float ? wide * wide * 0.1 : 2;
    case EPL__TILE_TAN:
    case EPL__TILE_ASIN:
    case EPL__TILE_ACOS:
    case EPL__TILE_ATAN:
    case EPL__TILE_SINH:
    case EPL__TILE_COSH:
    case EPL__TILE_ASINH:
    case EPL__TILE_ACOSH:
    case EPL__TILE_ATANH:
    case EPL__TILE_ERFC:
    case EPL__TILE_LGAMMA:
    case EPL__TILE_DIGAMMA:
    case EPL__TILE_POW:
    case EPL__TILE_ATAN2:
    case EPL__TILE_FMOD:
    case EPL__TILE_REMAINDER:
    case EPL__TILE_FLOORDIV:
        return is_float ? 20 : 3;
    case EPL__TILE_ERFINV:
        return 150;
    case EPL__TILE_HYPOT:
    case EPL__TILE_NEXTAFTER:
        return 8;
    default:
        return wide * 0.05;
    }
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
