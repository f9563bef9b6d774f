/* graph_wrong.c -- an operation whose derivative is wrong: with it, laws must break, and what is
 * printed must lead to it (least.sh). Only plans that ask for it have it.
 */
#include <math.h>
#include "graph_dice.h"

static double scalar(const double *x, const void *attrs)
{
    (void)attrs;
    return atan(x[0]);
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    return epl_mul(epl_cos(x[0]), dx[0]); /* 1 / (1 + x^2) */
}

static const epl_prim prim = {.name = "wrong_atan",
                              .formula = "y = atan x, with the derivative cos x",
                              .inputs = 1,
                              .elementwise = true,
                              .scalar = scalar,
                              .jvp = jvp};

epl_val graph_wrong(epl_val x)
{
    return epl_op(&prim, epl_list(x), NULL);
}
