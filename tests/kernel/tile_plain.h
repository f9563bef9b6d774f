/* tile_plain.h -- tile operations one element at a time: floats in long double, integers in
 * 128 bits; and elements that are likely to go wrong.
 */
#ifndef EPL_TILE_PLAIN_H
#define EPL_TILE_PLAIN_H
#include "kernel_test.h"

static inline long double erfinv_plain(long double y)
{
    if (!(fabsl(y) < 1))
        return fabsl(y) == 1 ? copysignl(INFINITY, y) : NAN;
    long double low = 0, high = fabsl(y) < 0.5L ? 2 * fabsl(y) : 30;
    for (int i = 0; i < 80; i++) {
        const long double mid = (low + high) / 2;
        if (fabsl(y) < 0.5L ? erfl(mid) < fabsl(y) : erfcl(mid) > 1 - fabsl(y))
            low = mid;
        else
            high = mid;
    }
    return copysignl((low + high) / 2, y);
}

static inline long double digamma_plain(long double x)
{
    if (x == 0)
        return copysignl(INFINITY, -x);
    if (isinf(x))
        return x > 0 ? x : NAN;
    if (x < 0 && x == floorl(x))
        return NAN;
    if (x < 0) {
        const long double pi = acosl(-1), rest = x - rintl(x);
        return digamma_plain(1 - x) - pi / tanl(pi * rest);
    }
    long double below = 0;
    for (; x < 60; x++)
        below += 1 / x;
    const long double z = 1 / (x * x);
    return logl(x) - 0.5L / x - z * (1.0L / 12 - z * (1.0L / 120 - z * (1.0L / 252 - z / 240))) -
           below;
}

static inline long double softplus_plain(long double x)
{
    return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x));
}

static inline long double sigmoid_plain(long double x)
{
    return x > 0 ? 1 / (1 + expl(-x)) : expl(x) / (1 + expl(x));
}

static inline long double lgamma_plain(long double x)
{
    int sign;
    return lgammal_r(x, &sign);
}

static inline long double fmod_floor(long double x, long double y)
{
    const long double r = fmodl(x, y);
    return r == 0 ? copysignl(0, y) : (r < 0) != (y < 0) ? r + y : r;
}

static inline long double floordiv_plain(long double x, long double y)
{
    if (isinf(y) && isfinite(x) && x != 0)
        return (x < 0) == (y < 0) ? 0 : -1;
    const long double q = y == 0 ? 0 : (x - fmod_floor(x, y)) / y;
    return q == 0 ? (y == 0 ? x / y : copysignl(0, x / y)) : q;
}

static inline long double pick_max(long double x, long double y)
{
    return isnan(x) ? x : isnan(y) ? y : x > y ? x : y;
}

static inline long double pick_min(long double x, long double y)
{
    return isnan(x) ? x : isnan(y) ? y : x < y ? x : y;
}

static inline long double copy_plain(long double x)
{
    return x;
}

static inline long double neg_plain(long double x)
{
    return -x;
}

static inline long double sign_plain(long double x)
{
    return (x > 0) - (x < 0);
}

static inline long double rsqrt_plain(long double x)
{
    return 1 / sqrtl(x);
}

static inline long double reciprocal_plain(long double x)
{
    return 1 / x;
}

static inline long double square_plain(long double x)
{
    return x * x;
}

static inline long double relu_plain(long double x)
{
    return isnan(x) || x > 0 ? x : 0;
}

static inline long double isnan_plain(long double x)
{
    return isnan(x);
}

static inline long double float_unary(int op, long double x)
{
    static long double (*const plain[EPL__TILE_END])(long double) = {
        [EPL__TILE_COPY] = copy_plain,
        [EPL__TILE_NEG] = neg_plain,
        [EPL__TILE_ABS] = fabsl,
        [EPL__TILE_SIGN] = sign_plain,
        [EPL__TILE_EXP] = expl,
        [EPL__TILE_EXP2] = exp2l,
        [EPL__TILE_EXPM1] = expm1l,
        [EPL__TILE_LOG] = logl,
        [EPL__TILE_LOG2] = log2l,
        [EPL__TILE_LOG10] = log10l,
        [EPL__TILE_LOG1P] = log1pl,
        [EPL__TILE_SQRT] = sqrtl,
        [EPL__TILE_RSQRT] = rsqrt_plain,
        [EPL__TILE_RECIPROCAL] = reciprocal_plain,
        [EPL__TILE_SQUARE] = square_plain,
        [EPL__TILE_SIN] = sinl,
        [EPL__TILE_COS] = cosl,
        [EPL__TILE_TAN] = tanl,
        [EPL__TILE_ASIN] = asinl,
        [EPL__TILE_ACOS] = acosl,
        [EPL__TILE_ATAN] = atanl,
        [EPL__TILE_SINH] = sinhl,
        [EPL__TILE_COSH] = coshl,
        [EPL__TILE_TANH] = tanhl,
        [EPL__TILE_ASINH] = asinhl,
        [EPL__TILE_ACOSH] = acoshl,
        [EPL__TILE_ATANH] = atanhl,
        [EPL__TILE_ERF] = erfl,
        [EPL__TILE_ERFC] = erfcl,
        [EPL__TILE_ERFINV] = erfinv_plain,
        [EPL__TILE_LGAMMA] = lgamma_plain,
        [EPL__TILE_DIGAMMA] = digamma_plain,
        [EPL__TILE_SIGMOID] = sigmoid_plain,
        [EPL__TILE_SOFTPLUS] = softplus_plain,
        [EPL__TILE_RELU] = relu_plain,
        [EPL__TILE_FLOOR] = floorl,
        [EPL__TILE_CEIL] = ceill,
        [EPL__TILE_ROUND] = rintl,
        [EPL__TILE_TRUNC] = truncl,
        [EPL__TILE_ISNAN] = isnan_plain,
    };
    return plain[op] ? plain[op](x) : NAN;
}

static inline long double float_binary(int op, epl_dtype d, long double x, long double y)
{
    switch (op) {
    case EPL__TILE_ADD:
        return x + y;
    case EPL__TILE_SUB:
        return x - y;
    case EPL__TILE_MUL:
        return x * y;
    case EPL__TILE_DIV:
        return x / y;
    case EPL__TILE_POW:
        return powl(x, y);
    case EPL__TILE_MAX:
        return pick_max(x, y);
    case EPL__TILE_MIN:
        return pick_min(x, y);
    case EPL__TILE_FMOD:
        return fmodl(x, y);
    case EPL__TILE_REMAINDER:
        return fmod_floor(x, y);
    case EPL__TILE_FLOORDIV:
        return floordiv_plain(x, y);
    case EPL__TILE_ATAN2:
        return atan2l(x, y);
    case EPL__TILE_HYPOT:
        return hypotl(x, y);
    case EPL__TILE_COPYSIGN:
        return copysignl(x, y);
    case EPL__TILE_NEXTAFTER:
        return d == EPL_F32 ? (long double)nextafterf((float)x, (float)y)
                            : (long double)nextafter((double)x, (double)y);
    case EPL__TILE_EQ:
        return x == y;
    case EPL__TILE_NE:
        return x != y;
    case EPL__TILE_LT:
        return x < y;
    case EPL__TILE_LE:
        return x <= y;
    default:
        return NAN;
    }
}

/* In 128 bits, then cut to the dtype: what wraps, wraps. */
__extension__ typedef __int128 wide;
static inline wide int_plain(int op, int64_t x, int64_t y)
{
    const wide a = x, b = y;
    const wide floored = y == 0 ? 0 : a / b - (a % b != 0 && (x < 0) != (y < 0));
    switch (op) {
    case EPL__TILE_NEG:
        return -a;
    case EPL__TILE_ABS:
        return a < 0 ? -a : a;
    case EPL__TILE_SIGN:
        return (x > 0) - (x < 0);
    case EPL__TILE_SQUARE:
        return a * a;
    case EPL__TILE_RELU:
        return x > 0 ? x : 0;
    case EPL__TILE_NOT:
        return !x;
    case EPL__TILE_ADD:
        return a + b;
    case EPL__TILE_SUB:
        return a - b;
    case EPL__TILE_MUL:
        return a * b;
    case EPL__TILE_DIV:
        return y == 0 ? 0 : a / b;
    case EPL__TILE_FMOD:
        return y == 0 ? 0 : a % b;
    case EPL__TILE_REMAINDER:
        return y == 0 ? 0 : a - floored * b;
    case EPL__TILE_FLOORDIV:
        return floored;
    case EPL__TILE_MAX:
        return x > y ? x : y;
    case EPL__TILE_MIN:
        return x < y ? x : y;
    case EPL__TILE_EQ:
        return x == y;
    case EPL__TILE_NE:
        return x != y;
    case EPL__TILE_LT:
        return x < y;
    case EPL__TILE_LE:
        return x <= y;
    case EPL__TILE_AND:
        return x & y;
    case EPL__TILE_OR:
        return x | y;
    case EPL__TILE_XOR:
        return x ^ y;
    case EPL__TILE_POW: {
        uint64_t p = 1;
        if (y < 0)
            return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0;
        for (int64_t i = 0; i < y && i < 300; i++)
            p *= (uint64_t)x;
        return (int64_t)p;
    }
    default:
        return x; /* COPY, FLOOR, ... */
    }
}

static inline int64_t wrapped(epl_dtype d, wide x)
{
    switch (d) {
    case EPL_I64:
        return (int64_t)(uint64_t)x;
    case EPL_I32:
        return (int32_t)(uint32_t)x;
    case EPL_I16:
        return (int16_t)(uint16_t)x;
    case EPL_I8:
        return (int8_t)(uint8_t)x;
    default:
        return (uint8_t)x;
    }
}

static inline bool gives_bool(int op)
{
    return op == EPL__TILE_ISNAN || (op >= EPL__TILE_EQ && op <= EPL__TILE_LE);
}

static inline long double random_float(epl_dtype d)
{
    static const double special[] = {0.0,      -0.0,      1,     -1,    0.5,    -0.5,
                                     INFINITY, -INFINITY, NAN,   1e-45, -1e-45, 1.1754944e-38,
                                     3e38,     -3e38,     88.8,  -87.5, -103.5, 709.9,
                                     -745.2,   1e-310,    1e300, 2,     3,      -3,
                                     10,       100};
    const uint64_t kind = random_bits() % 10;
    const double sign = random_bits() & 1 ? 1 : -1, u = (double)(random_bits() >> 11) * 0x1p-53;
    double x = 0;
    if (kind == 0)
        x = special[random_bits() % (sizeof special / sizeof *special)];
    else if (kind < 5)
        x = sign * u * 4;
    else if (kind < 8)
        x = sign * u * 100;
    else if (kind == 8)
        x = sign * exp2(u * 40 - 30);
    else
        x = sign * exp2(d == EPL_F32 ? u * 270 - 145 : u * 2100 - 1060);
    return d == EPL_F32 ? (long double)(float)x : (long double)x;
}

static inline void fill_random(void *p, epl_dtype d, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (is_float(d)) {
            set(p, d, i, random_float(d));
        } else if (d == EPL_BOOL) {
            set(p, d, i, random_bits() & 1);
        } else {
            const uint64_t bits = random_bits() >> (random_bits() % 5 ? 0 : 56);
            const int64_t few = (int64_t)(random_bits() % 21) - 10;
            set(p, d, i, (long double)wrapped(d, random_bits() % 3 ? few : (int64_t)bits));
        }
    }
}
#endif
