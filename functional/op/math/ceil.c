/* ceil: y = ceil x;  dy = 0. */
#include "elementwise.h"

EPL__SCALAR(ceil(x[0]));
EPL__SCALAR_INT(x[0]);
EPL__JVP(EPL_NO_VAL);

const epl_prim epl__prim_ceil = {.name = "ceil",
                                 .formula = "y = ceil x",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .scalar_int = scalar_int,
                                 .jvp = jvp,
                                 EPL__TILED(CEIL)};

EPL__PUBLIC1(ceil, 0);
EPL__OPERATION1(ceil, "ceil x");
