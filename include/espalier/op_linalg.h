/* op_linalg.h -- dense linear algebra on small matrices. Names and arguments are torch.linalg's.
 *
 * A matrix is the last two axes of an f32 or f64 value; the axes before them are a batch, and
 * those of two operands broadcast. All are differentiable to any order and can be mapped.
 *
 * Bad numbers fail the run, and its message says what and where: "the leading minor of order 3
 * is not positive (batch 2)", "the matrix is singular: pivot 3 is zero (batch 2)". Places count
 * from 1, batches from 0. Nothing answers with a NaN that was not given.
 *
 * Methods: Golub & Van Loan, "Matrix Computations"; derivatives as in Giles 2008, "Collected
 * matrix derivative results", and Murray 2016, "Differentiation of the Cholesky decomposition".
 * A linear system has the derivative of its solution, not of its algorithm: A^-1 (dB - dA X),
 * by the factors that are there already.
 */
#ifndef ESPALIER_OP_LINALG_H
#define ESPALIER_OP_LINALG_H
#include <espalier/extend.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- symmetric positive definite ------------------------------------------------------------ */
typedef struct {
    epl_val A; /* [..., n, n] */
    bool upper;
} epl_cholesky_args;
/* L [..., n, n] lower with L L' = A; .upper: L'. A is to be symmetric: of another one the
 * symmetric part (A + A') / 2 is factored. The derivative is symmetric. */
EPL_API epl_val epl_op_cholesky(const epl_cholesky_args *a, const char *given);
#define epl_cholesky(...) epl_op_cholesky(EPL_ARGS1(epl_cholesky_args, A, __VA_ARGS__))
typedef struct {
    epl_val B, L; /* [..., n, k], [..., n, n] */
    bool upper;
} epl_cholesky_solve_args;
/* X with L L' X = B; .upper: L' L X = B. */
EPL_API epl_val epl_op_cholesky_solve(const epl_cholesky_solve_args *a, const char *given);
#define epl_cholesky_solve(...) \
    epl_op_cholesky_solve(EPL_ARGS2(epl_cholesky_solve_args, B, __VA_ARGS__))

/* -- linear systems -------------------------------------------------------------------------- */
typedef struct {
    epl_val A, B;       /* [..., n, n], [..., n, k]; with left false B is [..., k, n] */
    bool upper;         /* which triangle is read */
    bool left;          /* default true: A X = B; false: X A = B */
    bool unitriangular; /* the diagonal is not read: it is 1 */
} epl_solve_triangular_args;
/* X for a triangular A: epl_solve_triangular(a, b, .upper = true). A zero on the diagonal is an
 * error (torch: infinities). */
EPL_API epl_val epl_op_solve_triangular(const epl_solve_triangular_args *a, const char *given);
#define epl_solve_triangular(...) \
    epl_op_solve_triangular(EPL_ARGS2(epl_solve_triangular_args, A, __VA_ARGS__))
typedef struct {
    epl_val A, B;
    bool left; /* default true: A X = B; false: X A = B */
} epl_solve_args;
/* X with A X = B, by LU with partial pivoting. A [..., n, n]; B [..., n, k], or vectors: [n], or
 * A's shape without its last axis. */
EPL_API epl_val epl_op_solve(const epl_solve_args *a, const char *given);
#define epl_solve(...) epl_op_solve(EPL_ARGS2(epl_solve_args, A, __VA_ARGS__))
EPL_API epl_val epl_inv(epl_val A); /* A^-1; to apply it once, epl_solve is better */

/* -- factors and determinants ------------------------------------------------------------------ *
 * A singular matrix has factors and a determinant, but their derivative needs the inverse of the
 * square part of L and of U, and fails the run. */
typedef struct {
    epl_val A;      /* [..., m, n]; k is the lesser of m and n */
    bool pivot;     /* default true; false: no rows are exchanged, and P is empty */
    epl_val *L, *U; /* results, [..., m, k] and [..., k, n]; NULL: not wanted */
} epl_lu_args;
/* P [..., m, m] with A = P L U: L lower with ones on the diagonal, U upper, P a permutation. A
 * matrix that has no L and U without pivots fails the run. */
EPL_API epl_val epl_op_lu(const epl_lu_args *a, const char *given);
#define epl_lu(...) epl_op_lu(EPL_ARGS1(epl_lu_args, A, __VA_ARGS__))
typedef struct {
    epl_val A;
    bool pivot;      /* default true; false: pivots are 1, 2 .. k */
    epl_val *pivots; /* result, I32 [..., k]: the row, from 1, that row i changed places with */
} epl_lu_factor_args;
/* L below the diagonal and U on and above it, as one matrix. */
EPL_API epl_val epl_op_lu_factor(const epl_lu_factor_args *a, const char *given);
#define epl_lu_factor(...) epl_op_lu_factor(EPL_ARGS1(epl_lu_factor_args, A, __VA_ARGS__))
typedef struct {
    epl_val LU, pivots, B; /* of epl_lu_factor: [..., n, n], I32 or I64 [..., n]; B [..., n, k] */
    bool left;             /* default true: A X = B; false: X A = B, B is [..., k, n] */
    bool adjoint;          /* A' in place of A */
} epl_lu_solve_args;
/* X for many B, by one factorization. It has a derivative by LU, and by A through LU; epl_solve
 * has it by A at less cost. */
EPL_API epl_val epl_op_lu_solve(const epl_lu_solve_args *a, const char *given);
#define epl_lu_solve(...) epl_op_lu_solve(EPL_ARGS3(epl_lu_solve_args, LU, __VA_ARGS__))
EPL_API epl_val epl_det(epl_val A); /* of a square A: [...] */
typedef struct {
    epl_val A;
    epl_val *logabsdet; /* result: log |det A|, -inf for a singular A */
} epl_slogdet_args;
/* The sign of det A: 1, -1, or 0. */
EPL_API epl_val epl_op_slogdet(const epl_slogdet_args *a, const char *given);
#define epl_slogdet(...) epl_op_slogdet(EPL_ARGS1(epl_slogdet_args, A, __VA_ARGS__))

/* -- eigenvalues of symmetric matrices -----------------------------------------------------------
 */
typedef struct {
    epl_val A;             /* [..., n, n] */
    const char *UPLO;      /* "L", "U": only this triangle is read, and has a derivative */
    epl_val *eigenvectors; /* result, [..., n, n]: column i belongs to eigenvalue i */
} epl_eigh_args;
/* The eigenvalues of A, ascending, [..., n]. A is to be symmetric; without UPLO the symmetric
 * part (A + A') / 2 is taken, and the derivative is symmetric.
 *
 * A vector is known up to its sign: here its largest entry is positive (torch leaves the sign
 * open). The derivative of vectors divides by differences of eigenvalues; between equal ones it
 * does not exist, and the run fails if it is asked for. First derivatives of eigenvalues alone
 * do not need it: those of equal ones are those of the vectors that were found. */
EPL_API epl_val epl_op_eigh(const epl_eigh_args *a, const char *given);
#define epl_eigh(...) epl_op_eigh(EPL_ARGS1(epl_eigh_args, A, __VA_ARGS__))
EPL_API epl_val epl_op_eigvalsh(const epl_eigh_args *a, const char *given);
#define epl_eigvalsh(...) epl_op_eigvalsh(EPL_ARGS1(epl_eigh_args, A, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
