/* log10: y = log10 x;  dy = dx / (x ln 10). */
#include "elementwise.h"

EPL__SCALAR(log10(x[0]));
EPL__JVP(epl_div(dx[0], epl_mul(x[0], epl_num(2.30258509299404568402))));

const epl_prim epl__prim_log10 = {.name = "log10",
                                  .formula = "y = log10 x",
                                  .inputs = 1,
                                  .scalar = scalar,
                                  .jvp = jvp,
                                  .test_min = 0.1,
                                  .test_max = 3,
                                  EPL__TILED(LOG10)};

EPL__PUBLIC1(log10, EPL__FLOAT);
EPL__OPERATION1(log10, "log10 x");
