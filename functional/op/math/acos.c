/* acos: y = acos x;  dy = -dx / sqrt(1 - x^2). */
#include "elementwise.h"

EPL__SCALAR(acos(x[0]));
EPL__JVP(epl_mul(dx[0], epl_neg(epl_rsqrt(epl_sub(epl_num(1), epl_square(x[0]))))));

const epl_prim epl__prim_acos = {.name = "acos",
                                 .formula = "y = acos x",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .jvp = jvp,
                                 .test_min = -0.9,
                                 .test_max = 0.9,
                                 EPL__TILED(ACOS)};

EPL__PUBLIC1(acos, EPL__FLOAT);
EPL__OPERATION1(acos, "acos x");
