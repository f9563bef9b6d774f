/* conv_run.c -- convolution as a matrix product through tables.
 *
 * A unit goes through the sum in steps of c_step channels: it copies them (padded) if it
 * must, then takes at most kc terms at a time: packs panels of them and meets them with
 * all rows. Invariant: terms are added in the order of (c, t), in every mode.
 */
#include <string.h>
#include "conv.h"

/* Terms [first, first + kn) of a step of channels from c on. */
typedef struct {
    const char *in, *w; /* at the unit's first n and k, channel c */
    int64_t first, kn;
    bool add;
    const char *a; /* weights as they are read: row i, term k at a + i a_m + a_at[k] */
    int64_t a_m;
    const int64_t *a_at;
} turn;

/* Where output q of the unit (by axes) is in the input as it is read. */
static int64_t position(const epl__conv_unit *u, int64_t i, int64_t j, int64_t k)
{
    const epl__conv_phase *p = u->phase;
    return p->axis[0].q_at[u->q0[0] + i] * p->s[0] + p->axis[1].q_at[u->q0[1] + j] * p->s[1] +
           p->axis[2].q_at[u->q0[2] + k] * p->s[2];
}

/* Where output o of image n and the first k is. */
static char *output_at(const epl__conv *g, const epl__conv_unit *u, int64_t n, const int64_t *o)
{
    const epl__conv_axis *x = u->phase->axis;
    int64_t at = (u->n0 + n) * g->d.out_n + u->k0 * g->d.out_k;
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        at += (x[i].out + (u->q0[i] + o[i]) * x[i].out_step) * g->d.out_s[i];
    }
    return u->out + at * g->bytes;
}

/* -- vectors along rows -------------------------------------------------------------------- */
/* Columns [j, j + count) of the unit as pieces of rows. */
static int find_pieces(const epl__conv_unit *u, int64_t j, int64_t count, epl__piece *piece)
{
    const int64_t row = u->q[2];
    int n = 0;
    for (int64_t to = 0; to < count;) {
        const int64_t x = (j + to) % row, line = (j + to) / row;
        const int64_t len = epl__least(row - x, count - to);
        const int64_t from = line / (u->q[1] * u->q[0]) * u->phase->s_n +
                             position(u, line / u->q[1] % u->q[0], line % u->q[1], x);
        if (n > 0 && piece[n - 1].from + piece[n - 1].len == from) {
            piece[n - 1].len += (int32_t)len;
        } else {
            piece[n++] = (epl__piece){from, (int32_t)to, (int32_t)len};
        }
        to += len;
    }
    return n;
}

/* One panel of columns against all of the unit's rows. A single piece needs no packing. */
static void rows_panel(const epl__conv *g, const epl__conv_unit *u, const turn *t, int64_t j,
                       int64_t count, char *c, int64_t c_m)
{
    const epl__conv_phase *p = u->phase;
    const int v = (int)epl__div_up(count, g->mul->lanes);
    const int64_t step = epl__mul_rows(g->mul, v, u->k);
    epl__piece piece[EPL__MUL_V * EPL__MUL_LANES];
    const int pieces = find_pieces(u, j, count, piece);
    const char *b = u->panel;
    const int64_t *b_at = g->step_at[v];
    if (pieces == 1 && !p->far) {
        b = t->in + piece[0].from * g->bytes;
        b_at = p->in_at + t->first;
    } else {
        g->mul->pack_pieces(u->panel, v * g->mul->lanes, t->in, p->in_at + t->first, t->kn, piece,
                            pieces);
    }
    for (int64_t i = 0; i < u->k; i += step) {
        const int64_t r = epl__least(step, u->k - i);
        g->mul->mul_at[v][r](t->kn, t->a + i * t->a_m * g->bytes, t->a_m, t->a_at, b, b_at,
                             c + i * c_m * g->bytes, c_m, count, t->add);
    }
}

static char *output_of(const epl__conv *g, const epl__conv_unit *u, int64_t j)
{
    const int64_t row = u->q[2], line = j / row;
    const int64_t o[] = {line / u->q[1] % u->q[0], line % u->q[1], j % row};
    return output_at(g, u, line / u->q[1] / u->q[0], o);
}

static void rows_turn(const epl__conv *g, const epl__conv_unit *u, const turn *t)
{
    const epl__conv_phase *p = u->phase;
    const int64_t lanes = g->mul->lanes, wide = p->vectors * lanes;
    const int64_t q = epl__conv_unit_q(u), all = u->n * q;
    /* panels stay within a stretch of columns */
    const int64_t stretch = p->by_line ? u->q[2] : p->copy_out ? all : q;
    const int64_t c_m = p->copy_out ? epl__div_up(all, lanes) * lanes : g->d.out_k;
    for (int64_t j = 0; j < all;) {
        const int64_t left = stretch - j % stretch;
        const bool lone = p->vectors < EPL__MUL_V && left <= wide + lanes &&
                          g->mul->max_r[p->vectors + 1] > 0 && p->vectors > 1;
        const int64_t count = lone ? left : epl__least(left, wide);
        rows_panel(g, u, t, j, count, p->copy_out ? u->sums + j * g->bytes : output_of(g, u, j),
                   c_m);
        j += count;
    }
}

/* -- vectors along n ------------------------------------------------------------------------ */
/* Adds the terms of a turn to the sums of one output, of all k and n. */
static void n_output(const epl__conv *g, const epl__conv_unit *u, const turn *t, const int64_t *o,
                     char *c)
{
    const epl__conv_phase *p = u->phase;
    const int64_t width = p->vectors * g->mul->lanes, bytes = g->bytes;
    const int64_t c_m = p->copy_out ? width : g->d.out_k;
    const int64_t step = epl__mul_rows(g->mul, p->vectors, u->k);
    const int v = (int)epl__div_up(u->n, g->mul->lanes);
    const char *b = t->in + position(u, o[0], o[1], o[2]) * bytes, *a = t->a;
    const int64_t *a_at = t->a_at, *b_at = p->in_at + t->first;
    int64_t kn = t->kn;
    if (p->class != NULL) {
        const int64_t row = (u->q0[0] + o[0]) * p->axis[1].q + u->q0[1] + o[1];
        const epl__conv_class *x = &p->class[p->class_of[row * p->axis[2].q + u->q0[2] + o[2]]];
        const int64_t end = t->first + t->kn;
        const int64_t from = t->first / p->taps * x->taps + x->before[t->first % p->taps];
        kn = end / p->taps * x->taps + x->before[end % p->taps] - from;
        a -= p->pack_w ? t->first * bytes : 0;
        a_at = x->w_at + from;
        b_at = x->in_at + from;
    }
    for (int64_t i = 0; i < u->k && (kn > 0 || !t->add); i += step) {
        const int64_t r = epl__least(step, u->k - i);
        g->mul->mul_at[v][r](kn, a + i * t->a_m * bytes, t->a_m, a_at, b, b_at, c + i * c_m * bytes,
                             c_m, u->n, t->add);
    }
}

static void n_turn(const epl__conv *g, const epl__conv_unit *u, const turn *t)
{
    const int64_t size = u->k * u->phase->vectors * g->mul->lanes * g->bytes;
    char *c = u->sums;
    int64_t o[EPL__CONV_MAX];
    for (o[0] = 0; o[0] < u->q[0]; o[0]++) {
        for (o[1] = 0; o[1] < u->q[1]; o[1]++) {
            for (o[2] = 0; o[2] < u->q[2]; o[2]++, c += size) {
                n_output(g, u, t, o, u->phase->copy_out ? c : output_at(g, u, 0, o));
            }
        }
    }
}

/* -- vectors along k ------------------------------------------------------------------------ */
/* The weights of k from `k` on, `count` of them, as a panel: by stretches of the window. */
static void pack_weights(const epl__conv *g, const epl__conv_unit *u, const turn *t, int64_t k,
                         int64_t count, int64_t width)
{
    const int64_t *at = u->phase->w_at + t->first;
    for (int64_t i = 0; i < t->kn;) {
        int64_t len = 1;
        const int64_t s = i + 1 < t->kn ? at[i + 1] - at[i] : 1;
        while (i + len < t->kn && at[i + len] - at[i + len - 1] == s) {
            len++;
        }
        g->mul->pack(u->panel + i * width * g->bytes, width,
                     t->w + (k * g->d.w_k + at[i]) * g->bytes, s, g->d.w_k, len, count);
        i += len;
    }
}

/* One panel of k: c is its first output, rows along the last axis. */
static void k_panel(const epl__conv *g, const epl__conv_unit *u, const turn *t, int64_t k,
                    int64_t count)
{
    const epl__conv_phase *p = u->phase;
    const int64_t width = p->vectors * g->mul->lanes, bytes = g->bytes, row = u->q[2];
    const int v = (int)epl__div_up(count, g->mul->lanes);
    const int64_t step = epl__mul_rows(g->mul, v, row);
    const int64_t c_m = p->copy_out ? width : p->axis[2].out_step * g->d.out_s[2];
    const int64_t lines = u->q[0] * u->q[1], a_m = p->axis[2].step * p->s[2];
    pack_weights(g, u, t, k, count, v * g->mul->lanes);
    for (int64_t line = 0; line < u->n * lines; line++) {
        const int64_t n = line / lines, y = line % lines / u->q[1], z = line % u->q[1];
        const char *a = t->in + (n * p->s_n + position(u, y, z, 0)) * bytes;
        const int64_t o[] = {y, z, 0};
        char *c = output_at(g, u, n, o) + k * bytes;
        if (p->copy_out) {
            c = u->sums + (k / width * u->n * lines + line) * row * width * bytes;
        }
        for (int64_t i = 0; i < row; i += step) {
            const int64_t r = epl__least(step, row - i);
            g->mul->mul_at[v][r](t->kn, a + i * a_m * bytes, a_m, p->in_at + t->first, u->panel,
                                 g->step_at[v], c + i * c_m * bytes, c_m, count, t->add);
        }
    }
}

static void k_turn(const epl__conv *g, const epl__conv_unit *u, const turn *t)
{
    const int64_t width = u->phase->vectors * g->mul->lanes;
    for (int64_t k = 0; k < u->k; k += width) {
        k_panel(g, u, t, k, epl__least(width, u->k - k));
    }
}

/* -- vectors along rows of the window ------------------------------------------------------- */
static void dot_turn(const epl__conv *g, const epl__conv_unit *u, const turn *t)
{
    const epl__conv_phase *p = u->phase;
    const int64_t row = p->axis[2].taps, rows = t->kn / row, q = epl__conv_unit_q(u);
    const int64_t r_most = g->mul->dot_r, s_most = g->mul->dot_s;
    for (int64_t j = 0; j < u->n * q; j += s_most) {
        const int64_t s = epl__least(s_most, u->n * q - j);
        int64_t lane[EPL__DOT_S] = {0}, to[EPL__DOT_S] = {0};
        char *c = output_of(g, u, 0);
        for (int64_t i = 0; i < s; i++) {
            const int64_t line = (j + i) / u->q[2], n = line / u->q[1] / u->q[0];
            lane[i] = n * p->s_n +
                      position(u, line / u->q[1] % u->q[0], line % u->q[1], (j + i) % u->q[2]);
            to[i] = (output_of(g, u, j + i) - c) / g->bytes;
        }
        for (int64_t i = 0; i < u->k; i += r_most) {
            g->mul->dot[epl__least(r_most, u->k - i)][s](
                rows, row, t->w + i * g->d.w_k * g->bytes, g->d.w_k, p->w_row, t->in, lane,
                p->in_row, c + i * g->d.out_k * g->bytes, g->d.out_k, to, t->add);
        }
    }
}

/* -- weights as rows --------------------------------------------------------------------- */
static void copy_weights(const epl__conv *g, const epl__conv_unit *u, const turn *t, int64_t pitch)
{
    const int64_t *at = u->phase->w_at + t->first;
    epl__piece piece[64];
    for (int64_t k = 0; k < t->kn;) { /* by stretches of contiguous weights */
        const int64_t first = k;
        int n = 0;
        for (; k < t->kn && n < 64; n++) {
            int64_t len = 1;
            while (k + len < t->kn && at[k + len] == at[k] + len) {
                len++;
            }
            piece[n] = (epl__piece){at[k], (int32_t)(k - first), (int32_t)len};
            k += len;
        }
        g->mul->copy_pieces(u->weights + first * g->bytes, pitch, t->w, g->d.w_k, u->k, piece, n);
    }
}

static void find_weights(const epl__conv *g, const epl__conv_unit *u, turn *t)
{
    t->a = t->w;
    t->a_m = g->d.w_k;
    t->a_at = u->phase->w_at + t->first;
    if (u->phase->pack_w) {
        t->a_m = epl__conv_pitch(u->phase);
        copy_weights(g, u, t, t->a_m);
        t->a = u->weights;
        t->a_at = g->step_at[0];
    }
}

/* -- units ------------------------------------------------------------------------------------ */
/* Adds channels [c, c + count) to the sums of u, which is of one phase. */
static void run_turns(const epl__conv *g, const epl__conv_unit *u, int64_t c, int64_t count)
{
    const epl__conv_phase *p = u->phase;
    const int64_t terms = count * p->taps;
    turn t = {.add = c > 0, .in = u->copy};
    if (!p->copy_in) {
        t.in = u->in + (p->base + c * p->s_c + u->n0 * p->s_n) * g->bytes;
    }
    t.w = u->w + (c * g->d.w_c + u->k0 * g->d.w_k) * g->bytes;
    for (; t.first < terms; t.first += t.kn) {
        t.kn = epl__least(p->kc, terms - t.first);
        find_weights(g, u, &t);
        if (p->mode == EPL__CONV_ROWS) {
            rows_turn(g, u, &t);
        } else if (p->mode == EPL__CONV_N) {
            n_turn(g, u, &t);
        } else if (p->mode == EPL__CONV_K) {
            k_turn(g, u, &t);
        } else {
            dot_turn(g, u, &t);
        }
        t.add = true;
    }
}

/* The outputs of the unit in phase p; false if there are none. */
static bool in_phase(epl__conv_unit *u, const epl__conv_phase *p)
{
    u->phase = p;
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        u->q[i] = i == p->cut ? epl__least(p->q_of_unit, p->axis[i].q - u->q0[i]) : p->axis[i].q;
    }
    return u->q[p->cut] > 0;
}

/* Phases [p, end), which share the copy that `lead` describes. */
static void run_unit(const epl__conv *g, epl__conv_unit u, const epl__conv_phase *lead,
                     const epl__conv_phase *p, const epl__conv_phase *end)
{
    char *const sums = u.sums;
    for (int64_t c = 0; lead->mode != EPL__CONV_ZERO && c < g->d.c; c += lead->c_step) {
        const int64_t count = epl__least(lead->c_step, g->d.c - c);
        if (lead->copy_in && in_phase(&u, lead)) {
            epl__conv_copy_in(g, &u, c, count);
        }
        for (const epl__conv_phase *x = p; x < end; x++) {
            u.sums = sums + x->at_sums;
            if (x->mode != EPL__CONV_ZERO && in_phase(&u, x)) {
                run_turns(g, &u, c, count);
            }
        }
    }
    for (const epl__conv_phase *x = p; x < end; x++) {
        u.sums = sums + x->at_sums;
        if (!in_phase(&u, x) || (x->mode != EPL__CONV_ZERO && !x->copy_out)) {
            continue;
        }
        if (x->mode == EPL__CONV_ZERO) {
            memset(u.sums, 0, (size_t)g->bytes);
        }
        epl__conv_copy_out(g, &u);
    }
}

/* Unit `index` of those that start with phase x. */
static epl__conv_unit unit_at(const epl__conv *g, void *const *p, const epl__conv_phase *x,
                              int64_t index, char *scratch)
{
    epl__conv_unit u = {.copy = scratch};
    u.panel = scratch + g->at_panel;
    u.weights = scratch + g->at_weights;
    u.sums = scratch + g->at_out;
    u.k0 = index % x->grid_k * x->k_of_unit;
    index /= x->grid_k;
    u.q0[x->cut] = index % x->grid_q * x->q_of_unit;
    index /= x->grid_q;
    u.n0 = index % x->grid_n * x->n_of_unit;
    const epl__conv_at at = epl__conv_item(&g->d, index / x->grid_n);
    u.k = epl__least(x->k_of_unit, g->d.k - u.k0);
    u.n = epl__least(x->n_of_unit, g->d.n - u.n0);
    u.out = (char *)p[0] + at.out * g->bytes;
    u.in = (const char *)p[1] + at.in * g->bytes;
    u.w = (const char *)p[2] + at.w * g->bytes;
    return u;
}

void epl__conv_run(const epl__call *call, void *const *p, int64_t begin, int64_t end, void *scratch)
{
    const epl__conv *g = (const epl__conv *)call;
    const int64_t last = epl__least(end * g->group, g->units);
    const epl__conv_phase *const all = g->phase + g->phases;
    for (int64_t i = begin * g->group; i < last; i++) {
        const epl__conv_phase *x = all - 1;
        while (x->first_unit > i) {
            x--;
        }
        if (g->lead != NULL) {
            run_unit(g, unit_at(g, p, g->lead, i, scratch), g->lead, g->phase, all);
        } else {
            run_unit(g, unit_at(g, p, x, i - x->first_unit, scratch), x, x, x + 1);
        }
    }
}
