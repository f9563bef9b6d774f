/* chunks.c -- a map in chunks: a scan over chunks whose body is one mapped chunk.
 *
 * What does not depend on a mapped value is computed once, where the map stands, and passed in;
 * constants and views of it are made again in the body, where they cost nothing. A chunk of one
 * entry has no new axis: its body is the inner function as it was built.
 * Invariant: the operands are complete when the region is built; results are added afterwards.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "../graph/region.h"
#include "transform.h"

struct epl__chunks {
    epl_fn *from, *into, *body;
    int64_t runs, size;
    epl__id node;
    epl__id *in; /* operands and their roles */
    uint8_t *role;
    uint32_t operands;
    epl__id *map, *to; /* ids of `from` in the body */
    bool *mapped;
    uint32_t seeds, room;
    bool *varies, *stop; /* by id of `from` */
};

static bool no_memory(epl__chunks *c)
{
    epl__fail(c->into, EPL_ERR_MEMORY, "no memory for a map of \"%s\" in chunks", c->from->name);
    return false;
}

/* Room for `more` seeds and operands. */
static bool room_for(epl__chunks *c, uint32_t more)
{
    epl__arena *a = &c->into->arena;
    uint32_t room = c->seeds + more;
    epl__id *id = epl__arena_take(a, 3 * ((size_t)room + 1) * sizeof *id);
    uint8_t *role = epl__arena_take(a, 2 * ((size_t)room + 1));
    if (!id || !role)
        return no_memory(c);
    bool *mapped = (bool *)(role + room + 1);
    if (c->seeds) {
        memcpy(id, c->map, c->seeds * sizeof *id);
        memcpy(id + room, c->to, c->seeds * sizeof *id);
        memcpy(mapped, c->mapped, c->seeds);
    }
    if (c->operands) {
        memcpy(id + 2 * room, c->in, c->operands * sizeof *id);
        memcpy(role, c->role, c->operands);
    }
    c->map = id;
    c->to = id + room;
    c->in = id + 2 * (size_t)room;
    c->role = role;
    c->mapped = mapped;
    c->room = room;
    return true;
}

epl__chunks *epl__chunks_new(epl_fn *from, epl_fn *into, int64_t runs, int64_t size, uint32_t most)
{
    epl__chunks *c = epl__arena_take(&into->arena, sizeof *c);
    if (!c)
        return NULL;
    *c = (epl__chunks){.from = from,
                       .into = into,
                       .body = epl__body_new(into),
                       .runs = runs,
                       .size = size,
                       .node = EPL__ID_NONE};
    return c->body && room_for(c, most) ? c : NULL;
}

static epl__id taken(epl__chunks *c, epl__id operand, epl__role role)
{
    epl_type t = *epl__node_at(c->into, operand)->type;
    if (role == EPL__EACH) {
        t.shape = epl__shape_without(t.shape, 1);
        t.spec = NULL;
    }
    c->in[c->operands] = operand;
    c->role[c->operands++] = (uint8_t)role;
    return epl__body_input(c->body, &t);
}

epl_val epl__chunks_each(epl__chunks *c, epl_val rows)
{
    return rows.graph ? epl__val(c->body, taken(c, epl__id_of(rows), EPL__EACH)) : rows;
}

void epl__chunks_seed(epl__chunks *c, epl__id id, epl_val in_body)
{
    c->map[c->seeds] = id;
    c->to[c->seeds] = epl__id_of(in_body);
    c->mapped[c->seeds++] = c->size > 1;
}

/* -- what is computed where ------------------------------------------------------------------ */
/* Made again in the body if it does not vary: no numbers of its own. A slice is not among them:
 * its derivative would be summed over all that it was cut from. */
static bool is_free(const epl_prim *p)
{
    return p == &epl__prim_const || p == &epl__prim_iota || p == &epl__prim_tuple ||
           p == &epl__prim_reshape || p == &epl__prim_permute || p == &epl__prim_broadcast;
}

static bool is_stand_in(const epl__node *n)
{
    return n->prim == &epl__prim_input && ((const epl__input_attrs *)n->attrs)->index < 0;
}

/* varies: depends on a seed. live: may be asked for; of an inner function all that varies, but
 * for what was built along a stand-in. */
static void follow(epl__chunks *c, epl__id end, bool *live)
{
    epl_fn *f = c->from;
    bool inner = f != c->into, *dead = live + end + 1;
    epl__id lowest = inner ? 0 : end;
    for (uint32_t i = 0; i < c->seeds; i++) {
        c->varies[c->map[i]] = true;
        lowest = c->map[i] < lowest ? c->map[i] : lowest;
    }
    for (epl__id id = lowest; id < end; id++) {
        const epl__node *n = epl__node_at(f, id);
        dead[id] = inner && !c->varies[id] && is_stand_in(n);
        for (uint32_t k = 0; k < n->count; k++) {
            c->varies[id] |= c->varies[n->in[k]];
            dead[id] |= dead[n->in[k]];
        }
        live[id] = inner && c->varies[id] && !dead[id];
    }
    if (!inner && end)
        live[end - 1] = true;
}

/* stop: a seed, or taken in by the body from outside. */
static bool sorted(epl__chunks *c, epl__id end)
{
    bool *live = epl__arena_take(&c->into->arena, 4 * ((size_t)end + 1));
    if (!live)
        return no_memory(c);
    c->varies = live + 2 * ((size_t)end + 1);
    c->stop = c->varies + end + 1;
    follow(c, end, live);
    for (uint32_t i = 0; i < c->seeds; i++)
        c->stop[c->map[i]] = true;
    for (epl__id id = end; id-- > 0;) {
        const epl__node *n = epl__node_at(c->from, id);
        if (live[id] && !c->varies[id])
            c->stop[id] = !is_free(n->prim) || (c->from == c->into && epl__is_own(n));
        for (uint32_t k = 0; live[id] && !c->stop[id] && k < n->count; k++)
            live[n->in[k]] = true;
    }
    return true;
}

/* What the body takes in and the inner function computes by itself, in its parent: at[id]. */
static bool hoisted(epl__chunks *c, epl__id end, epl__id *at)
{
    epl_fn *f = c->from, *into = c->into;
    bool *need = epl__arena_take(&f->tape_arena, (size_t)end + 1);
    for (epl__id id = end; need && id-- > 0;) {
        const epl__node *n = epl__node_at(f, id);
        at[id] = EPL__ID_NONE;
        need[id] |= c->stop[id] && !c->varies[id];
        for (uint32_t k = 0; need[id] && k < n->count; k++)
            need[n->in[k]] = true;
    }
    for (uint32_t i = 0; i < f->entries; i++)
        at[f->entry[i].inner] = f->entry[i].outer;
    bool ok = need && epl__built_again(into, f, end, need, at, &f->tape_arena);
    epl__tape_clear(f);
    return ok || no_memory(c);
}

static bool passed(epl__chunks *c, epl__id end)
{
    epl__id *at = NULL;
    uint32_t count = 0;
    if (c->from != c->into) {
        at = epl__arena_take(&c->into->arena, (end + 1) * sizeof *at);
        if (!at || !hoisted(c, end, at))
            return at ? false : no_memory(c);
    }
    for (epl__id id = 0; id < end; id++)
        count += c->stop[id] && !c->varies[id];
    if (!room_for(c, count))
        return false;
    for (epl__id id = 0; id < end; id++) {
        if (!c->stop[id] || c->varies[id])
            continue;
        epl__id outer = at ? at[id] : id;
        const epl__node *n = epl__node_at(c->into, outer);
        bool number = n->prim == &epl__prim_const;
        c->map[c->seeds] = id;
        c->to[c->seeds] = number
                              ? epl__id_of(epl__build(c->body, n->prim, NULL, 0, n->attrs, n->type))
                              : taken(c, outer, EPL__PASS);
        c->mapped[c->seeds++] = false;
    }
    return epl_scope_status(c->into->scope) == EPL_OK;
}

bool epl__chunks_close(epl__chunks *c, epl__id end)
{
    epl__rules_begin(c->into);
    if (sorted(c, end) && passed(c, end)) {
        epl__region like = {.kind = EPL__SCAN, .length = c->runs, .bodies = 1, .body = &c->body};
        const epl__region *r = epl__region_new(c->into, &like, c->role, c->operands);
        c->node = epl__region_build(c->into, r, c->in, c->operands);
    }
    epl__rules_end(c->into);
    return c->node != EPL__ID_NONE;
}

bool epl__chunks_varies(const epl__chunks *c, epl__id id)
{
    return c->varies[id];
}

epl__id epl__chunks_result(epl__chunks *c, epl__id id)
{
    epl__batching b = {c->from, c->body, 0, c->map, c->to, c->mapped, c->seeds, c->size};
    int rank = epl__node_at(c->from, id)->type->shape.rank;
    bool mapped;
    if (rank + (c->size > 1) >= EPL_MAX_RANK) {
        epl__fail(c->into, EPL_ERR_SHAPE, "[map] a value of rank %d leaves no axis for .chunk",
                  rank);
        return EPL__ID_NONE;
    }
    epl__id out = epl__batch_until(&b, id, c->stop, &mapped);
    if (out != EPL__ID_NONE && c->size > 1 && !mapped)
        out = epl__id_of(epl__lead(epl__val(c->body, out), c->size));
    if (!epl__body_output(c->body, out))
        return EPL__ID_NONE;
    epl__rules_begin(c->into);
    epl_val all = epl__val(c->into, epl__part_of(c->into, c->node, c->body->outputs - 1));
    if (c->size > 1)
        all = epl__from_rows(all);
    epl__rules_end(c->into);
    return epl__id_of(all);
}
