/* logical_not: y = (x == 0). */
#include "elementwise.h"

EPL__SCALAR_INT(x[0] == 0);

const epl_prim epl__prim_logical_not = {.name = "logical_not",
                                        .formula = "y = not x",
                                        .inputs = 1,
                                        .scalar_int = scalar_int,
                                        EPL__TILED(NOT)};

epl_val epl_logical_not(epl_val x)
{
    return epl__map1(&epl__prim_logical_not, epl_cast(x, EPL_BOOL), 0);
}
EPL__OPERATION1(logical_not, "not x");
