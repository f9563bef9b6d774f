/* places.c -- results written where they belong.
 *
 * An output's last step writes into the caller's array; an update writes over its input when
 * every reader of the old numbers comes before (or reads element by element in that very
 * step) and nothing that may fail comes after; a piece of an assembled vector is written
 * into the vector. Whatever cannot be placed is copied by a step of its own.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/spec.h"
#include "../base/type.h"
#include "plan.h"

static void read_at(epl__making *m, const epl__view *v, int step)
{
    if (v->root == EPL__ID_NONE)
        return;
    epl__memory *mem = &m->memory[v->root];
    mem->stored = true;
    mem->last = step > mem->last ? step : mem->last;
    mem->users++;
}

/* Who reads what, and when. */
static void readers(epl__making *m)
{
    for (uint32_t k = 0; k < m->steps; k++)
        for (epl__read r = {0}; epl__next_read(m, &m->step[k], &r);)
            read_at(m, r.view, (int)k);
}

/* -- steps that copy into outputs and inputs ------------------------------------------------ */
typedef struct {
    epl__id value; /* a node of one dtype */
    uint32_t port;
    bool to_output;
    int64_t byte; /* into the port's array */
} gift;

static bool give_step(epl__making *m, const gift *g)
{
    if (m->steps == m->step_room)
        return epl__no_memory(m);
    m->step[m->steps++] = (epl__plan_step){.kind = EPL__STEP_GIVE,
                                           .id = g->value,
                                           .port = g->port,
                                           .byte = g->byte,
                                           .to_output = g->to_output,
                                           .view = m->view[g->value]};
    return true;
}

static epl__place port_place(const epl__making *m, const gift *g)
{
    int32_t slot = 1 + (int32_t)g->port + (g->to_output ? (int32_t)m->f->inputs : 0);
    return (epl__place){slot, g->byte};
}

/* All outputs and updates, mixed trees range by range. */
static uint32_t list_gifts(epl__making *m, gift *list)
{
    uint32_t n = 0;
    for (int pass = 0; pass < 2; pass++) /* outputs are given before inputs change */
        for (uint32_t i = 0; i < (pass ? m->f->inputs : m->f->outputs); i++) {
            epl__id id = pass ? m->f->input[i].update : m->f->output[i].value;
            if (id == EPL__ID_NONE)
                continue;
            const epl__node *v = epl__node_at(m->f, id);
            if (v->prim != &epl__prim_tuple) {
                list[n++] = (gift){id, i, pass == 0, 0};
                continue;
            }
            int64_t copies = epl_count((epl_type){EPL_U8, v->type->shape, NULL});
            for (uint32_t k = 0; k < v->count; k++)
                list[n++] = (gift){v->in[k], i, pass == 0,
                                   (int64_t)epl__spec_part_byte(v->type->spec, (int)k, copies)};
        }
    return n;
}

/* Does region `id` make one value alone, of this type? Then that value may lie anywhere. */
static bool lone_result(const epl__making *m, epl__id id, const epl_type *t)
{
    const epl__node *n = epl__node_at(m->f, id);
    const epl__layout *l = n->prim == &epl__prim_laid ? ((const epl__laid_attrs *)n->attrs)->layout
                                                      : NULL;
    if (!l || l->outputs != 1 || l->region.carries || l->region.kind == EPL__WHILE)
        return false;
    size_t one = epl_bytes(l->region.body[0]->output[0].type);
    size_t all = l->region.kind == EPL__SCAN ? one * (size_t)l->region.length : one;
    return all && epl_bytes(*t) == all; /* all of it: a range of it must not stand for it */
}

/* The node that makes the value, if the value is all of it as it lies. */
static epl__id maker(const epl__making *m, epl__id id)
{
    const epl__view *v = &m->view[id];
    if (v->root == EPL__ID_NONE || v->root >= m->f->main.count || m->memory[v->root].step < 0)
        return EPL__ID_NONE;
    int64_t all = epl_count(*m->type[v->root]);
    bool whole = v->offset == 0 && epl__contiguous(m->type[id], v) &&
                 (epl_count(*m->type[id]) == all || lone_result(m, v->root, m->type[id]));
    return whole ? v->root : EPL__ID_NONE;
}

/* The node of the input that the gift overwrites. */
static epl__id input_node(const epl__making *m, const gift *g)
{
    const epl__node *n = epl__node_at(m->f, m->f->input[g->port].value);
    if (n->prim != &epl__prim_tuple)
        return m->f->input[g->port].value;
    for (uint32_t k = 0; k < n->count; k++) {
        const epl__input_attrs *a = epl__node_at(m->f, n->in[k])->attrs;
        if ((int64_t)m->source[a->index].byte == g->byte)
            return n->in[k];
    }
    return EPL__ID_NONE;
}

static bool may_overwrite(const epl__making *m, const gift *g, epl__id made)
{
    const epl__memory *out = &m->memory[made];
    epl__id input = input_node(m, g);
    if (input == EPL__ID_NONE || out->step <= m->last_fallible)
        return false;
    const epl__memory *old = &m->memory[input];
    if (old->users == 0 || old->last < out->step)
        return true;
    return old->last == out->step && !epl__reads_crosswise(m, &m->step[out->step], input, made) &&
           epl_dtype_bytes(m->type[input]->dtype) == epl_dtype_bytes(m->type[made]->dtype);
}

/* Readers of inputs that will change are told apart by doing reads of gifts first. */
static bool give_all(epl__making *m)
{
    gift *list = epl__arena_take(&m->arena, sizeof *list * EPL__MAX_PARTS *
                                                (m->f->inputs + m->f->outputs + 1));
    if (!list)
        return epl__no_memory(m);
    uint32_t n = list_gifts(m, list);
    int end = (int)m->steps + 1; /* a read at the end comes after all steps */
    for (uint32_t i = 0; i < n; i++) {
        const epl__view *v = &m->view[list[i].value];
        if (v->root != EPL__ID_NONE && m->memory[v->root].step < 0)
            read_at(m, v, end); /* of an input or data: read when it is given */
    }
    for (uint32_t i = 0; i < n; i++) {
        gift *g = &list[i];
        epl__id made = maker(m, g->value);
        if (made == EPL__ID_NONE || m->memory[made].placed ||
            (!g->to_output && !may_overwrite(m, g, made)))
            continue;
        m->memory[made].placed = m->memory[made].stored = true;
        m->memory[made].place = port_place(m, g);
        m->memory[made].over = g->to_output ? EPL__ID_NONE : input_node(m, g);
        g->value = EPL__ID_NONE;
    }
    for (uint32_t i = 0; i < n; i++) { /* an input as another's update: kept aside first */
        const epl__view *v = list[i].value == EPL__ID_NONE ? NULL : &m->view[list[i].value];
        bool input = v && v->root != EPL__ID_NONE && v->root < m->f->main.count &&
                     epl__node_at(m->f, v->root)->prim == &epl__prim_input;
        if (!input || list[i].to_output)
            continue;
        epl__id p = epl__pack(m, v, m->type[list[i].value]);
        if (p == EPL__ID_NONE)
            return epl__no_memory(m);
        read_at(m, v, (int)m->steps - 1);
        list[i].value = p;
    }
    for (uint32_t i = 0; i < n; i++)
        if (list[i].value != EPL__ID_NONE) {
            if (!give_step(m, &list[i]))
                return false;
            read_at(m, &m->view[list[i].value], (int)m->steps - 1);
        }
    return true;
}

/* -- pieces of assembled vectors ------------------------------------------------------------- */
static bool writes_strided(const epl__plan_step *s)
{
    return s->kind == EPL__STEP_TILE || s->kind == EPL__STEP_DOT || s->kind == EPL__STEP_CONV ||
           s->kind == EPL__STEP_REDUCE || s->kind == EPL__STEP_ASSEMBLE;
}

/* The region of a lone result that is written as it lies, with these strides; or none. */
static epl__id region_of(const epl__making *m, const epl__node *part, const int64_t *stride)
{
    epl__id region = part->in[0];
    epl__view v = {.root = region};
    memcpy(v.stride, stride, sizeof v.stride);
    bool lone = epl__contiguous(part->type, &v) && lone_result(m, region, part->type) &&
                m->memory[region].users == 1;
    return lone ? region : EPL__ID_NONE;
}

/* The strides that the maker of operand `in` must write with, so that `in` has stride. */
static epl__id through_views(const epl__making *m, epl__id in, int64_t *stride)
{
    for (;;) {
        const epl__node *n = epl__node_at(m->f, in);
        if (n->prim->lower != EPL_LOWER_VIEW)
            return m->memory[in].step >= 0 && m->memory[in].users == 1 ? in : EPL__ID_NONE;
        if (m->uses[in] != 1)
            return EPL__ID_NONE;
        if (n->prim == &epl__prim_part)
            return region_of(m, n, stride);
        int64_t inner[EPL_MAX_RANK] = {0};
        if (n->prim == &epl__prim_reshape) {
            if (!epl__reshape_strides(n->type->shape, stride, m->type[n->in[0]]->shape, inner))
                return EPL__ID_NONE;
        } else if (n->prim == &epl__prim_permute) {
            const epl__permute_attrs *a = n->attrs;
            for (int i = 0; i < n->type->shape.rank; i++)
                inner[a->axis[i]] = stride[i];
        } else if (n->prim != &epl__prim_copy)
            return EPL__ID_NONE;
        else
            memcpy(inner, stride, sizeof inner);
        memcpy(stride, inner, sizeof inner);
        in = n->in[0];
    }
}

/* First and last element that a view touches. */
static void extent(const epl_shape *s, const epl__view *v, int64_t *first, int64_t *last)
{
    *first = *last = v->offset;
    for (int i = 0; i < s->rank; i++) {
        int64_t reach = (s->dim[i] - 1) * v->stride[i];
        *(reach < 0 ? first : last) += reach;
    }
}

/* Bytes from the start of the input that the node lies over; hosts are looked through. */
static int64_t place_in(const epl__making *m, epl__id id, epl__id input)
{
    int64_t byte = 0;
    if (input == EPL__ID_NONE)
        return 0;
    for (; id != EPL__ID_NONE; id = m->memory[id].host)
        byte += m->memory[id].place.byte;
    const epl__input_attrs *a = epl__node_at(m->f, input)->attrs;
    return byte - (int64_t)m->source[a->index].byte;
}

/* Is anything of the spot, an array of type t, read? */
static bool meets(const epl__read *r, const epl_type *t, const epl__view *spot)
{
    int64_t first, last, from, to;
    if (r->view->root != spot->root || !epl_count(*r->type))
        return false;
    extent(&t->shape, spot, &first, &last);
    extent(&r->type->shape, r->view, &from, &to);
    return to >= first && from <= last;
}

/* ... and all of it, as it lies? */
static bool is_spot(const epl__read *r, const epl_type *t, const epl__view *spot)
{
    const epl__view *v = r->view;
    return v->offset == spot->offset && epl__shape_equal(r->type->shape, t->shape) &&
           !memcmp(v->stride, spot->stride, (size_t)t->shape.rank * sizeof *v->stride);
}

/* May the maker of a piece write over this spot of an input before the whole is made? Not if
 * it may fail later, or if a reader of the spot comes later, or reads it crosswise. */
static bool may_write_early(const epl__making *m, epl__id made, const epl__view *spot)
{
    const epl_type *t = m->type[made];
    int step = m->memory[made].step;
    if (step <= m->last_fallible)
        return false;
    for (uint32_t k = (uint32_t)step; k < m->steps; k++) {
        const epl__plan_step *s = &m->step[k];
        bool early = (int)k == step && s->kind == EPL__STEP_TILE;
        for (epl__read r = {0}; epl__next_read(m, s, &r);)
            if (meets(&r, t, spot) && !(early && is_spot(&r, t, spot)))
                return false;
    }
    return true;
}

static void place_pieces(epl__making *m, epl__id id)
{
    const epl__node *n = epl__node_at(m->f, id);
    epl__memory *whole = &m->memory[id];
    if (n->prim != &epl__prim_assemble)
        return;
    const epl__assemble_attrs *a = n->attrs;
    for (uint32_t i = 0; i < n->count; i++) {
        int64_t stride[EPL_MAX_RANK];
        memcpy(stride, whole->stride, sizeof stride);
        epl__id made = through_views(m, n->in[i], stride);
        if (made == EPL__ID_NONE || m->memory[made].placed || !epl_bytes(*m->type[made]) ||
            m->view[n->in[i]].root != made)
            continue;
        bool strided = writes_strided(&m->step[m->memory[made].step]);
        if (!strided &&
            (m->step[m->memory[made].step].kind != EPL__STEP_REGION || whole->over != EPL__ID_NONE))
            continue;
        epl__memory *piece = &m->memory[made];
        epl__view spot = {.root = whole->over};
        spot.offset = place_in(m, id, whole->over) / (int64_t)epl_dtype_bytes(n->type->dtype) +
                      a->offset.at[i] * whole->stride[a->axis];
        memcpy(spot.stride, stride, sizeof stride);
        if (whole->over != EPL__ID_NONE && !may_write_early(m, made, &spot))
            continue;
        piece->over = whole->over;
        piece->placed = true;
        piece->host = id;
        piece->place.byte = a->offset.at[i] * whole->stride[a->axis] *
                            (int64_t)epl_dtype_bytes(n->type->dtype);
        if (strided) {
            memcpy(piece->stride, stride, sizeof stride);
            memcpy(m->view[made].stride, stride, sizeof stride);
        }
        for (epl__id h = id; h != EPL__ID_NONE; h = m->memory[h].host) /* it lies in all of them */
            if (piece->step < m->memory[h].first)
                m->memory[h].first = piece->step;
    }
}

/* Numbers that are there at compile time: the program has a copy. */
static bool known_now(epl__making *m, epl__id id)
{
    const epl__node *n = epl__node_at(m->f, id);
    epl_array out = {epl__arena_take(&m->program->arena, epl_bytes(*n->type) + 64), *n->type};
    if (!out.data)
        return false;
    out.data = (void *)(((uintptr_t)out.data + 63) & ~(uintptr_t)63);
    if (n->prim == &epl__prim_iota)
        n->prim->kernel(NULL, 0, &out, n->attrs, NULL);
    else if (epl_bytes(*n->type))
        memcpy(out.data, ((const epl__data_attrs *)n->attrs)->data, epl_bytes(*n->type));
    m->memory[id].place = (epl__place){-1, (int64_t)(intptr_t)out.data};
    m->memory[id].placed = true;
    return true;
}

bool epl__places(epl__making *m)
{
    for (epl__id id = 0; id < m->nodes; id++) {
        m->memory[id].last = m->memory[id].step;
        m->memory[id].host = m->memory[id].over = EPL__ID_NONE;
        m->memory[id].first = m->memory[id].step;
        epl__strides(m->type[id]->shape, m->memory[id].stride);
    }
    readers(m);
    if (!give_all(m))
        return false;
    for (epl__id id = m->nodes; id-- > 0;) {
        epl__memory *mem = &m->memory[id];
        mem->bytes = (int64_t)epl_bytes(*m->type[id]);
        if (id >= m->f->main.count || (mem->step < 0 && !m->uses[id]))
            continue;
        const epl__node *n = epl__node_at(m->f, id);
        if (n->prim == &epl__prim_input) {
            const epl__input_attrs *a = n->attrs;
            mem->place = (epl__place){1 + (int32_t)m->source[a->index].port,
                                      (int64_t)m->source[a->index].byte};
            mem->placed = true;
        } else if (n->prim == &epl__prim_data || n->prim == &epl__prim_iota) {
            if (!known_now(m, id))
                return epl__no_memory(m);
        } else if (mem->step >= 0 && mem->stored)
            place_pieces(m, id);
    }
    return true;
}
