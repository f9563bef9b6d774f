/* erfc: y = 1 - erf x;  dy = -2 / sqrt(pi) e^(-x^2) dx. */
#include "elementwise.h"

/* 2 / sqrt(pi) */
static const double slope = 1.12837916709551257390;

EPL__SCALAR(erfc(x[0]));
EPL__JVP(epl_mul(dx[0], epl_mul(epl_exp(epl_neg(epl_square(x[0]))), epl_num(-slope))));

const epl_prim epl__prim_erfc = {.name = "erfc",
                                 .formula = "y = 1 - erf x",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .jvp = jvp,
                                 EPL__TILED(ERFC)};

EPL__PUBLIC1(erfc, EPL__FLOAT);
EPL__OPERATION1(erfc, "1 - erf x");
