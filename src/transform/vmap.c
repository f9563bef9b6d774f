/* vmap.c -- one more axis in front: inner functions of epl_map, and batching in general.
 *
 * The cone of a result is replayed where the map stands, each node by its batch rule; what
 * does not depend on a mapped value is computed once. Nodes that rules build are shared, so
 * a second result of the same map costs only what is new.
 */
#include "../base/scope.h"
#include "../base/spec.h"
#include "../base/type.h"
#include "../graph/region.h"
#include "transform.h"

typedef struct {
    const epl__batching *b;
    epl__cone cone;
    epl__id *to; /* by id - lowest: the replayed value */
    bool *mapped;
    epl__id **parts; /* of regions, by id - lowest: their parts, and which are mapped */
    bool **parts_mapped;
    uint32_t *seed; /* by id - lowest: 1 + its place in b->map */
    uint32_t *seen; /* places of b->from in b->into */
    epl_val *x;
    bool *xm;
} replay;

/* An operation of which some operands have the new axis. */
static epl_val batched(epl_fn *into, const epl__node *n, epl_val *x, const bool *mapped,
                       int64_t size)
{
    const epl_prim *p = n->prim;
    if (!p->elementwise) {
        if (p->batch)
            return p->batch(x, mapped, n->count, n->attrs);
        epl__fail(into, EPL_ERR_RULE, "[%s] lacks a batch rule", p->name);
        return EPL_NO_VAL;
    }
    for (uint32_t i = 0; i < n->count; i++)
        if (!mapped[i])
            x[i] = epl__lead(x[i], size);
    return epl_op(p, (epl_vals){n->count, x}, n->attrs);
}

static bool prepare(replay *r, epl__id id, const bool *stop)
{
    epl_fn *from = r->b->from;
    const epl__batching *b = r->b;
    if (!epl__cone_until(from, &id, 1, b->lowest, stop, &r->cone))
        return false;
    uint32_t most = 16, span = id - b->lowest + 1;
    bool regions = false;
    for (uint32_t i = 0; i < r->cone.count; i++) {
        const epl__node *n = epl__node_at(from, r->cone.id[i]);
        most = n->count > most ? n->count : most;
        regions |= n->prim == &epl__prim_region;
    }
    r->to = epl__arena_take(&from->tape_arena, span * sizeof *r->to);
    r->mapped = epl__arena_take(&from->tape_arena, span * sizeof *r->mapped);
    r->seed = epl__arena_take(&from->tape_arena, span * sizeof *r->seed);
    r->seen = epl__arena_take(&from->tape_arena, (from->where_count + 1) * sizeof *r->seen);
    r->x = epl__arena_take(&from->tape_arena, most * sizeof *r->x);
    r->xm = epl__arena_take(&from->tape_arena, most * sizeof *r->xm);
    if (regions) {
        r->parts = epl__arena_take(&from->tape_arena, span * sizeof *r->parts);
        r->parts_mapped = epl__arena_take(&from->tape_arena, span * sizeof *r->parts_mapped);
    }
    for (size_t k = b->count; r->seed && k-- > 0;)
        if (b->map[k] >= b->lowest && b->map[k] <= id)
            r->seed[b->map[k] - b->lowest] = (uint32_t)k + 1;
    if (r->to && r->mapped && r->seed && r->seen && r->x && r->xm &&
        (!regions || (r->parts && r->parts_mapped)))
        return true;
    epl__fail(from, EPL_ERR_MEMORY, "no memory for a map of \"%s\"", from->name);
    return false;
}

static bool seeded(replay *r, epl__id id)
{
    const epl__batching *b = r->b;
    uint32_t k = r->seed[id - b->lowest];
    if (!k)
        return false;
    r->to[id - b->lowest] = b->to[k - 1];
    r->mapped[id - b->lowest] = b->mapped[k - 1];
    return true;
}

static void replay_region(replay *r, epl__id id, const epl__node *n)
{
    epl__id slot = id - r->b->lowest;
    uint32_t parts = epl__region_parts(epl__region_of(n));
    r->parts[slot] = epl__arena_take(&r->b->from->tape_arena, (parts + 1) * sizeof **r->parts);
    r->parts_mapped[slot] = epl__arena_take(&r->b->from->tape_arena, parts + 1);
    r->to[slot] = EPL__ID_NONE;
    if (!r->parts[slot] || !r->parts_mapped[slot] ||
        !epl__region_batch(r->b, id, r->x, r->xm, r->parts[slot], r->parts_mapped[slot]))
        epl__fail(r->b->into, EPL_ERR_MEMORY, "no memory for a map of \"%s\"", r->b->from->name);
}

/* True if the part's region was mapped. */
static bool replay_part(replay *r, epl__id id, const epl__node *n)
{
    epl__id slot = id - r->b->lowest, region = n->in[0];
    if (!r->parts || region < r->b->lowest || !r->parts[region - r->b->lowest])
        return false;
    int64_t index = ((const epl__part_attrs *)n->attrs)->index;
    r->to[slot] = r->parts[region - r->b->lowest][index];
    r->mapped[slot] = r->parts_mapped[region - r->b->lowest][index];
    return true;
}

static void replay_node(replay *r, epl__id id)
{
    const epl__batching *b = r->b;
    const epl__node *n = epl__node_at(b->from, id);
    epl__id few[16], *in = few, slot = id - b->lowest;
    bool any = false;
    if (seeded(r, id) || (n->prim == &epl__prim_part && replay_part(r, id, n)))
        return;
    for (uint32_t i = 0; i < n->count; i++) {
        bool inside = n->in[i] >= b->lowest;
        epl__id to = inside ? r->to[n->in[i] - b->lowest] : n->in[i];
        r->x[i] = epl__val(b->into, to);
        r->xm[i] = inside && r->mapped[n->in[i] - b->lowest];
        any |= r->xm[i];
    }
    r->mapped[slot] = any;
    if (!any && b->from == b->into) {
        r->to[slot] = id;
        return;
    }
    epl__where_copied(b->into, b->from, n->where, r->seen);
    if (any && n->prim == &epl__prim_region) {
        replay_region(r, id, n);
        return;
    }
    if (any) {
        r->to[slot] = epl__id_of(batched(b->into, n, r->x, r->xm, b->size));
        return;
    }
    if (n->count > 16 && !(in = epl__arena_take(&b->from->tape_arena, n->count * sizeof *in))) {
        epl__fail(b->into, EPL_ERR_MEMORY, "no memory for a map of \"%s\"", b->from->name);
        return;
    }
    for (uint32_t i = 0; i < n->count; i++)
        in[i] = epl__id_of(r->x[i]);
    r->to[slot] = epl__id_of(epl__build(b->into, n->prim, in, n->count, n->attrs, n->type));
}

epl__id epl__batch_until(const epl__batching *b, epl__id id, const bool *stop, bool *mapped)
{
    replay r = {.b = b};
    if (!prepare(&r, id, stop))
        return EPL__ID_NONE;
    uint32_t where = b->into->where_now;
    epl__rules_begin(b->into);
    for (uint32_t i = 0; i < r.cone.count && epl_scope_status(b->into->scope) == EPL_OK; i++)
        replay_node(&r, r.cone.id[i]);
    epl__id out = r.to[id - b->lowest];
    *mapped = r.mapped[id - b->lowest];
    epl__rules_end(b->into);
    b->into->where_now = where;
    epl__tape_clear(b->from);
    return epl_scope_status(b->into->scope) == EPL_OK ? out : EPL__ID_NONE;
}

epl__id epl__batch_raw(const epl__batching *b, epl__id id, bool *mapped)
{
    return epl__batch_until(b, id, NULL, mapped);
}

epl__id epl__batch(const epl__batching *b, epl__id id)
{
    bool mapped;
    epl__id out = epl__batch_raw(b, id, &mapped);
    if (out == EPL__ID_NONE || mapped)
        return out;
    epl__rules_begin(b->into);
    out = epl__id_of(epl__lead(epl__val(b->into, out), b->size));
    epl__rules_end(b->into);
    return out;
}

/* -- epl_map -------------------------------------------------------------------------------- */
epl_fn *epl_map_new(const epl_map_args *a, const char *given)
{
    (void)given;
    epl_fn *parent = a ? a->parent : NULL;
    if (!parent || epl_scope_status(parent->scope) != EPL_OK)
        return NULL;
    if (parent->closed || a->chunk < 0) {
        epl__fail(parent, parent->closed ? EPL_ERR_USE : EPL_ERR_ARG, "[map] %s",
                  parent->closed ? "the function is closed" : "chunk must not be negative");
        return NULL;
    }
    epl_fn *f = epl__fn_make(parent->scope, parent, EPL__FN_MAP, parent->name);
    if (f)
        f->chunk = a->chunk;
    return f;
}

epl_val epl__entry_add(epl_fn *f, epl__id outer, int axis)
{
    epl__entry *list =
        epl__arena_grown(&f->arena, f->entry, f->entries, &f->entry_room, sizeof *list);
    if (!list) {
        epl__fail(f, EPL_ERR_MEMORY, "[map] no memory");
        return EPL_NO_VAL;
    }
    f->entry = list;
    epl_type t = *epl__node_at(f->parent, outer)->type;
    if (f->closed) {
        epl__fail(f, EPL_ERR_USE, "an outer value is used in an inner function that is closed");
        return EPL_NO_VAL;
    }
    if (axis >= 0) {
        t.shape = epl__shape_without(t.shape, INT64_C(1) << axis);
        t.spec = t.spec && axis == 0 && t.shape.rank == 1 ? t.spec : NULL;
    }
    epl__input_attrs a = {f->entries};
    epl_val v = epl__build(f, &epl__prim_input, NULL, 0, &a, &t);
    if (v.graph)
        f->entry[f->entries++] = (epl__entry){epl__id_of(v), outer, axis};
    return v;
}

/* The value as one of f's parent, or none with an error. */
epl__id epl__from_parent(epl_fn *f, epl_val x, const char *what)
{
    epl__id id = EPL__ID_NONE;
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return id;
    if (f->kind == EPL__FN_PLAIN || f->closed) {
        epl__fail(f, EPL_ERR_USE, "[%s] %s", what,
                  f->closed ? "this inner function is closed: take values in before results out"
                            : "values come in this way into inner functions (epl_map) alone");
        return id;
    }
    if (epl__is_num(x) || !x.graph) {
        epl__fail(f, EPL_ERR_ARG, "[%s] a value of an outer function is expected, got %s", what,
                  x.graph ? "a plain number" : "none");
        return id;
    }
    for (epl_fn *g = f; g; g = g->parent)
        if (g == x.graph && g == f) {
            epl__fail(f, EPL_ERR_USE, "[%s] the value is inside this function already", what);
            return id;
        }
    /* Meeting with an input of the parent's level takes it in as far as the parent. */
    epl_type t = epl_type_of(EPL_F32, epl_shape_of(0, NULL));
    epl_val at_parent = epl__placeholder(f->parent, &t);
    epl__id both[2];
    return epl__meet(epl_list(x, at_parent), both, what) ? both[0] : id;
}

static epl_val take(epl_fn *f, epl_val x, int axis, bool each, const char *what);

/* A mixed tree comes in range by range. */
static epl_val take_tuple(epl_fn *f, epl__id id, int axis, bool each)
{
    const epl__node *n = epl__node_at(f->parent, id);
    epl__id part[EPL__MAX_PARTS];
    if (n->prim != &epl__prim_tuple) {
        epl__fail(f, EPL_ERR_USE, "[map] this mixed tree cannot be taken in");
        return EPL_NO_VAL;
    }
    for (uint32_t i = 0; i < n->count; i++)
        part[i] = epl__id_of(take(f, epl__val(f->parent, n->in[i]), axis, each, "each"));
    epl_type t = *n->type;
    if (each && t.shape.rank)
        t.shape = epl__shape_without(t.shape, INT64_C(1) << axis);
    return epl__build(f, &epl__prim_tuple, part, n->count, NULL, &t);
}

static epl_val take(epl_fn *f, epl_val x, int axis, bool each, const char *what)
{
    epl__id id = epl__from_parent(f, x, what);
    if (id == EPL__ID_NONE)
        return EPL_NO_VAL;
    epl_type t = *epl__node_at(f->parent, id)->type;
    char text[EPL_TYPE_TEXT];
    if (each && f->kind != EPL__FN_MAP && f->kind != EPL__FN_SCAN) {
        epl__fail(f, EPL_ERR_USE, "[each] epl_map and epl_scan alone have entries");
        return EPL_NO_VAL;
    }
    if (each) {
        int rank = t.shape.rank;
        if (axis < -rank || axis >= rank) {
            epl__fail(f, EPL_ERR_ARG, "[each] %s has no axis %d", epl_type_text(t, text), axis);
            return EPL_NO_VAL;
        }
        axis += axis < 0 ? rank : 0;
        int64_t size = t.shape.dim[axis];
        if (f->mapped_size >= 0 && f->mapped_size != size) {
            epl__fail(f, EPL_ERR_SHAPE,
                      "[each] axis %d of %s has %lld entries, the %s has %lld: all that comes in "
                      "by entry has as many (epl_pass takes in a whole value)",
                      axis, epl_type_text(t, text), (long long)size,
                      f->kind == EPL__FN_MAP ? "map" : "scan", (long long)f->mapped_size);
            return EPL_NO_VAL;
        }
        f->mapped_size = size;
    }
    if (t.dtype == EPL_NONE)
        return take_tuple(f, id, axis, each);
    return epl__entry_add(f, id, each ? axis : EPL__AS_PASSED_IN);
}

epl_val epl_each(epl_fn *f, epl_val x, int axis)
{
    return take(f, x, axis, true, "each");
}

epl_val epl_pass(epl_fn *f, epl_val x)
{
    return take(f, x, 0, false, "pass");
}
