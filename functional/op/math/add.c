/* add: y = a + b. Operands have one type; the public epl_add aligns them. */
#include "../op.h"

static double scalar(const double *x, const void *attrs)
{
    (void)attrs;
    return x[0] + x[1];
}

static int64_t scalar_int(const int64_t *x, const void *attrs)
{
    (void)attrs;
    return (int64_t)((uint64_t)x[0] + (uint64_t)x[1]);
}

static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    (void)x, (void)count, (void)wrt, (void)attrs;
    return ct;
}

const epl_prim epl__prim_add = {.name = "add", .formula = "y = a + b", .inputs = 2, .linear = 3,
                                .scalar = scalar, .scalar_int = scalar_int, .transpose = transpose,
                                EPL__TILED(ADD)};
