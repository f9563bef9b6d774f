/* div: y = a / b;  dy = da / b - db (a / b) / b. Of integers it rounds to zero; the public
 * epl_div makes floats of them. */
#include <string.h>
#include "elementwise.h"

EPL__SCALAR(x[0] / x[1]);

static int64_t scalar_int(const int64_t *x, const void *attrs)
{
    (void)attrs;
    if (x[1] == -1) /* the least integer has no opposite: it wraps */
        return (int64_t)(0 - (uint64_t)x[0]);
    return x[1] ? x[0] / x[1] : 0;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    epl_val of_a = dx[0].graph ? epl_div(dx[0], x[1]) : EPL_NO_VAL;
    if (!dx[1].graph)
        return of_a;
    epl_val slope = epl_div(epl_div(x[0], x[1]), x[1]);
    return epl__added(of_a, epl_mul(dx[1], epl_neg(slope)));
}

/* Of the dividend; the divisor is no linear operand. */
EPL__TRANSPOSE(epl_div(ct, x[1]));

const epl_prim epl__prim_div = {.name = "div",
                                .formula = "y = a / b",
                                .inputs = 2,
                                .scalar = scalar,
                                .scalar_int = scalar_int,
                                .jvp = jvp,
                                .transpose = transpose,
                                .test_min = 0.4,
                                .test_max = 2,
                                EPL__TILED(DIV)};

EPL__PUBLIC2(div, EPL__FLOAT);

static size_t true_divide_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const epl__binary_args *a = args;
    (void)given;
    return epl__one_result(epl_div(a->input, a->other), out, room);
}
const epl_operation epl__operation_true_divide = {
    "true_divide", "input / other", sizeof(epl__binary_args), epl__binary_table, true_divide_build};

epl_val epl_op_div(const epl_div_args *a, const char *given)
{
    const char *mode = epl__given(given, "rounding_mode") ? a->rounding_mode : NULL;
    if (!mode)
        return epl_div(a->input, a->other);
    if (!strcmp(mode, "floor"))
        return epl_floor_divide(a->input, a->other);
    if (!strcmp(mode, "trunc"))
        return epl_trunc(epl__map2(&epl__prim_div, a->input, a->other, 0));
    return epl__bad(epl__anchor((epl_val[]){a->input, a->other}, 2), EPL_ERR_ARG,
                    "[div] rounding_mode is floor or trunc, got \"%s\"", mode);
}
static const epl_attr div_table[] = {EPL_ARG(epl_div_args, input),
                                     EPL_ARG(epl_div_args, other),
                                     {"rounding_mode", EPL_STRING,
                                      offsetof(epl_div_args, rounding_mode), 0, 0, 0, 1,
                                      EPL_ATTR_NONE, "|trunc|floor"},
                                     EPL_ATTR_END};
EPL__OPERATION(div, "input / other, then rounded", epl_div_args, div_table);
