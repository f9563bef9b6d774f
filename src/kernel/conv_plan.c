/* conv_plan.c -- prepares a convolution: tidies the description and picks a path.
 *
 * Invariant: the choice depends on the description and the instruction set alone.
 */
#include <stdio.h>
#include "conv.h"

epl__conv_at epl__conv_item(const epl__conv_desc *d, int64_t item)
{
    epl__conv_at at = {0};
    for (int i = d->batch_rank - 1; i >= 0; i--) {
        const int64_t x = item % d->batch[i];
        item /= d->batch[i];
        at.in += x * d->in_batch[i];
        at.w += x * d->w_batch[i];
        at.out += x * d->out_batch[i];
    }
    return at;
}

/* Axes that are missing come first, of size 1. */
static epl__conv_desc with_three_axes(const epl__conv_desc *d)
{
    epl__conv_desc t = *d;
    const int missing = EPL__CONV_MAX - d->spatial;
    t.spatial = EPL__CONV_MAX;
    for (int i = EPL__CONV_MAX - 1; i >= 0; i--) {
        const bool have = i >= missing;
        const int j = have ? i - missing : 0;
        t.in[i] = have ? d->in[j] : 1;
        t.window[i] = have ? d->window[j] : 1;
        t.out[i] = have ? d->out[j] : 1;
        t.stride[i] = have ? d->stride[j] : 1;
        t.dilation[i] = have ? d->dilation[j] : 1;
        t.in_dilation[i] = have ? d->in_dilation[j] : 1;
        t.pad_lo[i] = have ? d->pad_lo[j] : 0;
        t.in_s[i] = have ? d->in_s[j] : 0;
        t.w_s[i] = have ? d->w_s[j] : 0;
        t.out_s[i] = have ? d->out_s[j] : 0;
    }
    return t;
}

static char *name_of(epl__arena *a, const epl__conv_desc *d, const char *path)
{
    char text[160];
    int at = snprintf(text, sizeof text, "conv.%s n%lld c%lld k%lld ", path, (long long)d->n,
                      (long long)d->c, (long long)d->k);
    for (int pass = 0; pass < 3; pass++) {
        const int64_t *x = pass == 0 ? d->in : pass == 1 ? d->window : d->out;
        const char *before[] = {"", " * ", " -> "};
        for (int i = 0; i < d->spatial && at < (int)sizeof text; i++) {
            at += snprintf(text + at, sizeof text - (size_t)at, "%s%lld",
                           i > 0 ? "x" : before[pass], (long long)x[i]);
        }
    }
    return epl__arena_text(a, text);
}

/* -- folding batch axes ---------------------------------------------------------------- */
static void drop_axis(epl__conv_desc *d, int axis)
{
    d->batch_rank--;
    for (int i = axis; i < d->batch_rank; i++) {
        d->batch[i] = d->batch[i + 1];
        d->in_batch[i] = d->in_batch[i + 1];
        d->w_batch[i] = d->w_batch[i + 1];
        d->out_batch[i] = d->out_batch[i + 1];
    }
}

/* Weights that do not depend on batch axis i: more n. An input that does not: more k. */
static bool fold(epl__conv_desc *d, int i)
{
    const int64_t in = d->in_batch[i], w = d->w_batch[i], out = d->out_batch[i];
    if (w == 0 && (d->n == 1 || (in == d->n * d->in_n && out == d->n * d->out_n))) {
        d->in_n = d->n == 1 ? in : d->in_n;
        d->out_n = d->n == 1 ? out : d->out_n;
        d->n *= d->batch[i];
        return true;
    }
    if (in == 0 && (d->k == 1 || (w == d->k * d->w_k && out == d->k * d->out_k))) {
        d->w_k = d->k == 1 ? w : d->w_k;
        d->out_k = d->k == 1 ? out : d->out_k;
        d->k *= d->batch[i];
        return true;
    }
    return d->batch[i] == 1;
}

static void fold_batch(epl__conv_desc *d)
{
    for (int i = d->batch_rank - 1; i >= 0; i--) {
        if (fold(d, i)) {
            drop_axis(d, i);
        }
    }
}

/* -- paths -------------------------------------------------------------------------------- */
static int64_t items_of(const epl__conv_desc *d)
{
    int64_t items = 1;
    for (int i = 0; i < d->batch_rank; i++) {
        items *= d->batch[i];
    }
    return items;
}

static bool make_step_tables(epl__arena *a, epl__conv *g)
{
    int64_t most = 1;
    for (int64_t i = 0; i < g->phases; i++) {
        most = epl__most(most, g->phase[i].kc);
    }
    for (int v = 0; v <= EPL__MUL_V; v++) {
        g->step_at[v] = epl__arena_take(a, (size_t)most * sizeof(int64_t));
        for (int64_t k = 0; g->step_at[v] != NULL && k < most; k++) {
            g->step_at[v][k] = v == 0 ? k : k * v * g->mul->lanes;
        }
    }
    return !a->failed;
}

/* False: without memory, or the description is not for this path. */
static bool make_phases(epl__arena *a, epl__conv *g)
{
    double products = 0;
    g->phases = epl__conv_phase_count(&g->d);
    if (g->phases > 1024) {
        return false;
    }
    g->phase = epl__arena_take(a, (size_t)g->phases * sizeof *g->phase);
    if (g->phase == NULL) {
        return false;
    }
    for (int64_t i = 0; i < g->phases; i++) {
        epl__conv_phase *p = &g->phase[i];
        if (!epl__conv_phase_make(a, &g->d, i, p)) {
            return false;
        }
        products += (double)p->q * (double)(p->taps + 1);
    }
    g->call.cost = 100 + products * 2 * (double)g->items * (double)g->d.n * (double)g->d.k *
                             (double)epl__most(g->d.c, 1) / epl__mul_rate(g->mul);
    return epl__conv_choose(a, g) && make_step_tables(a, g);
}

epl__call *epl__conv_prepare(epl__arena *a, const epl__conv_desc *d)
{
    epl__conv *g = epl__arena_take(a, sizeof *g);
    if (g == NULL) {
        return NULL;
    }
    g->d = with_three_axes(d);
    g->call.run = epl__conv_run;
    const int64_t outputs = g->d.n * g->d.k * g->d.out[0] * g->d.out[1] * g->d.out[2];
    if (outputs == 0 || items_of(&g->d) == 0) {
        g->call.name = name_of(a, d, "none");
        return g->call.name == NULL ? NULL : &g->call; /* no parts */
    }
    fold_batch(&g->d);
    g->items = items_of(&g->d);
    g->mul = epl__mul_table_of(epl__isa_now(), d->dtype);
    g->bytes = g->mul->bytes;
    if (!make_phases(a, g)) {
        char *name = a->failed ? NULL : name_of(a, d, "loops");
        return name == NULL ? NULL : epl__conv_loops_prepare(a, &g->d, name);
    }
    const char *const modes[] = {"rows", "n", "k", "dot", "zero"};
    epl__conv_choose_units(g);
    g->call.name = name_of(a, d, modes[(g->lead != NULL ? g->lead : g->phase)->mode]);
    return g->call.name == NULL ? NULL : &g->call;
}
