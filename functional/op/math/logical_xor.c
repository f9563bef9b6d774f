/* logical_xor: y = a xor b, of what is not 0. */
#include "elementwise.h"

EPL__SCALAR_INT((x[0] != 0) ^ (x[1] != 0));

const epl_prim epl__prim_logical_xor = {.name = "logical_xor",
                                        .formula = "y = a xor b",
                                        .inputs = 2,
                                        .scalar_int = scalar_int,
                                        EPL__TILED(XOR)};

epl_val epl_logical_xor(epl_val a, epl_val b)
{
    return epl__map2(&epl__prim_logical_xor, epl_cast(a, EPL_BOOL), epl_cast(b, EPL_BOOL), 0);
}
EPL__OPERATION2(logical_xor, "input xor other");
