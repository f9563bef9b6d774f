/* log: y = ln x;  dy = dx / x. */
#include "elementwise.h"

EPL__SCALAR(log(x[0]));
EPL__JVP(epl_div(dx[0], x[0]));

const epl_prim epl__prim_log = {.name = "log",
                                .formula = "y = ln x",
                                .inputs = 1,
                                .scalar = scalar,
                                .jvp = jvp,
                                .test_min = 0.1,
                                .test_max = 3,
                                EPL__TILED(LOG)};

EPL__PUBLIC1(log, EPL__FLOAT);
EPL__OPERATION1(log, "ln x");
