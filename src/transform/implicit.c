/* implicit.c -- derivatives of solutions: that of a linear system, and that of F(z, c) = 0 by
 * the implicit function theorem, which is one linear system.
 *
 * Invariant: a rule looks at the solution and at what it solves, never at the loop.
 */
#include "../graph/implicit.h"
#include <string.h>
#include "../base/scope.h"
#include "transform.h"

static bool no_memory(epl_fn *f)
{
    epl__fail(f, EPL_ERR_MEMORY, "no memory for the derivative of a solution in \"%s\"", f->name);
    return false;
}

/* -- bodies -------------------------------------------------------------------------------- */
/* The tangent of output 0: inputs are those of b, then a tangent for each that varies. It has no
 * output where nothing depends on these. NULL after an error. */
static epl_fn *tangent_body(epl_fn *f, const epl_fn *b, const bool *varies)
{
    epl_fn *g = epl__body_new(f);
    epl__id *arg = epl__arena_take(&f->tape_arena, 3 * ((size_t)b->inputs + 1) * sizeof *arg);
    size_t n = 0;
    if (!g || !arg)
        return NULL;
    epl__id *x = arg + b->inputs + 1, *dx = x + b->inputs + 1, y, dy;
    for (uint32_t i = 0; i < b->inputs; i++)
        arg[i] = epl__body_input(g, &b->input[i].type);
    for (uint32_t i = 0; i < b->inputs; i++)
        if (varies[i]) {
            x[n] = arg[i];
            dx[n++] = epl__body_input(g, &b->input[i].type);
        }
    if (!n)
        return g;
    if (!epl__inline(g, b, arg, 0, 1, &y) || !epl__tangents(g, &y, 1, x, dx, n, &dy))
        return NULL;
    bool ok = dy == EPL__ID_NONE || epl__body_output(g, dy);
    epl__tape_clear(g);
    return ok ? g : NULL;
}

/* The cotangent of input `at`, in which output 0 of b is linear; that of the output comes in by
 * the same place. */
static epl_fn *transposed_body(epl_fn *f, const epl_fn *b, uint32_t at)
{
    epl_fn *g = epl__body_new(f);
    epl__id *arg = epl__arena_take(&f->tape_arena, ((size_t)b->inputs + 1) * sizeof *arg);
    if (!g || !arg)
        return NULL;
    const epl_type *type = epl__type_intern(g, &b->input[at].type);
    epl__id ct = EPL__ID_NONE, y, back;
    for (uint32_t i = 0; i < b->inputs; i++)
        arg[i] = epl__body_input(g, i == at ? &b->output[0].type : &b->input[i].type);
    ct = arg[at];
    arg[at] = epl__tape_input(g, type);
    if (!epl__inline(g, b, arg, 0, 1, &y))
        return NULL;
    if (!(y & EPL__TAPE))
        back = EPL__ID_NONE;
    else if (!epl__transpose(g, &y, &ct, 1, &arg[at], 1, &back))
        return NULL;
    if (back == EPL__ID_NONE)
        back = epl__zeros(g, type);
    bool ok = epl__body_output(g, back);
    epl__tape_clear(g);
    return ok ? g : NULL;
}

/* -- linear systems ------------------------------------------------------------------------ */
/* Operands: what A uses, what the preconditioner uses, b. */
typedef struct {
    const epl__linear_how *how;
    const epl_fn *a, *p;
    uint32_t a_at, p_at;
} linear_rule;

static bool linear_tangents(epl_fn *f, epl__id id, const epl_val *dx, epl__id *dy);
static bool linear_transpose(epl_fn *f, epl__id id, const epl__id *ct, epl__id *back);

static const epl__custom *linear_custom(epl_fn *f, const epl__linear_how *how,
                                        const epl__operator *a, const epl__operator *p)
{
    linear_rule *d = epl__arena_take(&f->arena, sizeof *d);
    epl__custom *c = epl__arena_take(&f->arena, sizeof *c);
    epl__linear_how *strict = epl__arena_take(&f->arena, sizeof *strict);
    if (!d || !c || !strict)
        return NULL;
    *strict = *how;
    strict->report = false; /* no one would be told of a derivative */
    *d = (linear_rule){strict, a->body, p ? p->body : NULL, a->at, p ? p->at : 0};
    *c = (epl__custom){linear_tangents, linear_transpose, d};
    return c;
}

/* op's captured values as inputs of g, and as operands in[count...]. */
static bool captured(epl_fn *g, const epl__operator *op, epl__operator *inside, epl__id *in,
                     uint32_t *count)
{
    epl_val *with = epl__arena_take(&g->arena, (op->body->inputs + 1) * sizeof *with);
    for (uint32_t i = 0; with && i < op->body->inputs; i++) {
        if (i == op->at)
            continue;
        with[i] = epl__val(g, epl__body_input(g, &op->body->input[i].type));
        in[(*count)++] = epl__id_of(op->with[i]);
        if (!with[i].graph)
            return false;
    }
    *inside = (epl__operator){op->body, with, op->at};
    return with != NULL;
}

epl__id epl__linear_region(epl_fn *f, const epl__linear_how *how, const epl__operator *a,
                           const epl__operator *p, epl__id b)
{
    epl_fn *g = epl__body_new(f);
    size_t most = (size_t)a->body->inputs + (p ? p->body->inputs : 0) + 1;
    epl__id *in = epl__arena_take(&f->tape_arena, most * sizeof *in);
    uint8_t *role = epl__arena_take(&f->tape_arena, most);
    const epl__custom *custom = linear_custom(f, how, a, p);
    uint32_t count = 0;
    epl__operator a_in, p_in;
    epl_val out[EPL__SOLVE_PARTS];
    if (!g || !in || !role || !custom || b == EPL__ID_NONE || !captured(g, a, &a_in, in, &count) ||
        (p && !captured(g, p, &p_in, in, &count))) {
        no_memory(f);
        return EPL__ID_NONE;
    }
    epl__where(g, f->where[f->where_now]);
    in[count++] = b;
    memset(role, EPL__PASS, count);
    epl_val right = epl__val(g, epl__body_input(g, epl__node_at(f, b)->type));
    if (!how->build(how, &a_in, p ? &p_in : NULL, right, out))
        return EPL__ID_NONE;
    for (int i = 0; i < EPL__SOLVE_PARTS; i++)
        if (!epl__body_output(g, epl__id_of(out[i])))
            return EPL__ID_NONE;
    epl__region like = {.kind = EPL__SWITCH, .bodies = 1, .body = &g, .custom = custom};
    const epl__region *r = epl__region_new(f, &like, role, count);
    return r ? epl__region_build(f, r, in, count) : EPL__ID_NONE;
}

/* The operators again from a region's operands, and its rule; NULL: no memory. */
static const linear_rule *operators(epl_fn *f, const epl__node *n, epl__operator *a,
                                    epl__operator *p)
{
    const linear_rule *d = epl__region_of(n)->custom->data;
    size_t room = (size_t)d->a->inputs + (d->p ? d->p->inputs : 0) + 1;
    epl_val *with = epl__arena_take(&f->arena, room * sizeof *with);
    uint32_t at = 0;
    if (!with)
        return NULL;
    *a = (epl__operator){d->a, with, d->a_at};
    for (uint32_t i = 0; i < d->a->inputs; i++)
        with[i] = i == d->a_at ? EPL_NO_VAL : epl__val(f, n->in[at++]);
    *p = (epl__operator){d->p, with + d->a->inputs, d->p_at};
    for (uint32_t i = 0; d->p && i < d->p->inputs; i++)
        with[d->a->inputs + i] = i == d->p_at ? EPL_NO_VAL : epl__val(f, n->in[at++]);
    return d;
}

/* dA x, or none. */
static bool change_of_a(epl_fn *f, const epl__operator *a, const epl_val *dx, epl__id x,
                        epl__id *out)
{
    uint32_t n = a->body->inputs, at = 0, count = n;
    bool *varies = epl__arena_take(&f->tape_arena, n + 1);
    epl__id *arg = epl__arena_take(&f->tape_arena, 2 * ((size_t)n + 1) * sizeof *arg);
    if (!varies || !arg)
        return no_memory(f);
    *out = EPL__ID_NONE;
    for (uint32_t i = 0; i < n; i++) {
        epl_val d = i == a->at ? EPL_NO_VAL : dx[at++];
        arg[i] = i == a->at ? x : epl__id_of(a->with[i]);
        varies[i] = d.graph != NULL;
        if (varies[i])
            arg[count++] = epl__id_of(d);
    }
    if (count == n)
        return true;
    epl_fn *t = tangent_body(f, a->body, varies);
    return t && (!t->outputs || epl__inline(f, t, arg, 0, 1, out));
}

static epl__id difference(epl_fn *f, epl__id a, epl__id b)
{
    epl__id in[2] = {a, b};
    if (b == EPL__ID_NONE)
        return a;
    if (a == EPL__ID_NONE)
        return epl__id_of(epl__build(f, &epl__prim_neg, &b, 1, NULL, NULL));
    return epl__id_of(epl__build(f, &epl__prim_sub, in, 2, NULL, NULL));
}

/* dx = A^-1 (db - dA x) */
static bool linear_tangents(epl_fn *f, epl__id id, const epl_val *dx, epl__id *dy)
{
    const epl__node *n = epl__node_at(f, id);
    epl__operator a, p;
    const linear_rule *d = operators(f, n, &a, &p);
    epl__id change;
    if (!d)
        return no_memory(f);
    if (!change_of_a(f, &a, dx, epl__part_of(f, id, EPL__SOLUTION), &change))
        return false;
    epl__id right = difference(f, epl__id_of(dx[n->count - 1]), change);
    if (right == EPL__ID_NONE)
        return epl_scope_status(f->scope) == EPL_OK;
    epl__id region = epl__linear_region(f, d->how, &a, d->p ? &p : NULL, right);
    dy[EPL__SOLUTION] = epl__part_of(f, region, EPL__SOLUTION);
    return dy[EPL__SOLUTION] != EPL__ID_NONE;
}

/* The cotangent of b is A'^-1 ct. */
static bool linear_transpose(epl_fn *f, epl__id id, const epl__id *ct, epl__id *back)
{
    const epl__node *n = epl__node_at(f, id);
    epl__operator a, p;
    const linear_rule *d = operators(f, n, &a, &p);
    if (!d)
        return no_memory(f);
    if (ct[EPL__SOLUTION] == EPL__ID_NONE)
        return true;
    for (uint32_t i = 0; i + 1 < n->count; i++)
        if (n->in[i] & EPL__TAPE) {
            epl__fail(f, EPL_ERR_RULE, "[solve_linear] a solution is not linear in its matrix");
            return false;
        }
    if (!d->how->symmetric && !(a.body = transposed_body(f, a.body, a.at)))
        return false;
    if (d->p && !(p.body = transposed_body(f, p.body, p.at)))
        return false;
    epl__id region = epl__linear_region(f, d->how, &a, d->p ? &p : NULL, ct[EPL__SOLUTION]);
    back[n->count - 1] = epl__part_of(f, region, EPL__SOLUTION);
    return back[n->count - 1] != EPL__ID_NONE;
}

/* -- F(z, c) = 0 --------------------------------------------------------------------------- */
typedef struct {
    const epl_fn *model;
    uint32_t unknown;
    const epl__linear_how *how;
} implicit_rule;

/* dF/dz at z, as an operator; false without memory or where F does not depend on z. */
static bool derivative_in_z(epl_fn *f, const implicit_rule *d, epl__id *arg, epl__id z,
                            epl__operator *a)
{
    epl__id y, in, out = EPL__ID_NONE;
    arg[d->unknown] = z;
    if (!epl__inline(f, d->model, arg, 0, 1, &y))
        return false;
    in = epl__id_of(epl__placeholder(f, epl__node_at(f, z)->type));
    if (in == EPL__ID_NONE || !epl__tangents(f, &y, 1, &z, &in, 1, &out))
        return false;
    if (!epl__operator_of(f, in, out, a)) {
        epl__fail(f, EPL_ERR_RULE, "[solution] what is solved does not depend on the unknown");
        return false;
    }
    return true;
}

/* dz = (dF/dz)^-1 (-dF/dc dc) */
static bool implicit_tangents(epl_fn *f, epl__id id, const epl_val *dx, epl__id *dy)
{
    const epl__node *n = epl__node_at(f, id);
    const implicit_rule *d = epl__region_of(n)->custom->data;
    epl__id *arg = epl__arena_take(&f->tape_arena, 2 * ((size_t)n->count + 1) * sizeof *arg);
    bool *varies = epl__arena_take(&f->tape_arena, n->count + 1);
    uint32_t count = n->count;
    epl__id change, part = epl__part_of(f, id, EPL__SOLUTION);
    epl__operator a;
    if (!arg || !varies || part == EPL__ID_NONE)
        return no_memory(f);
    memcpy(arg, n->in, n->count * sizeof *arg);
    for (uint32_t i = 0; i < n->count; i++) {
        varies[i] = dx[i].graph && i != d->unknown;
        if (varies[i])
            arg[count++] = epl__id_of(dx[i]);
    }
    /* A node of its own: what is built on it from here is all that depends on it. */
    epl__id z = epl__id_of(epl__build(f, &epl__prim_copy, &part, 1, NULL, NULL));
    arg[d->unknown] = z;
    epl_fn *t = tangent_body(f, d->model, varies);
    if (!t || z == EPL__ID_NONE)
        return false;
    if (!t->outputs)
        return true;
    if (!epl__inline(f, t, arg, 0, 1, &change) || !derivative_in_z(f, d, arg, z, &a))
        return false;
    epl__id region = epl__linear_region(f, d->how, &a, NULL, difference(f, EPL__ID_NONE, change));
    dy[EPL__SOLUTION] = epl__part_of(f, region, EPL__SOLUTION);
    return dy[EPL__SOLUTION] != EPL__ID_NONE;
}

const epl__custom *epl__implicit_rule(epl_fn *f, const epl_fn *model, uint32_t unknown,
                                      const epl__linear_how *derivative)
{
    implicit_rule *d = epl__arena_take(&f->arena, sizeof *d);
    epl__custom *c = epl__arena_take(&f->arena, sizeof *c);
    if (!d || !c) {
        no_memory(f);
        return NULL;
    }
    *d = (implicit_rule){model, unknown, derivative};
    *c = (epl__custom){implicit_tangents, NULL, d};
    return c;
}
