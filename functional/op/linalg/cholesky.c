/* cholesky: l l' = a, l lower;  dl = l phi(l^-1 da l'^-1), phi: the lower triangle with half of
 * the diagonal (Murray 2016, "Differentiation of the Cholesky decomposition").
 *
 * The symmetric part of a is factored, so that the derivative is symmetric and exact.
 */
#include "linalg.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    return epl__is_matrix(in[0], true) ? in[0] : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    epl_type t = in[0].type;
    (void)count, (void)attrs;
    for (int64_t i = 0, all = epl__matrices(t), n = t.shape.dim[t.shape.rank - 1]; i < all; i++) {
        int64_t order =
            epl__dense_cholesky(t.dtype, n, epl__matrix_at(&in[0], i), epl__matrix_at(out, i));
        if (order)
            return epl__broken(message, "the leading minor of order", order, " is not positive",
                               &in[0], i);
    }
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    static const epl__triangular_attrs lower = {0, 0, 0};
    epl_val l = epl__cholesky(x[0]);
    (void)count, (void)attrs;
    epl_val half = epl__triangular(l, epl__symmetric(dx[0]), lower);
    epl_val m = epl__triangular(l, epl__turned(half), lower);
    m = epl_scale(epl_add(epl__triangle_of(m, false, false), epl__triangle_of(m, false, true)),
                  0.5);
    return epl_matmul(l, m);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count, (void)attrs;
    return epl__cholesky(x[0]);
}

const epl_prim epl__prim_cholesky = {.name = "cholesky",
                                     .formula = "l l' = (a + a') / 2, l lower",
                                     .inputs = 1,
                                     .type = type,
                                     .kernel = kernel,
                                     .jvp = jvp,
                                     .batch = batch};

epl_val epl__cholesky(epl_val a)
{
    return a.graph ? epl_op(&epl__prim_cholesky, epl_list(a), NULL) : a;
}

epl_val epl_op_cholesky(const epl_cholesky_args *a, const char *given)
{
    (void)given;
    if (!epl__matrices_in("cholesky", &a->A, 1, true))
        return EPL_NO_VAL;
    epl_val l = epl__cholesky(a->A);
    return a->upper ? epl__turned(l) : l;
}
static const epl_attr cholesky_table[] = {EPL_ARG(epl_cholesky_args, A),
                                          EPL_ATTR(epl_cholesky_args, upper, EPL_BOOLEAN, 0, 0, 1),
                                          EPL_ATTR_END};
EPL__OPERATION(cholesky, "l l' = A, l lower; upper: l'", epl_cholesky_args, cholesky_table);

epl_val epl_op_cholesky_solve(const epl_cholesky_solve_args *a, const char *given)
{
    epl_val b = a->B, l = a->L;
    (void)given;
    if (!epl__matrices_in("cholesky_solve", epl_list(l, b).at, 2, true))
        return EPL_NO_VAL;
    if (epl_dim(l, -1) != epl_dim(b, -2))
        return epl__bad(b, EPL_ERR_SHAPE,
                        "[cholesky_solve] %s and %s do not fit: B [..., n, k] and L [..., n, n]",
                        epl__show(b), epl__show(l));
    if (!epl__one_batch("cholesky_solve", &l, &b))
        return EPL_NO_VAL;
    epl_val y = epl__triangular(l, b, (epl__triangular_attrs){a->upper, 0, a->upper});
    return epl__triangular(l, y, (epl__triangular_attrs){a->upper, 0, !a->upper});
}
static const epl_attr cholesky_solve_table[] = {
    EPL_ARG(epl_cholesky_solve_args, B), EPL_ARG(epl_cholesky_solve_args, L),
    EPL_ATTR(epl_cholesky_solve_args, upper, EPL_BOOLEAN, 0, 0, 1), EPL_ATTR_END};
EPL__OPERATION(cholesky_solve, "X with L L' X = B; upper: L' L X = B", epl_cholesky_solve_args,
               cholesky_solve_table);
