/* module.c -- modules are made here: options, defaults, checks, children.
 *
 * A module never changes once epl_module_new or epl_infer has returned it. It owns all that
 * it holds but its children, which are modules like it.
 */
#include <string.h>
#include "../../src/base/scope.h"
#include "module.h"

char *epl__text_copy(epl_scope *s, const char *text)
{
    char *copy = text ? epl_scope_alloc(s, strlen(text) + 1) : NULL;
    return copy ? strcpy(copy, text) : NULL;
}

/* -- attributes ---------------------------------------------------------------------------- */
static bool set_text(epl_scope *s, const epl_attr *a, const char **text, bool given)
{
    size_t n = a->text && !(a->flags & EPL_ATTR_NONE) ? strcspn(a->text, "|") : 0;
    if (*text && given)
        return (*text = epl__text_copy(s, *text)) != NULL;
    char *word = n ? epl_scope_alloc(s, n + 1) : NULL; /* the first word is the default */
    *text = word ? memcpy(word, a->text, n) : NULL;
    return !n || word;
}

static bool set_list(epl_scope *s, epl_ints *list, bool given)
{
    if (!given || !list->count || !list->at) {
        *list = (epl_ints){0, NULL};
        return true;
    }
    int64_t *at = epl_scope_alloc(s, list->count * sizeof *at);
    if (!at)
        return false;
    list->at = memcpy(at, list->at, list->count * sizeof *at);
    return true;
}

/* One attribute of the copy: its default if it was not given, texts and lists copied. */
static bool set_attr(epl_scope *s, const epl_kind *kind, const epl_attr *a, char *args,
                     epl__option o)
{
    void *p = args + a->offset;
    int64_t *ints = p;
    switch (a->type) {
    case EPL_INT:
        *ints = o.given ? *ints : (int64_t)a->value;
        return true;
    case EPL_NUMBER:
        *(double *)p = o.given ? *(double *)p : a->value;
        return true;
    case EPL_BOOLEAN:
        *(bool *)p = o.given ? *(bool *)p : a->value != 0;
        return true;
    case EPL_DTYPE:
        *(epl_dtype *)p = o.given ? *(epl_dtype *)p : (epl_dtype)a->value;
        return true;
    case EPL_INTS:
        for (int i = a->size; i-- > 0;)
            ints[i] = !o.given ? (int64_t)a->value : o.count == 1 ? ints[0] : ints[i];
        return true;
    case EPL_STRING:
        return set_text(s, a, p, o.given);
    case EPL_LIST:
        return set_list(s, p, o.given);
    case EPL_NODES: {
        epl_wiring from = *(epl_wiring *)p;
        return epl__wiring_copy(s, kind->name, &from, p);
    }
    default:
        return true;
    }
}

/* Is the attribute there? A text and a module tell by themselves. */
static bool is_given(const epl_attr *a, const char *args, bool named)
{
    const void *p = args + a->offset;
    if (a->type == EPL_STRING && (a->flags & EPL_ATTR_NONE))
        return *(const char *const *)p != NULL;
    if (a->type == EPL_CHILD)
        return *(const epl_module *)p != NULL;
    if (a->type == EPL_LIST)
        return named && ((const epl_ints *)p)->count > 0;
    return named;
}

static bool attr_fits(epl_scope *s, const epl_kind *k, const epl_attr *a, const char *args,
                      bool given)
{
    char wrong[400];
    if (!given && (a->flags & EPL_ATTR_REQUIRED))
        epl_scope_fail(s, EPL_ERR_ARG, "[%s] \"%s\" is missing%s", k->name, a->name,
                       a->type == EPL_CHILD ? ": a module is expected" : "");
    else if (given && epl__attr_wrong(a, args, wrong, sizeof wrong))
        epl_scope_fail(s, EPL_ERR_ARG, "[%s] %s", k->name, wrong);
    else
        return true;
    return false;
}

/* -- children ------------------------------------------------------------------------------ */
static bool child_add(epl_scope *s, struct epl_module_s *m, epl_child *list, const char *name,
                      epl_module child)
{
    char index[24];
    epl__text(index, sizeof index, "%zu", m->children);
    if (!name || !*name)
        name = index;
    if (!child || !epl__name_fits(name)) {
        epl_scope_fail(s, EPL_ERR_ARG,
                       child ? "[%s] the child name \"%s\" must match [A-Za-z0-9_]+"
                             : "[%s] child \"%s\" is no module",
                       m->kind->name, name);
        return false;
    }
    if (child->depth >= EPL__MAX_DEPTH) {
        epl_scope_fail(s, EPL_ERR_ARG, "[%s] modules nest more than %d deep", m->kind->name,
                       EPL__MAX_DEPTH);
        return false;
    }
    m->depth = child->depth >= m->depth ? child->depth + 1 : m->depth;
    list[m->children] = (epl_child){epl__text_copy(s, name), child};
    return list[m->children++].name != NULL;
}

/* The children that one attribute names; counts them if list is NULL. */
static bool attr_children(epl_scope *s, struct epl_module_s *m, const epl_attr *a, epl_child *list,
                          size_t *count)
{
    const void *p = (const char *)m->args + a->offset;
    if (a->type == EPL_CHILD) {
        epl_module one = *(const epl_module *)p;
        *count += one != NULL;
        return !one || !list || child_add(s, m, list, a->name, one);
    }
    if (a->type == EPL_CHILDREN_LIST)
        for (const epl_child *c = *(const epl_child *const *)p; c && (c->name || c->module);
             c++, ++*count)
            if (list && !child_add(s, m, list, c->name, c->module))
                return false;
    if (a->type == EPL_NODES) {
        const epl_wiring *w = p;
        for (size_t i = 0; i < w->count; i++) {
            *count += w->node[i].module != NULL;
            if (w->node[i].module && list &&
                !child_add(s, m, list, w->node[i].name, w->node[i].module))
                return false;
        }
    }
    return true;
}

/* Modules that the args hold are those of the list. */
static void point_to_children(struct epl_module_s *m)
{
    size_t next = 0;
    for (const epl_attr *a = m->kind->attrs; a && a->name; a++) {
        void *p = (char *)m->args + a->offset;
        if (a->type == EPL_CHILDREN_LIST)
            *(const epl_child **)p = m->child;
        if (a->type == EPL_CHILD && *(epl_module *)p)
            *(epl_module *)p = m->child[next++].module;
        const epl_wiring *w = a->type == EPL_NODES ? p : NULL;
        for (size_t i = 0; w && i < w->count; i++)
            if (w->node[i].module)
                ((epl_node *)(uintptr_t)w->node)[i].module = m->child[next++].module;
        if (a->type == EPL_CHILDREN_LIST)
            return; /* a kind has a list of children, or single ones, or nodes */
    }
}

static bool set_children(epl_scope *s, struct epl_module_s *m)
{
    size_t room = 0, count = 0;
    for (const epl_attr *a = m->kind->attrs; a && a->name; a++)
        attr_children(s, m, a, NULL, &room);
    epl_child *list = epl_scope_alloc(s, (room + 1) * sizeof *list);
    const char **name = epl_scope_alloc(s, (room + 1) * sizeof *name);
    if (!list || !name)
        return false;
    m->child = list;
    for (const epl_attr *a = m->kind->attrs; a && a->name; a++)
        if (!attr_children(s, m, a, list, &count))
            return false;
    for (size_t i = 0; i < m->children; i++)
        name[i] = list[i].name;
    const char *twice = epl__twice(name, m->children);
    if (twice)
        epl_scope_fail(s, EPL_ERR_ARG, "[%s] two children are named \"%s\"", m->kind->name, twice);
    point_to_children(m);
    return !twice;
}

/* -- making -------------------------------------------------------------------------------- */
/* epl_nn_linear(s, 10, false): what is meant for .bias stands in the place of a size, and as 0 it
 * would leave that one open without a word. */
static bool misplaced(epl_scope *s, const epl_kind *k, size_t i, epl__option o)
{
    for (size_t j = i + 1; k->attrs[j].name; j++)
        if (k->attrs[j].flags & EPL_ATTR_REQUIRED)
            return false; /* it has to stand there */
    if (o.alone)
        epl_scope_fail(s, EPL_ERR_ARG,
                       "[%s] 0 stands in the place of \"%s\": give options by name, as .%s = value",
                       k->name, k->attrs[i].name, k->attrs[i].name);
    return o.alone;
}

epl_module epl_module_new(const epl_kind *kind, const void *args, const char *given)
{
    if (!kind || !args)
        return NULL;
    epl_scope *s = *(epl_scope *const *)args;
    size_t attrs = epl__attr_count(kind);
    epl__option option[EPL__MAX_ATTRS];
    if (attrs > EPL__MAX_ATTRS) {
        epl_scope_fail(s, EPL_ERR_ARG, "[%s] a kind has at most %d attributes", kind->name,
                       EPL__MAX_ATTRS);
        return NULL;
    }
    struct epl_module_s *m = epl_scope_alloc(s, sizeof *m);
    char *copy = epl_scope_alloc(s, kind->args_size);
    bool *has = epl_scope_alloc(s, attrs + 1);
    if (!m || !copy || !has)
        return NULL;
    memcpy(copy, args, kind->args_size);
    *m = (struct epl_module_s){.kind = kind, .args = copy, .given = has, .depth = 1};
    epl__options(given, kind->attrs, option);
    for (size_t i = 0; i < attrs; i++) {
        const epl_attr *a = &kind->attrs[i];
        bool open = (a->flags & EPL_ATTR_OPEN) && a->type == EPL_INT &&
                    !*(int64_t *)(void *)(copy + a->offset);
        if (open && misplaced(s, kind, i, option[i]))
            return NULL;
        has[i] = option[i].given = !open && is_given(a, copy, option[i].given);
        if (!set_attr(s, kind, a, copy, option[i]) || !attr_fits(s, kind, a, copy, has[i]))
            return NULL;
    }
    return set_children(s, m) ? m : NULL;
}

static bool copy_example(epl_scope *s, epl_example *e)
{
    double *numbers = epl_scope_alloc(s, (2 * e->channels + 1) * sizeof *numbers);
    epl_type *input = e->inputs ? epl_scope_alloc(s, e->inputs * sizeof *input) : NULL;
    if (e->inputs && !input)
        return false;
    e->input = input ? memcpy(input, e->input, e->inputs * sizeof *input) : NULL;
    for (size_t i = 0; numbers && i < e->channels; i++) {
        numbers[i] = e->mean ? e->mean[i] : 0;
        numbers[e->channels + i] = e->std ? e->std[i] : 1;
    }
    if (!numbers)
        return false;
    e->mean = e->channels ? numbers : NULL;
    e->std = e->channels ? numbers + e->channels : NULL;
    return true;
}

/* Recursion is bounded by EPL__MAX_DEPTH. */
struct epl_module_s *epl__module_copy(epl_scope *s, epl_module from)
{
    struct epl_module_s *m = from ? epl_scope_alloc(s, sizeof *m) : NULL;
    if (!m)
        return NULL;
    size_t attrs = epl__attr_count(from->kind);
    bool *given = epl_scope_alloc(s, attrs + 1);
    epl_child *child = epl_scope_alloc(s, (from->children + 1) * sizeof *child);
    *m = *from;
    m->args = epl_scope_alloc(s, from->kind->args_size);
    m->given = given;
    m->child = child;
    if (!m->args || !given || !child || !copy_example(s, &m->example))
        return NULL;
    memcpy(m->args, from->args, from->kind->args_size);
    *(epl_scope **)m->args = s;
    memcpy(given, from->given, attrs);
    static const epl__option kept = {.given = true};
    for (size_t i = 0; i < attrs; i++)
        if (!set_attr(s, from->kind, &from->kind->attrs[i], m->args, kept))
            return NULL;
    for (size_t i = 0; i < from->children; i++) {
        child[i].name = epl__text_copy(s, from->child[i].name);
        child[i].module = epl__module_copy(s, from->child[i].module);
        if (!child[i].name || !child[i].module)
            return NULL;
    }
    point_to_children(m);
    return m;
}

epl_module epl_with_example(epl_scope *s, epl_module m, epl_example e)
{
    struct epl_module_s *copy = m ? epl_scope_alloc(s, sizeof *copy) : NULL;
    if (!copy || !copy_example(s, &e))
        return NULL;
    for (size_t i = 0; i < e.channels; i++)
        if (!(e.std[i] > 0)) {
            epl_scope_fail(s, EPL_ERR_ARG, "[example] std of channel %zu must be positive, got %g",
                           i, e.std[i]);
            return NULL;
        }
    *copy = *m;
    copy->example = e;
    if (!e.inputs)
        copy->example.inputs = m->example.inputs, copy->example.input = m->example.input;
    return copy;
}

/* -- looking ------------------------------------------------------------------------------- */
const epl_kind *epl_module_kind(epl_module m)
{
    return m ? m->kind : NULL;
}

const void *epl_module_args(epl_module m)
{
    return m ? m->args : NULL;
}

size_t epl_module_children(epl_module m)
{
    return m ? m->children : 0;
}

epl_child epl_module_child(epl_module m, size_t i)
{
    return m && i < m->children ? m->child[i] : (epl_child){NULL, NULL};
}

bool epl_module_has(epl_module m, const char *attribute)
{
    for (size_t i = 0; m && attribute && m->kind->attrs && m->kind->attrs[i].name; i++)
        if (m->given[i] && !strcmp(m->kind->attrs[i].name, attribute))
            return true;
    return false;
}

epl_spec epl_params_of(epl_module m)
{
    return m ? m->params : NULL;
}

epl_spec epl_buffers_of(epl_module m)
{
    return m ? m->buffers : NULL;
}

epl_example epl_example_of(epl_module m)
{
    return m ? m->example : (epl_example){.channels = 0};
}
