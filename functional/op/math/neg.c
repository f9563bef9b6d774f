/* neg: y = -x. */
#include "elementwise.h"

EPL__SCALAR(-x[0]);
EPL__SCALAR_INT((int64_t)(0 - (uint64_t)x[0]));
EPL__TRANSPOSE(epl_neg(ct));

const epl_prim epl__prim_neg = {.name = "neg",
                                .formula = "y = -x",
                                .inputs = 1,
                                .linear = 1,
                                .scalar = scalar,
                                .scalar_int = scalar_int,
                                .transpose = transpose,
                                EPL__TILED(NEG)};

EPL__PUBLIC1(neg, 0);
EPL__OPERATION1(neg, "-x");
