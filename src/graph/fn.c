/* fn.c -- functions: making them, inputs, outputs, values that come from outer functions.
 *
 * An inner function takes an outer value in as a hidden input, once a value, level by
 * level. All memory of a function is its own arena: it goes with the function.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "../base/scope.h"
#include "../base/spec.h"
#include "flow.h"

static void fn_free(void *object)
{
    epl_fn *f = object;
    const epl_alloc *alloc = f->arena.alloc;
    epl__arena_free(&f->tape_arena);
    epl__arena_free(&f->arena);
    epl__give(alloc, f, sizeof *f);
}

epl_fn *epl__fn_make(epl_scope *s, epl_fn *parent, epl__fn_kind kind, const char *name)
{
    if (epl_scope_status(s) != EPL_OK)
        return NULL;
    const epl_alloc *alloc = epl__scope_allocator(s);
    epl_fn *f = epl__take(alloc, sizeof *f);
    if (!f) {
        epl_scope_fail(s, EPL_ERR_MEMORY, "no memory for a function");
        return NULL;
    }
    epl__arena_init(&f->arena, alloc);
    epl__arena_init(&f->tape_arena, alloc);
    f->scope = s;
    f->parent = parent;
    f->depth = parent ? parent->depth + 1 : 0;
    f->kind = kind;
    f->mapped_size = -1;
    f->name = epl__arena_text(&f->arena, name ? name : "");
    epl__where(f, "");
    return epl__scope_own(s, f, fn_free);
}

epl_fn *epl_fn_new(epl_scope *s, const char *name)
{
    return epl__fn_make(s, NULL, EPL__FN_PLAIN, name);
}

static const char *kind_text(const epl_fn *f)
{
    static const char *const text[] = {"", "a map", "a scan", "a while", "a branch", "a problem"};
    bool single = f->kind == EPL__FN_BRANCH && f->flow && f->flow->branches < 2;
    if (single)
        return f->flow->permit || f->flow->of ? "a custom derivative" : "a checkpoint";
    return text[f->kind];
}

/* Where f stands: 'in a scan in a map in "adapt": net.conv1'. */
static void place_text(const epl_fn *f, const char *message, char *text, size_t size)
{
    const char *path = f->where ? f->where[f->where_now] : "";
    size_t n = 0;
    text[0] = 0;
    for (; f->parent && n + 60 < size; f = f->parent)
        n += (size_t)snprintf(text + n, size - n, "%s%s", n ? " in " : "in ", kind_text(f));
    bool is_said = n == 0 && f->name && strstr(message, f->name);
    if (f->name && *f->name && !is_said && n + 60 < size)
        n += (size_t)snprintf(text + n, size - n, "%s\"%.40s\"", n ? " in " : "in ", f->name);
    if (*path && n < size)
        snprintf(text + n, size - n, "%s%s", n ? ": " : "", path);
}

void epl__fail(epl_fn *f, epl_status status, const char *format, ...)
{
    if (!f)
        return;
    char text[900], place[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    place_text(f, text, place, sizeof place);
    if (*place)
        epl_scope_fail(f->scope, status, "%s (%s)", text, place);
    else
        epl_scope_fail(f->scope, status, "%s", text);
}

/* -- ports ---------------------------------------------------------------------------- */
static epl__port *port_add(epl_fn *f, epl__port **list, uint32_t *count, uint32_t *room,
                           const char *name)
{
    for (uint32_t i = 0; i < *count; i++)
        if (!strcmp((*list)[i].name, name)) {
            epl__fail(f, EPL_ERR_ARG, "[%s] the name \"%s\" is given twice", f->name, name);
            return NULL;
        }
    epl__port *grown = epl__arena_grown(&f->arena, *list, *count, room, sizeof *grown);
    if (!grown) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for \"%s\"", name);
        return NULL;
    }
    *list = grown;
    epl__port *p = &(*list)[(*count)++];
    p->name = epl__arena_text(&f->arena, name);
    p->value = p->update = EPL__ID_NONE;
    return p;
}

/* The type of an input as it will be: open parts are filled from the arguments of a jit. */
static bool input_type(epl_fn *f, const char *name, epl_type *type)
{
    uint32_t i = f->inputs;
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    bool open = type->dtype == EPL_NONE && !type->spec;
    for (int d = 0; d < type->shape.rank && d < EPL_MAX_RANK; d++)
        open |= type->shape.dim[d] == EPL_ANY;
    if (!f->passed) {
        if (open || !epl__type_valid(*type))
            epl__fail(f, EPL_ERR_ARG, "[input] \"%s\": %s is %s", name, epl_type_text(*type, want),
                      open ? "open; only epl_jit can fill it" : "not a type");
        return !open && epl__type_valid(*type);
    }
    if (i >= f->passed_count) {
        epl__fail(f, EPL_ERR_SHAPE, "[%s] input %u \"%s\" got no array: %zu were passed", f->name,
                  i, name, f->passed_count);
        return false;
    }
    const epl_type *p = &f->passed[i];
    if (type->dtype == EPL_NONE && !type->spec && type->shape.rank == 0) {
        *type = *p;
        return true;
    }
    bool fits = type->dtype == p->dtype && type->shape.rank == p->shape.rank;
    for (int d = 0; fits && d < type->shape.rank; d++)
        fits = type->shape.dim[d] == EPL_ANY || type->shape.dim[d] == p->shape.dim[d];
    if (!fits) {
        epl__fail(f, EPL_ERR_SHAPE, "[%s] input \"%s\" is %s, got %s", f->name, name,
                  epl_type_text(*type, want), epl_type_text(*p, got));
        return false;
    }
    type->shape = p->shape;
    return true;
}

/* One input node; a mixed tree is a tuple of one for each of its ranges. */
static epl_val input_value(epl_fn *f, const epl_type *type)
{
    if (type->dtype != EPL_NONE) {
        epl__input_attrs attrs = {f->input_nodes++};
        return epl__build(f, &epl__prim_input, NULL, 0, &attrs, type);
    }
    epl__id part[EPL__MAX_PARTS];
    int parts = epl__spec_parts(type->spec);
    for (int i = 0; i < parts; i++) {
        epl_type t = epl__spec_part(type->spec, i, type->shape);
        epl__input_attrs attrs = {f->input_nodes++};
        part[i] = epl__id_of(epl__build(f, &epl__prim_input, NULL, 0, &attrs, &t));
        if (part[i] == EPL__ID_NONE)
            return EPL_NO_VAL;
    }
    return epl__build(f, &epl__prim_tuple, part, (size_t)parts, NULL, type);
}

bool epl__is_open(epl_fn *f, const char *op)
{
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return false;
    if (f->closed)
        epl__fail(f, EPL_ERR_USE, "[%s] the function \"%s\" is closed", op, f->name);
    return !f->closed;
}

epl_val epl_input(epl_fn *f, const char *name, epl_type type)
{
    if (!epl__is_open(f, "input"))
        return EPL_NO_VAL;
    if (f->kind != EPL__FN_PLAIN) {
        epl__fail(f, EPL_ERR_USE,
                  "[input] \"%s\": an inner function takes values in by "
                  "epl_each and epl_pass",
                  name);
        return EPL_NO_VAL;
    }
    if (!name || !*name) {
        epl__fail(f, EPL_ERR_ARG, "[input] input %u of \"%s\" needs a name", f->inputs, f->name);
        return EPL_NO_VAL;
    }
    if (!input_type(f, name, &type))
        return EPL_NO_VAL;
    epl__port *p = port_add(f, &f->input, &f->inputs, &f->input_room, name);
    if (!p)
        return EPL_NO_VAL;
    uint32_t index = f->inputs - 1;
    epl_val v = input_value(f, &type);
    p = &f->input[index];
    p->type = type;
    p->value = epl__id_of(v);
    return v;
}

epl_val epl_input_tree(epl_fn *f, const char *name, epl_spec spec)
{
    if (!epl__is_open(f, "input"))
        return EPL_NO_VAL;
    if (!spec) {
        epl__fail(f, EPL_ERR_ARG, "[input] \"%s\": the tree has no spec", name ? name : "");
        return EPL_NO_VAL;
    }
    return epl_input(f, name, epl__spec_type(spec));
}

void epl_output(epl_fn *f, const char *name, epl_val v)
{
    if (!epl__is_open(f, "output"))
        return;
    if (f->kind != EPL__FN_PLAIN || !name || !*name) {
        epl__fail(f, EPL_ERR_USE, "[output] %s",
                  name && *name ? "an inner function gives results by epl_collect"
                                : "an output needs a name");
        return;
    }
    if (epl__is_num(v)) {
        double number;
        int64_t integer;
        epl_dtype d = epl__num_read(v, &number, &integer);
        v = epl__splat(f, d, epl_shape_of(0, NULL), number, integer);
    }
    if (epl__fn_of(v) != f) {
        epl__fail(f, EPL_ERR_USE, "[output] \"%s\" is %s", name,
                  v.graph ? "a value of another function" : "no value");
        return;
    }
    epl__port *p = port_add(f, &f->output, &f->outputs, &f->output_room, name);
    if (!p)
        return;
    p->type = *epl__node_at(f, epl__id_of(v))->type;
    p->value = epl__id_of(v);
}

void epl_update(epl_fn *f, const char *input, epl_val next)
{
    if (!epl__is_open(f, "update"))
        return;
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    for (uint32_t i = 0; i < f->inputs; i++) {
        epl__port *p = &f->input[i];
        if (!input || strcmp(p->name, input))
            continue;
        epl_type t = epl_typeof(next);
        if (epl__fn_of(next) != f)
            epl__fail(f, EPL_ERR_USE, "[update] \"%s\" is updated with %s", input,
                      next.graph ? "a value of another function" : "no value");
        else if (!epl_type_equal(t, p->type))
            epl__fail(f, EPL_ERR_SHAPE, "[update] \"%s\" is %s, its update %s", input,
                      epl_type_text(p->type, want), epl_type_text(t, got));
        else if (p->update != EPL__ID_NONE)
            epl__fail(f, EPL_ERR_ARG, "[update] \"%s\" is updated twice", input);
        else
            p->update = epl__id_of(next);
        return;
    }
    epl__fail(f, EPL_ERR_ARG, "[update] \"%s\" has no input \"%s\"", f->name, input ? input : "");
}

/* -- values across functions ------------------------------------------------------------- */
/* A value of g's parent in g; of a mixed tree, each of its ranges. */
static epl__id take_step(epl_fn *g, epl__id id)
{
    const epl__node *n = epl__node_at(g->parent, id);
    epl__id part[EPL__MAX_PARTS];
    if (n->prim != &epl__prim_tuple) {
        for (uint32_t i = 0; i < g->entries; i++)
            if (g->entry[i].outer == id && g->entry[i].axis == EPL__AS_USED)
                return g->entry[i].inner;
        return epl__id_of(epl__entry_add(g, id, EPL__AS_USED));
    }
    for (uint32_t i = 0; i < n->count; i++)
        part[i] = take_step(g, n->in[i]);
    return epl__id_of(epl__build(g, &epl__prim_tuple, part, n->count, NULL, n->type));
}

/* The id in `to` of a value of an outer function; a hidden input, once a value. */
static epl__id take_in(epl_fn *to, const epl_fn *from, epl__id id)
{
    const epl_fn *path[64];
    int steps = 0;
    for (const epl_fn *g = to; g != from; g = g->parent) {
        if (steps == 64) {
            epl__fail(to, EPL_ERR_USE, "inner functions nest more than 64 deep");
            return EPL__ID_NONE;
        }
        path[steps++] = g;
    }
    while (steps-- > 0 && id != EPL__ID_NONE)
        id = take_step((epl_fn *)path[steps], id);
    return id;
}

static bool encloses(const epl_fn *outer, const epl_fn *inner)
{
    while (inner && inner != outer)
        inner = inner->parent;
    return inner == outer;
}

/* An operand of another inner function. */
static void strange_fail(epl_fn *f, const epl_fn *g, size_t operand, const char *op)
{
    char of[200];
    place_text(g, "", of, sizeof of);
    epl__fail(f, EPL_ERR_USE,
              "[%s] operand %zu is a value %s, which does not enclose where it is used: take it "
              "out first (epl_last, epl_collect), or pass it as an argument",
              op, operand, of);
}

epl_fn *epl__meet(epl_vals in, epl__id *id, const char *op)
{
    epl_fn *f = NULL;
    for (size_t i = 0; i < in.count; i++) {
        epl_fn *g = epl__fn_of(in.at[i]);
        if (g && (!f || g->depth > f->depth))
            f = g;
    }
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return NULL;
    if (f->closed) {
        epl__fail(f, EPL_ERR_USE,
                  "[%s] a value of \"%s\" is used after that function was closed; "
                  "build all that is needed before the first result is taken out "
                  "(epl_collect, epl_last, epl_output)",
                  op, f->name);
        return NULL;
    }
    for (size_t i = 0; i < in.count; i++) {
        epl_fn *g = epl__fn_of(in.at[i]);
        if (epl__is_num(in.at[i]))
            id[i] = EPL__ID_NONE;
        else if (!g)
            epl__fail(f, EPL_ERR_ARG, "[%s] operand %zu is no value", op, i);
        else if (g->scope != f->scope)
            epl__fail(f, EPL_ERR_USE, "[%s] operand %zu is a value of another scope", op, i);
        else if (!encloses(g, f))
            strange_fail(f, g, i, op);
        else
            id[i] = g == f ? epl__id_of(in.at[i]) : take_in(f, g, epl__id_of(in.at[i]));
    }
    return epl_scope_status(f->scope) == EPL_OK ? f : NULL;
}
