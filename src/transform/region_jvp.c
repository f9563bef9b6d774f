/* region_jvp.c -- tangents of regions.
 *
 * The tangent of a scan is a scan: it carries tangents and takes in, step by step, the carried
 * values of the first one, so that it is linear in all that is on the tape. It makes the other
 * values of a step again, but for products that are kept (region_products.c). That of a switch is
 * a switch that computes its values anew. A while does not know its steps beforehand: its
 * tangents are carried beside its values, which works forwards alone.
 */
#include <string.h>
#include "../base/scope.h"
#include "../graph/region.h"
#include "checkpoint.h"
#include "transform.h"

typedef struct {
    epl_fn *f;
    const epl__node *n;
    const epl__region *r;
    const epl_val *dx;   /* by operand, predicates included */
    uint32_t predicates; /* operands before those of the bodies */
    bool *in, *out;      /* by operand and by body output: varies */
    bool *found;         /* by body output: some body has a tangent that is not zero */
    bool narrowed;
    epl__arena scratch;
} tangents;

/* Which inputs and results vary; carried values are followed round. */
static bool varying(tangents *t)
{
    uint32_t outputs = t->r->body[0]->outputs;
    t->in = epl__arena_take(&t->scratch, t->n->count + 1);
    t->out = epl__arena_take(&t->scratch, outputs + 1);
    t->found = epl__arena_take(&t->scratch, outputs + 1);
    if (!t->in || !t->out || !t->found)
        return false;
    for (uint32_t i = 0; i + t->predicates < t->n->count; i++)
        t->in[i] = t->dx[i + t->predicates].graph != NULL;
    if (!epl__dependences(t->r, true, t->in, t->out, &t->scratch))
        return false;
    for (uint32_t i = 0, c = 0; t->r->carries && i < t->r->body[0]->inputs; i++)
        if (t->r->role[i] == EPL__CARRY) /* the first one varies, if no later one does */
            t->out[c++] |= t->in[i];
    return true;
}

static const epl__choice *kept_of(const epl__region *r)
{
    static const epl__choice none;
    bool keeps = r->again || r->kind == EPL__SCAN;
    return keeps && r->body[0]->kept ? r->body[0]->kept : &none;
}

/* A checkpoint's or a scan's tangents with its kept values as further inputs; y: ids of all its
 * outputs. */
static epl_fn *from_kept(tangents *t, epl_fn *g, const epl__id *y)
{
    const epl__choice *kept = kept_of(t->r);
    epl__id *value = epl__arena_take(&t->scratch, (kept->count + 1) * sizeof *value);
    for (uint32_t i = 0; value && i < kept->count; i++)
        value[i] = y[kept->output[i]];
    if (!value || !kept->count)
        return value ? g : NULL;
    return epl__choice_taken(t->f, g, value, kept->count);
}

/* Body k and its tangents: inputs are its own, then one for each that varies, then what is
 * kept; outputs are values (if asked for), then the tangents of those that vary. */
static epl_fn *tangent_body(tangents *t, uint32_t k, uint32_t first, bool values)
{
    const epl_fn *b = t->r->body[k];
    epl_fn *g = epl__body_new(t->f);
    size_t most = (size_t)b->inputs + b->outputs + 1;
    epl__id *arg = epl__arena_take(&t->scratch, 6 * most * sizeof *arg);
    epl__id *x = arg + most, *dx = x + most, *y = dx + most, *dy = y + most, *all = dy + most;
    size_t nx = 0, ny = 0;
    if (!g || !arg)
        return NULL;
    for (uint32_t i = 0; i < b->inputs; i++)
        arg[i] = epl__body_input(g, &b->input[i].type);
    for (uint32_t i = 0; i < b->inputs; i++)
        if (t->in[first + i]) {
            x[nx] = arg[i];
            dx[nx++] = epl__body_input(g, &b->input[i].type);
        }
    if (!epl__inline(g, b, arg, 0, b->outputs, y))
        return NULL;
    memcpy(all, y, b->outputs * sizeof *y);
    for (uint32_t i = 0; values && i < b->outputs; i++)
        if (!epl__body_output(g, y[i]))
            return NULL;
    for (uint32_t i = 0; i < b->outputs; i++)
        if (t->out[i])
            y[ny++] = y[i];
    if (nx && !epl__tangents(g, y, ny, x, dx, nx, dy))
        return NULL;
    for (uint32_t i = 0, c = 0; nx && i < b->outputs; i++)
        if (t->out[i])
            t->found[i] |= dy[c++] != EPL__ID_NONE;
    for (size_t i = 0; i < ny; i++) {
        const epl_type *type = epl__node_at(g, y[i])->type;
        epl__id d = nx ? dy[i] : EPL__ID_NONE;
        if (d == EPL__ID_NONE)
            d = epl__zeros(g, type);
        if (!epl__body_output(g, d))
            return NULL;
    }
    epl__tape_clear(g);
    return from_kept(t, g, all);
}

/* Results that turned out to have no tangent do not vary, nor does what is carried if its first
 * one does not. True: the bodies are to be made again without them. */
static bool narrowed(tangents *t)
{
    const epl__region *r = t->r;
    uint32_t carried = 0, outputs = r->body[0]->outputs;
    bool less = false;
    for (uint32_t i = 0; r->carries && i < r->body[0]->inputs; i++) {
        uint32_t c = carried;
        if (r->role[i] != EPL__CARRY)
            continue;
        carried++;
        if (!t->out[c] || t->found[c] || t->dx[t->predicates + i].graph)
            continue;
        t->in[i] = t->out[c] = false;
        less = true;
    }
    for (uint32_t i = carried; i < outputs; i++) {
        less |= t->out[i] && !t->found[i];
        t->out[i] = t->out[i] && t->found[i];
    }
    memset(t->found, 0, outputs * sizeof *t->found);
    t->narrowed |= less;
    return less;
}

/* What a region was narrowed to, for when it is met again: else all that is within a loop would
 * be made twice for each time that the loop is, and so on inwards. */
struct epl__narrowed {
    struct epl__narrowed *next;
    size_t size;
    uint32_t outputs;
    uint8_t bytes[]; /* `size` of the key, then in and out */
};

/* The bodies, roles, and which operands have a tangent. */
static uint8_t *narrowed_key(tangents *t, size_t *size)
{
    const epl__region *r = t->r;
    size_t bodies = r->bodies * sizeof *r->body, n = t->n->count - t->predicates;
    *size = bodies + 2 * n + 1;
    uint8_t *key = epl__arena_take(&t->scratch, *size);
    if (!key)
        return NULL;
    uint8_t *given = key + bodies + n;
    memcpy(key, r->body, bodies);
    memcpy(key + bodies, r->role, n);
    for (size_t i = 0; i < n; i++)
        given[i] = t->dx[i + t->predicates].graph != NULL;
    given[n] = (uint8_t)r->kind;
    return key;
}

static bool recall(tangents *t)
{
    size_t size, n = t->n->count - t->predicates;
    const uint8_t *key = narrowed_key(t, &size);
    uint32_t outputs = t->r->body[0]->outputs;
    const struct epl__narrowed *e = key ? t->r->body[0]->narrowed : NULL;
    while (e && (e->size != size || e->outputs != outputs || memcmp(e->bytes, key, size)))
        e = e->next;
    if (e) {
        memcpy(t->in, e->bytes + size, n);
        memcpy(t->out, e->bytes + size + n, outputs);
    }
    return key != NULL;
}

static bool remember(tangents *t)
{
    epl_fn *b = t->r->body[0];
    size_t size, n = t->n->count - t->predicates;
    const uint8_t *key = narrowed_key(t, &size);
    struct epl__narrowed *e = epl__arena_take(&b->arena, sizeof *e + size + n + b->outputs);
    if (!key || !e)
        return false;
    *e = (struct epl__narrowed){b->narrowed, size, b->outputs};
    memcpy(e->bytes, key, size);
    memcpy(e->bytes + size, t->in, n);
    memcpy(e->bytes + size + n, t->out, b->outputs);
    b->narrowed = e;
    return true;
}

static bool any_varies(const tangents *t)
{
    for (uint32_t i = 0; i < t->r->body[0]->outputs; i++)
        if (t->out[i])
            return true;
    return false;
}

/* The operands of a tangent: those of the region, then the tangents. Of a scan, the carried
 * values are taken in as they were before each step. */
typedef struct {
    epl__id *in;
    uint8_t *role;
    uint32_t count;
} operand_list;

static void push(operand_list *o, epl__id id, epl__role role)
{
    o->in[o->count] = id;
    o->role[o->count++] = (uint8_t)role;
}

static void push_body(tangents *t, operand_list *o, epl__id node, uint32_t first, uint32_t count)
{
    const epl__region *r = t->r;
    uint32_t carry = 0;
    for (uint32_t i = first; i < first + count; i++) {
        bool stack = r->kind == EPL__SCAN && r->role[i] == EPL__CARRY;
        epl__id id = stack ? epl__part_of(t->f, node, r->carries + carry++)
                           : t->n->in[t->predicates + i];
        push(o, id, stack ? EPL__EACH : (epl__role)r->role[i]);
    }
    for (uint32_t i = first; i < first + count; i++) {
        if (!t->in[i])
            continue;
        epl_val d = t->dx[t->predicates + i];
        push(o,
             d.graph ? epl__id_of(d)
                     : epl__zeros(t->f, epl__node_at(t->f, t->n->in[t->predicates + i])->type),
             (epl__role)r->role[i]);
    }
    for (uint32_t i = 0; i < kept_of(r)->count; i++) {
        bool scan = r->kind == EPL__SCAN;
        uint32_t part = kept_of(r)->output[i] + (scan ? r->carries : 0);
        push(o, epl__part_of(t->f, node, part), scan ? EPL__EACH : EPL__PASS);
    }
}

/* Inputs that a body's results do not need go, with their operands; carried ones stay. */
static bool prune(tangents *t, epl_fn *body, operand_list *o, uint32_t first)
{
    uint32_t kept = first, all = o->count;
    bool *keep = epl__arena_take(&t->scratch, all + 1);
    for (uint32_t i = first; keep && i < all; i++)
        keep[i - first] = o->role[i] == EPL__CARRY;
    if (!keep || !epl__body_prune(body, keep))
        return false;
    for (uint32_t i = first; i < all; i++)
        if (keep[i - first]) {
            o->in[kept] = o->in[i];
            o->role[kept++] = o->role[i];
        }
    o->count = kept;
    return true;
}

/* EPL__ID_NONE: an error, or nothing varies. */
static epl__id linear_region(tangents *t, epl__id node)
{
    const epl__region *r = t->r;
    size_t most = 2 * (size_t)t->n->count + 2 + kept_of(r)->count;
    operand_list o = {epl__arena_take(&t->scratch, most * sizeof *o.in),
                      epl__arena_take(&t->scratch, most), 0};
    epl_fn **body = epl__arena_take(&t->scratch, r->bodies * sizeof *body);
    uint32_t at = 0;
    if (!o.in || !o.role || !body)
        return EPL__ID_NONE;
    for (uint32_t i = 0; i < t->predicates; i++)
        o.in[o.count++] = t->n->in[i];
    for (uint32_t k = 0; k < r->bodies; k++) {
        uint32_t first = o.count;
        body[k] = tangent_body(t, k, at, false);
        if (!body[k])
            return EPL__ID_NONE;
        push_body(t, &o, node, at, r->body[k]->inputs);
        at += r->body[k]->inputs;
        if (!prune(t, body[k], &o, first))
            return EPL__ID_NONE;
    }
    if (narrowed(t))
        return any_varies(t) ? linear_region(t, node) : EPL__ID_NONE;
    epl__region like = *r;
    like.body = body;
    like.again = false;
    like.custom = r->custom ? &epl__by_body : NULL;
    const epl__region *linear =
        epl__region_new(t->f, &like, o.role + t->predicates, o.count - t->predicates);
    return linear ? epl__region_build(t->f, linear, o.in, o.count) : EPL__ID_NONE;
}

/* dy by part; the body gives those that vary. */
static void linear_parts(tangents *t, epl__id region, epl__id *out)
{
    const epl__region *r = t->r;
    uint32_t outputs = r->body[0]->outputs, next = 0;
    const epl__region *l = epl__region_of(epl__node_at(t->f, region));
    for (uint32_t i = 0; i < outputs; i++) {
        if (!t->out[i])
            continue;
        bool carried = r->kind == EPL__SCAN && i < r->carries;
        if (carried) {
            out[i] = epl__part_of(t->f, region, next);
            out[r->carries + i] = epl__part_of(t->f, region, l->carries + next);
        } else
            out[r->kind == EPL__SCAN ? r->carries + i : i] =
                epl__part_of(t->f, region, r->kind == EPL__SCAN ? l->carries + next : next);
        next++;
    }
}

/* Values and tangents go round together. */
static bool while_region(tangents *t, epl__id *out)
{
    const epl__region *r = t->r;
    const epl_fn *b = r->body[0];
    epl__arena *a = &t->scratch;
    size_t most = 2 * (size_t)t->n->count + 2;
    operand_list o = {epl__arena_take(a, most * sizeof *o.in), epl__arena_take(a, most), 0};
    for (uint32_t i = 0; i < t->n->count; i++)
        if (t->in[i] && t->dx[i].graph && (t->dx[i].id & EPL__TAPE)) {
            epl__fail(
                t->f, EPL_ERR_RULE,
                "[while] a loop without a bound has no reverse derivative: give .most, or use "
                "epl_scan, or differentiate its result implicitly");
            return false;
        }
    epl_fn *g = tangent_body(t, 0, 0, true);
    if (g && narrowed(t))
        return !any_varies(t) || while_region(t, out);
    epl_fn *body = g ? epl__body_new(t->f) : NULL;
    if (!o.in || !o.role || !body)
        return false;
    push_body(t, &o, EPL__ID_NONE, 0, b->inputs);
    /* outputs: next values, next tangents, the condition */
    epl__id *arg = epl__arena_take(a, 2 * most * sizeof *arg), *y = arg + most;
    for (uint32_t i = 0; arg && i < g->inputs; i++)
        arg[i] = epl__body_input(body, &g->input[i].type);
    if (!arg || !epl__inline(body, g, arg, 0, g->outputs, y))
        return false;
    for (uint32_t i = 0; i < g->outputs; i++)
        if (i != r->carries && !epl__body_output(body, y[i]))
            return false;
    if (!epl__body_output(body, y[r->carries]))
        return false;
    epl__region like = *r;
    like.body = &body;
    const epl__region *both = epl__region_new(t->f, &like, o.role, o.count);
    epl__id node = both ? epl__region_build(t->f, both, o.in, o.count) : EPL__ID_NONE;
    for (uint32_t i = 0, next = r->carries; i < r->carries; i++)
        if (t->out[i])
            out[i] = epl__part_of(t->f, node, next++);
    return node != EPL__ID_NONE;
}

bool epl__region_tangents(epl_fn *f, epl__id id, const epl_val *dx, epl__id *out)
{
    const epl__node *n = epl__node_at(f, id);
    tangents t = {.f = f, .n = n, .r = epl__region_of(n), .dx = dx};
    t.predicates = epl__predicates(t.r);
    for (uint32_t i = 0; i < epl__region_parts(t.r); i++)
        out[i] = EPL__ID_NONE;
    if (t.r->custom && t.r->custom->tangents)
        return t.r->custom->tangents(f, id, dx, out);
    epl__arena_init(&t.scratch, f->arena.alloc);
    bool ok = varying(&t) && recall(&t);
    if (ok && any_varies(&t) && t.r->kind == EPL__WHILE)
        ok = while_region(&t, out);
    else if (ok && any_varies(&t)) {
        epl__id region = linear_region(&t, id);
        ok = region != EPL__ID_NONE || (!any_varies(&t) && epl_scope_status(f->scope) == EPL_OK);
        if (region != EPL__ID_NONE)
            linear_parts(&t, region, out);
    }
    ok = ok && (!t.narrowed || remember(&t));
    epl__arena_free(&t.scratch);
    if (!ok)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for the derivative of a region");
    return ok && epl_scope_status(f->scope) == EPL_OK;
}
