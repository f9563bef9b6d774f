/* graph_draw.h -- small random functions, the same ones for the same seed. */
#ifndef LAW_GRAPH_DRAW_H
#define LAW_GRAPH_DRAW_H
#include <espalier/espalier.h>

enum { DRAWN_INPUTS = 3, DRAWN_OUTPUTS = 3, DRAWN_STEPS = 200 };
/* Pieces are steps inside inner functions. The same plan with the one and the other gives two
 * ways to write one function. */
typedef enum { NO_PIECES, PIECES_WRITTEN_OUT, PIECES_INSIDE } graph_pieces;
typedef struct {
    uint64_t seed;
    bool smooth; /* from operations without kinks, jumps and cut derivatives */
    size_t inputs, outputs;
    epl_type type[DRAWN_INPUTS];
    size_t nodes; /* steps are drawn until there are so many, */
    int steps;    /* or until so many were drawn */
    graph_pieces pieces;
    bool forward; /* pieces may be loops without a bound, which have no reverse derivative */
    bool once;    /* checkpoints alone, which change no bit */
    bool wrong;   /* with an operation that breaks laws, to see what is printed then */
    int inside;   /* most steps in a piece; pieces in pieces if more than one */
    bool dropped[DRAWN_STEPS]; /* steps to leave out: each has dice of its own */
} graph_plan;

graph_plan graph_planned(uint64_t seed);
/* Builds the function of x in f; what it does depends on the plan alone. How many steps. */
int graph_draw(const graph_plan *g, epl_fn *f, const epl_val *x, epl_val *y);

/* The samples that graphs may use, for as long as the program runs; false: none could be read. */
bool graph_samples_open(epl_scope *s, const char *path);
size_t graph_samples(void);
/* A floating result of sample i, its floating tensors moved a little with v; or none. */
epl_val graph_sampled(epl_fn *f, size_t i, epl_val v);
void graph_samples_close(void);

#endif
