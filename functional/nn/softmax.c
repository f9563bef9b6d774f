/* softmax.c -- Softmax, LogSoftmax along an axis. */
#include <espalier/espalier.h>

/* torch's axis where none is given. */
static int64_t axis(epl_ctx *c, const epl_nn_softmax_args *a, epl_val x)
{
    int rank = epl_rank(x);
    if (epl_module_has(epl_ctx_module(c), "dim"))
        return a->dim;
    return rank == 0 || rank == 1 || rank == 3 ? 0 : 1;
}

static epl_val softmax(epl_ctx *c, const void *args, epl_val x)
{
    return epl_softmax(x, axis(c, args, x));
}

static epl_val log_softmax(epl_ctx *c, const void *args, epl_val x)
{
    return epl_log_softmax(x, axis(c, args, x));
}

static const epl_attr attrs[] = {
    EPL_ATTR(epl_nn_softmax_args, dim, EPL_INT, 0, -EPL_MAX_RANK, EPL_MAX_RANK), EPL_ATTR_END};
const epl_kind epl_kind_softmax = {.name = "Softmax",
                                   .version = 1,
                                   .args_size = sizeof(epl_nn_softmax_args),
                                   .attrs = attrs,
                                   .apply = softmax,
                                   .doc = "y = e^x / sum e^x along dim"};
const epl_kind epl_kind_log_softmax = {.name = "LogSoftmax",
                                       .version = 1,
                                       .args_size = sizeof(epl_nn_softmax_args),
                                       .attrs = attrs,
                                       .apply = log_softmax,
                                       .doc = "y = x - ln sum e^x along dim"};
