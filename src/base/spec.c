/* spec.c -- making and asking a layout. Offsets are computed here and nowhere else. */
#include <stdio.h>
#include <string.h>
#include "scope.h"
#include "spec.h"

const char *epl_role_name(epl_role r)
{
    static const char *const name[] = {"none",      "weight",    "bias", "norm",
                                       "embedding", "statistic", "slot"};
    return r >= EPL_WEIGHT && r <= EPL_SLOT ? name[r] : name[0];
}

epl_initialiser epl_init_full(double value)
{
    return (epl_initialiser){.kind = EPL_INIT_FULL, .a = value};
}

epl_initialiser epl_init_uniform(double low, double high)
{
    return (epl_initialiser){.kind = EPL_INIT_UNIFORM, .a = low, .b = high};
}

epl_initialiser epl_init_normal(double mean, double deviation)
{
    return (epl_initialiser){.kind = EPL_INIT_NORMAL, .a = mean, .b = deviation};
}

static uint32_t path_hash(const char *path)
{
    uint32_t h = 2166136261u;
    while (*path)
        h = (h ^ (unsigned char)*path++) * 16777619u;
    return h ^ h >> 15;
}

static uint32_t *slot_of(epl_spec spec, const char *path)
{
    uint32_t i = path_hash(path) & (spec->table_size - 1);
    while (spec->table[i] != UINT32_MAX && strcmp(spec->leaf[spec->table[i]].path, path))
        i = (i + 1) & (spec->table_size - 1);
    return &spec->table[i];
}

/* Offsets within each dtype, then the parts in file order. False on overflow. */
static bool lay_out(struct epl_spec_s *spec, epl_leaf_spec *leaf)
{
    int64_t elements[EPL_DTYPE_END] = {0};
    for (size_t i = 0; i < spec->leaves; i++) {
        epl_type t = epl_type_of(leaf[i].dtype, leaf[i].shape);
        int64_t n = epl_count(t);
        leaf[i].offset = elements[leaf[i].dtype];
        if (!epl__type_valid(t) ||
            __builtin_add_overflow(elements[leaf[i].dtype], n, &elements[leaf[i].dtype]))
            return false;
    }
    for (size_t size = 8; size > 0; size /= 2)
        for (int d = 1; d < EPL_DTYPE_END; d++) {
            int64_t bytes;
            if (!elements[d] || epl_dtype_bytes((epl_dtype)d) != size)
                continue;
            if (__builtin_mul_overflow(elements[d], (int64_t)size, &bytes))
                return false;
            spec->part[spec->parts++] = (epl__part){(epl_dtype)d, elements[d], spec->head.bytes};
            if (__builtin_add_overflow(spec->head.bytes, bytes, &spec->head.bytes))
                return false;
            spec->head.elements += elements[d];
        }
    spec->head.dtype = spec->parts == 1 ? spec->part[0].dtype : EPL_NONE;
    return true;
}

epl_spec epl_spec_new(epl_scope *s, size_t count, const epl_leaf_spec *leaves)
{
    struct epl_spec_s *spec = epl_scope_alloc(s, sizeof *spec);
    epl_leaf_spec *leaf = epl_scope_alloc(s, (count + 1) * sizeof *leaf);
    uint32_t room = 4;
    while (room < 2 * count && room < 1u << 30)
        room *= 2;
    uint32_t *table = epl_scope_alloc(s, room * sizeof *table);
    if (!spec || !leaf || !table)
        return NULL;
    memset(table, 0xff, room * sizeof *table);
    spec->leaves = count;
    spec->leaf = leaf;
    spec->table = table;
    spec->table_size = room;
    for (size_t i = 0; i < count; i++) {
        const char *path = leaves[i].path;
        if (!path || !*path || !epl_dtype_bytes(leaves[i].dtype)) {
            epl_scope_fail(s, EPL_ERR_ARG, "[spec] leaf %zu \"%s\" needs a path and a dtype", i,
                           path ? path : "");
            return NULL;
        }
        leaf[i] = leaves[i];
        char *copy = epl_scope_alloc(s, strlen(path) + 1);
        if (!copy)
            return NULL;
        leaf[i].path = strcpy(copy, path);
        uint32_t *slot = slot_of(spec, path);
        if (*slot != UINT32_MAX) {
            epl_scope_fail(s, EPL_ERR_ARG, "[spec] two leaves have the path \"%s\"", path);
            return NULL;
        }
        *slot = (uint32_t)i;
    }
    if (!lay_out(spec, leaf)) {
        epl_scope_fail(s, EPL_ERR_SHAPE,
                       "[spec] the leaves have more elements than can be counted");
        return NULL;
    }
    return spec;
}

int64_t epl_spec_count(epl_spec spec)
{
    return spec ? spec->head.elements : 0;
}

size_t epl_spec_leaves(epl_spec spec)
{
    return spec ? spec->leaves : 0;
}

const epl_leaf_spec *epl_spec_leaf(epl_spec spec, size_t i)
{
    return spec && i < spec->leaves ? &spec->leaf[i] : NULL;
}

const epl_leaf_spec *epl_spec_find(epl_spec spec, const char *path)
{
    if (!spec || !path)
        return NULL;
    uint32_t i = *slot_of(spec, path);
    return i == UINT32_MAX ? NULL : &spec->leaf[i];
}

int epl__spec_parts(epl_spec spec)
{
    return spec ? spec->parts : 0;
}

bool epl__spec_alike(epl_spec a, epl_spec b)
{
    if (a == b || !a || !b || a->parts != b->parts)
        return a == b;
    for (int i = 0; i < a->parts; i++)
        if (a->part[i].dtype != b->part[i].dtype || a->part[i].elements != b->part[i].elements)
            return false;
    return true;
}

int epl__spec_part_of(epl_spec spec, epl_dtype dtype)
{
    for (int i = 0; spec && i < spec->parts; i++)
        if (spec->part[i].dtype == dtype)
            return i;
    return -1;
}

epl_type epl__spec_part(epl_spec spec, int i, epl_shape copies)
{
    epl_shape shape = copies;
    if (shape.rank < EPL_MAX_RANK)
        shape.dim[shape.rank++] = spec->part[i].elements;
    return epl_type_of(spec->part[i].dtype, shape);
}

size_t epl__spec_part_byte(epl_spec spec, int i, int64_t copies)
{
    return (size_t)(spec->part[i].byte * copies);
}

epl_type epl__spec_type(epl_spec spec)
{
    epl_type t = {0};
    if (!spec)
        return t;
    if (spec->parts <= 1) {
        epl_dtype d = spec->parts ? spec->part[0].dtype : EPL_F32;
        t = epl_type_of(d, epl_shape_of(1, &spec->head.elements));
    }
    t.spec = spec;
    return t;
}
