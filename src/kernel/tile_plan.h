/* tile_plan.h -- the state of preparing a tile program.
 *
 * Operands are the nest's: outputs first, then inputs that are not constant, in order.
 * Everything is here by value; what a run needs is copied to the arena at the end.
 */
#ifndef EPL_TILE_PLAN_H
#define EPL_TILE_PLAN_H
#include "tile.h"

typedef struct {
    const epl__tile_desc *d;
    epl__nest nest;
    int input_of[EPL__TILE_MAX_IN]; /* input number of the i-th input that is not constant */
    int moving;                     /* how many */
    int first_axis;                 /* of a block */
    /* of registers: */
    epl_dtype dtype[EPL__TILE_MAX_REG];
    bool one[EPL__TILE_MAX_REG];     /* holds one element for a block */
    bool head[EPL__TILE_MAX_REG];    /* for the whole run */
    int last_use[EPL__TILE_MAX_REG]; /* instruction; `instructions` for outputs, -1 unused */
    int buffer[EPL__TILE_MAX_REG + EPL__TILE_MAX_OUT]; /* -1: none; then outputs' own */
    int buffers;
    size_t widest; /* bytes of an element of a buffer */
    epl__tile_operand input[EPL__TILE_MAX_IN], output[EPL__TILE_MAX_OUT];
    epl__tile_step step[EPL__TILE_MAX_REG]; /* by instruction */
    double ns;                              /* of one element, all steps */
    epl__tile t;
} epl__tile_plan;

/* tile_fuse.c: *d is *from with fewer instructions, which are kept in ins. */
void epl__tile_fuse(const epl__tile_desc *from, epl__tile_desc *d, epl__tile_ins *ins);

/* tile_loops.c: the nest, and where blocks begin; then how operands reach a block. */
void epl__tile_find_nest(epl__tile_plan *pl);
void epl__tile_choose_block(epl__tile_plan *pl);
void epl__tile_set_inputs(epl__tile_plan *pl);
void epl__tile_set_outputs(epl__tile_plan *pl);
/* Rough ns to move one element between a buffer and its place. */
double epl__tile_moving_cost(const epl__rows *r, size_t size);

/* tile_buffers.c: which registers share buffers; the length of a tile; places. */
void epl__tile_share_buffers(epl__tile_plan *pl);
int64_t epl__tile_length(const epl__tile_plan *pl, int64_t block);
void epl__tile_place_buffers(epl__tile_plan *pl);
#endif
