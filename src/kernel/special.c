/* special.c -- functions that libm lacks. */
#include "special.h"
#include <math.h>

static const long double pi = 0x3.243f6a8885a308d313198a2e037073p+0L;

/* A start within 0.3 percent (Winitzki's formula, or the slope at 0), then Halley's steps
 * on erf, or on erfc where erf is nearly 1: each step cubes the error. */
double epl__erfinv(double y)
{
    const double a = fabs(y), slope = 0x1.20dd750429b6dp+0;
    if (!(a < 1))
        return a == 1 ? copysign(INFINITY, y) : NAN;
    if (a < 1e-9)
        return y / slope;
    const double log_rest = log1p(-a * a), t = 4.330746750799873 + 0.5 * log_rest;
    double x = a < 0.1 ? a / slope : sqrt(sqrt(t * t - log_rest / 0.147) - t);
    for (int step = 0; step < 3; step++) {
        const double miss = a < 0.5 ? erf(x) - a : (1 - a) - erfc(x);
        const double u = miss / (slope * exp(-x * x));
        x -= u / (1 + u * x);
    }
    return copysign(x, y);
}

/* Upwards by psi(x) = psi(x + 1) - 1/x to where the asymptotic series holds. In long double,
 * because the two parts nearly cancel. */
static long double digamma_positive(long double x)
{
    long double below = 0;
    for (; x < 16; x++)
        below += 1 / x;
    const long double z = 1 / (x * x);
    long double s = 1.0L / 12;
    s = s * z - 691.0L / 32760;
    s = s * z + 1.0L / 132;
    s = s * z - 1.0L / 240;
    s = s * z + 1.0L / 252;
    s = s * z - 1.0L / 120;
    s = s * z + 1.0L / 12;
    return logl(x) - 0.5L / x - (x < 1e10L ? s * z : 0) - below;
}

double epl__digamma(double x)
{
    if (x == 0)
        return copysign(INFINITY, -x);
    if (!(x < 0))
        return x < INFINITY ? (double)digamma_positive(x) : x;
    const double rest = x - rint(x); /* exact; the tangent has period 1 in x */
    if (rest == 0 || !(x > -INFINITY))
        return NAN;
    return (double)(digamma_positive(1 - (long double)x) - pi / tanl(pi * rest));
}

double epl__lgamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

#define REMAINDER(name, T, f)                           \
    T name(T x, T y)                                    \
    {                                                   \
        const T rest = fmod##f(x, y);                   \
        if (rest == 0)                                  \
            return copysign##f(0, y);                   \
        return (rest < 0) != (y < 0) ? rest + y : rest; \
    }
REMAINDER(epl__remainder, double, )
REMAINDER(epl__remainder_f32, float, f)

double epl__floordiv(double x, double y)
{
    if (y == 0)
        return x / y;
    const double rest = fmod(x, y);
    double ratio = (x - rest) / y;
    if (rest != 0 && (rest < 0) != (y < 0))
        ratio -= 1;
    if (ratio == 0)
        return copysign(0, x / y);
    const double down = floor(ratio);
    return ratio - down > 0.5 ? down + 1 : down;
}
