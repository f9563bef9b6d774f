/* special.h -- functions that libm lacks, one double at a time. */
#ifndef EPL_SPECIAL_H
#define EPL_SPECIAL_H
/* The x with erf(x) = y; +-inf at +-1, NaN beyond. */
double epl__erfinv(double y);
/* The derivative of log gamma(x). -inf at +0, +inf at -0, NaN at negative integers. Exact
 * to some ulp of the largest term: near its zeros that is an absolute error. */
double epl__digamma(double x);
/* log |gamma(x)|, without libm's global sign. */
double epl__lgamma(double x);
/* Python's %: the sign of y. */
double epl__remainder(double x, double y);
float epl__remainder_f32(float x, float y);
/* Python's //, from fmod, so that x = y * (x // y) + x % y holds as well as it can. */
double epl__floordiv(double x, double y);
#endif
