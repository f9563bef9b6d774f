/* file_header.c -- the header of a safetensors file, checked whole.
 *
 * After it: names differ, sizes fit shapes, the tensors fill the data from its first byte to
 * its last one after another, without holes. So no tensor can reach outside or over another.
 */
#include <stdlib.h>
#include <string.h>
#include "../src/base/attr.h"
#include "../src/base/scope.h"
#include "../src/base/type.h"
#include "file.h"
#include "scan.h"

static const struct {
    const char *name;
    epl_dtype dtype;
    size_t bytes;
} stored[] = {{"F64", EPL_F64, 8},      {"F32", EPL_F32, 4},      {"F16", EPL_F16, 2},
              {"BF16", EPL_BF16, 2},    {"I64", EPL_I64, 8},      {"I32", EPL_I32, 4},
              {"I16", EPL_I16, 2},      {"I8", EPL_I8, 1},        {"U8", EPL_U8, 1},
              {"BOOL", EPL_BOOL, 1},    {"U64", EPL_NONE, 8},     {"U32", EPL_NONE, 4},
              {"U16", EPL_NONE, 2},     {"F8_E5M2", EPL_NONE, 1}, {"F8_E4M3", EPL_NONE, 1},
              {"F8_E8M0", EPL_NONE, 1}, {"C64", EPL_NONE, 8}};

const char *epl__stored_name(epl_dtype d)
{
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++)
        if (d != EPL_NONE && stored[i].dtype == d)
            return stored[i].name;
    return NULL;
}

epl_dtype epl__stored_dtype(const char *name, size_t *bytes)
{
    *bytes = 0;
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++)
        if (!strcmp(stored[i].name, name)) {
            *bytes = stored[i].bytes;
            return stored[i].dtype;
        }
    return EPL_NONE;
}

/* One more entry in a list of the scope. */
static void *grown(epl_scope *s, void *list, size_t *room, size_t count, size_t size)
{
    if (count < *room)
        return list;
    size_t more = *room ? 2 * *room : 16;
    void *at = epl_scope_alloc(s, more * size);
    if (at && count)
        memcpy(at, list, count * size);
    *room = at ? more : *room;
    return at;
}

/* -- reading ------------------------------------------------------------------------------- */
static bool read_meta(epl_file *f, epl__scan *s)
{
    if (!epl__scan_need(s, '{'))
        return false;
    if (epl__scan_is(s, '}'))
        return true;
    do {
        const char *key = epl__scan_string(s);
        if (!key || !epl__scan_need(s, ':'))
            return false;
        const char *value = epl__scan_string(s);
        epl__meta *list = value ? grown(f->scope, f->meta, &f->meta_room, f->metas, sizeof *list)
                                : NULL;
        if (!list)
            return false;
        f->meta = list;
        list[f->metas++] = (epl__meta){key, value};
    } while (epl__scan_is(s, ','));
    return epl__scan_need(s, '}');
}

static bool read_shape(epl__scan *s, epl_shape *shape)
{
    *shape = (epl_shape){0};
    if (!epl__scan_need(s, '['))
        return false;
    if (epl__scan_is(s, ']'))
        return true;
    do {
        if (shape->rank == EPL_MAX_RANK)
            return epl__scan_wrong(s, "a tensor has more than 12 axes");
        if (!epl__scan_integer(s, &shape->dim[shape->rank++]))
            return false;
    } while (epl__scan_is(s, ','));
    return epl__scan_need(s, ']');
}

static bool read_field(epl__scan *s, const char *key, epl__tensor *t, unsigned *have)
{
    if (!strcmp(key, "dtype")) {
        *have |= *have & 1 ? 8 : 1;
        t->stored = epl__scan_string(s);
        return t->stored != NULL;
    }
    if (!strcmp(key, "shape")) {
        *have |= *have & 2 ? 8 : 2;
        return read_shape(s, &t->type.shape);
    }
    if (!strcmp(key, "data_offsets")) {
        *have |= *have & 4 ? 8 : 4;
        return epl__scan_need(s, '[') && epl__scan_integer(s, &t->begin) &&
               epl__scan_need(s, ',') && epl__scan_integer(s, &t->end) && epl__scan_need(s, ']');
    }
    return epl__scan_skip(s);
}

static bool read_tensor(epl_file *f, epl__scan *s, const char *name)
{
    epl__tensor t = {.name = name};
    unsigned have = 0;
    if (!epl__scan_need(s, '{'))
        return false;
    do {
        const char *key = epl__scan_string(s);
        if (!key || !epl__scan_need(s, ':') || !read_field(s, key, &t, &have))
            return false;
    } while (epl__scan_is(s, ','));
    if (!epl__scan_need(s, '}'))
        return false;
    if (have != 7)
        return epl__scan_wrong(s, "a tensor needs dtype, shape and data_offsets, each once");
    epl__tensor *list = grown(f->scope, f->tensor, &f->room, f->tensors, sizeof *list);
    if (!list)
        return false;
    f->tensor = list;
    list[f->tensors++] = t;
    return true;
}

static bool read_all(epl_file *f, epl__scan *s)
{
    bool meta = false;
    if (!epl__scan_need(s, '{'))
        return false;
    if (!epl__scan_is(s, '}')) {
        do {
            const char *name = epl__scan_string(s);
            if (!name || !epl__scan_need(s, ':'))
                return false;
            bool is_meta = !strcmp(name, "__metadata__");
            if (is_meta && meta)
                return epl__scan_wrong(s, "__metadata__ stands twice");
            meta = meta || is_meta;
            if (is_meta ? !read_meta(f, s) : !read_tensor(f, s, name))
                return false;
        } while (epl__scan_is(s, ','));
        if (!epl__scan_need(s, '}'))
            return false;
    }
    return epl__scan_end(s) || epl__scan_wrong(s, "something stands behind the header's end");
}

/* -- checks -------------------------------------------------------------------------------- */
static int by_place(const void *a, const void *b)
{
    const epl__tensor *x = a, *y = b;
    int64_t p = x->begin != y->begin ? x->begin : x->end,
            q = x->begin != y->begin ? y->begin : y->end;
    return p != q ? (p > q) - (p < q) : strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const epl__tensor *const *)a)->name, (*(const epl__tensor *const *)b)->name);
}

static bool refuse(epl_file *f, const epl__tensor *t, const char *why)
{
    epl_scope_fail(f->scope, EPL_ERR_FILE, "%s: \"%.200s\" %s", f->path, t->name, why);
    return false;
}

static bool sizes_fit(epl_file *f, epl__tensor *t)
{
    size_t bytes;
    t->type.dtype = epl__stored_dtype(t->stored, &bytes);
    epl_type as_bytes = epl_type_of(EPL_U8, t->type.shape);
    int64_t size;
    if (t->begin > t->end || (uint64_t)t->end > f->bytes - f->data)
        return refuse(f, t, "lies outside of the file, which may be truncated");
    if (!epl__type_valid(as_bytes))
        return refuse(f, t, "has a shape that cannot be counted");
    if (bytes &&
        (!epl__mul(epl_count(as_bytes), (int64_t)bytes, &size) || size != t->end - t->begin))
        return refuse(f, t, "has other bytes than its shape and dtype say");
    return true;
}

static bool fill_the_data(epl_file *f)
{
    int64_t at = 0;
    for (size_t i = 0; i < f->tensors; i++) {
        if (!sizes_fit(f, &f->tensor[i]))
            return false;
        if (f->tensor[i].begin != at)
            return refuse(f, &f->tensor[i],
                          f->tensor[i].begin < at ? "lies over another tensor"
                                                  : "has a hole before it");
        at = f->tensor[i].end;
    }
    if ((uint64_t)at == f->bytes - f->data)
        return true;
    epl_scope_fail(f->scope, EPL_ERR_FILE, "%s: %lld bytes of data, the tensors have %lld", f->path,
                   (long long)(f->bytes - f->data), (long long)at);
    return false;
}

static bool names_differ(epl_file *f)
{
    f->by_name = epl_scope_alloc(f->scope, (f->tensors + 1) * sizeof *f->by_name);
    if (!f->by_name)
        return false;
    for (size_t i = 0; i < f->tensors; i++)
        f->by_name[i] = &f->tensor[i];
    if (f->tensors)
        qsort(f->by_name, f->tensors, sizeof *f->by_name, by_name);
    for (size_t i = 1; i < f->tensors; i++)
        if (!strcmp(f->by_name[i - 1]->name, f->by_name[i]->name))
            return refuse(f, f->by_name[i], "stands twice");
    const char **key = epl_scope_alloc(f->scope, (f->metas + 1) * sizeof *key);
    for (size_t i = 0; key && i < f->metas; i++)
        key[i] = f->meta[i].key;
    const char *twice = key ? epl__twice(key, f->metas) : NULL;
    if (twice)
        epl_scope_fail(f->scope, EPL_ERR_FILE, "%s: \"%.200s\" stands twice in the metadata",
                       f->path, twice);
    return key && !twice;
}

bool epl__header_read(epl_file *f, const char *text, size_t length)
{
    epl__scan s = {.scope = f->scope, .begin = text, .p = text, .end = text + length};
    if (!read_all(f, &s)) {
        epl_scope_fail(f->scope, EPL_ERR_FILE, "%s: no safetensors: at byte %zu of the header: %s",
                       f->path, (size_t)(s.p - text), s.wrong ? s.wrong : "no memory");
        return false;
    }
    if (f->tensors)
        qsort(f->tensor, f->tensors, sizeof *f->tensor, by_place);
    return fill_the_data(f) && names_differ(f);
}
