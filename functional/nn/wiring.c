/* wiring.c -- the nodes of a Graph: checked, copied, and sorted.
 *
 * Invariant of a copy: all names resolve, and each node comes after the nodes it names.
 */
#include <stdlib.h>
#include <string.h>
#include "module.h"

typedef struct {
    const char *name;
    size_t length, node; /* SIZE_MAX: an input of the graph */
} label;

typedef struct {
    epl_scope *scope;
    const char *kind;
    const epl_wiring *from;
    label *label; /* sorted by name */
    size_t labels;
    size_t *waits; /* by node: inputs that are not placed yet */
    bool *placed;
} wiring;

static bool refuse(const wiring *w, const char *what, const char *name, size_t length)
{
    epl_scope_fail(w->scope, EPL_ERR_ARG, "[%s] %s \"%.*s\"", w->kind, what,
                   (int)(length < 200 ? length : 200), name);
    return false;
}

/* The next name of a list; "a.1" is name a, and *length leaves the number out. */
static const char *next_name(const char **list, size_t *length)
{
    const char *p = *list ? *list : "";
    p += strspn(p, " ");
    size_t all = strcspn(p, " ");
    *list = p + all;
    *length = strcspn(p, " .");
    return all ? p : NULL;
}

static int compare(const void *a, const void *b)
{
    const label *x = a, *y = b;
    size_t n = x->length < y->length ? x->length : y->length;
    int c = memcmp(x->name, y->name, n);
    return c ? c : (x->length > y->length) - (x->length < y->length);
}

static const label *find(const wiring *w, const char *name, size_t length)
{
    label key = {name, length, 0};
    return bsearch(&key, w->label, w->labels, sizeof key, compare);
}

/* -- checks -------------------------------------------------------------------------------- */
static bool fits(const char *name, size_t length)
{
    char copy[256];
    if (length >= sizeof copy)
        return false;
    memcpy(copy, name, length);
    copy[length] = 0;
    return epl__name_fits(copy);
}

static bool read_labels(wiring *w)
{
    size_t room = w->from->count, length;
    const char *list = w->from->inputs, *name;
    while (next_name(&list, &length))
        room++;
    w->label = epl_scope_alloc(w->scope, (room + 1) * sizeof *w->label);
    if (!w->label)
        return false;
    for (list = w->from->inputs; (name = next_name(&list, &length));)
        w->label[w->labels++] = (label){name, length, SIZE_MAX};
    if (!w->labels)
        return refuse(w, "a graph needs an input, got", "", 0);
    for (size_t i = 0; i < w->from->count; i++) {
        name = w->from->node[i].name ? w->from->node[i].name : "";
        w->label[w->labels++] = (label){name, strlen(name), i};
    }
    qsort(w->label, w->labels, sizeof *w->label, compare);
    for (size_t i = 0; i < w->labels; i++) {
        const label *l = &w->label[i];
        if (!fits(l->name, l->length))
            return refuse(w, "names of nodes must match [A-Za-z0-9_]+, got", l->name, l->length);
        if (i && !compare(l - 1, l))
            return refuse(w, "two nodes or inputs are named", l->name, l->length);
    }
    return true;
}

static bool read_node(wiring *w, size_t i)
{
    const epl_node *n = &w->from->node[i];
    const char *list = n->inputs, *name;
    size_t length, names = 0;
    if (!n->module == !n->op)
        return refuse(w, "either a module or an operation is expected in node", n->name,
                      strlen(n->name));
    if (n->op && !epl_operation_named(n->op))
        return refuse(w, "there is no operation", n->op, strlen(n->op));
    for (; (name = next_name(&list, &length)); names++) {
        if (length == 1 && *name == '-' && n->op)
            continue;
        const label *l = find(w, name, length);
        if (!l)
            return refuse(w, "there is no node or input", name, length);
        w->waits[i] += l->node != SIZE_MAX;
    }
    return names || n->op ||
           refuse(w, "a module needs an input; none has node", n->name, strlen(n->name));
}

static bool outputs_resolve(const wiring *w)
{
    const char *list = w->from->outputs, *name;
    size_t length, names = 0;
    for (; (name = next_name(&list, &length)); names++)
        if (!find(w, name, length))
            return refuse(w, "there is no node or input", name, length);
    return names || refuse(w, "a graph needs an output, got", "", 0);
}

/* -- the copy ------------------------------------------------------------------------------ */
static bool copy_op(epl_scope *s, const epl_node *from, epl_node *to)
{
    const epl_operation *o = epl_operation_named(from->op);
    char *args = from->args ? epl_scope_alloc(s, o->args_size + 1) : NULL;
    to->op = o->name;
    to->args = args;
    to->given = epl__text_copy(s, from->given ? from->given : "");
    if (!to->given || (from->args && !args))
        return false;
    if (args)
        memcpy(args, from->args, o->args_size);
    for (const epl_attr *a = o->args; args && a->name; a++) {
        void *p = args + a->offset;
        epl_ints *list = p;
        const char **text = p;
        if (a->type == EPL_TENSORS)
            *(epl_vals *)p = (epl_vals){0, NULL};
        if (a->type == EPL_STRING && *text && !(*text = epl__text_copy(s, *text)))
            return false;
        if (a->type == EPL_LIST && list->at) {
            int64_t *at = epl_scope_alloc(s, (list->count + 1) * sizeof *at);
            if (!at)
                return false;
            if (list->count)
                memcpy(at, list->at, list->count * sizeof *at);
            list->at = at;
        }
    }
    return true;
}

static bool copy_node(epl_scope *s, const epl_node *from, epl_node *to)
{
    *to = (epl_node){.name = epl__text_copy(s, from->name), .module = from->module};
    to->inputs = epl__text_copy(s, from->inputs ? from->inputs : "");
    if (!to->name || !to->inputs)
        return false;
    return !from->op || copy_op(s, from, to);
}

typedef struct {
    size_t user, next; /* a list by node: who waits for it */
} edge;

/* Kahn's sorting; of the nodes that are ready, the first in the list goes first when it does not
 * wait for a later one, so that a sorted list stays as it is. */
static bool sort(wiring *w, epl_node *to)
{
    size_t n = w->from->count, edges = 0, length;
    for (size_t i = 0; i < n; i++)
        edges += w->waits[i];
    edge *list = epl_scope_alloc(w->scope, (edges + 1) * sizeof *list);
    size_t *head = epl_scope_alloc(w->scope, (n + 1) * sizeof *head), used = 0, placed = 0;
    size_t *ready = epl_scope_alloc(w->scope, (n + 1) * sizeof *ready), count = 0;
    if (!list || !head || !ready)
        return false;
    for (size_t i = 0; i < n; i++)
        head[i] = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        const char *names = w->from->node[i].inputs, *name;
        while ((name = next_name(&names, &length))) {
            const label *l = find(w, name, length);
            if (!l || l->node == SIZE_MAX)
                continue;
            list[used] = (edge){i, head[l->node]};
            head[l->node] = used++;
        }
    }
    for (size_t i = 0; i <= n; i++) {
        if (i < n && w->waits[i] == 0)
            ready[count++] = i;
        while (count) {
            size_t k = ready[--count];
            if (!copy_node(w->scope, &w->from->node[k], &to[placed++]))
                return false;
            w->placed[k] = true;
            for (size_t e = head[k]; e != SIZE_MAX; e = list[e].next)
                if (--w->waits[list[e].user] == 0 && list[e].user < i)
                    ready[count++] = list[e].user;
        }
    }
    for (size_t i = 0; i < n; i++)
        if (!w->placed[i])
            return refuse(w, "a cycle goes through node", w->from->node[i].name,
                          strlen(w->from->node[i].name));
    return true;
}

bool epl__wiring_copy(epl_scope *s, const char *kind, const epl_wiring *from, epl_wiring *to)
{
    wiring w = {.scope = s, .kind = kind, .from = from};
    epl_node *node = epl_scope_alloc(s, (from->count + 1) * sizeof *node);
    w.waits = epl_scope_alloc(s, (from->count + 1) * sizeof *w.waits);
    w.placed = epl_scope_alloc(s, from->count + 1);
    if (!node || !w.waits || !w.placed || !read_labels(&w))
        return false;
    for (size_t i = 0; i < from->count; i++)
        if (!read_node(&w, i))
            return false;
    if (!outputs_resolve(&w) || !sort(&w, node))
        return false;
    *to = (epl_wiring){epl__text_copy(s, from->inputs), epl__text_copy(s, from->outputs),
                       from->count, node};
    return to->inputs && to->outputs;
}
