/* chain.c -- a scan as regions within regions, so that a derivative keeps few of its steps.
 *
 * A region keeps what its own runs start from; what happens inside a run is made again when a
 * derivative walks through it. So "every k-th" is a scan of length K / k over a body that is a
 * scan of k steps, and "halves of halves" is that again and again. What does not divide is a
 * further region after the first. (Griewank and Walther 2000 treat the optimal schedule; the
 * halving here is within a factor of two of its memory.)
 */
#include <math.h>
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "flow.h"

enum { FEW_STEPS = 4 }; /* not worth a region of their own */

/* Entries [start, start + runs * span) of the operand, in rows of span (1: no further axis). */
static epl__id entries(epl_fn *f, epl__id id, int64_t start, int64_t runs, int64_t span)
{
    epl_val v = epl__val(f, id);
    return epl__id_of(span > 1 ? epl__into_rows(v, start, runs, span, "scan", "save")
                               : epl__slice(v, 0, start, runs, 1));
}

typedef struct {
    epl_fn *into;
    const epl__region *step;
    uint32_t count;
    epl__chaining how;
    epl__id *in; /* carried values move along */
} scan;

/* A body whose steps are a scan of `span` steps of its own. */
static epl__chain *nested(const scan *s, int64_t span, epl_fn **body)
{
    epl_fn *b = epl__body_new(s->into);
    epl__id *in = epl__arena_take(&s->into->arena, (s->count + 1) * sizeof *in);
    epl__id *end = epl__arena_take(&s->into->arena, (s->step->carries + 1) * sizeof *end);
    if (!b || !in || !end)
        return NULL;
    for (uint32_t i = 0; i < s->count; i++) {
        epl_type t = *epl__node_at(s->into, s->in[i])->type;
        if (s->step->role[i] == EPL__EACH) {
            t.shape.dim[0] = span;
            t.spec = NULL;
        }
        in[i] = epl__body_input(b, &t);
    }
    int save = s->how.save == EPL_SAVE_LOG ? EPL_SAVE_LOG : EPL_SAVE_ALL;
    epl__chaining how = {span, save, 0, 0};
    epl__chain *c = epl__chain_build(b, s->step, in, s->count, how, end);
    for (uint32_t i = 0; c && i < s->step->carries; i++)
        if (!epl__body_output(b, end[i]))
            return NULL;
    *body = b;
    return c;
}

/* One region of `runs` runs of `span` steps from entry `start`; the carried values move on. */
static epl__chain *link(scan *s, int64_t start, int64_t runs, int64_t span)
{
    epl_fn *f = s->into;
    epl__chain *c = epl__arena_take(&f->arena, sizeof *c);
    epl__id *in = epl__arena_take(&f->arena, (s->count + 1) * sizeof *in);
    epl_fn *body = s->step->body[0];
    if (!c || !in)
        return NULL;
    *c = (epl__chain){.into = f};
    if (span > 1 && !(c->inner = nested(s, span, &body)))
        return NULL;
    for (uint32_t i = 0; i < s->count; i++)
        in[i] = s->step->role[i] == EPL__EACH ? entries(f, s->in[i], start, runs, span) : s->in[i];
    epl__region like = *s->step;
    like.body = &body;
    like.length = runs;
    const epl__region *r = epl__region_new(f, &like, s->step->role, s->count);
    c->node = r ? epl__region_build(f, r, in, s->count) : EPL__ID_NONE;
    for (uint32_t i = 0, k = 0; i < s->count; i++)
        if (s->step->role[i] == EPL__CARRY)
            s->in[i] = epl__part_of(f, c->node, k++);
    return c->node == EPL__ID_NONE ? NULL : c;
}

static int64_t span_of(const epl__chaining *how)
{
    if (how->save == EPL_SAVE_EVERY)
        return how->every < how->length ? how->every : 1;
    if (how->length <= FEW_STEPS || how->save == EPL_SAVE_ALL)
        return 1;
    return how->save == EPL_SAVE_LOG ? how->length / 2 : (int64_t)ceil(sqrt((double)how->length));
}

/* Rows of spans, and what does not divide. */
static epl__chain *spans(scan *s)
{
    int64_t length = s->how.length, span = span_of(&s->how);
    int64_t runs = length / span, rest = length - runs * span;
    bool reverse = s->step->reverse;
    epl__chain *first = link(s, reverse ? rest : 0, runs, span);
    if (first && rest && !(first->next = link(s, reverse ? 0 : runs * span, rest, 1)))
        return NULL;
    return first;
}

epl__chain *epl__chain_build(epl_fn *into, const epl__region *step, const epl__id *in,
                             uint32_t count, epl__chaining how, epl__id *end)
{
    scan s = {into, step, count, how, NULL};
    s.in = epl__arena_take(&into->arena, (count + 1) * sizeof *s.in);
    if (!s.in) {
        epl__fail(into, EPL_ERR_MEMORY, "no memory for a scan of \"%s\"", into->name);
        return NULL;
    }
    if (count)
        memcpy(s.in, in, count * sizeof *s.in);
    epl__chain *first =
        how.unroll > 1 && how.length > 1 ? epl__unrolled(into, step, s.in, count, how) : spans(&s);
    for (uint32_t i = 0, k = 0; first && i < count; i++)
        if (step->role[i] == EPL__CARRY)
            end[k++] = s.in[i];
    if (!first)
        epl__fail(into, EPL_ERR_MEMORY, "no memory for a scan of \"%s\"", into->name);
    return first;
}

/* The same of c alone, without what follows it. */
static epl__id collected(const epl__chain *c, uint32_t index, bool reverse)
{
    if (c->block)
        return epl__block_collect(c, index, reverse);
    const epl__region *r = epl__region_of(epl__node_at(c->into, c->node));
    if (!c->inner)
        return epl__part_of(c->into, c->node, r->carries + index);
    epl_fn *body = r->body[0];
    if (!epl__body_output(body, epl__chain_collect(c->inner, index, reverse)))
        return EPL__ID_NONE;
    epl__id rows = epl__part_of(c->into, c->node, r->carries + body->outputs - 1);
    return epl__id_of(epl__from_rows(epl__val(c->into, rows)));
}

epl__id epl__chain_collect(const epl__chain *c, uint32_t index, bool reverse)
{
    epl__id id = collected(c, index, reverse);
    if (!c->next || id == EPL__ID_NONE)
        return id;
    epl_val one = epl__val(c->into, id);
    epl_val two = epl__val(c->into, epl__chain_collect(c->next, index, reverse));
    return epl__id_of(epl__concat(reverse ? epl_list(two, one) : epl_list(one, two), 0));
}
