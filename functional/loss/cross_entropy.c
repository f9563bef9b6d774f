/* cross_entropy, nll_loss: the log-probability of the target's class.
 *
 * A class is picked by one gather: [n, c] and [n] in, [n] out. A target that is ignored
 * picks class 0, and counts nothing; a class that is out of range fails the run there.
 */
#include <string.h>
#include "loss.h"

typedef struct {
    const char *op;
    epl_val x, target, weight; /* x: log-probabilities once they are there */
    int64_t ignore;
    char how; /* reduction */
    double smoothing;
    int axis; /* of the classes in x */
} classes;

static epl_shape without_classes(const classes *c)
{
    return epl__shape_without(epl_typeof(c->x).shape, INT64_C(1) << c->axis);
}

static bool same_shape(epl_shape a, epl_shape b)
{
    return a.rank == b.rank && !memcmp(a.dim, b.dim, (size_t)a.rank * sizeof *a.dim);
}

static bool input_in(classes *c, const char *reduction)
{
    if (!epl__present(c->op, epl_list(c->x, c->target).at, 2) || !epl__float_in(c->op, &c->x))
        return false;
    int rank = epl_rank(c->x);
    c->axis = rank > 1;
    c->how = epl__reduction(c->op, c->x, reduction);
    if (!rank)
        epl__bad(c->x, EPL_ERR_SHAPE, "[%s] input must be [c], [n, c] or [n, c, ...], got %s",
                 c->op, epl__show(c->x));
    if (!rank || !c->how)
        return false;
    epl_type want = epl_type_of(epl_typeof(c->x).dtype, epl_dims(epl_dim(c->x, c->axis)));
    if (epl_is_none(c->weight) || epl_type_equal(epl_typeof(c->weight), want))
        return true;
    epl__bad(c->x, EPL_ERR_SHAPE, "[%s] weight must be %s for input %s, got %s", c->op,
             epl_type_text(want, (char[EPL_TYPE_TEXT]){0}), epl__show(c->x), epl__show(c->weight));
    return false;
}

static bool target_in(classes *c)
{
    epl_type t = epl_typeof(c->target);
    epl_type want = epl_type_of(EPL_I64, without_classes(c));
    bool whole = t.dtype != EPL_NONE && t.dtype != EPL_BOOL && !epl_dtype_is_float(t.dtype);
    if (!whole || epl__is_num(c->target) || !same_shape(t.shape, want.shape)) {
        epl__bad(c->x, whole ? EPL_ERR_SHAPE : EPL_ERR_DTYPE,
                 "[%s] target must be %s of classes for input %s, got %s", c->op,
                 epl_type_text(want, (char[EPL_TYPE_TEXT]){0}), epl__show(c->x),
                 epl__show(c->target));
        return false;
    }
    if (t.dtype != EPL_I32)
        c->target = epl__cast(c->target, EPL_I64);
    return true;
}

/* [..., d]: 1 where the target counts, the class there. */
typedef struct {
    epl_val counts, class;
} places;

static places places_of(const classes *c)
{
    places p;
    p.counts = epl_ne(c->target, epl_int(c->ignore));
    p.class = epl__select(p.counts, c->target, epl__like(c->target, 0));
    return p;
}

static epl_val where_counts(const places *p, epl_val v)
{
    return epl__select(p->counts, v, epl__like(v, 0));
}

/* What the sum of the losses is divided by: weights of the targets that count. */
static epl_val divisor(const classes *c, const places *p)
{
    epl_val w = epl_is_none(c->weight) ? epl__cast(p->counts, epl_typeof(c->x).dtype)
                                       : where_counts(p, epl__gather(c->weight, p->class, 0));
    return epl__sum(w, epl__all_axes(w));
}

static epl_val picked(const classes *c, const places *p)
{
    int last = epl_rank(c->x) - 1;
    epl_val y = epl__gather(epl__move_axis(c->x, c->axis, last), p->class, last);
    if (!epl_is_none(c->weight))
        y = epl_mul(y, epl__gather(c->weight, p->class, 0));
    return where_counts(p, epl_neg(y));
}

/* The loss of all classes as if each was the target. */
static epl_val of_all(const classes *c, const places *p)
{
    epl_val y = c->x;
    if (!epl_is_none(c->weight))
        y = epl_mul(y, epl__along(c->weight, y, c->axis));
    return where_counts(p, epl_neg(epl__sum(y, INT64_C(1) << c->axis)));
}

static epl_val by_class(const classes *c)
{
    places p = places_of(c);
    epl_val loss = picked(c, &p);
    if (c->smoothing > 0) {
        double share = c->smoothing / (double)epl_dim(c->x, c->axis);
        loss = epl_add(epl_mul(loss, epl_num(1 - c->smoothing)),
                       epl_mul(of_all(c, &p), epl_num(share)));
    }
    if (c->how == 'n')
        return loss;
    epl_val sum = epl__sum(loss, epl__all_axes(loss));
    return c->how == 's' ? sum : epl_div(sum, divisor(c, &p));
}

static epl_val by_probability(const classes *c)
{
    epl_val t = c->target;
    double n = (double)epl_dim(c->x, c->axis), smoothing = c->smoothing;
    if (smoothing > 0)
        t = epl_add(epl_mul(t, epl_num(1 - smoothing)), epl_num(smoothing / n));
    epl_val y = epl_mul(c->x, t);
    if (!epl_is_none(c->weight))
        y = epl_mul(y, epl__along(c->weight, y, c->axis));
    if (c->how == 'n')
        return epl_neg(epl__sum(y, INT64_C(1) << c->axis));
    epl_val sum = epl_neg(epl__sum(y, epl__all_axes(y)));
    epl_shape s = without_classes(c);
    double count = (double)epl__product(s, 0, s.rank);
    return c->how == 's' ? sum : epl_div(sum, epl_num(count));
}

/* Probabilities are floats of the input's shape; all else is classes. */
static bool probabilities_in(classes *c, const char *given)
{
    if (!epl_dtype_is_float(epl_typeof(c->target).dtype))
        return false;
    epl_type t = epl_typeof(c->x);
    if (epl__is_num(c->target) || !same_shape(epl_typeof(c->target).shape, t.shape))
        epl__bad(c->x, EPL_ERR_SHAPE,
                 "[%s] probabilities must have the shape of input %s, got %s; classes are integers",
                 c->op, epl__show(c->x), epl__show(c->target));
    else if (epl__given(given, "ignore_index") && c->ignore >= 0)
        epl__bad(c->x, EPL_ERR_ARG,
                 "[%s] ignore_index is for classes, the target %s has probabilities", c->op,
                 epl__show(c->target));
    c->target = epl__cast(c->target, t.dtype);
    return true;
}

epl_val epl_op_cross_entropy(const epl_cross_entropy_args *a, const char *given)
{
    int64_t ignore = epl__given(given, "ignore_index") ? a->ignore_index : -100;
    classes c = {"cross_entropy", a->input, a->target, a->weight, ignore, 0, a->label_smoothing, 0};
    if (!input_in(&c, a->reduction))
        return EPL_NO_VAL;
    if (!(c.smoothing >= 0 && c.smoothing <= 1))
        return epl__bad(c.x, EPL_ERR_ARG,
                        "[cross_entropy] label_smoothing must be in [0, 1], got %g", c.smoothing);
    bool probabilities = probabilities_in(&c, given);
    if (epl_scope_status(epl_val_scope(c.x)) != EPL_OK || (!probabilities && !target_in(&c)))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(c.x, c.op);
    c.x = epl__log_softmax(c.x, c.axis);
    epl_val y = probabilities ? by_probability(&c) : by_class(&c);
    epl__composite_end(a->input, before);
    return y;
}
static const epl_attr entropy_table[] = {
    EPL_ARG(epl_cross_entropy_args, input),
    EPL_ARG(epl_cross_entropy_args, target),
    EPL_ARG_OPTIONAL(epl_cross_entropy_args, weight),
    EPL__SIZE_AVERAGE(epl_cross_entropy_args),
    EPL_ATTR(epl_cross_entropy_args, ignore_index, EPL_INT, -100, -9e18, 9e18),
    EPL__REDUCE(epl_cross_entropy_args),
    EPL__REDUCTION(epl_cross_entropy_args),
    EPL_ATTR(epl_cross_entropy_args, label_smoothing, EPL_NUMBER, 0, 0, 1),
    EPL_ATTR_END};
EPL__LOSS(cross_entropy, "-log softmax(input)[target]", epl_cross_entropy_args, entropy_table);

epl_val epl_op_nll_loss(const epl_nll_loss_args *a, const char *given)
{
    int64_t ignore = epl__given(given, "ignore_index") ? a->ignore_index : -100;
    classes c = {"nll_loss", a->input, a->target, a->weight, ignore, 0, 0, 0};
    if (!input_in(&c, a->reduction) || !target_in(&c))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(c.x, c.op);
    epl_val y = by_class(&c);
    epl__composite_end(c.x, before);
    return y;
}
static const epl_attr nll_table[] = {
    EPL_ARG(epl_nll_loss_args, input),
    EPL_ARG(epl_nll_loss_args, target),
    EPL_ARG_OPTIONAL(epl_nll_loss_args, weight),
    EPL__SIZE_AVERAGE(epl_nll_loss_args),
    EPL_ATTR(epl_nll_loss_args, ignore_index, EPL_INT, -100, -9e18, 9e18),
    EPL__REDUCE(epl_nll_loss_args),
    EPL__REDUCTION(epl_nll_loss_args),
    EPL_ATTR_END};
EPL__LOSS(nll_loss, "-input[target]", epl_nll_loss_args, nll_table);
