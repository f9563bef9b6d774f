/* graph_dice.h -- a random function while it is drawn: its dice and its pool of values.
 *
 * What is drawn depends on the dice and on the types in the pool alone, so that two drawings
 * with equal types make the same steps.
 */
#ifndef LAW_GRAPH_DICE_H
#define LAW_GRAPH_DICE_H
#include "graph_draw.h"

enum { POOL = 64, MOST_ELEMENTS = 96, MOST_RANK = 4 };

typedef struct {
    epl_fn *f;
    uint64_t state;
    bool smooth;
    int deep; /* derivatives and maps that may still come */
    epl_val pool[POOL];
    int count;
    const graph_plan *plan;
    int nested;   /* pieces around this one */
    bool bounded; /* all loops are, as in a custom derivative */
} drawing;

int64_t dice_roll(drawing *d, int64_t n);
epl_val dice_any(drawing *d);
/* Into the pool, made smaller where it is large. */
void dice_keep(drawing *d, epl_val v);
/* One step more; where the plan asks for it, sometimes a piece. */
void dice_step(drawing *d);

/* What one operation gives, or a few. */
epl_val graph_step(drawing *d);
/* atan, but with a wrong derivative. */
epl_val graph_wrong(epl_val x);
/* A piece: some steps inside a checkpoint, a loop, branches or a map, or the same written
 * out. Its results go into the pool. */
void graph_piece(drawing *d);

#endif
