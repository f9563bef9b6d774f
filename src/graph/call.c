/* call.c -- a finished function inside another one: its nodes, built again there. */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "region.h"

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
    epl__id *to = f ? epl__arena_take(&f->arena, (callee->outputs + 1) * sizeof *to) : NULL;
    if (!to || !arguments_fit(f, callee, id))
        return;
    if (epl__inline(f, callee, id, 0, callee->outputs, to))
        for (uint32_t i = 0; i < callee->outputs; i++)
            out[i] = epl__val(f, to[i]);
}
