/* asin: y = asin x;  dy = dx / sqrt(1 - x^2). */
#include "elementwise.h"

EPL__SCALAR(asin(x[0]));
EPL__JVP(epl_mul(dx[0], epl_rsqrt(epl_sub(epl_num(1), epl_square(x[0])))));

const epl_prim epl__prim_asin = {.name = "asin",
                                 .formula = "y = asin x",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .jvp = jvp,
                                 .test_min = -0.9,
                                 .test_max = 0.9,
                                 EPL__TILED(ASIN)};

EPL__PUBLIC1(asin, EPL__FLOAT);
EPL__OPERATION1(asin, "asin x");
