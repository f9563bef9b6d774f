/* train_setup.c -- from options to a trainer that is ready for its first step. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tool.h"
#include "train.h"

static bool fail(trainer *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(trainer *t, const char *format, ...)
{
    char text[900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    epl_scope_fail(t->s, EPL_ERR_ARG, "%s", text);
    return false;
}

/* -- settings ------------------------------------------------------------------------------ */
static bool choose_optimizer(trainer *t, const train_options *o, bool resumed)
{
    optimizer *opt = &t->settings.optimizer;
    char why[200];
    bool same = resumed && (!o->optimizer_given || !strcmp(o->optimizer, opt->kind->name));
    if (!same && !optimizer_named(opt, o->optimizer)) {
        textbuf names = {0};
        optimizer_names(&names);
        fail(t, "--optimizer must be one of %s, got \"%s\"", names.at, o->optimizer);
        text_free(&names);
        return false;
    }
    if (!same && !strcmp(opt->kind->name, "sgd")) { /* as the classic program has it */
        optimizer_set(opt, "lr", 0.01, why, sizeof why);
        optimizer_set(opt, "momentum", 0.5, why, sizeof why);
    }
    for (int i = 0; i < TRAIN_WORDS; i++)
        if (o->word[i].given &&
            !optimizer_set(opt, o->word[i].name, o->word[i].value, why, sizeof why))
            return fail(t, "%s", why);
    return true;
}

/* What goes with the targets, where nothing else says it. */
static const char *default_loss(const model *m, const data_part *part)
{
    size_t n = epl_module_children(m->net);
    epl_module last = n ? epl_module_child(m->net, n - 1).module : NULL;
    if (m->loss)
        return m->loss;
    if (epl_dtype_is_float(part->target.type.dtype))
        return "mse_loss";
    return last && !strcmp(epl_module_kind(last)->name, "LogSoftmax") ? "nll_loss"
                                                                      : "cross_entropy";
}

/* Settings of a fresh training, or those of the file where the command line says nothing. */
static bool settle(trainer *t, const train_options *o, const model *m, bool resumed)
{
    train_settings *c = &t->settings;
    if (!resumed || o->seed_given)
        c->seed = o->seed;
    if (!resumed || o->epochs_given)
        c->epochs = o->epochs;
    if (!resumed || o->batch_given)
        c->batch = o->batch;
    if (!resumed || o->limit_given)
        c->limit = o->limit;
    if (!resumed || o->no_shuffle)
        c->shuffle = !o->no_shuffle;
    if (!resumed || o->drop_last)
        c->drop_last = o->drop_last;
    if (o->loss_given || !resumed)
        c->loss = o->loss_given ? o->loss : default_loss(m, &t->data.train);
    c->data = t->data.name;
    c->examples = t->data.train.count;
    c->test_examples = t->data.has_test ? t->data.test.count : 0;
    t->net.loss = loss_named(c->loss);
    if (!t->net.loss)
        return fail(t, "--loss: \"%s\" is no loss of an input and a target", c->loss);
    return choose_optimizer(t, o, resumed);
}

/* -- the network ---------------------------------------------------------------------------- */
/* The shape of an example and the normalization, into the description. */
static void describe_example(trainer *t, const train_options *o, model *m)
{
    const epl_array *input = &t->data.train.input;
    epl_example e = epl_example_of(m->net);
    bool numbers = epl_dtype_is_float(input->type.dtype) || input->type.dtype == EPL_U8;
    bool none = !strcmp(o->normalize, "none");
    static data_statistics st;
    if (e.shape.rank == 0) {
        e.shape.rank = input->type.shape.rank - 1;
        for (int i = 0; i < e.shape.rank; i++)
            e.shape.dim[i] = input->type.shape.dim[i + 1];
    }
    if (o->normalize_given)
        e.channels = 0;
    if (!none && numbers && !e.channels && (!m->file || o->normalize_given)) {
        st = data_measure(&t->data.train);
        e.channels = (size_t)st.channels;
        e.mean = st.mean;
        e.std = st.std;
    }
    m->net = epl_with_example(t->s, m->net, e);
}

/* The dtype of the parameters that are given, or what --dtype says. */
static bool choose_dtype(trainer *t, const train_options *o, epl_file *params)
{
    epl_dtype given = params ? model_file_dtype(params) : EPL_NONE;
    epl_dtype asked = o->dtype ? epl_dtype_named(o->dtype) : EPL_NONE;
    if (o->dtype && asked != EPL_F32 && asked != EPL_F64)
        return fail(t, "--dtype must be f32 or f64, got \"%s\"", o->dtype);
    if (given && asked && given != asked)
        return fail(t, "--dtype %s was asked for, but the parameters that are given compute in %s",
                    o->dtype, epl_dtype_name(given));
    t->net.dtype = given ? given : asked ? asked : EPL_F32;
    return true;
}

static bool make_network(trainer *t, const train_options *o, model *m, epl_file *params)
{
    train_net *n = &t->net;
    if (!choose_dtype(t, o, params))
        return false;
    describe_example(t, o, m);
    epl_type rows = data_rows(&t->data.train.input, 1);
    if (!m->net || !model_fit(t->s, m, rows, n->dtype))
        return false;
    n->net = m->net;
    n->params = model_layout(t->s, epl_params_of(m->net), n->dtype);
    n->buffers = model_layout(t->s, epl_buffers_of(m->net), n->dtype);
    n->optimizer = &t->settings.optimizer;
    if (!n->params)
        return fail(t, "%s has no parameters to train", o->model);
    epl_type out = model_output(t->s, n->net, n->params, n->buffers, rows, n->dtype);
    n->counts = train_counts(out, data_rows(&t->data.train.target, 1));
    n->state = optimizer_state(t->s, n->optimizer, n->params);
    epl_key key = model_key(t->settings.seed);
    t->params = epl_init(t->s, n->params, key);
    t->buffers = n->buffers ? epl_init(t->s, n->buffers, key) : NULL;
    t->state = n->state ? epl_init(t->s, n->state, key) : NULL;
    return epl_scope_status(t->s) == EPL_OK;
}

/* -- going on ---------------------------------------------------------------------------------- */
/* The trees of the file that is resumed, after a check that it is this training's. */
static bool take_over(trainer *t, epl_file *from, const train_settings *was)
{
    char why[300];
    const char *described = epl_file_meta(from, "espalier.description");
    if (!described || strcmp(described, epl_module_json(t->s, t->net.net)) != 0)
        return fail(t, "%s holds another network, or another normalization, than is asked for",
                    t->save);
    if (!train_same(was, &t->settings, why, sizeof why))
        return fail(t, "%s was trained otherwise: %s", t->save, why);
    if (!model_load(t->s, from, t->params, t->buffers, t->save, "train"))
        return false;
    return !t->state || epl_load(from, t->state, .prefix = "optim.") == EPL_OK;
}

/* Room for the losses of all epochs. */
static bool make_room(trainer *t)
{
    epoch_losses *past = NULL;
    size_t n = (size_t)t->settings.epochs + (size_t)t->at.epoch + 1;
    past = epl_scope_alloc(t->s, n * sizeof *past);
    if (past && t->at.epoch)
        memcpy(past, t->at.past, (size_t)t->at.epoch * sizeof *past);
    t->at.past = past;
    return past != NULL;
}

static bool can_be_saved(trainer *t)
{
    char why[TOOL_MESSAGE];
    return !t->save || tool_can_save(t->save, why) || fail(t, "%s", why);
}

/* Everything up to the first step. */
bool train_prepare(trainer *t, const train_options *o, bool *resume)
{
    epl_file *from = NULL, **resumed = &from;
    model m;
    train_settings was = {0};
    t->save = o->save;
    if (!can_be_saved(t) || !data_open(t->s, o->data, &t->data) || !model_open(t->s, o->model, &m))
        return false;
    if (m.file && epl_file_run(m.file)) {
        train_settings before;
        train_point at;
        epl_scope *s = epl_scope_new(NULL);
        if (train_read_run(s, epl_file_run(m.file), &before, &at) && loss_named(before.loss))
            m.loss = loss_named(before.loss)->name;
        epl_scope_free(s);
    }
    if (o->resume && access(o->save, F_OK) == 0) {
        *resumed = epl_open(t->s, o->save);
        const char *run = *resumed ? epl_file_run(*resumed) : NULL;
        if (*resumed && !run)
            return fail(t, "%s holds no training that could go on", o->save);
        if (!run || !train_read_run(t->s, run, &t->settings, &t->at))
            return false;
        was = t->settings;
    } else if (o->resume)
        fprintf(stderr, "%s is not there: a fresh training\n", o->save);
    epl_file *params = *resumed ? *resumed : o->params ? epl_open(t->s, o->params) : m.file;
    if (epl_scope_status(t->s) != EPL_OK || !settle(t, o, &m, *resumed != NULL) ||
        !make_network(t, o, &m, params))
        return false;
    if (*resumed ? !take_over(t, *resumed, &was)
                 : params && !model_load(t->s, params, t->params, t->buffers,
                                         o->params ? o->params : o->model, "train"))
        return false;
    *resume = from != NULL;
    return make_room(t);
}
