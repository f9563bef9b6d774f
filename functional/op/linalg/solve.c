/* solve: x = a^-1 b (or a'^-1 b) by the factors of a;  dx = a^-1 (db - da x).
 *
 * The kernel reads the factors, the derivative is that of a: all derivatives of any order use
 * one factorization.
 */
#include <string.h>
#include "linalg.h"

typedef struct {
    int64_t transposed;
} solve_attrs;

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    epl_type lu = in[1];
    (void)count, (void)attrs;
    if (!epl__is_matrix(lu, false))
        return (epl_type){0};
    lu.shape.dim[lu.shape.rank - 1] -= 2;
    return epl__is_beside(lu, in[0]) && epl__is_beside(in[0], in[2]) ? in[2] : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const solve_attrs *how = attrs;
    const int64_t *end = out->type.shape.dim + out->type.shape.rank;
    (void)count;
    if (epl_bytes(out->type))
        memcpy(out->data, in[2].data, epl_bytes(out->type));
    for (int64_t i = 0, all = epl__matrices(out->type); i < all; i++) {
        int64_t row = epl__dense_lu_solve(out->type.dtype, end[-2], end[-1], how->transposed != 0,
                                          epl__matrix_at(&in[1], i), epl__matrix_at(out, i));
        if (row)
            return epl__broken(message, "the matrix is singular: pivot", row, " is zero", out, i);
    }
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    bool transposed = ((const solve_attrs *)attrs)->transposed;
    epl_val rest = dx[2];
    (void)count;
    if (dx[0].graph) {
        epl_val y = epl__solve(x[0], x[1], x[2], transposed);
        epl_val moved = epl_neg(epl_matmul(transposed ? epl__turned(dx[0]) : dx[0], y));
        rest = rest.graph ? epl_add(rest, moved) : moved;
    }
    return epl__solve(x[0], x[1], rest, transposed);
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    (void)count, (void)wrt;
    return epl__solve(x[0], x[1], ct, !((const solve_attrs *)attrs)->transposed);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    return epl__system_batch(&epl__prim_solve, x, mapped, count, attrs);
}

static const epl_attr attrs[] = {EPL_ATTR(solve_attrs, transposed, EPL_INT, 0, 0, 1), EPL_ATTR_END};
const epl_prim epl__prim_solve = {.name = "solve",
                                  .formula = "x = a^-1 b by the packed factors of a",
                                  .inputs = 3,
                                  .linear = 4,
                                  .attrs_size = sizeof(solve_attrs),
                                  .attrs = attrs,
                                  .type = type,
                                  .kernel = kernel,
                                  .jvp = jvp,
                                  .transpose = transpose,
                                  .batch = batch};

epl_val epl__factors(epl_val a)
{
    return epl__lu(epl_stop_gradient(a), true);
}

epl_val epl__solve(epl_val a, epl_val factors, epl_val b, bool transposed)
{
    solve_attrs how = {transposed};
    if (!a.graph || !factors.graph || !b.graph)
        return EPL_NO_VAL;
    return epl_op(&epl__prim_solve, epl_list(a, factors, b), &how);
}

/* torch: B is one vector for each matrix if it has one axis, or A's shape without the last. */
static bool is_vector(epl_val a, epl_val b)
{
    epl_shape s = epl_typeof(a).shape, t = epl_typeof(b).shape;
    bool vectors = t.rank == s.rank - 1;
    for (int i = 0; vectors && i < t.rank; i++)
        vectors = s.dim[i] == t.dim[i];
    return t.rank == 1 || vectors;
}

epl_val epl_op_solve(const epl_solve_args *args, const char *given)
{
    epl_val a = args->A, b = args->B;
    bool left = !epl__given(given, "left") || args->left;
    if (!epl__all_values("solve", epl_list(a, b)) || !epl__matrices_in("solve", &a, 1, true))
        return EPL_NO_VAL;
    bool vector = is_vector(a, b);
    if (vector && !left)
        return epl__bad(b, EPL_ERR_ARG, "[solve] left must be true where B, %s, holds vectors",
                        epl__show(b));
    b = vector ? epl__insert(b, epl_rank(b), 1) : b;
    if (!epl__matrices_in("solve", epl_list(a, b).at, 2, true))
        return EPL_NO_VAL;
    if (epl_dim(a, -1) != epl_dim(b, left ? -2 : -1))
        return epl__bad(b, EPL_ERR_SHAPE,
                        "[solve] %s and %s do not fit: A [..., n, n] and B [..., n], %s",
                        epl__show(a), epl__show(args->B), left ? "[..., n, k]" : "[..., k, n]");
    epl_val lu = epl__factors(a), same = b;
    if (!epl__one_batch("solve", &a, &b) || !epl__one_batch("solve", &lu, &same))
        return EPL_NO_VAL;
    epl_val x = epl__solve(a, lu, left ? b : epl__turned(b), !left);
    return vector ? epl__drop(x, epl_rank(x) - 1) : left ? x : epl__turned(x);
}
static const epl_attr table[] = {EPL_ARG(epl_solve_args, A), EPL_ARG(epl_solve_args, B),
                                 EPL_ATTR(epl_solve_args, left, EPL_BOOLEAN, 1, 0, 1),
                                 EPL_ATTR_END};
EPL__OPERATION(solve, "X with A X = B (left) or X A = B", epl_solve_args, table);

epl_val epl_inv(epl_val a)
{
    if (!epl__matrices_in("inv", &a, 1, true))
        return EPL_NO_VAL;
    epl_type t = epl_typeof(a);
    epl_val eye = epl__eye(epl__fn_of(a), t.dtype, t.shape.dim[t.shape.rank - 1]);
    return epl__solve(a, epl__factors(a), epl__expand(eye, t.shape), false);
}
EPL__OPERATION_OF(inv, "the inverse of A", epl__matrix_args, epl__matrix_table, epl_inv(a->A));
