/* tile_buffers.c -- scratch of a tile program: few buffers, shared by registers in turn.
 *
 * Invariant: a buffer that holds something for longer than a tile (an input's kept elements,
 * a result of the head) belongs to one register alone.
 */
#include "tile_plan.h"

enum { BUFFER_BYTES = 24 << 10, LEAST_TILE = 128, NO_REG = EPL__TILE_MAX_REG };

/* Which buffers are taken while going through the instructions. */
typedef struct {
    bool busy[EPL__TILE_MAX_REG + EPL__TILE_MAX_OUT];
} taken;

static void take(epl__tile_plan *pl, taken *b, int owner, size_t width)
{
    int i = 0;
    while (i < pl->buffers && b->busy[i])
        i++;
    pl->buffers = i < pl->buffers ? pl->buffers : i + 1;
    pl->widest = width > pl->widest ? width : pl->widest;
    pl->buffer[owner] = i;
    b->busy[i] = true;
}

static bool written_in_place(const epl__tile_plan *pl, int reg)
{
    for (int i = 0; i < pl->d->outputs; i++)
        if (pl->output[i].reg == reg && pl->output[i].way == EPL__WAY_PLAIN)
            return true;
    return false;
}

/* Those that keep their content: inputs, steps of the head, copies of a single element. */
static void take_lasting(epl__tile_plan *pl, taken *b)
{
    for (int i = 0; i < pl->moving; i++)
        if (pl->input[i].way == EPL__WAY_BUFFER)
            take(pl, b, pl->input[i].reg, pl->input[i].size);
    for (int i = 0; i < pl->d->instructions; i++)
        if (pl->step[i].head)
            take(pl, b, pl->step[i].dst, epl_dtype_bytes(pl->dtype[pl->step[i].dst]));
    for (int i = 0; i < pl->d->outputs; i++)
        if (pl->output[i].spread && pl->output[i].scattered)
            take(pl, b, EPL__TILE_MAX_REG + i, pl->output[i].size);
}

/* Frees the buffers of temporaries that instruction i reads last: those as wide as its
 * result, which may take their place, or the others. */
static void free_sources(const epl__tile_plan *pl, taken *b, int i, bool as_wide)
{
    const epl__tile_step *s = &pl->step[i];
    const size_t width = epl_dtype_bytes(pl->dtype[s->dst]);
    for (int o = 0; o < 3; o++) {
        const int reg = s->src[o];
        if (reg < pl->d->inputs || reg >= NO_REG || pl->last_use[reg] != i || pl->head[reg])
            continue;
        if (pl->buffer[reg] >= 0 && (epl_dtype_bytes(pl->dtype[reg]) == width) == as_wide)
            b->busy[pl->buffer[reg]] = false;
    }
}

void epl__tile_share_buffers(epl__tile_plan *pl)
{
    taken b = {{false}};
    for (int i = 0; i < EPL__TILE_MAX_REG + EPL__TILE_MAX_OUT; i++)
        pl->buffer[i] = -1;
    take_lasting(pl, &b);
    for (int i = 0; i < pl->d->instructions; i++) {
        const int dst = pl->step[i].dst;
        if (pl->step[i].head)
            continue;
        free_sources(pl, &b, i, true);
        if (!written_in_place(pl, dst))
            take(pl, &b, dst, epl_dtype_bytes(pl->dtype[dst]));
        free_sources(pl, &b, i, false);
        if (pl->last_use[dst] < 0 && pl->buffer[dst] >= 0)
            b.busy[pl->buffer[dst]] = false;
    }
}

/* Buffers stay in the first cache, periods go in evenly. */
int64_t epl__tile_length(const epl__tile_plan *pl, int64_t block)
{
    int64_t n = EPL__TILE;
    while (n > LEAST_TILE && (size_t)n * pl->widest * (size_t)pl->buffers > BUFFER_BYTES)
        n /= 2;
    if (block <= n)
        return block;
    int64_t longest = 1;
    for (int i = 0; i < pl->moving; i++) {
        const int64_t p = pl->input[i].period;
        if (pl->input[i].way == EPL__WAY_BUFFER && p <= n && p > longest)
            longest = p;
    }
    return n / longest * longest;
}

void epl__tile_place_buffers(epl__tile_plan *pl)
{
    epl__tile *t = &pl->t;
    const size_t bytes = ((size_t)t->tile * pl->widest + 63) / 64 * 64;
    for (int i = 0; i < pl->moving; i++) {
        epl__tile_operand *o = &pl->input[i];
        if (o->way != EPL__WAY_BUFFER)
            continue;
        o->at = bytes * (size_t)pl->buffer[o->reg];
        o->keep = t->tiles == 1 || t->tile % o->period == 0;
    }
    for (int i = 0; i < pl->d->outputs; i++)
        if (pl->output[i].spread && pl->output[i].scattered)
            pl->output[i].at = bytes * (size_t)pl->buffer[EPL__TILE_MAX_REG + i];
    for (int i = 0; i < pl->d->instructions; i++) {
        const int buffer = pl->buffer[pl->step[i].dst];
        pl->step[i].buffered = buffer >= 0;
        pl->step[i].at = buffer >= 0 ? bytes * (size_t)buffer : 0;
    }
    t->call.scratch = bytes * (size_t)pl->buffers;
}
