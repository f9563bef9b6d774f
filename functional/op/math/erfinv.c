/* erfinv: y = the x that has erf(y) = x;  dy = sqrt(pi) / 2 e^(y^2) dx. */
#include "elementwise.h"
#include "../../../src/kernel/special.h"

EPL__SCALAR(epl__erfinv(x[0]));
EPL__JVP(epl_mul(dx[0],
                 epl_mul(epl_exp(epl_square(epl_erfinv(x[0]))), epl_num(0.88622692545275801365))));

const epl_prim epl__prim_erfinv = {.name = "erfinv",
                                   .formula = "y = the x that has erf(y) = x",
                                   .inputs = 1,
                                   .scalar = scalar,
                                   .jvp = jvp,
                                   .test_min = -0.9,
                                   .test_max = 0.9,
                                   EPL__TILED(ERFINV)};

EPL__PUBLIC1(erfinv, EPL__FLOAT);
EPL__OPERATION1(erfinv, "the x that has erf(y) = x");
