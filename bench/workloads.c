/* workloads.c -- the list of workloads, and what they share: data. */
#include "bench.h"
#include <stdio.h>
#include <string.h>

static const workload *const list[] = {
    &bench_lstm_train, &bench_mlp_train,     &bench_cnn_train,      &bench_resnet_train,
    &bench_gpt_train,  &bench_maml_sine,     &bench_maml_conv,      &bench_persample_grads,
    &bench_hvp,        &bench_hessian,       &bench_ensemble_train, &bench_mlp_infer,
    &bench_cnn_infer,  &bench_threads_infer, &bench_adam_10m,
};

const workload *bench_at(size_t i)
{
    return i < sizeof list / sizeof list[0] ? list[i] : NULL;
}

const workload *bench_named(const char *name)
{
    const workload *w;
    for (size_t i = 0; (w = bench_at(i)) != NULL; i++)
        if (!strcmp(w->name, name))
            return w;
    return NULL;
}

void bench_data(bench *b, const workload *w)
{
    if (!b->members)
        b->members = w->members;
    if (b->chunk < 0)
        b->chunk = w->chunk;
    w->data(b);
}

epl_module bench_net(bench *b, const char *json, epl_type input)
{
    return epl_infer(b->s, epl_module_from_json(b->s, json), input);
}

void bench_add(bench *b, epl_array a)
{
    if (b->ins < BENCH_ARRAYS)
        b->in[b->ins++] = a;
}

static epl_key next_key(bench *b)
{
    return epl_key_fold(epl_seed(1), b->draws++);
}

void bench_tree(bench *b, epl_spec spec)
{
    epl_tree *t = epl_init(b->s, spec, next_key(b));
    bench_add(b, t ? epl_tree_array(t) : (epl_array){0});
}

/* A key as a value, in a function of its own. */
static epl_val key_value(bench *b)
{
    epl_key key = next_key(b);
    return epl_data(epl_fn_new(b->s, "draw"), epl_at(key.word, EPL_KEY));
}

static void draw(bench *b, epl_val v)
{
    epl_array a = epl_at(epl_scope_alloc(b->s, epl_bytes(epl_typeof(v)) + 64), epl_typeof(v));
    if (a.data)
        epl_eval(v, a);
    bench_add(b, a);
}

void bench_normal(bench *b, epl_type type, double std)
{
    draw(b, epl_normal(key_value(b), type.shape, .std = std));
}

void bench_uniform(bench *b, epl_type type, double low, double high)
{
    draw(b, epl_uniform(key_value(b), type.shape, low, high));
}

void bench_below(bench *b, epl_shape shape, int64_t high)
{
    draw(b, epl_randint(key_value(b), shape, 0, high));
}

epl_val bench_input(bench *b, epl_fn *f, size_t i)
{
    char name[24];
    snprintf(name, sizeof name, "in%zu", i);
    return b->in[i].type.spec ? epl_input_tree(f, name, b->in[i].type.spec)
                              : epl_input(f, name, b->in[i].type);
}

void bench_output(bench *b, epl_fn *f, epl_val v)
{
    char name[24];
    epl_type type = epl_typeof(v);
    snprintf(name, sizeof name, "out%zu", b->outs);
    epl_output(f, name, v);
    if (b->outs < BENCH_ARRAYS)
        b->out[b->outs++] = epl_at(epl_scope_alloc(b->s, epl_bytes(type) + 64), type);
}
