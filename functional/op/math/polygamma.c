/* polygamma: y = the n-th derivative of digamma, n >= 1;  dy = polygamma(n + 1, x) dx.
 *
 * It is (-1)^(n+1) n! zeta(n + 1, x), the sum of 1 / (x + k)^(n+1) over k = 0, 1, ...: its head
 * is added term by term, its tail by Euler and Maclaurin's formula.
 */
#include "elementwise.h"

typedef struct {
    int64_t n;
} polygamma_attrs;

/* The sum of (x + k)^-s over k >= 0, for x > 0 and whole s >= 2. */
static double zeta_positive(double s, double x)
{
    /* B_2j / (2j)! */
    static const double weight[] = {1.0 / 12,           -1.0 / 720,
                                    1.0 / 30240,        -1.0 / 1209600,
                                    1.0 / 47900160,     -691.0 / 1307674368000.0,
                                    1.0 / 74724249600., -3617.0 / 1.0670622842880e16};
    double head = 0;
    for (double least = 10 + s / 2; x < least; x++) {
        double term = pow(x, -s);
        head += term;
        if (term <= head * 1e-20) /* so is what follows, which falls faster than e^-(k s / x) */
            return head;
    }
    double power = pow(x, -s), tail = x * power / (s - 1) + power / 2;
    double term = s * power / x; /* s (s+1) .. (s+2j-2) x^(-s-2j+1) */
    for (int j = 0; j < 8; j++) {
        tail += weight[j] * term;
        term *= (s + 2 * j + 1) * (s + 2 * j + 2) / (x * x);
    }
    return head + tail;
}

/* Below 0 the finitely many negative terms are a difference of two such sums. */
static double zeta(double s, double x)
{
    if (x > 0)
        return zeta_positive(s, x);
    double above = x - floor(x), below = ceil(x) - x;
    if (above == 0)
        return INFINITY;
    double negative = zeta_positive(s, below) - zeta_positive(s, 1 - x);
    return zeta_positive(s, above) + (fmod(s, 2) == 0 ? negative : -negative);
}

static double scalar(const double *x, const void *attrs)
{
    double n = (double)((const polygamma_attrs *)attrs)->n;
    if (isnan(x[0]) || isinf(x[0]))
        return x[0] > 0 ? 0 : NAN;
    return (fmod(n, 2) == 1 ? 1 : -1) * tgamma(n + 1) * zeta(n + 1, x[0]);
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count;
    return epl_mul(dx[0], epl_polygamma(((const polygamma_attrs *)attrs)->n + 1, x[0]));
}

static const epl_attr attrs[] = {EPL_ATTR(polygamma_attrs, n, EPL_INT, 1, 1, 1e6), EPL_ATTR_END};
const epl_prim epl__prim_polygamma = {.name = "polygamma",
                                      .formula = "y = (ln gamma)^(n+1)(x)",
                                      .inputs = 1,
                                      .elementwise = true,
                                      .attrs_size = sizeof(polygamma_attrs),
                                      .attrs = attrs,
                                      .scalar = scalar,
                                      .jvp = jvp,
                                      .test_min = 0.5,
                                      .test_max = 4};

epl_val epl_polygamma(int64_t n, epl_val x)
{
    if (n == 0)
        return epl_digamma(x);
    if (n < 0 || n > 1000000)
        return epl__bad(x, EPL_ERR_ARG, "[polygamma] n must be from 0 to 1000000, got %lld",
                        (long long)n);
    if (epl__is_num(x)) {
        double value;
        epl__is_splat(x, &value);
        return epl_num(scalar(&value, &(polygamma_attrs){n}));
    }
    if (!epl__float_in("polygamma", &x))
        return EPL_NO_VAL;
    return epl_op(&epl__prim_polygamma, epl_list(x), &(polygamma_attrs){n});
}
