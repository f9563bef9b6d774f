/* sin: y = sin x;  dy = cos(x) dx. */
#include "elementwise.h"

EPL__SCALAR(sin(x[0]));
EPL__JVP(epl_mul(dx[0], epl_cos(x[0])));

const epl_prim epl__prim_sin = {.name = "sin",
                                .formula = "y = sin x",
                                .inputs = 1,
                                .scalar = scalar,
                                .jvp = jvp,
                                EPL__TILED(SIN)};

EPL__PUBLIC1(sin, EPL__FLOAT);
EPL__OPERATION1(sin, "sin x");
