/* tile.h -- a prepared tile program, shared by tile_plan.c and tile.c.
 *
 * The loop space is cut into blocks (all axes from some axis on, counted as one line) and
 * each block into tiles. A unit is one tile of one block.
 *
 * Invariant: an output is written in place only if no input that is read in place is read
 * by a later instruction, but for those that are known to lie apart. So an output may be the
 * very array of any input.
 */
#ifndef EPL_TILE_H
#define EPL_TILE_H
#include "rows.h"
#include "span/span.h"

typedef enum {
    EPL__WAY_FIXED,  /* an input: one element for the whole run */
    EPL__WAY_ONE,    /* an input: one element for each block */
    EPL__WAY_PLAIN,  /* contiguous in a block: used where it lies */
    EPL__WAY_BUFFER, /* through a buffer in scratch */
} epl__tile_way;

typedef struct {
    epl__tile_way way;
    int p;           /* its place in p[] */
    int reg;         /* the register that it is, or that goes to it */
    bool keep;       /* BUFFER input: the same elements as long as the block's start is the same */
    bool spread;     /* output: the register holds one element, the rest are copies */
    bool scattered;  /* output: not contiguous */
    size_t size, at; /* bytes of an element; place of the buffer */
    int64_t offset;  /* bytes from p[] to the first element */
    int64_t outer[EPL_MAX_RANK]; /* bytes, by axis outside of blocks */
    epl__rows inner;             /* BUFFER: the block */
    int64_t period;              /* BUFFER input: elements after which the block repeats */
    const epl__move_spans *move;
} epl__tile_operand;

typedef struct {
    epl__span *span;
    int16_t dst, src[3]; /* registers; EPL__TILE_MAX_REG where there is none */
    uint8_t flat;
    bool one;      /* all sources hold one element, and so does the result */
    bool head;     /* the same for the whole run: done once */
    bool buffered; /* the result has a buffer, at this place in scratch */
    size_t at;
} epl__tile_step;

typedef struct {
    uint64_t value; /* its bytes come first */
    int reg;
} epl__tile_cell;

typedef struct {
    epl__call call;
    int outer_rank;
    int64_t outer_dim[EPL_MAX_RANK];
    int64_t count, block, tile; /* elements: in all, of a block, of a tile */
    int64_t tiles;              /* in a block */
    int64_t units, units_of_part;
    bool far; /* inputs come from memory: the next tile's are asked for in time */
    int inputs, outputs, steps, heads, constants; /* heads: how many of the steps, the first */
    const epl__tile_operand *input, *output;
    const epl__tile_step *step;
    const epl__tile_cell *constant;
} epl__tile;

void epl__tile_run(const epl__call *c, void *const *p, int64_t begin, int64_t end, void *scratch);

/* One instruction, everything in place. */
typedef struct {
    epl__call call;
    epl__span *span;
    int64_t count, count_of_part;
    int out, in[3];              /* places in p[], or -1: constant */
    size_t out_size, in_size[3]; /* 0: does not move */
    int64_t out_offset, in_offset[3];
    uint64_t constant[3];
    unsigned flat;
} epl__tile_single;
void epl__tile_run_single(const epl__call *c, void *const *p, int64_t begin, int64_t end,
                          void *scratch);

/* What is known of operations: tile_list.c. */
double epl__tile_cost(int op, epl_dtype dtype); /* ns an element, roughly */
const char *epl__tile_name(int op);
/* The bytes of a constant in its dtype. */
uint64_t epl__tile_constant(epl_dtype dtype, double value, int64_t value_int);
#endif
