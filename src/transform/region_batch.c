/* region_batch.c -- regions with one more axis.
 *
 * A mapped loop is a loop over mapped bodies: its carried values have the axis if any step
 * gives it to them. A while goes on while any entry does, and entries that have ended stay as
 * they are. A switch by a mapped number computes all its bodies and selects.
 */
#include <espalier/op.h>
#include <string.h>
#include "../base/scope.h"
#include "../graph/region.h"
#include "custom.h"
#include "transform.h"

typedef struct {
    const epl__batching *b;
    const epl__node *n;
    const epl__region *r;
    const epl_val *x; /* by operand, predicates included */
    uint32_t predicates;
    bool *in, *out; /* mapped: by operand, by body output */
    epl__arena scratch;
} mapping;

static bool mapped_values(mapping *m, const bool *xm)
{
    uint32_t outputs = m->r->body[0]->outputs;
    bool every = m->r->kind == EPL__WHILE; /* the condition may make each entry differ */
    m->in = epl__arena_take(&m->scratch, m->n->count + 1);
    m->out = epl__arena_take(&m->scratch, outputs + 1);
    if (!m->in || !m->out)
        return false;
    for (uint32_t i = 0; i + m->predicates < m->n->count; i++)
        m->in[i] = xm[m->predicates + i];
    if (!epl__dependences(m->r, false, m->in, m->out, &m->scratch))
        return false;
    for (uint32_t i = 0, c = 0; m->r->carries && i < m->r->body[0]->inputs; i++)
        if (m->r->role[i] == EPL__CARRY) {
            m->in[i] |= every && m->out[m->r->carries];
            m->out[c] |= m->in[i];
            c++;
        }
    for (uint32_t i = 0; m->r->custom && i < outputs; i++)
        m->out[i] = true; /* what a rule makes may depend on more than the body does */
    return true;
}

/* Body k with the axis in `into`: y[i] of output i, with the axis if out[i]. */
static bool body_values(mapping *m, epl_fn *into, uint32_t k, const epl__id *x, const bool *in,
                        epl__id *y)
{
    epl_fn *b = m->r->body[k];
    epl__id *map = epl__arena_take(&m->scratch, (b->inputs + 1) * sizeof *map);
    if (!map)
        return false;
    for (uint32_t i = 0; i < b->inputs; i++)
        map[i] = b->input[i].value;
    epl__batching inner = {b, into, 0, map, x, in, b->inputs, m->b->size};
    for (uint32_t i = 0; i < b->outputs; i++) {
        bool mapped;
        epl__id id = epl__batch_raw(&inner, b->output[i].value, &mapped);
        if (id != EPL__ID_NONE && m->out[i] && !mapped)
            id = epl__id_of(epl__lead(epl__val(into, id), m->b->size));
        if (id == EPL__ID_NONE)
            return false;
        y[i] = id;
    }
    return true;
}

static epl_type with_axis(epl_type t, int64_t n)
{
    t.shape = epl__shape_insert(t.shape, 0, n);
    t.spec = NULL;
    return t;
}

static epl_fn *mapped_body(mapping *m, uint32_t k, uint32_t first, epl__id **x, epl__id **y)
{
    epl_fn *b = m->r->body[k], *g = epl__body_new(m->b->into);
    *x = epl__arena_take(&m->scratch, (b->inputs + 1) * sizeof **x);
    *y = epl__arena_take(&m->scratch, (b->outputs + 1) * sizeof **y);
    if (!g || !*x || !*y)
        return NULL;
    g->kept = b->kept;
    for (uint32_t i = 0; i < b->inputs; i++) {
        epl_type t = b->input[i].type;
        if (m->in[first + i])
            t = with_axis(t, m->b->size);
        (*x)[i] = epl__body_input(g, &t);
    }
    return body_values(m, g, k, *x, m->in + first, *y) ? g : NULL;
}

/* Entries that go on take the next value, the others keep the old one. */
static bool while_outputs(mapping *m, epl_fn *g, const epl__id *x, const epl__id *y)
{
    const epl_fn *b = m->r->body[0];
    uint32_t carries = m->r->carries;
    epl_val going = epl__val(g, y[carries]);
    bool mapped = m->out[carries];
    for (uint32_t i = 0, c = 0; i < b->inputs; i++) {
        if (m->r->role[i] != EPL__CARRY)
            continue;
        epl_val next = epl__val(g, y[c]);
        if (mapped)
            next = epl__pick(going, next, epl__val(g, x[i]));
        if (!epl__body_output(g, epl__id_of(next)))
            return false;
        c++;
    }
    if (mapped) {
        epl_val count = epl__amax(epl__cast(going, EPL_I32), 1);
        epl__id id = epl__id_of(count);
        going = id == EPL__ID_NONE ? count : epl__cast(count, EPL_BOOL);
    }
    return epl__body_output(g, epl__id_of(going));
}

/* Operand i as the region takes it: the mapped axis after that of the steps. */
static epl__id operand(mapping *m, uint32_t i)
{
    epl_val v = m->x[m->predicates + i];
    bool has = m->in[i], each = m->r->role[i] == EPL__EACH;
    const epl__node *old = epl__node_at(m->b->from, m->n->in[m->predicates + i]);
    if (!has)
        return epl__id_of(v);
    if (epl_typeof(v).shape.rank == old->type->shape.rank)
        v = epl__lead(v, m->b->size);
    return epl__id_of(each ? epl__move_axis(v, 0, 1) : v);
}

static epl__id *operands(mapping *m)
{
    epl__id *in = epl__arena_take(&m->scratch, (m->n->count + 1) * sizeof *in);
    for (uint32_t i = 0; in && i < m->predicates; i++)
        in[i] = epl__id_of(m->x[i]);
    for (uint32_t i = 0; in && i + m->predicates < m->n->count; i++)
        in[m->predicates + i] = operand(m, i);
    return in;
}

static epl__id mapped_region(mapping *m)
{
    const epl__region *r = m->r;
    epl_fn **body = epl__arena_take(&m->scratch, r->bodies * sizeof *body);
    uint32_t at = 0;
    for (uint32_t k = 0; body && k < r->bodies; k++) {
        epl__id *x, *y;
        body[k] = mapped_body(m, k, at, &x, &y);
        bool ok = body[k] != NULL;
        if (ok && r->kind == EPL__WHILE)
            ok = while_outputs(m, body[k], x, y);
        else
            for (uint32_t i = 0; ok && i < r->body[k]->outputs; i++)
                ok = epl__body_output(body[k], y[i]);
        if (!ok)
            return EPL__ID_NONE;
        at += r->body[k]->inputs;
    }
    epl__id *in = body ? operands(m) : NULL;
    epl__region like = *r;
    like.body = body;
    if (r->custom && r->custom != &epl__by_body)
        like.custom = epl__custom_mapped(m->b->into, r, m->in, at, m->b->size);
    if (r->custom && !like.custom)
        return EPL__ID_NONE;
    const epl__region *wide = in ? epl__region_new(m->b->into, &like, r->role, at) : NULL;
    return wide ? epl__region_build(m->b->into, wide, in, m->n->count) : EPL__ID_NONE;
}

/* Who takes a side: here, by entry; any at all; the first one that does. */
typedef struct {
    epl_val here, any, first;
} takers;

static takers takers_of(const mapping *m, uint32_t k)
{
    epl_val which = m->x[0];
    takers t = {.here = epl_eq(which, epl_int(k))};
    if (k == 0)
        t.here = epl_le(which, epl_int(0));
    if (k + 1 == m->r->bodies)
        t.here = epl_ge(which, epl_int(k));
    if (!m->b->size)
        return t; /* no one */
    epl_val number = epl__cast(t.here, EPL_I32);
    t.any = epl__cast(epl__amax(number, 1), EPL_BOOL);
    t.first = epl_argmax(number, .dim = 0);
    return t;
}

/* An operand as a side reads it. Entries that do not take the side read what one that does reads,
 * so that nothing is computed but what is asked for: elsewhere a slope may be infinite, and
 * no derivative could drop that, for zero times infinity is NaN. If there is none, a guard does. */
static epl_val operand_of_side(const mapping *m, uint32_t i, const takers *t)
{
    epl_val x = m->x[1 + i];
    if (!m->b->size)
        return x;
    if (!m->in[i])
        return epl__guarded(x, t->any);
    epl_val other = epl__held(epl__gather(x, t->first, 0));
    return epl__guarded(epl__pick(t->here, x, epl__lead(other, m->b->size)), t->any);
}

/* Both sides computed, one selected: a region's switch by a number with the axis. */
static bool selected(mapping *m, epl__id *part, bool *mapped)
{
    const epl__region *r = m->r;
    epl_fn *into = m->b->into;
    uint32_t outputs = r->body[0]->outputs, at = 0;
    epl__id *y = epl__arena_take(&m->scratch, (outputs + 1) * sizeof *y);
    for (uint32_t i = 0; i < outputs; i++)
        m->out[i] = mapped[i] = true;
    for (uint32_t k = 0; y && k < r->bodies; k++) {
        uint32_t n = r->body[k]->inputs;
        epl__id *x = epl__arena_take(&m->scratch, (n + 1) * sizeof *x);
        const takers t = takers_of(m, k);
        for (uint32_t i = 0; x && i < n; i++)
            x[i] = epl__id_of(operand_of_side(m, at + i, &t));
        if (!x || !body_values(m, into, k, x, m->in + at, y))
            return false;
        for (uint32_t i = 0; i < outputs; i++) {
            epl_val v = epl__val(into, y[i]);
            part[i] = k == 0 ? y[i] : epl__id_of(epl__pick(t.here, v, epl__val(into, part[i])));
            if (part[i] == EPL__ID_NONE)
                return false;
        }
        at += n;
    }
    return y != NULL;
}

/* -- what was mapped before ------------------------------------------------------------------ */
struct epl__memo {
    const epl__region *region;
    int64_t size;
    uint32_t count;
    epl__id *in;
    bool *mapped; /* of the operands */
    epl__id node;
    bool *out;
    uint32_t outputs;
    struct epl__memo *next;
};

static struct epl__memo *known(const mapping *m, const bool *xm)
{
    struct epl__memo *k = m->b->into->memo;
    for (; k; k = k->next) {
        bool same = k->region == m->r && k->size == m->b->size && k->count == m->n->count &&
                    k->outputs == m->r->body[0]->outputs;
        for (uint32_t i = 0; same && i < k->count; i++)
            same = k->in[i] == epl__id_of(m->x[i]) && k->mapped[i] == xm[i];
        if (same)
            return k;
    }
    return NULL;
}

static void remember(mapping *m, const bool *xm, epl__id node)
{
    epl_fn *f = m->b->into;
    struct epl__memo *k = epl__arena_take(&f->arena, sizeof *k);
    uint32_t n = m->n->count, outputs = m->r->body[0]->outputs;
    for (uint32_t i = 0; i < n; i++)
        if (epl__id_of(m->x[i]) & EPL__TAPE)
            return; /* the tape does not last */
    epl__id *in = epl__arena_take(&f->arena, (n + 1) * sizeof *in);
    bool *flags = epl__arena_take(&f->arena, n + outputs + 1);
    if (!k || !in || !flags)
        return;
    *k = (struct epl__memo){m->r, m->b->size, n, in, flags, node, flags + n, outputs, f->memo};
    for (uint32_t i = 0; i < n; i++) {
        in[i] = epl__id_of(m->x[i]);
        flags[i] = xm[i];
    }
    memcpy(k->out, m->out, outputs);
    f->memo = k;
}

/* A region of all steps has the axis second. */
static void parts_of(mapping *m, epl__id node, const bool *out, epl__id *part, bool *mapped)
{
    const epl__region *r = m->r;
    for (uint32_t i = 0; i < epl__region_parts(r); i++) {
        bool all = r->kind == EPL__SCAN && i >= r->carries;
        mapped[i] = out[all ? i - r->carries : i];
        epl_val v = epl__val(m->b->into, epl__part_of(m->b->into, node, i));
        part[i] = epl__id_of(all && mapped[i] ? epl__move_axis(v, 1, 0) : v);
    }
}

bool epl__region_batch(const epl__batching *b, epl__id id, const epl_val *x, const bool *xm,
                       epl__id *part, bool *mapped)
{
    const epl__node *n = epl__node_at(b->from, id);
    mapping m = {.b = b, .n = n, .r = epl__region_of(n), .x = x};
    m.predicates = epl__predicates(m.r);
    epl__arena_init(&m.scratch, b->into->arena.alloc);
    const struct epl__memo *k = known(&m, xm);
    bool ok = k || mapped_values(&m, xm);
    if (k)
        parts_of(&m, k->node, k->out, part, mapped);
    else if (ok && m.predicates && xm[0])
        ok = selected(&m, part, mapped);
    else if (ok) {
        epl__id node = mapped_region(&m);
        ok = node != EPL__ID_NONE;
        if (ok) {
            remember(&m, xm, node);
            parts_of(&m, node, m.out, part, mapped);
        }
    }
    epl__arena_free(&m.scratch);
    if (!ok)
        epl__fail(b->into, EPL_ERR_MEMORY, "no memory for the map of a region");
    return ok && epl_scope_status(b->into->scope) == EPL_OK;
}
