/* custom_mapped.c -- a rule under a map: the rule of one entry, mapped.
 *
 * The rule is asked inside a function of one entry, and what it builds there is mapped to where
 * the derivative stands. So rules know nothing of maps, and maps nest.
 */
#include <string.h>
#include "../base/scope.h"
#include "custom.h"
#include "transform.h"

typedef struct {
    const epl__region *one; /* the region of one entry */
    int64_t size;
    const bool *mapped; /* by operand */
} mapped_rule;

/* A function m of one entry, on its way back into f. */
typedef struct {
    epl_fn *f, *m;
    const epl__node *n;
    const mapped_rule *rule;
    epl__id *x;        /* the operands in m */
    epl__id *map, *to; /* inputs of m, and what they are in f */
    bool *mapped;
    uint32_t count;
    epl__arena scratch;
} entry;

static bool begin(entry *e, epl_fn *f, epl__id id)
{
    e->f = f;
    e->n = epl__node_at(f, id);
    e->rule = epl__region_of(e->n)->custom->data;
    epl__arena_init(&e->scratch, f->arena.alloc);
    size_t most = 2 * (size_t)e->n->count + epl__region_parts(e->rule->one) + 1;
    e->m = epl__body_new(f);
    e->x = epl__arena_take(&e->scratch, most * sizeof *e->x);
    e->map = epl__arena_take(&e->scratch, most * sizeof *e->map);
    e->to = epl__arena_take(&e->scratch, most * sizeof *e->to);
    e->mapped = epl__arena_take(&e->scratch, most);
    return e->m && e->x && e->map && e->to && e->mapped;
}

static epl__id taken(entry *e, const epl_type *one, epl__id id, bool mapped)
{
    epl__id in = epl__body_input(e->m, one);
    e->map[e->count] = in;
    e->to[e->count] = id;
    e->mapped[e->count++] = mapped;
    return in;
}

static const epl_type *operand_type(const entry *e, uint32_t i)
{
    return &e->rule->one->body[0]->input[i].type;
}

/* The value of m for all entries in f; *mapped: it has their axis. */
static epl_val all_of(entry *e, epl__id id, bool *mapped)
{
    epl__batching b = {e->m, e->f, 0, e->map, e->to, e->mapped, e->count, e->rule->size};
    return epl__val(e->f, epl__batch_raw(&b, id, mapped));
}

static bool finish(entry *e, bool ok)
{
    if (e->m)
        epl__tape_clear(e->m);
    epl__arena_free(&e->scratch);
    if (!ok)
        epl__fail(e->f, EPL_ERR_MEMORY, "no memory for the derivative of a region");
    return ok && epl_scope_status(e->f->scope) == EPL_OK;
}

static bool tangents(epl_fn *f, epl__id id, const epl_val *dx, epl__id *dy)
{
    entry e = {.count = 0};
    if (!begin(&e, f, id))
        return finish(&e, false);
    uint32_t parts = epl__region_parts(e.rule->one);
    epl_val *d = epl__arena_take(&e.scratch, (e.n->count + 1) * sizeof *d);
    epl__id *y = epl__arena_take(&e.scratch, (parts + 1) * sizeof *y);
    if (!d || !y)
        return finish(&e, false);
    for (uint32_t i = 0; i < e.n->count; i++)
        e.x[i] = taken(&e, operand_type(&e, i), e.n->in[i], e.rule->mapped[i]);
    for (uint32_t i = 0; i < e.n->count; i++)
        if (dx[i].graph)
            d[i] =
                epl__val(e.m, taken(&e, operand_type(&e, i), epl__id_of(dx[i]), e.rule->mapped[i]));
    epl__id one = epl__region_build(e.m, e.rule->one, e.x, e.n->count);
    if (one == EPL__ID_NONE || !epl__region_tangents(e.m, one, d, y))
        return finish(&e, false);
    for (uint32_t i = 0; i < parts; i++) {
        bool mapped;
        if (y[i] == EPL__ID_NONE)
            continue;
        epl_val v = all_of(&e, y[i], &mapped);
        dy[i] = epl__id_of(v.graph && !mapped ? epl__lead(v, e.rule->size) : v);
        if (dy[i] == EPL__ID_NONE)
            return finish(&e, false);
    }
    return finish(&e, true);
}

/* The cotangent of operand i; one that all entries share gets the sum of theirs. */
static epl__id cotangent(entry *e, epl__id back, uint32_t i)
{
    bool mapped;
    epl_val v = all_of(e, back, &mapped);
    if (!v.graph)
        return EPL__ID_NONE;
    if (mapped != e->rule->mapped[i] && !mapped)
        v = epl__lead(v, e->rule->size);
    else if (mapped != e->rule->mapped[i]) {
        epl__reduce_attrs a = {1};
        epl__id in = epl__id_of(v);
        v = epl__build(e->f, &epl__prim_sum, &in, 1, &a, NULL);
    } else if (!mapped) { /* shared by all: each entry gives it once */
        double n = (double)e->rule->size;
        epl_type t = epl_typeof(v);
        epl__id in[2] = {epl__id_of(v), epl__id_of(epl__splat(e->f, t.dtype, t.shape, n, 0))};
        v = epl__build(e->f, &epl__prim_mul, in, 2, NULL, NULL);
    }
    return epl__id_of(v);
}

static bool transpose(epl_fn *f, epl__id id, const epl__id *ct, epl__id *back)
{
    entry e = {.count = 0};
    if (!begin(&e, f, id))
        return finish(&e, false);
    const epl__region *one = e.rule->one;
    uint32_t parts = epl__region_parts(one);
    epl__id *c = epl__arena_take(&e.scratch, (parts + e.n->count + 1) * sizeof *c);
    if (!c)
        return finish(&e, false);
    epl__id *b = c + parts;
    for (uint32_t i = 0; i < e.n->count; i++) {
        const epl_type *t = operand_type(&e, i);
        bool linear = e.n->in[i] & EPL__TAPE;
        e.x[i] = linear ? epl__tape_input(e.m, epl__type_intern(e.m, t))
                        : taken(&e, t, e.n->in[i], e.rule->mapped[i]);
    }
    for (uint32_t i = 0; i < parts; i++) {
        epl_type t = epl__part_type(one, i);
        c[i] = ct[i] == EPL__ID_NONE ? ct[i] : taken(&e, &t, ct[i], true);
    }
    epl__id node = epl__region_build(e.m, one, e.x, e.n->count);
    if (node == EPL__ID_NONE || !epl__region_transpose(e.m, node, c, b))
        return finish(&e, false);
    for (uint32_t i = 0; i < e.n->count; i++)
        if (b[i] != EPL__ID_NONE && (back[i] = cotangent(&e, b[i], i)) == EPL__ID_NONE)
            return finish(&e, false);
    return finish(&e, true);
}

static bool linear(const epl__region *r, const bool *in, uint32_t part)
{
    const epl__region *one = ((const mapped_rule *)r->custom->data)->one;
    return one->custom->linear(one, in, part);
}

const epl__custom *epl__custom_mapped(epl_fn *f, const epl__region *r, const bool *mapped,
                                      uint32_t operands, int64_t size)
{
    mapped_rule *d = epl__arena_take(&f->arena, sizeof *d);
    epl__custom *c = epl__arena_take(&f->arena, sizeof *c);
    bool *of = epl__arena_take(&f->arena, operands + 1);
    if (!d || !c || !of)
        return NULL;
    memcpy(of, mapped, operands);
    *d = (mapped_rule){r, size, of};
    *c = (epl__custom){tangents, transpose, d, r->custom->linear ? linear : NULL};
    return c;
}
