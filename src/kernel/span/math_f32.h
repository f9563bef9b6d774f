/* math_f32.h -- elementary functions of one float, without branches and tables.
 *
 * Each is a reduction to a small interval, a polynomial (minimax, fitted for this file) and
 * selections for the ends. The compiler turns a loop over them into vectors.
 *
 * Invariant: at most 2 ulp from the true value, anywhere; signed zeros, infinities and NaN
 * as C has them. FUSED is one rounding where the machine has it, else two: nothing here
 * needs the one.
 */
#ifndef EPL_MATH_F32_H
#define EPL_MATH_F32_H
#include <math.h>
#include "narrow.h"
#include "math_f64.h"

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define FUSED(x, y, w) __builtin_fmaf(x, y, w)
#else
#define FUSED(x, y, w) ((x) * (y) + (w))
#endif

/* x = k ln 2 + r, |r| <= ln 2 / 2: ln 2 in two parts, k times the first is exact. */
#define LN2_HIGH_F32 0x1.62e4p-1f
#define LN2_LOW_F32 0x1.7f7d1cp-20f
#define LOG2E_F32 0x1.715476p+0f
#define WHOLE_F32 0x1.8p+23f /* added, it leaves a rounded whole number in the last bits */

static inline float exp2_whole_f32(int32_t k) /* 2^k, -126 <= k <= 127 */
{
    return f32_bits((uint32_t)(k + 127) << 23);
}

/* (e^r - 1 - r) / r^2 */
static inline float exp_tail_f32(float r)
{
    float q = FUSED(0x1.6a2644p-10f, r, 0x1.1239d6p-7f);
    q = FUSED(q, r, 0x1.5558ecp-5f);
    q = FUSED(q, r, 0x1.555492p-3f);
    return FUSED(q, r, 0x1.fffffcp-2f);
}

/* e^r of the reduced r, what its last addition lost, and k; x in [-104, 89] */
static inline float exp_reduced_f32(float x, int32_t *k, float *lost)
{
    const float t = FUSED(x, LOG2E_F32, WHOLE_F32), kf = t - WHOLE_F32;
    const float high = FUSED(-kf, LN2_HIGH_F32, x), r = FUSED(-kf, LN2_LOW_F32, high);
    const float rest = FUSED(-kf, LN2_LOW_F32, high - r); /* what r has lost */
    *k = (int32_t)(bits_f32(t) - 0x4b400000u);
    const float p = r + FUSED(r * r, exp_tail_f32(r), rest), y = 1 + p;
    *lost = p - (y - 1);
    return y;
}

/* Clamps ask x both times: a chain of selections on the result would become branches. */
static inline float exp_f32(float x)
{
    int32_t k;
    float lost;
    const float low = x < -104 ? -104 : x, y = exp_reduced_f32(x > 89 ? 89 : low, &k, &lost);
    const int32_t half = k >> 1; /* in two steps, for results near overflow and below normal */
    return y * exp2_whole_f32(half) * exp2_whole_f32(k - half);
}

/* x in [-87, 88] */
static inline float exp_plain_f32(float x)
{
    int32_t k;
    float lost;
    const float y = exp_reduced_f32(x, &k, &lost);
    return y * exp2_whole_f32(k);
}

static inline float exp2_f32(float x)
{
    const float low = x < -152 ? -152 : x, y = x > 129 ? 129 : low;
    const float t = y + WHOLE_F32, r = y - (t - WHOLE_F32);
    const int32_t k = (int32_t)(bits_f32(t) - 0x4b400000u), half = k >> 1;
    float p = FUSED(0x1.00f118p-16f, r, 0x1.445e44p-13f);
    p = FUSED(p, r, 0x1.5d8724p-10f);
    p = FUSED(p, r, 0x1.3b29f2p-7f);
    p = FUSED(p, r, 0x1.c6b08ep-5f);
    p = FUSED(p, r, 0x1.ebfbe0p-3f);
    p = FUSED(p, r, 0x1.62e430p-1f);
    return FUSED(p, r, 1) * exp2_whole_f32(half) * exp2_whole_f32(k - half);
}

/* 2 (2^(k-1) (e^r - 1) + 2^(k-1) - 1/2): the halves keep k = 128 in range */
static inline float expm1_f32(float x)
{
    const float low = x < -30 ? -30 : x, y = x > 89 ? 89 : low;
    const float t = FUSED(y, LOG2E_F32, WHOLE_F32), kf = t - WHOLE_F32;
    const float r = FUSED(-kf, LN2_LOW_F32, FUSED(-kf, LN2_HIGH_F32, y));
    const float scale = exp2_whole_f32((int32_t)(bits_f32(t) - 0x4b400000u) - 1);
    float q = FUSED(0x1.a19ef2p-13f, r, 0x1.6d746cp-10f);
    q = FUSED(q, r, 0x1.111092p-7f);
    q = FUSED(q, r, 0x1.5554aep-5f);
    q = FUSED(q, r, 0x1.555556p-3f);
    q = FUSED(q, r, 0.5f);
    const float p = FUSED(r * r, q, r), z = 2 * FUSED(scale, p, scale - 0.5f);
    return fabsf(x) < 0x1p-25f ? x : z;
}

/* k ln 2 + log(1 + f) + rest, 1 + f in [sqrt(1/2), sqrt(2)] */
static inline float log_reduced_f32(float f, float k, float rest)
{
    const float s = f * f;
    float p = FUSED(0x1.1b6f86p-4f, f, -0x1.e2da52p-4f);
    p = FUSED(p, f, 0x1.e6327ep-4f);
    p = FUSED(p, f, -0x1.fb44c4p-4f);
    p = FUSED(p, f, 0x1.23353ap-3f);
    p = FUSED(p, f, -0x1.5562e6p-3f);
    p = FUSED(p, f, 0x1.99a520p-3f);
    p = FUSED(p, f, -0x1.ffffeep-3f);
    p = FUSED(p, f, 0x1.555546p-2f);
    p = FUSED(p, s * f, FUSED(k, LN2_LOW_F32, rest));
    return FUSED(k, LN2_HIGH_F32, f + FUSED(-0.5f, s, p));
}

/* u = 2^k (1 + f), u normal */
static inline float log_split_f32(float u, int32_t *k)
{
    const uint32_t i = bits_f32(u) - 0x3f3504f3u;
    *k = (int32_t)i >> 23;
    return f32_bits((i & 0x7fffffu) + 0x3f3504f3u) - 1;
}

static inline float log_ends_f32(float x, float y)
{
    y = x < INFINITY ? y : x; /* NaN too */
    y = x < 0 ? NAN : y;
    return x == 0 ? -INFINITY : y;
}

static inline float log_f32(float x)
{
    int32_t k;
    const float f = log_split_f32(x < 0x1p-126f ? x * 0x1p23f : x, &k);
    return log_ends_f32(x, log_reduced_f32(f, (float)k - (x < 0x1p-126f ? 23 : 0), 0));
}

/* u = 1 + x loses `rest`; with k = 0 the sum f + rest is x itself. */
static inline float log1p_f32(float x)
{
    int32_t k;
    const float u = 1 + x, back = u - 1, rest = (x - back) + (1 - (u - back));
    const float f = log_split_f32(u, &k);
    const float scale = exp2_whole_f32(k > 64 ? -64 : -k);
    const float y = log_reduced_f32(FUSED(rest, scale, f), (float)k, 0);
    return fabsf(x) < 0x1p-25f ? x : log_ends_f32(u, y);
}

static inline float log2_f32(float x)
{
    return (float)log2_f64((double)x);
}

static inline float log10_f32(float x)
{
    return (float)log10_f64((double)x);
}

/* a polynomial below 5/8; above, 1 - 2 / (e^2|x| + 1) */
static inline float tanh_f32(float x)
{
    const float a = fabsf(x), s = x * x, top = a > 10 ? 10 : a;
    float p = FUSED(0x1.19536ap-9f, s, -0x1.0c19acp-7f);
    p = FUSED(p, s, 0x1.639428p-6f);
    p = FUSED(p, s, -0x1.b9ef86p-5f);
    p = FUSED(p, s, 0x1.11106cp-3f);
    p = FUSED(p, s, -0x1.555554p-2f);
    const float near = FUSED(a * s, p, a);
    const float far = 1 - 2 / (exp_plain_f32(2 * top) + 1);
    return copysignf(a < 0.625f ? near : far, x);
}

/* e^-|x|, and what it lacks as a part of itself */
static inline float exp_down_f32(float x, float *lack)
{
    int32_t k;
    float lost;
    const float a = fabsf(x), y = exp_reduced_f32(a > 104 ? -104 : -a, &k, &lost);
    const int32_t half = k >> 1;
    *lack = lost * (2 - y); /* lost / y, roughly: y is between 0.7 and 1.4 */
    return y * exp2_whole_f32(half) * exp2_whole_f32(k - half);
}

/* n / (1 + e), e = e^-|x|, n = 1 or e, times 1 + what n and 1 + e lack */
static inline float sigmoid_f32(float x)
{
    float lack;
    const float e = exp_down_f32(x, &lack), d = 1 + e;
    const float q = (x >= 0 ? 1 : e) / d, rest = (e - (d - 1)) + e * lack;
    return FUSED(q, (x >= 0 ? 0 : lack) - rest * FUSED(-0.5f, d, 1.5f), q);
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|); the logarithm's k is 0 or 1 */
static inline float softplus_f32(float x)
{
    float lack;
    const float e = exp_down_f32(x, &lack), half = e > 0.41421357f ? 0.5f : 0; /* k / 2 */
    const float f = FUSED(-half, e, e) - half;        /* e or (e - 1) / 2 */
    const float rest = e * lack * FUSED(-0.5f, e, 1); /* over 1 + e, roughly */
    return (x > 0 ? x : 0) + log_reduced_f32(f, 2 * half, rest);
}

/* |x| < 1: x + x P(x^2); above, 1 - e^Q(|x|), Q near log erfc */
static inline float erf_f32(float x)
{
    const float a = fabsf(x), s = x * x, top = a > 4 ? 4 : a;
    float p = FUSED(0x1.4ae484p-14f, s, -0x1.a485d0p-11f);
    p = FUSED(p, s, 0x1.5419f2p-8f);
    p = FUSED(p, s, -0x1.b7fbb4p-6f);
    p = FUSED(p, s, 0x1.ce2d20p-4f);
    p = FUSED(p, s, -0x1.81273ep-2f);
    p = FUSED(p, s, 0x1.06eba8p-3f);
    float q = FUSED(-0x1.6bd518p-16f, top, 0x1.cec3dcp-12f);
    q = FUSED(q, top, -0x1.138c0cp-8f);
    q = FUSED(q, top, 0x1.9d0288p-6f);
    q = FUSED(q, top, -0x1.bc14e4p-4f);
    q = FUSED(q, top, -0x1.44356cp-1f);
    q = FUSED(q, top, -0x1.212c0cp+0f);
    q = FUSED(q, top, 0x1.8a4c0cp-13f);
    const float far = 1 - exp_plain_f32(q);
    return a < 1 ? FUSED(x, p, x) : copysignf(far, x);
}

/* -- sine and cosine: |x| <= TURN_LIMIT_F32, else NaN or nonsense ----------------------- */
#define TURN_LIMIT_F32 0x1p23f

/* x = q pi/2 + r; the reduction is done in f64. q in the last two bits. */
static inline float turn_f32(float x, uint32_t *q)
{
    const double t = (double)x * 0x1.45f306dc9c883p-1 + 0x1.8p+52, k = t - 0x1.8p+52;
    *q = (uint32_t)bits_f64(t);
    return (float)(((double)x - k * 0x1.921fb544p+0) - k * 0x1.0b4611a626331p-34);
}

static inline float sin_reduced_f32(float r)
{
    const float s = r * r;
    float p = FUSED(0x1.6cd740p-19f, s, -0x1.a00f9ap-13f);
    p = FUSED(p, s, 0x1.111108p-7f);
    p = FUSED(p, s, -0x1.555556p-3f);
    return FUSED(p, s * r, r);
}

static inline float cos_reduced_f32(float r)
{
    const float s = r * r;
    float p = FUSED(-0x1.242982p-22f, s, 0x1.a0111ap-16f);
    p = FUSED(p, s, -0x1.6c16b8p-10f);
    p = FUSED(p, s, 0x1.555556p-5f);
    return FUSED(p, s * s, FUSED(-0.5f, s, 1));
}

/* sin(x + quarters * pi/2) */
static inline float wave_f32(float x, uint32_t quarters)
{
    uint32_t q;
    const float r = turn_f32(x, &q);
    q += quarters;
    const float y = q & 1 ? cos_reduced_f32(r) : sin_reduced_f32(r);
    return f32_bits(bits_f32(y) ^ (q & 2) << 30);
}

static inline float sin_f32(float x)
{
    return fabsf(x) < 0x1p-13f ? x : wave_f32(x, 0); /* keeps -0 */
}

static inline float cos_f32(float x)
{
    return wave_f32(x, 1);
}
#undef FUSED
#endif
