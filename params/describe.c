/* describe.c -- modules from JSON, by the tables of their kinds.
 *
 * Nothing in a text can do harm: its size and depth are bounded, each name and value is
 * checked, and an error tells the path: net.block1.conv2: "stride" must be ...
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "../src/base/attr.h"
#include "../src/base/scope.h"
#include "describe.h"

enum { DEPTH = 64, MOST = 1 << 24 }; /* of modules in modules; bytes of a description */

/* -- messages ------------------------------------------------------------------------------ */
bool epl__refuse(epl__reading *r, const char *path, const char *format, ...)
{
    char text[800];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    epl_scope_fail(r->scope, EPL_ERR_ARG, "%s: %s", path, text);
    return false;
}

const char *epl__got(const cJSON *j, char *text)
{
    if (cJSON_IsObject(j))
        return strcpy(text, "an object");
    if (cJSON_IsArray(j) && cJSON_GetArraySize(j) > 8)
        return strcpy(text, "a list");
    char *all = cJSON_PrintUnformatted(j);
    epl__text(text, EPL__GOT, "%s", all ? all : "what has no text");
    cJSON_free(all);
    return text;
}

bool epl__is_object(epl__reading *r, const char *path, const cJSON *j, const char *what)
{
    char got[EPL__GOT];
    size_t n = 0;
    if (!cJSON_IsObject(j))
        return epl__refuse(r, path, "%s must be an object, got %s", what, epl__got(j, got));
    epl_mark m = epl_scope_mark(r->scratch);
    const char **name =
        epl_scope_alloc(r->scratch, ((size_t)cJSON_GetArraySize(j) + 1) * sizeof *name);
    for (const cJSON *c = name ? j->child : NULL; c; c = c->next)
        name[n++] = c->string;
    const char *twice = name ? epl__twice(name, n) : NULL;
    if (twice)
        epl__refuse(r, path, "\"%.100s\" stands twice", twice);
    else if (!name)
        epl_scope_fail(r->scope, EPL_ERR_MEMORY, "%s", epl_scope_message(r->scratch));
    epl_scope_reset(r->scratch, m);
    return name && !twice;
}

/* -- kind and version ---------------------------------------------------------------------- */
static const epl_kind *read_kind(epl__reading *r, const char *path, const cJSON *j)
{
    const cJSON *named = cJSON_GetObjectItemCaseSensitive(j, "kind");
    const char *name = cJSON_GetStringValue(named);
    const epl_kind *k = epl_kind_named(name);
    epl__nearest near = {.name = name};
    char got[EPL__GOT];
    if (!name)
        epl__refuse(r, path, "\"kind\" must be a string, got %s",
                    named ? epl__got(named, got) : "none");
    if (!name || k)
        return k;
    for (size_t i = 0; (k = epl_kind_at(i)); i++)
        epl__nearest_try(&near, k->name);
    epl__refuse(r, path, "there is no kind \"%.100s\"%s%s%s", name,
                near.found ? "; did you mean \"" : "", near.found ? near.found : "",
                near.found ? "\"?" : "");
    return NULL;
}

static bool read_version(epl__reading *r, const char *path, const epl_kind *k, const cJSON *j,
                         int *version)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(j, "version");
    char got[EPL__GOT];
    *version = k->version;
    if (!v || cJSON_IsNull(v))
        return true;
    double n = cJSON_IsNumber(v) ? v->valuedouble : 0;
    if (!(n >= 1 && n <= 1e9) || n != floor(n))
        return epl__refuse(r, path, "\"version\" must be a positive integer, got %s",
                           epl__got(v, got));
    *version = (int)n;
    if (*version > k->version)
        return epl__refuse(r, path, "version %d of %s is newer than this library's, %d", *version,
                           k->name, k->version);
    if (*version < k->version && !k->upgrade)
        return epl__refuse(r, path, "version %d of %s can no longer be read", *version, k->name);
    return true;
}

/* -- children ---------------------------------------------------------------------------------- */
static const epl_attr *row_of_type(const epl_kind *k, epl_attr_type type, const char *name)
{
    for (const epl_attr *a = k->attrs; a && a->name; a++)
        if (a->type == type && (!name || !strcmp(a->name, name)))
            return a;
    return NULL;
}

static bool read_children(epl__reading *r, const char *path, const epl_kind *k, const cJSON *list,
                          void *args)
{
    const epl_attr *row = row_of_type(k, EPL_CHILDREN_LIST, NULL);
    bool array = cJSON_IsArray(list);
    char below[EPL__PATH];
    size_t n = 0;
    if (!array && !epl__is_object(r, path, list, "\"children\""))
        return false;
    epl_child *child =
        epl_scope_alloc(r->scope, ((size_t)cJSON_GetArraySize(list) + 1) * sizeof *child);
    for (const cJSON *j = child ? list->child : NULL; j; j = j->next, n++) {
        const epl_attr *one = array ? NULL : row_of_type(k, EPL_CHILD, j->string);
        if (!row && !one)
            return epl__refuse(r, path, "%s has no child \"%.100s\"", k->name,
                               array ? "0" : j->string);
        if (!array && !epl__name_fits(j->string))
            return epl__refuse(r, path, "the child name \"%.100s\" must match [A-Za-z0-9_]+",
                               j->string);
        if (array)
            epl__text(below, sizeof below, "%s.%zu", path, n);
        else
            epl__text(below, sizeof below, "%s.%s", path, j->string);
        epl_module m = epl__read_module(r, below, j);
        if (!m)
            return false;
        if (one)
            *(epl_module *)(void *)((char *)args + one->offset) = m;
        char *name = array ? "" : epl_scope_alloc(r->scope, strlen(j->string) + 1);
        child[n] = (epl_child){name ? array ? name : strcpy(name, j->string) : NULL, m};
    }
    if (row)
        *(const epl_child **)(void *)((char *)args + row->offset) = child;
    return child != NULL;
}

/* -- a module ---------------------------------------------------------------------------------- */
static bool is_own(const epl_kind *k, const char *key, bool top)
{
    static const char *const all[] = {"kind", "version", "children", NULL};
    static const char *const graph[] = {"inputs", "nodes", "outputs", NULL};
    for (int i = 0; all[i]; i++)
        if (!strcmp(key, all[i]))
            return true;
    for (int i = 0; graph[i] && row_of_type(k, EPL_NODES, NULL); i++)
        if (!strcmp(key, graph[i]))
            return true;
    return top && !strcmp(key, "input");
}

static bool read_attrs(epl__reading *r, const char *path, const epl_kind *k, const cJSON *j,
                       void *args, epl__textbuf *names)
{
    for (const cJSON *m = j->child; m; m = m->next) {
        const epl_attr *row = epl__row_for(k->attrs, m);
        if (is_own(k, m->string, r->depth == 1))
            continue;
        if (row &&
            (row->type == EPL_CHILD || row->type == EPL_CHILDREN_LIST || row->type == EPL_NODES))
            return epl__refuse(r, path, "\"%s\" belongs into \"children\"", row->name);
        if (!row) {
            epl__textbuf t;
            epl__unknown_name(r->scratch, k->attrs, m->string, &t);
            return epl__refuse(r, path, "%s has no attribute \"%.100s\"%s", k->name, m->string,
                               epl__text_of(&t));
        }
        if (cJSON_IsNull(m))
            continue;
        if (!epl__read_attr(r, path, row, m, args))
            return false;
        epl__text_addf(names, "%s%s", names->length ? " " : "", row->name);
    }
    return true;
}

/* The module made in `scope`; the message of what is wrong gets the path. */
static epl_module make(epl__reading *r, const char *path, const epl_kind *k, void *args,
                       const char *names)
{
    epl_mark mark = epl_scope_mark(r->scratch);
    *(epl_scope **)args = r->scratch;
    if (!epl_module_new(k, args, names)) {
        const char *why = epl_scope_message(r->scratch);
        const char *end = *why == '[' ? strstr(why, "] ") : NULL;
        epl_scope_fail(r->scope, epl_scope_status(r->scratch), "%s: %s", path, end ? end + 2 : why);
        epl_scope_reset(r->scratch, mark);
        return NULL;
    }
    epl_scope_reset(r->scratch, mark);
    *(epl_scope **)args = r->scope;
    return epl_module_new(k, args, names);
}

static epl_module read_fields(epl__reading *r, const char *path, const epl_kind *k, const cJSON *j)
{
    const cJSON *children = cJSON_GetObjectItemCaseSensitive(j, "children");
    const epl_attr *nodes = row_of_type(k, EPL_NODES, NULL);
    epl__textbuf names = {.scope = r->scope};
    int version;
    char *args = epl_scope_alloc(r->scope, k->args_size);
    if (!args || !read_version(r, path, k, j, &version) || !read_attrs(r, path, k, j, args, &names))
        return NULL;
    if (children && !cJSON_IsNull(children)) {
        if (!read_children(r, path, k, children, args))
            return NULL;
        epl__text_add(&names, " children");
    }
    if (nodes) {
        if (!epl__read_nodes(r, path, j, (void *)(args + nodes->offset)))
            return NULL;
        epl__text_addf(&names, " %s", nodes->name);
    }
    *(epl_scope **)(void *)args = r->scope;
    if (version < k->version && k->upgrade(r->scope, version, args) != EPL_OK) {
        epl__refuse(r, path, "version %d of %s cannot be read", version, k->name);
        return NULL;
    }
    return make(r, path, k, args, epl__text_of(&names));
}

epl_module epl__read_module(epl__reading *r, const char *path, const cJSON *j)
{
    const epl_kind *k = NULL;
    epl_module m = NULL;
    if (++r->depth > DEPTH)
        epl__refuse(r, path, "modules nest more than %d deep", DEPTH);
    else if (strlen(path) >= EPL__PATH - 200)
        epl__refuse(r, path, "the path is too long");
    else if (epl__is_object(r, path, j, "a module"))
        k = read_kind(r, path, j);
    if (k && epl_scope_status(r->scope) == EPL_OK)
        m = read_fields(r, path, k, j);
    r->depth--;
    return m;
}

/* -- the example at the top -------------------------------------------------------------------- */
static bool read_numbers(epl__reading *r, const cJSON *list, const char *name, double **out,
                         size_t *count)
{
    char got[EPL__GOT];
    size_t n = 0;
    *out = epl_scope_alloc(r->scope, ((size_t)cJSON_GetArraySize(list) + 1) * sizeof **out);
    for (const cJSON *m = cJSON_IsArray(list) ? list->child : NULL; m && *out; m = m->next)
        if (!cJSON_IsNumber(m) || !isfinite((*out)[n++] = m->valuedouble))
            return epl__refuse(r, "input", "\"%s\" must be a list of numbers, got %s", name,
                               epl__got(m, got));
    *count = n;
    return n || epl__refuse(r, "input", "\"%s\" must be a list of numbers, got %s", name,
                            epl__got(list, got));
}

static bool read_shape(epl__reading *r, const cJSON *list, int most, epl_shape *shape)
{
    char got[EPL__GOT];
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > most)
        return epl__refuse(r, "input", "\"shape\" must be a list of sizes, got %s",
                           epl__got(list, got));
    for (const cJSON *m = list->child; m; m = m->next) {
        double v = cJSON_IsNumber(m) ? m->valuedouble : 0;
        if (!(v >= 1 && v <= 9007199254740992.0) || v != floor(v))
            return epl__refuse(r, "input", "\"shape\" must be positive integers, got %s",
                               epl__got(m, got));
        shape->dim[shape->rank++] = (int64_t)v;
    }
    return true;
}

/* [{"dtype": "f32", "shape": [8, 5]}, ...]: the whole types of several inputs. */
static bool read_types(epl__reading *r, const cJSON *list, epl_example *e)
{
    char got[EPL__GOT];
    size_t n = (size_t)cJSON_GetArraySize(list);
    epl_type *all = n ? epl_scope_alloc(r->scope, n * sizeof *all) : NULL;
    if (!cJSON_IsArray(list) || !all)
        return epl__refuse(r, "input", "\"all\" must be a list of types, got %s",
                           epl__got(list, got));
    e->input = all;
    for (const cJSON *t = list->child; t; t = t->next) {
        const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(t, "dtype");
        const char *name = cJSON_GetStringValue(dtype);
        epl_type *type = &all[e->inputs++];
        type->dtype = name ? epl_dtype_named(name) : EPL_NONE;
        if (type->dtype == EPL_NONE)
            return epl__refuse(r, "input", "\"dtype\" must name an element type, got %s",
                               epl__got(dtype ? dtype : t, got));
        const cJSON *shape = cJSON_GetObjectItemCaseSensitive(t, "shape");
        if (!read_shape(r, shape ? shape : t, EPL_MAX_RANK, &type->shape))
            return false;
    }
    return true;
}

static epl_module read_example(epl__reading *r, epl_module m, const cJSON *j)
{
    epl_example e = {.channels = 0};
    double *mean = NULL, *std = NULL;
    size_t count = 0;
    if (!epl__is_object(r, "input", j, "\"input\""))
        return NULL;
    for (const cJSON *c = j->child; c; c = c->next) {
        bool fits = true;
        if (cJSON_IsNull(c))
            continue;
        if (!strcmp(c->string, "shape"))
            fits = read_shape(r, c, EPL_MAX_RANK - 1, &e.shape);
        else if (!strcmp(c->string, "all"))
            fits = !e.inputs && read_types(r, c, &e);
        else if (!strcmp(c->string, "mean"))
            fits = read_numbers(r, c, "mean", &mean, &e.channels);
        else if (!strcmp(c->string, "std"))
            fits = read_numbers(r, c, "std", &std, &count);
        else
            fits = epl__refuse(
                r, "input", "there is no \"%.100s\"; there are: shape, mean, std, all", c->string);
        if (!fits)
            return NULL;
    }
    bool by_channel = e.channels <= 1 || !e.shape.rank || (int64_t)e.channels == e.shape.dim[0];
    if (count != e.channels || !by_channel) {
        epl__refuse(r, "input",
                    "\"mean\" and \"std\" must have one number, or one for each channel, each");
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!(std[i] > 0)) {
            epl__refuse(r, "input", "\"std\" must be positive, got %g", std[i]);
            return NULL;
        }
    e.mean = mean;
    e.std = std;
    return epl_with_example(r->scope, m, e);
}

/* -- the whole --------------------------------------------------------------------------------- */
/* Where the text stops making sense, by line and column. */
static void refuse_text(epl_scope *s, const char *json, const char *at)
{
    size_t line = 1, column = 1;
    for (const char *p = json; at && p < at && *p; p++) {
        line += *p == '\n';
        column = *p == '\n' ? 1 : column + 1;
    }
    epl_scope_fail(s, EPL_ERR_ARG, "the description is no JSON: line %zu, column %zu", line,
                   column);
}

epl_module epl_module_from_json(epl_scope *s, const char *json)
{
    const char *end = NULL;
    size_t length = json ? strlen(json) : 0;
    if (epl_scope_status(s) != EPL_OK)
        return NULL;
    if (!json || length > MOST) {
        epl_scope_fail(s, EPL_ERR_ARG,
                       json ? "a description of more than %d bytes"
                            : "there is no description (NULL); at most %d bytes",
                       MOST);
        return NULL;
    }
    cJSON *j = cJSON_ParseWithLengthOpts(json, length + 1, &end, true);
    if (!j) {
        refuse_text(s, json, end);
        return NULL;
    }
    epl__reading r = {.scope = s, .scratch = epl_scope_new(epl__scope_allocator(s))};
    epl_module m = epl__read_module(&r, "net", j);
    const cJSON *example = m ? cJSON_GetObjectItemCaseSensitive(j, "input") : NULL;
    if (example && !cJSON_IsNull(example))
        m = read_example(&r, m, example);
    if (epl_scope_status(r.scratch) != EPL_OK)
        epl_scope_fail(s, epl_scope_status(r.scratch), "%s", epl_scope_message(r.scratch));
    epl_scope_free(r.scratch);
    cJSON_Delete(j);
    return epl_scope_status(s) == EPL_OK ? m : NULL;
}
