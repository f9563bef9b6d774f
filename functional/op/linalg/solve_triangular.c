/* solve_triangular: x = t^-1 b for a triangle t of a (or its transpose);
 * dx = t^-1 (db - dt x), dt: the same triangle of da. */
#include <string.h>
#include "linalg.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    return epl__is_beside(in[0], in[1]) ? in[1] : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__triangular_attrs *how = attrs;
    const int64_t *end = in[1].type.shape.dim + in[1].type.shape.rank;
    epl__triangle t = {end[-2], end[-1], end[-2], how->upper, how->unit, how->transposed};
    (void)count;
    if (epl_bytes(out->type))
        memcpy(out->data, in[1].data, epl_bytes(out->type));
    for (int64_t i = 0, all = epl__matrices(out->type); i < all; i++) {
        int64_t row = epl__dense_triangular(out->type.dtype, &t, epl__matrix_at(&in[0], i),
                                            epl__matrix_at(out, i));
        if (row)
            return epl__broken(message, "the matrix is singular: entry", row,
                               " of the diagonal is zero", &in[0], i);
    }
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    const epl__triangular_attrs *how = attrs;
    epl_val rest = dx[1];
    (void)count;
    if (dx[0].graph) {
        epl_val dt = epl__triangle_of(dx[0], how->upper, how->unit);
        dt = epl_neg(
            epl_matmul(how->transposed ? epl__turned(dt) : dt, epl__triangular(x[0], x[1], *how)));
        rest = rest.graph ? epl_add(rest, dt) : dt;
    }
    return epl__triangular(x[0], rest, *how);
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    epl__triangular_attrs how = *(const epl__triangular_attrs *)attrs;
    (void)count, (void)wrt;
    how.transposed = !how.transposed;
    return epl__triangular(x[0], ct, how);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    return epl__system_batch(&epl__prim_solve_triangular, x, mapped, count, attrs);
}

static const epl_attr attrs[] = {EPL_ATTR(epl__triangular_attrs, upper, EPL_INT, 0, 0, 1),
                                 EPL_ATTR(epl__triangular_attrs, unit, EPL_INT, 0, 0, 1),
                                 EPL_ATTR(epl__triangular_attrs, transposed, EPL_INT, 0, 0, 1),
                                 EPL_ATTR_END};
const epl_prim epl__prim_solve_triangular = {.name = "solve_triangular",
                                             .formula = "x = t^-1 b, t: a triangle of a",
                                             .inputs = 2,
                                             .linear = 2,
                                             .attrs_size = sizeof(epl__triangular_attrs),
                                             .attrs = attrs,
                                             .type = type,
                                             .kernel = kernel,
                                             .jvp = jvp,
                                             .transpose = transpose,
                                             .batch = batch};

epl_val epl__triangular(epl_val a, epl_val b, epl__triangular_attrs how)
{
    if (!a.graph || !b.graph)
        return EPL_NO_VAL;
    return epl_op(&epl__prim_solve_triangular, epl_list(a, b), &how);
}

epl_val epl_op_solve_triangular(const epl_solve_triangular_args *a, const char *given)
{
    epl_val m = a->A, b = a->B;
    bool left = !epl__given(given, "left") || a->left;
    if (!epl__matrices_in("solve_triangular", epl_list(m, b).at, 2, true))
        return EPL_NO_VAL;
    if (epl_dim(m, -1) != epl_dim(b, left ? -2 : -1))
        return epl__bad(b, EPL_ERR_SHAPE,
                        "[solve_triangular] %s and %s do not fit: A [..., n, n] and B %s",
                        epl__show(m), epl__show(b), left ? "[..., n, k]" : "[..., k, n]");
    if (!epl__one_batch("solve_triangular", &m, &b))
        return EPL_NO_VAL;
    epl__triangular_attrs how = {a->upper, a->unitriangular, !left};
    epl_val x = epl__triangular(m, left ? b : epl__turned(b), how);
    return left ? x : epl__turned(x);
}
static const epl_attr table[] = {
    EPL_ARG(epl_solve_triangular_args, A),
    EPL_ARG(epl_solve_triangular_args, B),
    EPL_ATTR_F(epl_solve_triangular_args, upper, EPL_BOOLEAN, 0, 0, 1, 1, EPL_ATTR_REQUIRED),
    EPL_ATTR(epl_solve_triangular_args, left, EPL_BOOLEAN, 1, 0, 1),
    EPL_ATTR(epl_solve_triangular_args, unitriangular, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR_END};
EPL__OPERATION(solve_triangular, "X with A X = B (left) or X A = B, A triangular",
               epl_solve_triangular_args, table);
