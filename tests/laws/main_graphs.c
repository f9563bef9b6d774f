/* main_graphs.c -- the laws on random functions: 300 of them, or as many as LAW_GRAPHS says.
 *
 *     law_graphs [SEED]      one graph alone, with its text
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../tools/tensor.h"
#include "graph_draw.h"
#include "sample.h"

enum { GRAPHS = 300, THIRD_EACH = 7, THIRD_NODES = 150 };

static const epl_operation no_operation = {.name = "graph"};

static bool draw(sample *p, const graph_plan *g)
{
    static const char *const name[DRAWN_INPUTS] = {"x0", "x1", "x2"};
    op_call *c = &p->call;
    epl_val x[DRAWN_INPUTS], y[DRAWN_OUTPUTS];
    *p = (sample){.s = epl_scope_new(NULL), .key = epl_seed(g->seed), .outs = g->outputs};
    p->fn = epl_fn_new(p->s, "graph");
    p->out = epl_scope_alloc(p->s, DRAWN_OUTPUTS * sizeof *p->out);
    c->operation = &no_operation;
    c->inputs = c->tensors = g->inputs;
    c->input = arrays_new(p->s, g->inputs);
    c->tensor = epl_scope_alloc(p->s, DRAWN_INPUTS * sizeof *c->tensor);
    for (size_t i = 0; c->tensor && p->out && i < g->inputs; i++) {
        c->input[i] = array_drawn(p->s, g->type[i], epl_key_fold(p->key, 1000 + i));
        c->tensor[i].name = name[i];
        x[i] = epl_input(p->fn, name[i], g->type[i]);
    }
    graph_draw(g, p->fn, x, y);
    for (size_t i = 0; i < g->outputs; i++) {
        char out[8] = {'y', (char)('0' + i)};
        epl_output(p->fn, out, y[i]);
        p->out[i] = epl_typeof(y[i]);
    }
    p->line = epl_fn_text(p->fn);
    return epl_scope_status(p->s) == EPL_OK;
}

static epl_val along(epl_val g, epl_val v)
{
    return epl_sum(epl_mul(g, v));
}

/* D^3 s [v, v, v]: three tangents, or three gradients. */
static void law_of_third(const sample *p)
{
    epl_fn *f = epl_fn_new(p->s, "third");
    epl_val x[DRAWN_INPUTS], y[DRAWN_OUTPUTS], v, s, forward, backward;
    epl_type number[2] = {epl_f64(), epl_f64()};
    epl_array in[DRAWN_INPUTS + 1];
    char name[24], text[ARRAY_TEXT];
    for (size_t i = 0; i < p->call.inputs; i++) {
        snprintf(name, sizeof name, "x%zu", i);
        in[i] = p->call.input[i];
        x[i] = epl_input(f, name, in[i].type);
    }
    in[p->call.inputs] = array_drawn(p->s, in[0].type, epl_key_fold(p->key, 7));
    v = epl_input(f, "v", in[0].type);
    epl_call(p->fn, (epl_vals){p->call.inputs, x}, y);
    s = epl_mean(y[0]);
    forward = epl_jvp(epl_jvp(epl_jvp(s, x[0], v), x[0], v), x[0], v);
    backward = along(epl_gradient(s, x[0]), v);
    backward = along(epl_gradient(along(epl_gradient(backward, x[0]), v), x[0]), v);
    epl_output(f, "forward", forward);
    epl_output(f, "backward", backward);
    epl_plan plan = epl_compile(p->s, f);
    epl_work *work = epl_work_new(p->s, NULL);
    law_checked(LAW_THIRD);
    epl_array *out =
        plan_run(p->s, LAW_THIRD, plan, work, (epl_arrays){p->call.inputs + 1, in}, number, 2);
    if (!out || !array_near(&out[1], &out[0], 1e-7, 1e-8, text))
        sample_broken(p, LAW_THIRD, "three gradients, and three tangents",
                      out ? text : epl_scope_message(p->s));
}

static void one_graph(uint64_t seed, bool told)
{
    static const mapping once = {.only = -1};
    graph_plan g = graph_planned(seed);
    sample p;
    derived d;
    char name[60];
    snprintf(name, sizeof name, "graph %llu%s", (unsigned long long)seed,
             g.smooth ? ", smooth" : "");
    law_subject(name);
    law_checked(LAW_BUILD);
    if (!draw(&p, &g)) {
        law_broken(LAW_BUILD, "%s", epl_scope_message(p.s));
        epl_scope_free(p.s);
        return;
    }
    if (told)
        printf("%s", p.line);
    if (epl_fn_nodes(p.fn) < THIRD_NODES && seed % THIRD_EACH == 0)
        law_of_third(&p);
    if (derived_make(&d, &p, &once)) {
        law_of_plan(&d);
        law_of_vjp(&d);
        law_of_orders(&d);
        if (g.smooth) {
            law_of_differences(&d, LAW_JVP);
            law_of_differences(&d, LAW_SECOND);
        }
        law_of_map(&d, (size_t)seed);
    } else
        sample_broken(&p, LAW_BUILD, "the derivatives", epl_scope_message(p.s));
    epl_scope_free(p.s);
}

int main(int argc, char **argv)
{
    const char *more = getenv("LAW_GRAPHS");
    uint64_t graphs = more ? strtoull(more, NULL, 10) : GRAPHS;
    if (argc > 1)
        one_graph(strtoull(argv[1], NULL, 10), true);
    for (uint64_t seed = 1; argc < 2 && seed <= graphs; seed++)
        one_graph(seed, false);
    return law_summary();
}
