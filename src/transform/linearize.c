/* linearize.c -- the derivative as a map that is applied again and again.
 *
 * The map is a tangent built along a vector that stands for all others. The tangent is linear
 * in it: with the vector in its place it is the map, and its vjp the transpose; neither walks the
 * function again. A vector of an inner function gets the linear nodes built again there, on what
 * the outer ones read. Invariant: what is returned never depends on the stand-in.
 */
#include <espalier/derive.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "transform.h"

epl_val epl__each_of(epl_fn *f, epl_val in, epl_val out, epl_val rows)
{
    if (!in.graph || !out.graph || !rows.graph)
        return EPL_NO_VAL;
    epl__id map = epl__id_of(in), to = epl__id_of(rows);
    bool mapped = true;
    epl__batching b = {f, f, map, &map, &to, &mapped, 1, epl_dim(rows, 0)};
    return epl__val(f, epl__batch(&b, epl__id_of(out)));
}

epl_linear epl_linearize(epl_val y, epl_val x)
{
    static const epl_linear none;
    epl_fn *f = epl__fn_of(x);
    if (!f || epl_scope_status(f->scope) != EPL_OK) {
        epl_jvp(y, x, x); /* says what is wrong */
        return none;
    }
    epl_type t = epl_typeof(x);
    epl_linear l = {.in = epl__placeholder(f, &t)};
    l.out = epl_jvp(y, x, l.in);
    return l.out.graph ? l : none;
}

/* Is v one more axis in front of a value like `like`? */
static bool is_several(epl_val v, epl_val like)
{
    epl_type several = epl_typeof(v), one = epl_typeof(like);
    if (several.dtype != one.dtype || several.shape.rank != one.shape.rank + 1)
        return false;
    one.shape = epl__shape_insert(one.shape, 0, several.shape.dim[0]);
    return epl__shape_equal(one.shape, several.shape);
}

/* The rows as a value of f, or none with an error. */
static epl_val rows_in(epl_fn *f, epl_val v, epl_val in)
{
    epl__id both[2];
    epl_fn *meet = epl__meet(epl_list(v, in), both, "linear");
    if (meet == f)
        return epl__val(f, both[0]);
    if (meet)
        epl__fail(f, EPL_ERR_USE,
                  "[linear] the vectors are values of an inner function; give all of them at "
                  "once with an axis in front");
    return EPL_NO_VAL;
}

static epl_val finished(epl_fn *f, epl_val v)
{
    return v.graph ? epl__result(f, epl__id_of(v), epl__node_at(f, epl__id_of(v))->type) : v;
}

/* The node built again where v is, with to[] for what depends on `in`; the rest is taken in. */
static epl__id again(epl_fn *f, epl_val v, epl__id id, const epl__id *to, epl__id lowest)
{
    epl_fn *g = epl__fn_of(v);
    const epl__node *n = epl__node_at(f, id);
    epl__id *in = epl__arena_take(&g->arena, (n->count + 1) * sizeof *in), both[2];
    for (uint32_t k = 0; in && k < n->count; k++) {
        in[k] = n->in[k] < lowest ? EPL__ID_NONE : to[n->in[k] - lowest];
        if (in[k] != EPL__ID_NONE)
            continue;
        if (epl__meet(epl_list(v, epl__val(f, n->in[k])), both, "linear") != g)
            return EPL__ID_NONE;
        in[k] = both[1];
    }
    if (!in)
        epl__fail(g, EPL_ERR_MEMORY, "[linear] no memory");
    return in ? epl__id_of(epl__build(g, n->prim, in, n->count, n->attrs, n->type)) : EPL__ID_NONE;
}

/* `out`, which depends on the placeholder `in`, with v of an inner function in its place. */
static epl_val inside(epl_val in, epl_val out, epl_val v)
{
    epl_fn *f = epl__fn_of(out), *g = epl__fn_of(v);
    epl__id both[2], lowest = epl__id_of(in), last = epl__id_of(out);
    epl__cone cone;
    if (!f || !epl__meet(epl_list(v), both, "linear"))
        return EPL_NO_VAL;
    size_t count = last < lowest ? 2 : last - lowest + 1;
    epl__id *to = epl__arena_take(&g->arena, count * sizeof *to);
    if (!to)
        epl__fail(g, EPL_ERR_MEMORY, "[linear] no memory");
    if (!to || !epl__cone_of(f, &last, 1, lowest, &cone))
        return EPL_NO_VAL;
    for (size_t i = 0; i < count; i++)
        to[i] = EPL__ID_NONE;
    to[0] = both[0];
    for (uint32_t i = 0; i < cone.count; i++) {
        const epl__node *n = epl__node_at(f, cone.id[i]);
        bool depends = false;
        for (uint32_t k = 0; k < n->count && !depends; k++)
            depends = n->in[k] >= lowest && to[n->in[k] - lowest] != EPL__ID_NONE;
        if (depends &&
            (to[cone.id[i] - lowest] = again(f, v, cone.id[i], to, lowest)) == EPL__ID_NONE)
            return EPL_NO_VAL;
    }
    if (to[count - 1] != EPL__ID_NONE)
        return finished(g, epl__val(g, to[count - 1]));
    return epl__meet(epl_list(v, out), both, "linear") ? finished(g, epl__val(g, both[1]))
                                                       : EPL_NO_VAL;
}

bool epl__is_inner(const epl_fn *f, epl_val v, epl_val like)
{
    const epl_fn *g = epl__fn_of(v);
    while (g && g != f)
        g = g->parent;
    return g && epl__fn_of(v) != f && epl_type_equal(epl_typeof(v), epl_typeof(like));
}

epl_val epl_linear_apply(epl_linear l, epl_val v)
{
    epl_fn *f = epl__fn_of(l.out);
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    if (epl__is_inner(f, v, l.in))
        return inside(l.in, l.out, v);
    if (is_several(v, l.in))
        return finished(f, epl__each_of(f, l.in, l.out, rows_in(f, v, l.in)));
    epl_type t = epl_typeof(l.in);
    if (epl__fn_of(v) != f || !epl_type_equal(epl_typeof(v), t) || t.shape.rank == EPL_MAX_RANK)
        return epl_jvp(l.out, l.in, v);
    /* One row in place of the stand-in: a loop's own jvp would keep the stand-in's numbers. */
    epl__rules_begin(f);
    epl_val one = epl__each_of(f, l.in, l.out, epl__lead(v, 1));
    one = epl__reshape(one, epl_typeof(l.out).shape);
    epl__rules_end(f);
    return finished(f, one);
}

epl_val epl_linear_transpose(epl_linear l, epl_val u)
{
    epl_fn *f = epl__fn_of(l.out);
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    epl_type t = epl_typeof(l.out);
    if (epl__is_inner(f, u, l.out)) {
        epl_val stand_in = epl__placeholder(f, &t);
        return inside(stand_in, epl_vjp(l.out, l.in, stand_in), u);
    }
    if (!is_several(u, l.out))
        return epl_vjp(l.out, l.in, u);
    epl_val rows = rows_in(f, u, l.in), one = epl__placeholder(f, &t);
    return finished(f, epl__each_of(f, one, epl_vjp(l.out, l.in, one), rows));
}
