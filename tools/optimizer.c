/* optimizer.c -- optimizers by name, from the library's table of them. */
#include "optimizer.h"
#include <stdio.h>
#include <string.h>

bool optimizer_named(optimizer *o, const char *name)
{
    *o = (optimizer){.kind = epl_optimizer_named(name)};
    for (int i = 0; o->kind && o->kind->hypers[i].name; i++) {
        if (i == OPTIMIZER_HYPERS)
            o->kind = NULL;
        else
            o->value[i] = o->kind->hypers[i].value;
    }
    return o->kind != NULL;
}

static int place(const optimizer *o, const char *name)
{
    for (int i = 0; o->kind->hypers[i].name; i++)
        if (!strcmp(o->kind->hypers[i].name, name))
            return i;
    return -1;
}

bool optimizer_set(optimizer *o, const char *name, double value, char *message, size_t size)
{
    int i = place(o, name);
    if (i < 0) {
        snprintf(message, size, "the optimizer %s has no %s", o->kind->name, name);
        return false;
    }
    const epl_hyper *h = &o->kind->hypers[i];
    if (!(value >= h->min && value <= h->max) && h->min < h->max) {
        snprintf(message, size, "%s must lie in [%g, %g], got %g", name, h->min, h->max, value);
        return false;
    }
    o->value[i] = value;
    return true;
}

void optimizer_names(textbuf *t)
{
    const epl_optimizer *o;
    for (size_t i = 0; (o = epl_optimizer_at(i)) != NULL; i++)
        text_addf(t, "%s%s", i ? "|" : "", o->name);
}

void optimizer_write(textbuf *t, const optimizer *o)
{
    text_add(t, "{\"name\": ");
    text_add_string(t, o->kind->name);
    for (int i = 0; o->kind->hypers[i].name; i++) {
        text_add(t, ", ");
        text_add_string(t, o->kind->hypers[i].name);
        text_add(t, ": ");
        if (o->kind->hypers[i].flag)
            text_add(t, o->value[i] != 0 ? "true" : "false");
        else
            text_add_number(t, o->value[i]);
    }
    text_add(t, "}");
}

bool optimizer_read(const json *j, optimizer *o)
{
    const json *name = json_get(j, "name");
    if (!name || name->kind != JSON_STRING || !optimizer_named(o, name->text))
        return false;
    for (const json *m = j->first; m; m = m->next) {
        char message[160];
        double value = m->number;
        if (m == name)
            continue;
        if ((m->kind != JSON_BOOL && !json_number(m, &value)) ||
            !optimizer_set(o, m->name, value, message, sizeof message))
            return false;
    }
    return true;
}

/* Without a momentum there is nothing to keep. */
static bool keeps_state(const optimizer *o)
{
    int i = place(o, "momentum");
    return i < 0 || o->value[i] != 0;
}

epl_spec optimizer_state(epl_scope *s, const optimizer *o, epl_spec params)
{
    return keeps_state(o) ? o->kind->state(s, params) : NULL;
}

epl_val optimizer_step(const optimizer *o, epl_val params, epl_val grads, epl_val *state)
{
    epl_val hyper[OPTIMIZER_HYPERS];
    for (int i = 0; o->kind->hypers[i].name; i++) {
        const epl_hyper *h = &o->kind->hypers[i];
        if (o->value[i] == h->value)
            hyper[i] = EPL_NO_VAL;
        else
            hyper[i] = h->flag ? epl_flag(o->value[i] != 0) : epl_num(o->value[i]);
    }
    return o->kind->step(params, grads, keeps_state(o) ? state : NULL, hyper);
}
