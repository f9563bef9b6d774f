/* acosh: y = acosh x;  dy = dx / sqrt(x^2 - 1). */
#include "elementwise.h"

EPL__SCALAR(acosh(x[0]));
EPL__JVP(epl_mul(dx[0], epl_rsqrt(epl_sub(epl_square(x[0]), epl_num(1)))));

const epl_prim epl__prim_acosh = {.name = "acosh",
                                  .formula = "y = acosh x",
                                  .inputs = 1,
                                  .scalar = scalar,
                                  .jvp = jvp,
                                  .test_min = 1.2,
                                  .test_max = 3,
                                  EPL__TILED(ACOSH)};

EPL__PUBLIC1(acosh, EPL__FLOAT);
EPL__OPERATION1(acosh, "acosh x");
