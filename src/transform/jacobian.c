/* jacobian.c -- derivatives along all unit vectors: Jacobians and blocks of Hessians.
 *
 * A product is built once along a stand-in, which is then replaced by `chunk` unit vectors at
 * a time, in a scan over chunks: src/transform/chunks.c.
 */
#include <espalier/derive.h>
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "transform.h"

/* Unit vectors [k, in.shape...], those of the elements first, first + 1, ...; `first` is an i64
 * without axes. k 0: one of them, [in.shape...]. */
static epl_val units(epl_val first, const epl_type *t, int64_t k)
{
    int64_t n = epl_count(*t), rows = k ? k : 1;
    epl_val column = epl__lead(epl__iota(first, EPL_I64, n), rows);
    epl_val row = epl__broadcast(first, epl_shape_of(1, &rows), 1);
    if (rows > 1)
        row = epl_op(&epl__prim_add, epl_list(row, epl__iota(first, EPL_I64, rows)), NULL);
    row = epl__insert(row, 1, n);
    epl_val unit = epl__cast(epl_op(&epl__prim_eq, epl_list(row, column), NULL), t->dtype);
    return epl__reshape(unit, k ? epl__shape_insert(t->shape, 0, k) : t->shape);
}

/* `out` along the unit vectors first, ..., first + k - 1 of `in`, at once. */
static epl_val at_once(epl_fn *f, epl_val in, epl_val out, int64_t first, int64_t k)
{
    epl_type t = epl_typeof(in);
    epl_val number = epl__splat(f, EPL_I64, epl_shape_of(0, NULL), 0, first);
    return epl__each_of(f, in, out, units(number, &t, k));
}

/* Elements [0, runs * size) of `in`, `size` at a time. */
static epl_val in_turn(epl_fn *f, epl_val in, epl_val out, int64_t runs, int64_t size)
{
    epl_type t = epl_typeof(in);
    epl__id id = epl__id_of(out);
    epl__chunks *c = epl__chunks_new(f, f, runs, size, 1);
    epl_val first = epl__iota(in, EPL_I64, runs);
    first = epl_op(&epl__prim_mul, epl_list(first, epl__like(first, (double)size)), NULL);
    if (!c || !first.graph)
        return EPL_NO_VAL;
    first = epl__chunks_each(c, first);
    epl__chunks_seed(c, epl__id_of(in), units(first, &t, size > 1 ? size : 0));
    return epl__chunks_close(c, id + 1) ? epl__val(f, epl__chunks_result(c, id)) : EPL_NO_VAL;
}

/* `out` along all unit vectors of `in`: [in elements, out.shape...], or with `last` the new
 * axis at the end. */
static epl_val along_all(epl_fn *f, epl_val in, epl_val out, int64_t chunk, bool last)
{
    int64_t n = epl_count(epl_typeof(in)), size = chunk && chunk < n ? chunk : n;
    int64_t rest = size ? n % size : 0;
    if (!in.graph || !out.graph)
        return EPL_NO_VAL;
    epl__rules_begin(f);
    epl_type none = epl_typeof(out);
    none.shape = n ? none.shape : epl__shape_insert(none.shape, 0, 0);
    epl_val all = !n         ? epl__full(out, none.dtype, none.shape, 0)
                  : size < n ? in_turn(f, in, out, n / size, size)
                             : at_once(f, in, out, 0, n);
    if (rest)
        all = epl__concat(epl_list(all, at_once(f, in, out, n - rest, rest)), 0);
    if (last)
        all = epl__move_axis(all, 0, epl_rank(out));
    epl__rules_end(f);
    return all;
}

/* [a..., b...]; false with an error if that is too many axes. */
static bool joined(epl_fn *f, const char *what, epl_shape a, epl_shape b, epl_shape *out)
{
    if (a.rank + b.rank > EPL_MAX_RANK) {
        epl__fail(f, EPL_ERR_SHAPE, "[%s] %d and %d axes are more than %d", what, a.rank, b.rank,
                  EPL_MAX_RANK);
        return false;
    }
    *out = a;
    memcpy(out->dim + a.rank, b.dim, (size_t)b.rank * sizeof *b.dim);
    out->rank += b.rank;
    return true;
}

static epl_val shaped(epl_fn *f, epl_val v, epl_shape shape)
{
    epl__rules_begin(f);
    v = epl__reshape(v, shape);
    epl__rules_end(f);
    return v.graph ? epl__result(f, epl__id_of(v), epl__node_at(f, epl__id_of(v))->type) : v;
}

static bool is_chunk(epl_fn *f, const char *what, int64_t chunk)
{
    if (chunk < 0)
        epl__fail(f, EPL_ERR_ARG, "[%s] chunk must not be negative, got %lld", what,
                  (long long)chunk);
    return chunk >= 0;
}

/* Forward or reverse? False with an error. */
static bool mode_of(epl_fn *f, const epl_jacobian_args *a, bool *forward)
{
    const char *mode = a->mode ? a->mode : "auto";
    *forward =
        !strcmp(mode, "forward") ||
        (!strcmp(mode, "auto") && epl_count(epl_typeof(a->x)) <= epl_count(epl_typeof(a->y)));
    bool known = *forward || !strcmp(mode, "reverse") || !strcmp(mode, "auto");
    if (!known)
        epl__fail(f, EPL_ERR_ARG,
                  "[jacobian] mode must be \"auto\", \"forward\" or \"reverse\", got \"%s\"", mode);
    return known;
}

epl_val epl_jacobian_of(const epl_jacobian_args *a, const char *given)
{
    (void)given;
    epl_fn *f = a ? epl__fn_of(a->x) : NULL;
    bool forward;
    epl_shape shape;
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return a ? epl_jvp(a->y, a->x, a->x) : EPL_NO_VAL; /* says what is wrong */
    epl_type of_x = epl_typeof(a->x), of_y = epl_typeof(a->y);
    if (!is_chunk(f, "jacobian", a->chunk) || !mode_of(f, a, &forward) ||
        !joined(f, "jacobian", of_y.shape, of_x.shape, &shape))
        return EPL_NO_VAL;
    epl_val in = epl__placeholder(f, forward ? &of_x : &of_y);
    epl_val out = forward ? epl_jvp(a->y, a->x, in) : epl_vjp(a->y, a->x, in);
    return shaped(f, along_all(f, in, out, a->chunk, forward), shape);
}

/* -- blocks of Hessians ----------------------------------------------------------------------- */
/* A side of a block: the elements [first, first + count) of x, and the axes they make. */
typedef struct {
    epl_val x;
    int64_t first, count;
    bool whole;
    epl_shape shape;
} side;

static bool side_of(epl_fn *f, epl_val x, const int64_t *range, const char *name, side *s)
{
    epl_type t = epl_typeof(x);
    int64_t n = epl_count(t);
    *s = (side){x, 0, n, true, t.shape};
    if (!range[0] && !range[1])
        return true;
    if (range[0] < 0 || range[1] < 1 || range[1] > n - range[0]) {
        epl__fail(f, EPL_ERR_ARG,
                  "[hessian_block] %s {%lld, %lld}: a first element and how many, within the %lld "
                  "of the variable, are expected",
                  name, (long long)range[0], (long long)range[1], (long long)n);
        return false;
    }
    *s = (side){x, range[0], range[1], false, epl_shape_of(1, &range[1])};
    return true;
}

/* The gradient by `of`, forward along the elements of `along`: these are the first axis, or
 * with `last` the second one. */
static epl_val block(epl_fn *f, epl_val y, const side *of, const side *along, int64_t chunk,
                     bool last)
{
    epl_type t = epl_typeof(along->x);
    int64_t n = epl_count(t), m = epl_count(epl_typeof(of->x));
    epl_type few = epl_type_of(t.dtype, epl_shape_of(1, &along->count));
    epl_val g = epl_gradient(y, of->x), in = epl__placeholder(f, &few);
    epl__rules_begin(f);
    epl_val v = epl__pad(in, 0, along->first, n - along->first - along->count, 0);
    v = epl__reshape(v, t.shape);
    g = epl__slice(epl__reshape(g, epl_shape_of(1, &m)), 0, of->first, of->count, 1);
    epl__rules_end(f);
    if (!g.graph || !v.graph)
        return EPL_NO_VAL;
    return along_all(f, in, epl_jvp(g, along->x, v), chunk, last);
}

epl_val epl_hessian_block_of(const epl_hessian_block_args *a, const char *given)
{
    (void)given;
    epl_fn *f = a ? epl__fn_of(a->x1) : NULL;
    side row, column;
    epl_shape shape;
    if (!f || epl_scope_status(f->scope) != EPL_OK || epl__fn_of(a->x2) != f)
        return a ? epl_jvp(epl_gradient(a->y, a->x1), a->x2, a->x2) : EPL_NO_VAL; /* says why */
    if (!is_chunk(f, "hessian_block", a->chunk) || !side_of(f, a->x1, a->rows, "rows", &row) ||
        !side_of(f, a->x2, a->columns, "columns", &column) ||
        !joined(f, "hessian_block", row.shape, column.shape, &shape))
        return EPL_NO_VAL;
    bool by_rows = row.count <= column.count; /* it is symmetric: the smaller side */
    epl_val v = by_rows ? block(f, a->y, &column, &row, a->chunk, false)
                        : block(f, a->y, &row, &column, a->chunk, true);
    return shaped(f, v, shape);
}
