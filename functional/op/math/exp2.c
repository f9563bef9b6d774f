/* exp2: y = 2^x;  dy = ln(2) 2^x dx. */
#include "elementwise.h"

EPL__SCALAR(exp2(x[0]));
EPL__JVP(epl_mul(dx[0], epl_mul(epl_exp2(x[0]), epl_num(0.69314718055994530942))));

const epl_prim epl__prim_exp2 = {.name = "exp2",
                                 .formula = "y = 2^x",
                                 .inputs = 1,
                                 .scalar = scalar,
                                 .jvp = jvp,
                                 EPL__TILED(EXP2)};

EPL__PUBLIC1(exp2, EPL__FLOAT);
EPL__OPERATION1(exp2, "2^x");
