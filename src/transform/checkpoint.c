/* checkpoint.c -- what derivatives of a checkpoint take from it instead of making it again.
 *
 * Kept values are further outputs of the checkpoint's body and further inputs of its tangents,
 * where they stand for the nodes that compute them. They are chosen once, at the first
 * derivative. A budget is spent on one value after the other: on the one that spares most work
 * for each of its bytes, given what is kept already. That is the cost of all that is made again
 * for its sake alone: what it dominates, seen from what the tangents read. Of equal ones, the
 * earlier.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "checkpoint.h"

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
    bool *live = h && to ? needed(g, to, &scratch) : NULL;
    bool ok = live && epl__built_again(h, g, g->main.count, live, to, &scratch);
    for (uint32_t i = 0; ok && i < g->outputs; i++)
        ok = epl__body_output(h, to[g->output[i].value]);
    epl__arena_free(&scratch);
    return ok ? h : NULL;
}

/* -- what it costs ----------------------------------------------------------------------------- */
static double dim_of(const epl_type *t, const char *labels, char label)
{
    const char *at = strchr(labels, label);
    return at ? (double)t->shape.dim[at - labels] : 1;
}

/* Arithmetic operations, about: of products the multiplications and additions, of all else the
 * elements. */
static double cost_of(const epl_fn *f, epl__id id)
{
    const epl__node *n = epl__node_at(f, id);
    const epl_prim *p = n->prim;
    double most = (double)epl_count(*n->type), inner = 1;
    for (uint32_t i = 0; i < n->count; i++) {
        double count = (double)epl_count(*epl__node_at(f, n->in[i])->type);
        most = count > most ? count : most;
    }
    if (p->lower == EPL_LOWER_VIEW || p == &epl__prim_named || n->count == 0)
        return 0;
    if (p == &epl__prim_dot) {
        const epl__dot_attrs *a = n->attrs;
        const epl_type *x = epl__node_at(f, n->in[0])->type, *y = epl__node_at(f, n->in[1])->type;
        for (const char *c = a->a; *c; c++)
            inner *= strchr(a->out, *c) ? 1 : dim_of(x, a->a, *c);
        for (const char *c = a->b; *c; c++)
            inner *= strchr(a->out, *c) || strchr(a->a, *c) ? 1 : dim_of(y, a->b, *c);
        return 2 * inner * (double)epl_count(*n->type);
    }
    if (p == &epl__prim_conv) {
        const epl_type *w = epl__node_at(f, n->in[1])->type;
        int window = (int)((const epl__conv_attrs *)n->attrs)->spatial + 1;
        return 2 * (double)epl__product(w->shape, w->shape.rank - window, w->shape.rank) *
               (double)epl_count(*n->type);
    }
    if (p != &epl__prim_region) /* a kernel of its own: as a matrix is factored */
        return p->lower == EPL_LOWER_KERNEL && !p->elementwise && n->type->shape.rank
                   ? most * (double)n->type->shape.dim[n->type->shape.rank - 1]
                   : most;
    const epl__region *r = epl__region_of(n);
    double sum = 0;
    for (uint32_t k = 0; k < r->bodies; k++)
        for (epl__id i = 0; i < r->body[k]->main.count; i++)
            sum += cost_of(r->body[k], i);
    return sum * (r->kind == EPL__SCAN ? (double)r->length : 1);
}

/* -- a budget ---------------------------------------------------------------------------------- */
typedef struct {
    epl_fn *g;     /* the body and its tangents */
    epl__id end;   /* its ids; itself the root of dominators: the tangents */
    epl__id *body; /* by id of g: what it is in the checkpoint's body */
    double *cost, *spared;
    bool *read; /* the tangents read it, and do not compute it */
    bool *kept;
    epl__id *over; /* the immediate dominator; EPL__ID_NONE: not made again */
    uint32_t *depth;
} weighing;

/* Is it a value with numbers of its own? */
static bool can_keep(const weighing *w, epl__id id)
{
    const epl__node *n = epl__node_at(w->g, id);
    const epl_prim *p = n->prim;
    return w->body[id] != EPL__ID_NONE && n->count && p != &epl__prim_region &&
           p != &epl__prim_tuple && p != &epl__prim_named &&
           (p->lower != EPL_LOWER_VIEW || p == &epl__prim_part) && epl_count(*n->type) > 0;
}

static epl__id above_both(const weighing *w, epl__id a, epl__id b)
{
    if (a == EPL__ID_NONE)
        return b;
    while (a != b)
        if (w->depth[a] < w->depth[b])
            b = w->over[b];
        else
            a = w->over[a];
    return a;
}

/* What each value would spare. Users come after their operands, so they are done before. */
static void weigh(weighing *w)
{
    for (epl__id id = 0; id < w->end; id++) {
        w->over[id] = w->read[id] && !w->kept[id] ? w->end : EPL__ID_NONE;
        w->spared[id] = w->cost[id];
    }
    for (epl__id id = w->end; id-- > 0;) {
        const epl__node *n = epl__node_at(w->g, id);
        if (w->over[id] == EPL__ID_NONE)
            continue;
        w->depth[id] = w->depth[w->over[id]] + 1;
        for (uint32_t k = 0; k < n->count; k++)
            if (!w->kept[n->in[k]])
                w->over[n->in[k]] = above_both(w, w->over[n->in[k]], id);
    }
    for (epl__id id = 0; id < w->end; id++)
        if (w->over[id] != EPL__ID_NONE)
            w->spared[w->over[id]] += w->spared[id];
}

static epl__id best(const weighing *w, int64_t left)
{
    epl__id top = EPL__ID_NONE;
    double worth = 0;
    for (epl__id id = 0; id < w->end; id++) {
        int64_t bytes = (int64_t)epl_bytes(*epl__node_at(w->g, id)->type);
        if (w->over[id] == EPL__ID_NONE || bytes > left || !can_keep(w, id) ||
            w->spared[id] / (double)bytes <= worth)
            continue;
        worth = w->spared[id] / (double)bytes;
        top = id;
    }
    return top;
}

static bool tables(weighing *w, epl__arena *scratch)
{
    size_t n = (size_t)w->g->main.count + 1;
    w->end = w->g->main.count;
    w->cost = epl__arena_take(scratch, 2 * n * sizeof *w->cost);
    w->spared = w->cost + n;
    w->read = epl__arena_take(scratch, 2 * n);
    w->kept = w->read + n;
    w->over = epl__arena_take(scratch, n * sizeof *w->over);
    w->depth = epl__arena_take(scratch, n * sizeof *w->depth);
    return w->cost && w->read && w->over && w->depth;
}

/* What the tangents dy read but do not compute. */
static bool find_read(weighing *w, const epl__id *dx, size_t nx, const epl__id *dy, size_t ny,
                      epl__arena *scratch)
{
    bool *tangent = epl__arena_take(scratch, 2 * ((size_t)w->end + 1));
    bool *live = tangent + w->end + 1;
    for (size_t i = 0; tangent && i < nx; i++)
        tangent[dx[i]] = true;
    for (size_t i = 0; tangent && i < ny; i++)
        if (dy[i] != EPL__ID_NONE)
            live[dy[i]] = true;
    for (epl__id id = 0; tangent && id < w->end; id++)
        for (uint32_t k = 0; k < epl__node_at(w->g, id)->count; k++)
            tangent[id] |= tangent[epl__node_at(w->g, id)->in[k]];
    for (epl__id id = w->end; tangent && id-- > 0;)
        for (uint32_t k = 0; live[id] && k < epl__node_at(w->g, id)->count; k++) {
            epl__id in = epl__node_at(w->g, id)->in[k];
            *(tangent[in] ? &live[in] : &w->read[in]) = true;
        }
    return tangent != NULL;
}

/* The body and its tangents in g, along the inputs that have one. */
static bool weighed(weighing *w, epl_fn *f, const epl_fn *b, const epl_val *given,
                    epl__arena *scratch)
{
    size_t most = (size_t)b->inputs + b->outputs + 1, nx = 0, ny = b->outputs;
    epl__id *x = epl__arena_take(scratch, 4 * most * sizeof *x), *dx = x + most, *y = dx + most;
    epl__id *dy = y + most, *to = epl__no_ids(b, scratch);
    w->g = epl__body_new(f);
    if (!x || !to || !w->g)
        return false;
    for (uint32_t i = 0; i < b->inputs; i++) {
        to[b->input[i].value] = epl__body_input(w->g, &b->input[i].type);
        if (!given[i].graph)
            continue;
        x[nx] = to[b->input[i].value];
        dx[nx++] = epl__body_input(w->g, &b->input[i].type);
    }
    bool *live = needed(b, to, scratch);
    if (!live || !epl__built_again(w->g, b, b->main.count, live, to, scratch))
        return false;
    for (uint32_t i = 0; i < b->outputs; i++)
        y[i] = to[b->output[i].value];
    if (nx && !epl__tangents(w->g, y, ny, x, dx, nx, dy))
        return false;
    w->body = epl__no_ids(w->g, scratch);
    if (!w->body || !tables(w, scratch) || !find_read(w, dx, nx, dy, nx ? ny : 0, scratch))
        return false;
    for (epl__id id = b->main.count; id-- > 0;)
        if (to[id] != EPL__ID_NONE)
            w->body[to[id]] = id;
    for (epl__id id = 0; id < w->end; id++)
        w->cost[id] = cost_of(w->g, id);
    return true;
}

/* Ids of the body in `id`, in the order in which they were chosen; their number. */
static uint32_t by_budget(epl_fn *f, const epl__region *r, const epl_val *given, epl__id *id,
                          epl__arena *scratch)
{
    weighing w = {0};
    uint32_t count = 0;
    int64_t left = r->budget;
    if (!weighed(&w, f, r->body[0], given, scratch)) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory to choose what a checkpoint keeps");
        return 0;
    }
    for (;;) {
        weigh(&w);
        epl__id top = best(&w, left);
        if (top == EPL__ID_NONE)
            return count;
        w.kept[top] = true;
        left -= (int64_t)epl_bytes(*epl__node_at(w.g, top)->type);
        id[count++] = w.body[top];
    }
}

/* -- names ------------------------------------------------------------------------------------- */
static uint32_t by_name(const epl__region *r, epl__id *id)
{
    const epl_fn *b = r->body[0];
    uint32_t count = 0;
    for (epl__id i = 0; i < b->main.count; i++) {
        const epl__node *n = epl__node_at(b, i);
        if (n->prim == &epl__prim_named && epl__name_in(r->keep, epl__name_of(n)))
            id[count++] = n->in[0];
    }
    return count;
}

bool epl__choice_made(epl_fn *f, epl__id region, const epl_val *dx)
{
    const epl__region *r = epl__region_of(epl__node_at(f, region));
    epl_fn *b = r->body[0];
    if (r->kind == EPL__SCAN && !b->kept)
        return epl__products_chosen(f, r);
    if (!r->again || b->kept || (!r->keep && !r->budget))
        return true;
    epl__arena scratch;
    epl__arena_init(&scratch, f->arena.alloc);
    epl__id *id = epl__arena_take(&scratch, (b->main.count + 1) * sizeof *id);
    uint32_t count = !id ? 0 : r->keep ? by_name(r, id) : by_budget(f, r, dx, id, &scratch);
    epl__choice *kept = epl__arena_take(&b->arena, sizeof *kept + count * sizeof *kept->output);
    for (uint32_t i = 0; id && kept && i < count; i++) {
        uint32_t at;
        if (!epl__body_output_of(b, id[i], 0, &at))
            break;
        kept->output[kept->count++] = at;
    }
    epl__arena_free(&scratch);
    b->kept = kept;
    if (!id || !kept || kept->count < count)
        epl__fail(f, EPL_ERR_MEMORY, "no memory to choose what a checkpoint keeps");
    return epl_scope_status(f->scope) == EPL_OK;
}
