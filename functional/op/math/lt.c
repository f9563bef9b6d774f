/* lt: y = a < b, of bool. */
#include "elementwise.h"

EPL__SCALAR(x[0] < x[1]);
EPL__SCALAR_INT(x[0] < x[1]);

const epl_prim epl__prim_lt = {.name = "lt",
                               .formula = "y = a < b",
                               .inputs = 2,
                               .type = epl__bool_type,
                               .scalar = scalar,
                               .scalar_int = scalar_int,
                               EPL__TILED(LT)};

EPL__PUBLIC2(lt, 0);
EPL__OPERATION2(lt, "input < other");

epl_val epl_gt(epl_val a, epl_val b)
{
    return epl_lt(b, a);
}
EPL__OPERATION2(gt, "input > other");
