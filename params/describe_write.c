/* describe_write.c -- modules as JSON: their kind, its version, what was given or inferred.
 *
 * Equal modules give equal text. Depth is bounded: a module is made with at most 64 levels.
 */
#include <string.h>
#include "describe.h"

static bool is_word(const epl_attr *row)
{
    return row->type == EPL_STRING && (row->flags & EPL_ATTR_NONE);
}

/* Of two rows of one name, numbers and a word in their place, the word counts if it is there. */
static bool is_given(epl_module m, const epl_attr *row)
{
    const char *args = epl_module_args(m);
    for (const epl_attr *a = epl_module_kind(m)->attrs; a->name; a++)
        if (is_word(a) && !strcmp(a->name, row->name)) {
            bool there = *(const char *const *)(const void *)(args + a->offset) != NULL;
            return a == row ? there : !there && epl_module_has(m, row->name);
        }
    return epl_module_has(m, row->name);
}

static void write_attrs(epl__textbuf *t, epl_module m)
{
    for (const epl_attr *row = epl_module_kind(m)->attrs; row && row->name; row++) {
        if (row->type == EPL_CHILD || row->type == EPL_CHILDREN_LIST || row->type == EPL_NODES ||
            !is_given(m, row))
            continue;
        epl__text_add(t, ", ");
        epl__text_string(t, row->name);
        epl__text_add(t, ": ");
        epl__write_attr(t, row, epl_module_args(m));
    }
}

static void write_list(epl__textbuf *t, const char *name, const double *v, size_t n)
{
    epl__text_addf(t, ", \"%s\": [", name);
    for (size_t i = 0; i < n; i++) {
        epl__text_add(t, i ? ", " : "");
        epl__text_number(t, v[i]);
    }
    epl__text_add(t, "]");
}

static void write_shape(epl__textbuf *t, epl_shape shape)
{
    epl__text_add(t, "\"shape\": [");
    for (int i = 0; i < shape.rank; i++)
        epl__text_addf(t, "%s%lld", i ? ", " : "", (long long)shape.dim[i]);
    epl__text_add(t, "]");
}

/* "all": the whole types of several inputs. */
static void write_example(epl__textbuf *t, epl_example e)
{
    if (!e.shape.rank && !e.channels && !e.inputs)
        return;
    epl__text_add(t, ", \"input\": {");
    write_shape(t, e.shape);
    for (size_t i = 0; i < e.inputs; i++) {
        epl__text_addf(t, "%s{\"dtype\": \"%s\", ", i ? ", " : ", \"all\": [",
                       epl_dtype_name(e.input[i].dtype));
        write_shape(t, e.input[i].shape);
        epl__text_add(t, "}");
    }
    epl__text_add(t, e.inputs ? "]" : "");
    if (e.channels) {
        write_list(t, "mean", e.mean, e.channels);
        write_list(t, "std", e.std, e.channels);
    }
    epl__text_add(t, "}");
}

void epl__write_module(epl__textbuf *t, epl_module m, bool top)
{
    const epl_kind *k = epl_module_kind(m);
    const epl_attr *nodes = NULL;
    epl__text_add(t, "{\"kind\": ");
    epl__text_string(t, k->name);
    epl__text_addf(t, ", \"version\": %d", k->version);
    write_attrs(t, m);
    for (const epl_attr *row = k->attrs; row && row->name; row++)
        nodes = row->type == EPL_NODES ? row : nodes;
    if (nodes)
        epl__write_nodes(t, (const void *)((const char *)epl_module_args(m) + nodes->offset));
    for (size_t i = 0; !nodes && i < epl_module_children(m); i++) {
        epl_child c = epl_module_child(m, i);
        epl__text_add(t, i ? ", " : ", \"children\": {");
        epl__text_string(t, c.name);
        epl__text_add(t, ": ");
        epl__write_module(t, c.module, false);
    }
    epl__text_add(t, !nodes && epl_module_children(m) ? "}" : "");
    if (top)
        write_example(t, epl_example_of(m));
    epl__text_add(t, "}");
}

const char *epl_module_json(epl_scope *s, epl_module m)
{
    epl__textbuf t = {.scope = s};
    if (!m || epl_scope_status(s) != EPL_OK)
        return "";
    epl__write_module(&t, m, true);
    return epl_scope_status(s) == EPL_OK ? epl__text_of(&t) : "";
}
