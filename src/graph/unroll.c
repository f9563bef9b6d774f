/* unroll.c -- a scan whose steps are written out, some at a time.
 *
 * A block is a body of `unroll` steps, one after another; the scan over blocks is an ordinary
 * one, with the policy that was asked for. Steps that do not fill a block come last, in a block
 * of their own size.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "flow.h"

struct epl__block {
    epl_fn *body;
    const epl_fn *step;
    int64_t steps;
    uint32_t count;
    epl__id *arg; /* of step j: arg[j * count], in the order of entries */
};

/* The body: what comes in entry by entry has `steps` entries. */
static struct epl__block *block_of(epl_fn *into, const epl__region *step, const epl__id *in,
                                   uint32_t count, int64_t steps)
{
    struct epl__block *b = epl__arena_take(&into->arena, sizeof *b);
    epl__id *now = epl__arena_take(&into->arena, (2 * (size_t)count + 1) * sizeof *now);
    epl__id *next = now + count;
    epl__id *arg = epl__arena_take(&into->arena, (size_t)steps * (count + 1) * sizeof *arg);
    if (!b || !now || !arg)
        return NULL;
    *b = (struct epl__block){epl__body_new(into), step->body[0], steps, count, arg};
    for (uint32_t i = 0; b->body && i < count; i++) {
        epl_type t = *epl__node_at(into, in[i])->type;
        if (step->role[i] == EPL__EACH) {
            t.shape.dim[0] = steps;
            t.spec = NULL;
        }
        now[i] = epl__body_input(b->body, &t);
    }
    for (int64_t k = 0; b->body && k < steps; k++) {
        int64_t j = step->reverse ? steps - 1 - k : k;
        epl__id *at = arg + j * count;
        for (uint32_t i = 0; i < count; i++) {
            epl_val v = epl__val(b->body, now[i]);
            bool each = step->role[i] == EPL__EACH;
            at[i] = each ? epl__id_of(epl__drop(epl__slice(v, 0, j, 1, 1), 0)) : now[i];
        }
        if (!epl__inline(b->body, b->step, at, 0, step->carries, next))
            return NULL;
        for (uint32_t i = 0, c = 0; i < count; i++)
            if (step->role[i] == EPL__CARRY)
                now[i] = next[c++];
    }
    for (uint32_t i = 0; b->body && i < count; i++)
        if (step->role[i] == EPL__CARRY && !epl__body_output(b->body, now[i]))
            return NULL;
    return b->body ? b : NULL;
}

static epl__chain *blocks(epl_fn *into, const epl__region *step, epl__id *in, uint32_t count,
                          epl__chaining how, int64_t start, int64_t steps)
{
    int64_t runs = how.length / steps;
    epl__chain *c = epl__arena_take(&into->arena, sizeof *c);
    epl__id *rows = epl__arena_take(&into->arena, (2 * (size_t)count + 1) * sizeof *rows);
    epl__id *end = rows + count;
    if (!c || !rows)
        return NULL;
    *c = (epl__chain){.into = into, .node = EPL__ID_NONE};
    c->block = block_of(into, step, in, count, steps);
    for (uint32_t i = 0; i < count; i++) {
        epl_val v = epl__val(into, in[i]);
        if (step->role[i] == EPL__EACH)
            v = epl__into_rows(v, start, runs, steps, "scan", "unroll");
        rows[i] = epl__id_of(v);
    }
    if (!c->block || epl_scope_status(into->scope) != EPL_OK)
        return NULL;
    epl__region like = *step;
    like.body = &c->block->body;
    const epl__region *r = epl__region_new(into, &like, step->role, count);
    how.length = runs;
    how.every = how.every > steps ? how.every / steps : 1;
    how.unroll = 0;
    c->inner = r ? epl__chain_build(into, r, rows, count, how, end) : NULL;
    for (uint32_t i = 0, k = 0; c->inner && i < count; i++)
        if (step->role[i] == EPL__CARRY)
            in[i] = end[k++];
    return c->inner ? c : NULL;
}

epl__chain *epl__unrolled(epl_fn *into, const epl__region *step, epl__id *in, uint32_t count,
                          epl__chaining how)
{
    int64_t steps = how.unroll < how.length ? how.unroll : how.length;
    int64_t rest = how.length % steps, full = how.length - rest;
    how.length = full;
    epl__chain *first = blocks(into, step, in, count, how, step->reverse ? rest : 0, steps);
    how.length = rest;
    if (first && rest)
        first->next = blocks(into, step, in, count, how, step->reverse ? 0 : full, rest);
    return first && rest && !first->next ? NULL : first;
}

/* Output `index` of the steps of a block becomes one of its body, the steps on a first axis. */
static epl__id block_output(const struct epl__block *b, uint32_t index)
{
    epl_val *all = epl__arena_take(&b->body->arena, (size_t)b->steps * sizeof *all);
    for (int64_t j = 0; all && j < b->steps; j++) {
        epl__id id;
        if (!epl__inline(b->body, b->step, b->arg + j * b->count, index, 1, &id))
            return EPL__ID_NONE;
        all[j] = epl__lead(epl__val(b->body, id), 1);
    }
    return all ? epl__id_of(epl__concat((epl_vals){(size_t)b->steps, all}, 0)) : EPL__ID_NONE;
}

epl__id epl__block_collect(const epl__chain *c, uint32_t index, bool reverse)
{
    if (!epl__body_output(c->block->body, block_output(c->block, index)))
        return EPL__ID_NONE;
    uint32_t at = c->block->body->outputs - 1;
    return epl__id_of(epl__from_rows(epl__val(c->into, epl__chain_collect(c->inner, at, reverse))));
}
