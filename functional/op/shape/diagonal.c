/* diagonal.c -- diagonals are strided slices of flattened matrices; triangles are masks. */
#include <inttypes.h>
#include "shape.h"

/* Where j - i <= offset (lower) or >= offset, of [n, m]. */
static epl_val triangle(epl_val x, int64_t n, int64_t m, int64_t offset, bool lower)
{
    offset = offset < -n ? -n : offset > m ? m : offset;
    epl_val i = epl__insert(epl__iota(x, EPL_I64, n), 1, m),
            j = epl__lead(epl__iota(x, EPL_I64, m), n);
    epl_val distance = epl_sub(j, i);
    return lower ? epl_le(distance, epl_int(offset)) : epl_ge(distance, epl_int(offset));
}

static epl_val masked(const char *op, const epl_tril_args *a, bool lower)
{
    epl_val x = a->input;
    epl_shape s = epl_typeof(x).shape;
    if (!epl__fn_of(x) || !epl__computes(op, x, false))
        return EPL_NO_VAL;
    if (s.rank < 2)
        return epl__bad(x, EPL_ERR_SHAPE, "[%s] a matrix is expected, got %s", op, epl__show(x));
    epl_val keep = triangle(x, s.dim[s.rank - 2], s.dim[s.rank - 1], a->diagonal, lower);
    return epl__select(epl__expand(keep, s), x, epl__like(x, 0));
}

epl_val epl_op_tril(const epl_tril_args *a, const char *given)
{
    (void)given;
    return masked("tril", a, true);
}

epl_val epl_op_triu(const epl_tril_args *a, const char *given)
{
    (void)given;
    return masked("triu", a, false);
}

/* The two axes of [.., n, m], in [0, rank + spare); false after an error. */
static bool two_axes(const char *op, epl_val x, int64_t dim1, int64_t dim2, int spare, int *i,
                     int *j)
{
    if (!epl__fn_of(x))
        return false;
    *i = epl__axis_of(op, x, dim1, spare);
    *j = *i < 0 ? -1 : epl__axis_of(op, x, dim2, spare);
    if (*j >= 0 && *i == *j)
        epl__bad(x, EPL_ERR_ARG, "[%s] dim1 and dim2 are the same axis %d of %s", op, *i,
                 epl__show(x));
    return *j >= 0 && *i != *j;
}

epl_val epl_op_diagonal(const epl_diagonal_args *a, const char *given)
{
    epl_val x = a->input;
    int i, j, axis[EPL_MAX_RANK], k = 0;
    if (!two_axes("diagonal", x, a->dim1, epl__given(given, "dim2") ? a->dim2 : 1, 0, &i, &j))
        return EPL_NO_VAL;
    epl_shape s = epl_typeof(x).shape, flat;
    int64_t n = s.dim[i], m = s.dim[j];
    int64_t offset = a->offset < -n ? -n : a->offset > m ? m : a->offset;
    for (int d = 0; d < s.rank; d++)
        if (d != i && d != j)
            axis[k++] = d;
    axis[k] = i;
    axis[k + 1] = j;
    int64_t rows = offset < 0 ? n + offset : n, columns = offset > 0 ? m - offset : m;
    int64_t length = rows < columns ? rows : columns;
    flat = epl__shape_without(s, INT64_C(1) << i | INT64_C(1) << j);
    flat.dim[flat.rank++] = n * m;
    x = epl__reshape(epl__permute(x, axis), flat);
    int64_t start = length == 0 ? 0 : offset >= 0 ? offset : -offset * m;
    return epl__own(epl__slice(x, k, start, length, m + 1), a->input);
}

epl_val epl_op_diag_embed(const epl_diagonal_args *a, const char *given)
{
    epl_val x = a->input;
    int64_t dim1 = epl__given(given, "dim1") ? a->dim1 : -2, offset = a->offset, n;
    int64_t dim2 = epl__given(given, "dim2") ? a->dim2 : -1, limit = INT64_C(1) << 31;
    int i, j, axis[EPL_MAX_RANK], rank = epl_rank(x) + 1;
    if (!two_axes("diag_embed", x, dim1, dim2, 1, &i, &j))
        return EPL_NO_VAL;
    n = epl_dim(x, -1);
    if (rank < 2 || rank > EPL_MAX_RANK || n > limit || offset > limit || offset < -limit)
        return epl__bad(x, EPL_ERR_SHAPE, "[diag_embed] %s at offset %" PRId64 " gives no matrix",
                        epl__show(x), offset);
    n += offset < 0 ? -offset : offset;
    epl_shape s = epl_typeof(x).shape;
    int64_t count = s.dim[s.rank - 1], start = offset >= 0 ? offset : -offset * n;
    int64_t covered = count ? start + (count - 1) * (n + 1) + 1 : start;
    x = epl__pad(x, s.rank - 1, start, n * n - covered, n);
    s.dim[s.rank - 1] = n;
    x = epl__reshape(x, epl__shape_insert(s, s.rank, n));
    for (int d = 0, k = 0; d < rank; d++)
        axis[d] = d == i ? rank - 2 : d == j ? rank - 1 : k++;
    return epl__own(epl__permute(x, axis), a->input);
}

static const epl_attr tril_table[] = {
    EPL_ARG(epl_tril_args, input),
    EPL_ATTR(epl_tril_args, diagonal, EPL_INT, 0, -EPL__MANY, EPL__MANY), EPL_ATTR_END};
EPL__OPERATION(tril, "x[i, j] where j - i <= diagonal, else 0", epl_tril_args, tril_table);
EPL__OPERATION(triu, "x[i, j] where j - i >= diagonal, else 0", epl_tril_args, tril_table);

static const epl_attr diagonal_table[] = {
    EPL_ARG(epl_diagonal_args, input),
    EPL_ATTR(epl_diagonal_args, offset, EPL_INT, 0, -EPL__MANY, EPL__MANY),
    EPL_ATTR(epl_diagonal_args, dim1, EPL_INT, 0, -EPL_MAX_RANK, EPL_MAX_RANK),
    EPL_ATTR(epl_diagonal_args, dim2, EPL_INT, 1, -EPL_MAX_RANK, EPL_MAX_RANK), EPL_ATTR_END};
EPL__OPERATION(diagonal, "y[..., i] = x[i, i + offset]", epl_diagonal_args, diagonal_table);
static const epl_attr diag_embed_table[] = {
    EPL_ARG(epl_diagonal_args, input),
    EPL_ATTR(epl_diagonal_args, offset, EPL_INT, 0, -EPL__MANY, EPL__MANY),
    EPL_ATTR(epl_diagonal_args, dim1, EPL_INT, -2, -EPL_MAX_RANK, EPL_MAX_RANK),
    EPL_ATTR(epl_diagonal_args, dim2, EPL_INT, -1, -EPL_MAX_RANK, EPL_MAX_RANK), EPL_ATTR_END};
EPL__OPERATION(diag_embed, "y[i, i + offset] = x[..., i], else 0", epl_diagonal_args,
               diag_embed_table);
