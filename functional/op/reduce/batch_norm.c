/* batch_norm, instance_norm: a channel at a time, with statistics of the batch or running
 * ones.
 *
 * The statistics are exact in f32 at any mean: the first element of each channel is
 * subtracted as a constant, then the mean, and the variance is that of what is left. New
 * running statistics are results beside the output; nothing is changed in place.
 */
#include "norm.h"

bool epl__weight_in(const char *op, const char *what, epl_val v, epl_val x, epl_shape shape)
{
    epl_type want = epl_type_of(epl_typeof(x).dtype, shape);
    if (epl_is_none(v) || (!epl__is_num(v) && epl_type_equal(epl_typeof(v), want)))
        return true;
    char text[EPL_TYPE_TEXT];
    epl__bad(x, EPL_ERR_SHAPE, "[%s] %s must be %s for input %s, got %s", op, what,
             epl_type_text(want, text), epl__show(x), epl__is_num(v) ? "a number" : epl__show(v));
    return false;
}

epl_val epl__along(epl_val v, epl_val x, int axis)
{
    return epl__spread(v, x, epl__all_axes(x) & ~(INT64_C(1) << axis));
}

epl_val epl__affine(epl_val y, epl_val weight, epl_val bias, int axis)
{
    y = epl_is_none(weight) ? y : epl_mul(y, epl__along(weight, y, axis));
    return epl_is_none(bias) ? y : epl_add(y, epl__along(bias, y, axis));
}

typedef struct {
    const char *op;
    epl_val x, running_mean, running_var, weight, bias;
    double momentum, eps;
    epl_val *new_mean, *new_var;
} channels;

static bool channels_in(channels *c, bool from_batch)
{
    if (!epl__float_in(c->op, &c->x))
        return false;
    epl_shape s = epl_typeof(c->x).shape;
    if (s.rank < 2) {
        epl__bad(c->x, EPL_ERR_SHAPE, "[%s] input %s must be [n, c, ...]", c->op, epl__show(c->x));
        return false;
    }
    epl_shape one = epl_shape_of(1, &s.dim[1]);
    if (!epl__weight_in(c->op, "running_mean", c->running_mean, c->x, one) ||
        !epl__weight_in(c->op, "running_var", c->running_var, c->x, one) ||
        !epl__weight_in(c->op, "weight", c->weight, c->x, one) ||
        !epl__weight_in(c->op, "bias", c->bias, c->x, one))
        return false;
    bool running = !epl_is_none(c->running_mean) && !epl_is_none(c->running_var);
    if (!running && (!from_batch || ((c->new_mean || c->new_var) && c->momentum != 1))) {
        epl__bad(c->x, EPL_ERR_ARG, "[%s] running_mean and running_var must be given %s", c->op,
                 from_batch ? "where new ones are asked for" : "unless the input's own are used");
        return false;
    }
    return true;
}

static void results(const channels *c, epl_val mean, epl_val var)
{
    if (c->new_mean)
        *c->new_mean = mean;
    if (c->new_var)
        *c->new_var = var;
}

static epl_val moved(epl_val old, epl_val now, double momentum)
{
    if (momentum == 1)
        return now;
    return epl_add(epl_mul(old, epl_num(1 - momentum)), epl_mul(now, epl_num(momentum)));
}

/* With running statistics: one product and one sum an element. */
static epl_val by_running(const channels *c)
{
    epl_val scale = epl_rsqrt(epl_add(c->running_var, epl_num(c->eps)));
    scale = epl_is_none(c->weight) ? scale : epl_mul(scale, c->weight);
    epl_val left = epl_sub(c->x, epl__along(c->running_mean, c->x, 1));
    results(c, c->running_mean, c->running_var);
    return epl__affine(left, scale, c->bias, 1);
}

/* With statistics over the mask: all axes but the channel's, or the spatial ones alone. */
static epl_val by_batch(const channels *c, int64_t mask)
{
    epl_shape s = epl_typeof(c->x).shape;
    double n = (double)epl__terms(s, mask);
    bool by_sample = !(mask & 1);
    epl_val mean, weight = c->weight;
    epl_val left = epl__centred(c->x, mask, true, &mean);
    epl_val var = epl__mean(epl_square(left), mask);
    epl_val scale = epl_rsqrt(epl_add(var, epl_num(c->eps)));
    if (!epl_is_none(weight))
        scale = epl_mul(scale, by_sample ? epl__lead(weight, s.dim[0]) : weight);
    if (c->new_mean || c->new_var) {
        epl_val unbiased = epl_mul(var, epl_num(n / (n > 1 ? n - 1 : 1)));
        mean = by_sample ? epl__mean(mean, 1) : mean;
        unbiased = by_sample ? epl__mean(unbiased, 1) : unbiased;
        results(c, moved(c->running_mean, mean, c->momentum),
                moved(c->running_var, unbiased, c->momentum));
    }
    epl_val y = epl_mul(left, epl__spread(scale, left, mask));
    return epl__affine(y, EPL_NO_VAL, c->bias, 1);
}

static epl_val normalized(channels *c, bool from_batch, int64_t first_axis)
{
    if (!channels_in(c, from_batch))
        return EPL_NO_VAL;
    epl_shape s = epl_typeof(c->x).shape;
    int64_t mask = epl__all_axes(c->x) & ~(first_axis ? INT64_C(3) : INT64_C(2));
    uint32_t before = epl__composite(c->x, c->op);
    epl_val y;
    if (epl_count(epl_typeof(c->x)) == 0) {
        results(c, c->running_mean, c->running_var);
        y = epl__affine(epl__own(c->x, c->x), c->weight, c->bias, 1);
    } else if (!from_batch)
        y = by_running(c);
    else if (epl__terms(s, mask) == 1)
        y = epl__bad(c->x, EPL_ERR_SHAPE,
                     "[%s] statistics need more than one element a channel, got input %s", c->op,
                     epl__show(c->x));
    else
        y = by_batch(c, mask);
    epl__composite_end(c->x, before);
    return y;
}

epl_val epl_op_batch_norm(const epl_batch_norm_args *a, const char *given)
{
    channels c = {.op = "batch_norm",
                  .x = a->input,
                  .running_mean = a->running_mean,
                  .running_var = a->running_var,
                  .weight = a->weight,
                  .bias = a->bias,
                  .momentum = epl__given(given, "momentum") ? a->momentum : 0.1,
                  .eps = epl__given(given, "eps") ? a->eps : 1e-5,
                  .new_mean = a->new_mean,
                  .new_var = a->new_var};
    results(&c, EPL_NO_VAL, EPL_NO_VAL);
    if (epl_rank(c.x) == 1 && epl_dim(c.x, 0) == 0) /* torch: as it is */
        return epl__float_in(c.op, &c.x) ? epl__own(c.x, a->input) : EPL_NO_VAL;
    if (c.eps < 0 || (a->training && c.eps == 0))
        return epl__bad(c.x, EPL_ERR_ARG, "[batch_norm] eps must be positive, got %g", c.eps);
    return normalized(&c, a->training, 0);
}

epl_val epl_op_instance_norm(const epl_instance_norm_args *a, const char *given)
{
    bool from_batch = !epl__given(given, "use_input_stats") || a->use_input_stats;
    channels c = {.op = "instance_norm",
                  .x = a->input,
                  .running_mean = a->running_mean,
                  .running_var = a->running_var,
                  .weight = a->weight,
                  .bias = a->bias,
                  .momentum = epl__given(given, "momentum") ? a->momentum : 0.1,
                  .eps = epl__given(given, "eps") ? a->eps : 1e-5,
                  .new_mean = a->new_mean,
                  .new_var = a->new_var};
    results(&c, EPL_NO_VAL, EPL_NO_VAL);
    return normalized(&c, from_batch, 1);
}

#define STATISTICS(args)                                                       \
    EPL_ARG_OPTIONAL(args, running_mean), EPL_ARG_OPTIONAL(args, running_var), \
        EPL_ARG_OPTIONAL(args, weight), EPL_ARG_OPTIONAL(args, bias)
#define NUMBERS(args)                                         \
    EPL_ATTR(args, momentum, EPL_NUMBER, 0.1, -1e300, 1e300), \
        EPL_ATTR(args, eps, EPL_NUMBER, 1e-5, -1e300, 1e300), EPL_ATTR_END

static const epl_attr batch_table[] = {
    EPL_ARG(epl_batch_norm_args, input), STATISTICS(epl_batch_norm_args),
    EPL_ATTR(epl_batch_norm_args, training, EPL_BOOLEAN, 0, 0, 1), NUMBERS(epl_batch_norm_args)};
EPL__OPERATION(batch_norm, "(x - mean) / sqrt(var + eps) weight + bias, a channel at a time",
               epl_batch_norm_args, batch_table);

static const epl_attr instance_table[] = {
    EPL_ARG(epl_instance_norm_args, input), STATISTICS(epl_instance_norm_args),
    EPL_ATTR(epl_instance_norm_args, use_input_stats, EPL_BOOLEAN, 1, 0, 1),
    NUMBERS(epl_instance_norm_args)};
EPL__OPERATION(instance_norm,
               "(x - mean) / sqrt(var + eps) weight + bias, a sample and channel at a time",
               epl_instance_norm_args, instance_table);
