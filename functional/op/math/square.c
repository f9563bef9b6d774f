/* square: y = x^2;  dy = 2 x dx. */
#include "elementwise.h"

EPL__SCALAR(x[0] * x[0]);
EPL__SCALAR_INT((int64_t)((uint64_t)x[0] * (uint64_t)x[0]));
EPL__JVP(epl_mul(dx[0], epl_mul(x[0], epl_num(2))));

const epl_prim epl__prim_square = {.name = "square",
                                   .formula = "y = x^2",
                                   .inputs = 1,
                                   .scalar = scalar,
                                   .scalar_int = scalar_int,
                                   .jvp = jvp,
                                   EPL__TILED(SQUARE)};

epl_val epl_square(epl_val x)
{
    bool flag = epl_typeof(x).dtype == EPL_BOOL;
    return epl__map1(&epl__prim_square, flag ? epl_cast(x, EPL_I64) : x, 0);
}
EPL__OPERATION1(square, "x^2");
