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
static int64_t NAME(lu_panel)(const epl__lu_form *f, REAL *lu, int64_t first, int64_t end)
{
    int64_t n = f->n, pitch = n + 2;
    for (int64_t k = first; k < end; k++) {
        REAL *row = lu + k * pitch;
        int64_t best = k;
        for (int64_t i = k + 1; f->pivots && i < f->m; i++)
            if (fabs((double)lu[i * pitch + k]) > fabs((double)lu[best * pitch + k]))
                best = i;
        row[n] = (REAL)best;
        if (best != k) {
            NAME(swap)(n, row, lu + best * pitch);
            NAME(swap)(1, row + n + 1, lu + best * pitch + n + 1);
        }
        for (int64_t i = k + 1; i < f->m; i++) {
            REAL *below = lu + i * pitch;
            if (row[k] == 0 && below[k] != 0 && !f->pivots)
                return k + 1;
            if (row[k] == 0)
                continue;
            below[k] /= row[k];
            NAME(minus)(end - k - 1, below + k + 1, below + k, 1, 1, row + k + 1, pitch);
        }
    }
    return 0;
}

static int64_t NAME(lu)(const epl__lu_form *f, const REAL *a, REAL *lu)
{
    enum { BLOCK = 16 };
    int64_t m = f->m, n = f->n, least = m < n ? m : n, pitch = n + 2, broken = 0;
    for (int64_t i = 0; i < m; i++) {
        REAL *row = lu + i * pitch;
        if (n)
            memcpy(row, a + i * n, (size_t)n * sizeof *lu);
        row[n] = row[n + 1] = (REAL)i;
    }
    for (int64_t k = 0; k < least && !broken; k += BLOCK) {
        int64_t end = k + BLOCK < least ? k + BLOCK : least;
        broken = NAME(lu_panel)(f, lu, k, end);
        for (int64_t i = k + 1; i < m && end < n; i++) {
            int64_t steps = (i < end ? i : end) - k;
            NAME(minus)
            (n - end, lu + i * pitch + end, lu + i * pitch + k, 1, steps, lu + k * pitch + end,
             pitch);
        }
    }
    return broken;
}

static int64_t NAME(triangular)(const epl__triangle *t, const REAL *a, REAL *x)
{
    int64_t n = t->n, m = t->columns, pitch = t->pitch;
    int64_t down = t->transposed ? 1 : pitch, along = t->transposed ? pitch : 1;
    bool backward = t->upper != t->transposed;
    for (int64_t i = 0; i < n && !t->unit; i++)
        if (a[i * pitch + i] == 0)
            return i + 1;
    for (int64_t k = 0; k < n; k++) {
        int64_t i = backward ? n - 1 - k : k, from = backward ? i + 1 : 0;
        REAL *row = x + i * m;
        NAME(minus)(m, row, a + i * down + from * along, along, k, x + from * m, m);
        for (int64_t j = 0; j < m && !t->unit; j++)
            row[j] /= a[i * pitch + i];
    }
    return 0;
}

/* a = p' l u: rows change places first; transposed, u' and l' come first and rows go back. */
static int64_t NAME(lu_solve)(int64_t n, int64_t m, bool transposed, const REAL *lu, REAL *x)
{
    int64_t pitch = n + 2;
    epl__triangle l = {n, m, pitch, false, true, transposed};
    epl__triangle u = {n, m, pitch, true, false, transposed};
    for (int64_t i = 0; i < n; i++)
        if (lu[i * pitch + i] == 0)
            return i + 1;
    for (int64_t i = 0; i < n && !transposed; i++) {
        int64_t other = (int64_t)lu[i * pitch + n];
        if (other != i)
            NAME(swap)(m, x + i * m, x + other * m);
    }
    NAME(triangular)(transposed ? &u : &l, lu, x);
    NAME(triangular)(transposed ? &l : &u, lu, x);
    for (int64_t i = n; transposed && i-- > 0;) {
        int64_t other = (int64_t)lu[i * pitch + n];
        if (other != i)
            NAME(swap)(m, x + i * m, x + other * m);
    }
    return 0;
}
