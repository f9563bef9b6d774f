/* exp: y = e^x;  dy = e^x dx. */
#include "elementwise.h"

EPL__SCALAR(exp(x[0]));
EPL__JVP(epl_mul(dx[0], epl_exp(x[0])));

const epl_prim epl__prim_exp = {.name = "exp",
                                .formula = "y = e^x",
                                .inputs = 1,
                                .scalar = scalar,
                                .jvp = jvp,
                                EPL__TILED(EXP)};

EPL__PUBLIC1(exp, EPL__FLOAT);
EPL__OPERATION1(exp, "e^x");
