/* dense.c -- see dense.h: the same code for both float types, and the choice between them. */
#include "dense.h"
#include <float.h>
#include <math.h>
#include <string.h>

#define REAL float
#define EPSILON FLT_EPSILON
#define TINY FLT_MIN
#define NAME(x) x##_f32
#include "dense_factor.h"
#include "dense_eigen.h"
#undef REAL
#undef EPSILON
#undef TINY
#undef NAME
#define REAL double
#define EPSILON DBL_EPSILON
#define TINY DBL_MIN
#define NAME(x) x##_f64
#include "dense_factor.h"
#include "dense_eigen.h"

int64_t epl__dense_cholesky(epl_dtype dtype, int64_t n, const void *a, void *l)
{
    return dtype == EPL_F64 ? cholesky_f64(n, a, l) : cholesky_f32(n, a, l);
}

int64_t epl__dense_lu(epl_dtype dtype, const epl__lu_form *f, const void *a, void *packed)
{
    return dtype == EPL_F64 ? lu_f64(f, a, packed) : lu_f32(f, a, packed);
}

int64_t epl__dense_lu_solve(epl_dtype dtype, int64_t n, int64_t columns, bool transposed,
                            const void *packed, void *x)
{
    return dtype == EPL_F64 ? lu_solve_f64(n, columns, transposed, packed, x)
                            : lu_solve_f32(n, columns, transposed, packed, x);
}

int64_t epl__dense_triangular(epl_dtype dtype, const epl__triangle *t, const void *a, void *x)
{
    return dtype == EPL_F64 ? triangular_f64(t, a, x) : triangular_f32(t, a, x);
}

epl__eigh_result epl__dense_eigh(epl_dtype dtype, int64_t n, const void *a, void *packed)
{
    return dtype == EPL_F64 ? eigh_f64(n, a, packed) : eigh_f32(n, a, packed);
}
