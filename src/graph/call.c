/* call.c -- a finished function inside another one: its nodes, built again there. */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "graph.h"

static bool arguments_fit(epl_fn *f, const epl_fn *callee, const epl__id *id)
{
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    for (uint32_t i = 0; i < callee->inputs; i++) {
        const epl_type *t = id[i] == EPL__ID_NONE ? NULL : epl__node_at(f, id[i])->type;
        if (t && epl_type_equal(*t, callee->input[i].type))
            continue;
        epl__fail(f, EPL_ERR_SHAPE, "[call] input %u \"%s\" of \"%s\" is %s, got %s", i,
                  callee->input[i].name, callee->name, epl_type_text(callee->input[i].type, want),
                  t ? epl_type_text(*t, got) : "a plain number");
        return false;
    }
    return true;
}

/* The nodes that callee's outputs need, marked from the outputs down. */
static void live_nodes(const epl_fn *callee, bool *live)
{
    for (uint32_t i = 0; i < callee->outputs; i++)
        live[callee->output[i].value] = true;
    for (epl__id id = callee->main.count; id-- > 0;) {
        const epl__node *n = epl__node_at(callee, id);
        for (uint32_t k = 0; live[id] && k < n->count; k++)
            live[n->in[k]] = true;
    }
}

static bool replay(epl_fn *f, const epl_fn *callee, const epl__id *arg, epl__id *to,
                   const bool *live)
{
    uint32_t most = 1;
    for (epl__id id = 0; id < callee->main.count; id++)
        most = epl__node_at(callee, id)->count > most ? epl__node_at(callee, id)->count : most;
    epl__id *in = epl__arena_take(&f->arena, most * sizeof *in);
    if (!in)
        return false;
    for (epl__id id = 0; id < callee->main.count; id++)
        to[id] = EPL__ID_NONE;
    for (uint32_t i = 0; i < callee->inputs; i++) {
        const epl__node *n = epl__node_at(callee, callee->input[i].value);
        const epl__node *a = epl__node_at(f, arg[i]);
        to[callee->input[i].value] = arg[i];
        for (uint32_t k = 0; n->prim == &epl__prim_tuple && k < n->count; k++)
            to[n->in[k]] = a->in[k]; /* a mixed tree: its ranges */
    }
    for (epl__id id = 0; id < callee->main.count; id++) {
        const epl__node *n = epl__node_at(callee, id);
        if (!live[id] || to[id] != EPL__ID_NONE)
            continue;
        for (uint32_t k = 0; k < n->count; k++)
            in[k] = to[n->in[k]];
        to[id] = epl__id_of(epl__build(f, n->prim, in, n->count, n->attrs, n->type));
        if (to[id] == EPL__ID_NONE)
            return false;
    }
    return true;
}

/* Is callee one of the functions that the values stand in? */
static bool calls_itself(const epl_fn *callee, epl_vals in)
{
    for (size_t i = 0; i < in.count; i++)
        for (const epl_fn *f = epl__fn_of(in.at[i]); f; f = f->parent)
            if (f == callee)
                return true;
    return false;
}

void epl_call(epl_fn *callee, epl_vals in, epl_val *out)
{
    for (uint32_t i = 0; out && callee && i < callee->outputs; i++)
        out[i] = EPL_NO_VAL;
    epl_fn *any = NULL;
    in = epl__listed(in);
    for (size_t i = 0; i < in.count && !any; i++)
        any = epl__fn_of(in.at[i]);
    if (!any)
        epl__fail(callee, EPL_ERR_USE, "[call] no argument of \"%s\" is a value of a function",
                  callee ? callee->name : "");
    if (!any || !out || epl_scope_status(any->scope) != EPL_OK)
        return;
    const char *wrong = !callee                         ? "there is no function"
                        : callee->kind != EPL__FN_PLAIN ? "an inner function cannot be called"
                        : calls_itself(callee, in)      ? "a function cannot call itself"
                        : epl_scope_status(callee->scope) != EPL_OK
                            ? epl_scope_message(callee->scope)
                            : NULL;
    for (uint32_t i = 0; callee && !wrong && i < callee->inputs; i++)
        if (callee->input[i].update != EPL__ID_NONE)
            wrong = "a function with updates cannot be called";
    if (wrong || in.count != callee->inputs) {
        epl__fail(any, EPL_ERR_USE, "[call] %s%s",
                  wrong ? wrong : "the number of arguments is wrong for ",
                  wrong ? "" : callee->name);
        return;
    }
    callee->closed = true;
    epl__id *id = epl__arena_take(&any->arena, (in.count + 1) * sizeof *id);
    epl_fn *f = id ? epl__meet(in, id, "call") : NULL;
    epl__id *to = f ? epl__arena_take(&f->arena, (callee->main.count + 1) * sizeof *to) : NULL;
    bool *live = f ? epl__arena_take(&f->arena, callee->main.count + 1) : NULL;
    if (!to || !live || !arguments_fit(f, callee, id))
        return;
    live_nodes(callee, live);
    if (replay(f, callee, id, to, live))
        for (uint32_t i = 0; i < callee->outputs; i++)
            out[i] = epl__val(f, to[callee->output[i].value]);
}
