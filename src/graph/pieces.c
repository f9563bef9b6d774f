/* pieces.c -- slices of what was put together of pieces: derivatives with respect to a range
 * of a vector become those with respect to its own leaves.
 *
 * Exact: the slice lies within one piece, or touches none. All else is left as it is.
 */
#include "graph.h"

typedef struct {
    int64_t start, end; /* of the slice */
    epl__id within;     /* the piece it lies in */
    int64_t from;       /* where that piece begins */
    bool touched;
} place;

static void look_at(place *p, epl_fn *f, epl__id piece, int64_t axis, int64_t offset)
{
    int64_t end = offset + epl__node_at(f, piece)->type->shape.dim[axis];
    if (p->start >= end || p->end <= offset)
        return;
    p->touched = true;
    if (p->start >= offset && p->end <= end) {
        p->within = piece;
        p->from = offset;
    }
}

epl__id epl__slice_of_pieces(epl_fn *f, epl__id x, const epl__slice_attrs *a, const epl_type *type)
{
    const epl__node *n = epl__node_at(f, x);
    place p = {a->start, a->start + a->length, EPL__ID_NONE, 0, false};
    if (a->step != 1 || a->length < 1)
        return EPL__ID_NONE;
    if (n->prim == &epl__prim_assemble) {
        const epl__assemble_attrs *whole = n->attrs;
        for (uint32_t i = 0; whole->axis == a->axis && i < n->count; i++)
            look_at(&p, f, n->in[i], a->axis, whole->offset.at[i]);
        p.touched |= whole->axis != a->axis;
    } else {
        const epl__pad_attrs *whole = n->attrs;
        if (whole->axis != a->axis || whole->interior || whole->lo < 0 || whole->hi < 0)
            return EPL__ID_NONE;
        look_at(&p, f, n->in[0], a->axis, whole->lo);
    }
    if (p.within == EPL__ID_NONE)
        return p.touched ? EPL__ID_NONE : epl__id_of(epl__splat(f, type->dtype, type->shape, 0, 0));
    epl__slice_attrs inner = {a->axis, a->start - p.from, a->length, 1};
    return epl__id_of(epl__build(f, &epl__prim_slice, &p.within, 1, &inner, NULL));
}
