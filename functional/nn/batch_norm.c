/* batch_norm.c -- BatchNorm1d, 2d, 3d: they differ in the shapes they take alone.
 *
 * The running statistics are buffers: they come in and go out as a value, and nothing is
 * changed in place. Without them (track_running_stats = false) the batch's own are used in
 * evaluation, too.
 */
#include <espalier/espalier.h>

/* Running statistics after this batch; mean and var are the batch's. */
static void move(epl_ctx *c, const epl_nn_batch_norm_args *a, const epl_val *old, epl_val mean,
                 epl_val var)
{
    epl_val count = epl_add(epl_counter(c, "num_batches_tracked"), epl_int(1));
    if (a->momentum == EPL_CUMULATIVE) { /* the mean of all batches: momentum 1 / count */
        epl_val n = epl_cast(count, epl_typeof(mean).dtype);
        mean = epl_add(old[0], epl_div(epl_sub(mean, old[0]), n));
        var = epl_add(old[1], epl_div(epl_sub(var, old[1]), n));
    }
    epl_buffer_set(c, "running_mean", mean);
    epl_buffer_set(c, "running_var", var);
    epl_buffer_set(c, "num_batches_tracked", count);
}

static epl_val normalized(epl_ctx *c, const epl_nn_batch_norm_args *a, epl_val x)
{
    int64_t n = epl_size(c, "num_features", epl_dim(x, 1));
    epl_val weight = EPL_NO_VAL, bias = EPL_NO_VAL, old[2] = {EPL_NO_VAL, EPL_NO_VAL}, mean, var;
    if (a->affine) {
        weight = epl_param(c, "weight", EPL_NORM, epl_dims(n), epl_init_full(1));
        bias = epl_param(c, "bias", EPL_NORM, epl_dims(n), epl_init_full(0));
    }
    if (!a->track_running_stats)
        return epl_batch_norm(x, .weight = weight, .bias = bias, .training = true, .eps = a->eps);
    old[0] = epl_buffer(c, "running_mean", epl_dims(n), epl_init_full(0));
    old[1] = epl_buffer(c, "running_var", epl_dims(n), epl_init_full(1));
    epl_counter(c, "num_batches_tracked");
    if (!epl_training(c))
        return epl_batch_norm(x, .running_mean = old[0], .running_var = old[1], .weight = weight,
                              .bias = bias, .eps = a->eps);
    epl_val y = epl_batch_norm(x, .running_mean = old[0], .running_var = old[1], .weight = weight,
                               .bias = bias, .training = true, .eps = a->eps,
                               .momentum = a->momentum == EPL_CUMULATIVE ? 1 : a->momentum,
                               .new_mean = &mean, .new_var = &var);
    if (!epl_is_none(y))
        move(c, a, old, mean, var);
    return y;
}

static epl_val apply(epl_ctx *c, const void *args, epl_val x, const char *name, int least, int most,
                     const char *shapes)
{
    const epl_nn_batch_norm_args *a = args;
    char text[EPL_TYPE_TEXT];
    if (epl_rank(x) < least || epl_rank(x) > most)
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "%s takes %s, got %s", name, shapes,
                            epl_type_text(epl_typeof(x), text));
    if (a->momentum < 0 && a->momentum != EPL_CUMULATIVE)
        return epl_ctx_fail(c, EPL_ERR_ARG, "\"momentum\" must be in [0, 1] or cumulative, got %g",
                            a->momentum);
    return normalized(c, a, x);
}

static const epl_attr attrs[] = {
    EPL_ATTR_F(epl_nn_batch_norm_args, num_features, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_OPEN),
    EPL_ATTR(epl_nn_batch_norm_args, eps, EPL_NUMBER, 1e-5, 0, 1e300),
    {"momentum", EPL_NUMBER, offsetof(epl_nn_batch_norm_args, momentum), 0.1, EPL_CUMULATIVE, 1, 1,
     0, "cumulative"},
    EPL_ATTR(epl_nn_batch_norm_args, affine, EPL_BOOLEAN, 1, 0, 1),
    EPL_ATTR(epl_nn_batch_norm_args, track_running_stats, EPL_BOOLEAN, 1, 0, 1),
    EPL_ATTR_END};

#define BATCH_NORM(n, least, most, shapes)                                 \
    static epl_val apply##n(epl_ctx *c, const void *args, epl_val x)       \
    {                                                                      \
        return apply(c, args, x, "BatchNorm" #n "d", least, most, shapes); \
    }                                                                      \
    const epl_kind epl_kind_batch_norm##n##d = {                           \
        .name = "BatchNorm" #n "d",                                        \
        .version = 1,                                                      \
        .args_size = sizeof(epl_nn_batch_norm_args),                       \
        .attrs = attrs,                                                    \
        .apply = apply##n,                                                 \
        .doc = "y = (x - mean) / sqrt(var + eps) weight + bias, a channel at a time"}
BATCH_NORM(1, 2, 3, "[n, c] or [n, c, l]");
BATCH_NORM(2, 4, 4, "[n, c, h, w]");
BATCH_NORM(3, 5, 5, "[n, c, d, h, w]");
