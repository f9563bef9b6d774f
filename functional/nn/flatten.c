/* flatten.c -- Flatten: axes start_dim to end_dim as one; Unflatten: an axis as several. */
#include <espalier/espalier.h>

static epl_val flatten(epl_ctx *c, const void *args, epl_val x)
{
    const epl_nn_flatten_args *a = args;
    (void)c;
    return epl_flatten(x, .start_dim = a->start_dim, .end_dim = a->end_dim);
}

static const epl_attr flatten_attrs[] = {
    EPL_ATTR(epl_nn_flatten_args, start_dim, EPL_INT, 1, -EPL_MAX_RANK, EPL_MAX_RANK),
    EPL_ATTR(epl_nn_flatten_args, end_dim, EPL_INT, -1, -EPL_MAX_RANK, EPL_MAX_RANK), EPL_ATTR_END};
const epl_kind epl_kind_flatten = {.name = "Flatten",
                                   .version = 1,
                                   .args_size = sizeof(epl_nn_flatten_args),
                                   .attrs = flatten_attrs,
                                   .apply = flatten,
                                   .doc = "y = x with axes start_dim to end_dim as one"};

static epl_val unflatten(epl_ctx *c, const void *args, epl_val x)
{
    const epl_nn_unflatten_args *a = args;
    (void)c;
    return epl_unflatten(x, a->dim,
                         epl_shape_of(a->unflattened_size.count, a->unflattened_size.at));
}

static const epl_attr unflatten_attrs[] = {
    EPL_ATTR_F(epl_nn_unflatten_args, dim, EPL_INT, 0, -EPL_MAX_RANK, EPL_MAX_RANK, 1,
               EPL_ATTR_REQUIRED),
    EPL_ATTR_F(epl_nn_unflatten_args, unflattened_size, EPL_LIST, 0, -1, 1e15, EPL_MAX_RANK,
               EPL_ATTR_REQUIRED),
    EPL_ATTR_END};
const epl_kind epl_kind_unflatten = {.name = "Unflatten",
                                     .version = 1,
                                     .args_size = sizeof(epl_nn_unflatten_args),
                                     .attrs = unflatten_attrs,
                                     .apply = unflatten,
                                     .doc = "y = x with axis dim as several"};
