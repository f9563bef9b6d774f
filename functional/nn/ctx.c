/* ctx.c -- what a layer sees while it is applied: leaves, sizes, mode, key.
 *
 * While sizes are inferred a leaf that is asked for is declared, and its value is a
 * placeholder; so a layout can never disagree with apply.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "apply.h"

epl_val epl_ctx_fail(epl_ctx *c, epl_status status, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    epl_scope_fail(c->r->scope, status, "net%s%s: %s", *c->path ? "." : "", c->path, text);
    return EPL_NO_VAL;
}

bool epl__ctx_join(epl_ctx *c, const char *name, char *buffer)
{
    if (strlen(c->path) + strlen(name) + 2 > EPL__PATH) {
        epl_ctx_fail(c, EPL_ERR_ARG, "the path of \"%.100s\" is too long", name);
        return false;
    }
    epl__text(buffer, EPL__PATH, "%s%s%s", c->path, *c->path ? "." : "", name);
    return true;
}

/* -- leaves -------------------------------------------------------------------------------- */
static uint32_t hash(const char *path)
{
    uint32_t h = 2166136261u;
    while (*path)
        h = (h ^ (unsigned char)*path++) * 16777619u;
    return h ^ h >> 15;
}

static uint32_t *slot_of(const epl__leaves *l, const char *path)
{
    uint32_t i = hash(path) & (l->table_size - 1);
    while (l->table[i] && strcmp(l->leaf[l->table[i] - 1].path, path))
        i = (i + 1) & (l->table_size - 1);
    return &l->table[i];
}

/* Room for one more leaf, and a table that is at most half full. */
static bool grow(epl_scope *s, epl__leaves *l)
{
    if (l->count < l->room)
        return true;
    size_t room = l->room ? 2 * l->room : 32;
    epl_leaf_spec *more = epl_scope_alloc(s, room * sizeof *more);
    uint32_t *table = epl_scope_alloc(s, 2 * room * sizeof *table);
    if (!more || !table)
        return false;
    if (l->count)
        memcpy(more, l->leaf, l->count * sizeof *more);
    *l = (epl__leaves){more, l->count, room, table, (uint32_t)(2 * room)};
    for (size_t i = 0; i < l->count; i++)
        *slot_of(l, l->leaf[i].path) = (uint32_t)i + 1;
    return true;
}

/* A module that is applied twice shares its leaves. */
static epl_val declared(epl_ctx *c, epl__leaves *l, const epl_leaf_spec *leaf)
{
    epl_type t = epl_type_of(leaf->dtype, leaf->shape);
    char a[EPL_TYPE_TEXT], b[EPL_TYPE_TEXT];
    if (!epl__type_valid(t))
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "\"%s\" has a shape that cannot be counted",
                            leaf->path);
    if (!grow(c->r->scope, l))
        return EPL_NO_VAL;
    uint32_t *slot = slot_of(l, leaf->path);
    const epl_leaf_spec *have = *slot ? &l->leaf[*slot - 1] : NULL;
    if (have && !epl__shape_equal(have->shape, leaf->shape))
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "\"%s\" is %s in one place, %s in another",
                            leaf->path, epl_type_text(epl_type_of(have->dtype, have->shape), a),
                            epl_type_text(t, b));
    if (!have) {
        char *path = epl__text_copy(c->r->scope, leaf->path);
        if (!path)
            return EPL_NO_VAL;
        l->leaf[l->count] = *leaf;
        l->leaf[l->count].path = path;
        *slot = (uint32_t)++l->count;
    }
    return epl__placeholder(c->r->f, &t);
}

/* The index of a leaf; the cursor finds most at once. */
static size_t leaf_index(epl__application *r, epl_spec spec, const char *path)
{
    for (size_t k = 0; k < 2; k++)
        if (r->cursor + k < spec->leaves && !strcmp(spec->leaf[r->cursor + k].path, path))
            return r->cursor += k;
    const epl_leaf_spec *leaf = epl_spec_find(spec, path);
    return leaf ? r->cursor = (size_t)(leaf - spec->leaf) : SIZE_MAX;
}

epl_val epl_param(epl_ctx *c, const char *name, epl_role role, epl_shape shape,
                  epl_initialiser init)
{
    char path[EPL__PATH], a[EPL_TYPE_TEXT], b[EPL_TYPE_TEXT];
    if (!epl__ctx_ok(c) || !epl__ctx_join(c, name, path))
        return EPL_NO_VAL;
    epl_leaf_spec leaf = {path, c->r->dtype, shape, role, init, 0};
    if (c->r->infer)
        return declared(c, &c->r->params, &leaf);
    size_t i = c->r->param_spec ? leaf_index(c->r, c->r->param_spec, path) : SIZE_MAX;
    if (i == SIZE_MAX)
        return epl_ctx_fail(c, EPL_ERR_MATCH, "the parameters have no leaf \"%s\"", path);
    const epl_leaf_spec *have = &c->r->param_spec->leaf[i];
    if (!epl__shape_equal(have->shape, shape))
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "\"%s\" is %s, this input needs %s", name,
                            epl_type_text(epl_type_of(have->dtype, have->shape), a),
                            epl_type_text(epl_type_of(have->dtype, shape), b));
    return epl_leaf_at(c->r->param_spec, c->r->param_tree, i);
}

static epl_val buffer(epl_ctx *c, const char *name, epl_dtype dtype, epl_shape shape,
                      epl_initialiser init)
{
    char path[EPL__PATH];
    if (!epl__ctx_ok(c) || !epl__ctx_join(c, name, path))
        return EPL_NO_VAL;
    epl_leaf_spec leaf = {path, dtype, shape, EPL_STATISTIC, init, 0};
    if (c->r->infer)
        return declared(c, &c->r->buffers, &leaf);
    const epl_leaf_spec *have = epl_spec_find(c->r->buffer_spec, path);
    if (!have || !c->r->buffer_tree.graph)
        return epl_ctx_fail(c, EPL_ERR_MATCH,
                            c->r->buffer_tree.graph
                                ? "the buffers have no leaf \"%s\""
                                : "buffers are needed for \"%s\": give .buffers = &value",
                            path);
    size_t i = (size_t)(have - c->r->buffer_spec->leaf);
    return c->r->next[i].graph ? c->r->next[i]
                               : epl_leaf_at(c->r->buffer_spec, c->r->buffer_tree, i);
}

epl_val epl_buffer(epl_ctx *c, const char *name, epl_shape shape, epl_initialiser init)
{
    return buffer(c, name, c->r->dtype, shape, init);
}

epl_val epl_counter(epl_ctx *c, const char *name)
{
    return buffer(c, name, EPL_I64, epl_shape_of(0, NULL), epl_init_full(0));
}

void epl_buffer_set(epl_ctx *c, const char *name, epl_val next)
{
    char path[EPL__PATH];
    if (!epl__ctx_ok(c) || c->r->infer || !epl__ctx_join(c, name, path))
        return;
    const epl_leaf_spec *have = epl_spec_find(c->r->buffer_spec, path);
    if (have)
        c->r->next[have - c->r->buffer_spec->leaf] = next;
    else
        epl_ctx_fail(c, EPL_ERR_MATCH, "there is no buffer \"%s\" to set", name);
}

/* The row of an open attribute, and where its value is; NULL after an error. */
static const epl_attr *open_row(epl_ctx *c, const char *attribute, epl_attr_type type, bool **given)
{
    for (size_t i = 0; c->m->kind->attrs && c->m->kind->attrs[i].name; i++) {
        const epl_attr *a = &c->m->kind->attrs[i];
        if (a->type != type || strcmp(a->name, attribute))
            continue;
        *given = (bool *)(uintptr_t)&c->m->given[i];
        return a;
    }
    epl_ctx_fail(c, EPL_ERR_ARG, "the kind %s has no open size \"%s\"", c->m->kind->name,
                 attribute);
    return NULL;
}

int64_t epl_size(epl_ctx *c, const char *attribute, int64_t found)
{
    bool *given;
    const epl_attr *a = open_row(c, attribute, EPL_INT, &given);
    if (!a)
        return found;
    int64_t *value = (void *)((char *)c->m->args + a->offset);
    if (found <= 0)
        epl_ctx_fail(c, EPL_ERR_SHAPE, "\"%s\" cannot be inferred: the input has %lld", attribute,
                     (long long)found);
    else if (*value == 0 && c->r->infer) {
        *value = found;
        *given = true;
    } else if (found != *value)
        epl_ctx_fail(c, EPL_ERR_SHAPE, "\"%s\" is %lld, the input has %lld", attribute,
                     (long long)*value, (long long)found);
    return *value > 0 ? *value : 1;
}

epl_ints epl_sizes(epl_ctx *c, const char *attribute, epl_ints found)
{
    bool *given;
    const epl_attr *a = open_row(c, attribute, EPL_LIST, &given);
    if (!a)
        return found;
    epl_ints *value = (void *)((char *)c->m->args + a->offset);
    if (!value->count && c->r->infer) {
        int64_t *at = epl_scope_alloc(*(epl_scope **)c->m->args, (found.count + 1) * sizeof *at);
        if (!at)
            return found;
        if (found.count)
            memcpy(at, found.at, found.count * sizeof *at);
        *value = (epl_ints){found.count, at};
        *given = true;
    }
    return *value;
}

/* -- the application ----------------------------------------------------------------------- */
bool epl_training(const epl_ctx *c)
{
    return c->r->train;
}

bool epl_inferring(const epl_ctx *c)
{
    return c->r->infer;
}

bool epl_has_key(const epl_ctx *c)
{
    return c->r->infer || c->r->key.graph;
}

epl_val epl_key_here(epl_ctx *c)
{
    uint64_t h = 14695981039346656037u;
    if (!epl__ctx_ok(c))
        return EPL_NO_VAL;
    if (c->r->infer) {
        epl_type key = EPL_KEY;
        return epl__placeholder(c->r->f, &key);
    }
    if (!c->r->key.graph)
        return epl_ctx_fail(c, EPL_ERR_ARG, "a key is needed in training: give .key = value");
    for (const char *p = c->path; *p; p++)
        h = (h ^ (unsigned char)*p) * 1099511628211u;
    epl__fold_attrs domain = {2};
    return epl_op(&epl__prim_fold, epl_list(c->r->key, epl_int((int64_t)h)), &domain);
}

epl_fn *epl_ctx_fn(const epl_ctx *c)
{
    return c->r->f;
}

epl_module epl_ctx_module(const epl_ctx *c)
{
    return c->m;
}

const char *epl_ctx_path(const epl_ctx *c)
{
    return c->path;
}

epl_dtype epl_ctx_dtype(const epl_ctx *c)
{
    return c->r->dtype;
}

epl_val epl_more(epl_ctx *c, size_t i)
{
    return i < c->more.count ? c->more.at[i] : EPL_NO_VAL;
}

void epl_also(epl_ctx *c, size_t i, epl_val v)
{
    if (c->also && i < c->room)
        c->also[i] = v;
    c->results = c->results > i ? c->results : i + 1;
}
