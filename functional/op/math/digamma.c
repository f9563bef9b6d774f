/* digamma: y = (ln gamma)'(x);  dy = polygamma(1, x) dx. */
#include "elementwise.h"
#include "../../../src/kernel/special.h"

EPL__SCALAR(epl__digamma(x[0]));
EPL__JVP(epl_mul(dx[0], epl_polygamma(1, x[0])));

const epl_prim epl__prim_digamma = {.name = "digamma",
                                    .formula = "y = (ln gamma)'(x)",
                                    .inputs = 1,
                                    .scalar = scalar,
                                    .jvp = jvp,
                                    .test_min = 0.3,
                                    .test_max = 4,
                                    EPL__TILED(DIGAMMA)};

EPL__PUBLIC1(digamma, EPL__FLOAT);
EPL__OPERATION1(digamma, "(ln gamma)'(x)");
