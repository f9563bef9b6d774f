/* unfold.c -- sliding windows as columns: on each axis one strided slice for each place in
 * the window, so nothing is computed and the derivative adds up by itself. */
#include <inttypes.h>
#include "shape.h"

typedef struct {
    int64_t kernel, dilation, padding, stride;
} window;

/* Axis `axis` [h] as two: [kernel, windows]; none after an error. */
static epl_val windows(epl_val x, int axis, window w)
{
    int64_t reach, size;
    bool fits = w.kernel > 0 && w.dilation > 0 && w.stride > 0 && w.padding >= 0 &&
                epl__product_fits(w.kernel - 1, w.dilation, &reach) &&
                epl__product_fits(w.padding, 2, &size) &&
                epl__sum_fits(size, epl_dim(x, axis), &size);
    if (!fits || reach >= size)
        return epl__bad(x, EPL_ERR_SHAPE,
                        "[unfold] axis %d of %s with padding %" PRId64 " has no window "
                        "of %" PRId64 " (dilation %" PRId64 ", stride %" PRId64 ")",
                        axis, epl__show(x), w.padding, w.kernel, w.dilation, w.stride);
    int64_t count = (size - reach - 1) / w.stride + 1;
    epl_val *part = epl__val_list(x, (size_t)w.kernel);
    if (!part)
        return EPL_NO_VAL;
    x = epl__pad(x, axis, w.padding, w.padding, 0);
    for (int64_t k = 0; k < w.kernel; k++)
        part[k] = epl__insert(epl__slice(x, axis, k * w.dilation, count, w.stride), axis, 1);
    return epl__concat((epl_vals){(size_t)w.kernel, part}, axis);
}

/* Setting `i` of two; one alone stands for both. */
static int64_t setting(const int64_t at[2], int i, bool was_given)
{
    return !was_given ? 1 : i && at[1] ? at[1] : at[0];
}

epl_val epl_op_unfold(const epl_unfold_args *a, const char *given)
{
    epl_val x = a->input;
    int rank = epl_rank(x);
    epl_ints pad = epl__ints(a->padding);
    if (!epl__fn_of(x))
        return EPL_NO_VAL;
    if ((rank != 3 && rank != 4) || pad.count > 2)
        return epl__bad(x, EPL_ERR_SHAPE, "[unfold] [n, c, h, w] or [c, h, w] is expected, got %s",
                        epl__show(x));
    for (int i = 0; i < 2;
         i++) { /* [.., c, h, w] -> [.., c, kh, oh, w] -> [.., c, kh, oh, kw, ow] */
        window w = {setting(a->kernel_size, i, true),
                    setting(a->dilation, i, epl__given(given, "dilation")),
                    pad.count ? pad.at[i && pad.count == 2] : 0,
                    setting(a->stride, i, epl__given(given, "stride"))};
        x = windows(x, rank - 2 + 2 * i, w);
        if (!x.graph)
            return x;
    }
    epl_shape s = epl_typeof(x).shape, out = {.rank = rank - 1};
    int c = s.rank - 5;
    x = epl__move_axis(x, c + 3, c + 2);
    out.dim[0] = s.dim[0];
    out.dim[rank - 3] = s.dim[c] * s.dim[c + 1] * s.dim[c + 3];
    out.dim[rank - 2] = s.dim[c + 2] * s.dim[c + 4];
    return epl__reshape(x, out);
}

static const epl_attr table[] = {
    EPL_ARG(epl_unfold_args, input),
    EPL_ATTR_F(epl_unfold_args, kernel_size, EPL_INTS, 0, 1, EPL__MANY, 2, EPL_ATTR_REQUIRED),
    EPL_ATTR_N(epl_unfold_args, dilation, 2, 1, 1, EPL__MANY),
    EPL__ARG_MAYBE(epl_unfold_args, padding, EPL_LIST),
    EPL_ATTR_N(epl_unfold_args, stride, 2, 1, 1, EPL__MANY),
    EPL_ATTR_END};
EPL__OPERATION(unfold, "sliding windows as columns", epl_unfold_args, table);
