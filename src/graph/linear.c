/* linear.c -- is a function linear in some of its inputs?
 *
 * By its operations alone: what depends on those inputs must pass through operations that are
 * linear there. A function that is linear by luck (x x / x) is not found to be. And what they are
 * multiplied by must be there when the function is taken backwards: what a loop carries beside
 * them is not, for it is known step by step.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "region.h"

typedef struct {
    const epl_fn *b;
    bool *live, *set; /* by id: needed; depends on the inputs */
    bool *late;       /* by id: made of what a loop carries beside them */
    bool **parts;     /* by id, of regions: which parts depend */
    epl__arena *scratch;
    char *why;
} walk;

static const char LATE[] =
    "by what a loop carries beside them: collect it before, and use epl_each";

static bool linear_body(const walk *w, const epl_fn *body, const bool *in, const bool *late,
                        bool *out);

static bool refused(walk *w, const char *op, const char *why)
{
    epl__text(w->why, EPL__WHY, "[%s] %s", op, why);
    return false;
}

static void mark_live(walk *w)
{
    for (uint32_t i = 0; i < w->b->outputs; i++)
        w->live[w->b->output[i].value] = true;
    epl__live_below(w->b, w->live);
}

/* The operands that the value is made of. */
static uint32_t operands(const epl__node *n)
{
    return n->prim == &epl__prim_straight_through ? 1 : n->count;
}

static bool linear_node(walk *w, const epl__node *n)
{
    const epl_prim *p = n->prim;
    uint32_t varying = 0;
    if (!p->transpose || !epl_dtype_is_float(n->type->dtype))
        return refused(w, p->name, "is no linear operation");
    for (uint32_t i = 0; i < operands(n); i++) {
        bool one = p->linear ? i >= 32 || p->linear >> i & 1 : p->multilinear || i == 0;
        if (w->late[n->in[i]] && !w->set[n->in[i]] && (p->multilinear || !one))
            return refused(w, p->name, LATE);
        if (!w->set[n->in[i]])
            continue;
        varying++;
        if (!one || !epl_dtype_is_float(epl__node_at(w->b, n->in[i])->type->dtype))
            return refused(w, p->name, "is not linear in that operand"); /* as a / b in b */
    }
    return !p->multilinear || varying == 1 || refused(w, p->name, "of two of them");
}

static bool linear_scan(walk *w, const epl__region *r, bool *in, bool *late, bool *parts)
{
    const epl_fn *b = r->body[0];
    bool *out = epl__arena_take(w->scratch, b->outputs + 1);
    if (!out || !epl__dependence(r, 0, false, in, out, w->scratch))
        return false;
    for (uint32_t i = 0, c = 0; i < b->inputs; i++)
        if (r->role[i] == EPL__CARRY) {
            parts[c] = parts[r->carries + c] = in[i] || out[c];
            late[i] |= !parts[c++];
        }
    if (!linear_body(w, b, in, late, out))
        return false;
    for (uint32_t i = r->carries; i < b->outputs; i++)
        parts[r->carries + i] = out[i];
    return true;
}

/* Which operands are marked, the predicate not counted. */
static bool *operands_in(const walk *w, const epl__node *n, const bool *mark)
{
    uint32_t at = epl__predicates(epl__region_of(n));
    bool *in = epl__arena_take(w->scratch, n->count + 1);
    for (uint32_t i = at; in && i < n->count; i++)
        in[i - at] = mark[n->in[i]];
    return in;
}

static bool linear_region(walk *w, epl__id id)
{
    const epl__node *n = epl__node_at(w->b, id);
    const epl__region *r = epl__region_of(n);
    uint32_t parts = epl__region_parts(r), at = epl__predicates(r);
    bool *in = operands_in(w, n, w->set), *late = operands_in(w, n, w->late);
    bool *one = epl__arena_take(w->scratch, parts + 1);
    w->parts[id] = epl__arena_take(w->scratch, parts + 1);
    if (!in || !late || !one || !w->parts[id])
        return false;
    if (r->kind == EPL__WHILE)
        return refused(w, "while", "takes one in, and has no reverse derivative without .most");
    if (at && w->set[n->in[0]])
        return refused(w, "switch", "chooses by one");
    if (at && w->late[n->in[0]])
        return refused(w, "switch", LATE);
    if (r->kind == EPL__SCAN)
        return linear_scan(w, r, in, late, w->parts[id]);
    if (r->custom && r->custom->linear) {
        memset(w->parts[id], true, parts);
        return true; /* each part says */
    }
    for (uint32_t k = 0, first = 0; k < r->bodies; k++) {
        if (!linear_body(w, r->body[k], in + first, late + first, one))
            return false;
        for (uint32_t i = 0; i < parts; i++)
            w->parts[id][i] |= one[i];
        first += r->body[k]->inputs;
    }
    return true;
}

static bool part_at(walk *w, epl__id id)
{
    const epl__node *n = epl__node_at(w->b, id), *of = epl__node_at(w->b, n->in[0]);
    const epl__custom *c = epl__region_of(of)->custom;
    int64_t index = ((const epl__part_attrs *)n->attrs)->index;
    w->set[id] = w->parts[n->in[0]] && w->parts[n->in[0]][index];
    w->late[id] = w->late[n->in[0]] || (w->parts[n->in[0]] && !w->set[id]);
    if (!w->set[id] || !c || !c->linear)
        return true;
    const bool *in = operands_in(w, of, w->set);
    return in && (c->linear(epl__region_of(of), in, (uint32_t)index) ||
                  refused(w, "solution", "depends on one in what is no linear way"));
}

static bool node_at(walk *w, epl__id id)
{
    const epl__node *n = epl__node_at(w->b, id);
    bool any = false;
    if (n->prim == &epl__prim_part)
        return part_at(w, id);
    for (uint32_t i = 0; i < operands(n); i++) {
        any |= w->set[n->in[i]];
        w->late[id] |= w->late[n->in[i]];
    }
    w->set[id] |= any && n->prim != &epl__prim_region;
    return !any || (n->prim == &epl__prim_region ? linear_region(w, id) : linear_node(w, n));
}

static bool marked(const epl_fn *body, const bool *in, const bool *late, bool *out,
                   epl__arena *scratch, char *why)
{
    size_t count = body->main.count + 1;
    walk w = {body,
              epl__arena_take(scratch, count),
              epl__arena_take(scratch, count),
              epl__arena_take(scratch, count),
              epl__arena_take(scratch, count * sizeof *w.parts),
              scratch,
              why};
    bool ok = w.live && w.set && w.late && w.parts;
    if (!ok)
        return false;
    mark_live(&w);
    for (uint32_t i = 0; i < body->inputs; i++) {
        w.set[body->input[i].value] = in[i];
        w.late[body->input[i].value] = late && late[i];
    }
    for (epl__id id = 0; ok && id < body->main.count; id++)
        ok = !w.live[id] || node_at(&w, id);
    for (uint32_t i = 0; ok && i < body->outputs; i++)
        out[i] = w.set[body->output[i].value];
    return ok;
}

static bool linear_body(const walk *w, const epl_fn *body, const bool *in, const bool *late,
                        bool *out)
{
    return marked(body, in, late, out, w->scratch, w->why);
}

bool epl__linear_in(const epl_fn *body, const bool *in, bool *out, epl__arena *scratch, char *why)
{
    return marked(body, in, NULL, out, scratch, why);
}
