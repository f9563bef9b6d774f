/* cos: y = cos x;  dy = -sin(x) dx. */
#include "elementwise.h"

EPL__SCALAR(cos(x[0]));
EPL__JVP(epl_mul(dx[0], epl_neg(epl_sin(x[0]))));

const epl_prim epl__prim_cos = {.name = "cos",
                                .formula = "y = cos x",
                                .inputs = 1,
                                .scalar = scalar,
                                .jvp = jvp,
                                EPL__TILED(COS)};

EPL__PUBLIC1(cos, EPL__FLOAT);
EPL__OPERATION1(cos, "cos x");
