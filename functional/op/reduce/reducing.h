/* reducing.h -- what reductions, scans, norms and losses share.
 *
 * A reduction is over the axes of a mask, which go; operations put them back as axes of
 * size 1 where keepdim asks for it. Kernels here are plain: what plans are tested against.
 */
#ifndef EPL_REDUCING_H
#define EPL_REDUCING_H
#include "../op.h"
#include "../shape/shape.h"

/* -- axes ----------------------------------------------------------------------------- */
/* The axes of .dim as a mask: all of them if it was not given or (unless `strict`) empty.
 * False after an error: out of range, twice the same, or given without a list. */
bool epl__axes_in(const char *op, epl_val x, epl_ints dim, const char *given, bool strict,
                  int64_t *mask);
/* One axis; for a zero-dimensional x the mask is 0. */
bool epl__axis_in(const char *op, epl_val x, int64_t dim, int64_t *mask);
/* y with axes of size 1 where the mask took them from a value of shape s. */
epl_val epl__keep(epl_val y, epl_shape s, int64_t mask);
/* y again with x's shape, repeated along the axes of the mask. */
epl_val epl__spread(epl_val y, epl_val x, int64_t mask);
/* The mask of x's last n axes, and of all. */
int64_t epl__last_axes(epl_val x, int n);
int64_t epl__all_axes(epl_val x);
/* Elements along the axes of the mask. */
int64_t epl__terms(epl_shape s, int64_t mask);
/* x as dtype if .dtype was given; f16 and bf16 are an error that says to cast. */
bool epl__dtype_in(const char *op, epl_val *x, epl_dtype dtype, const char *given);
/* A float operand (.dtype seen to); integers are an error, as torch has no mean of them. */
bool epl__only_float(const char *op, epl_val x);

/* -- pieces of operations ------------------------------------------------------------- */
epl_val epl__amin(epl_val x, int64_t mask);
epl_val epl__argmax(epl_val x, int axis);
epl_val epl__argmin(epl_val x, int axis);
epl_val epl__cumsum(epl_val x, int axis, bool reverse);
epl_val epl__log_softmax(epl_val x, int axis);
epl_val epl__argsort(epl_val x, int axis, bool descending); /* I64 */
epl_val epl__mean(epl_val x, int64_t mask);
/* x - mean x, and the mean (NULL: not wanted). With `shift` the first element of each is
 * subtracted before: exact in f32 where the mean is large against the deviation. */
epl_val epl__centred(epl_val x, int64_t mask, bool shift, epl_val *mean);
/* sqrt(x) with derivative 0 at 0. */
epl_val epl__sqrt_safe(epl_val x);
/* A power of two near the greatest |x| over the mask, a constant of derivatives; none for no
 * elements. */
epl_val epl__magnitude(epl_val x, int64_t mask);
/* The p-norm over the axes of the mask; p may be infinite, 0 counts. */
epl_val epl__norm(epl_val x, double p, int64_t mask);
/* A value of x's shape from v [C], C at `axis`. */
epl_val epl__along(epl_val v, epl_val x, int axis);

/* The derivative of y, the greatest or least of x over the mask: equals share. */
epl_val epl__among_equals(epl_val x, epl_val y, epl_val dx, int64_t mask);

/* An operation on epl_reduce_args: at least one element along the axes is asked for. */
epl_val epl__reduced(const char *op, const epl_reduce_args *a, const char *given,
                     epl_val (*reduce)(epl_val x, int64_t mask));
extern const epl_attr epl__reduce_args_table[];
/* An operation on epl_arg_args: without .dim, in the flattened x. */
epl_val epl__arg_reduced(const char *op, const epl_arg_args *a, const char *given,
                         epl_val (*reduce)(epl_val x, int axis));
extern const epl_attr epl__arg_args_table[];
/* An operation on epl_cumsum_args: integers become i64; the axis is 0 for rank 0. */
bool epl__scan_in(const char *op, epl_val *x, const epl_cumsum_args *a, const char *given,
                  int *axis);
extern const epl_attr epl__cumsum_args_table[];

/* -- walks for kernels ---------------------------------------------------------------- */
/* Outputs in row-major order, and the terms of each. */
typedef struct {
    int kept, rank; /* axes: the first `kept` stay */
    int64_t dim[EPL_MAX_RANK], step[EPL_MAX_RANK];
    int64_t outputs, terms;
} epl__rows;
epl__rows epl__rows_of(epl_shape s, int64_t mask);
int64_t epl__row_at(const epl__rows *r, int64_t output); /* offset of its first term */
int64_t epl__term_at(const epl__rows *r, int64_t term);  /* offset from there */
/* Lines along one axis: line l starts at (l / inner) * n * inner + l % inner. */
typedef struct {
    int64_t lines, n, inner;
} epl__lines;
epl__lines epl__lines_of(epl_shape s, int64_t axis);
static inline int64_t epl__line_at(const epl__lines *l, int64_t line)
{
    return line / l->inner * l->n * l->inner + line % l->inner;
}
/* Elements by dtype: floats, and all else. */
double epl__load(const epl_array *x, int64_t i);
int64_t epl__load_int(const epl_array *x, int64_t i);
void epl__store(const epl_array *y, int64_t i, double v);
void epl__store_int(const epl_array *y, int64_t i, int64_t v);
/* Is a before b in an order where NaN comes last (as the greatest)? By index for floats
 * and integers alike. */
bool epl__less(const epl_array *x, int64_t a, int64_t b);
bool epl__is_nan(const epl_array *x, int64_t i);
/* out[...] = the greatest (or least) of each row; NaN wins. */
void epl__extreme(const epl_array *in, const epl_array *out, int64_t mask, bool greatest);
/* out[...] = where on the axis it stands first, a NaN before all. */
void epl__extreme_at(const epl_array *in, const epl_array *out, int64_t axis, bool greatest);

/* The type of a reduction over epl__reduce_attrs, and of one over epl__axis_attrs. */
epl_type epl__reduce_type(const epl_type *in, size_t count, const void *attrs);
epl_type epl__axis_type(const epl_type *in, size_t count, const void *attrs);
extern const epl_attr epl__reduce_table[], epl__axis_table[];

/* Rows of the tables that several operations share. */
#define EPL__ARG_DIM(args) EPL_ATTR_F(args, dim, EPL_LIST, 0, 0, 0, 1, EPL_ATTR_NONE)
#define EPL__ARG_AXIS(args, value) EPL_ATTR_F(args, dim, EPL_INT, value, -12, 11, 1, EPL_ATTR_NONE)
#define EPL__ARG_KEEPDIM(args) EPL_ATTR(args, keepdim, EPL_BOOLEAN, 0, 0, 1)
#define EPL__ARG_DTYPE(args) EPL_ATTR_F(args, dtype, EPL_DTYPE, 0, 0, 0, 1, EPL_ATTR_NONE)

#endif
