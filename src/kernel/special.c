/* special.c -- functions that libm lacks. */
#include "special.h"
#include <math.h>

static const double pi = 0x1.921fb54442d18p+1;

/* A start within 0.3 percent (Winitzki's formula, or the slope at 0), then Halley's steps
 * on erf, or on erfc where erf is nearly 1: each step cubes the error. */
double epl__erfinv(double y)
{
    const double a = fabs(y), slope = 2 / sqrt(pi);
    if (!(a < 1))
        return a == 1 ? copysign(INFINITY, y) : NAN;
    if (a < 1e-9)
        return y / slope;
    const double log_rest = log1p(-a * a), t = 2 / (pi * 0.147) + 0.5 * log_rest;
    double x = a < 0.1 ? a / slope : sqrt(sqrt(t * t - log_rest / 0.147) - t);
    for (int step = 0; step < 3; step++) {
        const double miss = a < 0.5 ? erf(x) - a : (1 - a) - erfc(x);
        const double u = miss / (slope * exp(-x * x));
        x -= u / (1 + u * x);
    }
    return copysign(x, y);
}

/* Upwards by psi(x) = psi(x + 1) - 1/x to where the asymptotic series holds. */
static double digamma_positive(double x)
{
    double below = 0;
    for (; x < 10; x++)
        below += 1 / x;
    const double z = 1 / (x * x);
    double s = 1.0 / 12;
    s = s * z - 691.0 / 32760;
    s = s * z + 1.0 / 132;
    s = s * z - 1.0 / 240;
    s = s * z + 1.0 / 252;
    s = s * z - 1.0 / 120;
    s = s * z + 1.0 / 12;
    return log(x) - 0.5 / x - (x < 1e8 ? s * z : 0) - below;
}

double epl__digamma(double x)
{
    if (x == 0)
        return copysign(INFINITY, -x);
    if (!(x < 0))
        return x < INFINITY ? digamma_positive(x) : x;
    const double rest = x - rint(x); /* exact; the tangent has period 1 in x */
    if (rest == 0 || !(x > -INFINITY))
        return NAN;
    return digamma_positive(1 - x) - pi / tan(pi * rest);
}

double epl__lgamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

#define DIVISIONS(T, f, suffix)                         \
    T epl__remainder##suffix(T x, T y)                  \
    {                                                   \
        const T rest = fmod##f(x, y);                   \
        if (rest == 0)                                  \
            return copysign##f(0, y);                   \
        return (rest < 0) != (y < 0) ? rest + y : rest; \
    }                                                   \
    T epl__floordiv##suffix(T x, T y)                   \
    {                                                   \
        if (y == 0)                                     \
            return x / y;                               \
        const T rest = fmod##f(x, y);                   \
        T ratio = (x - rest) / y;                       \
        if (rest != 0 && (rest < 0) != (y < 0))         \
            ratio -= 1;                                 \
        if (ratio == 0)                                 \
            return copysign##f(0, x / y);               \
        const T down = floor##f(ratio);                 \
        return ratio - down > (T)0.5 ? down + 1 : down; \
    }
DIVISIONS(double, , )
DIVISIONS(float, f, _f32)
