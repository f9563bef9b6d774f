/* op_answer.c -- one request, one answer: values and derivatives of an operation.
 *
 * A request has a scope of its own, with a limit to its memory: no request can harm the
 * next one.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "op.h"
#include "tensor.h"

enum { RESULTS_ROOM = 64 };

/* What is asked for, and one of the results. */
typedef enum { VALUE, VJP, JVP, HVP, WANTS } want;
static const char *const want_name[WANTS] = {"value", "vjp", "jvp", "hvp"};
typedef struct {
    want of;
    const op_tensor *tensor; /* of VJP and HVP: the argument */
    epl_val value;           /* none: a zero */
    epl_array array;
} result;

typedef struct {
    op_call call;
    const json *request;
    bool wants[WANTS];
    epl_val *out; /* of the operation */
    size_t outs;
    result *result;
    size_t results;
} task;

/* -- memory with a limit --------------------------------------------------------------- */
typedef struct {
    atomic_size_t used;
    size_t limit;
} budget;

static void *limited_resize(void *user, void *p, size_t old_size, size_t size)
{
    budget *b = user;
    size_t before = atomic_fetch_add(&b->used, size);
    void *q = NULL;
    if (size == 0)
        free(p);
    else if (before <= b->limit && size <= b->limit - before)
        q = realloc(p, size);
    atomic_fetch_sub(&b->used, size == 0 || q ? (p ? old_size : 0) : size);
    return q;
}

/* -- what is asked for ----------------------------------------------------------------- */
static bool fail(task *t, const char *what)
{
    epl_scope_fail(t->call.scope, EPL_ERR_ARG, "%s", what);
    return false;
}

static bool read_wants(task *t)
{
    const json *list = json_get(t->request, "want");
    if (!list || list->kind != JSON_LIST || !list->count)
        return fail(t, "\"want\" must be a list of value, vjp, jvp, hvp");
    for (const json *m = list->first; m; m = m->next) {
        bool found = false;
        for (int w = 0; w < WANTS; w++)
            if (m->kind == JSON_STRING && !strcmp(m->text, want_name[w]))
                found = t->wants[w] = true;
        if (!found)
            return fail(t, "\"want\" must be a list of value, vjp, jvp, hvp");
    }
    if (t->call.axes && (t->wants[VJP] || t->wants[JVP] || t->wants[HVP]))
        return fail(t, "with \"in_axes\", only the value can be asked for");
    return true;
}

static bool read_call(task *t)
{
    op_call *c = &t->call;
    const json *name = json_get(t->request, "op"), *axes = json_get(t->request, "in_axes");
    const json *cotangents = json_get(t->request, "cotangents");
    const json *tangents = json_get(t->request, "tangents");
    if (!name || name->kind != JSON_STRING)
        return fail(t, "\"op\" must be the name of an operation");
    c->operation = epl_operation_named(name->text);
    if (!c->operation) {
        epl_scope_fail(c->scope, EPL_ERR_ARG, "no operation \"%s\"; see espalier op --list",
                       name->text);
        return false;
    }
    c->args = json_get(t->request, "args");
    if (c->args && c->args->kind != JSON_OBJECT)
        return op_fail(c, "\"args\" must be an object");
    c->axes = axes && axes->kind != JSON_NULL ? axes : NULL;
    if (c->axes && c->axes->kind != JSON_OBJECT)
        return op_fail(c, "\"in_axes\" must be an object");
    /* Each tensor of the request is an input. */
    const json *part[3] = {c->args, cotangents, tangents};
    for (int p = 0; p < 3; p++)
        for (const json *m = part[p] ? part[p]->first : NULL; m; m = m->next)
            c->input_room += 1 + (m->kind == JSON_LIST ? m->count : 0);
    c->input = epl_scope_alloc(c->scope, (c->input_room + 1) * sizeof *c->input);
    return c->input && read_wants(t) && op_bind(c);
}

/* -- building -------------------------------------------------------------------------- */
static bool build(task *t)
{
    op_call *c = &t->call;
    size_t room = RESULTS_ROOM;
    t->out = epl_scope_alloc(c->scope, room * sizeof *t->out);
    if (!t->out)
        return false;
    const char *given = c->given.at ? c->given.at : "";
    t->outs = c->operation->build(c->packed, given, t->out, room);
    if (t->outs > room) {
        t->out = epl_scope_alloc(c->scope, t->outs * sizeof *t->out);
        if (t->out)
            t->outs = c->operation->build(c->packed, given, t->out, t->outs);
    }
    if (epl_scope_status(c->scope) != EPL_OK)
        return false;
    if (!t->outs)
        return op_fail(c, "gave no result");
    for (size_t i = 0; c->axes && i < t->outs; i++)
        t->out[i] = epl_collect(c->body, t->out[i]);
    return epl_scope_status(c->scope) == EPL_OK;
}

static void add_result(task *t, want of, const op_tensor *tensor, epl_val v, epl_type type)
{
    result *r = &t->result[t->results++];
    *r = (result){of, tensor, v, {NULL, epl_is_none(v) ? type : epl_typeof(v)}};
    r->array = tensor_new(t->call.scope, r->array.type);
}

/* A cotangent or tangent of this type, as an input. */
static epl_val direction(task *t, const json *j, const char *kind, size_t i, epl_type type)
{
    char what[80], want_text[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    epl_array a;
    snprintf(what, sizeof what, "%s %zu", kind, i);
    if (!j) {
        op_fail(&t->call, "%s is missing", what);
        return EPL_NO_VAL;
    }
    if (!tensor_read(t->call.scope, j, what, &a))
        return EPL_NO_VAL;
    if (!epl_type_equal(a.type, type)) {
        op_fail(&t->call, "%s must be %s, got %s", what, epl_type_text(type, want_text),
                epl_type_text(a.type, got));
        return EPL_NO_VAL;
    }
    return op_input(&t->call, what, &a);
}

/* The tangent for a tensor: its argument's, or that of its place among the floating members. */
static const json *tangent_of(task *t, const op_tensor *of)
{
    const json *j = json_get(json_get(t->request, "tangents"), of->name);
    if (!j || of->member < 0)
        return j;
    const json *m = j->kind == JSON_LIST ? j->first : NULL;
    for (const op_tensor *o = t->call.tensor; m && o < of; o++)
        if (o->wanted && !strcmp(o->name, of->name))
            m = m->next;
    return m;
}

typedef struct {
    epl_val *y, *u, *x, *v, *g; /* results, cotangents, arguments, tangents, products */
    size_t ys, xs;
} sweep;

static bool sweep_values(task *t, sweep *w)
{
    op_call *c = &t->call;
    size_t room = t->outs + c->tensors + 1;
    epl_val *all = epl_scope_alloc(c->scope, 5 * room * sizeof *all);
    const json *cotangents = json_get(t->request, "cotangents");
    const json *u = cotangents && cotangents->kind == JSON_LIST ? cotangents->first : NULL;
    if (!all || !op_want(c, json_get(t->request, "wrt")))
        return false;
    *w = (sweep){all, all + room, all + 2 * room, all + 3 * room, all + 4 * room, 0, 0};
    for (size_t i = 0; i < t->outs; i++)
        if (epl_dtype_is_float(epl_typeof(t->out[i]).dtype))
            w->y[w->ys++] = t->out[i];
    for (size_t i = 0; i < c->tensors; i++)
        if (c->tensor[i].wanted)
            w->x[w->xs++] = c->tensor[i].value;
    if (!w->ys)
        return op_fail(c, "no result is floating");
    for (size_t i = 0; (t->wants[VJP] || t->wants[HVP]) && i < w->ys; i++, u = u ? u->next : NULL) {
        w->u[i] = direction(t, u, "cotangent", i, epl_typeof(w->y[i]));
        if (epl_is_none(w->u[i]))
            return false;
    }
    for (size_t i = 0, k = 0; (t->wants[JVP] || t->wants[HVP]) && i < c->tensors; i++) {
        if (!c->tensor[i].wanted)
            continue;
        w->v[k] = direction(t, tangent_of(t, &c->tensor[i]), "tangent", k, epl_typeof(w->x[k]));
        if (epl_is_none(w->v[k++]))
            return false;
    }
    return true;
}

static void add_by_argument(task *t, want of, const epl_val *g)
{
    for (size_t i = 0, k = 0; i < t->call.tensors; i++)
        if (t->call.tensor[i].wanted)
            add_result(t, of, &t->call.tensor[i], g[k++], t->call.tensor[i].array.type);
}

static bool derive(task *t)
{
    sweep w;
    if (!t->wants[VJP] && !t->wants[JVP] && !t->wants[HVP])
        return true;
    if (!sweep_values(t, &w))
        return false;
    epl_vals y = {w.ys, w.y}, u = {w.ys, w.u}, x = {w.xs, w.x}, v = {w.xs, w.v};
    if (t->wants[VJP] || t->wants[HVP])
        epl_vjps(y, x, u, w.g);
    if (t->wants[VJP])
        add_by_argument(t, VJP, w.g);
    if (t->wants[HVP]) {
        epl_val *second = epl_scope_alloc(t->call.scope, w.xs * sizeof *second);
        if (!second)
            return false;
        epl_jvps((epl_vals){w.xs, w.g}, x, v, second);
        add_by_argument(t, HVP, second);
    }
    if (t->wants[JVP]) {
        epl_val *dy = epl_scope_alloc(t->call.scope, w.ys * sizeof *dy);
        if (!dy)
            return false;
        epl_jvps(y, x, v, dy);
        for (size_t i = 0; i < w.ys; i++)
            add_result(t, JVP, NULL, dy[i], epl_typeof(w.y[i]));
    }
    return epl_scope_status(t->call.scope) == EPL_OK;
}

/* -- running --------------------------------------------------------------------------- */
static bool run(task *t, bool reference)
{
    op_call *c = &t->call;
    size_t outs = 0;
    epl_array *out = epl_scope_alloc(c->scope, (t->results + 1) * sizeof *out);
    for (size_t i = 0; out && i < t->results; i++) {
        char name[40];
        if (epl_is_none(t->result[i].value))
            continue;
        snprintf(name, sizeof name, "%s.%zu", want_name[t->result[i].of], i);
        epl_output(c->fn, name, t->result[i].value);
        out[outs++] = t->result[i].array;
    }
    epl_arrays in = {c->inputs, c->input}, found = {outs, out};
    if (epl_scope_status(c->scope) != EPL_OK)
        return false;
    if (reference)
        return epl_reference(c->fn, in, found) == EPL_OK;
    epl_plan plan = epl_compile(c->scope, c->fn);
    epl_work *work = epl_work_new(c->scope, NULL);
    epl_status status = epl_run(plan, in, found, work);
    if (status != EPL_OK)
        epl_scope_fail(c->scope, status, "%s", epl_work_message(work));
    return status == EPL_OK;
}

static void write_results(const task *t, textbuf *answer)
{
    for (int w = 0; w < WANTS; w++) {
        if (!t->wants[w])
            continue;
        bool named = w == VJP || w == HVP, first = true;
        const char *open = NULL;
        text_addf(answer, ", \"%s\": %s", want_name[w], named ? "{" : "[");
        for (size_t i = 0; i < t->results; i++) {
            const result *r = &t->result[i];
            if ((int)r->of != w)
                continue;
            bool same = named && open && !strcmp(open, r->tensor->name);
            if (named && !same) {
                text_add(answer, open ? "], " : first ? "" : ", ");
                text_add_string(answer, r->tensor->name);
                text_add(answer, r->tensor->member < 0 ? ": " : ": [");
                open = r->tensor->member < 0 ? NULL : r->tensor->name;
            } else if (!first) {
                text_add(answer, ", ");
            }
            tensor_write(answer, &r->array);
            first = false;
        }
        text_add(answer, open ? "]" : "");
        text_add(answer, named ? "}" : "]");
    }
}

static bool solve(task *t, bool reference)
{
    op_call *c = &t->call;
    if (!read_call(t) || !build(t))
        return false;
    t->result = epl_scope_alloc(c->scope, (2 * (t->outs + c->tensors) + 1) * sizeof *t->result);
    if (!t->result)
        return false;
    for (size_t i = 0; t->wants[VALUE] && i < t->outs; i++)
        add_result(t, VALUE, NULL, t->out[i], epl_typeof(t->out[i]));
    return derive(t) && run(t, reference);
}

/* -- a line ---------------------------------------------------------------------------- */
void op_answer(const char *line, size_t length, bool reference, textbuf *answer)
{
    budget memory = {.limit = (size_t)2 << 30};
    epl_alloc alloc = {limited_resize, &memory};
    epl_scope *parse = epl_scope_new(NULL), *scope = epl_scope_new(&alloc);
    char message[JSON_MESSAGE];
    const json *request = json_read(parse, line, length, message), *id = NULL;
    task t = {.call.scope = scope, .request = request};
    bool ok = false;
    if (!request)
        epl_scope_fail(scope, EPL_ERR_ARG, "%s", message);
    else if (request->kind != JSON_OBJECT)
        epl_scope_fail(scope, EPL_ERR_ARG, "a request must be an object, got %s",
                       json_kind_text(request));
    else {
        id = json_get(request, "id");
        ok = solve(&t, reference);
    }
    text_add(answer, "{\"id\": ");
    text_add_bytes(answer, id ? id->raw : "null", id ? id->raw_length : 4);
    if (ok) {
        write_results(&t, answer);
    } else {
        text_add(answer, ", \"error\": ");
        text_add_string(answer, epl_scope_message(scope));
    }
    text_add(answer, "}");
    text_free(&t.call.given);
    epl_scope_free(scope);
    epl_scope_free(parse);
}
