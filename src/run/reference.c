/* reference.c -- the plain evaluation: each node in its order, nothing shared or reused.
 *
 * Slow and simple on purpose: it is what plans are tested against.
 */
#include <string.h>
#include "../base/number.h"
#include "../base/scope.h"
#include "../base/spec.h"
#include "../plan/args.h"
#include "reference.h"
#include "scalar.h"

static void fill(const epl__const_attrs *a, const epl_array *out)
{
    for (int64_t i = 0, n = epl_count(out->type); i < n; i++)
        if (epl_dtype_is_float(out->type.dtype))
            epl__number_set(out, i, a->value);
        else
            epl__integer_set(out, i, a->integer);
}

static bool node_run(const epl__node *n, const epl_array *in, const epl_array *out, char *message)
{
    const epl_prim *p = n->prim;
    if (p == &epl__prim_const)
        fill(n->attrs, out);
    else if (p == &epl__prim_copy || p == &epl__prim_stop || p == &epl__prim_reshape) {
        if (epl_bytes(out->type))
            memcpy(out->data, in[0].data, epl_bytes(out->type));
    } else if (p->kernel)
        return p->kernel(in, n->count, out, n->attrs, message);
    else if (epl__scalar_has(p))
        epl__scalar_run(p, n->attrs, in, n->count, out);
    else {
        epl__text(message, EPL_PRIM_MESSAGE, "it has no kernel");
        return false;
    }
    return true;
}

typedef struct {
    const epl_fn *f;
    epl__arena arena;
    epl_array *value; /* by id; data NULL: not needed */
    bool *live;
    epl__source *source;
    epl_arrays in;
} evaluation;

static void mark(evaluation *e)
{
    const epl_fn *f = e->f;
    for (uint32_t i = 0; i < f->outputs; i++)
        e->live[f->output[i].value] = true;
    for (uint32_t i = 0; i < f->inputs; i++)
        if (f->input[i].update != EPL__ID_NONE)
            e->live[f->input[i].update] = true;
    epl__live_below(f, e->live);
}

static epl_status node_eval(evaluation *e, epl__id id)
{
    const epl_fn *f = e->f;
    const epl__node *n = epl__node_at(f, id);
    epl_array *v = &e->value[id];
    v->type = *n->type;
    if (n->prim == &epl__prim_input) {
        const epl__source *s = &e->source[((const epl__input_attrs *)n->attrs)->index];
        v->data = (char *)e->in.at[s->port].data + s->byte;
        return EPL_OK;
    }
    if (n->prim == &epl__prim_data) {
        v->data = (void *)((const epl__data_attrs *)n->attrs)->data;
        return EPL_OK;
    }
    if (n->prim == &epl__prim_tuple)
        return EPL_OK;
    if (n->prim == &epl__prim_part) { /* data of a region: an array for each part */
        *v = ((epl_array *)e->value[n->in[0]].data)[((const epl__part_attrs *)n->attrs)->index];
        return EPL_OK;
    }
    if (n->prim == &epl__prim_region) {
        epl_array *in = epl__arena_take(&e->arena, (n->count + 1) * sizeof *in);
        for (uint32_t k = 0; in && k < n->count; k++)
            in[k] = e->value[n->in[k]];
        v->data = in ? epl__reference_region(n, in, &e->arena) : NULL;
        if (!v->data)
            epl_scope_fail(f->scope, EPL_ERR_MEMORY, "[reference] no memory");
        return epl_scope_status(f->scope);
    }
    v->data = epl__arena_take(&e->arena, epl_bytes(v->type) + 1);
    epl_array *in = epl__arena_take(&e->arena, (n->count + 1) * sizeof *in);
    if (!v->data || !in) {
        epl_scope_fail(f->scope, EPL_ERR_MEMORY, "[%s] no memory", n->prim->name);
        return EPL_ERR_MEMORY;
    }
    for (uint32_t k = 0; k < n->count; k++)
        in[k] = e->value[n->in[k]];
    char message[EPL_PRIM_MESSAGE] = "";
    if (node_run(n, in, v, message))
        return EPL_OK;
    epl_scope_fail(f->scope, EPL_ERR_DATA, "[%s] %s (%s)", n->prim->name, message,
                   f->where[n->where]);
    return EPL_ERR_DATA;
}

/* A value into the caller's array; a mixed tree range by range. */
static void give(const evaluation *e, epl__id id, const epl_array *to)
{
    const epl__node *n = epl__node_at(e->f, id);
    size_t bytes = epl_bytes(*n->type);
    if (n->prim != &epl__prim_tuple) {
        if (bytes)
            memmove(to->data, e->value[id].data, bytes);
        return;
    }
    int64_t copies = epl_count((epl_type){EPL_U8, n->type->shape, NULL});
    for (uint32_t k = 0; k < n->count; k++) {
        const epl_array *part = &e->value[n->in[k]];
        memmove((char *)to->data + epl__spec_part_byte(n->type->spec, (int)k, copies), part->data,
                epl_bytes(part->type));
    }
}

/* The numbers of inputs as they were: updates write over the arrays. */
static bool keep_inputs(evaluation *e)
{
    for (epl__id id = 0; id < e->f->main.count; id++) {
        if (!e->live[id] || epl__node_at(e->f, id)->prim != &epl__prim_input)
            continue;
        size_t bytes = epl_bytes(e->value[id].type);
        void *copy = epl__arena_take(&e->arena, bytes + 1);
        if (!copy)
            return false;
        if (bytes)
            e->value[id].data = memcpy(copy, e->value[id].data, bytes);
    }
    return true;
}

/* All that f's outputs and updates need; the arena is the caller's to free. */
static epl_status evaluate(evaluation *e, const epl_fn *f, epl_arrays in)
{
    epl_status status = EPL_OK;
    *e = (evaluation){.f = f, .in = in};
    epl__arena_init(&e->arena, f->arena.alloc);
    e->value = epl__arena_take(&e->arena, (f->main.count + 1) * sizeof *e->value);
    e->live = epl__arena_take(&e->arena, f->main.count + 1);
    e->source = epl__sources(f, &e->arena);
    if (!e->value || !e->live || !e->source) {
        epl_scope_fail(f->scope, EPL_ERR_MEMORY, "[reference] no memory");
        return EPL_ERR_MEMORY;
    }
    mark(e);
    for (epl__id id = 0; status == EPL_OK && id < f->main.count; id++)
        if (e->live[id])
            status = node_eval(e, id);
    return status;
}

epl_status epl__reference_body(const epl_fn *f, epl_arrays in, epl_arrays out)
{
    evaluation e;
    epl_status status = evaluate(&e, f, in);
    for (uint32_t i = 0; status == EPL_OK && i < f->outputs; i++)
        if (out.at[i].data)
            give(&e, f->output[i].value, &out.at[i]);
    epl__arena_free(&e.arena);
    return status;
}

epl_status epl_reference(epl_fn *f, epl_arrays in, epl_arrays out)
{
    char message[EPL__RUN_MESSAGE];
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return f ? epl_scope_status(f->scope) : EPL_ERR_USE;
    if (f->kind != EPL__FN_PLAIN) {
        epl_scope_fail(f->scope, EPL_ERR_USE,
                       "[reference] an inner function is evaluated with its outer one");
        return EPL_ERR_USE;
    }
    epl_status status =
        epl__args_check(f->name, f->input, f->inputs, f->output, f->outputs, in, out, message);
    if (status != EPL_OK) {
        epl_scope_fail(f->scope, status, "%s", message);
        return status;
    }
    evaluation e;
    status = evaluate(&e, f, in);
    for (uint32_t i = 0; status == EPL_OK && i < f->outputs; i++)
        give(&e, f->output[i].value, &out.at[i]);
    if (status == EPL_OK && !keep_inputs(&e)) /* an update may be another input, as it was */
        status = EPL_ERR_MEMORY;
    for (uint32_t i = 0; status == EPL_OK && i < f->inputs; i++)
        if (f->input[i].update != EPL__ID_NONE)
            give(&e, f->input[i].update, &in.at[i]);
    epl__arena_free(&e.arena);
    return status;
}
