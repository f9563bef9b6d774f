/* lerp: y = a + t (b - a). A plain number t above 1/2 counts from b, so that t = 1 gives b. */
#include "elementwise.h"

epl_val epl_lerp(epl_val a, epl_val b, epl_val t)
{
    double c;
    epl_val x[3] = {a, b, t};
    if (epl__is_num(a) && epl__is_num(b))
        return epl_add(a, epl_mul(t, epl_sub(b, a)));
    if (!epl__align("lerp", x, epl__is_num(t) ? 2 : 3, EPL__FLOAT | EPL__COMPUTE))
        return EPL_NO_VAL;
    epl_val step = epl_sub(x[1], x[0]);
    if (epl__is_num(t) && epl__is_splat(t, &c) && c >= 0.5)
        return epl_sub(x[1], epl_mul(step, epl_num(1 - c)));
    return epl_add(x[0], epl_mul(step, x[2]));
}

typedef struct {
    epl_val input, end, weight;
} lerp_args;
static size_t lerp_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const lerp_args *a = args;
    (void)given;
    return epl__one_result(epl_lerp(a->input, a->end, a->weight), out, room);
}
static const epl_attr lerp_table[] = {EPL_ARG(lerp_args, input), EPL_ARG(lerp_args, end),
                                      EPL_ARG(lerp_args, weight), EPL_ATTR_END};
const epl_operation epl__operation_lerp = {"lerp", "input + weight (end - input)",
                                           sizeof(lerp_args), lerp_table, lerp_build};
