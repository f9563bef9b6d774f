/* rsqrt: y = x^(-1/2);  dy = -1/2 y^3 dx. */
#include "elementwise.h"

EPL__SCALAR(1 / sqrt(x[0]));
EPL__JVP(epl_mul(dx[0],
                 epl_mul(epl_num(-0.5), epl_mul(epl_rsqrt(x[0]), epl_square(epl_rsqrt(x[0]))))));

const epl_prim epl__prim_rsqrt = {.name = "rsqrt",
                                  .formula = "y = x^(-1/2)",
                                  .inputs = 1,
                                  .scalar = scalar,
                                  .jvp = jvp,
                                  .test_min = 0.1,
                                  .test_max = 3,
                                  EPL__TILED(RSQRT)};

EPL__PUBLIC1(rsqrt, EPL__FLOAT);
EPL__OPERATION1(rsqrt, "x^(-1/2)");
