/* lgamma: y = ln |gamma(x)|;  dy = digamma(x) dx. */
#include "elementwise.h"
#include "../../../src/kernel/special.h"

EPL__SCALAR(epl__lgamma(x[0]));
EPL__JVP(epl_mul(dx[0], epl_digamma(x[0])));

const epl_prim epl__prim_lgamma = {.name = "lgamma",
                                   .formula = "y = ln |gamma(x)|",
                                   .inputs = 1,
                                   .scalar = scalar,
                                   .jvp = jvp,
                                   .test_min = 0.3,
                                   .test_max = 4,
                                   EPL__TILED(LGAMMA)};

EPL__PUBLIC1(lgamma, EPL__FLOAT);
EPL__OPERATION1(lgamma, "ln |gamma(x)|");
