/* checkpoint_names.c -- the values that a checkpoint's names mark, in its loops and branches, too.
 *
 * A value of a loop's steps is collected by the loop, one of a branch is a further result of the
 * switch (zeros in the other branches), and so on outwards: the checkpoint keeps that part. The
 * loop and the switch keep it as well, so that their own tangents take it in. Invariant: what a
 * region kept before it keeps still, under the same numbers.
 */
#include <string.h>
#include "../base/scope.h"
#include "checkpoint.h"

typedef struct {
    epl_fn *f;
    const char *list;
    epl__arena *scratch;
} naming;
typedef struct {
    epl__id *id;
    uint32_t count, room;
} found;

static bool add(const naming *w, found *l, epl__id id)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (l->id[i] == id)
            return true;
    epl__id *list = epl__arena_grown(w->scratch, l->id, l->count, &l->room, sizeof *list);
    if (!list)
        return false;
    l->id = list;
    l->id[l->count++] = id;
    return id != EPL__ID_NONE;
}

static bool add_part(const naming *w, found *l, epl_fn *b, epl__id region, uint32_t index)
{
    epl__rules_begin(b);
    epl__id part = epl__part_of(b, region, index);
    epl__rules_end(b);
    return add(w, l, part);
}

/* The region keeps `count` further outputs of its bodies. */
static bool keeps_also(epl_fn *body, const uint32_t *output, uint32_t count)
{
    uint32_t before = body->kept ? body->kept->count : 0;
    epl__choice *c =
        epl__arena_take(&body->arena, sizeof *c + ((size_t)before + count + 1) * sizeof *c->output);
    if (!c)
        return false;
    if (before)
        memcpy(c->output, body->kept->output, before * sizeof *c->output);
    c->count = before;
    for (uint32_t i = 0; i < count; i++) {
        bool there = false;
        for (uint32_t k = 0; k < c->count; k++)
            there |= c->output[k] == output[i];
        if (!there)
            c->output[c->count++] = output[i];
    }
    body->kept = c;
    return true;
}

static bool named_in(const naming *w, epl_fn *b, found *out);

/* Which carried value of the loop an input of its body is; EPL__ID_NONE: none. */
static uint32_t carried_as(const epl__region *r, epl__id input)
{
    for (uint32_t i = 0, c = 0; i < r->body[0]->inputs; i++) {
        if (r->body[0]->input[i].value == input)
            return r->role[i] == EPL__CARRY ? c : EPL__ID_NONE;
        c += r->role[i] == EPL__CARRY;
    }
    return EPL__ID_NONE;
}

static bool of_steps(const naming *w, epl_fn *b, epl__id region, found *out)
{
    const epl__region *r = epl__region_of(epl__node_at(b, region));
    epl_fn *body = r->body[0];
    found in = {0};
    uint32_t count = 0;
    if (!named_in(w, body, &in) || (in.count && !body->kept && !epl__products_chosen(w->f, r)))
        return false;
    uint32_t *output = epl__arena_take(w->scratch, (in.count + 1) * sizeof *output);
    for (uint32_t i = 0; output && i < in.count; i++) {
        const epl__node *n = epl__node_at(body, in.id[i]);
        uint32_t carried = carried_as(r, in.id[i]);
        if (n->type->shape.rank >= EPL_MAX_RANK) {
            epl__fail(
                w->f, EPL_ERR_SHAPE,
                "[checkpoint] keep: a value of rank %d in a loop leaves no axis for its steps",
                n->type->shape.rank);
            return false;
        }
        if (n->prim == &epl__prim_input && carried == EPL__ID_NONE)
            continue; /* it is there */
        if (carried == EPL__ID_NONE) {
            if (!epl__body_output_of(body, in.id[i], r->carries, &output[count]))
                return false;
            carried = output[count++];
        }
        if (!add_part(w, out, b, region, r->carries + carried))
            return false;
    }
    return output && (!in.count || keeps_also(body, output, count));
}

/* A value of branch k as a result of the switch. */
static bool result_of(const epl__region *r, uint32_t k, epl__id id)
{
    const epl_type *t = epl__node_at(r->body[k], id)->type;
    for (uint32_t j = 0; j < r->bodies; j++) {
        epl_fn *branch = r->body[j];
        epl__rules_begin(branch);
        bool ok = epl__body_output(branch, j == k ? id : epl__zeros(branch, t));
        epl__rules_end(branch);
        if (!ok)
            return false;
    }
    return true;
}

static bool of_branches(const naming *w, epl_fn *b, epl__id region, found *out)
{
    const epl__region *r = epl__region_of(epl__node_at(b, region));
    for (uint32_t k = 0; k < r->bodies; k++) {
        found in = {0};
        if (!named_in(w, r->body[k], &in))
            return false;
        for (uint32_t i = 0; i < in.count; i++) {
            uint32_t at = r->body[0]->outputs;
            if (epl__node_at(r->body[k], in.id[i])->prim == &epl__prim_input)
                continue; /* it is there */
            if (!result_of(r, k, in.id[i]) || !keeps_also(r->body[0], &at, 1) ||
                !add_part(w, out, b, region, at))
                return false;
        }
    }
    return true;
}

static bool named_in(const naming *w, epl_fn *b, found *out)
{
    bool ok = true;
    for (epl__id id = 0, end = b->main.count; ok && id < end; id++) {
        const epl__node *n = epl__node_at(b, id);
        const epl__region *r = n->prim == &epl__prim_region ? epl__region_of(n) : NULL;
        if (n->prim == &epl__prim_named && epl__name_in(w->list, epl__name_of(n)) &&
            epl__node_at(b, n->in[0])->prim != &epl__prim_const)
            ok = add(w, out, n->in[0]);
        if (r && epl__names_pass(r))
            ok = r->kind == EPL__SCAN ? of_steps(w, b, id, out) : of_branches(w, b, id, out);
    }
    return ok;
}

uint32_t epl__by_name(epl_fn *f, const epl__region *r, epl__id **id, epl__arena *scratch)
{
    naming w = {f, r->keep, scratch};
    found l = {0};
    if (!named_in(&w, r->body[0], &l))
        epl__fail(f, EPL_ERR_MEMORY, "no memory to choose what a checkpoint keeps");
    *id = l.id;
    return l.count;
}
