/* create.c -- values from nothing but a type: constants and progressions. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "../../../src/base/type.h"
#include "shape.h"

static bool ready(const char *op, epl_fn *f, epl_type t)
{
    char text[EPL_TYPE_TEXT];
    if (!epl__is_open(f, op))
        return false;
    if (t.dtype == EPL_NONE || !epl__type_valid(t))
        epl__fail(f, EPL_ERR_ARG, "[%s] %s is no type of numbers", op, epl_type_text(t, text));
    return epl_scope_status(f->scope) == EPL_OK;
}

epl_val epl_full(epl_fn *f, epl_type type, double value)
{
    epl__const_attrs a = {.rank = type.shape.rank, .dtype = type.dtype};
    if (!ready("full", f, type))
        return EPL_NO_VAL;
    memcpy(a.dim, type.shape.dim, (size_t)type.shape.rank * sizeof *a.dim);
    if (epl_dtype_is_float(type.dtype))
        a.value = type.dtype == EPL_F32 ? (double)(float)value : value;
    else if (type.dtype == EPL_BOOL)
        a.integer = value != 0;
    else
        a.integer = value >= -0x1p63 && value < 0x1p63 ? (int64_t)value : 0;
    epl_val c = epl__build(f, &epl__prim_const, NULL, 0, &a, &type);
    return f->rule_depth ? c : epl_copy(c); /* a variable: no rule reads its number */
}

epl_val epl_zeros(epl_fn *f, epl_type type)
{
    return epl_full(f, type, 0);
}

epl_val epl_ones(epl_fn *f, epl_type type)
{
    return epl_full(f, type, 1);
}

epl_val epl_full_like(epl_val input, double value)
{
    return epl_full(epl__fn_of(input), epl_typeof(input), value);
}

epl_val epl_zeros_like(epl_val input)
{
    return epl_full_like(input, 0);
}

epl_val epl_ones_like(epl_val input)
{
    return epl_full_like(input, 1);
}

static epl_val iota(epl_fn *f, epl_dtype d, int64_t n)
{
    epl__iota_attrs a = {d, n};
    epl_type t = epl_type_of(d, epl_shape_of(1, &n));
    return epl__build(f, &epl__prim_iota, NULL, 0, &a, &t);
}

/* In f64 first, as torch does for f32. */
epl_val epl_arange(epl_fn *f, epl_dtype dtype, double start, double end, double step)
{
    double n = ceil((end - start) / step);
    bool floating = dtype == EPL_F32 || dtype == EPL_F64;
    if (!ready("arange", f, epl_type_of(dtype, epl_shape_of(0, NULL))))
        return EPL_NO_VAL;
    if (!(n > -1 && n < 0x1p53) || step == 0 ||
        !(floating || dtype == EPL_I64 || dtype == EPL_I32)) {
        epl__fail(f, EPL_ERR_ARG,
                  "[arange] %s from %g to %g by %g: f32, f64, i32 or i64 and a step "
                  "towards the end are expected",
                  epl_dtype_name(dtype), start, end, step);
        return EPL_NO_VAL;
    }
    epl_val i = iota(f, floating ? EPL_F64 : EPL_I64, n > 0 ? (int64_t)n : 0);
    epl_val by = floating ? epl_num(step) : epl_int((int64_t)step);
    epl_val from = floating ? epl_num(start) : epl_int((int64_t)start);
    return epl__cast(epl_add(epl_mul(i, by), from), dtype);
}

/* From both ends, so that both are exact. */
epl_val epl_linspace(epl_fn *f, epl_dtype dtype, double start, double end, int64_t steps)
{
    if (!ready("linspace", f, epl_type_of(dtype, epl_shape_of(0, NULL))))
        return EPL_NO_VAL;
    if (steps < 0 || (dtype != EPL_F32 && dtype != EPL_F64)) {
        epl__fail(f, EPL_ERR_ARG, "[linspace] %" PRId64 " steps of %s: f32 or f64 are expected",
                  steps, epl_dtype_name(dtype));
        return EPL_NO_VAL;
    }
    double by = steps > 1 ? (end - start) / (double)(steps - 1) : 0;
    epl_val i = iota(f, EPL_F64, steps);
    epl_val low = epl_add(epl_mul(i, epl_num(by)), epl_num(start));
    epl_val left = epl_sub(epl_num((double)(steps - 1)), i);
    epl_val high = epl_sub(epl_num(end), epl_mul(left, epl_num(by)));
    epl_val first = epl_le(i, epl_num((double)((steps - 1) / 2)));
    return epl__cast(epl__select(first, low, high), dtype);
}

epl_val epl_eye(epl_fn *f, epl_dtype dtype, int64_t n, int64_t m)
{
    m = m ? m : n;
    if (!ready("eye", f, epl_type_of(dtype, epl_shape_of(2, (int64_t[]){n, m}))))
        return EPL_NO_VAL;
    epl_val i = epl__insert(iota(f, EPL_I64, n), 1, m), j = epl__lead(iota(f, EPL_I64, m), n);
    return epl__cast(epl_eq(i, j), dtype);
}
