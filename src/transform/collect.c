/* collect.c -- results of a map, at once or in chunks.
 *
 * In chunks, what fills whole chunks is a scan over them, whose body is mapped; what is left is
 * mapped after it. All results of a map come from one scan, so that they share what they share.
 */
#include "../base/scope.h"
#include "../base/type.h"
#include "../graph/region.h"
#include "transform.h"

/* Entries [start, start + size) of the map. */
static epl__id collect_part(epl_fn *f, epl__id id, int64_t start, int64_t size)
{
    epl_fn *into = f->parent;
    epl__id *map = epl__arena_take(&into->arena, 2 * (f->entries + 1) * sizeof *map);
    bool *mapped = epl__arena_take(&into->arena, (f->entries + 1) * sizeof *mapped);
    if (!map || !mapped) {
        epl__fail(f, EPL_ERR_MEMORY, "[collect] no memory");
        return EPL__ID_NONE;
    }
    epl__id *to = map + f->entries + 1;
    epl__rules_begin(into);
    for (uint32_t i = 0; i < f->entries; i++) {
        const epl__entry *e = &f->entry[i];
        epl_val v = epl__val(into, e->outer);
        map[i] = e->inner;
        mapped[i] = e->axis >= 0;
        if (mapped[i])
            v = epl__slice(epl__move_axis(v, e->axis, 0), 0, start, size, 1);
        to[i] = epl__id_of(v);
    }
    epl__rules_end(into);
    epl__batching b = {f, into, 0, map, to, mapped, f->entries, size};
    return epl_scope_status(f->scope) == EPL_OK ? epl__batch(&b, id) : EPL__ID_NONE;
}

/* -- in chunks ------------------------------------------------------------------------------- */
/* [runs * size, ...] in rows of size, the mapped axis in front; one entry has no axis. */
static epl_val rows_of(epl_fn *f, const epl__entry *e, int64_t runs, int64_t size)
{
    epl_val v = epl__move_axis(epl__val(f->parent, e->outer), e->axis, 0);
    return size == 1 ? v : epl__into_rows(v, 0, runs, size, "map", "chunk");
}

static epl__chunks *chunks_of(epl_fn *f, int64_t runs)
{
    epl_fn *into = f->parent;
    epl__chunks *c = epl__chunks_new(f, into, runs, f->chunk, f->entries);
    epl__rules_begin(into);
    for (uint32_t i = 0; c && i < f->entries; i++)
        if (f->entry[i].axis >= 0)
            epl__chunks_seed(c, f->entry[i].inner,
                             epl__chunks_each(c, rows_of(f, &f->entry[i], runs, f->chunk)));
    epl__rules_end(into);
    if (!c || epl_scope_status(f->scope) != EPL_OK || !epl__chunks_close(c, f->main.count))
        return NULL;
    return c;
}

static epl__id collect_one(epl_fn *f, epl__id id)
{
    int64_t n = f->mapped_size, chunk = f->chunk && f->chunk < n ? f->chunk : n;
    int64_t runs = n ? n / chunk : 0, rest = n - runs * chunk;
    if (chunk == n)
        return collect_part(f, id, 0, n);
    if (!f->chunks && !(f->chunks = chunks_of(f, runs)))
        return EPL__ID_NONE;
    if (!epl__chunks_varies(f->chunks, id))
        return collect_part(f, id, 0, n);
    epl__id all = epl__chunks_result(f->chunks, id);
    epl__id last = rest && all != EPL__ID_NONE ? collect_part(f, id, n - rest, rest) : all;
    if (!rest || last == EPL__ID_NONE)
        return last;
    epl__rules_begin(f->parent);
    epl_val both = epl__concat(epl_list(epl__val(f->parent, all), epl__val(f->parent, last)), 0);
    epl__rules_end(f->parent);
    return epl__id_of(both);
}

epl_val epl_collect(epl_fn *f, epl_val v)
{
    epl__id id = epl__id_of(v);
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    if (f->kind == EPL__FN_SCAN)
        return epl__scan_collect(f, v);
    if (f->kind != EPL__FN_MAP || f->mapped_size < 0 || !f->parent || f->parent->closed)
        epl__fail(f, EPL_ERR_USE, "[collect] %s",
                  f->kind != EPL__FN_MAP ? "this is no map and no scan"
                                         : "the map takes nothing in: use epl_each first");
    else if (!f->closed && v.graph != f && epl__fn_of(v)) {
        epl_type t =
            epl_type_of(EPL_F32, epl_shape_of(0, NULL)); /* a value of outside: take it in */
        epl__id both[2];
        epl_val here = epl__placeholder(f, &t);
        id = epl__meet(epl_list(v, here), both, "collect") == f ? both[0] : EPL__ID_NONE;
    } else if (v.graph != f)
        epl__fail(f, EPL_ERR_USE, "[collect] a value of this map is expected");
    if (epl_scope_status(f->scope) != EPL_OK || id == EPL__ID_NONE)
        return EPL_NO_VAL;
    f->closed = true;
    const epl__node *n = epl__node_at(f, id);
    if (n->prim != &epl__prim_tuple) {
        epl__id out = collect_one(f, id);
        return out == EPL__ID_NONE
                   ? EPL_NO_VAL
                   : epl__result(f->parent, out, epl__node_at(f->parent, out)->type);
    }
    epl__id part[EPL__MAX_PARTS];
    for (uint32_t i = 0; i < n->count; i++)
        part[i] = collect_one(f, n->in[i]);
    epl_type t = *n->type;
    t.shape = epl__shape_insert(t.shape, 0, f->mapped_size);
    return epl__build(f->parent, &epl__prim_tuple, part, n->count, NULL, &t);
}

void epl_collects(epl_fn *f, epl_vals v, epl_val *out)
{
    v = epl__listed(v);
    for (size_t i = 0; out && i < v.count; i++)
        out[i] = f ? epl_collect(f, v.at[i]) : EPL_NO_VAL;
}
