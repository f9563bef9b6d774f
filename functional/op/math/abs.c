/* abs: y = |x|;  dy = sign(x) dx, 0 at 0. */
#include "elementwise.h"

EPL__SCALAR(fabs(x[0]));
EPL__SCALAR_INT(x[0] < 0 ? (int64_t)(0 - (uint64_t)x[0]) : x[0]);
EPL__JVP(epl_mul(dx[0], epl_sign(x[0])));

const epl_prim epl__prim_abs = {.name = "abs",
                                .formula = "y = |x|",
                                .inputs = 1,
                                .scalar = scalar,
                                .scalar_int = scalar_int,
                                .jvp = jvp,
                                EPL__TILED(ABS)};

EPL__PUBLIC1(abs, 0);
EPL__OPERATION1(abs, "|x|");
