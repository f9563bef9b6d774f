/* graph_draw.h -- small random functions, the same ones for the same seed. */
#ifndef LAW_GRAPH_DRAW_H
#define LAW_GRAPH_DRAW_H
#include <espalier/espalier.h>

enum { DRAWN_INPUTS = 3, DRAWN_OUTPUTS = 3 };
typedef struct {
    uint64_t seed;
    bool smooth; /* from operations without kinks, jumps and cut derivatives */
    size_t inputs, outputs;
    epl_type type[DRAWN_INPUTS];
} graph_plan;

graph_plan graph_planned(uint64_t seed);
/* Builds the function of x in f; what it does depends on the plan alone. */
void graph_draw(const graph_plan *g, epl_fn *f, const epl_val *x, epl_val *y);

#endif
