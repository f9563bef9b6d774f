/* hypot: y = sqrt(a^2 + b^2);  dy = (a da + b db) / y, 0 at the origin, as of a norm. */
#include "elementwise.h"

EPL__SCALAR(hypot(x[0], x[1]));

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    epl_val term[2] = {EPL_NO_VAL, EPL_NO_VAL}, y = epl_hypot(x[0], x[1]);
    epl_val origin = epl_eq(y, epl_num(0)), none = epl__like(y, 0);
    (void)count, (void)attrs;
    y = epl__select(origin, epl__like(y, 1), y);
    for (int i = 0; i < 2; i++)
        if (dx[i].graph)
            term[i] = epl_mul(dx[i], epl__select(origin, none, epl_div(x[i], y)));
    return epl__added(term[0], term[1]);
}

const epl_prim epl__prim_hypot = {.name = "hypot",
                                  .formula = "y = sqrt(a^2 + b^2)",
                                  .inputs = 2,
                                  .scalar = scalar,
                                  .jvp = jvp,
                                  EPL__TILED(HYPOT)};

EPL__PUBLIC2(hypot, EPL__FLOAT);
EPL__OPERATION2(hypot, "sqrt(input^2 + other^2)");
