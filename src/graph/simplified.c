/* simplified.c -- the whole function as a plan wants it: what its results need, rewritten.
 *
 * Operands come before users, so one sweep from the last node to the first finds what is
 * needed; a region that it meets has shown all its readers by then, and asks for no more
 * operands than they need.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "region.h"

typedef struct {
    epl_fn *f, *g;
    epl__id *map, *in; /* ids of f in g; room for one node's operands */
    bool **used;       /* by id: of a region's parts, wanted; NULL: none */
    int64_t **byte;    /* by id: of a region's parts, where they lie */
    const epl__layout **layout;
    uint32_t *seen; /* places of f in g */
} rewriting;

static bool no_memory(rewriting *r)
{
    epl_scope_fail(r->g->scope, EPL_ERR_MEMORY, "no memory to simplify \"%s\"", r->f->name);
    return false;
}

static bool has_regions(const epl_fn *f)
{
    for (epl__id id = 0; id < f->main.count; id++)
        if (epl__node_at(f, id)->prim == &epl__prim_region)
            return true;
    return false;
}

static bool part_wanted(rewriting *r, const epl__node *n)
{
    epl__id region = n->in[0];
    const epl__region *of = epl__region_of(epl__node_at(r->f, region));
    if (!r->used[region])
        r->used[region] = epl__arena_take(&r->g->arena, epl__region_parts(of) + 1);
    if (r->used[region])
        r->used[region][((const epl__part_attrs *)n->attrs)->index] = true;
    return r->used[region] != NULL;
}

static void mark_operand(rewriting *r, epl__id id)
{
    r->f->mark[id] = r->f->epoch;
}

static bool region_wanted(rewriting *r, epl__id id)
{
    const epl__node *n = epl__node_at(r->f, id);
    const epl__region *region = epl__region_of(n);
    uint32_t parts = epl__region_parts(region), predicates = epl__predicates(region);
    r->byte[id] = epl__arena_take(&r->g->arena, (parts + 1) * sizeof **r->byte);
    const epl__layout *l =
        r->byte[id] && r->used[id] ? epl__layout_of(r->g, region, r->used[id], r->byte[id]) : NULL;
    r->layout[id] = l;
    if (predicates)
        mark_operand(r, n->in[0]);
    for (uint32_t i = 0; l && i < l->operands; i++)
        mark_operand(r, n->in[l->operand[i]]);
    return l != NULL;
}

static bool mark_live(rewriting *r)
{
    epl_fn *f = r->f;
    bool regions = has_regions(f);
    if (!epl__marks(f))
        return false;
    if (regions) {
        r->used = epl__arena_take(&r->g->arena, f->main.count * sizeof *r->used);
        r->byte = epl__arena_take(&r->g->arena, f->main.count * sizeof *r->byte);
        r->layout = epl__arena_take(&r->g->arena, f->main.count * sizeof *r->layout);
        if (!r->used || !r->byte || !r->layout)
            return false;
    }
    for (uint32_t i = 0; i < f->outputs; i++)
        mark_operand(r, f->output[i].value);
    for (uint32_t i = 0; i < f->inputs; i++) {
        mark_operand(r, f->input[i].value);
        if (f->input[i].update != EPL__ID_NONE)
            mark_operand(r, f->input[i].update);
    }
    for (uint32_t id = f->main.count; id-- > 0;) {
        const epl__node *n = epl__node_at(f, id);
        if (f->mark[id] != f->epoch)
            continue;
        if (n->prim == &epl__prim_part && !part_wanted(r, n))
            return false;
        if (n->prim == &epl__prim_region) {
            if (!region_wanted(r, id))
                return false;
            continue;
        }
        for (uint32_t i = 0; i < n->count; i++)
            mark_operand(r, n->in[i]);
    }
    return true;
}

static epl__id laid(rewriting *r, epl__id id)
{
    const epl__node *n = epl__node_at(r->f, id);
    const epl__layout *l = r->layout[id];
    uint32_t predicates = epl__predicates(epl__region_of(n));
    epl__laid_attrs a = {l};
    epl_type t = epl_type_of(EPL_U8, epl_shape_of(1, &l->bytes));
    for (uint32_t i = 0; i < predicates; i++)
        r->in[i] = r->map[n->in[i]];
    for (uint32_t i = 0; i < l->operands; i++)
        r->in[predicates + i] = r->map[n->in[l->operand[i]]];
    return epl__id_of(epl__build(r->g, &epl__prim_laid, r->in, predicates + l->operands, &a, &t));
}

static epl__id laid_part(rewriting *r, const epl__node *n)
{
    epl__part_attrs a = *(const epl__part_attrs *)n->attrs;
    a.byte = r->byte[n->in[0]][a.index];
    return epl__id_of(epl__build(r->g, &epl__prim_part, &r->map[n->in[0]], 1, &a, n->type));
}

static epl__id copied(rewriting *r, epl__id id)
{
    const epl__node *n = epl__node_at(r->f, id);
    epl_fn *g = r->g;
    epl__where_copied(g, r->f, n->where, r->seen);
    if (n->prim == &epl__prim_region)
        return laid(r, id);
    if (n->prim == &epl__prim_part)
        return laid_part(r, n);
    for (uint32_t i = 0; i < n->count; i++)
        r->in[i] = r->map[n->in[i]];
    if (n->prim == &epl__prim_copy || n->prim == &epl__prim_stop)
        return r->in[0];
    if (n->prim->expand && n->count <= 4) {
        epl_val x[4];
        for (uint32_t i = 0; i < n->count; i++)
            x[i] = epl__val(g, r->in[i]);
        return epl__id_of(n->prim->expand(x, n->count, n->attrs));
    }
    return epl__id_of(epl__build(g, n->prim, r->in, n->count, n->attrs, n->type));
}

bool epl__ports_copied(epl_fn *g, const epl_fn *f, const epl__id *map)
{
    g->input = epl__arena_take(&g->arena, (f->inputs + 1) * sizeof *g->input);
    g->output = epl__arena_take(&g->arena, (f->outputs + 1) * sizeof *g->output);
    if (!g->input || !g->output)
        return false;
    g->inputs = f->inputs;
    g->outputs = f->outputs;
    g->input_nodes = f->input_nodes;
    for (uint32_t i = 0; i < f->inputs + f->outputs; i++) {
        bool in = i < f->inputs;
        epl__port *to = in ? &g->input[i] : &g->output[i - f->inputs];
        *to = in ? f->input[i] : f->output[i - f->inputs];
        to->name = epl__arena_text(&g->arena, to->name);
        to->value = map[to->value];
        if (in && to->update != EPL__ID_NONE)
            to->update = map[to->update];
    }
    return true;
}

epl_fn *epl__simplified(epl_scope *s, const epl_fn *source)
{
    source = epl__expanded(s, source);
    if (!source)
        return NULL;
    rewriting r = {.f = (epl_fn *)source}; /* marks alone are touched */
    epl_fn *f = r.f, *g = epl__fn_make(s, NULL, EPL__FN_PLAIN, f->name);
    uint32_t most = 1;
    if (!g)
        return NULL;
    r.g = g;
    g->check = f->check;
    for (uint32_t id = 0; id < f->main.count; id++)
        if (epl__node_at(f, id)->count > most)
            most = epl__node_at(f, id)->count;
    r.map = epl__arena_take(&g->arena, (f->main.count + 1) * sizeof *r.map);
    r.in = epl__arena_take(&g->arena, most * sizeof *r.in);
    r.seen = epl__arena_take(&g->arena, (f->where_count + 1) * sizeof *r.seen);
    if (!r.map || !r.in || !r.seen || !mark_live(&r)) {
        no_memory(&r);
        return NULL;
    }
    g->rule_depth = 1;
    for (uint32_t id = 0; id < f->main.count; id++) {
        r.map[id] = f->mark[id] == f->epoch ? copied(&r, id) : EPL__ID_NONE;
        if (epl_scope_status(s) != EPL_OK)
            return NULL;
    }
    if (!epl__ports_copied(g, f, r.map)) {
        no_memory(&r);
        return NULL;
    }
    g->rule_depth = 0;
    g->closed = true;
    return g;
}
