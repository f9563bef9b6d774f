/* apply.c -- a module applied to values, and the same on types to find its leaves.
 *
 * One run of apply has a shared part (what mode, where leaves come from) and a context for
 * each module on the way, which knows its path. In infer mode a leaf that is asked for is
 * declared, and its value is a placeholder; so a layout can never disagree with apply.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "../../src/base/scope.h"
#include "../../src/base/spec.h"
#include "../../src/base/type.h"
#include "module.h"

enum { PATH = 1024 };

typedef struct {
    epl_leaf_spec *leaf;
    size_t count, room;
} leaves;

/* What all contexts of one application share. */
typedef struct {
    epl_fn *f;
    epl_scope *scope;
    bool infer, train;
    leaves params, buffers; /* infer: declared so far */
    epl_spec param_spec, buffer_spec;
    epl_val param_tree, buffer_tree, key;
    epl_val *next; /* by buffer: its new value, or none */
    size_t cursor; /* leaves are mostly asked for in order */
    epl_dtype dtype;
    epl_taps taps;
} run;

struct epl_ctx {
    run *r;
    struct epl_module_s *m;
    const char *path;
    epl_vals more;
    epl_val *also;        /* further results go here, up to `room` */
    size_t room, results; /* results: how many there were */
};

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

static bool ok(const epl_ctx *c)
{
    return epl_scope_status(c->r->scope) == EPL_OK;
}

static const char *joined(char *buffer, const epl_ctx *c, const char *name)
{
    return epl__text(buffer, PATH, "%s%s%s", c->path, *c->path ? "." : "", name);
}

/* -- leaves -------------------------------------------------------------------------------- */
static bool declare(epl_ctx *c, leaves *l, const epl_leaf_spec *leaf)
{
    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 32;
        epl_leaf_spec *more = epl_scope_alloc(c->r->scope, room * sizeof *more);
        if (!more)
            return false;
        if (l->count)
            memcpy(more, l->leaf, l->count * sizeof *more);
        l->leaf = more;
        l->room = room;
    }
    l->leaf[l->count] = *leaf;
    char *path = epl_scope_alloc(c->r->scope, strlen(leaf->path) + 1);
    l->leaf[l->count].path = path ? strcpy(path, leaf->path) : "";
    return l->count++, path != NULL;
}

static epl_val declared(epl_ctx *c, leaves *l, epl_leaf_spec *leaf)
{
    for (size_t i = l->count; i-- > 0;) /* a module applied twice shares its leaves */
        if (!strcmp(l->leaf[i].path, leaf->path))
            goto have;
    if (!declare(c, l, leaf))
        return EPL_NO_VAL;
have:;
    epl_type t = epl_type_of(leaf->dtype, leaf->shape);
    if (!epl__type_valid(t))
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "\"%s\" has a shape that cannot be counted",
                            leaf->path);
    return epl__placeholder(c->r->f, &t);
}

/* The index of a leaf; the cursor finds most at once. */
static size_t leaf_index(run *r, epl_spec spec, const char *path)
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
    char path[PATH], a[EPL_TYPE_TEXT], b[EPL_TYPE_TEXT];
    if (!ok(c))
        return EPL_NO_VAL;
    epl_leaf_spec leaf = {joined(path, c, name), c->r->dtype, shape, role, init, 0};
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
    char path[PATH];
    if (!ok(c))
        return EPL_NO_VAL;
    epl_leaf_spec leaf = {joined(path, c, name), dtype, shape, EPL_STATISTIC, init, 0};
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
    char path[PATH];
    if (!ok(c) || c->r->infer)
        return;
    const epl_leaf_spec *have = epl_spec_find(c->r->buffer_spec, joined(path, c, name));
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

/* -- modules ------------------------------------------------------------------------------- */
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
    if (!ok(c))
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

static epl_val tapped(epl_ctx *c, epl_val y)
{
    for (size_t i = 0; i < c->r->taps.count; i++) {
        const epl_tap *t = &c->r->taps.at[i];
        if (!t->path || strcmp(t->path, c->path))
            continue;
        if (t->read)
            *t->read = y;
        if (!t->replace.graph)
            continue;
        char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
        if (!epl_type_equal(epl_typeof(t->replace), epl_typeof(y)))
            return epl_ctx_fail(c, EPL_ERR_SHAPE, "the tap's value must be %s, got %s",
                                epl_type_text(epl_typeof(y), want),
                                epl_type_text(epl_typeof(t->replace), got));
        y = t->replace;
    }
    return y;
}

static epl_val run_module(epl_ctx *c, epl_val x)
{
    if (!ok(c))
        return EPL_NO_VAL;
    uint32_t before = epl__where(c->r->f, c->path);
    epl_val y = c->m->kind->apply(c, c->m->args, x);
    epl__where(c->r->f, c->r->f->where[before]);
    if (!y.graph && ok(c))
        return epl_ctx_fail(c, EPL_ERR_USE, "%s gave no value", c->m->kind->name);
    return tapped(c, y);
}

size_t epl_child_results(epl_ctx *c, size_t i, epl_vals in, epl_val *out, size_t room)
{
    char path[PATH];
    if (i >= c->m->children || !in.count) {
        if (ok(c))
            epl_ctx_fail(c, EPL_ERR_ARG,
                         in.count ? "there is no child %zu" : "child %zu gets no input", i);
        return 0;
    }
    const epl_child *child = &c->m->child[i];
    if (strlen(c->path) + strlen(child->name) + 2 > PATH) {
        if (ok(c))
            epl_ctx_fail(c, EPL_ERR_ARG, "paths of more than %d letters", PATH - 1);
        return 0;
    }
    epl_ctx inner = {.r = c->r,
                     .m = (struct epl_module_s *)(uintptr_t)child->module,
                     .path = joined(path, c, child->name),
                     .more = {in.count - 1, in.at + 1},
                     .also = room > 1 ? out + 1 : NULL,
                     .room = room ? room - 1 : 0};
    for (size_t k = 0; k < room; k++)
        out[k] = EPL_NO_VAL;
    epl_val y = run_module(&inner, in.at[0]);
    if (room)
        out[0] = y;
    return y.graph && ok(c) ? inner.results + 1 : 0;
}

epl_val epl_child_apply_at(epl_ctx *c, size_t i, epl_val x)
{
    epl_val y = EPL_NO_VAL;
    epl_child_results(c, i, (epl_vals){1, &x}, &y, 1);
    return y;
}

epl_val epl_child_apply(epl_ctx *c, const char *name, epl_val x)
{
    for (size_t i = 0; i < c->m->children; i++)
        if (!strcmp(c->m->child[i].name, name))
            return epl_child_apply_at(c, i, x);
    return ok(c) ? epl_ctx_fail(c, EPL_ERR_ARG, "there is no child \"%s\"", name) : EPL_NO_VAL;
}

/* -- applying and inferring
 * ------------------------------------------------------------------------ */
static bool inferable(epl_scope *s, epl_module m, size_t count, const epl_type *input)
{
    char text[EPL_TYPE_TEXT];
    if (epl_scope_status(s) != EPL_OK)
        return false;
    if (!m || !count) {
        epl_scope_fail(s, EPL_ERR_ARG, "[infer] there is no %s", m ? "input" : "module");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!epl__type_valid(input[i]) || input[i].dtype == EPL_NONE) {
            epl_scope_fail(s, EPL_ERR_ARG, "[infer] the input's type is %s",
                           epl_type_text(input[i], text));
            return false;
        }
    return true;
}

/* Applies copy to placeholders; leaves and sizes are found on the way. */
static void infer_run(run *r, struct epl_module_s *copy, size_t count, const epl_type *input)
{
    epl_val *in = epl_scope_alloc(r->scope, count * sizeof *in);
    epl_fn *f = r->f;
    if (!in || !f)
        return;
    for (size_t i = 0; i < count; i++)
        in[i] = epl__placeholder(f, &input[i]);
    epl_ctx c = {.r = r, .m = copy, .path = "", .more = {count - 1, in + 1}};
    run_module(&c, in[0]);
}

epl_module epl_infer_all(epl_scope *s, epl_module m, size_t count, const epl_type *input)
{
    if (!inferable(s, m, count, input))
        return NULL;
    struct epl_module_s *copy = epl__module_copy(s, m);
    epl_scope *scratch = epl_scope_new(epl__scope_allocator(s));
    run r = {.scope = scratch,
             .infer = true,
             .f = epl_fn_new(scratch, "infer"),
             .dtype = input[0].dtype == EPL_F64 ? EPL_F64 : EPL_F32};
    if (copy)
        infer_run(&r, copy, count, input);
    if (epl_scope_status(scratch) != EPL_OK)
        epl_scope_fail(s, epl_scope_status(scratch), "%s", epl_scope_message(scratch));
    if (copy && epl_scope_status(s) == EPL_OK) {
        copy->params = epl_spec_new(s, r.params.count, r.params.leaf);
        copy->buffers = epl_spec_new(s, r.buffers.count, r.buffers.leaf);
        epl_shape shape = input[0].shape;
        if (!copy->example.shape.rank && shape.rank)
            copy->example.shape = epl_shape_of((size_t)shape.rank - 1, shape.dim + 1);
    }
    epl_scope_free(scratch);
    return epl_scope_status(s) == EPL_OK ? copy : NULL;
}

epl_module epl_infer(epl_scope *s, epl_module m, epl_type input)
{
    return epl_infer_all(s, m, 1, &input);
}

static bool usable(const epl_apply_args *a, epl_fn *f)
{
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    if (!a->net || !a->net->params) {
        epl__fail(f, EPL_ERR_ARG,
                  a->net ? "[apply] sizes of the module are open: epl_infer it first"
                         : "[apply] there is no module");
        return false;
    }
    epl_type t = epl_typeof(a->params), w = epl__spec_type(a->net->params);
    if (a->params.graph
            ? t.shape.rank != 1 || epl_count(t) != epl_count(w) || !epl_dtype_is_float(t.dtype)
            : epl_count(w) != 0) {
        epl__fail(f, EPL_ERR_SHAPE, "[apply] the parameters must be %s, got %s",
                  epl_type_text(w, want), a->params.graph ? epl_type_text(t, got) : "none");
        return false;
    }
    t = epl_typeof(a->key);
    if (a->key.graph && (t.dtype != EPL_I64 || t.shape.rank != 1 || t.shape.dim[0] != 2)) {
        epl__fail(f, EPL_ERR_ARG, "[apply] the key must be i64[2], got %s", epl_type_text(t, got));
        return false;
    }
    if (!a->input.graph || epl__is_num(a->input)) {
        epl__fail(f, EPL_ERR_ARG, "[apply] the input is no value");
        return false;
    }
    return true;
}

/* The deepest function of all that comes in; what is of an outer one is taken in. */
static epl_fn *meet(const epl_apply_args *a, epl_val *params, epl_val *input, epl_val *buffers)
{
    epl_val all[3] = {a->input};
    epl__id id[3];
    size_t n = 1, params_at = 0, buffers_at = 0;
    if (a->params.graph)
        all[params_at = n++] = a->params;
    if (a->buffers && a->buffers->graph)
        all[buffers_at = n++] = *a->buffers;
    epl_fn *f = epl__meet((epl_vals){n, all}, id, "apply");
    if (!f)
        return NULL;
    *input = epl__val(f, id[0]);
    *params = params_at ? epl__val(f, id[params_at]) : EPL_NO_VAL;
    *buffers = buffers_at ? epl__val(f, id[buffers_at]) : EPL_NO_VAL;
    return f;
}

static void taps_begin(const epl_taps *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->at[i].read)
            *t->at[i].read = EPL_NO_VAL;
}

static void taps_end(epl_ctx *c, const epl_taps *t)
{
    for (size_t i = 0; i < t->count && ok(c); i++)
        if (t->at[i].read && !t->at[i].read->graph)
            epl_ctx_fail(c, EPL_ERR_ARG, "the tap \"%s\" names no module that was applied",
                         t->at[i].path ? t->at[i].path : "");
}

epl_val epl_op_apply(const epl_apply_args *a, const char *given)
{
    epl_val params, input, buffers;
    (void)given;
    epl_fn *f = meet(a, &params, &input, &buffers);
    taps_begin(&a->taps);
    if (!f || !usable(a, f))
        return EPL_NO_VAL;
    run r = {.f = f,
             .scope = f->scope,
             .train = a->train,
             .param_spec = a->net->params,
             .buffer_spec = a->net->buffers,
             .param_tree = params,
             .buffer_tree = buffers,
             .key = a->key,
             .taps = a->taps,
             .dtype = params.graph ? epl_typeof(params).dtype : EPL_F32};
    r.next = epl__arena_take(&f->arena, (epl_spec_leaves(a->net->buffers) + 1) * sizeof *r.next);
    if (!r.next) {
        epl__fail(f, EPL_ERR_MEMORY, "[apply] no memory");
        return EPL_NO_VAL;
    }
    epl_ctx c = {.r = &r,
                 .m = (struct epl_module_s *)(uintptr_t)a->net,
                 .path = "",
                 .more = a->more,
                 .also = a->also,
                 .room = SIZE_MAX};
    epl_val y = run_module(&c, input);
    taps_end(&c, &a->taps);
    if (r.buffer_tree.graph && ok(&c))
        *a->buffers = epl_tree_with(a->net->buffers, r.buffer_tree, r.next);
    return ok(&c) ? y : EPL_NO_VAL;
}
