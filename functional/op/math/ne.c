/* ne: y = a != b, of bool. */
#include "elementwise.h"

EPL__SCALAR(x[0] != x[1]);
EPL__SCALAR_INT(x[0] != x[1]);

const epl_prim epl__prim_ne = {.name = "ne",
                               .formula = "y = a != b",
                               .inputs = 2,
                               .type = epl__bool_type,
                               .scalar = scalar,
                               .scalar_int = scalar_int,
                               EPL__TILED(NE)};

EPL__PUBLIC2(ne, 0);
EPL__OPERATION2(ne, "input != other");
