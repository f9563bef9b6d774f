/* laws_record.c -- what the record of every primitive and operation must have.
 *
 * Which primitives vary is not listed: it is seen on the graphs of the samples and of their
 * derivatives.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "../../src/graph/graph.h"
#include "sample.h"

enum { MOST = 256 };
typedef struct {
    bool is_used, varies, is_batched;
} use;
static use uses[MOST];

static int place_of(const epl_prim *p)
{
    const epl_prim *q;
    for (int i = 0; i < MOST && (q = epl_prim_at((size_t)i)) != NULL; i++)
        if (q == p)
            return i;
    return -1;
}

void prims_note(const epl_fn *f)
{
    for (epl__id id = 0; id < f->main.count; id++) {
        const epl__node *n = epl__node_at(f, id);
        int i = place_of(n->prim);
        if (i < 0) {
            law_broken(LAW_RECORD, "the primitive \"%s\" is not listed", n->prim->name);
            continue;
        }
        uses[i].is_used = true;
        for (uint32_t k = 0; k < n->count; k++) {
            uses[i].is_batched = true;
            uses[i].varies |= is_float(*epl__node_at(f, n->in[k])->type) && is_float(*n->type);
        }
    }
}

/* What the engine evaluates by name, without a kernel in the record. */
static bool engine_evaluates(const epl_prim *p)
{
    const epl_prim *const known[] = {&epl__prim_const,   &epl__prim_input,  &epl__prim_data,
                                     &epl__prim_copy,    &epl__prim_stop,   &epl__prim_tuple,
                                     &epl__prim_reshape, &epl__prim_select, &epl__prim_cast};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == p)
            return true;
    return false;
}

/* Used by no sample: a tuple is the value of a mixed tree, data is epl_data, and two have a
 * derivative that is not the value's (tests/graph/test_surrogate.c). */
static bool is_of_samples(const epl_prim *p)
{
    return p != &epl__prim_tuple && p != &epl__prim_data && p != &epl__prim_stop &&
           strcmp(p->name, "straight_through") != 0;
}

/* The test range gives finite numbers. */
static bool has_range(const epl_prim *p)
{
    double lo = p->test_min, hi = p->test_max;
    if (lo == 0 && hi == 0)
        hi = 2, lo = -2;
    if (!(lo < hi))
        return false;
    for (int i = 1; p->scalar && !p->attrs_size && i < 100; i++) {
        double x[3] = {lo + (hi - lo) * i / 100, lo + (hi - lo) * (i * 37 % 100) / 100,
                       lo + (hi - lo) * (i * 61 % 100) / 100};
        if (!isfinite(p->scalar(x, NULL)))
            return false;
    }
    return true;
}

static void one_prim(const epl_prim *p, const use *u)
{
    const struct {
        bool holds;
        const char *text;
    } part[] = {
        {p->name && *p->name, "a name"},
        {p->formula && *p->formula, "a formula"},
        {p->type || p->elementwise || p->inputs == 0 || engine_evaluates(p),
         "a type rule, or be element-wise"},
        {p->kernel || p->scalar || p->scalar_int || engine_evaluates(p), "a kernel or a scalar"},
        {u->is_used || !is_of_samples(p), "a use in some sample"},
        {p->elementwise || p->batch || !u->is_batched, "a batch rule, or be element-wise"},
        {!u->varies || p->jvp || p->multilinear || p->transpose,
         "a derivative rule: a jvp, multilinear, or a transpose"},
        {!(p->multilinear || p->linear) || p->transpose, "a transpose, being linear"},
        {has_range(p), "a test range with finite values"},
        {p->lower != EPL_LOWER_TILE || p->elementwise, "elementwise, being tiled"},
        {!p->attrs_size || p->attrs || p == &epl__prim_data, "a table of its attributes"},
    };
    law_checked(LAW_RECORD);
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (!part[i].holds)
            law_broken(LAW_RECORD, "it must have %s", part[i].text);
}

void laws_of_prims(void)
{
    const epl_prim *p;
    char name[80];
    for (size_t i = 0; (p = epl_prim_at(i)) != NULL; i++) {
        snprintf(name, sizeof name, "primitive %s", p->name ? p->name : "without a name");
        law_subject(name);
        if (i >= MOST)
            law_broken(LAW_RECORD, "more primitives than the test has room for");
        else
            one_prim(p, &uses[i]);
    }
}

/* -- operations ------------------------------------------------------------------------------ */
static bool rows_fit(const epl_operation *o)
{
    size_t rows = 0;
    for (const epl_attr *row = o->args; row && row->name; row++, rows++)
        if (!*row->name || row->offset >= o->args_size || row->min > row->max)
            return false;
    return rows > 0;
}

void laws_of_operations(const char *const *line)
{
    const epl_operation *o;
    char start[100];
    for (size_t i = 0; (o = epl_operation_at(i)) != NULL; i++) {
        long samples = 0;
        snprintf(start, sizeof start, "operation %s", o->name);
        law_subject(start);
        law_checked(LAW_RECORD);
        if (!o->name || !*o->name || epl_operation_named(o->name) != o)
            law_broken(LAW_RECORD, "it must have a name of its own");
        if (!o->doc || !*o->doc || strchr(o->doc, '\n'))
            law_broken(LAW_RECORD, "it must have one line of doc");
        if (!rows_fit(o) || !o->build)
            law_broken(LAW_RECORD, "it must have a table of arguments that fits their struct");
        int n = snprintf(start, sizeof start, "{\"op\":\"%s\"", o->name);
        for (size_t k = 0; line[k]; k++)
            samples += !strncmp(line[k], start, (size_t)n);
        if (!samples)
            law_broken(LAW_RECORD, "it must have a golden sample");
    }
}
