/* prepare.c -- what programs do to an input before the network sees it.
 *
 * The arithmetic is torchvision's: x / 255, then (x - mean) / std, a channel at a time.
 */
#include "module.h"

/* One number a channel, as a value that broadcasts against x [n, c, ...]. */
static epl_val by_channel(epl_val x, const double *number, size_t count)
{
    epl_fn *f = epl__fn_of(x);
    int64_t dim[EPL_MAX_RANK], n = (int64_t)count;
    if (count == 1)
        return epl_num(number[0]);
    for (int i = 0; i + 1 < epl_rank(x); i++)
        dim[i] = i ? 1 : n;
    epl_type all = epl_type_of(EPL_F64, epl_shape_of(1, &n));
    epl_val v = epl_cast(epl_data(f, epl_at(number, all)), epl_typeof(x).dtype);
    return epl_reshape(v, epl_shape_of((size_t)epl_rank(x) - 1, dim));
}

epl_val epl_prepare(epl_module m, epl_val x, epl_dtype dtype)
{
    epl_type t = epl_typeof(x);
    epl_example e = epl_example_of(m);
    epl_fn *f = epl__fn_of(x);
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    if (dtype != EPL_F32 && dtype != EPL_F64)
        dtype = EPL_F32;
    if (t.dtype == EPL_U8)
        x = epl_div(epl_cast(x, dtype), epl_num(255));
    else if (epl_dtype_is_float(t.dtype) || e.channels)
        x = epl_cast(x, dtype);
    if (!e.channels)
        return x;
    if (e.channels > 1 && (int64_t)e.channels != epl_dim(x, 1)) {
        char text[EPL_TYPE_TEXT];
        epl__fail(f, EPL_ERR_SHAPE,
                  "[prepare] the description normalizes %zu channels, the input is %s", e.channels,
                  epl_type_text(t, text));
        return EPL_NO_VAL;
    }
    return epl_div(epl_sub(x, by_channel(x, e.mean, e.channels)), by_channel(x, e.std, e.channels));
}
