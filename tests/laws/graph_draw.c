/* graph_draw.c -- random functions: values are drawn from a pool, combined, and put back. Ranks and
 * sizes stay small, so that depth does no harm.
 */
#include "graph_dice.h"
#include <string.h>

/* -- dice ---------------------------------------------------------------------------------- */
int64_t dice_roll(drawing *d, int64_t n)
{
    uint64_t z = (d->state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return n > 0 ? (int64_t)((z ^ z >> 31) >> 1) % n : 0;
}

epl_val dice_any(drawing *d)
{
    return d->pool[dice_roll(d, d->count)];
}

void dice_keep(drawing *d, epl_val v)
{
    epl_type t = epl_typeof(v);
    if (epl_count(t) == 0)
        return;
    if (epl_count(t) > MOST_ELEMENTS || t.shape.rank > MOST_RANK)
        v = epl_mean(epl_reshape(v, epl_dims(t.shape.dim[0], -1)), .dim = epl_axes(1));
    d->pool[d->count < POOL ? d->count++ : dice_roll(d, POOL)] = v;
}

void dice_step(drawing *d)
{
    if (d->plan->pieces && dice_roll(d, d->nested ? 6 : 2) == 0)
        graph_piece(d);
    else
        dice_keep(d, graph_step(d));
}

graph_plan graph_planned(uint64_t seed)
{
    drawing d = {.state = seed};
    graph_plan g = {
        .seed = seed, .smooth = dice_roll(&d, 3) == 0, .steps = DRAWN_STEPS, .inside = 4};
    g.inputs = 1 + (size_t)dice_roll(&d, DRAWN_INPUTS);
    g.outputs = 1 + (size_t)dice_roll(&d, DRAWN_OUTPUTS);
    for (size_t i = 0; i < g.inputs; i++) {
        int64_t dim[3] = {1 + dice_roll(&d, 4), 1 + dice_roll(&d, 4), 1 + dice_roll(&d, 3)};
        g.type[i] = epl_type_of(EPL_F64, epl_shape_of((size_t)dice_roll(&d, 4), dim));
    }
    g.nodes = 5 +
              (size_t)dice_roll(&d, 1 + dice_roll(&d, 196)); /* 5 to 200, small ones more often */
    return g;
}

int graph_draw(const graph_plan *g, epl_fn *f, const epl_val *x, epl_val *y)
{
    drawing d = {
        .f = f, .state = ~g->seed, .smooth = g->smooth, .deep = g->forward ? 0 : 2, .plan = g};
    memcpy(d.pool, x, g->inputs * sizeof *x);
    d.count = (int)g->inputs;
    int used = 0;
    for (; used < g->steps && (used == 0 || epl_fn_nodes(f) < g->nodes); used++) {
        d.state = g->seed * 0xd1342543de82ef95u + (uint64_t)used; /* the others may go */
        if (!g->dropped[used])
            dice_step(&d);
    }
    d.state = ~g->seed;
    for (size_t i = 0; i < g->outputs; i++)
        y[i] = i ? dice_any(&d) : d.pool[d.count - 1];
    return used;
}
