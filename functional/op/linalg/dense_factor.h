/* dense_factor.h -- factors and triangular systems of one float type. Included once for each,
 * with REAL (the type) and NAME(x) set.
 *
 * Invariant: an entry is its own number minus products that come in the order of their step,
 * so that blocks change memory traffic but no result.
 */

/* y[0..n) -= sum over j < k of m[j step] u[j ld ..]: four rows in a pass. */
static void NAME(minus)(int64_t n, REAL *restrict y, const REAL *restrict m, int64_t step,
                        int64_t k, const REAL *restrict u, int64_t ld)
{
    int64_t j = 0;
    for (; j + 4 <= k; j += 4, u += 4 * ld) {
        REAL m0 = m[j * step], m1 = m[(j + 1) * step];
        REAL m2 = m[(j + 2) * step], m3 = m[(j + 3) * step];
        for (int64_t i = 0; i < n; i++) {
            REAL v = y[i] - m0 * u[i];
            v -= m1 * u[ld + i];
            v -= m2 * u[2 * ld + i];
            y[i] = v - m3 * u[3 * ld + i];
        }
    }
    for (; j < k; j++, u += ld) {
        REAL m0 = m[j * step];
        for (int64_t i = 0; i < n; i++)
            y[i] -= m0 * u[i];
    }
}

/* Row k of u = l' needs the rows above it alone; u stands in the upper triangle until the end. */
static int64_t NAME(cholesky)(int64_t n, const REAL *a, REAL *u)
{
    for (int64_t k = 0; k < n; k++) {
        REAL *row = u + k * n;
        for (int64_t j = k; j < n; j++)
            row[j] = (a[k * n + j] + a[j * n + k]) / 2;
        NAME(minus)(n - k, row + k, u + k, n, k, u + k, n);
        if (!(row[k] > 0) || !isfinite(row[k]))
            return k + 1;
        REAL root = (REAL)sqrt((double)row[k]);
        for (int64_t j = k; j < n; j++)
            row[j] = j == k ? root : row[j] / root;
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i + 1; j < n; j++) {
            u[j * n + i] = u[i * n + j];
            u[i * n + j] = 0;
        }
    return 0;
}

static void NAME(swap)(int64_t n, REAL *restrict x, REAL *restrict y)
{
    for (int64_t i = 0; i < n; i++) {
        REAL keep = x[i];
        x[i] = y[i];
        y[i] = keep;
    }
}

/* Columns [first, end) of the rows from `first` on: the largest entry of each column becomes
 * the pivot, the first of equals; a NaN stays where it is. */
static void NAME(lu_panel)(int64_t n, REAL *lu, int64_t first, int64_t end)
{
    REAL *pivot = lu + n * n, *order = pivot + n;
    for (int64_t k = first; k < end; k++) {
        int64_t best = k;
        for (int64_t i = k + 1; i < n; i++)
            if (fabs((double)lu[i * n + k]) > fabs((double)lu[best * n + k]))
                best = i;
        pivot[k] = (REAL)best;
        if (best != k) {
            NAME(swap)(n, lu + k * n, lu + best * n);
            NAME(swap)(1, order + k, order + best);
        }
        const REAL *row = lu + k * n;
        for (int64_t i = k + 1; row[k] != 0 && i < n; i++) {
            lu[i * n + k] /= row[k];
            NAME(minus)(end - k - 1, lu + i * n + k + 1, lu + i * n + k, 1, 1, row + k + 1, n);
        }
    }
}

static void NAME(lu)(int64_t n, const REAL *a, REAL *lu)
{
    enum { BLOCK = 16 };
    if (n)
        memcpy(lu, a, (size_t)(n * n) * sizeof *lu);
    for (int64_t i = 0; i < n; i++)
        lu[(n + 1) * n + i] = (REAL)i;
    for (int64_t k = 0; k < n; k += BLOCK) {
        int64_t end = k + BLOCK < n ? k + BLOCK : n;
        NAME(lu_panel)(n, lu, k, end);
        for (int64_t i = k + 1; i < n && end < n; i++) {
            int64_t steps = (i < end ? i : end) - k;
            NAME(minus)(n - end, lu + i * n + end, lu + i * n + k, 1, steps, lu + k * n + end, n);
        }
    }
}

static int64_t NAME(triangular)(const epl__triangle *t, const REAL *a, REAL *x)
{
    int64_t n = t->n, m = t->columns, down = t->transposed ? 1 : n, along = t->transposed ? n : 1;
    bool backward = t->upper != t->transposed;
    for (int64_t i = 0; i < n && !t->unit; i++)
        if (a[i * n + i] == 0)
            return i + 1;
    for (int64_t k = 0; k < n; k++) {
        int64_t i = backward ? n - 1 - k : k, from = backward ? i + 1 : 0;
        REAL *row = x + i * m;
        NAME(minus)(m, row, a + i * down + from * along, along, k, x + from * m, m);
        for (int64_t j = 0; j < m && !t->unit; j++)
            row[j] /= a[i * n + i];
    }
    return 0;
}

/* a = p' l u: rows change places first; transposed, u' and l' come first and rows go back. */
static int64_t NAME(lu_solve)(int64_t n, int64_t m, bool transposed, const REAL *lu, REAL *x)
{
    const REAL *pivot = lu + n * n;
    epl__triangle l = {n, m, false, true, transposed}, u = {n, m, true, false, transposed};
    for (int64_t i = 0; i < n; i++)
        if (lu[i * n + i] == 0)
            return i + 1;
    for (int64_t i = 0; i < n && !transposed; i++)
        if ((int64_t)pivot[i] != i)
            NAME(swap)(m, x + i * m, x + (int64_t)pivot[i] * m);
    NAME(triangular)(transposed ? &u : &l, lu, x);
    NAME(triangular)(transposed ? &l : &u, lu, x);
    for (int64_t i = n; transposed && i-- > 0;)
        if ((int64_t)pivot[i] != i)
            NAME(swap)(m, x + i * m, x + (int64_t)pivot[i] * m);
    return 0;
}
