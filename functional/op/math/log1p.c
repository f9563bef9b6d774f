/* log1p: y = ln(1 + x);  dy = dx / (1 + x). */
#include "elementwise.h"

EPL__SCALAR(log1p(x[0]));
EPL__JVP(epl_div(dx[0], epl_add(x[0], epl_num(1))));

const epl_prim epl__prim_log1p = {.name = "log1p",
                                  .formula = "y = ln(1 + x)",
                                  .inputs = 1,
                                  .scalar = scalar,
                                  .jvp = jvp,
                                  .test_min = -0.8,
                                  .test_max = 3,
                                  EPL__TILED(LOG1P)};

EPL__PUBLIC1(log1p, EPL__FLOAT);
EPL__OPERATION1(log1p, "ln(1 + x)");
