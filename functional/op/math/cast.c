/* cast: y = x in another dtype. To integers it truncates; to bool it is x != 0. */
#include "elementwise.h"
#include "../../../src/base/scope.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__cast_attrs *a = attrs;
    (void)count;
    bool known = a->dtype > EPL_NONE && a->dtype < EPL_DTYPE_END && in[0].dtype != EPL_NONE;
    return known ? epl_type_of((epl_dtype)a->dtype, in[0].shape) : (epl_type){0};
}

EPL__TRANSPOSE(epl__cast(ct, epl_typeof(x[0]).dtype));

static const epl_attr attrs[] = {
    EPL_ATTR(epl__cast_attrs, dtype, EPL_INT, EPL_F32, 1, EPL_DTYPE_END - 1), EPL_ATTR_END};
const epl_prim epl__prim_cast = {.name = "cast",
                                 .formula = "y = x in another dtype",
                                 .inputs = 1,
                                 .elementwise = true,
                                 .linear = 1,
                                 .attrs_size = sizeof(epl__cast_attrs),
                                 .attrs = attrs,
                                 .type = type,
                                 .transpose = transpose,
                                 .lower = EPL_LOWER_TILE,
                                 .tile = EPL__TILE_CAST};

static epl_val number_cast(epl_val x, epl_dtype dtype)
{
    double number;
    int64_t integer;
    epl_dtype from = epl__num_read(x, &number, &integer);
    if (epl_dtype_is_float(dtype))
        return epl_num(dtype == EPL_F32 ? (double)(float)number : number);
    if (dtype == EPL_BOOL)
        return epl_flag(from == EPL_F64 ? number != 0 : integer != 0);
    return epl_int(integer);
}

epl_val epl_cast(epl_val x, epl_dtype dtype)
{
    epl_fn *f = epl__fn_of(x);
    if (dtype <= EPL_NONE || dtype >= EPL_DTYPE_END)
        return epl__bad(x, EPL_ERR_DTYPE, "[cast] %d is no element type", (int)dtype);
    if (!f)
        return epl__is_num(x) ? number_cast(x, dtype) : EPL_NO_VAL;
    if (!epl__scope_ok(f->scope) || !epl__align("cast", &x, 1, EPL__NO_CAST))
        return EPL_NO_VAL;
    return epl_op(&epl__prim_cast, epl_list(x), &(epl__cast_attrs){dtype});
}
