/* erf: y = erf x;  dy = 2 / sqrt(pi) e^(-x^2) dx. */
#include "elementwise.h"

/* 2 / sqrt(pi) */
static const double slope = 1.12837916709551257390;

EPL__SCALAR(erf(x[0]));
EPL__JVP(epl_mul(dx[0], epl_mul(epl_exp(epl_neg(epl_square(x[0]))), epl_num(slope))));

const epl_prim epl__prim_erf = {.name = "erf",
                                .formula = "y = erf x",
                                .inputs = 1,
                                .scalar = scalar,
                                .jvp = jvp,
                                EPL__TILED(ERF)};

EPL__PUBLIC1(erf, EPL__FLOAT);
EPL__OPERATION1(erf, "erf x");
