/* collect.c -- several results of one map, chunk by chunk.
 *
 * Nodes run in the order in which they are built: what results share in a chunk is computed
 * once and given back before the next chunk.
 */
#include "../base/scope.h"
#include "transform.h"

/* A map in chunks, with nothing that epl_collect would have to say. */
static bool is_chunked(const epl_fn *f)
{
    return f && f->kind == EPL__FN_MAP && f->chunk && f->chunk < f->mapped_size && f->parent &&
           !f->parent->closed && epl_scope_status(f->scope) == EPL_OK;
}

/* A value that each chunk computes: not one of outside, no mixed tree. */
static bool is_part(const epl_fn *f, epl_val v)
{
    return v.graph == f && epl__node_at(f, epl__id_of(v))->prim != &epl__prim_tuple;
}

static epl_val joined(epl_fn *into, epl_vals parts)
{
    epl__rules_begin(into);
    epl_val all = epl__concat(parts, 0);
    epl__rules_end(into);
    return all.graph ? epl__result(into, epl__id_of(all), epl__node_at(into, epl__id_of(all))->type)
                     : all;
}

static void by_chunk(epl_fn *f, epl_vals v, epl_val *out)
{
    int64_t n = f->mapped_size, chunk = f->chunk;
    size_t parts = (size_t)((n + chunk - 1) / chunk);
    epl_val *part = epl__arena_take(&f->parent->arena, (v.count * parts + 1) * sizeof *part);
    if (!part) {
        epl__fail(f, EPL_ERR_MEMORY, "[collects] no memory");
        return;
    }
    f->closed = true;
    for (size_t i = 0; i < parts; i++)
        for (size_t k = 0; k < v.count; k++) {
            int64_t start = (int64_t)i * chunk, size = n - start < chunk ? n - start : chunk;
            epl__id id = EPL__ID_NONE;
            if (is_part(f, v.at[k]))
                id = epl__collect_part(f, epl__id_of(v.at[k]), start, size);
            part[k * parts + i] = epl__val(f->parent, id);
        }
    for (size_t k = 0; k < v.count; k++)
        if (is_part(f, v.at[k]))
            out[k] = joined(f->parent, (epl_vals){parts, part + k * parts});
}

void epl_collects(epl_fn *f, epl_vals v, epl_val *out)
{
    v = epl__listed(v);
    for (size_t i = 0; out && i < v.count; i++)
        out[i] = EPL_NO_VAL;
    if (!out || !f)
        return;
    bool chunked = is_chunked(f);
    for (size_t i = 0; i < v.count; i++)
        if (!chunked || !is_part(f, v.at[i]))
            out[i] = epl_collect(f, v.at[i]);
    if (chunked && epl_scope_status(f->scope) == EPL_OK)
        by_chunk(f, v, out);
}
