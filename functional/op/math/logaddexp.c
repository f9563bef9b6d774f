/* logaddexp: y = ln(e^a + e^b);  dy = sigmoid(a - b) da + sigmoid(b - a) db. */
#include "elementwise.h"

EPL__SCALAR(isinf(x[0]) && x[0] == x[1] ? x[0] : fmax(x[0], x[1]) + log1p(exp(-fabs(x[0] - x[1]))));

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    epl_val da = dx[0].graph ? epl_mul(dx[0], epl_sigmoid(epl_sub(x[0], x[1]))) : EPL_NO_VAL;
    epl_val db = dx[1].graph ? epl_mul(dx[1], epl_sigmoid(epl_sub(x[1], x[0]))) : EPL_NO_VAL;
    return epl__added(da, db);
}

const epl_prim epl__prim_logaddexp = {.name = "logaddexp",
                                      .formula = "y = ln(e^a + e^b)",
                                      .inputs = 2,
                                      .scalar = scalar,
                                      .jvp = jvp,
                                      .elementwise = true};

EPL__PUBLIC2(logaddexp, EPL__FLOAT);
EPL__OPERATION2(logaddexp, "ln(e^input + e^other)");
