/* atan: y = atan x;  dy = dx / (1 + x^2). */
#include "elementwise.h"

EPL__SCALAR(atan(x[0]));
EPL__JVP(epl_div(dx[0], epl_add(epl_square(x[0]), epl_num(1))));

const epl_prim epl__prim_atan = {.name = "atan",
                                 .formula = "y = atan x",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .jvp = jvp,
                                 EPL__TILED(ATAN)};

EPL__PUBLIC1(atan, EPL__FLOAT);
EPL__OPERATION1(atan, "atan x");
