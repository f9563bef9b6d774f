/* lu_solve.c -- systems by factors that are there: two triangular systems and an order of rows.
 *
 * With (l u)[i] = a[order[i]]: a x = b is l u x = b[order]; a' x = b is u' l' z = b, x = z[back].
 */
#include "linalg.h"

/* lu [.., n, n], pivots [.., n] and b [.., n, k], or [.., k, n]? Else the scope fails. */
static bool fits(epl_val lu, epl_val pivots, epl_val b, bool left)
{
    epl_shape s = epl_typeof(lu).shape, p = epl_typeof(pivots).shape;
    epl_dtype d = epl_typeof(pivots).dtype;
    bool same = p.rank == s.rank - 1;
    for (int i = 0; same && i < p.rank; i++)
        same = p.dim[i] == s.dim[i];
    if (d != EPL_I32 && d != EPL_I64)
        epl__bad(pivots, EPL_ERR_DTYPE, "[lu_solve] pivots are %s; i32 or i64 is expected",
                 epl__show(pivots));
    else if (!same)
        epl__bad(pivots, EPL_ERR_SHAPE, "[lu_solve] LU is %s and pivots are %s; %s is expected",
                 epl__show(lu), epl__show(pivots), "LU's shape without its last axis");
    else if (epl_dim(lu, -1) != epl_dim(b, left ? -2 : -1))
        epl__bad(b, EPL_ERR_SHAPE, "[lu_solve] %s and %s do not fit: LU [..., n, n] and B %s",
                 epl__show(lu), epl__show(b), left ? "[..., n, k]" : "[..., k, n]");
    else
        return true;
    return false;
}

static epl_val solved(epl_val lu, epl_val order, epl_val b, bool transposed)
{
    epl__triangular_attrs l = {.unit = 1, .transposed = transposed};
    epl__triangular_attrs u = {.upper = 1, .transposed = transposed};
    int batch = epl_rank(b) - 2;
    if (transposed)
        return epl__gather(epl__triangular(lu, epl__triangular(lu, b, u), l), order, batch);
    return epl__triangular(lu, epl__triangular(lu, epl__gather(b, order, batch), l), u);
}

epl_val epl_op_lu_solve(const epl_lu_solve_args *a, const char *given)
{
    epl_val lu = a->LU, b = a->B, same;
    bool left = !epl__given(given, "left") || a->left, transposed = left == a->adjoint;
    if (!epl__all_values("lu_solve", epl_list(lu, a->pivots, b)) ||
        !epl__matrices_in("lu_solve", epl_list(lu, b).at, 2, true) || !fits(lu, a->pivots, b, left))
        return EPL_NO_VAL;
    epl_val order = epl__lu_order(a->pivots, transposed);
    order = epl__insert(order, epl_rank(order), 1);
    same = b;
    if (!epl__one_batch("lu_solve", &lu, &b) || !epl__one_batch("lu_solve", &order, &same))
        return EPL_NO_VAL;
    order = epl__drop(order, epl_rank(order) - 1);
    epl_val x = solved(lu, order, left ? b : epl__turned(b), transposed);
    return left ? x : epl__turned(x);
}
static const epl_attr table[] = {EPL_ARG(epl_lu_solve_args, LU),
                                 EPL_ARG(epl_lu_solve_args, pivots),
                                 EPL_ARG(epl_lu_solve_args, B),
                                 EPL_ATTR(epl_lu_solve_args, left, EPL_BOOLEAN, 1, 0, 1),
                                 EPL_ATTR(epl_lu_solve_args, adjoint, EPL_BOOLEAN, 0, 0, 1),
                                 EPL_ATTR_END};
EPL__OPERATION(lu_solve, "X with A X = B (left) or X A = B, by lu_factor(A)", epl_lu_solve_args,
               table);
