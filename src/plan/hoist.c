/* hoist.c -- what would be done again and again is done once.
 *
 * In a loop's body, a step that reads nothing but what is the same at all steps of the loop
 * comes first and is run once; so is the packing of a matrix that is multiplied by at every
 * step, if that takes no more than half of what the loop gives. Invariant: what such a step makes
 * and others read keeps its memory to the end, and lies in no result. A matrix that many parts of
 * one product would pack for themselves is packed before it.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "plan.h"

static bool same(const epl__making *m, const epl__view *v)
{
    if (v->root == EPL__ID_NONE)
        return true;
    int step = m->memory[v->root].step;
    if (step >= 0)
        return m->step[step].once;
    const epl__node *n = epl__node_at(m->f, v->root);
    return n->prim != &epl__prim_input ||
           m->same[m->source[((const epl__input_attrs *)n->attrs)->index].port];
}

static bool reads_same(const epl__making *m, const epl__plan_step *s)
{
    for (epl__read r = {0}; epl__next_read(m, s, &r);)
        if (!same(m, r.view))
            return false;
    return true;
}

/* Nothing lies in a result of the body, whose place moves on. */
static bool stays(const epl__making *m, const epl__plan_step *s)
{
    for (uint32_t i = 0; i < epl__step_nodes(s); i++) {
        const epl__memory *mem = &m->memory[epl__step_node(s, i)];
        bool hosted = mem->host != EPL__ID_NONE && m->step[m->memory[mem->host].step].once;
        if (mem->stored && mem->placed && !hosted)
            return false;
    }
    return s->kind != EPL__STEP_GIVE;
}

/* The most steps that fit together: all, less those that do not, until none goes. */
static bool find(epl__making *m)
{
    uint32_t count = m->steps;
    bool again = count > 0;
    for (uint32_t k = 0; k < m->steps; k++)
        m->step[k].once = true;
    while (again) {
        again = false;
        for (uint32_t k = 0; k < m->steps; k++) {
            epl__plan_step *s = &m->step[k];
            if (!s->once || (reads_same(m, s) && stays(m, s)))
                continue;
            s->once = false;
            again = true;
            count--;
        }
    }
    return count > 0;
}

enum { MANY_TIMES = 4, WORTH_A_STEP = 4096 };

/* -- matrices --------------------------------------------------------------------------------- */
/* A step that packs an operand of product s: *to, or nothing. */
static bool panel(epl__making *m, epl__plan_step *s, epl__plan_step *to)
{
    epl__gemm_desc *d = epl__arena_take(&m->arena, sizeof *d);
    if (!d)
        return false;
    epl__dot_desc(m, s, d);
    epl__gemm_pack p = epl__gemm_packed(d);
    const epl__view *v = &s->operand[p.operand];
    int64_t bytes = p.size * (int64_t)epl_dtype_bytes(d->dtype);
    bool steady = m->same && !s->once && bytes <= m->spare && same(m, v);
    bool often = p.times >= MANY_TIMES && p.size >= WORTH_A_STEP;
    if (!p.size || !(steady || often) || m->nodes == m->room)
        return true;
    epl_type t = epl_type_of(d->dtype, epl_shape_of(1, &p.size));
    epl__id id = m->nodes;
    m->type[id] = epl__type_intern(m->f, &t);
    if (!m->type[id])
        return false;
    m->nodes++;
    m->spare -= steady ? bytes : 0;
    m->view[id] = (epl__view){.root = id, .stride = {1}};
    m->memory[id] = (epl__memory){.stored = true,
                                  .host = EPL__ID_NONE,
                                  .over = EPL__ID_NONE,
                                  .stride = {1},
                                  .bytes = (int64_t)epl_bytes(t)};
    s->packed = p.operand + 1;
    s->panel = id;
    *to = (epl__plan_step){.kind = EPL__STEP_PANEL, .id = id, .view = *v, .desc = d};
    to->once = s->once || steady;
    return true;
}

/* -- the order ------------------------------------------------------------------------------- */
/* Ids that steps after the first `once` read live to the end. */
static void keep_read(epl__making *m, const epl__view *v)
{
    if (v->root != EPL__ID_NONE && m->memory[v->root].step >= 0 &&
        m->memory[v->root].step < (int)m->once)
        m->memory[v->root].last = (int)m->steps;
}

static void keep_reads(epl__making *m)
{
    for (uint32_t k = m->once; k < m->steps; k++) {
        const epl__plan_step *s = &m->step[k];
        for (epl__read r = {0}; epl__next_read(m, s, &r);)
            keep_read(m, r.view);
        if (s->packed)
            keep_read(m, &m->view[s->panel]);
    }
}

static int moved(const int *to, int step, int steps)
{
    return step >= 0 && step < steps ? to[step] : step;
}

/* to: the new place of each old step; the steps are in their new order. */
static void renumber(epl__making *m, const int *to, int steps)
{
    for (epl__id id = 0; id < m->nodes; id++) {
        epl__memory *mem = &m->memory[id];
        mem->step = moved(to, mem->step, steps);
        mem->first = moved(to, mem->first, steps);
        mem->last = moved(to, mem->last, steps);
    }
    for (uint32_t k = 0; k < m->steps; k++) {
        const epl__plan_step *s = &m->step[k];
        if (s->kind == EPL__STEP_PANEL)
            m->memory[s->id].step = m->memory[s->id].first = (int)k;
        if (s->packed)
            m->memory[s->panel].last = (int)k;
    }
}

/* All steps and those that pack, which come before their products; the ones that are run once
 * first. */
static bool ordered(epl__making *m, const epl__plan_step *pack, int *to)
{
    epl__plan_step *order = epl__arena_take(&m->arena, (2 * m->steps + 1) * sizeof *order);
    uint32_t n = 0, steps = m->steps;
    for (int once = 1; order && once >= 0; once--) {
        for (uint32_t k = 0; k < steps; k++) {
            if (pack[k].desc && pack[k].once == once)
                order[n++] = pack[k];
            if (m->step[k].once == once) {
                to[k] = (int)n;
                order[n++] = m->step[k];
            }
        }
        if (once)
            m->once = n;
    }
    if (!order || n > m->step_room)
        return false;
    memcpy(m->step, order, n * sizeof *order);
    m->steps = n;
    renumber(m, to, (int)steps);
    return true;
}

bool epl__hoist(epl__making *m)
{
    bool any = m->same && find(m);
    epl__plan_step *pack = epl__arena_take(&m->arena, (m->steps + 1) * sizeof *pack);
    int *to = epl__arena_take(&m->arena, (m->steps + 1) * sizeof *to);
    if (!pack || !to)
        return epl__no_memory(m);
    for (uint32_t k = 0; k < m->steps; k++) {
        if (m->step[k].kind == EPL__STEP_DOT && !panel(m, &m->step[k], &pack[k]))
            return epl__no_memory(m);
        any |= pack[k].desc != NULL;
    }
    if (any && !ordered(m, pack, to))
        return epl__no_memory(m);
    keep_reads(m);
    return true;
}
