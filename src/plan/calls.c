/* calls.c -- steps into prepared calls, with the places of what they read and write. */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "check.h"

epl__step *epl__step_add(epl__making *m, const epl__place *place, uint32_t places, epl__id where)
{
    epl__program *p = m->program;
    epl__step *list = epl__arena_grown(&p->arena, p->step, p->steps, &p->step_room, sizeof *list);
    if (!list)
        return NULL;
    p->step = list;
    epl__step *s = &p->step[p->steps];
    *s = (epl__step){.places = places, .where = ""};
    s->place = epl__arena_take(&p->arena, (places + 1) * sizeof *place);
    if (!s->place)
        return NULL;
    memcpy(s->place, place, places * sizeof *place);
    if (where < m->f->main.count)
        s->where = epl__arena_text(&p->arena, m->f->where[epl__node_at(m->f, where)->where]);
    p->most_places = places > p->most_places ? places : p->most_places;
    p->most_arrays = places > p->most_arrays ? places : p->most_arrays;
    p->steps++;
    return s->where ? s : NULL;
}

bool epl__call_add(epl__making *m, const epl__call *call, const epl__place *place, uint32_t places,
                   epl__id where)
{
    if (!call)
        return epl__no_memory(m);
    if (call->parts == 0 && !call->check)
        return true; /* nothing to do */
    epl__step *s = epl__step_add(m, place, places, where);
    if (!s)
        return epl__no_memory(m);
    s->call = call;
    m->program->scratch = call->scratch > m->program->scratch ? call->scratch : m->program->scratch;
    m->program->cost += call->cost;
    return true;
}

/* -- element-wise programs -------------------------------------------------------------------- */
typedef struct {
    epl__tile_desc d;
    const epl__view *view[EPL__TILE_MAX_IN];
    epl__id in_id[EPL__TILE_MAX_IN];
    epl__tile_ins ins[EPL__TILE_MAX_REG];
    epl__place place[EPL__TILE_MAX_IN + EPL__TILE_MAX_OUT];
    epl_dtype out_dtype[EPL__TILE_MAX_OUT];
} tile;

static bool same_view(const epl__view *a, const epl__view *b, int rank)
{
    return a->root == b->root && a->offset == b->offset &&
           (a->root != EPL__ID_NONE ||
            (!memcmp(&a->value, &b->value, sizeof a->value) && a->integer == b->integer)) &&
           !memcmp(a->stride, b->stride, (size_t)rank * sizeof *a->stride);
}

static int16_t input_register(epl__making *m, tile *t, epl__id in)
{
    const epl__view *v = &m->view[in];
    epl_dtype dtype = m->type[in]->dtype;
    int i = 0;
    while (i < t->d.inputs && !(t->d.in_dtype[i] == dtype && same_view(t->view[i], v, t->d.rank)))
        i++;
    if (i == t->d.inputs) {
        t->d.in_dtype[i] = dtype;
        t->view[i] = v;
        t->in_id[i] = in;
        t->d.is_const[i] = v->root == EPL__ID_NONE;
        t->d.value[i] = v->value;
        t->d.value_int[i] = v->integer;
        memcpy(t->d.in_stride[i], v->stride, sizeof v->stride);
        t->d.inputs++;
    }
    return (int16_t)i;
}

/* The member of the step whose register the operand is, or -1. */
static int member_of(const epl__making *m, const epl__plan_step *s, epl__id in)
{
    epl__id root = m->view[in].root;
    for (uint32_t i = 0; root != EPL__ID_NONE && i < s->members; i++)
        if (s->member[i] == root)
            return (int)i;
    return -1;
}

/* Bytes from the first to behind the last that an operand touches, from its place on. */
static void reach(const tile *t, const int64_t *stride, epl_dtype dtype, int64_t *first,
                  int64_t *end)
{
    int64_t size = (int64_t)epl_dtype_bytes(dtype);
    *first = 0;
    *end = size;
    for (int i = 0; i < t->d.rank; i++) {
        int64_t far = (t->d.dim[i] - 1) * stride[i] * size;
        *(far < 0 ? first : end) += far;
    }
}

/* Which inputs share no memory with which outputs. Arrays of other slots never do. */
static void find_apart(tile *t)
{
    const epl__tile_desc *d = &t->d;
    for (int i = 0, k = d->outputs; i < d->inputs; i++) {
        int64_t from, to;
        if (d->is_const[i])
            continue;
        const epl__place *in = &t->place[k++];
        reach(t, d->in_stride[i], d->in_dtype[i], &from, &to);
        for (int o = 0; o < d->outputs; o++) {
            const epl__place *out = &t->place[o];
            int64_t first, end;
            reach(t, d->out_stride[o], t->out_dtype[o], &first, &end);
            bool apart = in->slot != out->slot || in->byte + from >= out->byte + end ||
                         out->byte + first >= in->byte + to;
            t->d.apart[o] |= (uint32_t)apart << i;
        }
    }
}

bool epl__call_tile(epl__making *m, const epl__plan_step *s)
{
    tile *t = epl__arena_take(&m->arena, sizeof *t);
    if (!t)
        return epl__no_memory(m);
    const epl_shape *shape = &m->type[s->id]->shape;
    t->d.rank = shape->rank;
    memcpy(t->d.dim, shape->dim, sizeof t->d.dim);
    for (uint32_t i = 0; i < s->members; i++) {
        const epl__node *n = epl__node_at(m->f, s->member[i]);
        for (uint32_t k = 0; k < n->count; k++)
            if (member_of(m, s, n->in[k]) < 0)
                input_register(m, t, n->in[k]);
    }
    uint32_t places = 0;
    for (uint32_t i = 0; i < s->members; i++) {
        epl__id id = s->member[i];
        const epl__node *n = epl__node_at(m->f, id);
        epl__tile_ins *ins = &t->ins[i];
        *ins = (epl__tile_ins){.op = (uint16_t)n->prim->tile,
                               .to = (uint8_t)n->type->dtype,
                               .dst = (int16_t)(t->d.inputs + (int)i)};
        ins->dtype = (uint8_t)m->type[n->in[n->prim == &epl__prim_select]]->dtype;
        for (uint32_t k = 0; k < n->count; k++) {
            int member = member_of(m, s, n->in[k]);
            ins->src[k] = member >= 0 ? (int16_t)(t->d.inputs + member)
                                      : input_register(m, t, n->in[k]);
        }
        if (m->memory[id].stored) {
            t->d.out_reg[t->d.outputs] = ins->dst;
            t->out_dtype[t->d.outputs] = n->type->dtype;
            memcpy(t->d.out_stride[t->d.outputs++], m->memory[id].stride,
                   sizeof m->memory[id].stride);
            t->place[places++] = m->memory[id].place;
        }
    }
    if (!t->d.outputs)
        return true;
    t->d.instructions = (int)s->members;
    t->d.ins = t->ins;
    for (int i = 0; i < t->d.inputs; i++)
        if (!t->d.is_const[i])
            t->place[places++] = epl__place_of(m, t->view[i], t->d.in_dtype[i]);
    find_apart(t);
    uint32_t before = m->program->steps;
    if (!epl__call_add(m, epl__tile_prepare(&m->program->arena, &t->d), t->place, places, s->id))
        return false;
    return !m->f->check || m->program->steps == before ||
           epl__check_tile(m, s, &t->d, t->view, t->in_id);
}

static bool call_panel(epl__making *m, const epl__plan_step *s)
{
    epl__place place[2] = {m->memory[s->id].place,
                           epl__place_of(m, &s->view, m->type[s->id]->dtype)};
    return epl__call_add(m, epl__gemm_pack_prepare(&m->program->arena, s->desc), place, 2,
                         EPL__ID_NONE);
}

/* -- the program ---------------------------------------------------------------------------------
 */
bool epl__calls(epl__making *m)
{
    for (uint32_t k = 0; k < m->steps; k++) {
        const epl__plan_step *s = &m->step[k];
        if (k == m->once) {
            m->program->once = m->program->steps;
            m->program->once_cost = m->program->cost;
        }
        uint32_t before = m->program->steps;
        bool ok = s->kind == EPL__STEP_TILE     ? epl__call_tile(m, s)
                  : s->kind == EPL__STEP_DOT    ? epl__call_dot(m, s)
                  : s->kind == EPL__STEP_CONV   ? epl__call_conv(m, s)
                  : s->kind == EPL__STEP_REGION ? epl__call_region(m, s)
                  : s->kind == EPL__STEP_PANEL  ? call_panel(m, s)
                                                : epl__call_rest(m, s);
        if (ok && m->f->check && m->program->steps == before + 1)
            ok = epl__check_other(m, s);
        if (!ok)
            return false;
    }
    return true;
}

bool epl__kernel_step(epl__making *m, const epl__plan_step *s)
{
    const epl__node *n = epl__node_at(m->f, s->id);
    epl__place *place = epl__arena_take(&m->arena, (n->count + 1) * sizeof *place);
    epl_type *type = epl__arena_take(&m->program->arena, (n->count + 1) * sizeof *type);
    if (!place || !type)
        return epl__no_memory(m);
    place[0] = m->memory[s->id].place;
    type[0] = *n->type;
    for (uint32_t i = 0; i < n->count; i++) {
        type[i + 1] = *m->type[n->in[i]];
        place[i + 1] = epl__place_of(m, &s->operand[i], type[i + 1].dtype);
    }
    epl__step *step = epl__step_add(m, place, n->count + 1, s->id);
    void *attrs = n->prim->attrs_size ? epl__arena_take(&m->program->arena, n->prim->attrs_size)
                                      : NULL;
    if (!step || (n->prim->attrs_size && !attrs))
        return epl__no_memory(m);
    if (attrs && n->attrs)
        memcpy(attrs, n->attrs, n->prim->attrs_size);
    for (const epl_attr *a = n->prim->attrs; attrs && a && a->name; a++)
        if (a->type == EPL_LIST) { /* the list belongs to the graph, which goes */
            epl_ints *l = (void *)((char *)attrs + a->offset);
            int64_t *at = epl__arena_take(&m->program->arena, (l->count + 1) * sizeof *at);
            if (!at)
                return epl__no_memory(m);
            if (l->count)
                memcpy(at, l->at, l->count * sizeof *at);
            l->at = at;
        }
    step->prim = n->prim;
    step->attrs = attrs;
    step->type = type;
    m->program->cost += 10.0 * (double)epl_count(*n->type);
    return true;
}
