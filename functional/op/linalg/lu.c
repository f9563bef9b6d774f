/* lu: p a = l u with partial pivoting, packed as epl__dense_lu says;
 * dl = l tril(m), du = triu(m) u with m = l^-1 p da u^-1, tril without the diagonal.
 *
 * A singular a has factors, but no derivative: the run then fails in solve_triangular.
 */
#include "linalg.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    epl_type t = in[0];
    (void)count, (void)attrs;
    if (!epl__is_matrix(t, true))
        return (epl_type){0};
    t.shape.dim[t.shape.rank - 2] += 2;
    return t;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    epl_type t = in[0].type;
    (void)count, (void)attrs, (void)message;
    for (int64_t i = 0, all = epl__matrices(t), n = t.shape.dim[t.shape.rank - 1]; i < all; i++)
        epl__dense_lu(t.dtype, n, epl__matrix_at(&in[0], i), epl__matrix_at(out, i));
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    epl_val lu = epl__lu(x[0]);
    int rank = epl_rank(x[0]);
    int64_t n = epl_dim(x[0], -1);
    (void)count, (void)attrs;
    epl_val both = epl__rows_at(lu, 0, n);
    epl_val moved = epl__gather(dx[0], epl__packed_order(lu), rank - 2);
    epl_val m = epl__triangular(both, moved, (epl__triangular_attrs){.unit = 1});
    m = epl__turned(epl__triangular(both, epl__turned(m),
                                    (epl__triangular_attrs){.upper = 1, .transposed = 1}));
    epl_val dl = epl_matmul(epl__packed_lower(lu), epl__triangle_of(m, false, true));
    epl_val du = epl_matmul(epl__triangle_of(m, true, false), epl__packed_upper(lu));
    return epl__pad(epl_add(dl, du), rank - 2, 0, 2, 0);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count, (void)attrs;
    return epl__lu(x[0]);
}

const epl_prim epl__prim_lu = {.name = "lu",
                               .formula = "p a = l u, in one matrix, and the order of rows",
                               .inputs = 1,
                               .type = type,
                               .kernel = kernel,
                               .jvp = jvp,
                               .batch = batch};

epl_val epl__lu(epl_val a)
{
    return a.graph ? epl_op(&epl__prim_lu, epl_list(a), NULL) : a;
}

/* A square matrix, and no wish to go without pivots. */
static bool pivoted(const char *op, epl_val a, bool pivot)
{
    if (!epl__matrices_in(op, &a, 1, true))
        return false;
    if (!pivot)
        epl__bad(a, EPL_ERR_ARG, "[%s] pivot must be true: there is no LU without pivots", op);
    return pivot;
}

/* torch: l and u as one matrix; for each step the row, from 1, that it changed places with. */
static size_t factors(epl_val a, bool pivot, epl_val *out)
{
    if (!pivoted("lu_factor", a, pivot))
        return 0;
    epl_val lu = epl__lu(a);
    out[0] = epl__rows_at(lu, 0, epl_dim(a, -1));
    out[1] = epl_add(epl__cast(epl__packed_exchange(lu), EPL_I32), epl_int(1));
    return 2;
}

/* p, l, u with a = p l u. */
static size_t parts(epl_val a, bool pivot, epl_val *out)
{
    if (!pivoted("lu", a, pivot))
        return 0;
    epl_val lu = epl__lu(a), order = epl__packed_order(lu);
    int rank = epl_rank(a);
    int64_t n = epl_dim(a, -1);
    epl_val row = epl__insert(epl__iota(a, EPL_I64, n), 1, n);
    epl_val is = epl_eq(epl__insert(order, rank - 2, n), row);
    out[0] = epl__cast(is, epl_typeof(a).dtype);
    out[1] = epl__packed_lower(lu);
    out[2] = epl__packed_upper(lu);
    return 3;
}

epl_val epl_op_lu_factor(const epl_lu_factor_args *a, const char *given)
{
    epl_val out[2] = {EPL_NO_VAL, EPL_NO_VAL};
    factors(a->A, !epl__given(given, "pivot") || a->pivot, out);
    if (a->pivots)
        *a->pivots = out[1];
    return out[0];
}

epl_val epl_op_lu(const epl_lu_args *a, const char *given)
{
    epl_val out[3] = {EPL_NO_VAL, EPL_NO_VAL, EPL_NO_VAL};
    parts(a->A, !epl__given(given, "pivot") || a->pivot, out);
    if (a->L)
        *a->L = out[1];
    if (a->U)
        *a->U = out[2];
    return out[0];
}

/* -- records ------------------------------------------------------------------------------- */
static size_t given_out(const epl_val *v, size_t n, epl_val *out, size_t room)
{
    for (size_t i = 0; i < n; i++) {
        if (!v[i].graph)
            return 0;
        if (i < room)
            out[i] = v[i];
    }
    return n;
}

static size_t lu_factor_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const epl_lu_factor_args *a = args;
    epl_val v[2];
    size_t n = factors(a->A, !epl__given(given, "pivot") || a->pivot, v);
    return given_out(v, n, out, room);
}
static const epl_attr lu_factor_table[] = {
    EPL_ARG(epl_lu_factor_args, A), EPL_ATTR(epl_lu_factor_args, pivot, EPL_BOOLEAN, 1, 0, 1),
    EPL_ATTR_END};
const epl_operation epl__operation_lu_factor = {
    "lu_factor", "L and U of A = P L U as one matrix; the pivots", sizeof(epl_lu_factor_args),
    lu_factor_table, lu_factor_build};

static size_t lu_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const epl_lu_args *a = args;
    epl_val v[3];
    size_t n = parts(a->A, !epl__given(given, "pivot") || a->pivot, v);
    return given_out(v, n, out, room);
}
static const epl_attr lu_table[] = {
    EPL_ARG(epl_lu_args, A), EPL_ATTR(epl_lu_args, pivot, EPL_BOOLEAN, 1, 0, 1), EPL_ATTR_END};
const epl_operation epl__operation_lu = {"lu", "P, L, U with A = P L U, partial pivoting",
                                         sizeof(epl_lu_args), lu_table, lu_build};
