/* conv_phase.c -- splits a convolution into phases without holes in the input.
 *
 * On an axis output o meets tap t at x = o stride + t dilation - pad, which must be a
 * multiple of in_dilation D. Outputs o = r + q period, with period D / gcd(stride, D),
 * have the same taps, and meet the input at q step + offset(t). Where step > 1 the input
 * is dealt out into planes, one for each remainder in use, so that neighbours in q (or,
 * for long windows, in t) are neighbours in memory, and what nobody reads is left out.
 *
 * Invariant: input index = that of position q_at[q] + tap_at[t], for every q and t.
 */
#include "conv.h"

static int64_t gcd(int64_t x, int64_t y)
{
    while (y != 0) {
        const int64_t t = x % y;
        x = y;
        y = t;
    }
    return x;
}

static int64_t period(const epl__conv_desc *d, int i)
{
    const int64_t p = d->in_dilation[i] / gcd(d->stride[i], d->in_dilation[i]);
    return epl__least(p, d->out[i]);
}

int64_t epl__conv_phase_count(const epl__conv_desc *d)
{
    int64_t n = 1;
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        const int64_t x = period(d, i);
        if (x > 4096 / n) {
            return 1 << 20; /* too many */
        }
        n *= x;
    }
    return n;
}

/* The taps of outputs out + q period, in the order of the weights in memory; their offsets
 * go to tap_at. */
static void find_taps(const epl__conv_desc *d, int i, int64_t step, epl__conv_axis *x)
{
    const int64_t hole = d->in_dilation[i];
    for (int64_t j = 0; j < d->window[i]; j++) {
        const int64_t t = d->flip ? d->window[i] - 1 - j : j;
        const int64_t at = x->out * d->stride[i] + t * d->dilation[i] - d->pad_lo[i];
        if (at % hole != 0) {
            continue;
        }
        const int64_t offset = at / hole;
        if (offset >= d->in[i] || offset + (x->q - 1) * step < 0) {
            continue;
        }
        x->tap_at[x->taps] = offset;
        x->tap_w[x->taps++] = j;
    }
}

static int64_t find_plane(epl__conv_axis *x, int64_t first, int64_t step)
{
    for (int i = 0; i < x->planes; i++) {
        if (x->plane[i].first == first) {
            return i;
        }
    }
    x->plane[x->planes] = (epl__conv_plane){.first = first, .step = step};
    return x->planes++;
}

/* Planes of known length get their place and the part of them that exists. */
static void place_planes(epl__conv_axis *x, int64_t in)
{
    for (int i = 0; i < x->planes; i++) {
        epl__conv_plane *p = &x->plane[i];
        p->at = x->len;
        x->len += p->len;
        p->lo = p->first < 0 ? epl__least(p->len, epl__div_up(-p->first, p->step)) : 0;
        p->hi = p->first < in ? epl__least(p->len, epl__div_up(in - p->first, p->step)) : 0;
        p->hi = epl__most(p->hi, p->lo);
    }
}

/* Neighbours in q are neighbours in memory: planes by remainder of the tap's offset. */
static void lay_out_by_q(epl__conv_axis *x, int64_t in, int64_t low, int64_t step)
{
    for (int64_t t = 0; t < x->taps; t++) {
        const int64_t offset = x->tap_at[t] - low;
        epl__conv_plane *p = &x->plane[find_plane(x, low + offset % step, step)];
        p->len = epl__most(p->len, offset / step + x->q);
    }
    place_planes(x, in);
    for (int64_t t = 0; t < x->taps; t++) {
        const int64_t offset = x->tap_at[t] - low;
        x->tap_at[t] = x->plane[find_plane(x, low + offset % step, step)].at + offset / step;
    }
    for (int64_t q = 0; q < x->q; q++) {
        x->q_at[q] = q;
    }
    x->unit_q = true;
}

/* Neighbours in t are neighbours in memory: planes by remainder of the output's offset. */
static void lay_out_by_tap(epl__conv_axis *x, int64_t in, int64_t low, int64_t step,
                           int64_t spacing)
{
    int64_t reach = 0;
    for (int64_t t = 0; t < x->taps; t++) {
        x->tap_at[t] = (x->tap_at[t] - low) / spacing;
        reach = epl__most(reach, x->tap_at[t]);
    }
    for (int64_t q = 0; q < x->q; q++) {
        const int64_t offset = q * step;
        epl__conv_plane *p = &x->plane[find_plane(x, low + offset % spacing, spacing)];
        p->len = epl__most(p->len, offset / spacing + reach + 1);
    }
    place_planes(x, in);
    for (int64_t q = 0; q < x->q; q++) {
        const int64_t offset = q * step;
        x->q_at[q] = x->plane[find_plane(x, low + offset % spacing, spacing)].at + offset / spacing;
    }
}

/* One plane that holds everything. */
static void lay_out_plainly(epl__conv_axis *x, int64_t in, int64_t low, int64_t step)
{
    int64_t reach = 0;
    for (int64_t t = 0; t < x->taps; t++) {
        x->tap_at[t] -= low;
        reach = epl__most(reach, x->tap_at[t]);
    }
    for (int64_t q = 0; q < x->q; q++) {
        x->q_at[q] = q * step;
    }
    x->plane[x->planes++] =
        (epl__conv_plane){.first = low, .step = 1, .len = (x->q - 1) * step + reach + 1};
    place_planes(x, in);
    x->unit_q = step == 1;
}

static bool make_axis(epl__arena *a, const epl__conv_desc *d, int i, int64_t remainder,
                      epl__conv_axis *x)
{
    const size_t size = sizeof(int64_t), taps = (size_t)d->window[i];
    x->step = d->stride[i] / gcd(d->stride[i], d->in_dilation[i]);
    x->out = remainder;
    x->out_step = d->in_dilation[i] / gcd(d->stride[i], d->in_dilation[i]);
    x->q = epl__div_up(d->out[i] - remainder, x->out_step);
    x->tap_at = epl__arena_take(a, taps * size);
    x->tap_w = epl__arena_take(a, taps * size);
    x->q_at = epl__arena_take(a, (size_t)x->q * size);
    if (a->failed) {
        return false;
    }
    find_taps(d, i, x->step, x);
    x->plane = epl__arena_take(a, (size_t)epl__most(x->taps, x->q) * sizeof *x->plane);
    return x->plane != NULL;
}

/* The share of pairs of an output and a tap that meet the input. */
static double useful(const epl__conv_axis *x, int64_t in)
{
    int64_t n = 0;
    if (x->taps == 0 || x->q > (1 << 20) / x->taps) {
        return 1;
    }
    for (int64_t t = 0; t < x->taps; t++) {
        for (int64_t q = 0; q < x->q; q++) {
            const int64_t i = x->tap_at[t] + q * x->step;
            n += i >= 0 && i < in;
        }
    }
    return (double)n / (double)(x->taps * x->q);
}

bool epl__conv_phase_make(epl__arena *a, const epl__conv_desc *d, int64_t index, epl__conv_phase *p)
{
    p->q = p->taps = 1;
    p->useful = p->sharing = 1;
    for (int i = EPL__CONV_MAX - 1; i >= 0; i--) {
        epl__conv_axis *x = &p->axis[i];
        if (!make_axis(a, d, i, index % period(d, i), x)) {
            return false;
        }
        index /= period(d, i);
        p->q *= x->q;
        p->taps *= x->taps;
        p->useful *= useful(x, d->in[i]);
    }
    return true;
}

void epl__conv_phase_lay_out(const epl__conv_desc *d, epl__conv_phase *p)
{
    p->positions = 1;
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        epl__conv_axis *x = &p->axis[i];
        int64_t low = x->tap_at[0], spacing = 0;
        for (int64_t t = 1; t < x->taps; t++) {
            low = epl__least(low, x->tap_at[t]);
            spacing = gcd(x->tap_at[t] - x->tap_at[0], spacing);
        }
        spacing = spacing < 0 ? -spacing : spacing;
        const bool sparse = p->mode == EPL__CONV_N && x->taps < x->step; /* some unread */
        if (i == EPL__CONV_MAX - 1 && p->mode != EPL__CONV_ROWS && !sparse) {
            lay_out_plainly(x, d->in[i], low, x->step);
        } else if (x->q >= x->taps || i == EPL__CONV_MAX - 1 || (x->step == 1 && spacing == 1)) {
            lay_out_by_q(x, d->in[i], low, x->step);
        } else {
            lay_out_by_tap(x, d->in[i], low, x->step, spacing);
        }
        p->positions *= x->len;
    }
}

/* The reach of all phases' taps on an axis, and their most outputs. */
static void find_reach(const epl__conv *g, int i, int64_t *low, int64_t *high, int64_t *q)
{
    bool any = false;
    *low = *high = *q = 0;
    for (int64_t j = 0; j < g->phases; j++) {
        const epl__conv_axis *x = &g->phase[j].axis[i];
        *q = epl__most(*q, x->q);
        for (int64_t t = 0; t < x->taps; t++) {
            *low = any ? epl__least(*low, x->tap_at[t]) : x->tap_at[t];
            *high = any ? epl__most(*high, x->tap_at[t]) : x->tap_at[t];
            any = true;
        }
    }
}

bool epl__conv_phase_lay_out_alike(epl__arena *a, epl__conv *g, int64_t *q)
{
    for (int i = 0; i < EPL__CONV_MAX; i++) {
        int64_t low, high;
        epl__conv_axis all = {.planes = 1, .plane = epl__arena_take(a, sizeof *all.plane)};
        if (all.plane == NULL) {
            return false;
        }
        find_reach(g, i, &low, &high, &q[i]);
        all.plane[0] = (epl__conv_plane){.first = low, .step = 1, .len = q[i] + high - low};
        place_planes(&all, g->d.in[i]);
        for (int64_t j = 0; j < g->phases; j++) {
            epl__conv_axis *x = &g->phase[j].axis[i];
            for (int64_t t = 0; t < x->taps; t++) {
                x->tap_at[t] -= low;
            }
            for (int64_t o = 0; o < x->q; o++) {
                x->q_at[o] = o;
            }
            x->unit_q = true;
            x->planes = 1;
            x->plane = all.plane;
            x->len = all.len;
        }
    }
    for (int64_t j = 0; j < g->phases; j++) {
        epl__conv_phase *p = &g->phase[j];
        p->positions = p->axis[0].len * p->axis[1].len * p->axis[2].len;
    }
    return true;
}
