/* conv_tables.c -- where a phase reads and writes: strides of the input (in place or as a
 * copy), offsets of terms, places of inputs in a copy, and the terms that only meet padding.
 *
 * Invariant: terms come in the order of (c, tap), taps in the order of the weights.
 */
#include "conv.h"

static bool in_place(const epl__conv *g, const epl__conv_phase *p)
{
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        const epl__conv_plane *x = p->axis[i].plane;
        if (p->axis[i].planes != 1 || x->lo != 0 || x->hi != x->len) {
            return false;
        }
    }
    const int64_t last = p->axis[2].plane->step * g->d.in_s[2];
    return p->mode == EPL__CONV_K || (p->mode == EPL__CONV_DOT && last == 1) ||
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

/* A small image whose rows lie in the copy as they do in the input. */
static bool is_block(const epl__conv *g, const epl__conv_phase *p)
{
    const epl__conv_axis *x = p->axis;
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        if (x[i].planes != 1 || x[i].plane->step != 1) {
            return false;
        }
    }
    return p->mode != EPL__CONV_N && p->positions <= 2048 && p->grid_q == 1 && x[0].len == 1 &&
           x[0].plane->lo == 0 && x[0].plane->hi == 1 && (g->d.in_s[2] == 1 || x[2].len == 1);
}

/* DOT: where rows of the window begin. */
static bool make_rows(epl__arena *a, epl__conv_phase *p)
{
    const int64_t row = p->axis[2].taps, rows = p->c_step * p->taps / row;
    if (p->mode != EPL__CONV_DOT) {
        return true;
    }
    p->in_row = epl__arena_take(a, (size_t)rows * sizeof *p->in_row);
    p->w_row = epl__arena_take(a, (size_t)rows * sizeof *p->w_row);
    for (int64_t i = 0; !a->failed && i < rows; i++) {
        p->in_row[i] = p->in_at[i * row];
        p->w_row[i] = p->w_at[i * row];
    }
    return !a->failed;
}

/* Which position of the axis holds input i, or -1. */
static int64_t position_of(const epl__conv_axis *x, int64_t i)
{
    for (int j = 0; j < x->planes; j++) {
        const epl__conv_plane *p = &x->plane[j];
        const int64_t at = i - p->first;
        if (at >= 0 && at % p->step == 0 && at / p->step < p->len) {
            return p->at + at / p->step;
        }
    }
    return -1;
}

/* With vectors along n, where inputs go: of a row, and, if rows are too short to be
 * transposed one by one, of a whole image. */
static bool make_pixels(epl__arena *a, const epl__conv *g, epl__conv_phase *p)
{
    const int64_t *in = g->d.in, *s = g->d.in_s, pixels = in[0] * in[1] * in[2];
    if (p->mode != EPL__CONV_N || (in[2] > 1 && s[2] != 1)) {
        return true;
    }
    p->column_at = epl__arena_take(a, (size_t)in[2] * sizeof *p->column_at);
    for (int64_t i = 0; p->column_at != NULL && i < in[2]; i++) {
        const int64_t x = position_of(&p->axis[2], i);
        p->column_at[i] = x < 0 ? -1 : x * p->s[2];
    }
    if (pixels > 256 || (in[1] > 1 && s[1] != in[2]) || (in[0] > 1 && s[0] != in[1] * in[2])) {
        return !a->failed;
    }
    p->pixel_at = epl__arena_take(a, (size_t)pixels * sizeof *p->pixel_at);
    for (int64_t i = 0; p->pixel_at != NULL && i < pixels; i++) {
        const int64_t z = position_of(&p->axis[0], i / in[2] / in[1]);
        const int64_t y = position_of(&p->axis[1], i / in[2] % in[1]);
        const int64_t x = position_of(&p->axis[2], i % in[2]);
        const bool used = z >= 0 && y >= 0 && x >= 0;
        p->pixel_at[i] = used ? z * p->s[0] + y * p->s[1] + x * p->s[2] : -1;
    }
    return !a->failed;
}

/* Whether steps of so many elements fall on few sets of the cache. */
static bool collides(const epl__conv *g, int64_t step)
{
    return step != 0 && step * g->bytes % 1024 == 0;
}

/* Weights are packed if reading them in place would miss the cache all the time: rows that
 * collide, or rows close together whose channels collide. */
static bool scattered_weights(const epl__conv *g, const epl__conv_phase *p)
{
    const bool close = g->d.w_k <= 16 && g->d.w_k >= -16;
    if (close) {
        return p->taps > 1 && collides(g, g->d.w_c);
    }
    int64_t breaks = 0;
    for (int64_t i = 1; i < p->c_step * p->taps; i++) {
        breaks += p->w_at[i] != p->w_at[i - 1] + 1;
    }
    return breaks * 16 > p->c_step * p->taps || (collides(g, g->d.w_k) && g->d.k > 4);
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

/* -- terms that meet more than padding ------------------------------------------------------ */
static bool exists(const epl__conv_axis *x, int64_t position)
{
    for (int i = 0; i < x->planes; i++) {
        const int64_t at = position - x->plane[i].at;
        if (at >= x->plane[i].lo && at < x->plane[i].hi) {
            return true;
        }
    }
    return false;
}

static bool same_taps(const epl__conv_axis *x, int64_t q, int64_t r)
{
    for (int64_t t = 0; t < x->taps; t++) {
        if (exists(x, x->q_at[q] + x->tap_at[t]) != exists(x, x->q_at[r] + x->tap_at[t])) {
            return false;
        }
    }
    return true;
}

/* Groups the outputs of an axis by the taps that exist for them: of[q] is the group,
 * first[group] its first output. Returns their number, or 0 without memory. */
static int64_t group_outputs(epl__arena *a, const epl__conv_axis *x, int64_t **of, int64_t **first)
{
    int64_t groups = 0;
    *of = epl__arena_take(a, (size_t)x->q * sizeof **of);
    *first = epl__arena_take(a, (size_t)x->q * sizeof **first);
    for (int64_t q = 0; !a->failed && q < x->q; q++) {
        int64_t i = groups - 1;
        while (i >= 0 && !same_taps(x, q, (*first)[i])) {
            i--;
        }
        if (i < 0) {
            i = groups++;
            (*first)[i] = q;
        }
        (*of)[q] = i;
    }
    return a->failed ? 0 : groups;
}

/* The terms of outputs like o (one of each group of the axes). */
static bool list_terms(epl__arena *a, epl__conv_phase *p, const int64_t *o, epl__conv_class *class)
{
    const epl__conv_axis *x = p->axis;
    class->before = epl__arena_take(a, (size_t)(p->taps + 1) * sizeof *class->before);
    int64_t *tap = epl__arena_take(a, (size_t)p->taps * sizeof *tap);
    if (a->failed) {
        return false;
    }
    for (int64_t t = 0; t < p->taps; t++) {
        const int64_t at[] = {t / x[2].taps / x[1].taps, t / x[2].taps % x[1].taps, t % x[2].taps};
        bool all = true;
        for (int i = 0; i < EPL__CONV_MAX; i++) {
            all = all && exists(&x[i], x[i].q_at[o[i]] + x[i].tap_at[at[i]]);
        }
        class->before[t] = class->taps;
        tap[class->taps] = t;
        class->taps += all;
    }
    class->before[p->taps] = class->taps;
    const size_t terms = (size_t)(class->taps * p->c_step);
    class->in_at = epl__arena_take(a, terms * sizeof *class->in_at);
    class->w_at = epl__arena_take(a, terms * sizeof *class->w_at);
    for (int64_t i = 0; !a->failed && i < (int64_t)terms; i++) {
        const int64_t term = i / class->taps * p->taps + tap[i % class->taps];
        class->in_at[i] = p->in_at[term];
        class->w_at[i] = p->pack_w ? term : p->w_at[term];
    }
    return !a->failed;
}

/* N: every output has its list of terms, shared with those that lie alike to the borders. */
static bool make_classes(epl__arena *a, epl__conv_phase *p)
{
    int64_t *of[EPL__CONV_MAX], *first[EPL__CONV_MAX], groups[EPL__CONV_MAX], all = 1;
    if (p->mode != EPL__CONV_N || p->useful > 0.97) {
        return true;
    }
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        if (p->axis[i].q * p->axis[i].taps > 1 << 14) {
            return true;
        }
        groups[i] = group_outputs(a, &p->axis[i], &of[i], &first[i]);
        if (groups[i] == 0) {
            return false;
        }
        all *= groups[i];
    }
    if (all > (1 << 17) / (p->c_step * p->taps)) {
        return true;
    }
    epl__conv_class *class = epl__arena_take(a, (size_t)all * sizeof *class);
    p->class_of = epl__arena_take(a, (size_t)p->q * sizeof *p->class_of);
    for (int64_t i = 0; !a->failed && i < all; i++) {
        const int64_t o[] = {first[0][i / groups[2] / groups[1]],
                             first[1][i / groups[2] % groups[1]], first[2][i % groups[2]]};
        list_terms(a, p, o, &class[i]);
    }
    for (int64_t i = 0; !a->failed && i < p->q; i++) {
        const int64_t x = i % p->axis[2].q, y = i / p->axis[2].q % p->axis[1].q;
        const int64_t z = i / p->axis[2].q / p->axis[1].q;
        p->class_of[i] = (int32_t)((of[0][z] * groups[1] + of[1][y]) * groups[2] + of[2][x]);
    }
    p->class = class;
    return !a->failed;
}

bool epl__conv_make_tables(epl__arena *a, const epl__conv *g, epl__conv_phase *p)
{
    const int64_t lanes = g->mul->lanes, vectors = epl__div_up(p->q, lanes);
    choose_strides(g, p);
    if (!make_tables(a, g, p) || !make_pixels(a, g, p) || !make_rows(a, p)) {
        return false;
    }
    const int64_t columns = p->mode == EPL__CONV_N ? p->vectors * p->q
                                                   : p->n_of_unit * p->q / lanes;
    const bool by_rows = p->mode == EPL__CONV_N || p->mode == EPL__CONV_ROWS;
    p->pack_w = by_rows && columns >= 8 && scattered_weights(g, p);
    p->out_contiguous = out_contiguous(&g->d, p);
    p->blocks = is_block(g, p);
    p->far = p->taps == 1 && p->s_c * g->bytes >= 1024 && g->d.k > 2 * g->mul->max_r[2];
    const int64_t step = g->d.out_s[2] * p->axis[2].out_step;
    const bool full = vectors * lanes * 100 < p->q * 115 || p->n_of_unit == 1;
    p->copy_out = p->mode == EPL__CONV_N     ? g->d.out_n != 1
                  : p->mode == EPL__CONV_K   ? g->d.out_k != 1
                  : p->mode == EPL__CONV_DOT ? false
                  : p->by_line               ? p->axis[2].q > 1 && step != 1
                                             : !p->out_contiguous || !full;
    return make_classes(a, p);
}
