/* select: y = condition ? a : b. Linear in a and b together. */
#include "elementwise.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    bool fits = in[0].dtype == EPL_BOOL && epl_type_equal(in[1], in[2]) &&
                epl_type_equal(epl_type_of(EPL_BOOL, in[1].shape), in[0]);
    return fits ? in[1] : (epl_type){0};
}

EPL__TRANSPOSE(wrt == 1 ? epl__select(x[0], ct, epl__like(ct, 0))
                        : epl__select(x[0], epl__like(ct, 0), ct));

const epl_prim epl__prim_select = {.name = "select",
                                   .formula = "y = condition ? a : b",
                                   .inputs = 3,
                                   .linear = 6,
                                   .type = type,
                                   .transpose = transpose,
                                   EPL__TILED(SELECT)};

static bool is_condition(epl_val v)
{
    epl_dtype d = epl_typeof(v).dtype;
    return d == EPL_BOOL || d == EPL_U8;
}

epl_val epl_where(epl_val condition, epl_val a, epl_val b)
{
    double number;
    int64_t chosen;
    if (condition.graph && !is_condition(condition))
        return epl__bad(epl__anchor((epl_val[]){condition, a, b}, 3), EPL_ERR_DTYPE,
                        "[where] the condition must be bool, got %s", epl__show(condition));
    epl_val x[3] = {epl_cast(condition, EPL_BOOL), a, b};
    if (epl__is_num(x[0]) && epl__is_num(a) && epl__is_num(b)) {
        epl__num_read(x[0], &number, &chosen);
        return chosen ? a : b;
    }
    epl_dtype d = epl__result_dtype(x + 1, 2);
    if (!epl__align("where", x, 3, EPL__NO_CAST))
        return EPL_NO_VAL;
    if (d == EPL_F16 || d == EPL_BF16)
        return epl__bad(x[0], EPL_ERR_DTYPE, "[where] nothing is computed in %s, cast to f32 first",
                        epl_dtype_name(d));
    return epl__select(epl__cast(x[0], EPL_BOOL), epl__cast(x[1], d), epl__cast(x[2], d));
}

typedef struct {
    epl_val condition, input, other;
} where_args;
/* torch has two orders: where(condition, input, other) and input.where(condition, other). The
 * condition is the one that is of bool. */
static size_t where_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const where_args *a = args;
    (void)given;
    bool method = !is_condition(a->condition) && is_condition(a->input);
    epl_val y = method ? epl_where(a->input, a->condition, a->other)
                       : epl_where(a->condition, a->input, a->other);
    return epl__one_result(y, out, room);
}
static const epl_attr where_table[] = {EPL_ARG(where_args, condition), EPL_ARG(where_args, input),
                                       EPL_ARG(where_args, other), EPL_ATTR_END};
const epl_operation epl__operation_where = {"where", "condition ? input : other",
                                            sizeof(where_args), where_table, where_build};
