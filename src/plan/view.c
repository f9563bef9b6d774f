/* view.c -- which memory a node reads, and with which strides.
 *
 * Reshape, permute, broadcast and slice are other readings of the same numbers wherever
 * strides can say so; a reshape that they cannot say gets its operand packed first.
 */
#include <string.h>
#include "../base/scope.h"
#include "plan.h"

void epl__strides(epl_shape s, int64_t *stride)
{
    int64_t n = 1;
    for (int i = s.rank; i-- > 0; n *= s.dim[i] > 0 ? s.dim[i] : 1)
        stride[i] = n;
}

bool epl__contiguous(const epl_type *t, const epl__view *v)
{
    int64_t n = 1;
    if (v->root == EPL__ID_NONE)
        return false;
    for (int i = t->shape.rank; i-- > 0; n *= t->shape.dim[i])
        if (t->shape.dim[i] != 1 && v->stride[i] != n)
            return t->shape.dim[i] == 0;
    return true;
}

/* Runs of axes that are contiguous among themselves are matched on both sides. */
bool epl__reshape_strides(epl_shape from, const int64_t *stride, epl_shape to, int64_t *out)
{
    int i = 0, k = 0;
    epl__strides(to, out);
    for (int d = 0; d < from.rank; d++)
        if (from.dim[d] == 0)
            return true;
    while (i < from.rank || k < to.rank) {
        if (i == from.rank || k == to.rank)
            break; /* what is left on the other side are ones */
        int i0 = i, k0 = k;
        int64_t a = from.dim[i++], b = to.dim[k++];
        while (a != b)
            if (a < b) {
                if (i == from.rank)
                    return false;
                a *= from.dim[i++];
            } else {
                if (k == to.rank)
                    return false;
                b *= to.dim[k++];
            }
        int64_t run = 0, n = 1; /* the stride of the run's last axis that is not 1 */
        bool first = true;
        for (int d = i; d-- > i0;) {
            if (from.dim[d] == 1)
                continue;
            if (first)
                run = stride[d];
            else if (stride[d] != run * n)
                return false;
            first = false;
            n *= from.dim[d];
        }
        n = run;
        for (int d = k; d-- > k0; n *= to.dim[d])
            out[d] = n;
    }
    return true;
}

epl__id epl__pack(epl__making *m, const epl__view *v, const epl_type *t)
{
    if (m->nodes == m->room || m->steps == m->step_room)
        return EPL__ID_NONE;
    epl__id id = m->nodes++;
    m->type[id] = t;
    m->view[id] = (epl__view){.root = id};
    epl__strides(t->shape, m->view[id].stride);
    m->step[m->steps] = (epl__plan_step){
        .kind = v->root == EPL__ID_NONE ? EPL__STEP_FILL : EPL__STEP_PACK, .id = id, .view = *v};
    epl__memory *mem = &m->memory[id];
    mem->step = mem->first = mem->last = (int)m->steps++;
    mem->host = mem->over = EPL__ID_NONE;
    epl__strides(t->shape, mem->stride);
    return id;
}

static bool reshaped(epl__making *m, epl__id id, epl__id in)
{
    epl__view *v = &m->view[id], from = m->view[in];
    *v = from;
    if (from.root == EPL__ID_NONE)
        return true;
    if (epl__reshape_strides(m->type[in]->shape, from.stride, m->type[id]->shape, v->stride))
        return true;
    epl__id packed = epl__pack(m, &from, m->type[in]);
    if (packed == EPL__ID_NONE)
        return false;
    *v = m->view[packed];
    epl__strides(m->type[id]->shape, v->stride);
    return true;
}

bool epl__views(epl__making *m, epl__id id)
{
    const epl__node *n = epl__node_at(m->f, id);
    epl__view *v = &m->view[id];
    int rank = n->type->shape.rank;
    if (n->prim == &epl__prim_const) {
        const epl__const_attrs *c = n->attrs;
        *v = (epl__view){.root = EPL__ID_NONE, .value = c->value, .integer = c->integer};
        return true;
    }
    if (n->prim->lower != EPL_LOWER_VIEW) {
        *v = (epl__view){.root = id};
        epl__strides(n->type->shape, v->stride);
        return true;
    }
    const epl__view *x = &m->view[n->in[0]];
    if (n->prim == &epl__prim_reshape)
        return reshaped(m, id, n->in[0]);
    *v = *x;
    if (n->prim == &epl__prim_part) { /* its place in the region's bytes */
        v->offset = ((const epl__part_attrs *)n->attrs)->byte /
                    (int64_t)epl_dtype_bytes(n->type->dtype);
        epl__strides(n->type->shape, v->stride);
    } else if (n->prim == &epl__prim_slice) {
        const epl__slice_attrs *a = n->attrs;
        v->offset += a->length ? a->start * x->stride[a->axis] : 0;
        v->stride[a->axis] *= a->length > 1 ? a->step : 1;
    } else if (n->prim == &epl__prim_permute) {
        const epl__permute_attrs *a = n->attrs;
        for (int i = 0; i < rank; i++)
            v->stride[i] = x->stride[a->axis[i]];
    } else if (n->prim == &epl__prim_broadcast) {
        const epl__broadcast_attrs *a = n->attrs;
        for (int i = 0, k = 0; i < rank; i++)
            v->stride[i] = a->mask >> i & 1 ? 0 : x->stride[k++];
    }
    return true;
}

epl__place epl__place_of(const epl__making *m, const epl__view *v, epl_dtype dtype)
{
    epl__place p = m->memory[v->root].place;
    p.byte += v->offset * (int64_t)epl_dtype_bytes(dtype);
    return p;
}

bool epl__no_memory(epl__making *m)
{
    epl_scope_fail(m->scope, EPL_ERR_MEMORY, "[compile] no memory for a plan of \"%s\"",
                   m->f->name);
    return false;
}
