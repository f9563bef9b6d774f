/* transpose.c -- the tape run backwards: from tangents to cotangents.
 *
 * The cotangent of a node is collected as a full value and a list of pieces (what was
 * sliced along an axis), and becomes one assembled node: L leaves of a vector of P numbers
 * cost P writes, not L vectors and L - 1 additions.
 */
#include <stdlib.h>
#include <string.h>
#include "../base/scope.h"
#include "../graph/region.h"
#include "../graph/structure.h"
#include "transform.h"

typedef struct piece {
    int64_t axis, offset, length;
    epl__id id;
    uint32_t order; /* of arrival: sums have one order */
    struct piece *next;
} piece;
typedef struct {
    epl__id full;
    piece *pieces;
    uint32_t count;
} collected;
typedef struct {
    epl_fn *f;
    collected *of; /* by tape index */
    epl_val *x;
    uint32_t x_room;
} backward;

epl__id epl__zeros(epl_fn *f, const epl_type *t)
{
    return epl__id_of(epl__splat(f, t->dtype, t->shape, 0, 0));
}

epl__id epl__plus(epl_fn *f, epl__id a, epl__id b)
{
    if (a == EPL__ID_NONE || b == EPL__ID_NONE)
        return a == EPL__ID_NONE ? b : a;
    return epl__id_of(epl__total(epl__val(f, a), epl__val(f, b)));
}

static int by_place(const void *a, const void *b)
{
    const piece *p = *(piece *const *)a, *q = *(piece *const *)b;
    if (p->axis != q->axis)
        return p->axis < q->axis ? -1 : 1;
    if (p->offset != q->offset)
        return p->offset < q->offset ? -1 : 1;
    if (p->length != q->length)
        return p->length < q->length ? -1 : 1;
    return p->order < q->order ? -1 : p->order > q->order;
}

/* One node for the pieces i.. that follow one another on one axis; sets *taken. */
static epl__id assemble(epl_fn *f, piece **list, uint32_t count, const epl_type *type,
                        uint32_t *taken)
{
    epl__id *in = epl__arena_take(&f->tape_arena, count * sizeof *in);
    int64_t *at = epl__arena_take(&f->tape_arena, count * sizeof *at);
    int64_t axis = list[0]->axis, end = 0;
    uint32_t n = 0, i = 0;
    if (!in || !at) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a derivative of \"%s\"", f->name);
        *taken = count;
        return EPL__ID_NONE;
    }
    for (; i < count && list[i]->axis == axis; i++) {
        bool again = n && list[i]->offset == at[n - 1] && list[i]->offset + list[i]->length == end;
        if (again) {
            in[n - 1] = epl__plus(f, in[n - 1], list[i]->id);
            continue;
        }
        if (n && list[i]->offset < end)
            break; /* a partial overlap: another node takes it from here */
        in[n] = list[i]->id;
        at[n++] = list[i]->offset;
        end = list[i]->offset + list[i]->length;
    }
    *taken = i;
    epl__assemble_attrs attrs = {axis, type->shape.dim[axis], {n, at}};
    return epl__id_of(epl__build(f, &epl__prim_assemble, in, n, &attrs, NULL));
}

/* The cotangent that was collected for a node of this type. */
static epl__id total(epl_fn *f, const collected *c, const epl_type *type)
{
    if (!c->count)
        return c->full;
    piece **list = epl__arena_take(&f->tape_arena, c->count * sizeof *list);
    if (!list) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a derivative of \"%s\"", f->name);
        return EPL__ID_NONE;
    }
    uint32_t n = 0;
    for (piece *p = c->pieces; p; p = p->next)
        list[n++] = p;
    qsort(list, n, sizeof *list, by_place);
    epl__id sum = c->full;
    for (uint32_t i = 0, taken; i < n; i += taken)
        sum = epl__plus(f, sum, assemble(f, list + i, n - i, type, &taken));
    return sum;
}

static void give(backward *b, epl__id to, epl__id ct)
{
    collected *c = &b->of[to & ~EPL__TAPE];
    c->full = epl__plus(b->f, c->full, ct);
}

/* Waits at the operand of n, with others. */
static void give_piece(backward *b, const epl__node *n, piece one)
{
    collected *c = &b->of[n->in[0] & ~EPL__TAPE];
    piece *p = epl__arena_take(&b->f->tape_arena, sizeof *p);
    if (!p) {
        epl__fail(b->f, EPL_ERR_MEMORY, "no memory for a derivative of \"%s\"", b->f->name);
        return;
    }
    one.order = c->count++;
    one.next = c->pieces;
    *p = one;
    c->pieces = p;
}

static void region_back(backward *b, epl__id id)
{
    epl_fn *f = b->f;
    const epl__node *n = epl__node_at(f, id);
    collected *c = &b->of[id & ~EPL__TAPE];
    uint32_t parts = epl__region_parts(epl__region_of(n));
    epl__id *ct = epl__arena_take(&f->tape_arena, ((size_t)parts + n->count + 1) * sizeof *ct);
    if (!ct) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a derivative of \"%s\"", f->name);
        return;
    }
    for (uint32_t i = 0; i < parts; i++)
        ct[i] = EPL__ID_NONE;
    for (const piece *p = c->pieces; p; p = p->next)
        ct[p->axis] = epl__plus(f, ct[p->axis], p->id);
    *c = (collected){EPL__ID_NONE, NULL, 0};
    epl__id *back = ct + parts;
    if (!epl__region_transpose(f, id, ct, back))
        return;
    for (uint32_t i = 0; i < n->count; i++)
        if (back[i] != EPL__ID_NONE)
            give(b, n->in[i], back[i]);
}

static void node_back(backward *b, epl__id id, epl__id ct)
{
    epl_fn *f = b->f;
    const epl__node *n = epl__node_at(f, id);
    const epl__slice_attrs *slice = n->prim == &epl__prim_slice ? n->attrs : NULL;
    if (n->prim == &epl__prim_part) { /* under the part's number */
        give_piece(b, n, (piece){.axis = ((const epl__part_attrs *)n->attrs)->index, .id = ct});
        return;
    }
    if (slice && slice->step == 1) {
        give_piece(b, n, (piece){slice->axis, slice->start, slice->length, ct, 0, NULL});
        return;
    }
    if (!n->prim->transpose) {
        epl__fail(f, EPL_ERR_RULE, "[%s] lacks a transpose rule", n->prim->name);
        return;
    }
    if (n->count > b->x_room) {
        b->x_room = 2 * n->count;
        b->x = epl__arena_take(&f->tape_arena, b->x_room * sizeof *b->x);
    }
    for (uint32_t i = 0; b->x && i < n->count; i++)
        b->x[i] = epl__val(f, n->in[i]);
    for (uint32_t i = 0; b->x && i < n->count; i++) {
        if (!(n->in[i] & EPL__TAPE))
            continue;
        epl_val t = n->prim->transpose(b->x, n->count, (int)i, epl__val(f, ct), n->attrs);
        if (t.graph)
            give(b, n->in[i], epl__id_of(t));
        if (epl_scope_status(f->scope) != EPL_OK)
            return;
    }
    if (!b->x)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a derivative of \"%s\"", f->name);
}

bool epl__transpose(epl_fn *f, const epl__id *y, const epl__id *ct, size_t ny, const epl__id *x,
                    size_t nx, epl__id *out)
{
    uint32_t count = f->tape.count, where = f->where_now;
    backward b = {.f = f, .of = epl__arena_take(&f->tape_arena, (count + 1) * sizeof *b.of)};
    if (!b.of) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a derivative of \"%s\"", f->name);
        return false;
    }
    for (uint32_t i = 0; i < count; i++)
        b.of[i].full = EPL__ID_NONE;
    epl__rules_begin(f);
    for (size_t i = 0; i < ny; i++)
        if (y[i] != EPL__ID_NONE && (y[i] & EPL__TAPE)) /* else it is zero, as of a region's part */
            give(&b, y[i], ct[i]);
    for (uint32_t i = count; i-- > 0 && epl_scope_status(f->scope) == EPL_OK;) {
        const epl__node *n = epl__node_at(f, i | EPL__TAPE);
        if (b.of[i].full == EPL__ID_NONE && !b.of[i].count)
            continue;
        f->where_now = n->where;
        if (n->prim == &epl__prim_region) {
            region_back(&b, i | EPL__TAPE);
            continue;
        }
        epl__id sum = total(f, &b.of[i], n->type);
        b.of[i] = (collected){sum, NULL, 0};
        if (n->count)
            node_back(&b, i | EPL__TAPE, sum);
    }
    epl__rules_end(f);
    f->where_now = where;
    for (size_t i = 0; i < nx; i++)
        out[i] = b.of[x[i] & ~EPL__TAPE].full;
    return epl_scope_status(f->scope) == EPL_OK;
}
