/* describe_nodes.c -- the nodes of a Graph in JSON, both ways.
 *
 *   "inputs": ["input"], "nodes": {"a": {"module": {...}, "inputs": ["input"]},
 *   "s": {"op": "add", "inputs": ["a", "input"], "args": {"alpha": 2}}}, "outputs": ["s"]
 */
#include <string.h>
#include "../src/base/attr.h"
#include "../src/base/scope.h"
#include "describe.h"

/* -- reading ------------------------------------------------------------------------------- */
/* "a", or "a.1" for a further result. */
static bool is_name(const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    const char *p = name + n;
    return n && n < 200 &&
           (!*p || (*p == '.' && p[1] && strspn(p + 1, "0123456789") == strlen(p + 1)));
}

/* A list of names, with spaces between. */
static const char *read_names(epl__reading *r, const char *path, const cJSON *in, const char *key)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(in, key);
    epl__textbuf t = {.scope = r->scope};
    char got[EPL__GOT];
    if (!cJSON_IsArray(list)) {
        epl__refuse(r, path, "\"%s\" must be a list of names, got %s", key,
                    list ? epl__got(list, got) : "none");
        return NULL;
    }
    epl__text_add(&t, "");
    for (const cJSON *m = list->child; m; m = m->next) {
        const char *name = cJSON_GetStringValue(m);
        if (cJSON_IsNull(m))
            name = "-";
        else if (!name || !is_name(name)) {
            epl__refuse(r, path, "\"%s\" must be a list of names, got %s", key, epl__got(m, got));
            return NULL;
        }
        epl__text_addf(&t, "%s%s", t.length ? " " : "", name);
    }
    return epl_scope_status(r->scope) == EPL_OK ? epl__text_of(&t) : NULL;
}

static bool read_args(epl__reading *r, const char *path, const epl_operation *o, const cJSON *args,
                      epl_node *out)
{
    epl__textbuf given = {.scope = r->scope};
    char *packed = epl_scope_alloc(r->scope, o->args_size + 1);
    if (!packed || !epl__is_object(r, path, args, "\"args\""))
        return false;
    for (const cJSON *m = args->child; m; m = m->next) {
        const epl_attr *row = epl__row_for(o->args, m);
        if (!row) {
            epl__textbuf t;
            epl__unknown_name(r->scratch, o->args, m->string, &t);
            return epl__refuse(r, path, "the operation %s has no argument \"%.100s\"%s", o->name,
                               m->string, epl__text_of(&t));
        }
        if (cJSON_IsNull(m))
            continue;
        if (!epl__read_attr(r, path, row, m, packed))
            return false;
        epl__text_addf(&given, "%s%s", given.length ? " " : "", row->name);
    }
    out->args = packed;
    out->given = epl__text_of(&given);
    return epl_scope_status(r->scope) == EPL_OK;
}

static bool read_op(epl__reading *r, const char *path, const cJSON *j, const char *name,
                    epl_node *out)
{
    const cJSON *args = cJSON_GetObjectItemCaseSensitive(j, "args");
    const epl_operation *o = epl_operation_named(name), *other;
    epl__nearest near = {.name = name};
    for (size_t i = 0; !o && (other = epl_operation_at(i)); i++)
        epl__nearest_try(&near, other->name);
    if (!o)
        return epl__refuse(r, path, "there is no operation \"%.100s\"%s%s%s", name,
                           near.found ? "; did you mean \"" : "", near.found ? near.found : "",
                           near.found ? "\"?" : "");
    out->op = o->name;
    return !args || cJSON_IsNull(args) || read_args(r, path, o, args, out);
}

static bool read_node(epl__reading *r, const char *path, const cJSON *j, epl_node *out)
{
    static const char *const known[] = {"module", "op", "inputs", "args"};
    const cJSON *module = cJSON_GetObjectItemCaseSensitive(j, "module");
    const cJSON *op = cJSON_GetObjectItemCaseSensitive(j, "op");
    if (!epl__is_object(r, path, j, "a node"))
        return false;
    for (const cJSON *m = j->child; m; m = m->next) {
        bool have = false;
        for (int i = 0; i < 4; i++)
            have = have || !strcmp(m->string, known[i]);
        if (!have || (!strcmp(m->string, "args") && !op))
            return epl__refuse(r, path, "a node has no \"%.100s\"; there are: %s", m->string,
                               op ? "op, inputs, args" : "module, inputs");
    }
    if (!module == !op || (op && !cJSON_IsString(op)))
        return epl__refuse(r, path, "a node has either a \"module\" or an \"op\", which is a name");
    out->inputs = read_names(r, path, j, "inputs");
    if (!out->inputs)
        return false;
    if (op)
        return read_op(r, path, j, op->valuestring, out);
    out->module = epl__read_module(r, path, module);
    return out->module != NULL;
}

bool epl__read_nodes(epl__reading *r, const char *path, const cJSON *graph, epl_wiring *out)
{
    const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(graph, "nodes");
    char below[EPL__PATH];
    out->inputs = read_names(r, path, graph, "inputs");
    out->outputs = out->inputs ? read_names(r, path, graph, "outputs") : NULL;
    if (!out->outputs)
        return false;
    if (!nodes)
        return epl__refuse(r, path, "\"nodes\" is missing");
    if (!epl__is_object(r, path, nodes, "\"nodes\""))
        return false;
    epl_node *list =
        epl_scope_alloc(r->scope, ((size_t)cJSON_GetArraySize(nodes) + 1) * sizeof *list);
    out->node = list;
    for (const cJSON *j = list ? nodes->child : NULL; j; j = j->next) {
        if (!epl__name_fits(j->string) || strlen(j->string) >= 200)
            return epl__refuse(r, path, "the node name \"%.100s\" must match [A-Za-z0-9_]+",
                               j->string);
        epl__text(below, sizeof below, "%s.%s", path, j->string);
        char *name = epl_scope_alloc(r->scope, strlen(j->string) + 1);
        if (!name || !read_node(r, below, j, &list[out->count]))
            return false;
        list[out->count++].name = strcpy(name, j->string);
    }
    return list != NULL;
}

/* -- writing ------------------------------------------------------------------------------- */
static void write_names(epl__textbuf *t, const char *list)
{
    epl__text_add(t, "[");
    for (const char *p = list + strspn(list, " "); *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n == 1 && *p == '-')
            epl__text_add(t, "null");
        else
            epl__text_addf(t, "\"%.*s\"", (int)(n < 256 ? n : 256), p);
        p += n;
        epl__text_add(t, p[strspn(p, " ")] ? ", " : "");
    }
    epl__text_add(t, "]");
}

static bool named(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *p = list; p && *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n == length && !strncmp(p, name, n))
            return true;
        p += n;
    }
    return false;
}

static void write_args(epl__textbuf *t, const epl_node *n)
{
    const epl_operation *o = epl_operation_named(n->op);
    bool any = false;
    for (const epl_attr *row = o->args; n->args && row->name; row++) {
        const void *p = (const char *)n->args + row->offset;
        bool absent = (row->type == EPL_STRING && !*(const char *const *)p) ||
                      (row->type == EPL_LIST && !((const epl_ints *)p)->at) ||
                      row->type == EPL_TENSORS ||
                      (row->type == EPL_TENSOR && epl_is_none(*(const epl_val *)p));
        if (absent || !named(n->given, row->name))
            continue;
        epl__text_add(t, any ? ", " : ", \"args\": {");
        epl__text_string(t, row->name);
        epl__text_add(t, ": ");
        epl__write_attr(t, row, n->args);
        any = true;
    }
    epl__text_add(t, any ? "}" : "");
}

void epl__write_nodes(epl__textbuf *t, const epl_wiring *w)
{
    epl__text_add(t, ", \"inputs\": ");
    write_names(t, w->inputs);
    epl__text_add(t, ", \"nodes\": {");
    for (size_t i = 0; i < w->count; i++) {
        const epl_node *n = &w->node[i];
        epl__text_add(t, i ? ", " : "");
        epl__text_string(t, n->name);
        epl__text_add(t, n->op ? ": {\"op\": " : ": {\"module\": ");
        if (n->op)
            epl__text_string(t, n->op);
        else
            epl__write_module(t, n->module, false);
        epl__text_add(t, ", \"inputs\": ");
        write_names(t, n->inputs);
        if (n->op)
            write_args(t, n);
        epl__text_add(t, "}");
    }
    epl__text_add(t, "}, \"outputs\": ");
    write_names(t, w->outputs);
}
