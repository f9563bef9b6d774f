/* atan2: y = the angle of (b, a);  dy = (b da - a db) / (a^2 + b^2), 0 at the origin. */
#include "elementwise.h"

EPL__SCALAR(atan2(x[0], x[1]));

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    epl_val size = epl_add(epl_square(x[0]), epl_square(x[1])), da = EPL_NO_VAL, db = EPL_NO_VAL;
    epl_val origin = epl_eq(size, epl_num(0)), none = epl__like(size, 0);
    (void)count, (void)attrs;
    size = epl__select(origin, epl__like(size, 1), size);
    if (dx[0].graph)
        da = epl_mul(dx[0], epl__select(origin, none, epl_div(x[1], size)));
    if (dx[1].graph)
        db = epl_mul(dx[1], epl__select(origin, none, epl_neg(epl_div(x[0], size))));
    return epl__added(da, db);
}

const epl_prim epl__prim_atan2 = {.name = "atan2",
                                  .formula = "y = the angle of (b, a)",
                                  .inputs = 2,
                                  .scalar = scalar,
                                  .jvp = jvp,
                                  EPL__TILED(ATAN2)};

EPL__PUBLIC2(atan2, EPL__FLOAT);
EPL__OPERATION2(atan2, "the angle of (other, input)");
