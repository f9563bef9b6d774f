/* sqrt: y = x^(1/2);  dy = dx / (2 y). */
#include "elementwise.h"

EPL__SCALAR(sqrt(x[0]));
EPL__JVP(epl_div(dx[0], epl_mul(epl_sqrt(x[0]), epl_num(2))));

const epl_prim epl__prim_sqrt = {.name = "sqrt",
                                 .formula = "y = x^(1/2)",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .jvp = jvp,
                                 .test_min = 0.1,
                                 .test_max = 3,
                                 EPL__TILED(SQRT)};

EPL__PUBLIC1(sqrt, EPL__FLOAT);
EPL__OPERATION1(sqrt, "x^(1/2)");
