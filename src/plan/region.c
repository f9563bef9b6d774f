/* region.c -- the step of a region: a program for each body, and where its numbers lie.
 *
 * A run of it walks the body's program with pointers of its own; the memory that this takes
 * lies behind the workspace of the outer program, so that the size of all is known.
 */
#include <string.h>
#include "../base/scope.h"
#include "plan.h"

static int64_t up(int64_t n)
{
    return (n + 63) / 64 * 64;
}

/* Inputs of a loop's body that are the same at every step. */
static bool *passed_in(epl__making *m, const epl__layout *l)
{
    bool *same = epl__arena_take(&m->arena, l->region.body[0]->inputs + 1);
    for (uint32_t i = 0; same && i < l->operands; i++)
        same[l->slot[i]] = l->region.role[i] == EPL__PASS;
    return same;
}

/* Bytes of the bodies up to k, of which it takes `inner`. They lie in one place, but for a while
 * that does some of a step once: its condition, asked between two steps, lies apart then. */
static size_t space_with(epl__run_region *r, uint32_t k, size_t inner)
{
    bool twice = r->layout->region.kind == EPL__WHILE && k == 1;
    if (!twice || !(r->body[0]->once + r->body[1]->once))
        return inner > r->space ? inner : r->space;
    r->apart = (size_t)up((int64_t)inner);
    return r->apart + r->space;
}

static bool programs(epl__making *m, epl__run_region *r)
{
    const epl__layout *l = r->layout;
    epl__arena *arena = &m->program->arena;
    r->body = epl__arena_take(arena, (l->region.bodies + 1) * sizeof *r->body);
    for (uint32_t k = 0; r->body && k < l->region.bodies; k++) {
        l->region.body[k]->check = m->f->check;
        bool *same = l->region.kind == EPL__SWITCH ? NULL : passed_in(m, l);
        epl__program *p =
            epl__body_make(m->scope, arena->alloc, l->region.body[k], same, l->bytes / 2);
        if (!p)
            return false;
        r->body[k] = p;
        p->next = m->program->inner;
        m->program->inner = p;
        size_t inner = up((int64_t)p->workspace) + p->nested,
               slots = epl__slots(p) + l->region.carries;
        r->space = space_with(r, k, inner);
        r->slots = slots > r->slots ? slots : r->slots;
        m->program->scratch = p->scratch > m->program->scratch ? p->scratch : m->program->scratch;
        m->program->most_arrays =
            p->most_arrays > m->program->most_arrays ? p->most_arrays : m->program->most_arrays;
        double times = l->region.kind == EPL__SCAN ? (double)l->region.length : 1;
        r->cost += (p->once_cost + times * (p->cost - p->once_cost)) /
                   (l->region.kind == EPL__SWITCH ? l->region.bodies : 1);
    }
    return r->body != NULL;
}

/* Lists of the layout, which goes with the graph, as the program's own. */
static void *kept(epl__making *m, const void *list, size_t bytes)
{
    void *copy = epl__arena_take(&m->program->arena, bytes + 1);
    return copy && bytes ? memcpy(copy, list, bytes) : copy;
}

static const epl__layout *layout_kept(epl__making *m, const epl__layout *from)
{
    epl__layout *l = kept(m, from, sizeof *from);
    uint32_t n = from->operands, c = from->region.carries, g = from->outputs - c;
    if (!l)
        return NULL;
    l->slot = kept(m, from->slot, n * sizeof *l->slot);
    l->operand = NULL;
    l->body_of = kept(m, from->body_of, n * sizeof *l->body_of);
    l->last = kept(m, from->last, c * sizeof *l->last);
    l->all = kept(m, from->all, c * sizeof *l->all);
    l->operand_of = kept(m, from->operand_of, c * sizeof *l->operand_of);
    l->given = kept(m, from->given, g * sizeof *l->given);
    l->region.role = kept(m, from->region.role, n);
    bool ok = l->slot && l->body_of && l->last && l->all && l->operand_of && l->given &&
              l->region.role;
    return ok ? l : NULL;
}

static bool sizes(epl__making *m, epl__run_region *r)
{
    const epl__layout *l = r->layout;
    uint32_t c = l->region.carries, g = l->outputs - c;
    const epl_fn *b = l->region.body[l->region.kind == EPL__WHILE ? 1 : 0];
    r->carry_bytes = epl__arena_take(&m->program->arena, (c + 1) * sizeof *r->carry_bytes);
    r->spare = epl__arena_take(&m->program->arena, (c + 1) * sizeof *r->spare);
    r->given_bytes = epl__arena_take(&m->program->arena, (g + 1) * sizeof *r->given_bytes);
    r->entry_bytes =
        epl__arena_take(&m->program->arena, (l->operands + 1) * sizeof *r->entry_bytes);
    if (!r->carry_bytes || !r->spare || !r->given_bytes || !r->entry_bytes)
        return false;
    for (uint32_t i = 0; i < c; i++) {
        r->carry_bytes[i] = (int64_t)epl_bytes(b->output[i].type);
        if (l->all[i] >= 0)
            continue; /* each step has a place of its own */
        r->spare[i] = (int64_t)r->own;
        r->own += (size_t)up(r->carry_bytes[i]);
    }
    for (uint32_t i = 0; i < g; i++)
        r->given_bytes[i] = (int64_t)epl_bytes(b->output[c + i].type);
    for (uint32_t i = 0; i < l->operands; i++)
        r->entry_bytes[i] =
            (int64_t)epl_bytes(l->region.body[l->region.kind == EPL__WHILE ? 1 : l->body_of[i]]
                                   ->input[l->slot[i]]
                                   .type);
    if (l->region.kind == EPL__WHILE) { /* the condition */
        r->flag = (int64_t)r->own;
        r->own += 64;
    }
    return true;
}

bool epl__call_region(epl__making *m, const epl__plan_step *s)
{
    const epl__node *n = epl__node_at(m->f, s->id);
    const epl__layout *l = ((const epl__laid_attrs *)n->attrs)->layout;
    epl__run_region *r = epl__arena_take(&m->program->arena, sizeof *r);
    epl__place *place = epl__arena_take(&m->arena, (n->count + 1) * sizeof *place);
    if (!r || !place)
        return epl__no_memory(m);
    r->layout = l;
    if (!programs(m, r) || !sizes(m, r) || !(r->layout = layout_kept(m, l)))
        return epl__no_memory(m);
    r->predicates = n->count - l->operands;
    place[0] = m->memory[s->id].place;
    for (uint32_t i = 0; i < n->count; i++)
        place[i + 1] = epl__place_of(m, &s->operand[i], m->type[n->in[i]]->dtype);
    epl__step *step = epl__step_add(m, place, n->count + 1, s->id);
    if (!step)
        return epl__no_memory(m);
    step->region = r;
    size_t nested = r->own + r->space;
    m->program->nested = nested > m->program->nested ? nested : m->program->nested;
    m->program->inner_slots = r->slots > m->program->inner_slots ? r->slots
                                                                 : m->program->inner_slots;
    m->program->cost += r->cost;
    return true;
}
