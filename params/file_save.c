/* file_save.c -- trees and tensors as a safetensors file.
 *
 * The data is one range for each element type and each part (parameters, buffers, state,
 * averages, others), larger elements first, without holes: so every tensor is aligned to its
 * element size, and the range of the parameters is the parameter vector.
 */
#include <stdlib.h>
#include <string.h>
#include "../src/base/attr.h"
#include "../src/base/scope.h"
#include "../src/base/type.h"
#include "file.h"
#include "text.h"
#include "tree.h"

typedef struct {
    const char *name;
    epl_array array;
    size_t part, place; /* place: in the order of the call */
} entry;

typedef struct {
    epl_scope *scope; /* for the call alone */
    const epl_save_args *a;
    entry *entry;
    size_t entries, room;
} saving;

static bool refuse(saving *v, const char *name, const char *why)
{
    epl_scope_fail(v->scope, EPL_ERR_ARG, "[save] %s: \"%.200s\" %s", v->a->path, name, why);
    return false;
}

static bool add(saving *v, const char *prefix, const char *name, epl_array array, size_t part)
{
    size_t n = strlen(prefix), m = strlen(name);
    char *full = epl_scope_alloc(v->scope, n + m + 1);
    if (!full)
        return false;
    memcpy(full, prefix, n);
    memcpy(full + n, name, m + 1);
    if (!m || !strcmp(full, "__metadata__"))
        return refuse(v, full, "is no name for a tensor");
    if (!epl__stored_name(array.type.dtype) || !epl__type_valid(array.type))
        return refuse(v, full, "has no type that can be saved");
    if (!array.data && epl_bytes(array.type))
        return refuse(v, full, "has no data (NULL)");
    v->entry[v->entries] = (entry){full, array, part, v->entries};
    return v->entries++, true;
}

static bool add_tree(saving *v, const char *prefix, const epl_tree *t, size_t part)
{
    for (size_t i = 0; t && i < epl_spec_leaves(t->spec); i++) {
        const epl_leaf_spec *leaf = epl_spec_leaf(t->spec, i);
        if (!add(v, prefix, leaf->path, epl__leaf_array(t, leaf), part))
            return false;
    }
    return true;
}

static size_t leaves(const epl_tree *t)
{
    return t ? epl_spec_leaves(t->spec) : 0;
}

static bool collect(saving *v)
{
    const epl_save_args *a = v->a;
    size_t room = leaves(a->params) + leaves(a->buffers) + leaves(a->state) + leaves(a->ema) +
                  a->tensor_count;
    for (size_t i = 0; i < a->part_count; i++)
        room += leaves(a->parts[i].tree);
    v->entry = epl_scope_alloc(v->scope, (room + 1) * sizeof *v->entry);
    if (!v->entry || !add_tree(v, "", a->params, 0) || !add_tree(v, "", a->buffers, 1) ||
        !add_tree(v, "optim.", a->state, 2) || !add_tree(v, "ema.", a->ema, 3))
        return false;
    for (size_t i = 0; i < a->part_count; i++)
        if (!add_tree(v, a->parts[i].prefix ? a->parts[i].prefix : "", a->parts[i].tree, 4 + i))
            return false;
    for (size_t i = 0; i < a->tensor_count; i++)
        if (!add(v, "", a->tensors[i].name ? a->tensors[i].name : "", a->tensors[i].array,
                 4 + a->part_count))
            return false;
    const char **name = epl_scope_alloc(v->scope, (v->entries + 1) * sizeof *name);
    for (size_t i = 0; name && i < v->entries; i++)
        name[i] = v->entry[i].name;
    const char *twice = name ? epl__twice(name, v->entries) : NULL;
    return name && (!twice || refuse(v, twice, "would stand twice"));
}

static int by_place(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    size_t p = epl_dtype_bytes(x->array.type.dtype), q = epl_dtype_bytes(y->array.type.dtype);
    if (p != q)
        return p > q ? -1 : 1;
    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    if (x->array.type.dtype != y->array.type.dtype)
        return x->array.type.dtype < y->array.type.dtype ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* -- the header ---------------------------------------------------------------------------- */
static void add_meta(epl__textbuf *t, const char *key, const char *value)
{
    epl__text_addf(t, ",\"%s\":", key);
    epl__text_string(t, value);
}

static bool header(saving *v, epl__textbuf *t)
{
    const epl_save_args *a = v->a;
    int64_t at = 0;
    epl__text_addf(t, "{\"__metadata__\":{\"espalier.version\":\"%s\"", epl_version());
    if (a->net)
        add_meta(t, "espalier.description", epl_module_json(v->scope, a->net));
    if (a->run)
        add_meta(t, "espalier.run", a->run);
    epl__text_add(t, "}");
    for (size_t i = 0; i < v->entries; i++) {
        const entry *e = &v->entry[i];
        int64_t begin = at;
        if (__builtin_add_overflow(at, (int64_t)epl_bytes(e->array.type), &at))
            return refuse(v, e->name, "makes the file too large");
        epl__text_add(t, ",");
        epl__text_string(t, e->name);
        epl__text_addf(t, ":{\"dtype\":\"%s\",\"shape\":[", epl__stored_name(e->array.type.dtype));
        for (int k = 0; k < e->array.type.shape.rank; k++)
            epl__text_addf(t, "%s%lld", k ? "," : "", (long long)e->array.type.shape.dim[k]);
        epl__text_addf(t, "],\"data_offsets\":[%lld,%lld]}", (long long)begin, (long long)at);
    }
    epl__text_add(t, "}");
    while ((t->length + 8) % 64 &&
           epl_scope_status(v->scope) ==
               EPL_OK) /* the data begins aligned for vector loads of a mapping */
        epl__text_add(t, " ");
    return epl_scope_status(v->scope) == EPL_OK;
}

/* -- the whole ----------------------------------------------------------------------------- */
static epl_status write_all(saving *v)
{
    epl__textbuf t = {.scope = v->scope};
    unsigned char length[8];
    qsort(v->entry, v->entries, sizeof *v->entry, by_place);
    epl__piece *piece = epl_scope_alloc(v->scope, (v->entries + 2) * sizeof *piece);
    size_t pieces = 2;
    if (!header(v, &t) || !piece)
        return epl_scope_status(v->scope);
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)t.length >> 8 * i);
    piece[0] = (epl__piece){length, sizeof length};
    piece[1] = (epl__piece){t.at, t.length};
    for (size_t i = 0; i < v->entries; i++) {
        const char *data = v->entry[i].array.data;
        size_t bytes = epl_bytes(v->entry[i].array.type);
        epl__piece *last = &piece[pieces - 1];
        if (pieces > 2 && (const char *)last->data + last->bytes == data)
            last->bytes += bytes; /* leaves of a tree lie side by side */
        else if (bytes)
            piece[pieces++] = (epl__piece){data, bytes};
    }
    return epl__file_replace(v->scope, v->a->path, piece, pieces);
}

epl_status epl_file_save(epl_scope *s, const epl_save_args *a, const char *given)
{
    (void)given;
    if (epl_scope_status(s) != EPL_OK)
        return epl_scope_status(s);
    if (!a->path || !*a->path) {
        epl_scope_fail(s, EPL_ERR_ARG, "[save] there is no path");
        return EPL_ERR_ARG;
    }
    saving v = {.scope = epl_scope_new(epl__scope_allocator(s)), .a = a};
    if (collect(&v))
        write_all(&v);
    if (epl_scope_status(v.scope) != EPL_OK)
        epl_scope_fail(s, epl_scope_status(v.scope), "%s", epl_scope_message(v.scope));
    epl_scope_free(v.scope);
    return epl_scope_status(s);
}
