/* sigmoid: y = 1 / (1 + e^-x);  dy = y (1 - y) dx. */
#include "elementwise.h"

EPL__SCALAR(x[0] < 0 ? exp(x[0]) / (1 + exp(x[0])) : 1 / (1 + exp(-x[0])));
EPL__JVP(epl_mul(dx[0], epl_mul(epl_sigmoid(x[0]), epl_sub(epl_num(1), epl_sigmoid(x[0])))));

const epl_prim epl__prim_sigmoid = {.name = "sigmoid",
                                    .formula = "y = 1 / (1 + e^-x)",
                                    .inputs = 1,
                                    .scalar = scalar,
                                    .jvp = jvp,
                                    EPL__TILED(SIGMOID)};

EPL__PUBLIC1(sigmoid, EPL__FLOAT);
EPL__OPERATION1(sigmoid, "1 / (1 + e^-x)");
