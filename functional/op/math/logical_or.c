/* logical_or: y = a or b, of what is not 0. */
#include "elementwise.h"

EPL__SCALAR_INT((x[0] != 0) | (x[1] != 0));

const epl_prim epl__prim_logical_or = {.name = "logical_or",
                                       .formula = "y = a or b",
                                       .inputs = 2,
                                       .scalar_int = scalar_int,
                                       EPL__TILED(OR)};

epl_val epl_logical_or(epl_val a, epl_val b)
{
    return epl__map2(&epl__prim_logical_or, epl_cast(a, EPL_BOOL), epl_cast(b, EPL_BOOL), 0);
}
EPL__OPERATION2(logical_or, "input or other");
