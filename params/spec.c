/* spec.c -- specs made from specs, globs, and a spec as a table to read. */
#include <stdio.h>
#include <string.h>
#include <espalier/espalier.h>
#include "../src/base/scope.h"
#include "../src/base/spec.h"

/* * stops at dots, ** does not, and **. before a name may be nothing. Both backtrack to the last
 * star alone, which suffices for each kind by itself; ** is tried at every place. */
static bool matches(const char *g, const char *p)
{
    const char *star = NULL, *from = NULL, *wide = NULL, *wide_from = NULL, *first = p;
    for (;;) {
        if (g[0] == '*' && g[1] == '*') {
            wide = g += 2;
            wide_from = p;
            star = NULL;
            if (*g == '.' && p == first && matches(g + 1, p))
                return true;
        } else if (*g == '*') {
            star = ++g;
            from = p;
        } else if (*g && *g == *p) {
            g++, p++;
        } else if (!*g && !*p) {
            return true;
        } else if (star && *from && *from != '.') {
            g = star;
            p = ++from;
        } else if (wide && *wide_from) {
            g = wide;
            p = ++wide_from;
            star = NULL;
        } else {
            return false;
        }
    }
}

bool epl_glob(const char *glob, const epl_leaf_spec *leaf)
{
    if (!glob || !leaf)
        return false;
    if (*glob == '@')
        return !strcmp(glob + 1, epl_role_name(leaf->role));
    return matches(glob, leaf->path);
}

epl_spec epl_spec_cast(epl_scope *s, epl_spec spec, epl_dtype dtype)
{
    size_t n = epl_spec_leaves(spec);
    epl_leaf_spec *leaf = epl_scope_alloc(s, (n + 1) * sizeof *leaf);
    if (!leaf || !spec)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        leaf[i] = spec->leaf[i];
        if (epl_dtype_is_float(leaf[i].dtype))
            leaf[i].dtype = dtype;
    }
    return epl_spec_new(s, n, leaf);
}

epl_spec epl_slots_of(epl_scope *s, epl_spec spec, const char *const *names)
{
    size_t slots = 0, leaves = epl_spec_leaves(spec), n = 0;
    while (names && names[slots])
        slots++;
    epl_leaf_spec *leaf = epl_scope_alloc(s, (slots * (leaves + 1) + 1) * sizeof *leaf);
    if (!spec || !leaf)
        return NULL;
    epl_dtype dtype = leaves ? spec->leaf[0].dtype : EPL_F32;
    for (size_t k = 0; k < slots; k++) {
        size_t length = strlen(names[k]);
        bool one = length > 2 && !strcmp(names[k] + length - 2, "[]");
        for (size_t i = 0; i < (one ? 1 : leaves); i++) {
            size_t room = length + (one ? 0 : strlen(spec->leaf[i].path)) + 2;
            char *path = epl_scope_alloc(s, room);
            if (!path)
                return NULL;
            epl__text(path, room, "%.*s%s%s", (int)(one ? length - 2 : length), names[k],
                      one ? "" : ".", one ? "" : spec->leaf[i].path);
            leaf[n] = one ? (epl_leaf_spec){.dtype = dtype} : spec->leaf[i];
            leaf[n].path = path;
            leaf[n].role = EPL_SLOT;
            leaf[n++].init = epl_init_full(0);
        }
    }
    return epl_spec_new(s, n, leaf);
}

static size_t table(epl_spec spec, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i <= spec->leaves; i++) {
        char type[EPL_TYPE_TEXT], *at = text ? text + used : NULL;
        size_t room = text ? size - used : 0;
        const epl_leaf_spec *l = &spec->leaf[i];
        int n = i == spec->leaves
                    ? snprintf(at, room, "%lld elements, %lld bytes\n",
                               (long long)spec->head.elements, (long long)spec->head.bytes)
                    : snprintf(at, room, "%-40s %-20s %-10s at %lld\n", l->path,
                               epl_type_text(epl_type_of(l->dtype, l->shape), type),
                               epl_role_name(l->role), (long long)l->offset);
        used += n > 0 ? (size_t)n : 0;
    }
    return used;
}

const char *epl_spec_text(epl_scope *s, epl_spec spec)
{
    size_t size = spec ? table(spec, NULL, 0) + 1 : 1;
    char *text = epl_scope_alloc(s, size);
    if (text && spec)
        table(spec, text, size);
    return text ? text : "";
}
