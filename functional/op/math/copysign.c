/* copysign: y = |a| with the sign of b;  dy = sign(a) sign(b) da, 0 at a = 0. */
#include "elementwise.h"

EPL__SCALAR(copysign(x[0], x[1]));

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    epl_val turned = epl_mul(epl_sign(x[0]), epl_copysign(epl__like(x[1], 1), x[1]));
    return dx[0].graph ? epl_mul(dx[0], turned) : EPL_NO_VAL;
}

const epl_prim epl__prim_copysign = {.name = "copysign",
                                     .formula = "y = |a| with the sign of b",
                                     .inputs = 2,
                                     .scalar = scalar,
                                     .jvp = jvp,
                                     EPL__TILED(COPYSIGN)};

EPL__PUBLIC2(copysign, EPL__FLOAT);
EPL__OPERATION2(copysign, "|input| with the sign of other");
