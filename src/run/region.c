/* region.c -- a region run: its body's steps, with the pointers of each run.
 *
 * Carried values lie in two places that take turns; when they are all kept, a step writes
 * straight into the place of the next one. The last step writes where the result is wanted.
 */
#include <string.h>
#include "../base/scope.h"
#include "run.h"

typedef struct {
    const epl__run_region *r;
    const epl__layout *l;
    void **p;     /* the result, predicates, operands */
    char *own;    /* the region's memory */
    void **base;  /* of the bodies */
    void **carry; /* now, by carried value: in base's list of the body */
    epl__frame inner;
} loop;

static void **input_slot(const loop *c, const epl__program *body, uint32_t operand)
{
    (void)body;
    return &c->base[1 + c->l->slot[operand]];
}

static void **output_slot(const loop *c, const epl__program *body, uint32_t i)
{
    return &c->base[1 + body->inputs + i];
}

static char *operand(const loop *c, uint32_t i)
{
    return c->p[1 + c->r->predicates + i];
}

static char *result(const loop *c, int64_t byte)
{
    return (char *)c->p[0] + byte;
}

/* Says at which step of a loop a run failed. */
static epl_status at_step(const loop *c, epl_status status, int64_t step)
{
    char text[EPL__RUN_MESSAGE];
    epl_work *w = c->inner.work;
    if (status == EPL_OK)
        return status;
    epl__text(text, sizeof text, "%s", w->message);
    if (c->l->region.kind == EPL__SCAN)
        epl__text(w->message, sizeof w->message, "%s, in step %lld of a scan of %lld%s", text,
                  (long long)step, (long long)c->l->region.length,
                  c->l->region.reverse ? " backwards" : "");
    else
        epl__text(w->message, sizeof w->message, "%s, in step %lld of a while", text,
                  (long long)step);
    return status;
}

static void bind_operands(const loop *c, const epl__program *body, uint32_t which)
{
    for (uint32_t i = 0; i < c->l->operands; i++)
        if (c->l->body_of[i] == which)
            *input_slot(c, body, i) = operand(c, i);
}

static void put(void *to, const void *from, int64_t bytes)
{
    if (bytes && to != from)
        memmove(to, from, (size_t)bytes);
}

static epl_status switched(loop *c)
{
    uint32_t which = 0;
    if (c->r->predicates) {
        int64_t k = *(const int64_t *)c->p[1], most = (int64_t)c->l->region.bodies - 1;
        which = (uint32_t)(k < 0 ? 0 : k > most ? most : k);
    }
    const epl__program *body = c->r->body[which];
    bind_operands(c, body, which);
    for (uint32_t i = 0; i < c->l->outputs; i++)
        *output_slot(c, body, i) = result(c, c->l->given[i]);
    return epl__frame_run(body, 0, &c->inner);
}

/* Where carried value i goes at a step; what it was lies at *input_slot. */
static void *next_place(const loop *c, uint32_t i, int64_t done, int64_t steps)
{
    bool kept = c->l->all[i] >= 0;
    if (done + 1 == steps)
        return result(c, c->l->last[i]);
    int64_t at = c->l->region.reverse ? steps - 2 - done : done + 1;
    if (kept)
        return result(c, c->l->all[i] + at * c->r->carry_bytes[i]);
    /* the last one must end in the result: count back from the end */
    return (steps - 1 - done) % 2 ? c->own + c->r->spare[i] : result(c, c->l->last[i]);
}

static epl_status scanned(loop *c)
{
    const epl__layout *l = c->l;
    const epl__program *body = c->r->body[0];
    int64_t steps = l->region.length;
    bind_operands(c, body, 0);
    for (uint32_t i = 0; i < l->region.carries; i++) {
        const char *first = operand(c, l->operand_of[i]);
        int64_t at = l->region.reverse ? steps - 1 : 0;
        if (!steps)
            put(result(c, l->last[i]), first, c->r->carry_bytes[i]);
        else if (l->all[i] >= 0) {
            c->carry[i] = result(c, l->all[i] + at * c->r->carry_bytes[i]);
            put(c->carry[i], first, c->r->carry_bytes[i]);
        } else
            c->carry[i] = (void *)(uintptr_t)first;
    }
    for (int64_t t = 0; t < steps; t++) {
        int64_t at = l->region.reverse ? steps - 1 - t : t;
        for (uint32_t i = 0; i < l->operands; i++)
            if (l->region.role[i] == EPL__EACH)
                *input_slot(c, body, i) = operand(c, i) + at * c->r->entry_bytes[i];
        for (uint32_t i = 0; i < l->region.carries; i++) {
            *input_slot(c, body, l->operand_of[i]) = c->carry[i];
            *output_slot(c, body, i) = next_place(c, i, t, steps);
        }
        for (uint32_t i = l->region.carries; i < l->outputs; i++) {
            uint32_t k = i - l->region.carries;
            *output_slot(c, body, i) = result(c, l->given[k] + at * c->r->given_bytes[k]);
        }
        epl_status status = epl__frame_run(body, t ? body->once : 0, &c->inner);
        if (status != EPL_OK)
            return at_step(c, status, at);
        for (uint32_t i = 0; i < l->region.carries; i++)
            c->carry[i] = *output_slot(c, body, i);
    }
    return EPL_OK;
}

static epl_status whiled(loop *c)
{
    const epl__layout *l = c->l;
    const epl__program *ask = c->r->body[0], *body = c->r->body[1];
    uint32_t carries = l->region.carries;
    char *memory = c->base[0];
    for (uint32_t i = 0; i < carries; i++)
        put(c->carry[i] = result(c, l->last[i]), operand(c, l->operand_of[i]),
            c->r->carry_bytes[i]);
    bind_operands(c, ask, 0);
    for (int64_t t = 0;; t++) {
        for (uint32_t i = 0; i < carries; i++)
            *input_slot(c, ask, l->operand_of[i]) = c->carry[i];
        *output_slot(c, ask, 0) = c->own + c->r->flag;
        c->base[0] = memory + c->r->apart;
        epl_status status = epl__frame_run(ask, t ? ask->once : 0, &c->inner);
        if (status != EPL_OK)
            return at_step(c, status, t);
        if (!*(const bool *)(c->own + c->r->flag))
            break;
        for (uint32_t i = 0; i < carries; i++)
            *output_slot(c, body, i) = t % 2 ? result(c, l->last[i]) : c->own + c->r->spare[i];
        c->base[0] = memory;
        status = epl__frame_run(body, t ? body->once : 0, &c->inner);
        if (status != EPL_OK)
            return at_step(c, status, t);
        for (uint32_t i = 0; i < carries; i++)
            c->carry[i] = *output_slot(c, body, i);
    }
    for (uint32_t i = 0; i < carries; i++)
        put(result(c, l->last[i]), c->carry[i], c->r->carry_bytes[i]);
    return EPL_OK;
}

epl_status epl__region_run(const epl__run_region *r, void **p, char *own, void **base,
                           const epl__frame *outer)
{
    loop c = {.r = r, .l = r->layout, .p = p, .own = own, .inner = *outer};
    c.carry = base;
    c.base = base + r->layout->region.carries;
    c.inner.base = c.base;
    c.base[0] = own + r->own;
    return r->layout->region.kind == EPL__SCAN    ? scanned(&c)
           : r->layout->region.kind == EPL__WHILE ? whiled(&c)
                                                  : switched(&c);
}
