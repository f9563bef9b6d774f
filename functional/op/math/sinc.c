/* sinc: y = sin(pi x) / (pi x), 1 at 0. The primitive is the n-th derivative of u = sin(t) / t
 * at t, so that derivatives of any order are exact at 0, too. */
#include "elementwise.h"

typedef struct {
    int64_t order;
} sinc_attrs;

/* The n-th derivative of sin at t. */
static double sin_order(double t, int64_t n)
{
    double y = n % 2 ? cos(t) : sin(t);
    return n % 4 >= 2 ? -y : y;
}

/* Near 0 the series: the sum of (-1)^k t^(2k-n) / ((2k+1) (2k-n)!) over 2k >= n. */
static double near_zero(double t, int64_t n)
{
    int64_t k = (n + 1) / 2;
    double sum = 0, power = 2 * k > n ? t : 1; /* t^(2k-n) / (2k-n)! */
    double sign = k % 2 ? -1 : 1;
    for (int64_t last = k + 40 + n; k < last; k++) {
        double m = (double)(2 * k - n);
        sum += sign * power / (double)(2 * k + 1);
        power *= t * t / ((m + 1) * (m + 2));
        sign = -sign;
    }
    return sum;
}

/* Elsewhere t u = sin t, derived n times: t u_n + n u_(n-1) = sin_n. */
static double scalar(const double *x, const void *attrs)
{
    int64_t n = ((const sinc_attrs *)attrs)->order;
    double t = x[0];
    if (fabs(t) <= (double)n / 2 + 1)
        return near_zero(t, n);
    double u = sin(t) / t;
    for (int64_t i = 1; i <= n; i++)
        u = (sin_order(t, i) - (double)i * u) / t;
    return u;
}

static epl_val build(epl_val t, int64_t order)
{
    return epl_op(&epl__prim_sinc, epl_list(t), &(sinc_attrs){order});
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count;
    return epl_mul(dx[0], build(x[0], ((const sinc_attrs *)attrs)->order + 1));
}

static const epl_attr attrs[] = {EPL_ATTR(sinc_attrs, order, EPL_INT, 0, 0, 1000), EPL_ATTR_END};
const epl_prim epl__prim_sinc = {.name = "sinc",
                                 .formula = "y = d^n/dt^n sin(t) / t",
                                 .inputs = 1,
                                 .elementwise = true,
                                 .attrs_size = sizeof(sinc_attrs),
                                 .attrs = attrs,
                                 .scalar = scalar,
                                 .jvp = jvp};

epl_val epl_sinc(epl_val x)
{
    epl_val t = epl_mul(x, epl_num(3.14159265358979323846));
    if (epl__is_num(t)) {
        double value;
        epl__is_splat(t, &value);
        return epl_num(scalar(&value, &(sinc_attrs){0}));
    }
    return epl__float_in("sinc", &t) ? build(t, 0) : EPL_NO_VAL;
}
EPL__OPERATION1(sinc, "sin(pi x) / (pi x)");
