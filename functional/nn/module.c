/* module.c -- modules are made here: options, defaults, checks, children.
 *
 * A module never changes once epl_module_new or epl_infer has returned it.
 */
#include <string.h>
#include "../../src/base/scope.h"
#include "module.h"

static size_t attr_count(const epl_kind *k)
{
    size_t n = 0;
    while (k->attrs && k->attrs[n].name)
        n++;
    return n;
}

static char *text_copy(epl_scope *s, const char *text)
{
    char *copy = text ? epl_scope_alloc(s, strlen(text) + 1) : NULL;
    return copy ? strcpy(copy, text) : NULL;
}

/* One attribute of the copy: its default if it was not given, texts and lists copied. */
static bool set_attr(epl_scope *s, const epl_attr *a, char *args, epl__option o)
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
    case EPL_INTS:
        for (int i = 0; i < a->size; i++)
            ints[i] = !o.given ? (int64_t)a->value : o.count == 1 ? ints[0] : ints[i];
        return true;
    case EPL_STRING: {
        const char **text = p;
        size_t n = a->text ? strcspn(a->text, "|") : 0;
        char *word = !o.given && n ? epl_scope_alloc(s, n + 1) : NULL;
        if (word)
            *text = memcpy(word, a->text, n);
        else if (*text)
            *text = text_copy(s, *text);
        return o.given ? !*text || *text : true;
    }
    case EPL_LIST: {
        epl_ints *list = p;
        int64_t *at = epl_scope_alloc(s, (list->count + 1) * sizeof *at);
        if (!at)
            return false;
        if (!o.given)
            *list = (epl_ints){0, NULL};
        if (list->count)
            memcpy(at, list->at, list->count * sizeof *at);
        list->at = o.given ? at : NULL;
        return true;
    }
    default:
        return true;
    }
}

static bool name_fits(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!(*p == '_' || (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')))
            return false;
    return *name != 0;
}

static bool child_add(epl_scope *s, struct epl_module_s *m, epl_child *list, const char *name, epl_module child)
{
    char index[24];
    epl__text(index, sizeof index, "%zu", m->children);
    if (!name || !*name)
        name = index;
    if (!child || !name_fits(name)) {
        epl_scope_fail(s, EPL_ERR_ARG, child ? "[%s] the child name \"%s\" must match [A-Za-z0-9_]+"
                                             : "[%s] child \"%s\" is no module", m->kind->name, name);
        return false;
    }
    for (size_t i = 0; i < m->children; i++)
        if (!strcmp(list[i].name, name)) {
            epl_scope_fail(s, EPL_ERR_ARG, "[%s] two children are named \"%s\"", m->kind->name, name);
            return false;
        }
    list[m->children] = (epl_child){text_copy(s, name), child};
    return list[m->children++].name != NULL;
}

/* Children by the table: attributes that are modules, and lists of named ones. */
static bool set_children(epl_scope *s, struct epl_module_s *m)
{
    size_t room = 0;
    for (const epl_attr *a = m->kind->attrs; a && a->name; a++) {
        const void *p = (const char *)m->args + a->offset;
        const epl_child *c = a->type == EPL_CHILDREN_LIST ? *(const epl_child *const *)p : NULL;
        room += a->type == EPL_CHILD;
        while (c && (c->name || c->module))
            c++, room++;
    }
    epl_child *list = epl_scope_alloc(s, (room + 1) * sizeof *list);
    m->child = list;
    for (const epl_attr *a = m->kind->attrs; list && a && a->name; a++) {
        void *p = (char *)m->args + a->offset;
        if (a->type == EPL_CHILD && *(epl_module *)p && !child_add(s, m, list, a->name, *(epl_module *)p))
            return false;
        if (a->type != EPL_CHILDREN_LIST)
            continue;
        for (const epl_child *c = *(const epl_child **)p; c && (c->name || c->module); c++)
            if (!child_add(s, m, list, c->name, c->module))
                return false;
        *(const epl_child **)p = list;
    }
    return list != NULL;
}

epl_module epl_module_new(const epl_kind *kind, const void *args, const char *given)
{
    if (!kind || !args)
        return NULL;
    epl_scope *s = *(epl_scope *const *)args;
    size_t attrs = attr_count(kind);
    epl__option option[EPL__MAX_ATTRS];
    char wrong[300];
    if (attrs > EPL__MAX_ATTRS) {
        epl_scope_fail(s, EPL_ERR_ARG, "[%s] a kind has at most %d attributes", kind->name, EPL__MAX_ATTRS);
        return NULL;
    }
    struct epl_module_s *m = epl_scope_alloc(s, sizeof *m);
    char *copy = epl_scope_alloc(s, kind->args_size);
    bool *has = epl_scope_alloc(s, attrs + 1);
    if (!m || !copy || !has)
        return NULL;
    memcpy(copy, args, kind->args_size);
    *m = (struct epl_module_s){.kind = kind, .args = copy, .given = has};
    epl__options(given, kind->attrs, option);
    for (size_t i = 0; i < attrs; i++) {
        const epl_attr *a = &kind->attrs[i];
        has[i] = option[i].given;
        if (!set_attr(s, a, copy, option[i]))
            return NULL;
        if (!option[i].given && (a->flags & EPL_ATTR_REQUIRED) && a->type != EPL_CHILD) {
            epl_scope_fail(s, EPL_ERR_ARG, "[%s] \"%s\" is missing", kind->name, a->name);
            return NULL;
        }
        bool open = (a->flags & EPL_ATTR_OPEN) && !option[i].given;
        if (!open && (option[i].given || a->type == EPL_CHILD) && epl__attr_wrong(a, copy, wrong, sizeof wrong)) {
            epl_scope_fail(s, EPL_ERR_ARG, "%s: %s", kind->name, wrong);
            return NULL;
        }
    }
    return set_children(s, m) ? m : NULL;
}

/* Depth is that of the description, which is a tree of its user's making. */
struct epl_module_s *epl__module_copy(epl_scope *s, epl_module from)
{
    struct epl_module_s *m = from ? epl_scope_alloc(s, sizeof *m) : NULL;
    if (!m)
        return NULL;
    size_t attrs = attr_count(from->kind);
    bool *given = epl_scope_alloc(s, attrs + 1);
    epl_child *child = epl_scope_alloc(s, (from->children + 1) * sizeof *child);
    *m = *from;
    m->args = epl_scope_alloc(s, from->kind->args_size);
    m->given = given;
    m->child = child;
    if (!m->args || !given || !child)
        return NULL;
    memcpy(m->args, from->args, from->kind->args_size);
    *(epl_scope **)m->args = s;
    memcpy(given, from->given, attrs);
    static const epl__option kept = {true, 0};
    for (size_t i = 0; i < attrs; i++) {
        const epl_attr *a = &from->kind->attrs[i];
        bool empty = a->type == EPL_LIST && !((epl_ints *)(void *)((char *)m->args + a->offset))->at;
        if (!empty && !set_attr(s, a, m->args, kept))
            return NULL;
    }
    for (size_t i = 0; i < from->children; i++) {
        child[i].name = text_copy(s, from->child[i].name);
        child[i].module = epl__module_copy(s, from->child[i].module);
        if (!child[i].name || !child[i].module)
            return NULL;
    }
    for (const epl_attr *a = m->kind->attrs; a && a->name; a++) {
        void *p = (char *)m->args + a->offset;
        if (a->type == EPL_CHILDREN_LIST)
            *(const epl_child **)p = child;
        for (size_t i = 0; a->type == EPL_CHILD && i < m->children; i++)
            if (!strcmp(child[i].name, a->name))
                *(epl_module *)p = child[i].module;
    }
    return m;
}

/* -- looking --------------------------------------------------------------------------------- */
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
    for (size_t i = 0; m && m->kind->attrs && m->kind->attrs[i].name; i++)
        if (!strcmp(m->kind->attrs[i].name, attribute))
            return m->given[i];
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

epl_module epl_with_example(epl_scope *s, epl_module m, epl_example e)
{
    struct epl_module_s *copy = m ? epl_scope_alloc(s, sizeof *copy) : NULL;
    double *numbers = epl_scope_alloc(s, (2 * e.channels + 1) * sizeof *numbers);
    if (!copy || !numbers)
        return NULL;
    *copy = *m;
    for (size_t i = 0; i < e.channels; i++) {
        numbers[i] = e.mean ? e.mean[i] : 0;
        numbers[e.channels + i] = e.std ? e.std[i] : 1;
        if (!(numbers[e.channels + i] > 0)) {
            epl_scope_fail(s, EPL_ERR_ARG, "[example] std of channel %zu must be positive, got %g", i,
                           numbers[e.channels + i]);
            return NULL;
        }
    }
    copy->example = (epl_example){e.shape, e.channels, numbers, numbers + e.channels};
    return copy;
}
