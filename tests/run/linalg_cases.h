/* linalg_cases.h -- linear algebra as functions of two values, of which some take one. */
#ifndef LINALG_CASES_H
#define LINALG_CASES_H
#include <espalier/espalier.h>

static inline epl_val cholesky(epl_val a, epl_val b)
{
    (void)b;
    return epl_cholesky(a);
}

static inline epl_val cholesky_upper(epl_val a, epl_val b)
{
    (void)b;
    return epl_cholesky(a, .upper = true);
}

static inline epl_val cholesky_solve(epl_val a, epl_val b)
{
    return epl_cholesky_solve(b, a);
}

static inline epl_val cholesky_solve_upper(epl_val a, epl_val b)
{
    return epl_cholesky_solve(b, a, .upper = true);
}

static inline epl_val lower_left(epl_val a, epl_val b)
{
    return epl_solve_triangular(a, b, .upper = false);
}

static inline epl_val upper_left(epl_val a, epl_val b)
{
    return epl_solve_triangular(a, b, .upper = true);
}

static inline epl_val lower_right(epl_val a, epl_val b)
{
    return epl_solve_triangular(a, b, .left = false);
}

static inline epl_val unit_left(epl_val a, epl_val b)
{
    return epl_solve_triangular(a, b, .unitriangular = true);
}

static inline epl_val solve(epl_val a, epl_val b)
{
    return epl_solve(a, b);
}

static inline epl_val solve_right(epl_val a, epl_val b)
{
    return epl_solve(a, b, .left = false);
}

static inline epl_val inv(epl_val a, epl_val b)
{
    (void)b;
    return epl_inv(a);
}

static inline epl_val det(epl_val a, epl_val b)
{
    (void)b;
    return epl_det(a);
}

static inline epl_val logabsdet(epl_val a, epl_val b)
{
    epl_val size;
    (void)b;
    epl_slogdet(a, .logabsdet = &size);
    return size;
}

static inline epl_val lu_factor(epl_val a, epl_val b)
{
    (void)b;
    return epl_lu_factor(a);
}

static inline epl_val eigvalsh(epl_val a, epl_val b)
{
    (void)b;
    return epl_eigvalsh(a);
}

static inline epl_val eigenvectors(epl_val a, epl_val b)
{
    epl_val v;
    (void)b;
    epl_eigh(a, .eigenvectors = &v);
    return v;
}

/* All entries of L, then of U, of matrices in a batch. */
static inline epl_val lu_parts(epl_val a, epl_val b)
{
    epl_val l, u;
    (void)b;
    epl_lu(a, .L = &l, .U = &u);
    l = epl_flatten(l, .start_dim = -2);
    return epl_cat(epl_list(l, epl_flatten(u, .start_dim = -2)), .dim = -1);
}

static inline epl_val lu_solve(epl_val a, epl_val b)
{
    epl_val pivots, lu = epl_lu_factor(a, .pivots = &pivots);
    return epl_lu_solve(lu, pivots, b);
}

static inline epl_val lu_solve_adjoint(epl_val a, epl_val b)
{
    epl_val pivots, lu = epl_lu_factor(a, .pivots = &pivots);
    return epl_lu_solve(lu, pivots, b, .adjoint = true);
}

static inline epl_val lu_solve_right(epl_val a, epl_val b)
{
    epl_val pivots, lu = epl_lu_factor(a, .pivots = &pivots);
    return epl_lu_solve(lu, pivots, b, .left = false);
}
#endif
