/* dropout.c -- Dropout, Dropout1d, 2d, 3d: zeros in training, nothing in evaluation.
 *
 * Each layer draws by the key folded with its path, so layers never share their zeros.
 */
#include <espalier/espalier.h>

typedef epl_val drop(const epl_dropout_args *a, const char *given);

static epl_val apply(epl_ctx *c, const epl_nn_dropout_args *a, epl_val x, drop *f)
{
    epl_dropout_args d = {.input = x, .p = a->p, .training = epl_training(c) && a->p > 0};
    if (d.training) {
        d.key = epl_key_here(c);
        if (epl_is_none(d.key))
            return EPL_NO_VAL;
    }
    return f(&d, "p training key");
}

static const epl_attr attrs[] = {EPL_ATTR(epl_nn_dropout_args, p, EPL_NUMBER, 0.5, 0, 1),
                                 EPL_ATTR(epl_nn_dropout_args, inplace, EPL_BOOLEAN, 0, 0, 1),
                                 EPL_ATTR_END};

#define DROPOUT(kind_, name_, what)                                              \
    static epl_val apply_##kind_(epl_ctx *c, const void *args, epl_val x)        \
    {                                                                            \
        return apply(c, args, x, epl_op_##kind_);                                \
    }                                                                            \
    const epl_kind epl_kind_##kind_ = {.name = name_,                            \
                                       .version = 1,                             \
                                       .args_size = sizeof(epl_nn_dropout_args), \
                                       .attrs = attrs,                           \
                                       .apply = apply_##kind_,                   \
                                       .doc = "each " what                       \
                                              " 0 with probability p, else x / (1 - p)"}
DROPOUT(dropout, "Dropout", "number");
DROPOUT(dropout1d, "Dropout1d", "channel [n, c, l]");
DROPOUT(dropout2d, "Dropout2d", "channel [n, c, h, w]");
DROPOUT(dropout3d, "Dropout3d", "channel [n, c, d, h, w]");
