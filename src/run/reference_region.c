/* reference_region.c -- regions by the plain evaluation: each body run as it stands. */
#include <string.h>
#include "../base/scope.h"
#include "reference.h"

typedef struct {
    const epl__region *r;
    const epl_array *in; /* without predicates */
    epl_array *part, *arg, *out;
} evaluating;

static void put(const epl_array *to, const void *from)
{
    if (epl_bytes(to->type))
        memmove(to->data, from, epl_bytes(to->type));
}

static char *entry(const epl_array *whole, int64_t at, epl_type one)
{
    return (char *)whole->data + at * (int64_t)epl_bytes(one);
}

static bool run(evaluating *e, uint32_t which)
{
    const epl_fn *b = e->r->body[which];
    return epl__reference_body(b, (epl_arrays){b->inputs, e->arg},
                               (epl_arrays){b->outputs, e->out}) == EPL_OK;
}

static bool room(evaluating *e, const epl_fn *b, epl__arena *arena)
{
    e->arg = epl__arena_take(arena, (b->inputs + 1) * sizeof *e->arg);
    e->out = epl__arena_take(arena, (b->outputs + 1) * sizeof *e->out);
    for (uint32_t i = 0; e->arg && e->out && i < b->outputs; i++) {
        e->out[i].type = b->output[i].type;
        e->out[i].data = epl__arena_take(arena, epl_bytes(e->out[i].type) + 1);
        if (!e->out[i].data)
            return false;
    }
    return e->arg && e->out;
}

static bool loop(evaluating *e)
{
    const epl__region *r = e->r;
    const epl_fn *b = r->body[0];
    bool scan = r->kind == EPL__SCAN;
    for (uint32_t i = 0, c = 0; i < b->inputs; i++)
        if (r->role[i] == EPL__CARRY)
            put(&e->part[c++], e->in[i].data);
    for (int64_t t = 0; !scan || t < r->length; t++) {
        int64_t at = r->reverse ? r->length - 1 - t : t;
        for (uint32_t i = 0, c = 0; i < b->inputs; i++) {
            epl_type one = b->input[i].type;
            e->arg[i] = (epl_array){e->in[i].data, one};
            if (r->role[i] == EPL__EACH)
                e->arg[i].data = entry(&e->in[i], at, one);
            if (r->role[i] != EPL__CARRY)
                continue;
            e->arg[i].data = e->part[c].data;
            if (scan)
                memcpy(entry(&e->part[r->carries + c], at, one), e->part[c].data, epl_bytes(one));
            c++;
        }
        if (!run(e, 0))
            return false;
        if (!scan && !*(const bool *)e->out[r->carries].data)
            return true;
        for (uint32_t c = 0; c < r->carries; c++)
            put(&e->part[c], e->out[c].data);
        for (uint32_t j = r->carries; scan && j < b->outputs; j++)
            if (epl_bytes(e->out[j].type))
                memcpy(entry(&e->part[r->carries + j], at, e->out[j].type), e->out[j].data,
                       epl_bytes(e->out[j].type));
    }
    return true;
}

static bool one_of(evaluating *e, const epl_array *predicate)
{
    const epl__region *r = e->r;
    int64_t most = (int64_t)r->bodies - 1, k = predicate ? *(const int64_t *)predicate->data : 0;
    uint32_t which = (uint32_t)(k < 0 ? 0 : k > most ? most : k), first = 0;
    for (uint32_t i = 0; i < which; i++)
        first += r->body[i]->inputs;
    for (uint32_t i = 0; i < r->body[which]->inputs; i++)
        e->arg[i] = e->in[first + i];
    if (!run(e, which))
        return false;
    for (uint32_t i = 0; i < r->body[which]->outputs; i++)
        put(&e->part[i], e->out[i].data);
    return true;
}

epl_array *epl__reference_region(const epl__node *n, const epl_array *in, epl__arena *arena)
{
    const epl__region *r = epl__region_of(n);
    uint32_t parts = epl__region_parts(r), predicates = epl__predicates(r), widest = 0;
    evaluating e = {.r = r, .in = in + predicates};
    e.part = epl__arena_take(arena, (parts + 1) * sizeof *e.part);
    for (uint32_t k = 0; k < r->bodies; k++)
        widest = r->body[k]->inputs > r->body[widest]->inputs ? k : widest;
    if (!e.part || !room(&e, r->body[widest], arena))
        return NULL;
    for (uint32_t i = 0; i < parts; i++) {
        e.part[i].type = epl__part_type(r, i);
        e.part[i].data = epl__arena_take(arena, epl_bytes(e.part[i].type) + 1);
        if (!e.part[i].data)
            return NULL;
    }
    bool ok = r->kind == EPL__SWITCH ? one_of(&e, predicates ? in : NULL) : loop(&e);
    return ok ? e.part : NULL;
}
