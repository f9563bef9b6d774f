/* asinh: y = asinh x;  dy = dx / sqrt(x^2 + 1). */
#include "elementwise.h"

EPL__SCALAR(asinh(x[0]));
EPL__JVP(epl_mul(dx[0], epl_rsqrt(epl_add(epl_square(x[0]), epl_num(1)))));

const epl_prim epl__prim_asinh = {.name = "asinh",
                                  .formula = "y = asinh x",
                                  .inputs = 1,
                                  .scalar = scalar,
                                  .jvp = jvp,
                                  EPL__TILED(ASINH)};

EPL__PUBLIC1(asinh, EPL__FLOAT);
EPL__OPERATION1(asinh, "asinh x");
