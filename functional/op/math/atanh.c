/* atanh: y = atanh x;  dy = dx / (1 - x^2). */
#include "elementwise.h"

EPL__SCALAR(atanh(x[0]));
EPL__JVP(epl_div(dx[0], epl_sub(epl_num(1), epl_square(x[0]))));

const epl_prim epl__prim_atanh = {.name = "atanh",
                                  .formula = "y = atanh x",
                                  .inputs = 1,
                                  .scalar = scalar,
                                  .jvp = jvp,
                                  .test_min = -0.9,
                                  .test_max = 0.9,
                                  EPL__TILED(ATANH)};

EPL__PUBLIC1(atanh, EPL__FLOAT);
EPL__OPERATION1(atanh, "atanh x");
