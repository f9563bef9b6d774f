/* dense.h -- small dense matrices of numbers: factors, triangular systems, eigenvalues.
 *
 * Plain loops along rows, in place: no memory, no libraries. The order of all additions is
 * fixed by sizes alone. Matrices are row-major without gaps, F32 or F64 (what is computed
 * in it, too). Places in return values count from 1; 0: all is well.
 */
#ifndef EPL_DENSE_H
#define EPL_DENSE_H
#include <espalier/base.h>

/* l l' = (a + a') / 2, zeros above the diagonal. Returns the order of the first leading minor
 * that is not positive. */
int64_t epl__dense_cholesky(epl_dtype dtype, int64_t n, const void *a, void *l);

/* Factors of a [m, n]; without pivots no rows are exchanged. */
typedef struct {
    int64_t m, n;
    bool pivots;
} epl__lu_form;
/* packed [m, n + 2]: u on and above the diagonal, l (ones on its diagonal) below; then a column
 * with the row that step i changed places with (i itself from min(m, n) on), and one with the
 * order of rows: (l u)[i] = a[order[i]]. Both count from 0. A zero on the diagonal of u tells
 * that a is singular. Returns the step, without pivots, whose entry is zero and divides others. */
int64_t epl__dense_lu(epl_dtype dtype, const epl__lu_form *f, const void *a, void *packed);
/* x [n, columns] = a^-1 x, or its transpose's, for a square a; returns the row of a zero pivot. */
int64_t epl__dense_lu_solve(epl_dtype dtype, int64_t n, int64_t columns, bool transposed,
                            const void *packed, void *x);

typedef struct {
    int64_t n, columns, pitch;    /* pitch: from one row of a to the next */
    bool upper, unit, transposed; /* upper says which triangle of a is read */
} epl__triangle;
/* x [n, columns] = t^-1 x for the triangle t of a; returns the row of a zero on its diagonal. */
int64_t epl__dense_triangular(epl_dtype dtype, const epl__triangle *t, const void *a, void *x);

typedef enum { EPL__EIGH_OK, EPL__EIGH_NOT_FINITE, EPL__EIGH_NOT_CONVERGED } epl__eigh_result;
/* packed [n + 2, n]: the eigenvalues of (a + a') / 2, ascending; n rows whose columns are the
 * eigenvectors, each with its largest entry (the first of equals) positive; a row of zeros. */
epl__eigh_result epl__dense_eigh(epl_dtype dtype, int64_t n, const void *a, void *packed);
#endif
