/* maximum: y = the larger of a and b, NaN if either is;  dy = the larger one's tangent, half of
 * both where a = b. */
#include "elementwise.h"

EPL__SCALAR(isnan(x[0]) ? x[0] : isnan(x[1]) ? x[1] : x[0] > x[1] ? x[0] : x[1]);
EPL__SCALAR_INT(x[0] > x[1] ? x[0] : x[1]);

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    epl_val a = epl__or_zero(dx[0], x[0]), b = epl__or_zero(dx[1], x[1]);
    epl_val one = epl__select(epl_lt(x[0], x[1]), b, a);
    epl_val half = epl_mul(epl__added(dx[0], dx[1]), epl_num(0.5));
    return epl__select(epl_eq(x[0], x[1]), half, one);
}

const epl_prim epl__prim_maximum = {.name = "maximum",
                                    .formula = "y = max(a, b)",
                                    .inputs = 2,
                                    .scalar = scalar,
                                    .scalar_int = scalar_int,
                                    .jvp = jvp,
                                    EPL__TILED(MAX)};

EPL__PUBLIC2(maximum, 0);
EPL__OPERATION2(maximum, "max(input, other)");
