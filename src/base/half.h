/* half.h -- f16 and bf16, to and from f32.
 *
 * To 16 bits rounds to nearest, ties to even; overflow gives infinity, NaN stays NaN (quiet,
 * with its sign). From 16 bits is exact.
 */
#ifndef EPL_HALF_H
#define EPL_HALF_H
#include <stdint.h>
#include <string.h>

static inline uint32_t epl__float_bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float epl__bits_float(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static inline float epl__bf16_to_f32(uint16_t h)
{
    return epl__bits_float((uint32_t)h << 16);
}

static inline uint16_t epl__f32_to_bf16(float x)
{
    uint32_t u = epl__float_bits(x);
    if ((u & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)((u >> 16) | 0x0040u);
    return (uint16_t)((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}

static inline float epl__f16_to_f32(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
    uint32_t rest = (uint32_t)(h & 0x7fffu);
    if (rest >= 0x7c00u) /* infinity, NaN */
        return epl__bits_float(sign | 0x7f800000u | (rest & 0x03ffu) << 13);
    if (rest >= 0x0400u) /* the exponents' biases are 127 and 15 */
        return epl__bits_float(sign | ((rest << 13) + (112u << 23)));
    float tiny = (float)rest * 0x1p-24f;
    return epl__bits_float(sign | epl__float_bits(tiny));
}

static inline uint16_t epl__f32_to_f16(float x)
{
    uint32_t u = epl__float_bits(x);
    uint16_t sign = (uint16_t)((u >> 16) & 0x8000u);
    u &= 0x7fffffffu;
    if (u > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u | ((u >> 13) & 0x01ffu));
    if (u >= 0x477ff000u) /* 65520 and above round to infinity */
        return (uint16_t)(sign | 0x7c00u);
    if (u >= 0x38800000u) { /* normal: from 2^-14 */
        uint32_t r = u - (112u << 23);
        return (uint16_t)(sign | ((r + 0x0fffu + ((r >> 13) & 1u)) >> 13));
    }
    /* 0.5 has the spacing 2^-24: adding it leaves the rounded number in the low bits. */
    float y = epl__bits_float(u) + 0.5f;
    return (uint16_t)(sign | (epl__float_bits(y) - 0x3f000000u));
}
#endif
