/* meta_state.c -- the saved file of a meta-training: what it is, and where it stands.
 *
 * Nothing of the circumstances is in it: equal trainings give equal bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "meta.h"
#include "tool.h"

/* The iterations that were asked for are no part of it: they may grow. */
static void write_settings(textbuf *t, const meta *m)
{
    const meta_settings *c = &m->at;
    const struct {
        const char *name;
        int64_t value;
    } count[] = {{"shots", c->shots}, {"queries", c->queries}, {"inner_steps", c->steps},
                 {"tasks", c->tasks}, {"seed", c->seed},       {"cg_steps", c->cg_steps},
                 {"turns", c->turns}};
    text_addf(t, "{\"tasks_of\": \"%s\", \"algorithm\": \"%s\"", m->family->name,
              meta_algorithm[c->algorithm]);
    for (size_t i = 0; i < sizeof count / sizeof *count; i++)
        text_addf(t, ", \"%s\": %lld", count[i].name, (long long)count[i].value);
    text_add(t, ", \"inner_lr\": ");
    text_add_number(t, c->inner_lr);
    text_add(t, ", \"outer_lr\": ");
    text_add_number(t, c->outer_lr);
    text_add(t, ", \"lambda\": ");
    text_add_number(t, c->lambda);
    text_add(t, "}");
}

bool meta_save(meta *m)
{
    textbuf run = {0};
    epl_scope *s = epl_scope_new(NULL);
    epl_part part[] = {{"rate.", m->rates}, {"rate.optim.", m->rates_state}};
    text_addf(&run, "{\"iteration\": %lld, \"settings\": ", (long long)m->done);
    write_settings(&run, m);
    text_add(&run, "}");
    bool ok = !run.failed &&
              epl_save(s, m->save, .net = m->net, .params = m->params, .state = m->state,
                       .run = run.at, .parts = part, .part_count = m->rates ? 2 : 0) == EPL_OK;
    if (!ok)
        tool_fail("meta", "%s", run.failed ? "no memory" : epl_scope_message(s));
    epl_scope_free(s);
    text_free(&run);
    return ok;
}

static bool fail(meta *m, const char *what)
{
    epl_scope_fail(m->s, EPL_ERR_MATCH, "%s: %s", m->save, what);
    return false;
}

/* Are these the settings of this training? Else the first that differs is told. */
static bool same_settings(meta *m, const json *was)
{
    textbuf t = {0};
    char why[JSON_MESSAGE], text[300];
    write_settings(&t, m);
    const json *now = t.failed ? NULL : json_read(m->s, t.at, t.length, why);
    bool same = now != NULL;
    for (const json *a = now ? now->first : NULL; a && same; a = a->next) {
        const json *b = json_get(was, a->name);
        same = b && b->raw_length == a->raw_length && !memcmp(a->raw, b->raw, a->raw_length);
        if (same)
            continue;
        snprintf(text, sizeof text, "it was trained otherwise: %s was %.*s, got %.*s", a->name,
                 b ? (int)b->raw_length : 4, b ? b->raw : "none", (int)a->raw_length, a->raw);
        fail(m, text);
    }
    text_free(&t);
    return same;
}

bool meta_resume(meta *m)
{
    char why[JSON_MESSAGE];
    epl_file *file = epl_open(m->s, m->save);
    const char *run = file ? epl_file_run(file) : NULL;
    if (file && !run)
        return fail(m, "it holds no training that could go on");
    const json *o = run ? json_read(m->s, run, strlen(run), why) : NULL;
    const json *settings = json_get(o, "settings"), *done = json_get(o, "iteration");
    if (!file)
        return false;
    if (!settings || !done || done->kind != JSON_INT || done->integer < 0)
        return fail(m, "it holds no meta-training");
    if (!same_settings(m, settings))
        return false;
    m->done = done->integer;
    return epl_load(file, m->params) == EPL_OK &&
           epl_load(file, m->state, .prefix = "optim.") == EPL_OK &&
           (!m->rates || (epl_load(file, m->rates, .prefix = "rate.") == EPL_OK &&
                          epl_load(file, m->rates_state, .prefix = "rate.optim.") == EPL_OK));
}
