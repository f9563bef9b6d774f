/* expanded.c -- bodies of regions that have a rule, and of checkpoints, put in their place.
 *
 * Once derivatives are taken the rule has done its work: for a plan the region is what its body
 * computes, and is simplified with all the rest. So a checkpoint's values are those without it,
 * to the bit; the derivatives that make them again are regions, and stay apart.
 */
#include "../base/scope.h"
#include "region.h"

static bool stands_for_its_body(const epl__region *r)
{
    return r->custom || r->again;
}

static bool has_such(const epl_fn *f)
{
    for (epl__id id = 0; id < f->main.count; id++) {
        const epl__node *n = epl__node_at(f, id);
        if (n->prim == &epl__prim_region && stands_for_its_body(epl__region_of(n)))
            return true;
    }
    return false;
}

typedef struct {
    epl_fn *g;
    epl__id *map, *in;
    uint32_t *seen;  /* places of the function in g */
    epl__id **parts; /* by id: of a region in whose place its body stands */
} expanding;

static bool body_in_place(expanding *e, epl__id id, const epl__region *r)
{
    uint32_t outputs = r->body[0]->outputs;
    e->parts[id] = epl__arena_take(&e->g->arena, (outputs + 1) * sizeof **e->parts);
    return e->parts[id] && epl__inline(e->g, r->body[0], e->in, 0, outputs, e->parts[id]);
}

static bool copied(expanding *e, const epl_fn *f, epl__id id)
{
    const epl__node *n = epl__node_at(f, id);
    const epl__region *r = n->prim == &epl__prim_region ? epl__region_of(n) : NULL;
    if (n->prim == &epl__prim_part && e->parts[n->in[0]]) {
        e->map[id] = e->parts[n->in[0]][((const epl__part_attrs *)n->attrs)->index];
        return true;
    }
    for (uint32_t i = 0; i < n->count; i++)
        e->in[i] = e->map[n->in[i]];
    epl__where_copied(e->g, f, n->where, e->seen);
    e->map[id] = EPL__ID_NONE;
    if (r && stands_for_its_body(r))
        return body_in_place(e, id, r);
    e->map[id] = epl__id_of(epl__build(e->g, n->prim, e->in, n->count, n->attrs, n->type));
    return e->map[id] != EPL__ID_NONE;
}

static epl_fn *once(epl_scope *s, const epl_fn *f)
{
    expanding e = {.g = epl__fn_make(s, NULL, EPL__FN_PLAIN, f->name)};
    uint32_t most = 1;
    if (!e.g)
        return NULL;
    e.g->check = f->check;
    for (epl__id id = 0; id < f->main.count; id++)
        most = epl__node_at(f, id)->count > most ? epl__node_at(f, id)->count : most;
    e.map = epl__arena_take(&e.g->arena, (f->main.count + 1) * sizeof *e.map);
    e.parts = epl__arena_take(&e.g->arena, (f->main.count + 1) * sizeof *e.parts);
    e.seen = epl__arena_take(&e.g->arena, (f->where_count + 1) * sizeof *e.seen);
    e.in = epl__arena_take(&e.g->arena, most * sizeof *e.in);
    bool ok = e.map && e.parts && e.seen && e.in;
    for (epl__id id = 0; ok && id < f->main.count; id++)
        ok = copied(&e, f, id);
    ok = ok && epl__ports_copied(e.g, f, e.map);
    if (!ok)
        epl_scope_fail(s, EPL_ERR_MEMORY, "no memory to simplify \"%s\"", f->name);
    return ok ? e.g : NULL;
}

const epl_fn *epl__expanded(epl_scope *s, const epl_fn *f)
{
    while (f && has_such(f)) /* a body may hold further ones */
        f = once(s, f);
    return f;
}
