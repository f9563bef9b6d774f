/* remainder: y = a - b floor(a / b), as Python's %;  dy = da - floor(a / b) db. */
#include "elementwise.h"
#include "../../../src/kernel/special.h"

EPL__SCALAR(epl__remainder(x[0], x[1]));

static int64_t scalar_int(const int64_t *x, const void *attrs)
{
    (void)attrs;
    if (x[1] == 0 || x[1] == -1)
        return 0;
    int64_t rest = x[0] % x[1];
    return rest && (rest < 0) != (x[1] < 0) ? rest + x[1] : rest;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    epl_val da = dx[0].graph ? dx[0] : EPL_NO_VAL;
    epl_val db = dx[1].graph ? epl_mul(dx[1], epl_neg(epl_floor_divide(x[0], x[1]))) : EPL_NO_VAL;
    return epl__added(da, db);
}

const epl_prim epl__prim_remainder = {.name = "remainder",
                                      .formula = "y = a - b floor(a / b), as Python's %",
                                      .inputs = 2,
                                      .scalar = scalar,
                                      .scalar_int = scalar_int,
                                      .jvp = jvp,
                                      .test_min = 0.4,
                                      .test_max = 2,
                                      EPL__TILED(REMAINDER)};

EPL__PUBLIC2(remainder, 0);
EPL__OPERATION2(remainder, "input - other floor(input / other)");
