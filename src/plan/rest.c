/* rest.c -- calls for copies, fills, reductions, gathers, assembled vectors and pads. */
#include <string.h>
#include "../base/scope.h"
#include "plan.h"

static bool fill(epl__making *m, epl_dtype dtype, epl_shape shape, const int64_t *stride,
                 epl__place to, double value, int64_t integer, epl__id where)
{
    return epl__call_add(
        m,
        epl__fill_prepare(&m->program->arena, dtype, shape.rank, shape.dim, stride, value, integer),
        &to, 1, where);
}

static bool copy(epl__making *m, epl_dtype dtype, epl_shape shape, const int64_t *stride,
                 epl__place to, const epl__view *v, epl__id where)
{
    if (v->root == EPL__ID_NONE)
        return fill(m, dtype, shape, stride, to, v->value, v->integer, where);
    epl__place place[2] = {to, epl__place_of(m, v, dtype)};
    return epl__call_add(
        m, epl__copy_prepare(&m->program->arena, dtype, shape.rank, shape.dim, stride, v->stride),
        place, 2, where);
}

static bool give(epl__making *m, const epl__plan_step *s)
{
    const epl_type *t = m->type[s->id];
    int32_t slot = 1 + (int32_t)s->port + (s->to_output ? (int32_t)m->f->inputs : 0);
    int64_t stride[EPL_MAX_RANK];
    epl__strides(t->shape, stride);
    return copy(m, t->dtype, t->shape, stride, (epl__place){slot, s->byte}, &s->view, s->id);
}

static epl__place moved(epl__place p, int64_t elements, epl_dtype dtype)
{
    p.byte += elements * (int64_t)epl_dtype_bytes(dtype);
    return p;
}

/* Zeros for [from, to) of the axis. */
static bool gap(epl__making *m, epl__id id, int axis, int64_t from, int64_t to)
{
    const epl_type *t = m->type[id];
    const epl__memory *mem = &m->memory[id];
    epl_shape s = t->shape;
    if (from >= to)
        return true;
    s.dim[axis] = to - from;
    return fill(m, t->dtype, s, mem->stride, moved(mem->place, from * mem->stride[axis], t->dtype),
                0, 0, id);
}

/* Pieces that were not written in place are copied; gaps are zeros. Pieces ascend? They need
 * not: what lies between is found by sorting offsets. */
static bool assemble(epl__making *m, epl__id id)
{
    const epl__node *n = epl__node_at(m->f, id);
    const epl__assemble_attrs *a = n->attrs;
    const epl__memory *mem = &m->memory[id];
    int axis = (int)a->axis;
    uint32_t *order = epl__arena_take(&m->arena, (n->count + 1) * sizeof *order);
    if (!order)
        return epl__no_memory(m);
    for (uint32_t i = 0; i < n->count; i++) {
        uint32_t k = i;
        for (; k > 0 && a->offset.at[order[k - 1]] > a->offset.at[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    int64_t end = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        uint32_t piece = order[i];
        epl__id in = n->in[piece], root = m->view[in].root;
        int64_t at = a->offset.at[piece];
        const epl_type *t = m->type[in];
        if (!gap(m, id, axis, end, at))
            return false;
        end = at + t->shape.dim[axis];
        if (root != EPL__ID_NONE && m->memory[root].host == id)
            continue;
        epl__place to = moved(mem->place, at * mem->stride[axis], t->dtype);
        if (!copy(m, t->dtype, t->shape, mem->stride, to, &m->view[in], id))
            return false;
    }
    return gap(m, id, axis, end, a->length);
}

/* y = 0, then the kept elements of x at lo + i (interior + 1). */
static bool pad(epl__making *m, epl__id id)
{
    const epl__node *n = epl__node_at(m->f, id);
    const epl__pad_attrs *a = n->attrs;
    const epl__memory *mem = &m->memory[id];
    const epl_type *t = n->type;
    int axis = (int)a->axis;
    epl__view v = m->view[n->in[0]];
    epl_shape s = m->type[n->in[0]]->shape;
    int64_t step = a->interior + 1, first = a->lo < 0 ? (-a->lo + step - 1) / step : 0;
    int64_t room = t->shape.dim[axis] - (a->lo + first * step); /* for the first kept one */
    int64_t kept = room > 0 ? (room - 1) / step + 1 : 0;
    kept = kept < s.dim[axis] - first ? kept : s.dim[axis] - first;
    if (!fill(m, t->dtype, t->shape, mem->stride, mem->place, 0, 0, id))
        return false;
    if (kept <= 0)
        return true;
    int64_t stride[EPL_MAX_RANK];
    memcpy(stride, mem->stride, sizeof stride);
    stride[axis] *= kept > 1 ? step : 1;
    s.dim[axis] = kept;
    v.offset += first * v.stride[axis];
    return copy(m, t->dtype, s, stride,
                moved(mem->place, (a->lo + first * step) * mem->stride[axis], t->dtype), &v, id);
}

static bool reduce(epl__making *m, const epl__plan_step *s)
{
    epl__id id = s->id;
    const epl__node *n = epl__node_at(m->f, id);
    const epl_type *in = m->type[n->in[0]];
    const epl__view *v = &s->operand[0];
    const epl_prim *p = n->prim;
    bool mask[EPL_MAX_RANK] = {false};
    int64_t out[EPL_MAX_RANK] = {0};
    epl__reduce_op op = p == &epl__prim_sum      ? EPL__SUM
                        : p == &epl__prim_amax   ? EPL__AMAX
                        : p == &epl__prim_amin   ? EPL__AMIN
                        : p == &epl__prim_argmax ? EPL__ARGMAX
                        : p == &epl__prim_argmin ? EPL__ARGMIN
                                                 : EPL__CUMSUM;
    if (op == EPL__SUM || op == EPL__AMAX || op == EPL__AMIN)
        for (int i = 0; i < in->shape.rank; i++)
            mask[i] = ((const epl__reduce_attrs *)n->attrs)->mask >> i & 1;
    else
        mask[((const epl__axis_attrs *)n->attrs)->axis] = true;
    if (op == EPL__CUMSUM && ((const epl__cumsum_attrs *)n->attrs)->reverse)
        op = EPL__CUMSUM_REVERSE;
    bool keeps = op == EPL__CUMSUM || op == EPL__CUMSUM_REVERSE;
    for (int i = 0, k = 0; i < in->shape.rank; i++)
        if (keeps || !mask[i])
            out[i] = m->memory[id].stride[k++];
    epl__place place[2] = {m->memory[id].place, epl__place_of(m, v, in->dtype)};
    return epl__call_add(m,
                         epl__reduce_prepare(&m->program->arena, op, in->dtype, in->shape.rank,
                                             in->shape.dim, v->stride, mask, out),
                         place, 2, id);
}

static int64_t product(epl_shape s, int from, int to)
{
    int64_t n = 1;
    for (int i = from; i < to; i++)
        n *= s.dim[i];
    return n;
}

static bool gather(epl__making *m, const epl__plan_step *s)
{
    const epl__node *n = epl__node_at(m->f, s->id);
    const epl__gather_attrs *a = n->attrs;
    const epl_type *x = m->type[n->in[0]], *idx = m->type[n->in[1]];
    int b = (int)a->batch;
    bool forward = s->kind == EPL__STEP_GATHER;
    epl__gather_desc d = {.dtype = x->dtype,
                          .index = idx->dtype,
                          .b = product(idx->shape, 0, b),
                          .i = product(idx->shape, b, idx->shape.rank)};
    d.axis = epl__indexed_axis(m, n);
    d.trusted = epl__index_in_range(m, n->in[1], d.axis);
    d.r = forward ? product(x->shape, b + 1, x->shape.rank)
                  : product(x->shape, idx->shape.rank, x->shape.rank);
    epl__place place[3] = {m->memory[s->id].place, epl__place_of(m, &s->operand[0], x->dtype),
                           epl__place_of(m, &s->operand[1], idx->dtype)};
    epl__arena *arena = &m->program->arena;
    return epl__call_add(m,
                         forward ? epl__gather_prepare(arena, &d) : epl__scatter_prepare(arena, &d),
                         place, 3, s->id);
}

static bool pool(epl__making *m, const epl__plan_step *s)
{
    const epl__node *n = epl__node_at(m->f, s->id);
    const epl__pool_attrs *a = n->attrs;
    const epl_type *x = m->type[n->in[0]];
    int missing = 3 - (int)a->spatial, lead = x->shape.rank - (int)a->spatial;
    epl__pool_desc d = {.dtype = x->dtype, .b = product(x->shape, 0, lead)};
    for (int i = 0; i < 3; i++) {
        bool here = i >= missing;
        int k = i - missing;
        d.in[i] = here ? x->shape.dim[lead + k] : 1;
        d.out[i] = here ? a->out[k] : 1;
        d.window[i] = here ? a->window[k] : 1;
        d.stride[i] = here ? a->stride[k] : 1;
        d.dilation[i] = here ? a->dilation[k] : 1;
        d.pad[i] = here ? a->pad[k] : 0;
    }
    if (d.in[0] * d.in[1] * d.in[2] >= INT32_MAX)
        return epl__kernel_step(m, s);
    epl__place place[2] = {m->memory[s->id].place, epl__place_of(m, &s->operand[0], x->dtype)};
    return epl__call_add(m, epl__pool_prepare(&m->program->arena, &d), place, 2, s->id);
}

bool epl__call_rest(epl__making *m, const epl__plan_step *s)
{
    const epl_type *t = m->type[s->id];
    switch (s->kind) {
    case EPL__STEP_PACK:
    case EPL__STEP_FILL:
        return copy(m, t->dtype, t->shape, m->memory[s->id].stride, m->memory[s->id].place,
                    &s->view, s->id);
    case EPL__STEP_GIVE:
        return give(m, s);
    case EPL__STEP_ASSEMBLE:
        return epl__node_at(m->f, s->id)->prim == &epl__prim_pad ? pad(m, s->id)
                                                                 : assemble(m, s->id);
    case EPL__STEP_REDUCE:
        return reduce(m, s);
    case EPL__STEP_POOL:
        return pool(m, s);
    case EPL__STEP_GATHER:
    case EPL__STEP_SCATTER:
        return gather(m, s);
    default:
        return epl__kernel_step(m, s);
    }
}
