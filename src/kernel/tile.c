/* tile.c -- runs a prepared tile program. */
#include "tile.h"
#include <string.h>

enum { NO_REG = EPL__TILE_MAX_REG, OPERANDS = EPL__TILE_MAX_IN + EPL__TILE_MAX_OUT };

/* Where a run is: the block's index, each operand's block, and the registers. */
typedef struct {
    const epl__tile *t;
    int64_t index[EPL_MAX_RANK];
    char *in[EPL__TILE_MAX_IN], *out[EPL__TILE_MAX_OUT];
    const char *loaded[EPL__TILE_MAX_IN]; /* of which block a kept buffer holds elements */
    void *reg[EPL__TILE_MAX_REG + 1];
    char *scratch;
} walk;

static void start(walk *w, void *const *p, int64_t block)
{
    const epl__tile *t = w->t;
    char *scratch = w->scratch;
    for (int i = t->outer_rank - 1; i >= 0; i--) {
        w->index[i] = block % t->outer_dim[i];
        block /= t->outer_dim[i];
    }
    for (int i = 0; i < t->inputs; i++) {
        const epl__tile_operand *o = &t->input[i];
        w->in[i] = (char *)p[o->p] + o->offset;
        for (int axis = 0; axis < t->outer_rank; axis++)
            w->in[i] += w->index[axis] * o->outer[axis];
        w->loaded[i] = NULL;
        w->reg[o->reg] = o->way == EPL__WAY_BUFFER ? scratch + o->at : w->in[i];
    }
    for (int i = 0; i < t->outputs; i++) {
        const epl__tile_operand *o = &t->output[i];
        w->out[i] = (char *)p[o->p] + o->offset;
        for (int axis = 0; axis < t->outer_rank; axis++)
            w->out[i] += w->index[axis] * o->outer[axis];
    }
    for (int i = 0; i < t->constants; i++) /* only read */
        w->reg[t->constant[i].reg] = (void *)(uintptr_t)&t->constant[i].value;
    for (int i = 0; i < t->steps; i++)
        if (t->step[i].buffered)
            w->reg[t->step[i].dst] = scratch + t->step[i].at;
    w->reg[NO_REG] = NULL;
}

static void next_block(walk *w)
{
    const epl__tile *t = w->t;
    for (int axis = t->outer_rank - 1; axis >= 0; axis--) {
        const bool carry = ++w->index[axis] == t->outer_dim[axis];
        const int64_t steps = carry ? 1 - t->outer_dim[axis] : 1;
        for (int i = 0; i < t->inputs; i++)
            w->in[i] += steps * t->input[i].outer[axis];
        for (int i = 0; i < t->outputs; i++)
            w->out[i] += steps * t->output[i].outer[axis];
        if (!carry)
            break;
        w->index[axis] = 0;
    }
}

/* Fills a buffer that stays: one period, then copies of what is there. */
static void fetch_kept(const epl__tile_operand *o, const char *block, int64_t n, char *buffer)
{
    int64_t have = o->period < n ? o->period : n;
    o->move->load(&o->inner, block, 0, have, buffer);
    for (int64_t more; have < n; have += more) {
        more = n - have < have ? n - have : have;
        memcpy(buffer + have * (int64_t)o->size, buffer, (size_t)more * o->size);
    }
}

/* Makes the registers ready for elements [first, first + n) of the block. */
static void fetch(walk *w, int64_t first, int64_t n)
{
    const epl__tile *t = w->t;
    for (int i = 0; i < t->inputs; i++) {
        const epl__tile_operand *o = &t->input[i];
        switch (o->way) {
        case EPL__WAY_FIXED:
            break;
        case EPL__WAY_ONE:
            w->reg[o->reg] = w->in[i];
            break;
        case EPL__WAY_PLAIN:
            w->reg[o->reg] = w->in[i] + first * (int64_t)o->size;
            break;
        case EPL__WAY_BUFFER:
            if (!o->keep)
                o->move->load(&o->inner, w->in[i], first, n, w->reg[o->reg]);
            else if (w->loaded[i] != w->in[i])
                fetch_kept(o, w->in[i], t->tile, w->reg[o->reg]);
            w->loaded[i] = w->in[i];
        }
    }
    for (int i = 0; i < t->outputs; i++)
        if (t->output[i].way == EPL__WAY_PLAIN)
            w->reg[t->output[i].reg] = w->out[i] + first * (int64_t)t->output[i].size;
}

static void compute(const walk *w, const epl__tile_step *s, const epl__tile_step *end, int64_t n)
{
    void *const *reg = w->reg;
    for (; s < end; s++)
        s->span(s->one ? 1 : n, reg[s->dst], reg[s->src[0]], reg[s->src[1]], reg[s->src[2]],
                s->flat);
}

/* The same, while the lines of the tile after this one, at `next`, come from memory. */
static void compute_far(const walk *w, const epl__tile_step *s, const epl__tile_step *end,
                        int64_t n, int64_t next, int64_t next_n)
{
    const epl__tile *t = w->t;
    const int64_t steps = end - s;
    for (int64_t k = 0; k < steps; k++) {
        for (int i = 0; i < t->inputs; i++) {
            const epl__tile_operand *o = &t->input[i];
            const int64_t bytes = o->way == EPL__WAY_PLAIN ? next_n * (int64_t)o->size : 0;
            const char *line = w->in[i] + next * (int64_t)o->size;
            for (int64_t at = bytes * k / steps / 64 * 64; at < bytes * (k + 1) / steps; at += 64)
                __builtin_prefetch(line + at, 0, 2);
        }
        compute(w, &s[k], &s[k + 1], n);
    }
}

static void put(const walk *w, int64_t first, int64_t n)
{
    const epl__tile *t = w->t;
    for (int i = 0; i < t->outputs; i++) {
        const epl__tile_operand *o = &t->output[i];
        if (o->way != EPL__WAY_BUFFER)
            continue;
        char *to = w->out[i] + first * (int64_t)o->size;
        const void *from = w->reg[o->reg];
        if (o->spread) {
            void *copies = o->scattered ? w->scratch + o->at : to;
            o->move->fill(copies, n, from);
            from = copies;
        }
        if (o->scattered)
            o->move->store(&o->inner, w->out[i], first, n, from);
        else if (!o->spread)
            memmove(to, from, (size_t)n * o->size);
    }
}

void epl__tile_run(const epl__call *c, void *const *p, int64_t begin, int64_t end, void *scratch)
{
    const epl__tile *t = (const epl__tile *)c;
    walk w; /* filled by start as far as it is needed */
    w.t = t;
    w.scratch = scratch;
    int64_t unit = begin * t->units_of_part, last = end * t->units_of_part;
    if (last > t->units)
        last = t->units;
    int64_t first = unit % t->tiles * t->tile;
    start(&w, p, unit / t->tiles);
    const epl__tile_step *body = t->step + t->heads, *stop = t->step + t->steps;
    compute(&w, t->step, body, 1);
    for (; unit < last; unit++) {
        const int64_t n = first + t->tile < t->block ? t->tile : t->block - first;
        fetch(&w, first, n);
        const int64_t left = t->block - first - n;
        if (t->far && unit + 1 < last && left > 0)
            compute_far(&w, body, stop, n, first + n, left < t->tile ? left : t->tile);
        else
            compute(&w, body, stop, n);
        put(&w, first, n);
        first += n;
        if (first == t->block) {
            first = 0;
            next_block(&w);
        }
    }
}

void epl__tile_run_single(const epl__call *c, void *const *p, int64_t begin, int64_t end,
                          void *scratch)
{
    (void)scratch;
    const epl__tile_single *t = (const epl__tile_single *)c;
    const int64_t first = begin * t->count_of_part;
    int64_t n = end * t->count_of_part;
    n = (n < t->count ? n : t->count) - first;
    const void *in[3];
    for (int i = 0; i < 3; i++)
        in[i] = t->in[i] < 0
                    ? (const char *)&t->constant[i]
                    : (const char *)p[t->in[i]] + t->in_offset[i] + first * (int64_t)t->in_size[i];
    t->span(n, (char *)p[t->out] + t->out_offset + first * (int64_t)t->out_size, in[0], in[1],
            in[2], t->flat);
}
