/* file_load.c -- a tree's leaves from a file, by name.
 *
 * First all is compared, then all is written: a load that fails has written nothing.
 */
#include <string.h>
#include "../src/base/attr.h"
#include "../src/base/number.h"
#include "../src/base/scope.h"
#include "../src/base/spec.h"
#include "../src/base/type.h"
#include "file.h"
#include "text.h"
#include "tree.h"

typedef struct {
    const epl_load_args *a;
    epl_file *file;
    epl_scope *scope; /* for what is needed meanwhile */
    epl_report report;
    epl__textbuf text;
    const epl__tensor **from;      /* by leaf; NULL: stays as it is */
    bool *used;                    /* by tensor of the file */
    size_t lines, hints, expected; /* expected: of the text, before what is unexpected */
} loading;

enum { LINES = 200, HINTS = 20, CANDIDATES = 2000 };

static bool has_end(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

/* Room for one more line of the report; what is too much is counted alone. */
static bool line(loading *l)
{
    return ++l->lines <= LINES;
}

/* -- comparing ----------------------------------------------------------------------------- */
/* A name of the file that no leaf has, and that is nearest to the missing one. */
static void hint(loading *l, const char *name)
{
    epl__nearest near = {.name = name};
    size_t tried = 0;
    if (++l->hints > HINTS)
        return;
    for (size_t i = 0; i < l->file->tensors && tried < CANDIDATES; i++)
        if (!l->used[i]) {
            epl__nearest_try(&near, l->file->tensor[i].name);
            tried++;
        }
    if (near.found)
        epl__text_addf(&l->text, " (there is \"%.150s\")", near.found);
}

static void missing(loading *l, const char *name, epl_type want)
{
    char text[EPL_TYPE_TEXT];
    l->report.missing++;
    if (!line(l))
        return;
    epl__text_addf(&l->text, "missing \"%.200s\" %s", name, epl_type_text(want, text));
    hint(l, name);
    epl__text_add(&l->text, "\n");
}

static void misfit(loading *l, const char *what, const epl__tensor *t, epl_type want)
{
    char text[EPL_TYPE_TEXT], shape[EPL_TYPE_TEXT];
    if (!line(l))
        return;
    epl_type got = t->type;
    got.dtype = EPL_U8;
    epl__text_addf(&l->text, "%s \"%.200s\": %s expected, got %.20s%s\n", what, t->name,
                   epl_type_text(want, text), t->stored, epl_type_text(got, shape) + strlen("u8"));
}

static void compare_leaf(loading *l, size_t i, const char *name)
{
    const epl_leaf_spec *leaf = epl_spec_leaf(l->a->tree->spec, i);
    const epl__tensor *t = l->from[i];
    epl_type want = epl_type_of(leaf->dtype, leaf->shape);
    bool floats = epl_dtype_is_float(leaf->dtype) && t && epl_dtype_is_float(t->type.dtype);
    if (!t) {
        if (!has_end(leaf->path, "num_batches_tracked"))
            missing(l, name, want);
    } else if (!epl__shape_equal(t->type.shape, leaf->shape)) {
        l->report.misshapen++;
        misfit(l, "misshapen", t, want);
        l->from[i] = NULL;
    } else if (t->type.dtype != leaf->dtype && !floats) {
        l->report.mistyped++;
        misfit(l, "mistyped", t, want);
        l->from[i] = NULL;
    } else
        l->report.matched++;
}

/* Would a tensor of this name be a leaf of the tree, if it had one? */
static bool is_of_tree(const loading *l, const char *name)
{
    const char *prefix = l->a->prefix;
    if (prefix && *prefix)
        return !strncmp(name, prefix, strlen(prefix));
    return strncmp(name, "optim.", 6) != 0 && strncmp(name, "ema.", 4) != 0;
}

static const char *full_name(loading *l, const char *path)
{
    const char *prefix = l->a->prefix ? l->a->prefix : "";
    size_t n = strlen(prefix), m = strlen(path);
    char *name = epl_scope_alloc(l->scope, n + m + 1);
    if (!name)
        return NULL;
    memcpy(name, prefix, n);
    memcpy(name + n, path, m + 1);
    return name;
}

static bool compare(loading *l)
{
    size_t leaves = epl_spec_leaves(l->a->tree->spec);
    const char **name = epl_scope_alloc(l->scope, (leaves + 1) * sizeof *name);
    l->from = epl_scope_alloc(l->scope, (leaves + 1) * sizeof *l->from);
    l->used = epl_scope_alloc(l->scope, l->file->tensors + 1);
    if (!name || !l->from || !l->used)
        return false;
    for (size_t i = 0; i < leaves; i++) {
        name[i] = full_name(l, epl_spec_leaf(l->a->tree->spec, i)->path);
        if (!name[i])
            return false;
        l->from[i] = epl__tensor_find(l->file, name[i]);
        if (l->from[i])
            l->used[l->from[i] - l->file->tensor] = true;
    }
    for (size_t i = 0; i < leaves; i++)
        compare_leaf(l, i, name[i]);
    l->expected = l->text.length;
    for (size_t i = 0; i < l->file->tensors; i++) {
        const char *extra = l->file->tensor[i].name;
        if (l->used[i] || !is_of_tree(l, extra) || epl_spec_find(l->a->beside, extra))
            continue;
        l->report.unexpected++;
        if (line(l))
            epl__text_addf(&l->text, "unexpected \"%.200s\"\n", extra);
    }
    if (l->lines > LINES)
        epl__text_addf(&l->text, "and %zu more\n", l->lines - LINES);
    return epl_scope_status(l->scope) == EPL_OK;
}

/* -- copying ------------------------------------------------------------------------------- */
static bool copy(loading *l, size_t i)
{
    const epl__tensor *t = l->from[i];
    epl_array to = epl__leaf_array(l->a->tree, epl_spec_leaf(l->a->tree->spec, i));
    epl_array from = {epl__tensor_data(l->file, t), t->type};
    if (!from.data)
        return epl_bytes(from.type) == 0;
    if (from.type.dtype == to.type.dtype) {
        if (epl_bytes(to.type))
            memcpy(to.data, from.data, epl_bytes(to.type));
        return true;
    }
    for (int64_t k = 0, n = epl_count(to.type); k < n; k++)
        epl__number_set(&to, k, epl__number_at(&from, k));
    return true;
}

/* All lines in one, but what is unexpected only if that is the failure. */
static void fail(const loading *l)
{
    char text[900];
    const char *from = epl__text_of(&l->text);
    size_t length = l->a->unexpected == EPL_FAIL ? l->text.length : l->expected, at = 0;
    for (size_t i = 0; i + 1 < length && at + 3 < sizeof text; i++) {
        text[at++] = from[i] == '\n' ? ';' : from[i];
        if (from[i] == '\n')
            text[at++] = ' ';
    }
    text[at] = 0;
    epl_scope_fail(l->file->scope, EPL_ERR_MATCH,
                   "%s: %zu missing, %zu misshapen, %zu mistyped: %s", l->file->path,
                   l->report.missing, l->report.misshapen, l->report.mistyped, text);
}

static bool refused(const loading *l)
{
    const epl_load_args *a = l->a;
    return (l->report.missing && a->missing != EPL_SKIP) ||
           (l->report.misshapen && a->misshapen != EPL_SKIP) ||
           (l->report.mistyped && a->mistyped != EPL_SKIP) ||
           (l->report.unexpected && a->unexpected == EPL_FAIL);
}

epl_status epl_file_load(const epl_load_args *a, const char *given)
{
    (void)given;
    if (a->report)
        *a->report = (epl_report){.text = ""};
    epl_scope *s = a->file ? a->file->scope : a->tree ? a->tree->scope : NULL;
    if (!a->file || !a->tree || epl_scope_status(s) != EPL_OK) {
        if (!a->file || !a->tree)
            epl_scope_fail(s, EPL_ERR_ARG, "[load] there is no %s", a->file ? "tree" : "file");
        return epl_scope_status(s);
    }
    loading l = {.a = a,
                 .file = a->file,
                 .scope = epl_scope_new(epl__scope_allocator(s)),
                 .text = {.scope = s}};
    bool done = compare(&l);
    l.report.text = epl__text_of(&l.text);
    if (a->report)
        *a->report = l.report;
    if (done && refused(&l))
        fail(&l);
    for (size_t i = 0; done && i < epl_spec_leaves(a->tree->spec) && epl_scope_status(s) == EPL_OK;
         i++)
        if (l.from[i] && !copy(&l, i))
            epl_scope_fail(s, EPL_ERR_FILE, "%s: \"%s\" cannot be read", a->file->path,
                           l.from[i]->name);
    if (epl_scope_status(l.scope) != EPL_OK)
        epl_scope_fail(s, epl_scope_status(l.scope), "%s", epl_scope_message(l.scope));
    epl_scope_free(l.scope);
    return epl_scope_status(s);
}
