/* tanh: y = tanh x;  dy = (1 - tanh(x)^2) dx. */
#include <math.h>
#include "../op.h"

static double scalar(const double *x, const void *attrs)
{
    (void)attrs;
    return tanh(x[0]);
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    epl_val y = epl_tanh(x[0]);
    return epl_mul(dx[0], epl_sub(epl_num(1), epl_mul(y, y)));
}

const epl_prim epl__prim_tanh = {.name = "tanh", .formula = "y = tanh x", .inputs = 1,
                                 .scalar = scalar, .jvp = jvp, EPL__TILED(TANH)};

epl_val epl_tanh(epl_val x)
{
    return epl__float_in("tanh", &x) ? epl_op(&epl__prim_tanh, epl_list(x), NULL) : EPL_NO_VAL;
}
EPL__OPERATION1(tanh, "tanh x");
