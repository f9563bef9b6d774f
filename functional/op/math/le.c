/* le: y = a <= b, of bool. */
#include "elementwise.h"

EPL__SCALAR(x[0] <= x[1]);
EPL__SCALAR_INT(x[0] <= x[1]);

const epl_prim epl__prim_le = {.name = "le",
                               .formula = "y = a <= b",
                               .inputs = 2,
                               .type = epl__bool_type,
                               .scalar = scalar,
                               .scalar_int = scalar_int,
                               EPL__TILED(LE)};

EPL__PUBLIC2(le, 0);
EPL__OPERATION2(le, "input <= other");

epl_val epl_ge(epl_val a, epl_val b)
{
    return epl_le(b, a);
}
EPL__OPERATION2(ge, "input >= other");
