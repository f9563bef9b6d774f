/* conv_choose.c -- how a phase is computed: which way vectors lie, how much of the sum
 * is done at a time, what a unit of work is (conv_tables.c does the rest).
 *
 * Costs are in cycles for a vector of products, of which two can start in a cycle.
 * Invariant: a unit holds whole sums; units write disjoint outputs.
 */
#include "conv.h"

enum { TERMS = 320, COPY_BYTES = 512 * 1024 };

static double share(int64_t n, int64_t lanes) /* lanes computed for one that counts */
{
    return (double)(epl__div_up(n, lanes) * lanes) / (double)n;
}

/* The number of vectors in a panel that makes `across` lanes meet `rows` rows best. */
static int best_vectors(const epl__conv *g, int64_t across, int64_t rows, int most, double *cost)
{
    int best = 1;
    *cost = 1e9;
    for (int v = 1; v <= most && g->mul->max_r[v] > 0; v++) {
        const int64_t need = epl__div_up(across, g->mul->lanes);
        if (v > 1 && v > need) {
            break;
        }
        const double x = epl__mul_cycles(g->mul, v, rows) * (need % v == 0 ? 1 : 1.02);
        if (x < *cost * 0.98) {
            *cost = x;
            best = v;
        }
    }
    return best;
}

/* Vectors along k: rows of a kernel are neighbours on the last axis. Weights are packed
 * for each unit, outputs transposed. */
static double cost_k(const epl__conv *g, const epl__conv_phase *p, int *vectors)
{
    const double lanes = g->mul->lanes, sum = (double)p->taps * (double)g->d.c;
    double x;
    *vectors = best_vectors(g, g->d.k, p->axis[2].q, 4, &x);
    const double pack = g->d.w_k * g->bytes % 4096 == 0 ? 12 : p->taps < 16 ? 7 : 5;
    x = x * share(g->d.k, g->mul->lanes) + pack / (double)epl__least(p->q * g->d.n, 100);
    x += p->taps == 1 ? 0.1 : 0;
    return g->d.out_k == 1 ? x : x + 0.5 * lanes / sum;
}

/* About how many inputs of a channel are read. */
static double positions(const epl__conv *g, const epl__conv_phase *p)
{
    double n = 1;
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        n *= (double)epl__least(p->axis[i].q * p->axis[i].taps, g->d.in[i] + p->axis[i].taps);
    }
    return n;
}

/* Vectors along n: the input is transposed once, outputs at the end. */
static double cost_n(const epl__conv *g, const epl__conv_phase *p, int *vectors)
{
    const double sum = (double)p->taps * (double)g->d.c, k = (double)g->d.k;
    double x;
    *vectors = best_vectors(g, g->d.n, g->d.k, 2, &x);
    const double sums = (double)(p->q * *vectors * g->mul->lanes * g->bytes) * k;
    if (sums > 512e3 && sum > TERMS) {
        x += 0.06; /* they leave the cache between steps */
    }
    x += p->taps == 1 ? 0.15 : 0; /* one vector of a channel at a time */
    return p->useful * x * share(g->d.n, g->mul->lanes) + 0.5 * (double)g->mul->lanes / sum +
           5 * positions(g, p) / ((double)p->q * (double)p->taps * k);
}

/* Vectors along rows of outputs, which are packed for each tap unless a panel is a piece
 * of one row. */
static double cost_rows(const epl__conv *g, epl__conv_phase *p, int *vectors)
{
    const double lanes = g->mul->lanes, row = (double)p->axis[2].q;
    const double pieces = lanes / row, sum = (double)p->taps * (double)g->d.c;
    double flat, lines;
    const int v = best_vectors(g, p->q * g->d.n, g->d.k, 2, &flat);
    *vectors = best_vectors(g, p->axis[2].q, g->d.k, 3, &lines);
    flat = flat * share(p->q * g->d.n, g->mul->lanes) + (2.5 + 1.7 * pieces) / (double)g->d.k +
           40 * (1 + pieces) / ((double)g->d.k * (sum < TERMS ? sum : TERMS));
    lines *= share(p->axis[2].q, g->mul->lanes);
    p->by_line = lines <= flat;
    *vectors = p->by_line ? *vectors : v;
    return p->by_line ? lines : flat;
}

/* Vectors along rows of the window, which must be contiguous in input and weights. */
static double cost_dot(const epl__conv *g, const epl__conv_phase *p)
{
    const epl__conv_axis *x = &p->axis[2];
    const double sum = (double)p->taps * (double)g->d.c, lanes = g->mul->lanes;
    const double r = (double)epl__least(g->d.k, g->mul->dot_r);
    const double s = (double)epl__least(g->d.n * p->q, g->mul->dot_s);
    const double loads = (r + s) / (2 * r * s), wait = 4 / (r * s < 8 ? 8 : r * s);
    bool fits = x->taps >= 4 && g->d.w_s[2] == 1;
    for (int64_t t = 1; fits && t < x->taps; t++) {
        fits = x->tap_at[t] == x->tap_at[t - 1] + 1 && x->tap_w[t] == x->tap_w[t - 1] + 1;
    }
    double work = loads > wait ? loads : wait;
    work = work > 0.5 ? work : 0.5;
    return !fits ? 1e9 : (work + 0.05) * share(x->taps, g->mul->lanes) + 8 * lanes / sum;
}

/* Rows of the input that are copied one by one, in ROWS and K. */
static double cost_copies(const epl__conv *g, const epl__conv_phase *p)
{
    double rows = 1;
    if (p->taps == 1 && p->axis[2].step == 1) {
        return 0; /* in place, most likely */
    }
    for (int i = 0; i < EPL__CONV_MAX - 1; i++) {
        rows *= (double)epl__least(p->axis[i].q * p->axis[i].taps, g->d.in[i]);
    }
    return 14 * rows * (double)g->mul->lanes /
           ((double)p->q * (double)p->taps * (double)epl__least(g->d.k, 128));
}

static void choose_mode(const epl__conv *g, epl__conv_phase *p)
{
    int v[3];
    if (p->taps == 0 || g->d.c == 0) {
        p->mode = EPL__CONV_ZERO;
        p->vectors = 1;
        return;
    }
    const double copies = cost_copies(g, p), n = cost_n(g, p, &v[2]);
    const double rows = copies + cost_rows(g, p, &v[0]), k = copies + cost_k(g, p, &v[1]);
    const double dot = cost_dot(g, p);
    p->mode = rows <= k && rows <= n ? EPL__CONV_ROWS : k <= n ? EPL__CONV_K : EPL__CONV_N;
    p->vectors = p->mode == EPL__CONV_ROWS ? v[0] : p->mode == EPL__CONV_K ? v[1] : v[2];
    if (dot < rows && dot < k && dot < n) {
        p->mode = EPL__CONV_DOT;
        p->vectors = 1;
    }
}

/* -- units --------------------------------------------------------------------------------- */
static double unit_cost(const epl__conv *g, const epl__conv_phase *p, int64_t n)
{
    const double products = (double)p->q * (double)n * (double)g->d.k * (double)g->d.c;
    return products * (double)epl__most(p->taps, 1) * 2 / epl__mul_rate(g->mul) +
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
                         ((double)k * (double)p->q * (double)p->taps); /* of the work */
    const double few = 6.0 / (double)(g->items * epl__div_up(g->d.n, p->n_of_unit));
    const double fair = 0.3 / again < few ? 0.3 / again : few;
    const int64_t most = epl__most(1, (int64_t)(fair > 0.12 / again ? fair : 0.12 / again));
    const int64_t cuts = epl__least(epl__least(pieces, most), epl__div_up(k, 20));
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

/* Channels at a time: enough terms for a step, but a copy that stays in the cache. */
static void choose_step(const epl__conv *g, epl__conv_phase *p)
{
    const int64_t n = p->mode == EPL__CONV_N ? p->vectors * g->mul->lanes : p->n_of_unit;
    const int64_t channel = epl__most(1, p->positions * n * g->bytes);
    int64_t c = epl__most(1, (p->mode == EPL__CONV_DOT ? 16 * TERMS : TERMS) / p->taps);
    c = epl__most(1, epl__least(epl__least(c, g->d.c), COPY_BYTES / channel));
    p->c_step = epl__div_up(g->d.c, epl__div_up(g->d.c, c));
    const int64_t terms = p->c_step * p->taps;
    p->kc = p->mode == EPL__CONV_DOT ? terms : epl__div_up(terms, epl__div_up(terms, TERMS));
}

bool epl__conv_choose(epl__arena *a, epl__conv *g, epl__conv_phase *p)
{
    choose_mode(g, p);
    if (p->mode == EPL__CONV_ZERO) {
        choose_unit(g, p, g->call.cost);
        return true;
    }
    epl__conv_phase_lay_out(&g->d, p);
    const int64_t in = g->d.in[0] * g->d.in[1] * g->d.in[2];
    if (p->positions > 65536 + 16 * (in + p->q) || p->taps > 1 << 22) {
        return false; /* tables and copies out of proportion to the work */
    }
    choose_unit(g, p, g->call.cost);
    choose_step(g, p);
    return epl__conv_make_tables(a, g, p);
}

/* Numbers the units and sizes the scratch. */
void epl__conv_choose_units(epl__conv *g)
{
    const size_t bytes = (size_t)g->bytes, lanes = (size_t)g->mul->lanes;
    size_t copy = 0, panel = 0, weights = 0, sums = 64;
    for (int64_t i = 0; i < g->phases; i++) {
        epl__conv_phase *p = &g->phase[i];
        p->first_unit = g->units;
        g->units += g->items * p->grid_n * p->grid_q * p->grid_k;
        if (p->mode == EPL__CONV_ZERO) {
            continue;
        }
        const size_t width = (size_t)p->vectors * lanes;
        const size_t q = (size_t)(p->q / p->axis[p->cut].q * p->q_of_unit);
        size_t x = p->copy_in ? (size_t)(p->s_c * p->c_step) * bytes : 0;
        copy = x > copy ? x : copy;
        x = p->mode == EPL__CONV_N || p->mode == EPL__CONV_DOT
                ? 0
                : (size_t)p->kc * (width + lanes) * bytes;
        panel = x > panel ? x : panel;
        x = p->pack_w ? (size_t)(p->k_of_unit * epl__conv_pitch(p)) * bytes : 0;
        weights = x > weights ? x : weights;
        const size_t columns = p->mode == EPL__CONV_N ? q * width : q * (size_t)p->n_of_unit;
        x = p->copy_out ? (columns + width) * ((size_t)p->k_of_unit + width) * bytes : 0;
        sums = x > sums ? x : sums;
    }
    g->at_panel = (copy + 127) / 64 * 64;
    g->at_weights = g->at_panel + (panel + 63) / 64 * 64;
    g->at_out = g->at_weights + (weights + 63) / 64 * 64;
    g->call.scratch = g->at_out + (sums + 63) / 64 * 64;
    const double unit = g->call.cost / (double)epl__most(g->units, 1);
    g->group = g->call.cost < 4000 ? g->units : epl__most(1, (int64_t)(20e3 / (unit + 1)));
    g->group = epl__most(1, epl__least(g->group, g->units));
    g->call.parts = epl__div_up(g->units, g->group);
}
