/* reduce.h -- a prepared reduction.
 *
 * Kept axes are a pair (out, in), reduced axes a pair too (in alone; strides of the input
 * are in [1]). Ways, by what is contiguous in the input:
 *   rows     a reduced axis: a leaf is one row (short ones are turned, many at a time)
 *   strips   a kept axis: a leaf is a block of rows, reduced column by column
 *   buffer   neither, or too short a row: a leaf is EPL__TILE elements, gathered
 * Results of leaves are combined pairwise, in the order of counting up.
 */
#ifndef EPL_REDUCE_H
#define EPL_REDUCE_H
#include "rows.h"
#include "span/span.h"

typedef struct {
    epl__call call;
    const epl__reduce_spans *spans;
    size_t size; /* of an input element */
    epl__pair kept, reduced;
    /* of spans, by the operation */
    void (*row)(int64_t n, const void *row, void *out);
    void (*rows)(int64_t n, int64_t rows, const void *x, int64_t stride, void *out);
    void (*join)(int64_t n, const void *x, void *into);
    const epl__move_spans *move;
    bool gathers;
    epl__rows gathered;   /* buffer: all reduced axes */
    int64_t leaf, leaves; /* rows, buffer: elements of a leaf; how many (the last may be shorter) */
    int64_t columns;      /* strips: of the kept axis, which is dropped from `kept` */
    int64_t column_stride;         /* bytes, in out */
    int64_t row_count, row_stride; /* the reduced axis of a block, dropped from `reduced` */
    int64_t fold;                  /* rows laid side by side: then columns * fold <= EPL__STRIP */
    int64_t width;                 /* columns of one strip */
    int64_t levels;                /* of partial results */
    int64_t units, units_of_part;
} epl__reduction;

/* Sizes parts and fills in the rest of call; ns: of one unit. */
bool epl__reduction_finish(epl__arena *a, epl__reduction *r, const char *what, epl_dtype dtype,
                           double ns);
/* One reduced axis; out gets places or running sums. */
epl__call *epl__arg_prepare(epl__arena *a, epl__reduce_op op, epl_dtype dtype, int rank,
                            const int64_t *dim, const int64_t *in_stride, int axis,
                            const int64_t *out_stride);
epl__call *epl__scan_prepare(epl__arena *a, epl__reduce_op op, epl_dtype dtype, int rank,
                             const int64_t *dim, const int64_t *in_stride, int axis,
                             const int64_t *out_stride);
#endif
