/* cosh: y = cosh x;  dy = sinh(x) dx. */
#include "elementwise.h"

EPL__SCALAR(cosh(x[0]));
EPL__JVP(epl_mul(dx[0], epl_sinh(x[0])));

const epl_prim epl__prim_cosh = {.name = "cosh",
                                 .formula = "y = cosh x",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .jvp = jvp,
                                 EPL__TILED(COSH)};

EPL__PUBLIC1(cosh, EPL__FLOAT);
EPL__OPERATION1(cosh, "cosh x");
