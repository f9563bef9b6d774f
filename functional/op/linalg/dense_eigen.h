/* dense_eigen.h -- eigenvalues and vectors of a symmetric matrix of one float type. Included
 * once for each, with REAL, EPSILON, TINY and NAME(x) set.
 *
 * Golub & Van Loan, Matrix Computations, 8.3: reflections make the matrix tridiagonal (d, e),
 * rotations with Wilkinson's shift make it diagonal. z holds what is left of the matrix, then
 * the eigenvectors as rows, so that every loop runs along rows; it is transposed at the end.
 */

/* z = 2^-power (a + a') / 2 with entries of at most 1; false if one is not finite. */
static bool NAME(scaled)(int64_t n, const REAL *a, REAL *z, int *power)
{
    double largest = 0;
    for (int64_t i = 0; i < n * n; i++) {
        if (!isfinite(a[i]))
            return false;
        largest = fmax(largest, fabs((double)a[i]));
    }
    frexp(largest, power);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double half = ldexp((double)a[i * n + j], -*power - 1);
            z[i * n + j] = (REAL)(half + ldexp((double)a[j * n + i], -*power - 1));
        }
    return true;
}

/* A unit v with x - 2 v (v . x) = (first, 0, ..) in place of x; returns first. v is 0 where x has
 * nothing to reflect. */
static REAL NAME(reflector)(int64_t n, REAL *x)
{
    double sum = 0, largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)x[i]));
    for (int64_t i = 0; i < n && largest > 0; i++)
        sum += (double)x[i] / largest * ((double)x[i] / largest);
    double norm = largest * sqrt(sum), first = x[0] > 0 ? -norm : norm, head = (double)x[0] - first;
    double length = sqrt(2 * norm) * sqrt(fabs(head));
    if (!(length > 0)) {
        memset(x, 0, (size_t)n * sizeof *x);
        return 0;
    }
    x[0] = (REAL)head;
    for (int64_t i = 0; i < n; i++)
        x[i] = (REAL)((double)x[i] / length);
    return (REAL)first;
}

/* The rows of z from `from` on: z -= 2 (v w' + w v') with w = z v - v (v . z v), by the upper
 * triangle alone. w is room for as many numbers as v has. */
static void NAME(reflect)(int64_t n, int64_t from, REAL *z, const REAL *restrict v,
                          REAL *restrict w)
{
    int64_t m = n - from;
    REAL along = 0;
    memset(w, 0, (size_t)m * sizeof *w);
    for (int64_t i = 0; i < m; i++) {
        const REAL *row = z + (from + i) * n + from;
        REAL vi = v[i], sum = row[i] * vi;
        for (int64_t j = i + 1; j < m; j++) {
            sum += row[j] * v[j];
            w[j] += row[j] * vi;
        }
        w[i] += sum;
    }
    for (int64_t i = 0; i < m; i++)
        along += w[i] * v[i];
    for (int64_t i = 0; i < m; i++)
        w[i] = 2 * (w[i] - along * v[i]);
    for (int64_t i = 0; i < m; i++) {
        REAL *row = z + (from + i) * n + from, vi = v[i], wi = w[i];
        for (int64_t j = i; j < m; j++)
            row[j] -= vi * w[j] + wi * v[j];
    }
}

/* z becomes the transpose of q in q t q' = z, t tridiagonal: d on, e beside its diagonal. The
 * reflector of step k stands in row k, right of the diagonal, until it is multiplied out. */
static void NAME(tridiagonal)(int64_t n, REAL *z, REAL *d, REAL *e)
{
    for (int64_t k = 0; k < n; k++) {
        REAL *v = z + k * n + k + 1;
        d[k] = z[k * n + k];
        if (k + 2 < n) {
            REAL first = NAME(reflector)(n - k - 1, v);
            NAME(reflect)(n, k + 1, z, v, e + k + 1);
            e[k] = first;
        } else
            e[k] = k + 2 == n ? *v : 0;
    }
    for (int64_t k = n; k-- > 0;) {
        const REAL *v = z + k * n + k + 1;
        for (int64_t i = k + 1; k + 2 < n && i < n; i++) {
            REAL *row = z + i * n + k + 1, sum = 0;
            for (int64_t j = 0; j < n - k - 1; j++)
                sum += row[j] * v[j];
            for (int64_t j = 0; j < n - k - 1; j++)
                row[j] -= 2 * sum * v[j];
        }
        for (int64_t i = k; i < n; i++)
            z[k * n + i] = z[i * n + k] = i == k;
    }
}

/* One step on the unreduced part [lo, hi]: a rotation for each neighbouring pair. */
static void NAME(rotations)(int64_t n, int64_t lo, int64_t hi, REAL *d, REAL *e, REAL *z)
{
    double half = ((double)d[hi - 1] - (double)d[hi]) / 2, side = e[hi - 1];
    double shift = (double)d[hi] - side * (side / (half + copysign(hypot(half, side), half)));
    REAL x = (REAL)((double)d[lo] - shift), y = e[lo];
    for (int64_t k = lo; k < hi; k++) {
        REAL r = (REAL)hypot((double)x, (double)y), c = r > 0 ? x / r : 1, s = r > 0 ? y / r : 0;
        REAL q = s * (d[k] - d[k + 1]) - 2 * c * e[k];
        if (k > lo)
            e[k - 1] = r;
        d[k] -= s * q;
        d[k + 1] += s * q;
        e[k] = -c * q - e[k];
        if (k + 1 < hi) {
            x = e[k];
            y = s * e[k + 1];
            e[k + 1] *= c;
        }
        REAL *restrict up = z + k * n, *restrict down = up + n;
        for (int64_t j = 0; j < n; j++) {
            REAL u = up[j];
            up[j] = c * u + s * down[j];
            down[j] = c * down[j] - s * u;
        }
    }
}

static bool NAME(diagonal)(int64_t n, REAL *d, REAL *e, REAL *z)
{
    int64_t hi = n - 1, left = 60 * n;
    while (hi > 0) {
        for (int64_t k = 0; k < hi; k++) {
            double beside = fabs((double)d[k]) + fabs((double)d[k + 1]);
            if (fabs((double)e[k]) <= EPSILON * beside + TINY)
                e[k] = 0;
        }
        while (hi > 0 && e[hi - 1] == 0)
            hi--;
        int64_t lo = hi;
        while (lo > 0 && e[lo - 1] != 0)
            lo--;
        if (lo < hi && left-- <= 0)
            return false;
        if (lo < hi)
            NAME(rotations)(n, lo, hi, d, e, z);
    }
    return true;
}

/* Ascending; each vector's largest entry is positive. */
static void NAME(ordered)(int64_t n, REAL *d, REAL *z)
{
    for (int64_t k = 0; k < n; k++) {
        int64_t least = k, at = 0;
        for (int64_t i = k + 1; i < n; i++)
            least = d[i] < d[least] ? i : least;
        REAL *row = z + k * n;
        if (least != k) {
            NAME(swap)(1, d + k, d + least);
            NAME(swap)(n, row, z + least * n);
        }
        for (int64_t i = 1; i < n; i++)
            at = fabs((double)row[i]) > fabs((double)row[at]) ? i : at;
        REAL sign = row[at] < 0 ? -1 : 1;
        for (int64_t i = 0; i < n; i++)
            row[i] *= sign;
    }
}

static epl__eigh_result NAME(eigh)(int64_t n, const REAL *a, REAL *packed)
{
    REAL *d = packed, *z = d + n, *e = z + n * n;
    int power;
    if (!NAME(scaled)(n, a, z, &power))
        return EPL__EIGH_NOT_FINITE;
    NAME(tridiagonal)(n, z, d, e);
    if (!NAME(diagonal)(n, d, e, z))
        return EPL__EIGH_NOT_CONVERGED;
    NAME(ordered)(n, d, z);
    for (int64_t i = 0; i < n; i++) {
        d[i] = (REAL)ldexp((double)d[i], power);
        e[i] = 0;
        for (int64_t j = i + 1; j < n; j++)
            NAME(swap)(1, z + i * n + j, z + j * n + i);
    }
    return EPL__EIGH_OK;
}
