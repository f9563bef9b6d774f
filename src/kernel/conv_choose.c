/* conv_choose.c -- how a phase is computed: which way vectors lie, how much of the sum
 * is done at a time, what a unit of work is.
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

/* Vectors along k: rows of a kernel are neighbours on the last axis. */
static double cost_k(const epl__conv *g, const epl__conv_phase *p)
{
    const double lanes = g->mul->lanes, sum = (double)p->taps * (double)g->d.c;
    const int64_t v = epl__least(2, epl__div_up(g->d.k, g->mul->lanes));
    const double r = (double)epl__mul_rows(g->mul, (int)v, p->axis[2].q);
    const double loads = (r + (double)v) / (2 * r * (double)v);
    const double wait = 4 / (r * (double)v * (r * (double)v < 8 ? 2 : 1));
    double x = 0.5;
    x = loads > x ? loads : x;
    x = wait > x ? wait : x;
    x = x * share(g->d.k, g->mul->lanes) + 5 / ((double)p->q * (double)g->d.n);
    return g->d.out_k == 1 ? x : x + 2 * lanes / sum;
}

/* Vectors along n: the input is transposed once, outputs at the end. */
static double cost_n(const epl__conv *g, const epl__conv_phase *p)
{
    const double sum = (double)p->taps * (double)g->d.c, k = (double)g->d.k;
    return 0.5 * share(g->d.n, g->mul->lanes) +
           5 * (double)p->positions / ((double)p->q * (double)p->taps * k) +
           2 * (double)g->mul->lanes / sum;
}

/* Vectors along rows of outputs, which are packed for each tap. */
static double cost_rows(const epl__conv *g, const epl__conv_phase *p)
{
    const double lanes = g->mul->lanes, row = (double)p->axis[2].q;
    const double pieces = row >= lanes ? 1 + lanes / row : lanes / row + 1;
    const int64_t columns = p->q * g->d.n;
    return 0.5 * share(columns, g->mul->lanes) + (1.5 + pieces) / (double)g->d.k;
}

static epl__conv_mode choose_mode(const epl__conv *g, const epl__conv_phase *p)
{
    if (p->taps == 0 || g->d.c == 0) {
        return EPL__CONV_ZERO;
    }
    const double rows = cost_rows(g, p), k = cost_k(g, p), n = cost_n(g, p);
    return rows <= k && rows <= n ? EPL__CONV_ROWS : k <= n ? EPL__CONV_K : EPL__CONV_N;
}

/* -- the input as it is read ------------------------------------------------------------ */
static bool in_place(const epl__conv *g, const epl__conv_phase *p)
{
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        const epl__conv_plane *x = p->axis[i].plane;
        if (p->axis[i].planes != 1 || x->lo != 0 || x->hi != x->len) {
            return false;
        }
    }
    const int64_t last = p->axis[2].plane->step * g->d.in_s[2];
    return p->mode == EPL__CONV_K ||
           (p->mode == EPL__CONV_ROWS && (last == 1 || p->axis[2].q == 1));
}

static void choose_strides(const epl__conv *g, epl__conv_phase *p)
{
    p->copy_in = !in_place(g, p);
    if (p->copy_in) {
        const int64_t width = p->mode == EPL__CONV_N ? p->vectors * g->mul->lanes : 1;
        p->s[2] = width;
        p->s[1] = width * p->axis[2].len;
        p->s[0] = p->s[1] * p->axis[1].len;
        p->s_n = p->s[0] * p->axis[0].len;
        p->s_c = p->mode == EPL__CONV_N ? p->s_n : p->s_n * p->n_of_unit;
        return;
    }
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        p->s[i] = p->axis[i].plane->step * g->d.in_s[i];
        p->base += p->axis[i].plane->first * g->d.in_s[i];
    }
    p->s_n = g->d.in_n;
    p->s_c = g->d.in_c;
}

static bool make_tables(epl__arena *a, const epl__conv *g, epl__conv_phase *p)
{
    const size_t terms = (size_t)(p->c_step * p->taps);
    p->in_at = epl__arena_take(a, terms * sizeof *p->in_at);
    p->w_at = epl__arena_take(a, terms * sizeof *p->w_at);
    if (a->failed) {
        return false;
    }
    const epl__conv_axis *x = p->axis;
    int64_t at = 0;
    for (int64_t c = 0; c < p->c_step; c++) {
        for (int64_t i = 0; i < x[0].taps; i++) {
            for (int64_t j = 0; j < x[1].taps; j++) {
                for (int64_t k = 0; k < x[2].taps; k++) {
                    p->in_at[at] = c * p->s_c + x[0].tap_at[i] * p->s[0] +
                                   x[1].tap_at[j] * p->s[1] + x[2].tap_at[k] * p->s[2];
                    p->w_at[at++] = c * g->d.w_c + x[0].tap_w[i] * g->d.w_s[0] +
                                    x[1].tap_w[j] * g->d.w_s[1] + x[2].tap_w[k] * g->d.w_s[2];
                }
            }
        }
    }
    return true;
}

/* Outputs of one n and k are a contiguous stretch, in the order of q. */
static bool out_contiguous(const epl__conv_desc *d, const epl__conv_phase *p)
{
    int64_t step = 1;
    for (int i = EPL__CONV_MAX - 1; i >= 0; i--) {
        const int64_t s = d->out_s[i] * p->axis[i].out_step;
        if (p->axis[i].q > 1 && s != step) {
            return false;
        }
        step *= p->axis[i].q;
    }
    return true;
}

/* -- units --------------------------------------------------------------------------------- */
static double unit_cost(const epl__conv *g, const epl__conv_phase *p, int64_t n)
{
    const double products = (double)p->q * (double)n * (double)g->d.k * (double)g->d.c;
    return products * (double)epl__most(p->taps, 1) * 2 / epl__mul_rate(g->mul) +
           (double)p->q * (double)n * (double)g->d.k * 0.5;
}

/* Cuts outputs of a phase along k, or along an axis, until there are about `pieces`. */
static void cut_further(const epl__conv *g, epl__conv_phase *p, int64_t pieces, int64_t least_k)
{
    const epl__conv_axis *x = &p->axis[p->cut];
    int64_t cuts = epl__least(pieces, epl__div_up(g->d.k, least_k));
    if (p->mode == EPL__CONV_ROWS && x->unit_q) {
        const int64_t row = p->q / x->q, wide = 6 * g->mul->lanes;
        const int64_t least_rows = epl__div_up(wide, row);
        cuts = epl__least(pieces, epl__most(1, x->q / least_rows));
        p->q_of_unit = epl__div_up(x->q, cuts);
        cuts = epl__least(epl__div_up(pieces, cuts), epl__div_up(g->d.k, 128));
    }
    p->k_of_unit = epl__div_up(g->d.k, cuts);
    if (p->mode == EPL__CONV_K) {
        const int64_t width = p->vectors * g->mul->lanes;
        p->k_of_unit = epl__div_up(p->k_of_unit, width) * width;
    }
    if (p->mode != EPL__CONV_ROWS) {
        const int64_t left = epl__div_up(pieces, epl__div_up(g->d.k, p->k_of_unit));
        p->q_of_unit = epl__div_up(x->q, epl__least(left, x->q));
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
    const double unit = unit_cost(g, p, epl__least(p->n_of_unit, d->n));
    if (p->mode != EPL__CONV_ZERO && unit > 1.5 * want) {
        cut_further(g, p, (int64_t)(unit / want + 0.5), 28);
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
    int64_t c = epl__most(1, TERMS / p->taps);
    c = epl__most(1, epl__least(epl__least(c, g->d.c), COPY_BYTES / channel));
    p->c_step = epl__div_up(g->d.c, epl__div_up(g->d.c, c));
    const int64_t terms = p->c_step * p->taps;
    p->kc = epl__div_up(terms, epl__div_up(terms, TERMS));
}

bool epl__conv_choose(epl__arena *a, epl__conv *g, epl__conv_phase *p)
{
    const epl__conv_desc *d = &g->d;
    p->mode = choose_mode(g, p);
    const int64_t across = p->mode == EPL__CONV_N   ? d->n
                           : p->mode == EPL__CONV_K ? d->k
                                                    : p->q * d->n;
    p->vectors = across > g->mul->lanes ? 2 : 1;
    choose_unit(g, p, g->call.cost);
    if (p->mode == EPL__CONV_ZERO) {
        return true;
    }
    choose_step(g, p);
    choose_strides(g, p);
    const bool packed = share(p->q, g->mul->lanes) < 1.15 || p->n_of_unit == 1;
    p->copy_out = p->mode == EPL__CONV_N   ? true
                  : p->mode == EPL__CONV_K ? d->out_k != 1
                                           : !packed || !out_contiguous(d, p);
    return make_tables(a, g, p);
}

/* Numbers the units and sizes the scratch. */
void epl__conv_choose_units(epl__conv *g)
{
    const size_t bytes = (size_t)g->bytes, lanes = (size_t)g->mul->lanes;
    size_t copy = 0, panel = 0, sums = 64;
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
        x = p->mode == EPL__CONV_N ? 0 : (size_t)p->kc * (width + lanes) * bytes;
        panel = x > panel ? x : panel;
        const size_t columns = p->mode == EPL__CONV_N ? q * width : q * (size_t)p->n_of_unit;
        x = p->copy_out ? (columns + width) * ((size_t)p->k_of_unit + width) * bytes : 0;
        sums = x > sums ? x : sums;
    }
    g->at_panel = (copy + 127) / 64 * 64;
    g->at_out = g->at_panel + (panel + 63) / 64 * 64;
    g->call.scratch = g->at_out + (sums + 63) / 64 * 64;
    const double unit = g->call.cost / (double)epl__most(g->units, 1);
    g->group = g->call.cost < 4000 ? g->units : epl__most(1, (int64_t)(20e3 / (unit + 1)));
    g->group = epl__most(1, epl__least(g->group, g->units));
    g->call.parts = epl__div_up(g->units, g->group);
}
