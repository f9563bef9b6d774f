/* sign: y = -1, 0 or 1;  dy = 0. */
#include "elementwise.h"

EPL__SCALAR((x[0] > 0) - (x[0] < 0));
EPL__SCALAR_INT((x[0] > 0) - (x[0] < 0));
EPL__JVP(EPL_NO_VAL);

const epl_prim epl__prim_sign = {.name = "sign",
                                 .formula = "y = -1, 0 or 1",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .scalar_int = scalar_int,
                                 .jvp = jvp,
                                 EPL__TILED(SIGN)};

epl_val epl_sign(epl_val x)
{
    return epl_typeof(x).dtype == EPL_BOOL ? epl_copy(x) : epl__map1(&epl__prim_sign, x, 0);
}
EPL__OPERATION1(sign, "-1, 0 or 1");
