/* floor: y = floor x;  dy = 0. */
#include "elementwise.h"

EPL__SCALAR(floor(x[0]));
EPL__SCALAR_INT(x[0]);
EPL__JVP(EPL_NO_VAL);

const epl_prim epl__prim_floor = {.name = "floor",
                                  .formula = "y = floor x",
                                  .inputs = 1,
                                  .scalar = scalar,
                                  .scalar_int = scalar_int,
                                  .jvp = jvp,
                                  EPL__TILED(FLOOR)};

EPL__PUBLIC1(floor, 0);
EPL__OPERATION1(floor, "floor x");
