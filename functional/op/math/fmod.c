/* fmod: y = a - b trunc(a / b);  dy = da - trunc(a / b) db. */
#include "elementwise.h"

EPL__SCALAR(fmod(x[0], x[1]));

static int64_t scalar_int(const int64_t *x, const void *attrs)
{
    (void)attrs;
    return x[1] == 0 || x[1] == -1 ? 0 : x[0] % x[1];
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    epl_val da = dx[0].graph ? dx[0] : EPL_NO_VAL;
    epl_val db = dx[1].graph ? epl_mul(dx[1], epl_neg(epl_trunc(epl_div(x[0], x[1])))) : EPL_NO_VAL;
    return epl__added(da, db);
}

const epl_prim epl__prim_fmod = {.name = "fmod",
                                 .formula = "y = a - b trunc(a / b)",
                                 .inputs = 2,
                                 .scalar = scalar,
                                 .scalar_int = scalar_int,
                                 .jvp = jvp,
                                 .test_min = 0.4,
                                 .test_max = 2,
                                 EPL__TILED(FMOD)};

EPL__PUBLIC2(fmod, 0);
EPL__OPERATION2(fmod, "input - other trunc(input / other)");
