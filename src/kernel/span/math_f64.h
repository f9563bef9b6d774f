/* math_f64.h -- elementary functions of one double, as math_f32.h has them for floats.
 *
 * Invariant: the same. Whole numbers live in the last bits of a double rather than in an
 * int64_t wherever an instruction set lacks 64-bit shifts or conversions.
 */
#ifndef EPL_MATH_F64_H
#define EPL_MATH_F64_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define FUSED(x, y, w) __builtin_fma(x, y, w)
#else
#define FUSED(x, y, w) ((x) * (y) + (w))
#endif

#define LN2_HIGH_F64 0x1.62e42feep-1
#define LN2_LOW_F64 0x1.a39ef35793c76p-33
#define LOG2E_F64 0x1.71547652b82fep+0
#define WHOLE_F64 0x1.8p+52

static inline uint64_t bits_f64(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline double f64_bits(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* 2^k, -1022 <= k <= 1023, of t = k + WHOLE_F64 */
static inline double exp2_whole_f64(double t)
{
    return f64_bits((bits_f64(t) + 1023) << 52);
}

/* y 2^k in two steps, for results near overflow and below normal */
static inline double scaled_f64(double y, double k)
{
    const double half = k * 0.5 + WHOLE_F64;
    return y * exp2_whole_f64(half) * exp2_whole_f64(k - (half - WHOLE_F64) + WHOLE_F64);
}

/* e^r of the reduced r, what its last addition lost; *t is k + WHOLE; x in [-746, 710] */
static inline double exp_reduced_f64(double x, double *t, double *lost)
{
    *t = FUSED(x, LOG2E_F64, WHOLE_F64);
    const double k = *t - WHOLE_F64;
    const double high = FUSED(-k, LN2_HIGH_F64, x), r = FUSED(-k, LN2_LOW_F64, high);
    const double rest = FUSED(-k, LN2_LOW_F64, high - r); /* what r has lost */
    double q = FUSED(2.4999394670798621e-08, r, 2.7630012747969539e-07);
    q = FUSED(q, r, 2.755758809637366e-06);
    q = FUSED(q, r, 2.4801493892990059e-05);
    q = FUSED(q, r, 0.00019841269505486398);
    q = FUSED(q, r, 0.0013888888942699352);
    q = FUSED(q, r, 0.0083333333334942687);
    q = FUSED(q, r, 0.041666666666534548);
    q = FUSED(q, r, 0.16666666666666416);
    q = FUSED(q, r, 0.500000000000001);
    const double p = r + FUSED(r * r, q, rest), y = 1 + p;
    *lost = p - (y - 1);
    return y;
}

static inline double exp_f64(double x)
{
    double t, lost;
    const double low = x < -746 ? -746 : x;
    const double y = exp_reduced_f64(x > 710 ? 710 : low, &t, &lost);
    return scaled_f64(y, t - WHOLE_F64);
}

/* x in [-708, 709] */
static inline double exp_plain_f64(double x)
{
    double t, lost;
    const double y = exp_reduced_f64(x, &t, &lost);
    return y * exp2_whole_f64(t);
}

static inline double exp2_f64(double x)
{
    const double low = x < -1080 ? -1080 : x, y = x > 1030 ? 1030 : low;
    const double k = (y + WHOLE_F64) - WHOLE_F64, r = y - k;
    double p = FUSED(2.5741439002152072e-11, r, 4.456661603227187e-10);
    p = FUSED(p, r, 7.0548885493966075e-09);
    p = FUSED(p, r, 1.0178051298634692e-07);
    p = FUSED(p, r, 1.32154868321457e-06);
    p = FUSED(p, r, 1.525273385599237e-05);
    p = FUSED(p, r, 0.0001540353039334239);
    p = FUSED(p, r, 0.0013333558146390741);
    p = FUSED(p, r, 0.0096181291076284942);
    p = FUSED(p, r, 0.055504108664821694);
    p = FUSED(p, r, 0.24022650695910072);
    p = FUSED(p, r, 0.69314718055994529);
    return scaled_f64(FUSED(p, r, 1), k);
}

/* 2 (2^(k-1) (e^r - 1) + 2^(k-1) - 1/2): the halves keep k = 1024 in range */
static inline double expm1_f64(double x)
{
    const double low = x < -60 ? -60 : x, y = x > 710 ? 710 : low;
    const double t = FUSED(y, LOG2E_F64, WHOLE_F64), k = t - WHOLE_F64;
    const double r = FUSED(-k, LN2_LOW_F64, FUSED(-k, LN2_HIGH_F64, y));
    const double scale = exp2_whole_f64(t - 1);
    double q = FUSED(2.0924481696584001e-09, r, 2.5109082054654523e-08);
    q = FUSED(q, r, 2.7557242670444833e-07);
    q = FUSED(q, r, 2.7557244113088518e-06);
    q = FUSED(q, r, 2.4801587360604261e-05);
    q = FUSED(q, r, 0.0001984126988618329);
    q = FUSED(q, r, 0.0013888888888866856);
    q = FUSED(q, r, 0.0083333333333216273);
    q = FUSED(q, r, 0.041666666666666699);
    q = FUSED(q, r, 0.16666666666666677);
    q = FUSED(q, r, 0.5);
    const double p = FUSED(r * r, q, r), z = 2 * FUSED(scale, p, scale - 0.5);
    return fabs(x) < 0x1p-54 ? x : z;
}

/* u = 2^k (1 + f), u normal, 1 + f in [sqrt(1/2), sqrt(2)] */
static inline double log_split_f64(double u, double *k)
{
    const uint64_t i = bits_f64(u) - 0x3fe6a09e667f3bcdu;
    const uint64_t e = (i + ((uint64_t)1023 << 52)) >> 52; /* k + 1023 */
    *k = f64_bits(e | 0x4330000000000000u) - (0x1p52 + 1023);
    return f64_bits((i & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1;
}

/* s (f^2/2 + R), s = f / (2 + f): log(1 + f) = f - f^2/2 + this, from atanh's series */
static inline double log_tail_f64(double f)
{
    const double s = f / (2 + f), z = s * s;
    double p = FUSED(0.14757689318477937, z, 0.15318123449163695);
    p = FUSED(p, z, 0.18183393215001539);
    p = FUSED(p, z, 0.22222202155862758);
    p = FUSED(p, z, 0.28571428703726592);
    p = FUSED(p, z, 0.39999999999612418);
    p = FUSED(p, z, 0.66666666666666985);
    return s * FUSED(p, z, 0.5 * f * f);
}

/* k ln 2 + log(1 + f) + rest */
static inline double log_reduced_f64(double f, double k, double rest)
{
    const double square = 0.5 * f * f;
    const double tail = square - (FUSED(k, LN2_LOW_F64, log_tail_f64(f)) + rest);
    return FUSED(k, LN2_HIGH_F64, f - tail);
}

static inline double log_ends_f64(double x, double y)
{
    y = x < INFINITY ? y : x; /* NaN too */
    y = x < 0 ? NAN : y;
    return x == 0 ? -INFINITY : y;
}

static inline double log_f64(double x)
{
    double k;
    const double f = log_split_f64(x < 0x1p-1022 ? x * 0x1p54 : x, &k);
    return log_ends_f64(x, log_reduced_f64(f, k - (x < 0x1p-1022 ? 54 : 0), 0));
}

/* u = 1 + x loses `rest`; with k = 0 the sum f + rest is x itself. */
static inline double log1p_f64(double x)
{
    double k;
    const double u = 1 + x, back = u - 1, rest = (x - back) + (1 - (u - back));
    const double f = log_split_f64(u, &k);
    const double scale = exp2_whole_f64(WHOLE_F64 - (k > 128 ? 128 : k));
    const double y = log_reduced_f64(FUSED(rest, scale, f), k, 0);
    return fabs(x) < 0x1p-54 ? x : log_ends_f64(u, y);
}

/* (high + low) (a + b) + k c, where high has 32 bits or fewer and a, c 24: their products
 * are exact, and so is a whole result. */
static inline double log_base_f64(double x, double a, double b, double c_high, double c_low)
{
    double k;
    const double f = log_split_f64(x < 0x1p-1022 ? x * 0x1p54 : x, &k);
    k -= x < 0x1p-1022 ? 54 : 0;
    const double square = 0.5 * f * f, near = f - square;
    const double high = f64_bits(bits_f64(near) & 0xfffffffff8000000u); /* 26 bits */
    const double low = ((f - high) - square) + log_tail_f64(f);
    const double whole = k * c_high, main = high * a, sum = whole + main;
    const double lost = (whole - sum) + main; /* |whole| > |main|, or whole is 0 */
    return log_ends_f64(x, sum + (lost + (k * c_low + FUSED(low, a, (high + low) * b))));
}

static inline double log2_f64(double x)
{
    return log_base_f64(x, 0x1.715476p+0, 0x1.4ae0bf85ddf44p-26, 1, 0);
}

static inline double log10_f64(double x)
{
    return log_base_f64(x, 0x1.bcb7b0p-2, 0x1.526e50e32a6abp-26, 0x1.344134p-2,
                        0x1.09f79fef311f1p-26);
}

/* a polynomial below 5/8; above, 1 - 2 / (e^2|x| + 1) */
static inline double tanh_f64(double x)
{
    const double a = fabs(x), s = x * x, top = a > 22 ? 22 : a;
    double p = FUSED(6.0510375890230317e-06, s, -3.0210048376472513e-05);
    p = FUSED(p, s, 9.1584776628045994e-05);
    p = FUSED(p, s, -0.00023702910695687598);
    p = FUSED(p, s, 0.00058945902894519105);
    p = FUSED(p, s, -0.0014557279296955339);
    p = FUSED(p, s, 0.0035921143618952546);
    p = FUSED(p, s, -0.0088632343561607617);
    p = FUSED(p, s, 0.021869488472051044);
    p = FUSED(p, s, -0.053968253966210106);
    p = FUSED(p, s, 0.13333333333330097);
    p = FUSED(p, s, -0.33333333333333315);
    const double near = FUSED(a * s, p, a);
    const double far = 1 - 2 / (exp_plain_f64(2 * top) + 1);
    return copysign(a < 0.625 ? near : far, x);
}

/* e^-|x|, and what it lacks as a part of itself */
static inline double exp_down_f64(double x, double *lack)
{
    double t, lost;
    const double a = fabs(x), y = exp_reduced_f64(a > 746 ? -746 : -a, &t, &lost);
    *lack = lost * (2 - y); /* lost / y, roughly: y is between 0.7 and 1.4 */
    return scaled_f64(y, t - WHOLE_F64);
}

/* n / (1 + e), e = e^-|x|, n = 1 or e, times 1 + what n and 1 + e lack */
static inline double sigmoid_f64(double x)
{
    double lack;
    const double e = exp_down_f64(x, &lack), d = 1 + e;
    const double q = (x >= 0 ? 1 : e) / d, rest = (e - (d - 1)) + e * lack;
    return FUSED(q, (x >= 0 ? 0 : lack) - rest * FUSED(-0.5, d, 1.5), q);
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|); the logarithm's k is 0 or 1 */
static inline double softplus_f64(double x)
{
    double lack;
    const double e = exp_down_f64(x, &lack), half = e > 0.41421357f ? 0.5 : 0; /* k / 2 */
    const double f = FUSED(-half, e, e) - half;       /* e or (e - 1) / 2 */
    const double rest = e * lack * FUSED(-0.5, e, 1); /* over 1 + e, roughly */
    return (x > 0 ? x : 0) + log_reduced_f64(f, 2 * half, rest);
}

static inline double erf_near_f64(double x) /* |x| <= 1 */
{
    const double s = x * x;
    double p = FUSED(5.9607120141666939e-11, s, -1.1374970766332976e-09);
    p = FUSED(p, s, 1.4660332383167168e-08);
    p = FUSED(p, s, -1.6350396726974587e-07);
    p = FUSED(p, s, 1.646100852091039e-06);
    p = FUSED(p, s, -1.4925595774544614e-05);
    p = FUSED(p, s, 0.00012055331133038531);
    p = FUSED(p, s, -0.00085483269814273127);
    p = FUSED(p, s, 0.0052239776248284514);
    p = FUSED(p, s, -0.026866170645077875);
    p = FUSED(p, s, 0.11283791670954885);
    p = FUSED(p, s, -0.37612638903183748);
    p = FUSED(p, s, 0.12837916709551259);
    return FUSED(x, p, x);
}

/* 1 - e^Q(a), Q near log erfc, 1 <= a <= 6 */
static inline double erf_far_f64(double a)
{
    double q = FUSED(2.2490311613595123e-14, a, -1.245370870988744e-12);
    q = FUSED(q, a, 3.26496084803518e-11);
    q = FUSED(q, a, -5.3908847026530552e-10);
    q = FUSED(q, a, 6.2880627865000997e-09);
    q = FUSED(q, a, -5.5051600160040576e-08);
    q = FUSED(q, a, 3.7474495133418419e-07);
    q = FUSED(q, a, -2.023078111587622e-06);
    q = FUSED(q, a, 8.7225500722945907e-06);
    q = FUSED(q, a, -2.9775715400149014e-05);
    q = FUSED(q, a, 7.7440049254547019e-05);
    q = FUSED(q, a, -0.00013463236254450861);
    q = FUSED(q, a, 5.8518941772851067e-05);
    q = FUSED(q, a, 0.00050710949229524846);
    q = FUSED(q, a, -0.001629999776774626);
    q = FUSED(q, a, 0.0001670277937459004);
    q = FUSED(q, a, 0.019149386250135719);
    q = FUSED(q, a, -0.1027804123905549);
    q = FUSED(q, a, -0.63661771612198981);
    q = FUSED(q, a, -1.1283795077179788);
    q = FUSED(q, a, 2.6679077367099333e-08);
    return 1 - exp_plain_f64(q);
}

static inline double erf_f64(double x)
{
    const double a = fabs(x), far = erf_far_f64(a > 6 ? 6 : a);
    return a < 1 ? erf_near_f64(x) : copysign(far, x);
}

/* -- sine and cosine: |x| <= TURN_LIMIT_F64, else NaN or nonsense ----------------------- *
 * pi/2 in three parts. Fused, the first product is exact within the difference; else the
 * parts are 33 bits long and the limit lower. */
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define TURN_LIMIT_F64 0x1p30
#define PI_2_A_F64 0x1.921fb54442d18p+0
#define PI_2_B_F64 0x1.1a62633145c06p-54
#define PI_2_C_F64 0x1.c1cd129024e09p-107
#else
#define TURN_LIMIT_F64 0x1p20
#define PI_2_A_F64 0x1.921fb544p+0
#define PI_2_B_F64 0x1.0b4611a6p-34
#define PI_2_C_F64 0x1.3198a2e037073p-69
#endif

/* sin(x + quarters * pi/2): x = q pi/2 + r + low, q in the last bits of t */
static inline double wave_f64(double x, uint64_t quarters)
{
    const double t = FUSED(x, 0x1.45f306dc9c883p-1, WHOLE_F64), k = t - WHOLE_F64;
    const uint64_t q = bits_f64(t) + quarters;
    const double first = FUSED(-k, PI_2_A_F64, x), near = FUSED(-k, PI_2_B_F64, first);
    const double rest = FUSED(-k, PI_2_C_F64, FUSED(-k, PI_2_B_F64, first - near));
    const double r = near + rest, low = (near - r) + rest;
    const double s = r * r;
    double p = FUSED(-7.5787106644430068e-13, s, 1.6058367107219155e-10);
    p = FUSED(p, s, -2.5052104917559983e-08);
    p = FUSED(p, s, 2.7557319214224583e-06);
    p = FUSED(p, s, -0.00019841269841255164);
    p = FUSED(p, s, 0.0083333333333333228);
    p = FUSED(p, s, -0.16666666666666666);
    const double sine = r + FUSED(s * r, p, low);
    double c = FUSED(-1.1359544121399119e-11, s, 2.0875721575488035e-09);
    c = FUSED(c, s, -2.7557314342476272e-07);
    c = FUSED(c, s, 2.4801587289459118e-05);
    c = FUSED(c, s, -0.001388888888887411);
    c = FUSED(c, s, 0.041666666666666602);
    const double cosine = 1 - (0.5 * s - FUSED(s * s, c, -r * low));
    return f64_bits(bits_f64(q & 1 ? cosine : sine) ^ (q & 2) << 62);
}

static inline double sin_f64(double x)
{
    return fabs(x) < 0x1p-27 ? x : wave_f64(x, 0); /* keeps -0 */
}

static inline double cos_f64(double x)
{
    return wave_f64(x, 1);
}
#undef FUSED
#endif
