/* intern.c -- the types of a function's nodes: equal types are one pointer, for as long as the
 * function lives. */
#include <string.h>
#include "graph.h"

static uint32_t type_hash(const epl_type *t)
{
    uint64_t h = (uint64_t)t->dtype * 0x9e3779b97f4a7c15u + (uint64_t)t->shape.rank;
    for (int i = 0; i < t->shape.rank; i++)
        h = (h ^ (uint64_t)t->shape.dim[i]) * 0xff51afd7ed558ccdu;
    h ^= (uint64_t)(uintptr_t)t->spec * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h ^ h >> 32);
}

static bool types_grow(epl_fn *f)
{
    uint32_t room = f->type_room ? 2 * f->type_room : 32;
    epl_type **types = epl__arena_take(&f->arena, room * sizeof *types);
    uint32_t *table = epl__arena_take(&f->arena, 2 * room * sizeof *table);
    if (!types || !table)
        return false;
    if (f->type_count)
        memcpy(types, f->types, f->type_count * sizeof *types);
    memset(table, 0xff, 2 * room * sizeof *table);
    for (uint32_t i = 0; i < f->type_count; i++) {
        uint32_t h = type_hash(types[i]) & (2 * room - 1);
        while (table[h] != UINT32_MAX)
            h = (h + 1) & (2 * room - 1);
        table[h] = i;
    }
    f->types = types;
    f->type_table = table;
    f->type_room = room;
    f->type_table_size = 2 * room;
    return true;
}

const epl_type *epl__type_intern(epl_fn *f, const epl_type *t)
{
    if (f->type_count == f->type_room && !types_grow(f))
        return NULL;
    uint32_t mask = f->type_table_size - 1, h = type_hash(t) & mask;
    for (; f->type_table[h] != UINT32_MAX; h = (h + 1) & mask) {
        const epl_type *have = f->types[f->type_table[h]];
        if (have->spec == t->spec && epl_type_equal(*have, *t))
            return have;
    }
    epl_type *fresh = epl__arena_take(&f->arena, sizeof *fresh);
    if (!fresh)
        return NULL;
    *fresh = *t;
    for (int i = t->shape.rank; i < EPL_MAX_RANK; i++)
        fresh->shape.dim[i] = 0;
    f->type_table[h] = f->type_count;
    f->types[f->type_count++] = fresh;
    return fresh;
}
