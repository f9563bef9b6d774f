/* sinh: y = sinh x;  dy = cosh(x) dx. */
#include "elementwise.h"

EPL__SCALAR(sinh(x[0]));
EPL__JVP(epl_mul(dx[0], epl_cosh(x[0])));

const epl_prim epl__prim_sinh = {.name = "sinh",
                                 .formula = "y = sinh x",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .jvp = jvp,
                                 EPL__TILED(SINH)};

EPL__PUBLIC1(sinh, EPL__FLOAT);
EPL__OPERATION1(sinh, "sinh x");
