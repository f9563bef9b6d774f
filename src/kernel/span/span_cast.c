/* span_cast.c -- every dtype to every other.
 *
 * Invariant: floats to integers truncate and saturate, NaN gives 0; integers to narrower
 * integers keep the low bits; anything to BOOL is x != 0. Floats round once.
 */
#include "narrow.h"
#include "span.h"

/* C type of a dtype's elements, and an element's value as a C number. */
#define TYPE_F32 float
#define TYPE_F64 double
#define TYPE_BF16 uint16_t
#define TYPE_F16 uint16_t
#define TYPE_I64 int64_t
#define TYPE_I32 int32_t
#define TYPE_I16 int16_t
#define TYPE_I8 int8_t
#define TYPE_U8 uint8_t
#define TYPE_BOOL uint8_t
#define NUMBER_BF16(x) f32_of_bf16(x)
#define NUMBER_F16(x) f32_of_f16(x)

/* y is x held inside [low, top], and top only for what is too large. */
#define SATURATE(name, T, F, low, top, largest) \
    static inline T name(F x)                   \
    {                                           \
        F y = x == x ? x : 0;                   \
        y = y < (low) ? (low) : y;              \
        const T cut = (T)(y >= (top) ? 0 : y);  \
        return y >= (top) ? (largest) : cut;    \
    }
#define SATURATE_ALL(F, f)                                             \
    SATURATE(I64_of_##f, int64_t, F, -0x1p63##f, 0x1p63##f, INT64_MAX) \
    SATURATE(I32_of_##f, int32_t, F, -0x1p31##f, 0x1p31##f, INT32_MAX) \
    SATURATE(I16_of_##f, int16_t, F, -0x1p15##f, 0x1p15##f, INT16_MAX) \
    SATURATE(I8_of_##f, int8_t, F, -0x1p7##f, 0x1p7##f, INT8_MAX)      \
    SATURATE(U8_of_##f, uint8_t, F, 0x0p0##f, 0x1p8##f, UINT8_MAX)
SATURATE_ALL(float, f)
SATURATE_ALL(double, )

#define CAST(S, D, expr) EPL_SPAN_UNARY(S##_to_##D, TYPE_##S, TYPE_##D, expr)
/* clang-format off */
#define FLOAT_TO_INTS(S, f, x_)                                                        \
    CAST(S, I64, I64_of_##f(x_)) CAST(S, I32, I32_of_##f(x_)) CAST(S, I16, I16_of_##f(x_)) \
    CAST(S, I8, I8_of_##f(x_)) CAST(S, U8, U8_of_##f(x_)) CAST(S, BOOL, (x_) != 0)
/* clang-format on */

FLOAT_TO_INTS(F32, f, x)
FLOAT_TO_INTS(F64, , x)
FLOAT_TO_INTS(BF16, f, NUMBER_BF16(x))
FLOAT_TO_INTS(F16, f, NUMBER_F16(x))

CAST(F32, F64, x)
CAST(F32, BF16, bf16_of_f32(x))
CAST(F32, F16, f16_of_f32(x))
CAST(F64, F32, x)
CAST(F64, BF16, bf16_of_f32(f32_odd_of_f64(x)))
CAST(F64, F16, f16_of_f32(f32_odd_of_f64(x)))
CAST(BF16, F32, NUMBER_BF16(x))
CAST(BF16, F64, NUMBER_BF16(x))
CAST(BF16, F16, f16_of_f32(NUMBER_BF16(x)))
CAST(F16, F32, NUMBER_F16(x))
CAST(F16, F64, NUMBER_F16(x))
CAST(F16, BF16, bf16_of_f32(NUMBER_F16(x)))

/* clang-format off */
#define INT_TO_FLOATS(S)                                                               \
    CAST(S, F32, x) CAST(S, F64, x) CAST(S, BF16, bf16_of_f32(NUMBER_##S(x)))          \
    CAST(S, F16, f16_of_f32(NUMBER_##S(x))) CAST(S, BOOL, x != 0)
/* clang-format on */
#define NUMBER_I64(x) f32_odd_of_f64(f64_odd_of_i64(x))
#define NUMBER_I32(x) f32_odd_of_f64((double)(x))
#define NUMBER_I16(x) ((float)(x))
#define NUMBER_I8(x) ((float)(x))
#define NUMBER_U8(x) ((float)(x))
#define NUMBER_BOOL(x) ((float)(x))
INT_TO_FLOATS(I64)
INT_TO_FLOATS(I32)
INT_TO_FLOATS(I16)
INT_TO_FLOATS(I8)
INT_TO_FLOATS(U8)
CAST(BOOL, F32, x)
CAST(BOOL, F64, x)
CAST(BOOL, BF16, bf16_of_f32(NUMBER_BOOL(x)))
CAST(BOOL, F16, f16_of_f32(NUMBER_BOOL(x)))

CAST(I64, I32, x)
CAST(I64, I16, x)
CAST(I64, I8, x)
CAST(I64, U8, x)
CAST(I32, I64, x)
CAST(I32, I16, x)
CAST(I32, I8, x)
CAST(I32, U8, x)
CAST(I16, I64, x)
CAST(I16, I32, x)
CAST(I16, I8, x)
CAST(I16, U8, x)
CAST(I8, I64, x)
CAST(I8, I32, x)
CAST(I8, I16, x)
CAST(I8, U8, x)
CAST(U8, I64, x)
CAST(U8, I32, x)
CAST(U8, I16, x)
CAST(U8, I8, x)
CAST(BOOL, I64, x)
CAST(BOOL, I32, x)
CAST(BOOL, I16, x)
CAST(BOOL, I8, x)
CAST(BOOL, U8, x)

#define SAME(bytes)                          \
    static void same_##bytes(EPL_SPAN_ARGS)  \
    {                                        \
        (void)b, (void)c, (void)flat;        \
        memmove(out, a, (size_t)n *(bytes)); \
    }
SAME(1)
SAME(2)
SAME(4)
SAME(8)

/* -- the list: a row for each source ----------------------------------------------------- */
/* clang-format off */
#define AT(S, D) {EPL__TILE_CAST, EPL_##S, EPL_##D, S##_to_##D},
#define AT_SAME(S, bytes) {EPL__TILE_CAST, EPL_##S, EPL_##S, same_##bytes},
#define TO_HALF(S) AT(S, BF16) AT(S, F16)
#define TO_INT(S) AT(S, I64) AT(S, I32) AT(S, I16) AT(S, I8) AT(S, U8) AT(S, BOOL)

extern const epl__span_entry EPL_SPAN_NAME(cast_entries)[];
const epl__span_entry EPL_SPAN_NAME(cast_entries)[] = {
    AT_SAME(F32, 4) AT(F32, F64) TO_HALF(F32) TO_INT(F32)
    AT_SAME(F64, 8) AT(F64, F32) TO_HALF(F64) TO_INT(F64)
    AT_SAME(BF16, 2) AT(BF16, F32) AT(BF16, F64) AT(BF16, F16) TO_INT(BF16)
    AT_SAME(F16, 2) AT(F16, F32) AT(F16, F64) AT(F16, BF16) TO_INT(F16)
    AT_SAME(I64, 8) AT(I64, F32) AT(I64, F64) TO_HALF(I64)
    AT(I64, I32) AT(I64, I16) AT(I64, I8) AT(I64, U8) AT(I64, BOOL)
    AT_SAME(I32, 4) AT(I32, F32) AT(I32, F64) TO_HALF(I32)
    AT(I32, I64) AT(I32, I16) AT(I32, I8) AT(I32, U8) AT(I32, BOOL)
    AT_SAME(I16, 2) AT(I16, F32) AT(I16, F64) TO_HALF(I16)
    AT(I16, I64) AT(I16, I32) AT(I16, I8) AT(I16, U8) AT(I16, BOOL)
    AT_SAME(I8, 1) AT(I8, F32) AT(I8, F64) TO_HALF(I8)
    AT(I8, I64) AT(I8, I32) AT(I8, I16) AT(I8, U8) AT(I8, BOOL)
    AT_SAME(U8, 1) AT(U8, F32) AT(U8, F64) TO_HALF(U8)
    AT(U8, I64) AT(U8, I32) AT(U8, I16) AT(U8, I8) AT(U8, BOOL)
    AT_SAME(BOOL, 1) AT(BOOL, F32) AT(BOOL, F64) TO_HALF(BOOL)
    AT(BOOL, I64) AT(BOOL, I32) AT(BOOL, I16) AT(BOOL, I8) AT(BOOL, U8)
    {0, 0, 0, NULL},
};
/* clang-format on */
