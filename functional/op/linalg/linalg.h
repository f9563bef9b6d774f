/* linalg.h -- what dense linear algebra shares: matrices are the last two axes, the axes before
 * them are a batch, which all operands of a primitive have alike.
 *
 * Invariant: a primitive has one result. Where an algorithm has several (lu, eigh), they are
 * packed in one value, which is computed once; `solve`, `eigenvalues` and `eigenvectors` read
 * it beside the matrix itself, and their derivatives are those with respect to the matrix.
 */
#ifndef EPL_LINALG_H
#define EPL_LINALG_H
#include "../op.h"
#include "../shape/shape.h"
#include "dense.h"

/* -- primitives ------------------------------------------------------------------------------ */
epl_val epl__cholesky(epl_val a); /* of (a + a') / 2, lower */
typedef struct {
    int64_t upper, unit, transposed;
} epl__triangular_attrs;
epl_val epl__triangular(epl_val a, epl_val b, epl__triangular_attrs how);
epl_val epl__lu(epl_val a, bool pivots);             /* packed: see epl__dense_lu */
epl_val epl__lu_order(epl_val exchanges, bool back); /* see lu_order.c */
/* a^-1 b, or a'^-1 b, by factors, which are epl__factors(a). */
epl_val epl__solve(epl_val a, epl_val factors, epl_val b, bool transposed);
epl_val epl__factors(epl_val a); /* epl__lu without a derivative */
/* Of (a + a') / 2, by epl__dense_eigh's packed result for a; ascending. */
epl_val epl__eigh(epl_val a);
epl_val epl__eigenvalues(epl_val a, epl_val packed);
epl_val epl__eigenvectors(epl_val a, epl_val packed);
epl_val epl__gaps(epl_val w); /* y[i, j] = 1 / (w[j] - w[i]), 0 for i = j */

/* -- pieces of rules ------------------------------------------------------------------------- */
epl_val epl__turned(epl_val a);                                   /* the transposes */
epl_val epl__symmetric(epl_val a);                                /* (a + a') / 2 */
epl_val epl__triangle_of(epl_val a, bool upper, bool strict);     /* zeros elsewhere */
epl_val epl__rows_at(epl_val a, int64_t first, int64_t count);    /* along the last axis but one */
epl_val epl__columns_at(epl_val a, int64_t first, int64_t count); /* along the last axis */
/* Of packed [.., m, n + 2], k the lesser of m and n: l [.., m, k], u [.., k, n], both as one
 * [.., m, n]; I64: the order of rows [.., m], the rows exchanged [.., k], from 0. */
int64_t epl__packed_least(epl_val lu);
epl_val epl__packed_lower(epl_val lu), epl__packed_upper(epl_val lu), epl__packed_both(epl_val lu);
epl_val epl__packed_order(epl_val lu), epl__packed_exchange(epl_val lu);

/* -- types and kernels ----------------------------------------------------------------------- */
bool epl__is_matrix(epl_type t, bool square); /* of F32 or F64 */
/* [.., n, k] beside a square [.., n, n]: the same batch and dtype? */
bool epl__is_beside(epl_type a, epl_type b);
int64_t epl__matrices(epl_type t); /* how many that are not empty */
/* Matrix `at` of an array. */
void *epl__matrix_at(const epl_array *x, int64_t at);
/* message = "text place more (batch at)"; returns false. */
bool epl__broken(char *message, const char *text, int64_t place, const char *more,
                 const epl_array *x, int64_t at);

/* -- eigenvalues and eigenvectors read the packed result of eigh: in = {a, packed} ------------- */
bool epl__is_packed_eigh(const epl_type *in);
/* out: of each packed matrix the rows from `first` on, as many as fit. */
void epl__read_rows(const epl_array *packed, int64_t first, const epl_array *out);
epl_val epl__read_packed(const epl_prim *p, epl_val a, epl_val packed);

/* -- batch rules ------------------------------------------------------------------------------ */
/* All operands become mapped ones. */
epl_val epl__whole_batch(const epl_prim *p, const epl_val *x, const bool *mapped, size_t count,
                         const void *attrs);
/* The last operand is [.., n, k]: alone mapped, its copies become columns. */
epl_val epl__system_batch(const epl_prim *p, const epl_val *x, const bool *mapped, size_t count,
                          const void *attrs);

/* -- arguments -------------------------------------------------------------------------------- */
/* Matrices of one float dtype; `square` tells of the first. Else false, and the scope fails. */
bool epl__matrices_in(const char *op, const epl_val *x, size_t n, bool square);
/* The batches of both as one: what has none, or axes of size 1, repeats. */
bool epl__one_batch(const char *op, epl_val *a, epl_val *b);
/* The row of one argument: a matrix by name. */
typedef struct {
    epl_val A;
} epl__matrix_args;
extern const epl_attr epl__matrix_table[];
#endif
