/* log2: y = log2 x;  dy = dx / (x ln 2). */
#include "elementwise.h"

EPL__SCALAR(log2(x[0]));
EPL__JVP(epl_div(dx[0], epl_mul(x[0], epl_num(0.69314718055994530942))));

const epl_prim epl__prim_log2 = {.name = "log2",
                                 .formula = "y = log2 x",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .jvp = jvp,
                                 .test_min = 0.1,
                                 .test_max = 3,
                                 EPL__TILED(LOG2)};

EPL__PUBLIC1(log2, EPL__FLOAT);
EPL__OPERATION1(log2, "log2 x");
