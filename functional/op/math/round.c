/* round: y = x rounded, halves to even;  dy = 0. */
#include "elementwise.h"

EPL__SCALAR(nearbyint(x[0]));
EPL__SCALAR_INT(x[0]);
EPL__JVP(EPL_NO_VAL);

const epl_prim epl__prim_round = {.name = "round",
                                  .formula = "y = x rounded, halves to even",
                                  .inputs = 1,
                                  .scalar = scalar,
                                  .scalar_int = scalar_int,
                                  .jvp = jvp,
                                  EPL__TILED(ROUND)};

epl_val epl_op_round(const epl_round_args *a, const char *given)
{
    int64_t decimals = EPL__OPTION(a, given, decimals, 0);
    epl_dtype d = epl_typeof(a->input).dtype;
    if (!decimals)
        return epl__map1(&epl__prim_round, a->input, 0);
    if (d != EPL_NONE && !epl_dtype_is_float(d))
        return epl__bad(a->input, EPL_ERR_DTYPE, "[round] decimals of %s: cast to a float first",
                        epl__show(a->input));
    epl_val ten = epl_num(pow(10, fabs((double)decimals)));
    epl_val scaled = decimals > 0 ? epl_mul(a->input, ten) : epl_div(a->input, ten);
    epl_val whole = epl__map1(&epl__prim_round, scaled, 0);
    return decimals > 0 ? epl_div(whole, ten) : epl_mul(whole, ten);
}
static const epl_attr round_table[] = {EPL_ARG(epl_round_args, input),
                                       EPL_ATTR(epl_round_args, decimals, EPL_INT, 0, -400, 400),
                                       EPL_ATTR_END};
EPL__OPERATION(round, "x rounded to so many decimals, halves to even", epl_round_args, round_table);
