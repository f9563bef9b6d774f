/* relu: y = max(x, 0);  dy = dx where x > 0. */
#include "elementwise.h"

EPL__SCALAR(x[0] > 0 || isnan(x[0]) ? x[0] : 0);
EPL__SCALAR_INT(x[0] > 0 ? x[0] : 0);
EPL__JVP(epl__select(epl_le(x[0], epl_num(0)), epl__like(x[0], 0), dx[0]));

const epl_prim epl__prim_relu = {.name = "relu",
                                 .formula = "y = max(x, 0)",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .scalar_int = scalar_int,
                                 .jvp = jvp,
                                 EPL__TILED(RELU)};

EPL__PUBLIC1(relu, 0);
EPL__OPERATION1(relu, "max(x, 0)");
