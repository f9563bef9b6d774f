/* dropout_op.c -- numbers or whole channels set to zero by key, the rest scaled up.
 *
 * A number stays if its 32 random bits, read as an integer, reach a threshold: the choice
 * is the same for every dtype. The product with 0 or 1 / (1 - p) is torch's: NaN stays. */
#include <math.h>
#include "key_op.h"

/* 0 or 1 / (1 - p), with the first `own` axes of x; the others are one. */
static epl_val noise(epl_val x, epl_val key, double p, int own)
{
    epl_type t = epl_typeof(x);
    epl_shape s = t.shape, part = {.rank = own};
    int64_t mask = 0;
    for (int i = 0; i < s.rank; i++)
        if (i < own)
            part.dim[i] = s.dim[i];
        else
            mask |= INT64_C(1) << i;
    double threshold = floor(p * 0x1p32 + 0.5) - 0x1p31;
    threshold = threshold < 0x1p31 ? threshold : 0x1p31 - 1;
    epl_val keep = epl_ge(epl__random(key, EPL_I32, part), epl_int((int64_t)threshold));
    epl_val scale = epl__select(keep, epl__full(key, t.dtype, part, 1 / (1 - p)),
                                epl__full(key, t.dtype, part, 0));
    return epl__broadcast(scale, s, mask);
}

static epl_val drop(const char *op, const epl_dropout_args *a, const char *given, int own)
{
    epl_val x = a->input;
    double p = epl__given(given, "p") ? a->p : 0.5;
    bool training = epl__given(given, "training") ? a->training : true;
    if (!(p >= 0 && p <= 1))
        return epl__bad(x, EPL_ERR_ARG, "[%s] p must be a probability, got %g", op, p);
    if (!epl_dtype_is_float(epl_typeof(x).dtype))
        return epl__bad(x, EPL_ERR_DTYPE, "[%s] a float is expected, got %s", op, epl__show(x));
    if (!training || p == 0)
        return epl__own(x, x);
    if (p == 1)
        return epl_mul(x, epl_num(0));
    if (!a->key.graph)
        return epl__bad(x, EPL_ERR_ARG, "[%s] a key is needed in training: .key = ...", op);
    if (!epl__is_key(op, a->key, true))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x, op);
    epl_val y = epl_mul(x, noise(x, a->key, p, own));
    epl__composite_end(x, before);
    return y;
}

/* Channels: one draw for each of the first one or two axes. */
static epl_val drop_channels(const char *op, const epl_dropout_args *a, const char *given, int rank,
                             bool single)
{
    int have = epl_rank(a->input);
    if (!epl__fn_of(a->input))
        return EPL_NO_VAL;
    if (have != rank && have != rank - 1)
        return epl__bad(a->input, EPL_ERR_SHAPE, "[%s] %d or %d axes are expected, got %s", op,
                        rank, rank - 1, epl__show(a->input));
    return drop(op, a, given, have < rank && single ? 1 : 2);
}

epl_val epl_op_dropout(const epl_dropout_args *a, const char *given)
{
    return epl__fn_of(a->input) ? drop("dropout", a, given, epl_rank(a->input)) : EPL_NO_VAL;
}

epl_val epl_op_dropout1d(const epl_dropout_args *a, const char *given)
{
    return drop_channels("dropout1d", a, given, 3, true);
}

epl_val epl_op_dropout2d(const epl_dropout_args *a, const char *given)
{
    return drop_channels("dropout2d", a, given, 4, false);
}

epl_val epl_op_dropout3d(const epl_dropout_args *a, const char *given)
{
    return drop_channels("dropout3d", a, given, 5, true);
}

static const epl_attr table[] = {EPL_ARG(epl_dropout_args, input),
                                 EPL_ATTR(epl_dropout_args, p, EPL_NUMBER, 0.5, 0, 1),
                                 EPL_ATTR(epl_dropout_args, training, EPL_BOOLEAN, 1, 0, 1),
                                 EPL_ARG_OPTIONAL(epl_dropout_args, key), EPL_ATTR_END};
EPL__OPERATION(dropout, "each number 0 with probability p, else x / (1 - p)", epl_dropout_args,
               table);
EPL__OPERATION(dropout1d, "dropout of whole channels [n, c, l]", epl_dropout_args, table);
EPL__OPERATION(dropout2d, "dropout of whole channels [n, c, h, w]", epl_dropout_args, table);
EPL__OPERATION(dropout3d, "dropout of whole channels [n, c, d, h, w]", epl_dropout_args, table);
