/* layout.c -- regions as plans want them: without operands, carried values and results that
 * no one needs, and with a place for each result in one block of bytes.
 *
 * A body is shown through a function of its own that shares its nodes and has fewer outputs;
 * its inputs stay numbered as they are, and those that are not needed are not given.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "region.h"

enum { ALIGN = 64 };

typedef struct {
    epl_fn *g; /* takes the memory */
    const epl__region *r;
    const bool *used; /* by part */
    bool *output;     /* of the bodies: wanted */
    bool **live;      /* by body and node */
    epl__layout *to;
} laying;

static void mark(const epl_fn *b, const bool *output, bool *live)
{
    memset(live, 0, b->main.count);
    for (uint32_t i = 0; i < b->outputs; i++)
        if (output[i])
            live[b->output[i].value] = true;
    epl__live_below(b, live);
}

/* Carried value k is the k-th operand of that role; a wanted output may want further ones. */
static void want(laying *l)
{
    const epl__region *r = l->r;
    const epl_fn *b = r->body[0];
    bool again = true;
    for (uint32_t i = 0; i < b->outputs; i++)
        l->output[i] = r->kind == EPL__SWITCH  ? l->used[i]
                       : r->kind == EPL__WHILE ? i >= r->carries || l->used[i]
                       : i < r->carries        ? l->used[i] || l->used[r->carries + i]
                                               : l->used[r->carries + i];
    while (again) {
        again = false;
        for (uint32_t k = 0; k < r->bodies; k++)
            mark(r->body[k], l->output, l->live[k]);
        for (uint32_t i = 0, k = 0; r->carries && i < b->inputs; i++) {
            if (r->role[i] != EPL__CARRY)
                continue;
            again |= l->live[0][b->input[i].value] && !l->output[k];
            l->output[k] |= l->live[0][b->input[i].value];
            k++;
        }
    }
}

/* outputs [first, end) of body k that are wanted. */
static epl_fn *shown(laying *l, uint32_t k, uint32_t first, uint32_t end)
{
    const epl_fn *b = l->r->body[k];
    epl_fn *s = epl__fn_make(l->g->scope, NULL, EPL__FN_PLAIN, b->name);
    epl__port *out = epl__arena_take(&l->g->arena, (b->outputs + 1) * sizeof *out);
    if (!s || !out)
        return NULL;
    s->main = b->main;
    s->input = b->input;
    s->inputs = b->inputs;
    s->input_nodes = b->input_nodes;
    s->where = b->where;
    s->where_count = b->where_count;
    s->output = out;
    s->closed = true;
    for (uint32_t i = first; i < end; i++)
        if (l->output[i])
            out[s->outputs++] = b->output[i];
    return s;
}

static bool bodies(laying *l)
{
    const epl__region *r = l->r;
    epl__region *to = &l->to->region;
    bool loop = r->kind == EPL__WHILE;
    to->bodies = loop ? 2 : r->bodies;
    to->body = epl__arena_take(&l->g->arena, to->bodies * sizeof *to->body);
    for (uint32_t k = 0; to->body && k < to->bodies; k++) {
        uint32_t all = r->body[loop ? 0 : k]->outputs;
        to->body[k] = !loop    ? shown(l, k, 0, all)
                      : k == 0 ? shown(l, 0, r->carries, all)
                               : shown(l, 0, 0, r->carries);
        if (!to->body[k])
            return false;
    }
    return to->body != NULL;
}

static bool kept_operands(laying *l)
{
    const epl__region *r = l->r;
    epl__layout *to = l->to;
    uint32_t total = 0, at = 0, c = 0;
    for (uint32_t k = 0; k < r->bodies; k++)
        total += r->body[k]->inputs;
    uint8_t *role = epl__arena_take(&l->g->arena, total + 1);
    to->slot = epl__arena_take(&l->g->arena, (total + 1) * sizeof *to->slot);
    to->operand = epl__arena_take(&l->g->arena, (total + 1) * sizeof *to->operand);
    to->body_of = epl__arena_take(&l->g->arena, (total + 1) * sizeof *to->body_of);
    to->operand_of = epl__arena_take(&l->g->arena, (r->carries + 1) * sizeof *to->operand_of);
    if (!role || !to->slot || !to->operand || !to->body_of || !to->operand_of)
        return false;
    for (uint32_t k = 0; k < r->bodies; k++)
        for (uint32_t i = 0; i < r->body[k]->inputs; i++, at++) {
            bool carry = r->role[at] == EPL__CARRY;
            bool keep = carry ? l->output[c] : l->live[k][r->body[k]->input[i].value];
            c += carry;
            if (!keep)
                continue;
            if (carry)
                to->operand_of[to->region.carries++] = to->operands;
            role[to->operands] = r->role[at];
            to->slot[to->operands] = i;
            to->operand[to->operands] = epl__predicates(r) + at;
            to->body_of[to->operands++] = k;
        }
    to->region.role = role;
    return true;
}

static int64_t placed(epl__layout *to, epl_type t, int64_t times)
{
    int64_t at = to->bytes, size = (int64_t)epl_bytes(t) * times;
    to->bytes = (at + size + ALIGN - 1) / ALIGN * ALIGN;
    return at;
}

/* byte[i]: of part i; -1 for those that no one reads. */
static bool places(laying *l, int64_t *byte)
{
    const epl__region *r = l->r;
    const epl_fn *b = r->body[0];
    epl__layout *to = l->to;
    uint32_t c = 0;
    to->last = epl__arena_take(&l->g->arena, (b->outputs + 1) * sizeof *to->last);
    to->all = epl__arena_take(&l->g->arena, (b->outputs + 1) * sizeof *to->all);
    to->given = epl__arena_take(&l->g->arena, (b->outputs + 1) * sizeof *to->given);
    if (!to->last || !to->all || !to->given)
        return false;
    for (uint32_t i = 0; i < epl__region_parts(r); i++)
        byte[i] = -1;
    for (uint32_t i = 0; i < b->outputs; i++) {
        epl_type t = b->output[i].type;
        bool carried = i < r->carries;
        if (!l->output[i] || (r->kind == EPL__WHILE && !carried))
            continue;
        if (carried) {
            to->last[c] = byte[i] = placed(to, t, 1);
            to->all[c] = -1;
            if (r->kind == EPL__SCAN && l->used[r->carries + i])
                to->all[c] = byte[r->carries + i] = placed(to, t, r->length);
            c++;
        } else
            to->given[to->outputs - c] = byte[r->kind == EPL__SCAN ? r->carries + i : i] =
                placed(to, t, r->kind == EPL__SCAN ? r->length : 1);
        to->outputs++;
    }
    return true;
}

epl__layout *epl__layout_of(epl_fn *g, const epl__region *r, const bool *used, int64_t *byte)
{
    laying l = {.g = g, .r = r, .used = used};
    l.to = epl__arena_take(&g->arena, sizeof *l.to);
    l.output = epl__arena_take(&g->arena, r->body[0]->outputs + 1);
    l.live = epl__arena_take(&g->arena, r->bodies * sizeof *l.live);
    bool ok = l.to && l.output && l.live;
    for (uint32_t k = 0; ok && k < r->bodies; k++)
        ok = (l.live[k] = epl__arena_take(&g->arena, r->body[k]->main.count + 1)) != NULL;
    if (ok) {
        l.to->region = *r;
        l.to->region.carries = 0;
        want(&l);
        ok = bodies(&l) && kept_operands(&l) && places(&l, byte);
    }
    if (!ok)
        epl_scope_fail(g->scope, EPL_ERR_MEMORY, "no memory to lay out a region");
    return ok ? l.to : NULL;
}
