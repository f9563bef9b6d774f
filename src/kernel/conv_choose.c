/* conv_choose.c -- how a phase is computed: which way its vectors lie.
 *
 * Costs are in cycles for a vector of products, of which two can start in a cycle.
 * Invariant: the choice depends on the description and the instruction set alone.
 */
#include "conv.h"

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
    if (sums > 512e3 && sum > EPL__CONV_TERMS) {
        x += 0.06; /* they leave the cache between steps */
    }
    x += p->taps == 1 ? 0.15 : 0; /* one vector of a channel at a time */
    return p->useful * x * share(g->d.n, g->mul->lanes) + 0.5 * (double)g->mul->lanes / sum +
           5 * positions(g, p) / ((double)p->q * (double)p->taps * k * p->sharing);
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
           40 * (1 + pieces) / ((double)g->d.k * (sum < EPL__CONV_TERMS ? sum : EPL__CONV_TERMS));
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
           ((double)p->q * (double)p->taps * (double)epl__least(g->d.k, 128) * p->sharing);
}

void epl__conv_choose_mode(const epl__conv *g, epl__conv_phase *p)
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
