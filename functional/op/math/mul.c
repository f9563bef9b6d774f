/* mul: y = a b. Linear in each operand alone. */
#include "elementwise.h"

EPL__SCALAR(x[0] * x[1]);
EPL__SCALAR_INT((int64_t)((uint64_t)x[0] * (uint64_t)x[1]));
EPL__TRANSPOSE(epl_mul(ct, x[1 - wrt]));

const epl_prim epl__prim_mul = {.name = "mul",
                                .formula = "y = a b",
                                .inputs = 2,
                                .multilinear = true,
                                .scalar = scalar,
                                .scalar_int = scalar_int,
                                .transpose = transpose,
                                EPL__TILED(MUL)};

EPL__PUBLIC2(mul, 0);
EPL__OPERATION2(mul, "input other");

epl_val epl_scale(epl_val x, double c)
{
    return epl_mul(x, epl__number_for(epl_typeof(x).dtype, c));
}
