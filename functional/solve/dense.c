/* dense.c -- A as numbers: its columns are its products with the unit vectors, all at once. */
#include "solve.h"

/* Where it is not wanted, the identity: entries of a map that have ended must not fail. */
epl_val epl__matrix_of(const epl__operator *a, epl_val like, epl_val wanted)
{
    epl_fn *g = epl__fn_of(like);
    epl_type t = epl_typeof(like);
    int64_t n = epl_count(t);
    epl_fn *m = epl_map(g);
    epl_val eye = epl_eye(g, t.dtype, n, n), unit = epl_each(m, eye, 0);
    epl_val column = epl__as_vector(epl__operator_at(a, epl__as_shaped(unit, like), 0));
    return epl_where(wanted, epl_transpose(epl_collect(m, column), 0, 1), eye);
}

epl__correction epl__dense(const epl__linear_now *s, epl_val r, epl_val k)
{
    epl_val right = epl_unsqueeze(epl__as_vector(r), 1), x;
    if (s->by.method == EPL_CHOLESKY)
        x = epl_cholesky_solve(right, epl_cholesky(s->matrix));
    else
        x = epl_solve(s->matrix, right);
    return (epl__correction){epl__as_shaped(x, r), epl_add(k, epl_int(1))};
}
