/* lu: p a = l u with partial pivoting, packed as epl__dense_lu says, for a of any shape.
 *
 * With p a = [a1 a2] (wide) or [a1; a2] (tall), a1 square, and m = l1^-1 p da1 u1^-1:
 * s = tril(m) without the diagonal, t = triu(m). Wide: dl = l s, du = l^-1 p da - s u. Tall:
 * du = t u, dl = p da u^-1 - l t. A singular a1 has factors, but no derivative: the run then
 * fails in solve_triangular.
 */
#include "linalg.h"

typedef struct {
    int64_t pivots;
} packed_attrs;

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    epl_type t = in[0];
    (void)count, (void)attrs;
    if (!epl__is_matrix(t, false))
        return (epl_type){0};
    t.shape.dim[t.shape.rank - 1] += 2;
    return t;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    epl_type t = in[0].type;
    const int64_t *end = t.shape.dim + t.shape.rank;
    epl__lu_form form = {end[-2], end[-1], ((const packed_attrs *)attrs)->pivots != 0};
    (void)count;
    for (int64_t i = 0, all = epl__matrices(out->type); i < all; i++) {
        const void *a = form.n ? epl__matrix_at(&in[0], i) : NULL;
        int64_t step = epl__dense_lu(t.dtype, &form, a, epl__matrix_at(out, i));
        if (step)
            return epl__broken(message, "the matrix has no L and U without pivots: entry", step,
                               " of the diagonal becomes zero", &in[0], i);
    }
    return true;
}

/* x = b u^-1 for the upper triangle u of a square a. */
static epl_val over_upper(epl_val a, epl_val b)
{
    epl__triangular_attrs how = {.upper = 1, .transposed = 1};
    return epl__turned(epl__triangular(a, epl__turned(b), how));
}

static epl_val under_lower(epl_val a, epl_val b)
{
    return epl__triangular(a, b, (epl__triangular_attrs){.unit = 1});
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    epl_val lu = epl__lu(x[0], ((const packed_attrs *)attrs)->pivots != 0), dl, du;
    int64_t m = epl_dim(x[0], -2), n = epl_dim(x[0], -1), k = m < n ? m : n;
    int row = epl_rank(x[0]) - 2;
    (void)count;
    epl_val l = epl__packed_lower(lu), u = epl__packed_upper(lu);
    epl_val square = epl__columns_at(epl__rows_at(lu, 0, k), 0, k);
    epl_val moved = epl__gather(dx[0], epl__packed_order(lu), row);
    if (m <= n) {
        moved = under_lower(square, moved);
        epl_val s = over_upper(square, epl__columns_at(moved, 0, k));
        s = epl__triangle_of(s, false, true);
        dl = epl_matmul(l, s);
        du = epl__triangle_of(epl_sub(moved, epl_matmul(s, u)), true, false);
    } else {
        moved = over_upper(square, moved);
        epl_val t = under_lower(square, epl__rows_at(moved, 0, k));
        t = epl__triangle_of(t, true, false);
        du = epl_matmul(t, u);
        dl = epl__triangle_of(epl_sub(moved, epl_matmul(l, t)), false, true);
    }
    dl = epl__pad(dl, row + 1, 0, n - k, 0);
    du = epl__pad(du, row, 0, m - k, 0);
    return epl__pad(epl_add(dl, du), row + 1, 0, 2, 0);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count;
    return epl__lu(x[0], ((const packed_attrs *)attrs)->pivots != 0);
}

static const epl_attr packed_table[] = {EPL_ATTR(packed_attrs, pivots, EPL_INT, 1, 0, 1),
                                        EPL_ATTR_END};
const epl_prim epl__prim_lu = {.name = "lu",
                               .formula = "p a = l u, in one matrix, and the order of rows",
                               .inputs = 1,
                               .attrs_size = sizeof(packed_attrs),
                               .attrs = packed_table,
                               .type = type,
                               .kernel = kernel,
                               .jvp = jvp,
                               .batch = batch};

epl_val epl__lu(epl_val a, bool pivots)
{
    packed_attrs how = {pivots};
    return a.graph ? epl_op(&epl__prim_lu, epl_list(a), &how) : a;
}

/* torch: l and u as one matrix; for each step the row, from 1, that it changed places with. */
static size_t factors(epl_val a, bool pivot, epl_val *out)
{
    if (!epl__matrices_in("lu_factor", &a, 1, false))
        return 0;
    epl_val lu = epl__lu(a, pivot);
    out[0] = epl__packed_both(lu);
    out[1] = epl_add(epl__cast(epl__packed_exchange(lu), EPL_I32), epl_int(1));
    return 2;
}

/* p, l, u with a = p l u; without pivots p is empty, as in torch. */
static size_t parts(epl_val a, bool pivot, epl_val *out)
{
    if (!epl__matrices_in("lu", &a, 1, false))
        return 0;
    epl_val lu = epl__lu(a, pivot), order = epl__packed_order(lu);
    int64_t m = epl_dim(a, -2);
    epl_dtype dtype = epl_typeof(a).dtype;
    epl_val row = epl__insert(epl__iota(a, EPL_I64, m), 1, m);
    epl_val is = epl_eq(epl__insert(order, epl_rank(a) - 2, m), row);
    out[0] = pivot ? epl__cast(is, dtype) : epl__full(a, dtype, epl_dims(0), 0);
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
