/* narrow.h -- 16-bit floats by integer arithmetic, without branches, so that loops over them
 * become vectors (base/half.h has them one at a time).
 *
 * Invariant: narrowing rounds once, to nearest even. What is wider than f32 is first cut to
 * f32 "to odd" (an inexact result gets an odd last bit), which a second rounding to 11 or
 * 8 bits cannot mistake for a tie. NaN stays NaN and becomes quiet.
 */
#ifndef EPL_NARROW_H
#define EPL_NARROW_H
#include <stdint.h>
#include <string.h>

static inline uint32_t bits_f32(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float f32_bits(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static inline float f32_of_bf16(uint16_t h)
{
    return f32_bits((uint32_t)h << 16);
}

static inline uint16_t bf16_of_f32(float x)
{
    const uint32_t u = bits_f32(x);
    const uint32_t near = (u + 0x7fff + (u >> 16 & 1)) >> 16;
    return (uint16_t)(x != x ? u >> 16 | 0x40 : near);
}

static inline float f32_of_f16(uint16_t h)
{
    const uint32_t a = h & 0x7fffu, sign = (uint32_t)(h & 0x8000u) << 16;
    const uint32_t normal = (a << 13) + 0x38000000u;
    const uint32_t small = bits_f32((float)(int32_t)a * 0x1p-24f);
    uint32_t u = a < 0x400u ? small : normal;
    u = a >= 0x7c00u ? u + 0x38000000u : u;
    u = a > 0x7c00u ? u | 0x400000u : u;
    return f32_bits(u | sign);
}

static inline uint16_t f16_of_f32(float x)
{
    const uint32_t u = bits_f32(x), a = u & 0x7fffffffu, sign = u >> 16 & 0x8000u;
    const uint32_t normal = (a + 0xfffu + (a >> 13 & 1) - 0x38000000u) >> 13;
    const uint32_t small = bits_f32(f32_bits(a) + 0.5f) - 0x3f000000u; /* steps of 2^-24 */
    uint32_t h = a < 0x38800000u ? small : normal;
    h = a >= 0x47800000u ? 0x7c00u : h; /* 65536; from 65520 on `normal` is inf already */
    h = a > 0x7f800000u ? 0x7e00u | (a >> 13 & 0x3ffu) : h;
    return (uint16_t)(h | sign);
}

static inline float f32_odd_of_f64(double x)
{
    const float near = (float)x;
    const double back = (double)near;
    const uint32_t u = bits_f32(near);
    const uint32_t cut = (x < 0 ? back < x : back > x) ? u - 1 : u; /* rounded away from 0 */
    return f32_bits(back != x && x == x ? cut | 1 : u);
}

/* Numbers past 2^53 lose 11 bits to an odd last bit, the rest is exact. */
static inline double f64_odd_of_i64(int64_t i)
{
    const uint64_t u = (uint64_t)i, low = u & 0x7ff;
    const uint64_t cut = (u & ~(uint64_t)0x7ff) | (uint64_t)(low != 0) << 11;
    const uint64_t size = i < 0 ? 0 - u : u;
    return (double)(int64_t)(size >> 53 ? cut : u);
}
#endif
