/* structure.h -- short names for the primitives that transforms and operations build with.
 *
 * All take and give values; a none in gives a none out. Axes count from 0, shapes must fit:
 * these are for code that has checked its arguments. Values of several functions meet as
 * in any operation.
 */
#ifndef EPL_STRUCTURE_H
#define EPL_STRUCTURE_H
#include "graph.h"

epl_val epl__reshape(epl_val x, epl_shape shape);
epl_val epl__permute(epl_val x, const int *axis); /* axis i of the result is axis[i] of x */
epl_val epl__move_axis(epl_val x, int from, int to);
epl_val epl__broadcast(epl_val x, epl_shape out, int64_t mask); /* axes of the mask are new */
epl_val epl__lead(epl_val x, int64_t n);                        /* a new first axis of n entries */
epl_val epl__insert(epl_val x, int axis, int64_t n);            /* a new axis of n entries */
epl_val epl__drop(epl_val x, int axis);                         /* without an axis of size 1 */
epl_val epl__expand(epl_val x, epl_shape out);                  /* numpy's broadcasting to out */
epl_val epl__slice(epl_val x, int axis, int64_t start, int64_t length, int64_t step);
/* Entries [start, start + runs * span) of the first axis in rows of span, and back. op and option
 * are who asks for it, where no axis is left. */
epl_val epl__into_rows(epl_val x, int64_t start, int64_t runs, int64_t span, const char *op,
                       const char *option);
epl_val epl__from_rows(epl_val rows);
epl_val epl__pad(epl_val x, int axis, int64_t lo, int64_t hi, int64_t interior);
epl_val epl__assemble(epl_vals parts, int axis, int64_t length, const int64_t *offset);
epl_val epl__concat(epl_vals parts, int axis);
epl_val epl__total(epl_val a, epl_val b); /* a + b; as sums below, also of f16 and bf16 */
epl_val epl__sum(epl_val x, int64_t mask);
epl_val epl__amax(epl_val x, int64_t mask);
epl_val epl__cast(epl_val x, epl_dtype dtype);
epl_val epl__dot(epl_val a, const char *la, epl_val b, const char *lb, const char *out);
epl_val epl__select(epl_val condition, epl_val yes, epl_val no);
/* The same; the condition has the first axes of the others alone. */
epl_val epl__pick(epl_val condition, epl_val yes, epl_val no);
/* x without a derivative where the flag, which has the first axes of x, is down: what is made of it
 * there is dropped, and zero times its slope may be NaN. */
epl_val epl__guarded(epl_val x, epl_val used);
epl_val epl__held(epl_val x); /* x without a derivative; where x is a tangent, still linear in it */
epl_val epl__like(epl_val x, double value); /* a constant of x's type */
epl_val epl__full(epl_val of, epl_dtype d, epl_shape shape, double value); /* in of's function */
epl_val epl__iota(epl_val of, epl_dtype d, int64_t length);
epl_val epl__gather(epl_val x, epl_val index, int batch);
epl_val epl__scatter(epl_val src, epl_val index, int batch, int64_t axis_length);

/* Shapes. */
epl_shape epl__shape_without(epl_shape s, int64_t mask);
epl_shape epl__shape_insert(epl_shape s, int axis, int64_t n); /* rank 12 must not be exceeded */
int64_t epl__product(epl_shape s, int from, int to);

/* For transforms. */
epl_val epl__placeholder(epl_fn *f, const epl_type *t); /* stands for what replaces it */
epl_val epl__eye(epl_fn *f, epl_dtype d, int64_t n);
#endif
