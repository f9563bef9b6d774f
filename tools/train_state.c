/* train_state.c -- settings and progress of a training as JSON, in espalier.run.
 *
 * Nothing of the circumstances is in it: no time, path, host, or number of threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "train.h"

/* Settings by name: what is written, read, and compared. */
static void write_settings(textbuf *t, const train_settings *c)
{
    text_addf(t, "\"seed\": \"%lld\", \"epochs\": %lld, \"batch_size\": %lld", (long long)c->seed,
              (long long)c->epochs, (long long)c->batch);
    text_addf(t, ", \"shuffle\": %s, \"drop_last\": %s", c->shuffle ? "true" : "false",
              c->drop_last ? "true" : "false");
    text_addf(t, ", \"limit_batches\": %lld, \"loss\": ", (long long)c->limit);
    text_add_string(t, c->loss);
    text_add(t, ", \"optimizer\": ");
    optimizer_write(t, &c->optimizer);
    text_add(t, ", \"schedule\": \"constant\", \"data\": {\"name\": ");
    text_add_string(t, c->data);
    text_addf(t, ", \"train\": %lld, \"test\": %lld}", (long long)c->examples,
              (long long)c->test_examples);
}

static void write_losses(textbuf *t, const epoch_losses *l)
{
    text_add(t, "{\"train\": ");
    text_add_number(t, l->train);
    if (l->tested) {
        text_add(t, ", \"test\": ");
        text_add_number(t, l->test);
    }
    if (l->counted) {
        text_add(t, ", \"accuracy\": ");
        text_add_number(t, l->accuracy);
    }
    text_add(t, "}");
}

void train_write_run(textbuf *t, const train_settings *settings, const train_point *at)
{
    epl_key key = epl_seed((uint64_t)settings->seed);
    text_addf(t, "{\"step\": %lld, \"epoch\": %lld, \"position\": %lld", (long long)at->step,
              (long long)at->epoch, (long long)at->position);
    text_addf(t, ", \"key\": [\"%llu\", \"%llu\"], ", (unsigned long long)key.word[0],
              (unsigned long long)key.word[1]);
    write_settings(t, settings);
    text_add(t, ", \"losses\": [");
    for (int64_t i = 0; i < at->epoch; i++) {
        text_add(t, i ? ", " : "");
        write_losses(t, &at->past[i]);
    }
    text_add(t, "], \"loss_sum\": ");
    text_add_number(t, at->loss_sum);
    text_addf(t, ", \"loss_count\": %lld}", (long long)at->loss_count);
}

/* -- reading ---------------------------------------------------------------------------- */
typedef struct {
    epl_scope *scope;
    bool ok;
} reading;

static const json *need(reading *r, const json *o, const char *name, json_kind kind)
{
    const json *j = json_get(o, name);
    bool fits = j && (j->kind == kind || (kind == JSON_FLOAT && j->kind == JSON_INT));
    if (!fits && r->ok)
        epl_scope_fail(r->scope, EPL_ERR_FILE, "espalier.run: \"%s\" is missing or not as expected",
                       name);
    r->ok = r->ok && fits;
    return fits ? j : NULL;
}

static int64_t integer(reading *r, const json *o, const char *name, int64_t least)
{
    const json *j = need(r, o, name, JSON_INT);
    if (j && j->integer < least) {
        epl_scope_fail(r->scope, EPL_ERR_FILE, "espalier.run: \"%s\" is %lld", name,
                       (long long)j->integer);
        r->ok = false;
    }
    return j && j->integer >= least ? j->integer : least;
}

static double number(const json *o, const char *name, bool *there)
{
    const json *j = json_get(o, name);
    double v = 0;
    *there = j && json_number(j, &v);
    return v;
}

static const char *words(reading *r, const json *o, const char *name)
{
    const json *j = need(r, o, name, JSON_STRING);
    return j ? j->text : "";
}

static void read_settings(reading *r, const json *o, train_settings *c)
{
    const json *shuffle = need(r, o, "shuffle", JSON_BOOL);
    const json *drop = need(r, o, "drop_last", JSON_BOOL);
    const json *chosen = need(r, o, "optimizer", JSON_OBJECT);
    const json *data = need(r, o, "data", JSON_OBJECT);
    c->seed = strtoll(words(r, o, "seed"), NULL, 10);
    c->epochs = integer(r, o, "epochs", 0);
    c->batch = integer(r, o, "batch_size", 1);
    c->limit = integer(r, o, "limit_batches", 0);
    c->loss = words(r, o, "loss");
    c->shuffle = shuffle && shuffle->integer;
    c->drop_last = drop && drop->integer;
    c->data = words(r, data, "name");
    c->examples = integer(r, data, "train", 1);
    c->test_examples = integer(r, data, "test", 0);
    if (r->ok && !optimizer_read(chosen, &c->optimizer)) {
        epl_scope_fail(r->scope, EPL_ERR_FILE, "espalier.run: an optimizer that is not known");
        r->ok = false;
    }
}

static void read_point(reading *r, const json *o, train_point *at)
{
    bool there;
    at->step = integer(r, o, "step", 0);
    at->epoch = integer(r, o, "epoch", 0);
    at->position = integer(r, o, "position", 0);
    at->loss_count = integer(r, o, "loss_count", 0);
    at->loss_sum = number(o, "loss_sum", &there);
    const json *list = need(r, o, "losses", JSON_LIST);
    if (!list || (int64_t)list->count != at->epoch) {
        if (r->ok)
            epl_scope_fail(r->scope, EPL_ERR_FILE,
                           "espalier.run: losses of each epoch are expected");
        r->ok = false;
        return;
    }
    at->past = epl_scope_alloc(r->scope, (list->count + 1) * sizeof *at->past);
    int64_t i = 0;
    for (const json *m = at->past ? list->first : NULL; m; m = m->next, i++) {
        epoch_losses *l = &at->past[i];
        l->train = number(m, "train", &there);
        l->test = number(m, "test", &l->tested);
        l->accuracy = number(m, "accuracy", &l->counted);
    }
}

bool train_read_run(epl_scope *s, const char *run, train_settings *settings, train_point *at)
{
    char message[JSON_MESSAGE];
    const json *o = json_read(s, run, strlen(run), message);
    reading r = {s, true};
    if (!o || o->kind != JSON_OBJECT) {
        epl_scope_fail(s, EPL_ERR_FILE, "espalier.run: %s", o ? "no object" : message);
        return false;
    }
    *settings = (train_settings){0};
    *at = (train_point){0};
    read_settings(&r, o, settings);
    read_point(&r, o, at);
    return r.ok && epl_scope_status(s) == EPL_OK;
}

/* -- comparing -------------------------------------------------------------------------- */
/* The first member of a that b has otherwise, looking into objects. */
static const json *differing(const json *a, const json *b, const json **other)
{
    for (const json *m = a->first; m; m = m->next) {
        const json *n = json_get(b, m->name);
        if (n && m->raw_length == n->raw_length && !memcmp(m->raw, n->raw, m->raw_length))
            continue;
        const json *inner = n && m->kind == JSON_OBJECT ? differing(m, n, other) : NULL;
        if (inner)
            return inner;
        *other = n;
        return m;
    }
    return NULL;
}

bool train_same(const train_settings *was, const train_settings *now, char *message, size_t size)
{
    epl_scope *s = epl_scope_new(NULL);
    train_settings grown = *was;
    textbuf a = {0}, b = {0};
    char why[JSON_MESSAGE];
    bool same = now->epochs >= was->epochs;
    grown.epochs = same ? now->epochs : was->epochs;
    text_add(&a, "{");
    write_settings(&a, &grown);
    text_add(&a, "}");
    text_add(&b, "{");
    write_settings(&b, now);
    text_add(&b, "}");
    const json *x = a.failed ? NULL : json_read(s, a.at, a.length, why);
    const json *y = b.failed ? NULL : json_read(s, b.at, b.length, why);
    const json *other = NULL, *found = x && y ? differing(x, y, &other) : NULL;
    if (found)
        snprintf(message, size, "%s was %.*s, got %.*s", found->name, (int)found->raw_length,
                 found->raw, other ? (int)other->raw_length : 4, other ? other->raw : "none");
    else if (!x || !y)
        snprintf(message, size, "no memory");
    same = x && y && !found;
    text_free(&a);
    text_free(&b);
    epl_scope_free(s);
    return same;
}
