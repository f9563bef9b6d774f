/* floor_divide: y = floor(a / b), as Python's //;  dy = 0. */
#include "elementwise.h"
#include "../../../src/kernel/special.h"

EPL__SCALAR(epl__floordiv(x[0], x[1]));

static int64_t scalar_int(const int64_t *x, const void *attrs)
{
    (void)attrs;
    if (x[1] == -1)
        return (int64_t)(0 - (uint64_t)x[0]);
    if (!x[1])
        return 0;
    return x[0] / x[1] - (x[0] % x[1] != 0 && (x[0] < 0) != (x[1] < 0));
}
EPL__JVP(EPL_NO_VAL);

const epl_prim epl__prim_floor_divide = {.name = "floor_divide",
                                         .formula = "y = floor(a / b)",
                                         .inputs = 2,
                                         .scalar = scalar,
                                         .scalar_int = scalar_int,
                                         .jvp = jvp,
                                         .test_min = 0.4,
                                         .test_max = 2,
                                         EPL__TILED(FLOORDIV)};

EPL__PUBLIC2(floor_divide, 0);
EPL__OPERATION2(floor_divide, "floor(input / other)");
