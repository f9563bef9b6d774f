/* conv_copy.c -- the padded copy of the input that a unit reads, and its results' way to
 * the output.
 *
 * Invariant: all positions of the copy that the unit's outputs read are written first.
 */
#include <string.h>
#include "conv.h"

/* The positions [lo, hi) of plane x that outputs [q0, q0 + q) of the axis read. */
static void needed(const epl__conv_axis *axis, const epl__conv_plane *x, int64_t q0, int64_t q,
                   int64_t *lo, int64_t *hi)
{
    *lo = axis->unit_q ? q0 : 0;
    *hi = axis->unit_q ? epl__least(x->len, q0 + q + x->len - axis->q) : x->len;
}

/* The part of a plane's needed positions that exists, [a, b), and all of them, [lo, hi). */
typedef struct {
    int64_t lo, a, b, hi;
} span;

static span span_of(const epl__conv_unit *u, const epl__conv_plane *x)
{
    span s;
    needed(&u->phase->axis[2], x, u->q0[2], u->q[2], &s.lo, &s.hi);
    s.a = epl__least(epl__most(s.lo, x->lo), s.hi);
    s.b = epl__most(epl__least(s.hi, x->hi), s.a);
    return s;
}

/* One row: `to` is position 0 of the last axis, `from` index 0. */
static void copy_line(const epl__conv *g, const epl__conv_unit *u, char *to, const char *from)
{
    const epl__conv_axis *axis = &u->phase->axis[2];
    for (int i = 0; i < axis->planes; i++) {
        const epl__conv_plane *x = &axis->plane[i];
        const span s = span_of(u, x);
        g->mul->copy(to + (x->at + s.lo) * g->bytes, s.a - s.lo,
                     from + (x->first + s.a * x->step) * g->d.in_s[2] * g->bytes,
                     x->step * g->d.in_s[2], s.b - s.a, s.hi - s.b);
    }
}

/* The same row of all n, which become vectors. */
static void copy_line_across(const epl__conv *g, const epl__conv_unit *u, char *to,
                             const char *from)
{
    const epl__conv_phase *p = u->phase;
    const int64_t size = p->s[2] * g->bytes, step = g->d.in_s[2] * g->bytes;
    int64_t first = g->d.in[2], end = 0;
    for (int i = 0; i < p->axis[2].planes; i++) {
        const epl__conv_plane *x = &p->axis[2].plane[i];
        const span s = span_of(u, x);
        char *y = to + x->at * size;
        memset(y + s.lo * size, 0, (size_t)((s.a - s.lo) * size));
        memset(y + s.b * size, 0, (size_t)((s.hi - s.b) * size));
        if (s.a == s.b) {
            continue;
        }
        first = epl__least(first, x->first + s.a * x->step);
        end = epl__most(end, x->first + (s.b - 1) * x->step + 1);
        if (p->column_at == NULL) {
            g->mul->pack(y + s.a * size, p->s[2], from + (x->first + s.a * x->step) * step,
                         x->step * g->d.in_s[2], g->d.in_n, s.b - s.a, u->n);
        }
    }
    if (p->column_at != NULL && first < end) {
        g->mul->pack_spread(to, p->column_at + first, p->s[2], from + first * step, g->d.in_n,
                            end - first, u->n);
    }
}

/* All rows of one channel (and, unless vectors run along n, of one n). */
static void copy_rows(const epl__conv *g, const epl__conv_unit *u, char *to, const char *from,
                      int axis)
{
    const epl__conv_phase *p = u->phase;
    const epl__conv_axis *x = &p->axis[axis];
    if (axis == 2) {
        (p->mode == EPL__CONV_N ? copy_line_across : copy_line)(g, u, to, from);
        return;
    }
    for (int i = 0; i < x->planes; i++) {
        const epl__conv_plane *pl = &x->plane[i];
        int64_t lo, hi;
        needed(x, pl, u->q0[axis], u->q[axis], &lo, &hi);
        for (int64_t j = lo; j < hi; j++) {
            char *row = to + (pl->at + j) * p->s[axis] * g->bytes;
            if (j < pl->lo || j >= pl->hi) {
                memset(row, 0, (size_t)(p->s[axis] * g->bytes));
            } else {
                const int64_t index = pl->first + j * pl->step;
                copy_rows(g, u, row, from + index * g->d.in_s[axis] * g->bytes, axis + 1);
            }
        }
    }
}

/* Small images: the padding stays as the unit's first step has left it. */
static void copy_pixels(const epl__conv *g, const epl__conv_unit *u, int64_t c, int64_t count)
{
    const epl__conv_phase *p = u->phase;
    if (c == 0) {
        memset(u->copy, 0, (size_t)(p->c_step * p->s_c * g->bytes));
    }
    for (int64_t i = 0; i < count; i++) {
        g->mul->pack_spread(u->copy + i * p->s_c * g->bytes, p->pixel_at, p->s[2],
                            u->in + ((c + i) * g->d.in_c + u->n0 * g->d.in_n) * g->bytes, g->d.in_n,
                            g->d.in[0] * g->d.in[1] * g->d.in[2], u->n);
    }
}

/* The same if each image is a block of rows in the copy. */
static void copy_blocks(const epl__conv *g, const epl__conv_unit *u, int64_t c, int64_t count)
{
    const epl__conv_phase *p = u->phase;
    const epl__conv_plane *y = p->axis[1].plane, *x = p->axis[2].plane;
    const epl__piece row = {0, 0, (int32_t)(x->hi - x->lo)};
    const int64_t to = y->lo * p->s[1] + x->lo;
    const int64_t from = p->axis[0].plane->first * g->d.in_s[0] +
                         (y->first + y->lo) * g->d.in_s[1] + (x->first + x->lo) * g->d.in_s[2];
    if (c == 0) {
        memset(u->copy, 0, (size_t)(p->c_step * p->s_c * g->bytes));
    }
    for (int64_t i = 0; i < count; i++) {
        for (int64_t n = 0; n < u->n; n++) {
            const int64_t at = (c + i) * g->d.in_c + (u->n0 + n) * g->d.in_n + from;
            g->mul->copy_pieces(u->copy + (i * p->s_c + n * p->s_n + to) * g->bytes, p->s[1],
                                u->in + at * g->bytes, g->d.in_s[1], y->hi - y->lo, &row, 1);
        }
    }
}

void epl__conv_copy_in(const epl__conv *g, const epl__conv_unit *u, int64_t c, int64_t count)
{
    const epl__conv_phase *p = u->phase;
    const int64_t turns = p->mode == EPL__CONV_N ? 1 : u->n;
    if (p->pixel_at != NULL) {
        copy_pixels(g, u, c, count);
        return;
    }
    if (p->blocks) {
        copy_blocks(g, u, c, count);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        for (int64_t n = 0; n < turns; n++) {
            copy_rows(g, u, u->copy + (i * p->s_c + n * p->s_n) * g->bytes,
                      u->in + ((c + i) * g->d.in_c + (u->n0 + n) * g->d.in_n) * g->bytes, 0);
        }
    }
}

/* -- results ------------------------------------------------------------------------------ */
/* Strides of the sums by k, n and q; a ZERO phase has a single sum, which is 0. */
typedef struct {
    int64_t k, n, q;
} strides;

static strides strides_of_sums(const epl__conv *g, const epl__conv_unit *u)
{
    const epl__conv_phase *p = u->phase;
    const int64_t width = p->vectors * g->mul->lanes, q = epl__conv_unit_q(u);
    switch (p->mode) {
    case EPL__CONV_ROWS:
        return (strides){epl__div_up(u->n * q, g->mul->lanes) * g->mul->lanes, q, 1};
    case EPL__CONV_N:
        return (strides){width, 1, u->k * width};
    case EPL__CONV_K:
        return (strides){1, q * width, width};
    default:
        return (strides){0, 0, 0};
    }
}

/* One row of outputs; s: the stride of its sums */
static void put_row(const epl__conv *g, char *to, int64_t s_to, const char *from, int64_t s,
                    int64_t count)
{
    if (s_to == 1) {
        g->mul->copy(to, 0, from, s, count, 0);
    } else if (g->bytes == 4) {
        for (int64_t i = 0; i < count; i++) {
            ((float *)to)[i * s_to] = ((const float *)from)[i * s];
        }
    } else {
        for (int64_t i = 0; i < count; i++) {
            ((double *)to)[i * s_to] = ((const double *)from)[i * s];
        }
    }
}

/* All outputs of one (n, k), whose sums start at `from`. */
static void put_image(const epl__conv *g, const epl__conv_unit *u, char *to, const char *from,
                      int64_t s)
{
    const epl__conv_axis *x = u->phase->axis;
    const int64_t *step = g->d.out_s;
    for (int64_t i = 0; i < u->q[0]; i++) {
        for (int64_t j = 0; j < u->q[1]; j++) {
            const int64_t at = (x[0].out + (u->q0[0] + i) * x[0].out_step) * step[0] +
                               (x[1].out + (u->q0[1] + j) * x[1].out_step) * step[1] +
                               (x[2].out + u->q0[2] * x[2].out_step) * step[2];
            put_row(g, to + at * g->bytes, x[2].out_step * step[2],
                    from + (i * u->q[1] + j) * u->q[2] * s * g->bytes, s, u->q[2]);
        }
    }
}

/* Where the unit's first output of n and k is. */
static char *first_output(const epl__conv *g, const epl__conv_unit *u, int64_t n, int64_t k)
{
    int64_t at = (u->n0 + n) * g->d.out_n + (u->k0 + k) * g->d.out_k;
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        const epl__conv_axis *x = &u->phase->axis[i];
        at += (x->out + u->q0[i] * x->out_step) * g->d.out_s[i];
    }
    return u->out + at * g->bytes;
}

/* Sums whose vectors run across outputs: turned in blocks, if outputs are contiguous. */
static void turn_out(const epl__conv *g, const epl__conv_unit *u)
{
    const int64_t width = u->phase->vectors * g->mul->lanes, q = epl__conv_unit_q(u);
    if (u->phase->mode == EPL__CONV_N) {
        for (int64_t k = 0; k < u->k; k++) {
            g->mul->unpack(first_output(g, u, 0, k), g->d.out_n, u->sums + k * width * g->bytes,
                           u->k * width, q, u->n);
        }
        return;
    }
    for (int64_t k = 0; k < u->k; k += width) {
        const char *sums = u->sums + k * u->n * q * g->bytes;
        for (int64_t n = 0; n < u->n; n++) {
            g->mul->unpack(first_output(g, u, n, k), g->d.out_k, sums + n * q * width * g->bytes,
                           width, q, epl__least(width, u->k - k));
        }
    }
}

void epl__conv_copy_out(const epl__conv *g, const epl__conv_unit *u)
{
    const epl__conv_phase *p = u->phase;
    const strides s = strides_of_sums(g, u);
    const int64_t width = p->vectors * g->mul->lanes;
    const int64_t panel = u->n * epl__conv_unit_q(u) * width;
    if (p->out_contiguous && (p->mode == EPL__CONV_N || p->mode == EPL__CONV_K)) {
        turn_out(g, u);
        return;
    }
    for (int64_t k = 0; k < u->k; k++) {
        int64_t at = k * s.k;
        if (p->mode == EPL__CONV_K) {
            at = k / width * panel + k % width;
        }
        for (int64_t n = 0; n < u->n; n++) {
            char *to = u->out + ((u->n0 + n) * g->d.out_n + (u->k0 + k) * g->d.out_k) * g->bytes;
            put_image(g, u, to, u->sums + (at + n * s.n) * g->bytes, s.q);
        }
    }
}
