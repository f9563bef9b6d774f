/* checkpoint_taken.c -- a body that takes some of its values in instead of making them.
 *
 * What was taken of a loop's steps or of branches is taken in by the loop and the branches, too:
 * they are built again with these values as further operands, and make only the rest. Invariant:
 * a body and the one that stands for it have the same results in the same order.
 */
#include <string.h>
#include "checkpoint.h"

typedef struct {
    epl_fn *g;
    const epl_fn *b;
    epl__id *to;          /* by id of b: what it is in g, or EPL__ID_NONE */
    const epl__id *value; /* taken: ids of b */
    uint32_t count;
    epl__arena *scratch;
} rebuilding;

/* What the outputs need; nothing below those that are there. */
static bool *needed(const epl_fn *b, const epl__id *there, epl__arena *scratch)
{
    bool *live = epl__arena_take(scratch, b->main.count + 1);
    for (uint32_t i = 0; live && i < b->outputs; i++)
        live[b->output[i].value] = true;
    for (epl__id id = b->main.count; live && id-- > 0;) {
        const epl__node *n = epl__node_at(b, id);
        for (uint32_t k = 0; live[id] && there[id] == EPL__ID_NONE && k < n->count; k++)
            live[n->in[k]] = true;
    }
    return live;
}

/* -- regions --------------------------------------------------------------------------------- */
/* The part of a region that value id is, but for the order of its axes; or EPL__ID_NONE. */
static epl__id part_below(const epl_fn *b, epl__id id)
{
    while (epl__node_at(b, id)->prim == &epl__prim_permute)
        id = epl__node_at(b, id)->in[0];
    return epl__node_at(b, id)->prim == &epl__prim_part ? id : EPL__ID_NONE;
}

/* A map moves the axes of a part: then the part itself is what was taken, moved back. */
static void part_taken(rebuilding *w, epl__id id)
{
    if (part_below(w->b, id) == EPL__ID_NONE)
        return;
    for (const epl__node *n = epl__node_at(w->b, id); n->prim == &epl__prim_permute;
         id = n->in[0], n = epl__node_at(w->b, id)) {
        const epl__permute_attrs *a = n->attrs;
        int back[EPL_MAX_RANK] = {0};
        for (int i = 0; i < a->rank; i++)
            back[a->axis[i]] = i;
        if (w->to[n->in[0]] == EPL__ID_NONE)
            w->to[n->in[0]] = epl__id_of(epl__permute(epl__val(w->g, w->to[id]), back));
    }
}

/* Parts of region id that were taken, and the outputs of its bodies that they are. What is carried
 * has to go round all the same. */
static uint32_t taken_of(const rebuilding *w, epl__id id, epl__id *part, uint32_t *output)
{
    const epl__region *r = epl__region_of(epl__node_at(w->b, id));
    uint32_t n = 0, first = r->kind == EPL__SCAN ? r->carries : 0;
    bool plain = r->kind != EPL__WHILE && !r->custom && !r->again;
    for (uint32_t i = 0; plain && i < w->count; i++) {
        epl__id p = part_below(w->b, w->value[i]);
        if (p == EPL__ID_NONE || epl__node_at(w->b, p)->in[0] != id || w->to[p] == EPL__ID_NONE)
            continue;
        int64_t index = ((const epl__part_attrs *)epl__node_at(w->b, p)->attrs)->index;
        if (index < 2 * (int64_t)first)
            continue;
        part[n] = p;
        output[n++] = (uint32_t)index - first;
    }
    return n;
}

/* Body k of the region without the outputs that were taken. */
static epl_fn *body_without(const rebuilding *w, epl_fn *body, const uint32_t *output,
                            uint32_t count)
{
    epl__id *value = epl__arena_take(w->scratch, (count + 1) * sizeof *value);
    for (uint32_t i = 0; value && i < count; i++)
        value[i] = body->output[output[i]].value;
    return value ? epl__choice_taken(w->g, body, value, count) : NULL;
}

/* The region with what was taken as further operands of each body. */
static epl__id region_without(const rebuilding *w, const epl__node *n, const epl__id *part,
                              const uint32_t *output, uint32_t count)
{
    const epl__region *r = epl__region_of(n);
    uint32_t before = epl__predicates(r), at = before, old = before;
    size_t most = n->count + (size_t)count * r->bodies + 1;
    epl__id *in = epl__arena_take(w->scratch, most * sizeof *in);
    uint8_t *role = epl__arena_take(w->scratch, most);
    epl_fn **body = epl__arena_take(w->scratch, r->bodies * sizeof *body);
    if (!in || !role || !body)
        return EPL__ID_NONE;
    for (uint32_t i = 0; i < before; i++)
        in[i] = w->to[n->in[i]];
    for (uint32_t k = 0; k < r->bodies; k++) {
        for (uint32_t i = 0; i < r->body[k]->inputs; i++, old++) {
            in[at] = w->to[n->in[old]];
            role[at++ - before] = r->role[old - before];
        }
        for (uint32_t i = 0; i < count; i++) {
            in[at] = w->to[part[i]];
            role[at++ - before] = r->kind == EPL__SCAN ? EPL__EACH : EPL__PASS;
        }
        if (!(body[k] = body_without(w, r->body[k], output, count)))
            return EPL__ID_NONE;
    }
    epl__region like = *r;
    like.body = body;
    const epl__region *made = epl__region_new(w->g, &like, role, at - before);
    return made ? epl__region_build(w->g, made, in, at) : EPL__ID_NONE;
}

/* -- bodies ---------------------------------------------------------------------------------- */
/* Region id without what was taken of it, once all before it are there; a region of which nothing
 * was taken is built as other nodes are. */
static bool region_again(rebuilding *w, epl__id id, const bool *live)
{
    const epl__node *n = epl__node_at(w->b, id);
    epl__id *part = epl__arena_take(w->scratch, (w->count + 1) * sizeof *part);
    uint32_t *output = epl__arena_take(w->scratch, (w->count + 1) * sizeof *output);
    uint32_t *seen = epl__arena_take(w->scratch, (w->b->where_count + 1) * sizeof *seen);
    uint32_t count = part && output && seen ? taken_of(w, id, part, output) : 0;
    if (!part || !output || !seen ||
        (count && !epl__built_again(w->g, w->b, id, live, w->to, w->scratch)))
        return false;
    uint32_t where = w->g->where_now;
    if (count && n->where)
        epl__where_copied(w->g, w->b, n->where, seen);
    w->to[id] = count ? region_without(w, n, part, output, count) : EPL__ID_NONE;
    w->g->where_now = where;
    return !count || w->to[id] != EPL__ID_NONE;
}

bool epl__rebuilt(epl_fn *g, const epl_fn *b, epl__id *to, const epl__id *value, uint32_t count,
                  epl__arena *scratch)
{
    rebuilding w = {g, b, to, value, count, scratch};
    for (uint32_t i = 0; i < count; i++)
        if (to[value[i]] != EPL__ID_NONE)
            part_taken(&w, value[i]);
    bool *live = needed(b, to, scratch), ok = live != NULL;
    for (epl__id id = 0; ok && id < b->main.count; id++)
        if (live[id] && to[id] == EPL__ID_NONE && epl__node_at(b, id)->prim == &epl__prim_region)
            ok = region_again(&w, id, live);
    return ok && epl__built_again(g, b, b->main.count, live, to, scratch);
}

epl_fn *epl__choice_taken(epl_fn *f, const epl_fn *g, const epl__id *value, uint32_t count)
{
    epl__arena scratch;
    epl__arena_init(&scratch, f->arena.alloc);
    epl_fn *h = epl__body_new(f);
    epl__id *to = epl__no_ids(g, &scratch);
    for (uint32_t i = 0; h && to && i < g->inputs; i++)
        to[g->input[i].value] = epl__body_input(h, &g->input[i].type);
    for (uint32_t i = 0; h && to && i < count; i++) {
        epl__id in = epl__body_input(h, epl__node_at(g, value[i])->type);
        bool free = epl__node_at(g, value[i])->prim == &epl__prim_const;
        to[value[i]] = to[value[i]] == EPL__ID_NONE && !free ? in : to[value[i]];
    }
    bool ok = h && to && epl__rebuilt(h, g, to, value, count, &scratch);
    for (uint32_t i = 0; ok && i < g->outputs; i++)
        ok = epl__body_output(h, to[g->output[i].value]);
    epl__arena_free(&scratch);
    return ok ? h : NULL;
}
