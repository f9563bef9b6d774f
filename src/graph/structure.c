/* structure.c -- see structure.h. Each is one node, or none where nothing is to be done. */
#include <string.h>
#include "../base/scope.h"
#include "structure.h"

static epl_val one(const epl_prim *p, epl_val x, const void *attrs)
{
    return x.graph ? epl_op(p, (epl_vals){1, &x}, attrs) : x;
}

static epl_fn *fn_of(epl_val v)
{
    epl_fn *f = epl__fn_of(v);
    return f && epl_scope_status(f->scope) == EPL_OK ? f : NULL;
}

static bool same_shape(epl_shape a, epl_shape b)
{
    return a.rank == b.rank && !memcmp(a.dim, b.dim, (size_t)a.rank * sizeof *a.dim);
}

/* -- shapes ------------------------------------------------------------------------------- */
epl_shape epl__shape_without(epl_shape s, int64_t mask)
{
    epl_shape out = {0};
    for (int i = 0; i < s.rank; i++)
        if (!(mask >> i & 1))
            out.dim[out.rank++] = s.dim[i];
    return out;
}

epl_shape epl__shape_insert(epl_shape s, int axis, int64_t n)
{
    epl_shape out = s;
    if (s.rank >= EPL_MAX_RANK) {
        out.rank = EPL_MAX_RANK + 1; /* no type: the builder reports it */
        return out;
    }
    for (int i = s.rank; i > axis; i--)
        out.dim[i] = s.dim[i - 1];
    out.dim[axis] = n;
    out.rank++;
    return out;
}

int64_t epl__product(epl_shape s, int from, int to)
{
    int64_t n = 1;
    for (int i = from; i < to; i++)
        n *= s.dim[i];
    return n;
}

/* -- views -------------------------------------------------------------------------------- */
static epl_val too_many_axes(const char *op, epl_val x)
{
    epl__fail(epl__fn_of(x), EPL_ERR_SHAPE, "[%s] more than %d axes", op, EPL_MAX_RANK);
    return EPL_NO_VAL;
}

epl_val epl__reshape(epl_val x, epl_shape shape)
{
    epl__reshape_attrs a = {.rank = shape.rank};
    if (!x.graph || same_shape(epl_typeof(x).shape, shape))
        return x;
    if (shape.rank > EPL_MAX_RANK)
        return too_many_axes("reshape", x);
    memcpy(a.dim, shape.dim, (size_t)shape.rank * sizeof *a.dim);
    return one(&epl__prim_reshape, x, &a);
}

epl_val epl__permute(epl_val x, const int *axis)
{
    epl__permute_attrs a = {.rank = epl_rank(x)};
    bool moved = false;
    for (int i = 0; i < a.rank; i++) {
        a.axis[i] = axis[i];
        moved |= axis[i] != i;
    }
    return moved ? one(&epl__prim_permute, x, &a) : x;
}

epl_val epl__move_axis(epl_val x, int from, int to)
{
    int axis[EPL_MAX_RANK], rank = epl_rank(x), n = 0;
    for (int i = 0; i < rank; i++) {
        if (i == to)
            axis[i] = from;
        else {
            n += n == from;
            axis[i] = n++;
        }
    }
    return epl__permute(x, axis);
}

epl_val epl__broadcast(epl_val x, epl_shape out, int64_t mask)
{
    epl__broadcast_attrs a = {.rank = out.rank, .mask = mask};
    if (!x.graph || !mask)
        return x;
    if (out.rank > EPL_MAX_RANK)
        return too_many_axes("broadcast", x);
    memcpy(a.dim, out.dim, (size_t)out.rank * sizeof *a.dim);
    return one(&epl__prim_broadcast, x, &a);
}

epl_val epl__insert(epl_val x, int axis, int64_t n)
{
    return epl__broadcast(x, epl__shape_insert(epl_typeof(x).shape, axis, n), INT64_C(1) << axis);
}

epl_val epl__lead(epl_val x, int64_t n)
{
    return epl__insert(x, 0, n);
}

epl_val epl__drop(epl_val x, int axis)
{
    if (!x.graph)
        return x; /* it has no axis that could go */
    return epl__reshape(x, epl__shape_without(epl_typeof(x).shape, INT64_C(1) << axis));
}

/* Axes of size 1 that grow are dropped first: broadcasting makes new axes only. */
epl_val epl__expand(epl_val x, epl_shape out)
{
    epl_shape s = epl_typeof(x).shape;
    int64_t grow = 0, mask = 0;
    int lead = out.rank - s.rank;
    if (!x.graph || same_shape(s, out))
        return x;
    for (int i = 0; i < out.rank; i++) {
        bool fresh = i < lead, wider = !fresh && s.dim[i - lead] == 1 && out.dim[i] != 1;
        mask |= (int64_t)(fresh || wider) << i;
        grow |= wider ? INT64_C(1) << (i - lead) : 0;
    }
    x = epl__reshape(x, epl__shape_without(s, grow));
    return epl__broadcast(x, out, mask);
}

epl_val epl__slice(epl_val x, int axis, int64_t start, int64_t length, int64_t step)
{
    epl__slice_attrs a = {axis, start, length, step};
    if (!length)
        a.start = 0;
    if (start == 0 && step == 1 && length == epl_dim(x, axis))
        return x;
    return one(&epl__prim_slice, x, &a);
}

epl_val epl__into_rows(epl_val x, int64_t start, int64_t runs, int64_t span, const char *op,
                       const char *option)
{
    epl_shape s = epl_typeof(x).shape;
    if (!x.graph)
        return x;
    if (s.rank >= EPL_MAX_RANK) {
        epl__fail(epl__fn_of(x), EPL_ERR_SHAPE, "[%s] a value of rank %d leaves no axis for .%s",
                  op, s.rank, option);
        return EPL_NO_VAL;
    }
    s = epl__shape_insert(s, 0, runs);
    s.dim[1] = span;
    return epl__reshape(epl__slice(x, 0, start, runs * span, 1), s);
}

epl_val epl__from_rows(epl_val rows)
{
    if (!rows.graph)
        return rows;
    epl_shape s = epl_typeof(rows).shape, all = epl__shape_without(s, 1);
    all.dim[0] = s.dim[0] * s.dim[1];
    return epl__reshape(rows, all);
}

epl_val epl__pad(epl_val x, int axis, int64_t lo, int64_t hi, int64_t interior)
{
    epl__pad_attrs a = {axis, lo, hi, interior};
    return lo || hi || interior ? one(&epl__prim_pad, x, &a) : x;
}

epl_val epl__assemble(epl_vals parts, int axis, int64_t length, const int64_t *offset)
{
    epl__assemble_attrs a = {axis, length, {parts.count, offset}};
    return epl_op(&epl__prim_assemble, parts, &a);
}

epl_val epl__concat(epl_vals parts, int axis)
{
    epl_fn *f = parts.count ? fn_of(parts.at[0]) : NULL;
    int64_t *offset = f ? epl__arena_take(&f->arena, parts.count * sizeof *offset) : NULL;
    int64_t length = 0;
    if (!offset)
        return EPL_NO_VAL;
    for (size_t i = 0; i < parts.count; i++) {
        offset[i] = length;
        length += epl_dim(parts.at[i], axis);
    }
    return epl__assemble(parts, axis, length, offset);
}

/* -- arithmetic ---------------------------------------------------------------------------- */
/* Nothing is computed in f16 and bf16: what derivatives and maps need of them is made in f32. */
static epl_val wide(epl_val x)
{
    epl_dtype d = epl_typeof(x).dtype;
    return d == EPL_F16 || d == EPL_BF16 ? epl__cast(x, EPL_F32) : x;
}

epl_val epl__total(epl_val a, epl_val b)
{
    if (!a.graph || !b.graph)
        return EPL_NO_VAL;
    epl_val y = epl_op(&epl__prim_add, epl_list(wide(a), wide(b)), NULL);
    return epl__cast(y, epl_typeof(a).dtype);
}

epl_val epl__sum(epl_val x, int64_t mask)
{
    epl__reduce_attrs a = {mask};
    return mask ? epl__cast(one(&epl__prim_sum, wide(x), &a), epl_typeof(x).dtype) : x;
}

epl_val epl__amax(epl_val x, int64_t mask)
{
    epl__reduce_attrs a = {mask};
    return mask ? one(&epl__prim_amax, x, &a) : x;
}

epl_val epl__cast(epl_val x, epl_dtype dtype)
{
    epl__cast_attrs a = {dtype};
    return epl_typeof(x).dtype == dtype ? x : one(&epl__prim_cast, x, &a);
}

epl_val epl__dot(epl_val a, const char *la, epl_val b, const char *lb, const char *out)
{
    epl__dot_attrs d = {{0}, {0}, {0}};
    if (!a.graph || !b.graph)
        return EPL_NO_VAL;
    strncpy(d.a, la, sizeof d.a - 1);
    strncpy(d.b, lb, sizeof d.b - 1);
    strncpy(d.out, out, sizeof d.out - 1);
    return epl_op(&epl__prim_dot, epl_list(a, b), &d);
}

epl_val epl__select(epl_val condition, epl_val yes, epl_val no)
{
    if (!condition.graph || !yes.graph || !no.graph)
        return EPL_NO_VAL;
    epl_val y = epl_op(&epl__prim_select, epl_list(condition, wide(yes), wide(no)), NULL);
    return epl__cast(y, epl_typeof(yes).dtype);
}

epl_val epl__pick(epl_val condition, epl_val yes, epl_val no)
{
    const epl_shape s = epl_typeof(yes).shape;
    const int64_t rest = ((INT64_C(1) << s.rank) - 1) & ~((INT64_C(1) << epl_rank(condition)) - 1);
    return epl__select(epl__broadcast(condition, s, rest), yes, no);
}

/* The value of x, the derivative of `along`. */
static epl_val straight(epl_val x, epl_val along)
{
    return along.graph ? epl_op(&epl__prim_straight_through, epl_list(x, along), NULL) : along;
}

epl_val epl__guarded(epl_val x, epl_val used)
{
    const bool varies = epl_dtype_is_float(epl_typeof(x).dtype);
    return varies ? straight(x, epl__pick(used, x, epl__like(x, 0))) : x;
}

epl_val epl__held(epl_val x)
{
    return epl_dtype_is_float(epl_typeof(x).dtype) ? straight(x, epl__like(x, 0)) : x;
}

epl_val epl__full(epl_val of, epl_dtype d, epl_shape shape, double value)
{
    epl_fn *f = fn_of(of);
    return f ? epl__splat(f, d, shape, value, (int64_t)value) : EPL_NO_VAL;
}

epl_val epl__like(epl_val x, double value)
{
    epl_type t = epl_typeof(x);
    return epl__full(x, t.dtype, t.shape, value);
}

epl_val epl__iota(epl_val of, epl_dtype d, int64_t length)
{
    epl_fn *f = fn_of(of);
    epl__iota_attrs a = {d, length};
    epl_type t = epl_type_of(d, epl_shape_of(1, &length));
    return f ? epl__build(f, &epl__prim_iota, NULL, 0, &a, &t) : EPL_NO_VAL;
}

epl_val epl__gather(epl_val x, epl_val index, int batch)
{
    epl__gather_attrs a = {batch, 0};
    return x.graph && index.graph ? epl_op(&epl__prim_gather, epl_list(x, index), &a) : EPL_NO_VAL;
}

epl_val epl__scatter(epl_val src, epl_val index, int batch, int64_t axis_length)
{
    epl__gather_attrs a = {batch, axis_length};
    if (!src.graph || !index.graph)
        return EPL_NO_VAL;
    epl_val y = epl_op(&epl__prim_scatter, epl_list(wide(src), index), &a);
    return epl__cast(y, epl_typeof(src).dtype);
}

/* -- for transforms ------------------------------------------------------------------------ */
epl_val epl__placeholder(epl_fn *f, const epl_type *t)
{
    epl__input_attrs a = {-1};
    return epl__build(f, &epl__prim_input, NULL, 0, &a, t);
}

epl_val epl__eye(epl_fn *f, epl_dtype d, int64_t n)
{
    epl__iota_attrs a = {EPL_I64, n};
    epl_type t = epl_type_of(EPL_I64, epl_shape_of(1, &n));
    epl_val i = epl__build(f, &epl__prim_iota, NULL, 0, &a, &t);
    epl_val row = epl__insert(i, 1, n), column = epl__lead(i, n);
    if (!row.graph || !column.graph)
        return EPL_NO_VAL;
    return epl__cast(epl_op(&epl__prim_eq, epl_list(row, column), NULL), d);
}
