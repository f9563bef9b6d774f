/* apply.c -- a module applied to values, and the same on types to find its sizes and leaves.
 *
 * One application has a shared part (what mode, where leaves come from) and a context for
 * each module on the way, which knows its path.
 */
#include <string.h>
#include "apply.h"

/* -- modules ------------------------------------------------------------------------------- */
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
    if (!epl__ctx_ok(c))
        return EPL_NO_VAL;
    uint32_t before = epl__where(c->r->f, c->path);
    epl_val y = c->m->kind->apply(c, c->m->args, x);
    epl__where(c->r->f, c->r->f->where[before]);
    if (!y.graph && epl__ctx_ok(c))
        return epl_ctx_fail(c, EPL_ERR_USE, "%s gave no value", c->m->kind->name);
    return tapped(c, y);
}

size_t epl_child_results(epl_ctx *c, size_t i, epl_vals in, epl_val *out, size_t room)
{
    char path[EPL__PATH];
    if (i >= c->m->children || !in.count) {
        if (epl__ctx_ok(c))
            epl_ctx_fail(c, EPL_ERR_ARG,
                         in.count ? "there is no child %zu" : "child %zu gets no input", i);
        return 0;
    }
    const epl_child *child = &c->m->child[i];
    if (!epl__ctx_join(c, child->name, path))
        return 0;
    epl_ctx inner = {.r = c->r,
                     .m = (struct epl_module_s *)(uintptr_t)child->module,
                     .path = path,
                     .more = {in.count - 1, in.at + 1},
                     .also = room > 1 ? out + 1 : NULL,
                     .room = room ? room - 1 : 0};
    for (size_t k = 0; k < room; k++)
        out[k] = EPL_NO_VAL;
    epl_val y = run_module(&inner, in.at[0]);
    if (room)
        out[0] = y;
    return y.graph && epl__ctx_ok(c) ? inner.results + 1 : 0;
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
    return epl__ctx_ok(c) ? epl_ctx_fail(c, EPL_ERR_ARG, "there is no child \"%s\"", name)
                          : EPL_NO_VAL;
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
static void infer_run(epl__application *r, struct epl_module_s *copy, size_t count,
                      const epl_type *input)
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

/* Several inputs are part of the description: a file's network is inferred from them. */
static void keep_inputs(epl_scope *s, struct epl_module_s *m, size_t count, const epl_type *input)
{
    epl_type *all = count > 1 ? epl_scope_alloc(s, count * sizeof *all) : NULL;
    for (size_t i = 0; all && i < count; i++)
        all[i] = epl_type_of(input[i].dtype, input[i].shape);
    m->example.inputs = all ? count : 0;
    m->example.input = all;
}

epl_module epl_infer_all(epl_scope *s, epl_module m, size_t count, const epl_type *input)
{
    if (!inferable(s, m, count, input))
        return NULL;
    struct epl_module_s *copy = epl__module_copy(s, m);
    epl_scope *scratch = epl_scope_new(epl__scope_allocator(s));
    epl__application r = {.scope = scratch,
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
        keep_inputs(s, copy, count, input);
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
    for (size_t i = 0; i < t->count && epl__ctx_ok(c); i++)
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
    epl__application r = {.f = f,
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
    if (r.buffer_tree.graph && epl__ctx_ok(&c))
        *a->buffers = epl_tree_with(a->net->buffers, r.buffer_tree, r.next);
    return epl__ctx_ok(&c) ? y : EPL_NO_VAL;
}
