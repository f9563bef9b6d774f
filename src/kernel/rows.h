/* rows.h -- index spaces: of one operand, of several that share axes, of two.
 *
 * Invariant: an index space is counted row-major, the last axis fastest. Strides are in
 * bytes here.
 */
#ifndef EPL_ROWS_H
#define EPL_ROWS_H
#include "kernel.h"

typedef struct {
    int rank; /* 0: one element */
    int64_t dim[EPL_MAX_RANK], stride[EPL_MAX_RANK];
} epl__rows;

/* Drops axes of size 1 and merges what can be: nothing else changes. */
void epl__rows_merge(epl__rows *r);
int64_t epl__rows_count(const epl__rows *r);

/* Several operands that share axes: merged and ordered together. */
enum { EPL__NEST_MAX = EPL__TILE_MAX_IN + EPL__TILE_MAX_OUT };
typedef struct {
    int rank, operands;
    int64_t dim[EPL_MAX_RANK];
    int64_t stride[EPL__NEST_MAX][EPL_MAX_RANK]; /* bytes */
    int64_t offset[EPL__NEST_MAX];               /* bytes from the pointer given to the start */
} epl__nest;
int64_t epl__nest_count(const epl__nest *n);
/* Orders axes by the strides of operand 0, the largest first, and makes these positive;
 * drops axes of size 1 and merges those that all operands agree on. */
void epl__nest_order(epl__nest *n);

/* Two operands that share axes, small enough to keep, and a spot in them. */
typedef struct {
    int rank;
    int64_t dim[EPL_MAX_RANK], stride[2][EPL_MAX_RANK], offset[2];
} epl__pair;
typedef struct {
    int64_t index[EPL_MAX_RANK], at[2]; /* at: bytes from each pointer */
} epl__spot;
epl__pair epl__pair_of(const epl__nest *n);
int64_t epl__pair_count(const epl__pair *p);
/* The spot of element i, counted row-major; and the next one. */
void epl__pair_seek(const epl__pair *p, int64_t i, epl__spot *s);
void epl__pair_step(const epl__pair *p, epl__spot *s);
/* Takes the axis out of p: what is left is walked through around it. */
void epl__pair_drop(epl__pair *p, int axis);
#endif
