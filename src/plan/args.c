/* args.c -- what a caller passes to a run, checked once a run. */
#include <stdio.h>
#include "../base/scope.h"
#include "../base/spec.h"
#include "args.h"

static bool over(const epl_array *a, const epl_array *b)
{
    const char *p = a->data, *q = b->data;
    return p < q + epl_bytes(b->type) && q < p + epl_bytes(a->type);
}

static epl_status one(const char *name, const char *kind, const epl__port *port, size_t i,
                      const epl_array *a, char *message)
{
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    bool mixed = port->type.dtype == EPL_NONE;
    if (!epl_type_equal(a->type, port->type) ||
        (mixed && !epl__spec_alike(a->type.spec, port->type.spec))) {
        epl__text(message, EPL__RUN_MESSAGE, "[%s] %s %zu \"%s\" must be %s, got %s", name, kind, i,
                  port->name, epl_type_text(port->type, want), epl_type_text(a->type, got));
        return a->type.dtype != port->type.dtype ? EPL_ERR_DTYPE : EPL_ERR_SHAPE;
    }
    if (!a->data && epl_bytes(a->type)) {
        epl__text(message, EPL__RUN_MESSAGE, "[%s] %s %zu \"%s\" %s has no data (NULL)", name, kind,
                  i, port->name, epl_type_text(port->type, want));
        return EPL_ERR_ARG;
    }
    return EPL_OK;
}

/* "got 2 and 1: params, x, y; loss" */
static void wrong_count(const char *name, const epl__port *input, size_t inputs,
                        const epl__port *output, size_t outputs, const epl_arrays *in,
                        const epl_arrays *out, char *message)
{
    size_t n = (size_t)snprintf(message, EPL__RUN_MESSAGE,
                                "[%s] %zu inputs and %zu outputs expected, got %zu and %zu", name,
                                inputs, outputs, in->count, out->count);
    for (size_t i = 0; i < inputs + outputs && n < EPL__RUN_MESSAGE; i++)
        n += (size_t)snprintf(message + n, EPL__RUN_MESSAGE - n, "%s%s",
                              i == 0        ? ": "
                              : i == inputs ? "; "
                                            : ", ",
                              i < inputs ? input[i].name : output[i - inputs].name);
}

epl_status epl__args_check(const char *name, const epl__port *input, size_t inputs,
                           const epl__port *output, size_t outputs, epl_arrays in, epl_arrays out,
                           char *message)
{
    if (in.count != inputs || out.count != outputs || (in.count && !in.at) ||
        (out.count && !out.at)) {
        wrong_count(name, input, inputs, output, outputs, &in, &out, message);
        return EPL_ERR_ARG;
    }
    for (size_t i = 0; i < inputs + outputs; i++) {
        bool is_in = i < inputs;
        size_t k = is_in ? i : i - inputs;
        epl_status s = one(name, is_in ? "input" : "output", is_in ? &input[k] : &output[k], k,
                           is_in ? &in.at[k] : &out.at[k], message);
        if (s != EPL_OK)
            return s;
    }
    /* What a run writes must lie apart from all else that it is given. */
    for (size_t w = 0; w < inputs + outputs; w++) {
        bool w_in = w < inputs;
        if (w_in && input[w].update == EPL__ID_NONE)
            continue;
        const epl_array *written = w_in ? &in.at[w] : &out.at[w - inputs];
        for (size_t i = 0; i < inputs + outputs; i++) {
            const epl_array *other = i < inputs ? &in.at[i] : &out.at[i - inputs];
            if (i == w || !over(written, other))
                continue;
            epl__text(message, EPL__RUN_MESSAGE,
                      "[%s] \"%s\" is written and lies over \"%s\" in memory", name,
                      w_in ? input[w].name : output[w - inputs].name,
                      i < inputs ? input[i].name : output[i - inputs].name);
            return EPL_ERR_ARG;
        }
    }
    return EPL_OK;
}

epl__source *epl__sources(const epl_fn *f, epl__arena *arena)
{
    epl__source *s = epl__arena_take(arena, (f->input_nodes + 1) * sizeof *s);
    for (uint32_t i = 0; s && i < f->inputs; i++) {
        const epl__node *n = epl__node_at(f, f->input[i].value);
        if (n->prim == &epl__prim_input) {
            s[((const epl__input_attrs *)n->attrs)->index] = (epl__source){i, 0};
            continue;
        }
        int64_t copies = epl_count((epl_type){EPL_U8, n->type->shape, NULL});
        for (uint32_t k = 0; k < n->count; k++) {
            const epl__input_attrs *a = epl__node_at(f, n->in[k])->attrs;
            s[a->index] = (epl__source){i, epl__spec_part_byte(n->type->spec, (int)k, copies)};
        }
    }
    return s;
}
