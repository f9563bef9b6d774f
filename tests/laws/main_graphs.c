/* main_graphs.c -- the laws on random functions: 300 of them, or as many as LAW_GRAPHS says;
 * each also with steps inside loops, branches, checkpoints and maps.
 *
 *     law_graphs SAMPLES [SEED [pieces] [wrong]]     one graph alone, with its text; wrong: with
 *                                                    an operation that breaks laws
 *
 * What breaks a law is made smaller: steps are left out as long as some law stays broken, and
 * the nodes that are left are printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../tools/tensor.h"
#include "../../src/graph/region.h"
#include "graph_draw.h"
#include "laws_graph.h"

enum {
    GRAPHS = 300,
    THIRD_EACH = 7,
    THIRD_NODES = 150,
    FORWARD_EACH = 7,
    ONCE_EACH = 4,
    PIECED_NODES = 60
};

static const epl_operation no_operation = {.name = "graph"};

static bool draw(sample *p, const graph_plan *g, int *steps)
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
    *steps = graph_draw(g, p->fn, x, y);
    for (size_t i = 0; i < g->outputs; i++) {
        char out[8] = {'y', (char)('0' + i)};
        epl_output(p->fn, out, y[i]);
        p->out[i] = epl_typeof(y[i]);
    }
    p->line = "";
    return epl_scope_status(p->s) == EPL_OK;
}

static void live_print(const epl_fn *f, int depth);

static void bodies_print(const epl__node *n, int depth)
{
    const epl__region *r = n->prim == &epl__prim_region ? epl__region_of(n) : NULL;
    for (uint32_t k = 0; r && k < r->bodies; k++) {
        printf("%*sbody %u\n", depth + 2, "", k);
        live_print(r->body[k], depth + 4);
    }
}

/* The nodes that outputs depend on. */
static void live_print(const epl_fn *f, int depth)
{
    bool is_complete = f->outputs > 0; /* else it could not be built: all that is there */
    bool *live = calloc(f->main.count + 1, 1);
    char text[400];
    for (uint32_t i = 0; live && i < f->outputs; i++)
        live[f->output[i].value] = true;
    for (epl__id id = f->main.count; live && id-- > 0;) {
        const epl__node *n = epl__node_at(f, id);
        for (uint32_t k = 0; live[id] && k < n->count; k++)
            live[n->in[k]] = true;
    }
    for (epl__id id = 0; live && id < f->main.count; id++)
        if (live[id] || !is_complete) {
            epl__node_text(f, id, text, sizeof text);
            printf("%*s%s\n", depth, "", text);
            bodies_print(epl__node_at(f, id), depth);
        }
    for (uint32_t i = 0; live && i < f->outputs; i++)
        printf("%*s%s = %%%u\n", depth, "", f->output[i].name, f->output[i].value);
    free(live);
}

/* The same function without inner functions: the same bits, the same derivatives. */
static void against_written_out(const sample *p, const graph_plan *g, int steps)
{
    sample flat;
    graph_plan plain = *g;
    plain.pieces = PIECES_WRITTEN_OUT;
    plain.nodes = SIZE_MAX;
    plain.steps = steps;
    if (draw(&flat, &plain, &steps))
        law_of_pieces(p, &flat, g->forward, g->once);
    else
        law_broken(LAW_PIECES, "written out: %s", epl_scope_message(flat.s));
    epl_scope_free(flat.s);
}

/* All laws for one graph; how many steps it has. */
static int laws_of_graph(const graph_plan *g, bool is_third, bool told)
{
    static const mapping once = {.only = -1};
    sample p;
    derived d;
    int steps = 0;
    law_checked(LAW_BUILD);
    if (!draw(&p, g, &steps)) {
        if (told)
            live_print(p.fn, 4);
        law_broken(LAW_BUILD, "%s", epl_scope_message(p.s));
        epl_scope_free(p.s);
        return steps;
    }
    if (told)
        live_print(p.fn, 4);
    if (g->pieces)
        against_written_out(&p, g, steps);
    if (g->forward) {
        epl_scope_free(p.s);
        return steps;
    }
    if (is_third && epl_fn_nodes(p.fn) < THIRD_NODES)
        law_of_third(&p);
    if (derived_make(&d, &p, &once)) {
        law_of_plan(&d);
        law_of_vjp(&d);
        law_of_orders(&d);
        if (g->smooth) {
            law_of_differences(&d, LAW_JVP);
            law_of_differences(&d, LAW_SECOND);
        }
        law_of_map(&d, (size_t)g->seed);
        law_of_linear(&p);
        law_of_nested(&p);
        law_of_kept(&p);
    } else
        sample_broken(&p, LAW_BUILD, "the derivatives", epl_scope_message(p.s));
    epl_scope_free(p.s);
    return steps;
}

static bool breaks(const graph_plan *g)
{
    law_trial(true);
    laws_of_graph(g, true, false);
    return law_is_broken();
}

/* Its first steps with the last one's value as the only result, if these break a law; then without
 * all steps that are not needed for it, and with less in its pieces. */
static void made_smaller(graph_plan g, int steps)
{
    bool is_less = true;
    g.nodes = SIZE_MAX;
    g.steps = steps;
    for (int n = 1; n <= steps; n++) {
        graph_plan first = g;
        first.outputs = 1;
        first.steps = n;
        if (breaks(&first)) {
            g = first;
            break;
        }
    }
    while (is_less) { /* what remains draws other values then */
        is_less = false;
        for (int i = g.steps - 1; i >= 0; i--)
            if (!g.dropped[i]) {
                g.dropped[i] = true;
                is_less |= g.dropped[i] = breaks(&g);
            }
        graph_plan inner = g;
        inner.inside--;
        if (g.pieces && g.inside > 1 && breaks(&inner)) {
            g = inner;
            is_less = true;
        }
    }
    law_trial(true);
    printf("the least graph of seed %llu that breaks a law:\n", (unsigned long long)g.seed);
    laws_of_graph(&g, true, true);
    law_trial(false);
}

static void one_graph(uint64_t seed, bool told, bool pieces, bool wrong)
{
    graph_plan g = graph_planned(seed);
    char name[60];
    g.pieces = pieces ? PIECES_INSIDE : NO_PIECES;
    g.wrong = wrong;
    g.smooth |= wrong; /* differences are what tells */
    if (pieces && g.nodes > PIECED_NODES)
        g.nodes = PIECED_NODES + g.nodes % 20;
    if (pieces)
        g.steps = (int)(1 + g.nodes / 8);
    g.once = seed % ONCE_EACH == 0;
    g.forward = pieces && seed % FORWARD_EACH == 0;
    snprintf(name, sizeof name, "graph %llu%s%s", (unsigned long long)seed,
             g.smooth ? ", smooth" : "", pieces ? ", in pieces" : "");
    law_subject(name);
    int steps = laws_of_graph(&g, told || seed % THIRD_EACH == 0, told);
    if (law_is_broken())
        made_smaller(g, steps);
}

static bool said(int argc, char **argv, const char *word)
{
    bool found = false;
    for (int i = 3; i < argc; i++)
        found |= strcmp(argv[i], word) == 0;
    return found;
}

int main(int argc, char **argv)
{
    const char *more = getenv("LAW_GRAPHS");
    uint64_t graphs = more ? strtoull(more, NULL, 10) : GRAPHS;
    epl_scope *s = epl_scope_new(NULL);
    law_subject("the samples");
    if (argc < 2 || !graph_samples_open(s, argv[1])) {
        fputs("law_graphs SAMPLES [SEED [pieces] [wrong]]: no samples\n", stderr);
        return 1;
    }
    if (argc > 2)
        one_graph(strtoull(argv[2], NULL, 10), true, said(argc, argv, "pieces"),
                  said(argc, argv, "wrong"));
    for (uint64_t seed = 1; argc < 3 && seed <= graphs; seed++) {
        one_graph(seed, false, false, false);
        one_graph(seed, false, true, false);
    }
    graph_samples_close();
    epl_scope_free(s);
    return law_summary();
}
