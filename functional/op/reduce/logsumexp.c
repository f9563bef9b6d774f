/* logsumexp: y = log sum exp x over the axes of dim.
 *
 * The greatest is subtracted and takes part in derivatives: it cancels there, and centres
 * the tangent, so that second derivatives of confident rows are exact in f32. Where it is
 * infinite, 0 is subtracted.
 */
#include <math.h>
#include "reducing.h"

static epl_val of_some(epl_val x, int64_t mask)
{
    epl_val most = epl__amax(x, mask);
    epl_val infinite = epl_eq(epl_abs(most), epl_num(INFINITY));
    most = epl__select(infinite, epl__like(most, 0), most);
    epl_val e = epl_exp(epl_sub(x, epl__spread(most, x, mask)));
    return epl_add(epl_log(epl__sum(e, mask)), most);
}

epl_val epl_op_logsumexp(const epl_reduce_args *a, const char *given)
{
    epl_val x = a->input;
    int64_t mask;
    if (!epl__float_in("logsumexp", &x) ||
        !epl__axes_in("logsumexp", x, a->dim, given, false, &mask))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x, "logsumexp");
    epl_shape s = epl_typeof(x).shape;
    epl_val y;
    if (epl__terms(s, mask) == 0)
        y = epl__full(x, epl_typeof(x).dtype, epl__shape_without(s, mask), -INFINITY);
    else
        y = of_some(x, mask);
    epl__composite_end(x, before);
    return a->keepdim ? epl__keep(y, s, mask) : y;
}
EPL__OPERATION(logsumexp, "y = log sum exp x over the axes of dim", epl_reduce_args,
               epl__reduce_args_table);
