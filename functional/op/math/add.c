/* add: y = a + b. Operands have one type; the public epl_add aligns them. */
#include "elementwise.h"

EPL__SCALAR(x[0] + x[1]);
EPL__SCALAR_INT((int64_t)((uint64_t)x[0] + (uint64_t)x[1]));
EPL__TRANSPOSE(ct);

const epl_prim epl__prim_add = {.name = "add",
                                .formula = "y = a + b",
                                .inputs = 2,
                                .linear = 3,
                                .scalar = scalar,
                                .scalar_int = scalar_int,
                                .transpose = transpose,
                                EPL__TILED(ADD)};

EPL__PUBLIC2(add, 0);

/* other times alpha, which has to be whole for integers. False after an error. */
bool epl__alpha(const char *op, const epl_alpha_args *a, const char *given, epl_val *other)
{
    epl_dtype d = epl__result_dtype((epl_val[]){a->input, a->other}, 2);
    *other = a->other;
    if (!epl__given(given, "alpha") || a->alpha == 1)
        return true;
    if (!epl_dtype_is_float(d) && a->alpha != floor(a->alpha)) {
        epl__bad(epl__anchor((epl_val[]){a->input, a->other}, 2), EPL_ERR_ARG,
                 "[%s] alpha %g must be whole for %s", op, a->alpha, epl_dtype_name(d));
        return false;
    }
    *other = epl_mul(a->other, epl__number_for(d, a->alpha));
    return true;
}

epl_val epl_op_add(const epl_alpha_args *a, const char *given)
{
    epl_val other;
    return epl__alpha("add", a, given, &other) ? epl_add(a->input, other) : EPL_NO_VAL;
}
const epl_attr epl__alpha_table[] = {
    EPL_ARG(epl_alpha_args, input), EPL_ARG(epl_alpha_args, other),
    EPL_ATTR(epl_alpha_args, alpha, EPL_NUMBER, 1, -INFINITY, INFINITY), EPL_ATTR_END};
EPL__OPERATION(add, "input + alpha other", epl_alpha_args, epl__alpha_table);
