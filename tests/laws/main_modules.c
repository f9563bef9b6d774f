/* main_modules.c -- the laws on each kind of module, in training and in evaluation, with respect
 * to parameters, buffers and inputs; maps over each of these and over keys, against a loop.
 *
 *     law_modules LAYERS.safetensors [NAME]
 *
 * Cases are the golden layers, and those below: what draws, and what has no golden case. A kind
 * that no case has is broken.
 */
#include <stdio.h>
#include <string.h>
#include "../../tools/tensor.h"
#include "laws_graph.h"

enum { INPUTS = 20, KINDS = 200, MORE = 8 };

/* -- cases --------------------------------------------------------------------------------- */
typedef struct {
    const char *name, *text;
    int64_t rank, dim[5];
    bool exact;    /* what becomes of a number depends on it and on the key alone */
    bool drawless; /* has no key */
} own_case;
#define CHANNELS(n) "{\"kind\":\"Dropout" #n "d\",\"p\":0.4}"
static const own_case own[] = {
    {"dropout", "{\"kind\":\"Dropout\",\"p\":0.3}", 2, {3, 4}, true, false},
    {"dropout1d", CHANNELS(1), 3, {2, 3, 4}, true, false},
    {"dropout2d", CHANNELS(2), 4, {2, 3, 2, 2}, true, false},
    {"dropout3d", CHANNELS(3), 5, {2, 3, 2, 1, 2}, true, false},
    {"attention_dropout",
     "{\"kind\":\"MultiheadAttention\",\"embed_dim\":4,\"num_heads\":2,\"dropout\":0.3}",
     3,
     {3, 2, 4},
     false,
     false},
    {"rnn_dropout",
     "{\"kind\":\"RNN\",\"hidden_size\":3,\"num_layers\":2,\"dropout\":0.4}",
     3,
     {3, 2, 2},
     false,
     false},
    {"lstm_dropout",
     "{\"kind\":\"LSTM\",\"hidden_size\":2,\"num_layers\":2,\"dropout\":0.4}",
     3,
     {3, 2, 2},
     false,
     false},
    {"gru_dropout",
     "{\"kind\":\"GRU\",\"hidden_size\":2,\"num_layers\":3,\"dropout\":0.4}",
     3,
     {3, 1, 2},
     false,
     false},
    {"adaptive_avg_pool3d",
     "{\"kind\":\"AdaptiveAvgPool3d\",\"output_size\":[2,1,3]}",
     5,
     {1, 2, 3, 2, 4},
     true,
     true},
};
enum { OWN = sizeof own / sizeof *own };

typedef struct {
    const char *name;
    epl_module net;
    epl_tree *params, *buffers;
    epl_array in[MORE];
    size_t inputs;
    bool train, draws, exact, narrow;
} module_case;

static epl_array numbers(epl_file *file, const char *name, const char *what)
{
    char path[240];
    snprintf(path, sizeof path, "%.100s/%.100s", name, what);
    return epl_file_tensor(file, path);
}

static bool infer(epl_scope *s, module_case *c, const char *text)
{
    epl_type type[MORE];
    for (size_t i = 0; i < c->inputs; i++)
        type[i] = c->in[i].type;
    if (!is_float(type[0]))
        type[0].dtype = c->narrow ? EPL_F32 : EPL_F64; /* of the parameters, for indices */
    c->net = epl_infer_all(s, epl_module_from_json(s, text), c->inputs, type);
    c->params = c->net ? epl_tree_new(s, epl_params_of(c->net)) : NULL;
    c->buffers = c->net ? epl_tree_new(s, epl_buffers_of(c->net)) : NULL;
    return c->params && c->buffers;
}

static bool golden_case(epl_scope *s, epl_file *file, const char *name, module_case *c)
{
    char what[240] = "input";
    c->name = name;
    for (c->inputs = 0; c->inputs < MORE; c->inputs++) {
        c->in[c->inputs] = numbers(file, name, what);
        if (!c->in[c->inputs].data)
            break;
        snprintf(what, sizeof what, "input.%zu", c->inputs + 1);
    }
    if (!infer(s, c, epl_file_meta(file, name)))
        return false;
    snprintf(what, sizeof what, "%.100s/param/", name);
    if (epl_load(file, c->params, .prefix = what, .unexpected = EPL_FAIL) != EPL_OK)
        return false;
    snprintf(what, sizeof what, "%.100s/buffer/", name);
    return epl_load(file, c->buffers, .prefix = what, .unexpected = EPL_FAIL) == EPL_OK;
}

static bool drawn_case(epl_scope *s, const own_case *d, module_case *c)
{
    epl_type t = epl_type_of(EPL_F64, epl_shape_of((size_t)d->rank, d->dim));
    *c = (module_case){.name = d->name, .inputs = 1, .draws = !d->drawless, .exact = d->exact};
    c->in[0] = array_drawn(s, t, epl_seed(1));
    if (!infer(s, c, d->text))
        return false;
    epl_array all = epl_tree_array(c->params);
    epl_array some = array_drawn(s, all.type, epl_seed(2));
    if (epl_bytes(all.type))
        memcpy(all.data, some.data, epl_bytes(all.type));
    return true;
}

/* -- kinds --------------------------------------------------------------------------------- */
static const epl_kind *seen[KINDS];
static size_t seen_count;

static bool is_seen(const epl_kind *k)
{
    for (size_t i = 0; i < seen_count; i++)
        if (seen[i] == k)
            return true;
    return false;
}

static void note_kinds(epl_module m)
{
    if (!is_seen(epl_module_kind(m)) && seen_count < KINDS)
        seen[seen_count++] = epl_module_kind(m);
    for (size_t i = 0; i < epl_module_children(m); i++)
        note_kinds(epl_module_child(m, i).module);
}

static void every_kind_has_a_case(void)
{
    const epl_kind *k;
    for (size_t i = 0; (k = epl_kind_at(i)) != NULL; i++) {
        law_subject(k->name);
        law_checked(LAW_RECORD);
        if (!is_seen(k))
            law_broken(LAW_RECORD, "no case of tests/laws/main_modules.c has this kind");
    }
}

/* -- the module as a function of its numbers --------------------------------------------------- */
typedef struct {
    sample *p;
    op_tensor *tensor;
} ports;

static epl_val port(ports *t, const char *name, epl_array a)
{
    op_call *c = &t->p->call;
    char input[24];
    size_t i = c->inputs++;
    c->tensors = c->inputs;
    c->input[i] = array_copy(t->p->s, &a);
    t->tensor[i].name = name;
    snprintf(input, sizeof input, "in%zu", i);
    return epl_input(t->p->fn, input, a.type);
}

static void output(sample *p, epl_val v)
{
    char name[24];
    snprintf(name, sizeof name, "out%zu", p->outs);
    p->out[p->outs++] = epl_typeof(v);
    epl_output(p->fn, name, v);
}

/* The buffers by leaf: in, and what they become. */
static epl_val buffers_in(ports *t, const module_case *c)
{
    epl_spec spec = epl_tree_spec(c->buffers);
    epl_val leaf[INPUTS], all = epl_data(t->p->fn, epl_tree_array(c->buffers));
    for (size_t i = 0; i < epl_spec_leaves(spec) && i < INPUTS; i++)
        leaf[i] = port(t, "buffer", epl_tree_leaf(c->buffers, epl_spec_leaf(spec, i)->path));
    return epl_tree_with(spec, all, leaf);
}

static bool function_of(sample *p, const module_case *c, bool checkpoint)
{
    static const epl_operation module = {.name = "module"};
    const int64_t words[2] = {12, 34};
    ports t = {p, epl_scope_alloc(p->s, INPUTS * sizeof *t.tensor)};
    epl_val more[MORE], theta, x, key = EPL_NO_VAL;
    epl_spec spec = epl_tree_spec(c->buffers);
    bool has_buffers = epl_spec_leaves(spec) > 0;
    p->line = "";
    p->call =
        (op_call){.operation = &module, .input = arrays_new(p->s, INPUTS), .tensor = t.tensor};
    p->out = epl_scope_alloc(p->s, DERIVED_ROOM * sizeof *p->out);
    p->fn = epl_fn_new(p->s, c->name);
    if (!t.tensor || !p->call.input || !p->out)
        return false;
    epl_array all = epl_tree_array(c->params);
    bool has_params = epl_count(all.type) > 0;
    theta = has_params ? port(&t, "params", all) : epl_data(p->fn, all);
    x = port(&t, "x", c->in[0]);
    for (size_t i = 1; i < c->inputs; i++)
        more[i - 1] = port(&t, "more", c->in[i]);
    epl_val b = has_buffers ? buffers_in(&t, c) : EPL_NO_VAL;
    if (c->draws && c->train)
        key = port(&t, "key", epl_at(words, EPL_KEY));
    epl_fn *inside = checkpoint ? epl_checkpoint(p->fn) : NULL;
    if (checkpoint)
        theta = has_params ? epl_pass(inside, theta) : theta, x = epl_pass(inside, x);
    epl_val y = epl_apply(c->net, theta, x, .buffers = has_buffers ? &b : NULL, .train = c->train,
                          .key = key, .more = {c->inputs - 1, more});
    epl_val result[INPUTS] = {y};
    size_t results = 1;
    for (size_t i = 0; c->train && i < epl_spec_leaves(spec) && results < INPUTS; i++)
        result[results++] = epl_leaf_at(spec, b, i);
    for (size_t i = 0; i < results; i++)
        output(p,
               checkpoint && result[i].graph == inside ? epl_last(inside, result[i]) : result[i]);
    return epl_scope_status(p->s) == EPL_OK;
}

/* -- laws ---------------------------------------------------------------------------------- */
static void against_a_checkpoint(const sample *p, const module_case *c)
{
    sample inside = {.s = p->s, .key = p->key};
    if (function_of(&inside, c, true))
        law_of_pieces(&inside, p, false, true);
    else
        law_broken(LAW_PIECES, "in a checkpoint: %s", epl_scope_message(p->s));
}

/* The gradient of a padding row is zero by intent. */
static void differences(const derived *d, const module_case *c)
{
    if (epl_module_kind(c->net) == &epl_kind_embedding && epl_module_has(c->net, "padding_idx"))
        return;
    long first = law_of_differences(d, LAW_JVP), second = law_of_differences(d, LAW_SECOND);
    if (d->nx && !(first && second))
        law_broken(LAW_JVP, "no point is smooth");
}

static void copy_tree(epl_tree *to, const epl_tree *from)
{
    epl_spec spec = epl_tree_spec(from);
    for (size_t i = 0; i < epl_spec_leaves(spec); i++) {
        const char *path = epl_spec_leaf(spec, i)->path;
        epl_array a = epl_tree_leaf(to, path), b = epl_tree_leaf(from, path);
        for (int64_t k = 0, n = epl_count(b.type); k < n; k++)
            if (is_float(b.type))
                tensor_set(&a, k, tensor_number(&b, k));
            else
                ((int64_t *)a.data)[k] = ((int64_t *)b.data)[k];
    }
}

/* The same module in f32. Draws are other ones there. */
static void in_f32(const sample *wide, const module_case *c)
{
    epl_scope *s = epl_scope_new(NULL);
    sample p = {.s = s, .key = wide->key};
    module_case n = *c;
    n.narrow = true;
    for (size_t i = 0; i < n.inputs; i++)
        if (is_float(n.in[i].type)) {
            n.in[i] = tensor_new(s, epl_type_of(EPL_F32, c->in[i].type.shape));
            for (int64_t k = 0; k < epl_count(n.in[i].type); k++)
                tensor_set(&n.in[i], k, tensor_number(&c->in[i], k));
        }
    if (infer(s, &n, epl_module_json(s, c->net))) {
        copy_tree(n.params, c->params);
        copy_tree(n.buffers, c->buffers);
    }
    if (function_of(&p, &n, false))
        law_of_narrow(wide, &p);
    else
        law_broken(LAW_F32, "%s", epl_scope_message(s));
    epl_scope_free(s);
}

static void laws_of_module(epl_scope *s, const module_case *c)
{
    static const mapping once = {.only = -1};
    sample p = {.s = s, .key = epl_seed(7)};
    derived d;
    char name[120];
    snprintf(name, sizeof name, "%s, %s", c->name, c->train ? "training" : "evaluation");
    law_subject(name);
    law_checked(LAW_BUILD);
    if (!function_of(&p, c, false) || !derived_make(&d, &p, &once)) {
        law_broken(LAW_BUILD, "%s", epl_scope_message(s));
        return;
    }
    law_of_plan(&d);
    law_of_vjp(&d);
    law_of_orders(&d);
    differences(&d, c);
    law_of_third(&p);
    law_of_map_over_each(&d, c->exact);
    law_of_threads(&p);
    if (is_float(p.call.input[0].type)) {
        law_of_linear(&p);
        law_of_nested(&p);
    }
    against_a_checkpoint(&p, c);
    if (!c->draws || !c->train)
        in_f32(&p, c);
}

static void in_both_modes(epl_file *file, const char *name, const own_case *d)
{
    for (int train = 0; train < 2; train++) {
        module_case c = {0};
        epl_scope *s = epl_scope_new(NULL);
        if (!(d ? drawn_case(s, d, &c) : golden_case(s, file, name, &c))) {
            law_subject(name);
            law_broken(LAW_BUILD, "%s%s", epl_scope_message(s), file ? "" : " (no file)");
        } else {
            c.train = train;
            note_kinds(c.net);
            laws_of_module(s, &c);
        }
        epl_scope_free(s);
    }
}

int main(int argc, char **argv)
{
    const char *name;
    epl_scope *s = epl_scope_new(NULL);
    epl_file *file = argc > 1 ? epl_open(s, argv[1]) : NULL;
    if (!file) {
        fprintf(stderr, "usage: law_modules LAYERS.safetensors [NAME]\n%s\n", epl_scope_message(s));
        epl_scope_free(s);
        return 2;
    }
    for (size_t i = 0; (name = epl_file_meta_key(file, i)) != NULL; i++)
        if (argc < 3 || !strcmp(name, argv[2]))
            in_both_modes(file, name, NULL);
    for (size_t i = 0; i < OWN; i++)
        if (argc < 3 || !strcmp(own[i].name, argv[2]))
            in_both_modes(file, own[i].name, &own[i]);
    if (argc < 3)
        every_kind_has_a_case();
    epl_scope_free(s);
    return law_summary();
}
