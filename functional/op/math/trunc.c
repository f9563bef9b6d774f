/* trunc: y = x rounded to zero;  dy = 0. */
#include "elementwise.h"

EPL__SCALAR(trunc(x[0]));
EPL__SCALAR_INT(x[0]);
EPL__JVP(EPL_NO_VAL);

const epl_prim epl__prim_trunc = {.name = "trunc",
                                  .formula = "y = x rounded to zero",
                                  .inputs = 1,
                                  .scalar = scalar,
                                  .scalar_int = scalar_int,
                                  .jvp = jvp,
                                  EPL__TILED(TRUNC)};

EPL__PUBLIC1(trunc, 0);
EPL__OPERATION1(trunc, "x rounded to zero");
