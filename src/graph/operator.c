/* operator.c -- see operator.h. A piece is cut out by one walk down and one up. */
#include "operator.h"
#include "../base/scope.h"

typedef struct {
    epl_fn *f, *body;
    bool *live, *depends; /* by id */
    epl__id *map;         /* ids of f in the body */
    uint32_t *seen;       /* places of f in the body */
    epl_val *with;
} cutting;

static void walk(cutting *c, epl__id in, epl__id out)
{
    c->live[out] = true;
    for (epl__id id = out + 1; id-- > in;) {
        const epl__node *n = epl__node_at(c->f, id);
        for (uint32_t k = 0; c->live[id] && k < n->count; k++)
            c->live[n->in[k]] = true;
    }
    for (epl__id id = in; id <= out; id++) {
        const epl__node *n = epl__node_at(c->f, id);
        c->depends[id] = id == in;
        for (uint32_t k = 0; c->live[id] && k < n->count; k++)
            c->depends[id] |= c->depends[n->in[k]];
    }
}

/* A value from outside: constants are made again. A region comes in part by part. */
static epl__id outside(cutting *c, epl__id id)
{
    const epl__node *n = epl__node_at(c->f, id);
    if (c->map[id] != EPL__ID_NONE)
        return c->map[id];
    if (n->prim == &epl__prim_const || n->prim == &epl__prim_iota)
        c->map[id] = epl__id_of(epl__build(c->body, n->prim, NULL, 0, n->attrs, n->type));
    else {
        c->with[c->body->inputs] = epl__val(c->f, id);
        c->map[id] = epl__body_input(c->body, n->type);
    }
    return c->map[id];
}

static bool copy(cutting *c, epl__id id, epl__arena *scratch)
{
    const epl__node *n = epl__node_at(c->f, id);
    epl__id few[8], *x = n->count > 8 ? epl__arena_take(scratch, n->count * sizeof *x) : few;
    if (!x)
        return false;
    for (uint32_t k = 0; k < n->count; k++)
        x[k] = c->depends[n->in[k]] ? c->map[n->in[k]] : outside(c, n->in[k]);
    if (n->where)
        epl__where_copied(c->body, c->f, n->where, c->seen);
    c->map[id] = epl__id_of(epl__build(c->body, n->prim, x, n->count, n->attrs, n->type));
    return c->map[id] != EPL__ID_NONE;
}

/* Operands that are captured at most. */
static size_t captured(const cutting *c, epl__id in, epl__id out)
{
    size_t most = 1;
    for (epl__id id = in; id <= out; id++)
        most += c->depends[id] ? epl__node_at(c->f, id)->count : 0;
    return most;
}

bool epl__operator_of(epl_fn *f, epl__id in, epl__id out, epl__operator *op)
{
    epl__arena scratch;
    if (in == EPL__ID_NONE || out == EPL__ID_NONE || out < in)
        return false;
    epl__arena_init(&scratch, f->arena.alloc);
    size_t all = (size_t)out + 1;
    cutting c = {.f = f, .body = epl__body_new(f)};
    c.live = epl__arena_take(&scratch, all);
    c.depends = epl__arena_take(&scratch, all);
    c.map = epl__arena_take(&scratch, all * sizeof *c.map);
    c.seen = epl__arena_take(&scratch, (f->where_count + 1) * sizeof *c.seen);
    bool ok = c.body && c.live && c.depends && c.map && c.seen;
    if (ok)
        walk(&c, in, out);
    bool told = ok && !c.depends[out]; /* no: then all else is for want of memory */
    ok = ok && !told;
    c.with = ok ? epl__arena_take(&f->arena, captured(&c, in, out) * sizeof *c.with) : NULL;
    ok = c.with != NULL;
    for (size_t id = 0; ok && id < all; id++)
        c.map[id] = EPL__ID_NONE;
    if (ok)
        c.map[in] = epl__body_input(c.body, epl__node_at(f, in)->type);
    for (epl__id id = in + 1; ok && id <= out; id++)
        ok = !c.depends[id] || !c.live[id] || copy(&c, id, &scratch);
    ok = ok && epl__body_output(c.body, c.map[out]);
    epl__arena_free(&scratch);
    if (!ok && !told)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a piece of \"%s\"", f->name);
    *op = (epl__operator){c.body, c.with, 0};
    return ok;
}

epl_val epl__operator_at(const epl__operator *op, epl_val v, uint32_t index)
{
    epl_fn *f = epl__fn_of(v);
    epl__id few[16], y = EPL__ID_NONE;
    uint32_t n = op->body->inputs;
    epl__id *arg = f && n > 16 ? epl__arena_take(&f->arena, n * sizeof *arg) : few;
    if (!arg)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a piece of \"%s\"", f->name);
    if (!f || !arg || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    for (uint32_t i = 0; i < n; i++) {
        arg[i] = i == op->at ? epl__id_of(v) : epl__inside(f, op->with[i], "solve");
        if (arg[i] == EPL__ID_NONE)
            return EPL_NO_VAL;
    }
    epl__inline(f, op->body, arg, index, 1, &y);
    return epl__val(f, y);
}
