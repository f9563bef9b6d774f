/* conv_copy.c -- the padded copy of the input that a unit reads, and its results' way to
 * the output.
 *
 * Invariant: all positions of the copy that the unit's outputs read are written first.
 */
#include <string.h>
#include "conv.h"

/* count elements from `from` (stride s) to contiguous `to` */
static void copy_row(char *to, const char *from, int64_t s, int64_t count, int64_t bytes)
{
    if (bytes == 4) {
        float *y = (float *)to;
        const float *x = (const float *)from;
        for (int64_t i = 0; i < count; i++) {
            y[i] = x[i * s];
        }
    } else {
        double *y = (double *)to;
        const double *x = (const double *)from;
        for (int64_t i = 0; i < count; i++) {
            y[i] = x[i * s];
        }
    }
}

/* The positions [lo, hi) of plane x that outputs [q0, q0 + q) of the axis read. */
static void needed(const epl__conv_axis *axis, const epl__conv_plane *x, int64_t q0, int64_t q,
                   int64_t *lo, int64_t *hi)
{
    *lo = axis->unit_q ? q0 : 0;
    *hi = axis->unit_q ? epl__least(x->len, q0 + q + x->len - axis->q) : x->len;
}

/* One row: `to` is position 0 of the last axis, `from` index 0. */
static void copy_last(const epl__conv *g, const epl__conv_unit *u, char *to, const char *from)
{
    const epl__conv_phase *p = u->phase;
    const epl__conv_axis *axis = &p->axis[2];
    const bool along_n = p->mode == EPL__CONV_N;
    const int64_t size = p->s[2] * g->bytes;
    for (int i = 0; i < axis->planes; i++) {
        const epl__conv_plane *x = &axis->plane[i];
        int64_t lo, hi;
        needed(axis, x, u->q0[2], u->q[2], &lo, &hi);
        const int64_t a = epl__least(epl__most(lo, x->lo), hi);
        const int64_t b = epl__most(epl__least(hi, x->hi), a);
        const int64_t s = x->step * g->d.in_s[2];
        const char *at = from + (x->first + a * x->step) * g->d.in_s[2] * g->bytes;
        char *y = to + x->at * size;
        memset(y + lo * size, 0, (size_t)((a - lo) * size));
        if (along_n && b > a) {
            g->mul->pack(y + a * size, p->s[2], at, s, g->d.in_n, b - a, u->n);
        } else if (b > a) {
            copy_row(y + a * size, at, s, b - a, g->bytes);
        }
        memset(y + b * size, 0, (size_t)((hi - b) * size));
    }
}

/* All rows of one channel (and, unless vectors run along n, of one n). */
static void copy_rows(const epl__conv *g, const epl__conv_unit *u, char *to, const char *from,
                      int axis)
{
    const epl__conv_phase *p = u->phase;
    const epl__conv_axis *x = &p->axis[axis];
    if (axis == 2) {
        copy_last(g, u, to, from);
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

void epl__conv_copy_in(const epl__conv *g, const epl__conv_unit *u, int64_t c, int64_t count)
{
    const epl__conv_phase *p = u->phase;
    const int64_t turns = p->mode == EPL__CONV_N ? 1 : u->n;
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

static void put_row(char *to, int64_t s_to, const char *from, int64_t s_from, int64_t count,
                    int64_t bytes)
{
    if (bytes == 4) {
        for (int64_t i = 0; i < count; i++) {
            ((float *)to)[i * s_to] = ((const float *)from)[i * s_from];
        }
    } else {
        for (int64_t i = 0; i < count; i++) {
            ((double *)to)[i * s_to] = ((const double *)from)[i * s_from];
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
            put_row(to + at * g->bytes, x[2].out_step * step[2],
                    from + (i * u->q[1] + j) * u->q[2] * s * g->bytes, s, u->q[2], g->bytes);
        }
    }
}

void epl__conv_copy_out(const epl__conv *g, const epl__conv_unit *u)
{
    const strides s = strides_of_sums(g, u);
    const int64_t width = u->phase->vectors * g->mul->lanes;
    const int64_t panel = u->n * epl__conv_unit_q(u) * width;
    for (int64_t k = 0; k < u->k; k++) {
        int64_t at = k * s.k;
        if (u->phase->mode == EPL__CONV_K) {
            at = k / width * panel + k % width;
        }
        for (int64_t n = 0; n < u->n; n++) {
            char *to = u->out + ((u->n0 + n) * g->d.out_n + (u->k0 + k) * g->d.out_k) * g->bytes;
            put_image(g, u, to, u->sums + (at + n * s.n) * g->bytes, s.q);
        }
    }
}
