/* tanh: y = tanh x;  dy = (1 - y^2) dx. */
#include "elementwise.h"

EPL__SCALAR(tanh(x[0]));
EPL__JVP(epl_mul(dx[0], epl_sub(epl_num(1), epl_square(epl_tanh(x[0])))));

const epl_prim epl__prim_tanh = {.name = "tanh",
                                 .formula = "y = tanh x",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .jvp = jvp,
                                 EPL__TILED(TANH)};

EPL__PUBLIC1(tanh, EPL__FLOAT);
EPL__OPERATION1(tanh, "tanh x");
