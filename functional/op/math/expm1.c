/* expm1: y = e^x - 1;  dy = e^x dx. */
#include "elementwise.h"

EPL__SCALAR(expm1(x[0]));
EPL__JVP(epl_mul(dx[0], epl_exp(x[0])));

const epl_prim epl__prim_expm1 = {.name = "expm1",
                                  .formula = "y = e^x - 1",
                                  .inputs = 1,
                                  .scalar = scalar,
                                  .jvp = jvp,
                                  EPL__TILED(EXPM1)};

EPL__PUBLIC1(expm1, EPL__FLOAT);
EPL__OPERATION1(expm1, "e^x - 1");
