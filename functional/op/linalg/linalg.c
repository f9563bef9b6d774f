/* linalg.c -- see linalg.h. */
#include "linalg.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -- pieces of rules ------------------------------------------------------------------------- */
epl_val epl__turned(epl_val a)
{
    int rank = epl_rank(a);
    return a.graph ? epl__move_axis(a, rank - 1, rank - 2) : a;
}

epl_val epl__symmetric(epl_val a)
{
    return epl_scale(epl_add(a, epl__turned(a)), 0.5);
}

epl_val epl__triangle_of(epl_val a, bool upper, bool strict)
{
    return upper ? epl_triu(a, .diagonal = strict) : epl_tril(a, .diagonal = -(int64_t)strict);
}

epl_val epl__rows_at(epl_val a, int64_t first, int64_t count)
{
    return a.graph ? epl__slice(a, epl_rank(a) - 2, first, count, 1) : a;
}

epl_val epl__columns_at(epl_val a, int64_t first, int64_t count)
{
    return a.graph ? epl__slice(a, epl_rank(a) - 1, first, count, 1) : a;
}

/* -- packed factors -------------------------------------------------------------------------- */
epl_val epl__packed_both(epl_val lu)
{
    return epl__columns_at(lu, 0, epl_dim(lu, -1) - 2);
}

int64_t epl__packed_least(epl_val lu)
{
    int64_t m = epl_dim(lu, -2), n = epl_dim(lu, -1) - 2;
    return m < n ? m : n;
}

epl_val epl__packed_lower(epl_val lu)
{
    int64_t m = epl_dim(lu, -2), k = epl__packed_least(lu);
    epl_val eye = epl__pad(epl__eye(epl__fn_of(lu), epl_typeof(lu).dtype, k), 0, 0, m - k, 0);
    return epl_add(epl__triangle_of(epl__columns_at(lu, 0, k), false, true), eye);
}

epl_val epl__packed_upper(epl_val lu)
{
    return epl__triangle_of(epl__rows_at(epl__packed_both(lu), 0, epl__packed_least(lu)), true,
                            false);
}

/* The first `count` of a column beside the factors, as integers. */
static epl_val packed_column(epl_val lu, int64_t column, int64_t count)
{
    epl_val v = epl__columns_at(epl__rows_at(lu, 0, count), epl_dim(lu, -1) - 2 + column, 1);
    return epl__cast(epl__drop(v, epl_rank(v) - 1), EPL_I64);
}

epl_val epl__packed_exchange(epl_val lu)
{
    return packed_column(lu, 0, epl__packed_least(lu));
}

epl_val epl__packed_order(epl_val lu)
{
    return packed_column(lu, 1, epl_dim(lu, -2));
}

/* -- types and kernels ----------------------------------------------------------------------- */
bool epl__is_matrix(epl_type t, bool square)
{
    epl_shape s = t.shape;
    bool real = t.dtype == EPL_F32 || t.dtype == EPL_F64;
    return real && s.rank >= 2 && (!square || s.dim[s.rank - 1] == s.dim[s.rank - 2]);
}

bool epl__is_beside(epl_type a, epl_type b)
{
    bool same = a.dtype == b.dtype && a.shape.rank == b.shape.rank && epl__is_matrix(a, true);
    for (int i = 0; same && i < a.shape.rank - 1; i++)
        same = a.shape.dim[i] == b.shape.dim[i];
    return same;
}

int64_t epl__matrices(epl_type t)
{
    return epl_count(t) ? epl__product(t.shape, 0, t.shape.rank - 2) : 0;
}

void *epl__matrix_at(const epl_array *x, int64_t at)
{
    int64_t n = epl__product(x->type.shape, x->type.shape.rank - 2, x->type.shape.rank);
    return (char *)x->data + (size_t)(at * n) * epl_dtype_bytes(x->type.dtype);
}

bool epl__broken(char *message, const char *text, int64_t place, const char *more,
                 const epl_array *x, int64_t at)
{
    int n = snprintf(message, EPL_PRIM_MESSAGE, "%s %" PRId64 "%s", text, place, more);
    if (x->type.shape.rank > 2 && n > 0 && n < EPL_PRIM_MESSAGE)
        snprintf(message + n, (size_t)(EPL_PRIM_MESSAGE - n), " (batch %" PRId64 ")", at);
    return false;
}

/* -- the packed result of eigh --------------------------------------------------------------- */
bool epl__is_packed_eigh(const epl_type *in)
{
    epl_type packed = in[1];
    if (!epl__is_matrix(packed, false))
        return false;
    packed.shape.dim[packed.shape.rank - 2] -= 2;
    return epl__is_beside(packed, in[0]);
}

void epl__read_rows(const epl_array *packed, int64_t first, const epl_array *out)
{
    int64_t all = epl__matrices(packed->type);
    size_t row = (size_t)packed->type.shape.dim[packed->type.shape.rank - 1] *
                 epl_dtype_bytes(out->type.dtype);
    size_t bytes = all ? epl_bytes(out->type) / (size_t)all : 0;
    for (int64_t i = 0; bytes && i < all; i++)
        memcpy((char *)out->data + (size_t)i * bytes,
               (char *)epl__matrix_at(packed, i) + (size_t)first * row, bytes);
}

epl_val epl__read_packed(const epl_prim *p, epl_val a, epl_val packed)
{
    return a.graph && packed.graph ? epl_op(p, epl_list(a, packed), NULL) : EPL_NO_VAL;
}

/* -- batch rules ------------------------------------------------------------------------------ */
epl_val epl__whole_batch(const epl_prim *p, const epl_val *x, const bool *mapped, size_t count,
                         const void *attrs)
{
    epl_val in[3];
    int64_t copies = 0;
    for (size_t i = 0; i < count; i++)
        copies = mapped[i] ? epl_dim(x[i], 0) : copies;
    for (size_t i = 0; i < count; i++)
        in[i] = mapped[i] ? x[i] : epl__lead(x[i], copies);
    return epl_op(p, (epl_vals){count, in}, attrs);
}

epl_val epl__system_batch(const epl_prim *p, const epl_val *x, const bool *mapped, size_t count,
                          const void *attrs)
{
    epl_val in[3], b = x[count - 1];
    for (size_t i = 0; i < count; i++) {
        in[i] = x[i];
        if (i + 1 < count && mapped[i])
            return epl__whole_batch(p, x, mapped, count, attrs);
    }
    int rank = epl_rank(b) - 1; /* without the mapped axis */
    epl_val wide = epl__move_axis(b, 0, rank - 1);
    epl_shape apart = epl_typeof(wide).shape, one = epl__shape_without(apart, INT64_C(1) << rank);
    one.dim[rank - 1] = apart.dim[rank - 1] * apart.dim[rank];
    in[count - 1] = epl__reshape(wide, one);
    epl_val y = epl__reshape(epl_op(p, (epl_vals){count, in}, attrs), apart);
    return epl__move_axis(y, rank - 1, 0);
}

/* -- arguments -------------------------------------------------------------------------------- */
bool epl__matrices_in(const char *op, const epl_val *x, size_t n, bool square)
{
    if (!epl__all_values(op, (epl_vals){n, x}))
        return false;
    for (size_t i = 0; i < n; i++) {
        epl_type t = epl_typeof(x[i]);
        bool fits = epl__is_matrix(t, square && i == 0);
        if (t.dtype != EPL_F32 && t.dtype != EPL_F64)
            epl__bad(x[i], EPL_ERR_DTYPE, "[%s] operand %zu is %s; f32 or f64 is expected", op,
                     i + 1, epl__show(x[i]));
        else if (t.dtype != epl_typeof(x[0]).dtype)
            epl__bad(x[i], EPL_ERR_DTYPE, "[%s] operands %s and %s must have one dtype: cast one",
                     op, epl__show(x[0]), epl__show(x[i]));
        else if (!fits)
            epl__bad(x[i], EPL_ERR_SHAPE, "[%s] operand %zu is %s; %s is expected", op, i + 1,
                     epl__show(x[i]), square && i == 0 ? "[..., n, n]" : "[..., n, k]");
        else
            continue;
        return false;
    }
    return true;
}

/* x with the batch of s. */
static epl_val with_batch(epl_val x, epl_shape batch)
{
    epl_shape s = epl_typeof(x).shape;
    batch.dim[batch.rank++] = s.dim[s.rank - 2];
    batch.dim[batch.rank++] = s.dim[s.rank - 1];
    return epl__expand(x, batch);
}

bool epl__one_batch(const char *op, epl_val *a, epl_val *b)
{
    epl_shape s = epl_typeof(*a).shape, t = epl_typeof(*b).shape, out;
    if (s.rank < 2 || t.rank < 2) /* none, after an error */
        return false;
    s.rank -= 2;
    t.rank -= 2;
    out = s.rank > t.rank ? s : t;
    for (int i = 1; i <= s.rank && i <= t.rank; i++) {
        int64_t m = s.dim[s.rank - i], k = t.dim[t.rank - i];
        if (m != k && m != 1 && k != 1) {
            epl__bad(*a, EPL_ERR_SHAPE,
                     "[%s] the axes before the matrices of %s and %s do not broadcast", op,
                     epl__show(*a), epl__show(*b));
            return false;
        }
        out.dim[out.rank - i] = m == 1 ? k : m;
    }
    *a = with_batch(*a, out);
    *b = with_batch(*b, out);
    return a->graph && b->graph;
}

const epl_attr epl__matrix_table[] = {EPL_ARG(epl__matrix_args, A), EPL_ATTR_END};
