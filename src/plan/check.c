/* check.c -- what a checked plan must know to name the maker of a NaN: see check.h.
 *
 * Names, types and places are copied: the graph goes. What is read by nothing but a choice,
 * element by element, is not looked at: the choice is, for it may drop the number.
 */
#include <string.h>
#include "../base/scope.h"
#include "check.h"

void epl_fn_check(epl_fn *f, epl_check what)
{
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return;
    if (f->kind != EPL__FN_PLAIN)
        epl__fail(f, EPL_ERR_USE, "[check] an inner function is checked with its outer one");
    else if (what != EPL_CHECK_OFF && what != EPL_CHECK_NAN && what != EPL_CHECK_FINITE)
        epl__fail(f, EPL_ERR_ARG, "[check] %d is no check", (int)what);
    else
        f->check = (int)what;
}

/* -- what is looked at ------------------------------------------------------------------- */
static bool element_wise(const epl_prim *p)
{
    return p->lower == EPL_LOWER_TILE || p->lower == EPL_LOWER_VIEW;
}

/* From the last node to the first: an operand that is read in another way is in the open. */
bool epl__check_begin(epl__making *m)
{
    const epl_fn *f = m->f;
    epl__program *p = m->program;
    m->open = epl__arena_take(&m->arena, f->main.count + 1);
    p->watched = epl__arena_take(&p->arena, f->inputs + 1);
    if (!m->open || !p->watched)
        return epl__no_memory(m);
    for (uint32_t i = 0; i < f->outputs; i++)
        m->open[f->output[i].value] = true;
    for (uint32_t i = 0; i < f->inputs; i++)
        if (f->input[i].update != EPL__ID_NONE)
            m->open[f->input[i].update] = true;
    for (epl__id id = f->main.count; id-- > 0;) {
        const epl__node *n = epl__node_at(f, id);
        for (uint32_t k = 0; m->uses[id] && k < n->count; k++)
            if (n->prim == &epl__prim_select ? k == 0 : m->open[id] || !element_wise(n->prim))
                m->open[n->in[k]] = true;
    }
    for (uint32_t i = 0; i < f->inputs; i++) {
        const epl__node *n = epl__node_at(f, f->input[i].value);
        p->watched[i] = m->uses[f->input[i].value] > 0;
        for (uint32_t k = 0; k < n->count; k++)
            p->watched[i] |= m->uses[n->in[k]] > 0;
    }
    return true;
}

static bool looked_at(const epl__making *m, epl__id id)
{
    return epl_dtype_is_float(m->type[id]->dtype) && (id >= m->f->main.count || m->open[id]);
}

/* -- names and places ---------------------------------------------------------------------- */
static const char *where_of(epl__making *m, const epl__node *n)
{
    return epl__arena_text(&m->program->arena, m->f->where[n->where]);
}

static epl_type plain(const epl_type *t)
{
    epl_type out = *t;
    out.spec = NULL; /* it may go before the plan */
    return out;
}

static epl__seen seen(const epl__making *m, const epl__view *v, const epl_type *t)
{
    epl__seen s = {.type = plain(t)};
    if (v->root == EPL__ID_NONE) {
        s.constant = true;
        s.value = epl_dtype_is_float(t->dtype) ? v->value : (double)v->integer;
        return s;
    }
    s.place = epl__place_of(m, v, t->dtype);
    memcpy(s.stride, v->stride, sizeof s.stride);
    return s;
}

static bool comes_from_outside(const epl_prim *p)
{
    return p == &epl__prim_input || p == &epl__prim_data || p == &epl__prim_const ||
           p == &epl__prim_iota;
}

static bool operand(epl__making *m, epl__operand *o, const epl__view *v, const epl_type *t)
{
    *o = (epl__operand){.at = seen(m, v, t), .where = ""};
    if (v->root == EPL__ID_NONE || v->root >= m->f->main.count)
        return true;
    const epl__node *n = epl__node_at(m->f, v->root);
    if (comes_from_outside(n->prim) || n->prim == &epl__prim_laid)
        return true;
    o->op = epl__arena_text(&m->program->arena, n->prim->name);
    o->where = where_of(m, n);
    return o->op && o->where;
}

static bool maker(epl__making *m, epl__maker *to, epl__id id)
{
    *to = (epl__maker){.op = "copy", .where = "", .type = plain(m->type[id])};
    if (id >= m->f->main.count)
        return true;
    const epl__node *n = epl__node_at(m->f, id);
    to->op = epl__arena_text(&m->program->arena, n->prim->name);
    to->where = where_of(m, n);
    to->chooses = n->prim == &epl__prim_select;
    return to->op && to->where;
}

typedef struct {
    struct epl__check *check;
    epl__made *made;
    epl__operand *operand;
    epl__maker *maker;
} record;

static bool record_new(epl__making *m, record *r, uint32_t makers, uint32_t operands)
{
    epl__arena *a = &m->program->arena;
    r->check = epl__arena_take(a, sizeof *r->check);
    r->made = epl__arena_take(a, makers * sizeof *r->made);
    r->operand = epl__arena_take(a, (operands + 1) * sizeof *r->operand);
    r->maker = epl__arena_take(a, makers * sizeof *r->maker);
    if (!r->check || !r->made || !r->operand || !r->maker)
        return false;
    *r->check = (struct epl__check){.made = r->made,
                                    .operand = r->operand,
                                    .maker = r->maker,
                                    .operands = operands,
                                    .makers = makers};
    return true;
}

/* What node id has in memory, at `place`. */
static void made(const epl__making *m, record *r, epl__id id, uint32_t maker, epl__place place,
                 const int64_t *stride)
{
    epl__made *to = &r->made[r->check->makes++];
    to->maker = maker;
    to->at = (epl__seen){.place = place, .type = plain(m->type[id])};
    memcpy(to->at.stride, stride, sizeof to->at.stride);
}

static void attach(epl__making *m, const record *r)
{
    if (r->check->makes)
        m->program->step[m->program->steps - 1].check = r->check;
}

/* -- steps ----------------------------------------------------------------------------------- */
static void sources(const epl__making *m, const epl__plan_step *s, const epl__tile_desc *d,
                    const record *r)
{
    for (uint32_t i = 0; i < s->members; i++) {
        epl__maker *to = &r->maker[i];
        to->sources = (uint8_t)epl__node_at(m->f, s->member[i])->count;
        for (int k = 0; k < to->sources; k++) {
            int reg = d->ins[i].src[k];
            to->source[k] = (int16_t)(reg < d->inputs ? reg : -1 - (reg - d->inputs));
        }
    }
}

/* The program again, with a row-major array for each member, one behind the other. */
static bool inside(epl__making *m, const epl__plan_step *s, const epl__tile_desc *d, record *r)
{
    epl__tile_desc *all = epl__arena_take(&m->arena, sizeof *all);
    if (!all)
        return false;
    *all = *d;
    all->outputs = (int)s->members;
    for (uint32_t i = 0; i < s->members; i++) {
        all->out_reg[i] = d->ins[i].dst;
        epl__strides(m->type[s->id]->shape, all->out_stride[i]);
        r->maker[i].byte = (int64_t)r->check->bytes;
        r->check->bytes += (epl_bytes(r->maker[i].type) + 63) / 64 * 64;
    }
    r->check->inside = epl__tile_prepare(&m->program->arena, all);
    if (!r->check->inside)
        return false;
    if (r->check->inside->scratch > m->program->scratch)
        m->program->scratch = r->check->inside->scratch;
    return true;
}

bool epl__check_tile(epl__making *m, const epl__plan_step *s, const epl__tile_desc *d,
                     const epl__view *const *view, const epl__id *in)
{
    record r;
    if (!record_new(m, &r, s->members, (uint32_t)d->inputs))
        return epl__no_memory(m);
    for (int i = 0; i < d->inputs; i++)
        if (!operand(m, &r.operand[i], view[i],
                     &(epl_type){d->in_dtype[i], m->type[in[i]]->shape, NULL}))
            return epl__no_memory(m);
    for (uint32_t i = 0; i < s->members; i++) {
        epl__id id = s->member[i];
        if (!maker(m, &r.maker[i], id))
            return epl__no_memory(m);
        if (m->memory[id].stored && looked_at(m, id))
            made(m, &r, id, i, m->memory[id].place, m->memory[id].stride);
    }
    sources(m, s, d, &r);
    if (!inside(m, s, d, &r))
        return epl__no_memory(m);
    attach(m, &r);
    return true;
}

/* A step that only moves numbers is of interest where they leave, or come from outside. */
static bool of_interest(const epl__plan_step *s)
{
    return s->kind == EPL__STEP_DOT || s->kind == EPL__STEP_CONV || s->kind == EPL__STEP_REDUCE ||
           s->kind == EPL__STEP_GATHER || s->kind == EPL__STEP_SCATTER ||
           s->kind == EPL__STEP_KERNEL || (s->kind == EPL__STEP_GIVE && s->to_output);
}

bool epl__check_other(epl__making *m, const epl__plan_step *s)
{
    record r;
    bool give = s->kind == EPL__STEP_GIVE;
    if (!of_interest(s) || !looked_at(m, s->id))
        return true;
    const epl__node *n = give ? NULL : epl__node_at(m->f, s->id);
    uint32_t operands = give ? 1 : n->count;
    if (!record_new(m, &r, 1, operands) || !maker(m, &r.maker[0], s->id))
        return epl__no_memory(m);
    for (uint32_t i = 0; i < operands; i++)
        if (!operand(m, &r.operand[i], give ? &s->view : &s->operand[i],
                     give ? m->type[s->id] : m->type[n->in[i]]))
            return epl__no_memory(m);
    if (give) {
        int64_t stride[EPL_MAX_RANK] = {0};
        int32_t slot = 1 + (int32_t)s->port + (int32_t)m->f->inputs;
        epl__strides(m->type[s->id]->shape, stride);
        r.maker[0].op = "copy";
        made(m, &r, s->id, 0, (epl__place){slot, s->byte}, stride);
    } else
        made(m, &r, s->id, 0, m->memory[s->id].place, m->memory[s->id].stride);
    attach(m, &r);
    return true;
}
