/* cumprod: y[i] = x[0] ... x[i] along an axis, in log2 n products of the whole: no division,
 * so that zeros are exact at every order. */
#include "reducing.h"

/* After the step for s, y[i] is the product of the last 2s elements up to i. */
epl_val epl_op_cumprod(const epl_cumsum_args *a, const char *given)
{
    epl_val y = a->input;
    int axis;
    if (!epl__scan_in("cumprod", &y, a, given, &axis))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(y, "cumprod");
    int64_t n = epl_rank(y) ? epl_dim(y, axis) : 1;
    for (int64_t s = 1; s < n; s *= 2) {
        epl_val first = epl__slice(y, axis, 0, s, 1);
        epl_val later = epl_mul(epl__slice(y, axis, s, n - s, 1), epl__slice(y, axis, 0, n - s, 1));
        y = epl__concat(epl_list(first, later), axis);
    }
    epl__composite_end(y, before);
    return epl__own(y, a->input);
}
EPL__OPERATION(cumprod, "y[i] = x[0] ... x[i] along dim", epl_cumsum_args, epl__cumsum_args_table);
