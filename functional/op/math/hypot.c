/* hypot: y = sqrt(a^2 + b^2);  dy = (a da + b db) / y. */
#include "elementwise.h"

EPL__SCALAR(hypot(x[0], x[1]));

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    epl_val y = epl_hypot(x[0], x[1]);
    epl_val da = dx[0].graph ? epl_mul(dx[0], epl_div(x[0], y)) : EPL_NO_VAL;
    epl_val db = dx[1].graph ? epl_mul(dx[1], epl_div(x[1], y)) : EPL_NO_VAL;
    return epl__added(da, db);
}

const epl_prim epl__prim_hypot = {.name = "hypot",
                                  .formula = "y = sqrt(a^2 + b^2)",
                                  .inputs = 2,
                                  .scalar = scalar,
                                  .jvp = jvp,
                                  EPL__TILED(HYPOT)};

EPL__PUBLIC2(hypot, EPL__FLOAT);
EPL__OPERATION2(hypot, "sqrt(input^2 + other^2)");
