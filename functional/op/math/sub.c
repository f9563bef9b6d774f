/* sub: y = a - b. */
#include "elementwise.h"

EPL__SCALAR(x[0] - x[1]);
EPL__SCALAR_INT((int64_t)((uint64_t)x[0] - (uint64_t)x[1]));
EPL__TRANSPOSE(wrt ? epl_neg(ct) : ct);

const epl_prim epl__prim_sub = {.name = "sub",
                                .formula = "y = a - b",
                                .inputs = 2,
                                .linear = 3,
                                .scalar = scalar,
                                .scalar_int = scalar_int,
                                .transpose = transpose,
                                EPL__TILED(SUB)};

epl_val epl_sub(epl_val a, epl_val b)
{
    if (epl_typeof(a).dtype == EPL_BOOL || epl_typeof(b).dtype == EPL_BOOL)
        return epl__bad(epl__anchor((epl_val[]){a, b}, 2), EPL_ERR_DTYPE,
                        "[sub] %s and %s: booleans are not subtracted, cast first", epl__show(a),
                        epl__show(b));
    return epl__map2(&epl__prim_sub, a, b, 0);
}

epl_val epl_op_sub(const epl_alpha_args *a, const char *given)
{
    epl_val other;
    return epl__alpha("sub", a, given, &other) ? epl_sub(a->input, other) : EPL_NO_VAL;
}
EPL__OPERATION(sub, "input - alpha other", epl_alpha_args, epl__alpha_table);
