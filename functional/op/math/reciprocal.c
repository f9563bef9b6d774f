/* reciprocal: y = 1 / x;  dy = -y^2 dx. */
#include "elementwise.h"

EPL__SCALAR(1 / x[0]);
EPL__JVP(epl_mul(dx[0], epl_neg(epl_square(epl_reciprocal(x[0])))));

const epl_prim epl__prim_reciprocal = {.name = "reciprocal",
                                       .formula = "y = 1 / x",
                                       .inputs = 1,
                                       .scalar = scalar,
                                       .jvp = jvp,
                                       .test_min = 0.4,
                                       .test_max = 2,
                                       EPL__TILED(RECIPROCAL)};

EPL__PUBLIC1(reciprocal, EPL__FLOAT);
EPL__OPERATION1(reciprocal, "1 / x");
