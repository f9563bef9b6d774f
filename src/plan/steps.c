/* steps.c -- nodes into steps, in the order of ids.
 *
 * An element-wise node joins an element-wise step over the same shape, if all that it reads is
 * written before that step or in it: the step keeps its place in the order, and one pass
 * over memory does for all its members.
 */
#include <limits.h>
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "check.h"

enum { MOST_MEMBERS = 32, MOST_READS = 14, WINDOW = 64 };

static epl__plan_step *step_new(epl__making *m, epl__step_kind kind, epl__id id)
{
    if (m->steps == m->step_room) {
        epl__no_memory(m);
        return NULL;
    }
    epl__plan_step *s = &m->step[m->steps];
    *s = (epl__plan_step){.kind = kind, .id = id};
    if (id != EPL__ID_NONE)
        m->memory[id].step = (int)m->steps;
    m->steps++;
    return s;
}

/* The step that writes what the view reads; -1 if it is there from the start. */
static int written_by(const epl__making *m, const epl__view *v)
{
    return v->root == EPL__ID_NONE ? -1 : m->memory[v->root].step;
}

/* Is operand `in` the whole array of its root, as that lies? */
static bool whole(const epl__making *m, epl__id in)
{
    const epl__view *v = &m->view[in];
    return v->root != EPL__ID_NONE && v->offset == 0 &&
           epl__shape_equal(m->type[v->root]->shape, m->type[in]->shape) &&
           epl__contiguous(m->type[in], v);
}

static bool is_read(const epl__plan_step *s, epl__id in)
{
    for (uint32_t i = 0; i < s->reads; i++)
        if (s->read[i] == in)
            return true;
    return false;
}

static bool fits(epl__making *m, const epl__plan_step *s, const epl__node *n, int index)
{
    uint32_t reads = 0;
    if (s->kind != EPL__STEP_TILE || s->members >= MOST_MEMBERS ||
        !epl__shape_equal(m->type[s->id]->shape, n->type->shape))
        return false;
    for (uint32_t i = 0; i < n->count; i++) {
        bool inside = written_by(m, &m->view[n->in[i]]) == index;
        if (inside && !whole(m, n->in[i]))
            return false; /* it reads a member in another order: that must be in memory */
        reads += !inside && !is_read(s, n->in[i]);
    }
    return s->reads + reads <= MOST_READS;
}

static bool join(epl__making *m, epl__plan_step *s, epl__id id)
{
    const epl__node *n = epl__node_at(m->f, id);
    int index = (int)(s - m->step);
    if (!s->member) {
        s->member = epl__arena_take(&m->arena, MOST_MEMBERS * sizeof *s->member);
        s->read = epl__arena_take(&m->arena, MOST_READS * sizeof *s->read);
        if (!s->member || !s->read)
            return epl__no_memory(m);
    }
    s->member[s->members++] = id;
    for (uint32_t i = 0; i < n->count; i++)
        if (written_by(m, &m->view[n->in[i]]) != index && !is_read(s, n->in[i]))
            s->read[s->reads++] = n->in[i];
    m->memory[id].step = index;
    return true;
}

/* The step that made the latest operand is best: the value is at hand. Else any later one
 * over the same shape will do, the nearest first. */
static bool tile_node(epl__making *m, epl__id id)
{
    const epl__node *n = epl__node_at(m->f, id);
    int latest = -1;
    for (uint32_t i = 0; i < n->count; i++) {
        int w = written_by(m, &m->view[n->in[i]]);
        latest = w > latest ? w : latest;
    }
    if (latest >= 0 && fits(m, &m->step[latest], n, latest))
        return join(m, &m->step[latest], id);
    int first = (int)m->steps - WINDOW > latest ? (int)m->steps - WINDOW : latest + 1;
    for (int k = (int)m->steps - 1; k >= first && k >= 0; k--)
        if (fits(m, &m->step[k], n, k))
            return join(m, &m->step[k], id);
    epl__plan_step *s = step_new(m, EPL__STEP_TILE, id);
    return s && join(m, s, id);
}

/* The operand in a contiguous copy, made once however many read it. */
static bool packed(epl__making *m, epl__id in, epl__view *v)
{
    if (m->packed[in] == EPL__ID_NONE)
        m->packed[in] = epl__pack(m, v, m->type[in]);
    if (m->packed[in] == EPL__ID_NONE)
        return epl__no_memory(m);
    *v = m->view[m->packed[in]];
    return true;
}

/* What the step of node n will read: constants have no memory to read and some kernels
 * want operands without gaps, so these are packed. */
static epl__view *operands(epl__making *m, const epl__node *n, bool flat)
{
    epl__view *v = epl__arena_take(&m->arena, (n->count + 1) * sizeof *v);
    for (uint32_t i = 0; v && i < n->count; i++) {
        v[i] = m->view[n->in[i]];
        bool fits = v[i].root != EPL__ID_NONE &&
                    (!flat || epl__contiguous(m->type[n->in[i]], &v[i]));
        if (!fits && !packed(m, n->in[i], &v[i]))
            return NULL;
    }
    return v;
}

/* Is the index one that the library made for an axis of this length? Views of it still are. */
bool epl__index_in_range(const epl__making *m, epl__id index, int64_t axis)
{
    const epl__node *n = epl__node_at(m->f, index);
    while (n->prim->lower == EPL_LOWER_VIEW)
        n = epl__node_at(m->f, n->in[0]);
    if (n->prim != &epl__prim_pool_argmax)
        return false;
    const epl_shape *x = &m->type[n->in[0]]->shape;
    int spatial = (int)((const epl__pool_attrs *)n->attrs)->spatial;
    int64_t plane = 1;
    for (int i = x->rank - spatial; i < x->rank; i++)
        plane *= x->dim[i];
    return plane == axis;
}

/* The length of the axis that a gather or scatter indexes. */
int64_t epl__indexed_axis(const epl__making *m, const epl__node *n)
{
    const epl__gather_attrs *a = n->attrs;
    return n->prim == &epl__prim_gather ? m->type[n->in[0]]->shape.dim[a->batch] : a->axis;
}

static epl__step_kind kind_of(const epl_prim *p)
{
    static const struct {
        const epl_prim *prim;
        epl__step_kind kind;
    } known[] = {
        {&epl__prim_dot, EPL__STEP_DOT},           {&epl__prim_conv, EPL__STEP_CONV},
        {&epl__prim_sum, EPL__STEP_REDUCE},        {&epl__prim_amax, EPL__STEP_REDUCE},
        {&epl__prim_amin, EPL__STEP_REDUCE},       {&epl__prim_argmax, EPL__STEP_REDUCE},
        {&epl__prim_argmin, EPL__STEP_REDUCE},     {&epl__prim_cumsum, EPL__STEP_REDUCE},
        {&epl__prim_gather, EPL__STEP_GATHER},     {&epl__prim_scatter, EPL__STEP_SCATTER},
        {&epl__prim_assemble, EPL__STEP_ASSEMBLE}, {&epl__prim_pad, EPL__STEP_ASSEMBLE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].prim == p)
            return known[i].kind;
    return EPL__STEP_KERNEL;
}

static bool node_step(epl__making *m, epl__id id)
{
    const epl__node *n = epl__node_at(m->f, id);
    const epl_prim *p = n->prim;
    epl__step_kind kind = kind_of(p);
    if (p == &epl__prim_const || p == &epl__prim_input || p == &epl__prim_data ||
        p == &epl__prim_iota || p == &epl__prim_tuple || p->lower == EPL_LOWER_VIEW) {
        m->memory[id].step = -1;
        return true;
    }
    if (p->lower == EPL_LOWER_TILE)
        return tile_node(m, id);
    if (p == &epl__prim_pool_argmax && epl_dtype_is_float(m->type[n->in[0]]->dtype))
        kind = EPL__STEP_POOL;
    if (p == &epl__prim_laid)
        kind = EPL__STEP_REGION;
    bool flat = kind == EPL__STEP_REGION || kind == EPL__STEP_GATHER || kind == EPL__STEP_SCATTER ||
                kind == EPL__STEP_KERNEL || kind == EPL__STEP_POOL;
    epl__view *operand = kind == EPL__STEP_ASSEMBLE ? NULL : operands(m, n, flat);
    if (!operand && kind != EPL__STEP_ASSEMBLE)
        return epl__no_memory(m);
    if (kind == EPL__STEP_DOT && !epl__dot_operands(m, id, operand))
        return false;
    epl__plan_step *s = step_new(m, kind, id);
    if (s)
        s->operand = operand;
    bool indexed = kind == EPL__STEP_GATHER || kind == EPL__STEP_SCATTER;
    if (s && ((indexed && !epl__index_in_range(m, n->in[1], epl__indexed_axis(m, n))) ||
              (kind == EPL__STEP_KERNEL && p->kernel) || kind == EPL__STEP_REGION)) {
        s->fallible = true;
        m->last_fallible = (int)m->steps - 1;
    }
    return s != NULL;
}

static bool live(epl__making *m)
{
    epl_fn *f = m->f;
    for (uint32_t i = 0; i < f->outputs; i++)
        m->uses[f->output[i].value]++;
    for (uint32_t i = 0; i < f->inputs; i++)
        if (f->input[i].update != EPL__ID_NONE)
            m->uses[f->input[i].update]++;
    for (epl__id id = f->main.count; id-- > 0;) {
        const epl__node *n = epl__node_at(f, id);
        for (uint32_t k = 0; m->uses[id] && k < n->count; k++)
            m->uses[n->in[k]]++;
    }
    return true;
}

bool epl__steps(epl__making *m)
{
    live(m);
    m->last_fallible = -1;
    for (epl__id id = 0; id < m->f->main.count; id++) {
        m->type[id] = epl__node_at(m->f, id)->type;
        m->memory[id].step = -1;
        if (!m->uses[id])
            continue;
        if (!epl__views(m, id))
            return epl__no_memory(m);
        if (!node_step(m, id))
            return false;
    }
    if (!m->f->check)
        return true;
    m->last_fallible = INT_MAX - 1; /* any step of a checked plan may end the run */
    return epl__check_begin(m);
}
