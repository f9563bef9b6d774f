/* conv_units.c -- what a unit of work is, how much of the sum it does at a time, and which
 * phases are done together.
 *
 * Invariant: a unit holds whole sums; units write disjoint outputs.
 */
#include "conv.h"

enum { COPY_BYTES = 512 * 1024 };

static double unit_cost(const epl__conv *g, const epl__conv_phase *p, int64_t n)
{
    const double products = (double)p->q * (double)n * (double)g->d.k * (double)g->d.c;
    return products * (double)epl__most(p->taps, 1) * p->sharing * 2 / epl__mul_rate(g->mul) +
           (double)p->q * (double)n * (double)g->d.k * 0.5;
}

/* The cuts, out of `pieces`, that rows of outputs allow. */
static int64_t cut_rows(const epl__conv *g, epl__conv_phase *p, int64_t pieces)
{
    const epl__conv_axis *x = &p->axis[p->cut];
    const int64_t least = p->mode == EPL__CONV_ROWS ? epl__div_up(6 * g->mul->lanes, p->q / x->q)
                                                    : 2 * x->taps;
    const int64_t cuts = x->unit_q ? epl__most(1, epl__least(pieces, x->q / least)) : 1;
    p->q_of_unit = epl__div_up(x->q, cuts);
    return epl__div_up(x->q, p->q_of_unit);
}

/* Cuts outputs of a phase until there are about `pieces`, as long as what all of them do
 * again (packing, copies) stays small. */
static void cut_further(const epl__conv *g, epl__conv_phase *p, int64_t pieces)
{
    const epl__conv_axis *x = &p->axis[p->cut];
    const int64_t k = g->d.k, width = p->vectors * g->mul->lanes;
    if (p->mode == EPL__CONV_DOT) {
        const int64_t r = g->mul->dot_r, cuts = epl__least(pieces, epl__div_up(k, r));
        p->k_of_unit = epl__div_up(epl__div_up(k, cuts), r) * r;
        const int64_t left = epl__div_up(pieces, epl__div_up(k, p->k_of_unit));
        p->q_of_unit = epl__div_up(x->q, epl__least(left, x->q));
        return;
    }
    if (p->mode == EPL__CONV_K) {
        const int64_t cuts = epl__least(pieces, epl__div_up(k, width));
        p->k_of_unit = epl__div_up(epl__div_up(k, cuts), width) * width;
        const int64_t left = epl__div_up(pieces, epl__div_up(k, p->k_of_unit));
        p->q_of_unit = epl__div_up(x->q, epl__least(left, x->q));
        return;
    }
    pieces = epl__div_up(pieces, cut_rows(g, p, pieces));
    if (p->mode == EPL__CONV_ROWS) {
        p->k_of_unit = epl__div_up(k, epl__least(pieces, epl__div_up(k, 128)));
        return;
    }
    const double again = 10 * (double)p->positions /
                         ((double)k * (double)p->q * (double)p->taps * p->sharing);
    const double few = 6.0 / (double)(g->items * epl__div_up(g->d.n, p->n_of_unit));
    const double fair = 0.3 / again < few ? 0.3 / again : few;
    const int64_t most = epl__most(1, (int64_t)(fair > 0.12 / again ? fair : 0.12 / again));
    int64_t cuts = epl__least(epl__least(pieces, most), epl__div_up(k, 20));
    cuts -= cuts > 2 ? cuts % 2 : 0; /* as much for each of two threads */
    p->k_of_unit = epl__div_up(k, cuts);
    const int64_t rest = epl__least(pieces, most) / cuts;
    if (rest > 1 && p->q_of_unit == x->q) {
        p->q_of_unit = epl__div_up(x->q, epl__least(rest, x->q));
    }
}

static void choose_unit(const epl__conv *g, epl__conv_phase *p, double total)
{
    const epl__conv_desc *d = &g->d;
    const double want = total / 64 < 30e3 ? 30e3 : total / 64 > 250e3 ? 250e3 : total / 64;
    const double image = unit_cost(g, p, 1);
    p->cut = p->axis[0].q > 1 ? 0 : p->axis[1].q > 1 ? 1 : 2;
    p->q_of_unit = p->axis[p->cut].q;
    p->k_of_unit = d->k;
    p->n_of_unit = epl__most(1, epl__least(d->n, (int64_t)(want / image)));
    if (p->mode == EPL__CONV_N) {
        p->n_of_unit = p->vectors * g->mul->lanes;
    } else if (p->mode == EPL__CONV_ROWS) {
        const int64_t weights = p->taps * d->c * d->k * g->bytes;
        const int64_t columns = (weights > 256 * 1024 ? 8 : 4) * g->mul->lanes;
        p->n_of_unit = epl__least(d->n, epl__most(p->n_of_unit, epl__div_up(columns, p->q)));
    }
    if (p->mode == EPL__CONV_K) {
        p->n_of_unit = epl__least(d->n, epl__most(p->n_of_unit, epl__div_up(100, p->q)));
    }
    const double unit = unit_cost(g, p, epl__least(p->n_of_unit, d->n));
    if (p->mode != EPL__CONV_ZERO && unit > 1.5 * want) {
        cut_further(g, p, (int64_t)(unit / want + 0.5));
    }
    p->grid_n = epl__div_up(d->n, p->n_of_unit);
    p->grid_q = epl__div_up(p->axis[p->cut].q, p->q_of_unit);
    p->grid_k = epl__div_up(d->k, p->k_of_unit);
}

/* The most terms of a turn. Sums over windows of three axes are long. A sum of n terms in turns
 * of k loses n / k + k roundings at most, which is least with k = sqrt(n); turns cost time, so
 * they are a little longer. */
static int64_t longest_turn(const epl__conv *g, const epl__conv_phase *p)
{
    int64_t most = 1;
    if (g->d.window[0] == 1) {
        return EPL__CONV_TERMS;
    }
    while (most < EPL__CONV_TERMS && most * most < g->d.c * p->taps * 5 / 2) {
        most++;
    }
    return most;
}

static void choose_turns(const epl__conv *g, epl__conv_phase *p)
{
    const int64_t terms = epl__most(1, p->c_step * p->taps);
    const int64_t turns = epl__div_up(terms, longest_turn(g, p));
    p->kc = p->mode == EPL__CONV_DOT ? terms : epl__div_up(terms, turns);
}

/* Channels at a time: enough terms for a step, but a copy that stays in the cache. */
static void choose_step(const epl__conv *g, epl__conv_phase *p)
{
    const int64_t n = p->mode == EPL__CONV_N ? p->vectors * g->mul->lanes : p->n_of_unit;
    const int64_t channel = epl__most(1, p->positions * n * g->bytes);
    int64_t c =
        epl__most(1, (p->mode == EPL__CONV_DOT ? 16 * EPL__CONV_TERMS : EPL__CONV_TERMS) / p->taps);
    c = epl__most(1, epl__least(epl__least(c, g->d.c), COPY_BYTES / channel));
    p->c_step = epl__div_up(g->d.c, epl__div_up(g->d.c, c));
    choose_turns(g, p);
}

/* -- phases ----------------------------------------------------------------------------- */
/* Whether the tables and copies of a phase are in proportion to the work. */
static bool in_proportion(const epl__conv *g, const epl__conv_phase *p)
{
    const int64_t in = g->d.in[0] * g->d.in[1] * g->d.in[2];
    return p->positions <= 65536 + 16 * (in + p->q) && p->taps <= 1 << 22;
}

static bool choose_alone(epl__arena *a, epl__conv *g, epl__conv_phase *p)
{
    epl__conv_choose_mode(g, p);
    if (p->mode == EPL__CONV_ZERO) {
        choose_unit(g, p, g->call.cost);
        return true;
    }
    epl__conv_phase_lay_out(&g->d, p);
    if (!in_proportion(g, p)) {
        return false;
    }
    choose_unit(g, p, g->call.cost);
    choose_step(g, p);
    return epl__conv_make_tables(a, g, p);
}

/* The phase with the most work, if all can share a copy; else NULL. */
static epl__conv_phase *heaviest(const epl__conv *g)
{
    epl__conv_phase *best = NULL;
    int64_t taps = 0;
    for (int64_t i = 0; i < g->phases; i++) {
        epl__conv_phase *p = &g->phase[i];
        taps += p->taps;
        if (p->taps > 0 && (best == NULL || p->q * p->taps > best->q * best->taps)) {
            best = p;
        }
    }
    const bool alike = best != NULL && g->phases > 1 && g->d.c > 0 && best->axis[0].step == 1 &&
                       best->axis[1].step == 1 && best->axis[2].step == 1;
    if (alike) {
        best->sharing = (double)taps / (double)best->taps;
    }
    return alike ? best : NULL;
}

static void follow(const epl__conv *g, epl__conv_phase *p, const epl__conv_phase *lead)
{
    p->mode = p->taps > 0 ? lead->mode : EPL__CONV_ZERO;
    p->vectors = lead->vectors;
    p->by_line = lead->by_line;
    p->cut = lead->cut;
    p->n_of_unit = lead->n_of_unit;
    p->q_of_unit = lead->q_of_unit;
    p->k_of_unit = lead->k_of_unit;
    p->grid_n = lead->grid_n;
    p->grid_q = lead->grid_q;
    p->grid_k = lead->grid_k;
    p->c_step = lead->c_step;
    choose_turns(g, p);
}

/* Phases whose outputs interleave read one copy and are done by one unit together. */
static bool choose_jointly(epl__arena *a, epl__conv *g, epl__conv_phase *heavy)
{
    int64_t q[EPL__CONV_MAX];
    epl__conv_phase *lead = epl__arena_take(a, sizeof *lead);
    if (lead == NULL || !epl__conv_phase_lay_out_alike(a, g, q) || !in_proportion(g, heavy)) {
        return false;
    }
    *lead = *heavy;
    lead->q = 1;
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        lead->axis[i].q = q[i];
        lead->q *= q[i];
    }
    choose_unit(g, lead, g->call.cost);
    choose_step(g, lead);
    for (int64_t i = 0; i < g->phases; i++) {
        epl__conv_phase *p = &g->phase[i];
        follow(g, p, lead);
        if (p->taps > 0 && !epl__conv_make_tables(a, g, p)) {
            return false;
        }
    }
    *lead = *heavy;
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        lead->axis[i].q = q[i];
    }
    g->lead = lead;
    return true;
}

bool epl__conv_choose(epl__arena *a, epl__conv *g)
{
    epl__conv_phase *heavy = heaviest(g);
    if (heavy != NULL) {
        epl__conv_choose_mode(g, heavy);
        if (heavy->mode != EPL__CONV_DOT) {
            return choose_jointly(a, g, heavy);
        }
        heavy->sharing = 1;
    }
    for (int64_t i = 0; i < g->phases; i++) {
        if (!choose_alone(a, g, &g->phase[i])) {
            return false;
        }
    }
    return true;
}

/* Bytes of scratch that a phase needs. */
typedef struct {
    size_t copy, panel, weights, sums;
} needs;

static needs needs_of(const epl__conv *g, const epl__conv_phase *p)
{
    const size_t bytes = (size_t)g->bytes, lanes = (size_t)g->mul->lanes;
    const size_t width = (size_t)p->vectors * lanes;
    const size_t q = (size_t)(p->q / p->axis[p->cut].q * p->q_of_unit);
    const bool panels = p->mode == EPL__CONV_ROWS || p->mode == EPL__CONV_K;
    const size_t columns = p->mode == EPL__CONV_N ? q * width : q * (size_t)p->n_of_unit;
    needs x = {.sums = 64};
    if (p->mode == EPL__CONV_ZERO) {
        return x;
    }
    x.copy = p->copy_in ? (size_t)(p->s_c * p->c_step) * bytes : 0;
    x.panel = panels ? (size_t)p->kc * (width + lanes) * bytes : 0;
    x.weights = p->pack_w ? (size_t)(p->k_of_unit * epl__conv_pitch(p)) * bytes : 0;
    x.sums += p->copy_out ? (columns + width) * ((size_t)p->k_of_unit + width) * bytes : 0;
    return x;
}

static size_t round_up(size_t x)
{
    return (x + 63) / 64 * 64;
}

static size_t larger(size_t x, size_t y)
{
    return x > y ? x : y;
}

/* Numbers the units and sizes the scratch. */
void epl__conv_choose_units(epl__conv *g)
{
    needs all = {0};
    for (int64_t i = 0; i < g->phases; i++) {
        epl__conv_phase *p = &g->phase[i];
        const needs x = needs_of(g, p);
        const int64_t units = g->items * p->grid_n * p->grid_q * p->grid_k;
        p->first_unit = g->lead != NULL ? 0 : g->units;
        g->units = g->lead != NULL ? units : g->units + units;
        p->at_sums = g->lead != NULL ? all.sums : 0;
        all.sums = g->lead != NULL ? all.sums + round_up(x.sums) : larger(all.sums, x.sums);
        all.copy = larger(all.copy, x.copy);
        all.panel = larger(all.panel, x.panel);
        all.weights = larger(all.weights, x.weights);
    }
    g->at_panel = round_up(all.copy + 64);
    g->at_weights = g->at_panel + round_up(all.panel);
    g->at_out = g->at_weights + round_up(all.weights);
    g->call.scratch = g->at_out + round_up(all.sums);
    const double unit = g->call.cost / (double)epl__most(g->units, 1);
    g->group = g->call.cost < 4000 ? g->units : epl__most(1, (int64_t)(20e3 / (unit + 1)));
    g->group = epl__most(1, epl__least(g->group, g->units));
    g->call.parts = epl__div_up(g->units, g->group);
}
