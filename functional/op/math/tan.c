/* tan: y = tan x;  dy = (1 + y^2) dx. */
#include "elementwise.h"

EPL__SCALAR(tan(x[0]));
EPL__JVP(epl_mul(dx[0], epl_add(epl_square(epl_tan(x[0])), epl_num(1))));

const epl_prim epl__prim_tan = {.name = "tan",
                                .formula = "y = tan x",
                                .inputs = 1,
                                .scalar = scalar,
                                .jvp = jvp,
                                .test_min = -1,
                                .test_max = 1,
                                EPL__TILED(TAN)};

EPL__PUBLIC1(tan, EPL__FLOAT);
EPL__OPERATION1(tan, "tan x");
