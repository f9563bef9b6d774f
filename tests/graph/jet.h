/* jet.h -- numbers with infinitesimals: exact derivatives of any order that need no graph.
 *
 * A number is a polynomial in e_0 .. e_6 with e_i e_i = 0; coefficient S belongs to the product
 * of the e_i with bit i in S. f(a + e_i) has f'(a) there, and nests.
 */
#ifndef TEST_JET_H
#define TEST_JET_H
#include <math.h>
#include <string.h>

enum { JET_BITS = 7, JET = 1 << JET_BITS };
typedef struct {
    unsigned bits; /* coefficients of other infinitesimals are zero */
    double c[JET];
} jet;

static inline jet jet_of(double v)
{
    jet a = {0};
    a.c[0] = v;
    return a;
}

/* a + v e_i */
static inline jet jet_seed(jet a, int i, double v)
{
    a.c[1u << i] += v;
    a.bits |= 1u << i;
    return a;
}

/* What stands at e_i. */
static inline jet jet_slope(const jet *a, int i)
{
    jet d = {.bits = a->bits & ~(1u << i)};
    for (unsigned s = 0; s < JET; s++)
        if (!(s & 1u << i))
            d.c[s] = a->c[s | 1u << i];
    return d;
}

static inline jet jet_add(const jet *a, const jet *b)
{
    jet y = {.bits = a->bits | b->bits};
    for (int s = 0; s < JET; s++)
        y.c[s] = a->c[s] + b->c[s];
    return y;
}

static inline jet jet_scale(const jet *a, double k)
{
    jet y = {.bits = a->bits};
    for (int s = 0; s < JET; s++)
        y.c[s] = k * a->c[s];
    return y;
}

static inline jet jet_mul(const jet *a, const jet *b)
{
    jet y = {.bits = a->bits | b->bits};
    for (unsigned s = y.bits;; s = (s - 1) & y.bits) {
        unsigned p = s & a->bits;
        for (unsigned t = p;; t = (t - 1) & p) {
            y.c[s] += a->c[t] * b->c[s & ~t];
            if (!t)
                break;
        }
        if (!s)
            break;
    }
    return y;
}

/* f(a) by its Taylor series; d[k] is the k-th derivative at the number without infinitesimals. */
static inline jet jet_series(const jet *a, const double *d)
{
    jet small = *a, power = jet_of(1), y = jet_of(0);
    double factorial = 1;
    small.c[0] = 0;
    for (int k = 0; k <= JET_BITS; k++) {
        factorial *= k ? k : 1;
        jet term = jet_scale(&power, d[k] / factorial);
        y = jet_add(&y, &term);
        power = jet_mul(&power, &small);
    }
    return y;
}

static inline jet jet_sin(const jet *a)
{
    double s = sin(a->c[0]), c = cos(a->c[0]);
    const double d[] = {s, c, -s, -c, s, c, -s, -c};
    return jet_series(a, d);
}

static inline jet jet_exp(const jet *a)
{
    double e = exp(a->c[0]);
    const double d[] = {e, e, e, e, e, e, e, e};
    return jet_series(a, d);
}
#endif
