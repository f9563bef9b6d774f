/* jvp.c -- tangents: one sweep over the cone, in the order of ids.
 *
 * A tangent that does not exist is none, never a node of zeros; an operation that is
 * linear in several operands at once gets zeros for those, and simplification drops them.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "../graph/region.h"
#include "transform.h"

enum { FEW = 16 };

/* The operation itself with some operands replaced. */
static epl_val with(epl_fn *f, const epl__node *n, const epl_val *x)
{
    epl__id few[FEW], *in = few;
    if (n->count > FEW && !(in = epl__arena_take(&f->tape_arena, n->count * sizeof *in))) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a derivative of \"%s\"", f->name);
        return EPL_NO_VAL;
    }
    for (uint32_t i = 0; i < n->count; i++)
        in[i] = epl__id_of(x[i]);
    return epl__build(f, n->prim, in, n->count, n->attrs, NULL);
}

static epl_val sum_of(epl_fn *f, epl_val a, epl_val b)
{
    if (!a.graph || !b.graph)
        return a.graph ? a : b;
    epl__id in[2] = {epl__id_of(a), epl__id_of(b)};
    return epl__build(f, &epl__prim_add, in, 2, NULL, NULL);
}

/* Linear in each operand alone: the product rule. */
static epl_val product_rule(epl_fn *f, const epl__node *n, epl_val *x, const epl_val *dx)
{
    epl_val sum = EPL_NO_VAL;
    for (uint32_t i = 0; i < n->count; i++) {
        if (!dx[i].graph)
            continue;
        epl_val keep = x[i];
        x[i] = dx[i];
        sum = sum_of(f, sum, with(f, n, x));
        x[i] = keep;
    }
    return sum;
}

/* Linear in the operands of the mask together: the operation of their tangents. */
static epl_val linear_rule(epl_fn *f, const epl__node *n, epl_val *x, const epl_val *dx)
{
    const epl_prim *p = n->prim;
    bool some = false;
    for (uint32_t i = 0; i < n->count; i++) {
        const epl_type *t = epl__node_at(f, n->in[i])->type;
        bool linear = p->linear ? i >= 32 || p->linear >> i & 1 : epl_dtype_is_float(t->dtype);
        if (linear) {
            some |= dx[i].graph != NULL;
            x[i] = dx[i].graph ? dx[i] : epl__splat(f, t->dtype, t->shape, 0, 0);
        } else if (dx[i].graph) {
            epl__fail(f, EPL_ERR_RULE, "[%s] has no derivative in operand %u", p->name, i);
            return EPL_NO_VAL;
        }
    }
    return some ? with(f, n, x) : EPL_NO_VAL;
}

static epl_val tangent(epl_fn *f, const epl__node *n, epl_val *x, const epl_val *dx)
{
    const epl_prim *p = n->prim;
    if (!epl_dtype_is_float(n->type->dtype))
        return EPL_NO_VAL;
    if (p->jvp)
        return p->jvp(x, dx, n->count, n->attrs);
    if (p->multilinear)
        return product_rule(f, n, x, dx);
    if (p->linear || p->transpose)
        return linear_rule(f, n, x, dx);
    epl__fail(f, EPL_ERR_RULE, "[%s] has no derivative: it has neither a jvp nor a transpose rule",
              p->name);
    return EPL_NO_VAL;
}

typedef struct {
    epl_fn *f;
    epl__cone cone;
    epl__id *of;     /* tangent of id lowest + i */
    epl__id **parts; /* of regions: tangents of their parts, by id - lowest */
    epl_val *x, *dx;
} sweep;

static bool prepare(sweep *s, const epl__id *y, size_t ny, const epl__id *x, size_t nx)
{
    epl_fn *f = s->f;
    epl__id lowest = EPL__ID_NONE;
    for (size_t i = 0; i < nx; i++)
        lowest = x[i] < lowest ? x[i] : lowest;
    if (!epl__cone_of(f, y, ny, lowest, &s->cone))
        return false;
    uint32_t most = FEW, span = 0;
    bool regions = false;
    for (uint32_t i = 0; i < s->cone.count; i++) {
        const epl__node *n = epl__node_at(f, s->cone.id[i]);
        regions |= n->prim == &epl__prim_region;
        most = n->count > most ? n->count : most;
        span = s->cone.id[i] - lowest + 1;
    }
    s->of = epl__arena_take(&f->tape_arena, (span + 1) * sizeof *s->of);
    s->x = epl__arena_take(&f->tape_arena, 2 * most * sizeof *s->x);
    s->parts = regions ? epl__arena_take(&f->tape_arena, (span + 1) * sizeof *s->parts) : NULL;
    if (!s->of || !s->x || (regions && !s->parts)) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a derivative of \"%s\"", f->name);
        return false;
    }
    s->dx = s->x + most;
    return true;
}

/* A region's parts have their tangents together. */
static epl__id region_tangent(sweep *s, epl__id id, const epl__node *n)
{
    if (!epl__choice_made(s->f, id, s->dx))
        return EPL__ID_NONE;
    epl__id *part = epl__arena_take(&s->f->tape_arena,
                                    (epl__region_parts(epl__region_of(n)) + 1) * sizeof *part);
    if (part && epl__region_tangents(s->f, id, s->dx, part))
        s->parts[id - s->cone.lowest] = part;
    else
        epl__fail(s->f, EPL_ERR_MEMORY, "no memory for a derivative of \"%s\"", s->f->name);
    return EPL__ID_NONE;
}

static epl__id part_tangent(const sweep *s, const epl__node *n)
{
    epl__id region = n->in[0];
    const epl__id *part = region >= s->cone.lowest ? s->parts[region - s->cone.lowest] : NULL;
    return part ? part[((const epl__part_attrs *)n->attrs)->index] : EPL__ID_NONE;
}

static epl__id tangent_at(sweep *s, epl__id id)
{
    epl_fn *f = s->f;
    const epl__node *n = epl__node_at(f, id);
    bool varies = false;
    if (n->prim == &epl__prim_part)
        return part_tangent(s, n);
    for (uint32_t i = 0; i < n->count; i++) {
        epl__id in = n->in[i];
        bool inside = in >= s->cone.lowest;
        s->x[i] = epl__val(f, in);
        s->dx[i] = inside ? epl__val(f, s->of[in - s->cone.lowest]) : EPL_NO_VAL;
        varies |= s->dx[i].graph != NULL;
    }
    if (!varies)
        return EPL__ID_NONE;
    f->where_now = epl__where_derivative(f, n->where, n->prim);
    if (n->prim == &epl__prim_region)
        return region_tangent(s, id, n);
    epl__id t = epl__id_of(tangent(f, n, s->x, s->dx));
    bool is_zero = t != EPL__ID_NONE && epl__splat_is(f, t, 0); /* a piece that does not vary */
    return is_zero ? EPL__ID_NONE : t;
}

bool epl__tangents(epl_fn *f, const epl__id *y, size_t ny, const epl__id *x, const epl__id *dx,
                   size_t nx, epl__id *dy)
{
    sweep s = {.f = f};
    if (!prepare(&s, y, ny, x, nx))
        return false;
    uint32_t where = f->where_now;
    epl__rules_begin(f);
    for (uint32_t i = 0; i < s.cone.count && epl_scope_status(f->scope) == EPL_OK; i++) {
        epl__id id = s.cone.id[i], t = tangent_at(&s, id);
        for (size_t k = 0; k < nx; k++)
            if (x[k] == id)
                t = epl__id_of(sum_of(f, epl__val(f, dx[k]), epl__val(f, t)));
        s.of[id - s.cone.lowest] = t;
    }
    epl__rules_end(f);
    f->where_now = where;
    for (size_t i = 0; i < ny; i++)
        dy[i] = y[i] >= s.cone.lowest ? s.of[y[i] - s.cone.lowest] : EPL__ID_NONE;
    return epl_scope_status(f->scope) == EPL_OK;
}
