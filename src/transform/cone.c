/* cone.c -- the nodes between variables and results, found with a list of our own. */
#include <stdlib.h>
#include "transform.h"

static int by_id(const void *a, const void *b)
{
    epl__id x = *(const epl__id *)a, y = *(const epl__id *)b;
    return x < y ? -1 : x > y;
}

static bool push(epl_fn *f, epl__cone *cone, uint32_t *room, epl__id id)
{
    if ((id & EPL__TAPE) || id < cone->lowest || f->mark[id] == f->epoch)
        return true;
    f->mark[id] = f->epoch;
    if (cone->count == *room) {
        epl__id *list = epl__arena_grown(&f->tape_arena, cone->id, cone->count, room, sizeof *list);
        if (!list)
            return false;
        cone->id = list;
    }
    cone->id[cone->count++] = id;
    return true;
}

/* Ids in ascending order: read off the marks if they are dense, else sorted. */
static void ascend(epl_fn *f, epl__cone *cone)
{
    epl__id highest = cone->lowest;
    for (uint32_t i = 0; i < cone->count; i++)
        highest = cone->id[i] > highest ? cone->id[i] : highest;
    if (!cone->count || highest - cone->lowest > 16 * cone->count) {
        qsort(cone->id, cone->count, sizeof *cone->id, by_id);
        return;
    }
    uint32_t n = 0;
    for (epl__id id = cone->lowest; id <= highest; id++)
        if (f->mark[id] == f->epoch)
            cone->id[n++] = id;
}

bool epl__cone_until(epl_fn *f, const epl__id *from, size_t count, epl__id lowest, const bool *stop,
                     epl__cone *cone)
{
    uint32_t room = 256;
    *cone = (epl__cone){.lowest = lowest};
    cone->id = epl__arena_take(&f->tape_arena, room * sizeof *cone->id);
    bool ok = cone->id && epl__marks(f);
    for (size_t i = 0; ok && i < count; i++)
        ok = push(f, cone, &room, from[i]);
    for (uint32_t next = 0; ok && next < cone->count; next++) {
        const epl__node *n = epl__node_at(f, cone->id[next]);
        bool end = stop && stop[cone->id[next]];
        for (uint32_t i = 0; ok && !end && i < n->count; i++)
            ok = push(f, cone, &room, n->in[i]);
    }
    if (!ok) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a walk over \"%s\"", f->name);
        return false;
    }
    ascend(f, cone);
    return true;
}

bool epl__cone_of(epl_fn *f, const epl__id *from, size_t count, epl__id lowest, epl__cone *cone)
{
    return epl__cone_until(f, from, count, lowest, NULL, cone);
}

epl_val epl__result(epl_fn *f, epl__id id, const epl_type *type)
{
    return id == EPL__ID_NONE ? EPL_NO_VAL : epl__build(f, &epl__prim_copy, &id, 1, NULL, type);
}
