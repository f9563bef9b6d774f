/* eq: y = a == b, of bool. */
#include "elementwise.h"

EPL__SCALAR(x[0] == x[1]);
EPL__SCALAR_INT(x[0] == x[1]);

const epl_prim epl__prim_eq = {.name = "eq",
                               .formula = "y = a == b",
                               .inputs = 2,
                               .type = epl__bool_type,
                               .scalar = scalar,
                               .scalar_int = scalar_int,
                               EPL__TILED(EQ)};

EPL__PUBLIC2(eq, 0);
EPL__OPERATION2(eq, "input == other");
