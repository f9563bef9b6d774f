/* draw.c -- real numbers by key: uniform, normal, truncated normal.
 *
 * Normals are a monotone function of one uniform number: element i of a draw depends on
 * the key and i alone. */
#include <math.h>
#include "key_op.h"

epl_dtype epl__draw_dtype(const char *op, epl_val key, epl_dtype dtype)
{
    dtype = dtype == EPL_NONE ? EPL_F32 : dtype;
    if (dtype == EPL_F32 || dtype == EPL_F64)
        return dtype;
    epl__bad(key, EPL_ERR_DTYPE, "[%s] dtype f32 or f64 is expected, got %s", op,
             epl_dtype_name(dtype));
    return EPL_NONE;
}

/* The number before x. */
static double below(double x, epl_dtype d)
{
    return d == EPL_F32 ? (double)nextafterf((float)x, -INFINITY) : nextafter(x, -INFINITY);
}

/* low + (high - low) u may round to high: the least step below is taken then. */
epl_val epl_op_uniform(const epl_uniform_args *a, const char *given)
{
    (void)given;
    if (!epl__is_key("uniform", a->key, false))
        return EPL_NO_VAL;
    epl_dtype d = epl__draw_dtype("uniform", a->key, a->dtype);
    if (d == EPL_NONE)
        return EPL_NO_VAL;
    if (!(a->low <= a->high) || !isfinite(a->high - a->low))
        return epl__bad(a->key, EPL_ERR_ARG, "[uniform] low %g and high %g are no range", a->low,
                        a->high);
    epl_val u = epl__random(a->key, d, a->shape);
    if (a->low == 0 && a->high == 1)
        return u;
    u = epl_add(epl_mul(u, epl_num(a->high - a->low)), epl_num(a->low));
    double last = below(a->high, d);
    return last > a->low ? epl_minimum(u, epl_num(last)) : u;
}

/* Of the open interval (-1, 1), symmetric: 2u - 1 and half a step more, exactly. */
static epl_val centred(epl_val key, epl_dtype d, epl_shape shape)
{
    epl_val u = epl__random(key, d, shape);
    double half = d == EPL_F32 ? 0x1p-24 : 0x1p-53;
    return epl_add(epl_sub(epl_add(u, u), epl_num(1)), epl_num(half));
}

static epl_val placed(epl_val z, double mean, double std)
{
    z = std == 1 ? z : epl_mul(z, epl_num(std));
    return mean == 0 ? z : epl_add(z, epl_num(mean));
}

epl_val epl_op_normal(const epl_normal_args *a, const char *given)
{
    double std = epl__given(given, "std") ? a->std : 1;
    if (!epl__is_key("normal", a->key, false))
        return EPL_NO_VAL;
    epl_dtype d = epl__draw_dtype("normal", a->key, a->dtype);
    if (d == EPL_NONE)
        return EPL_NO_VAL;
    if (!(std >= 0) || !isfinite(std) || !isfinite(a->mean))
        return epl__bad(a->key, EPL_ERR_ARG,
                        "[normal] mean %g and std %g: std must not be negative", a->mean, std);
    epl_val z = epl_mul(epl_erfinv(centred(a->key, d, a->shape)), epl_num(1.4142135623730951));
    return placed(z, a->mean, std);
}

epl_val epl_op_truncated_normal(const epl_truncated_normal_args *a, const char *given)
{
    double std = epl__given(given, "std") ? a->std : 1, root = 1.4142135623730951;
    double low = epl__given(given, "low") ? a->low : -2,
           high = epl__given(given, "high") ? a->high : 2;
    if (!epl__is_key("truncated_normal", a->key, false))
        return EPL_NO_VAL;
    epl_dtype d = epl__draw_dtype("truncated_normal", a->key, a->dtype);
    if (d == EPL_NONE)
        return EPL_NO_VAL;
    if (!(std > 0) || !isfinite(std) || !isfinite(a->mean) || !(low < high))
        return epl__bad(
            a->key, EPL_ERR_ARG,
            "[truncated_normal] mean %g, std %g, low %g, high %g: std must be positive, low "
            "less than high",
            a->mean, std, low, high);
    double from = erf((low - a->mean) / (std * root)), to = erf((high - a->mean) / (std * root));
    epl_val t = centred(a->key, d, a->shape); /* (-1, 1) to (from, to) */
    t = epl_add(epl_mul(t, epl_num((to - from) / 2)), epl_num((to + from) / 2));
    epl_val x = placed(epl_mul(epl_erfinv(t), epl_num(root)), a->mean, std);
    return epl_minimum(epl_maximum(x, epl_num(low)), epl_num(high));
}

epl_val epl_bits(epl_val key, epl_type type)
{
    if (!epl__is_key("bits", key, false))
        return EPL_NO_VAL;
    if (type.dtype != EPL_I32 && type.dtype != EPL_I64)
        return epl__bad(key, EPL_ERR_DTYPE, "[bits] i32 or i64 is expected, got %s",
                        epl_dtype_name(type.dtype));
    return epl__random(key, type.dtype, type.shape);
}

/* -- records: shapes are lists there ------------------------------------------------------- */
typedef struct {
    epl_val key;
    epl_ints shape;
    double low, high, mean, std;
    epl_dtype dtype;
} draw_args;
#define DTYPE EPL_ATTR_F(draw_args, dtype, EPL_DTYPE, EPL_F32, 0, 0, 1, EPL_ATTR_NONE)
#define NUMBER(field, value) EPL_ATTR(draw_args, field, EPL_NUMBER, value, 0, 0)

static epl_shape shape_of(const draw_args *a)
{
    return epl_shape_of(a->shape.count, a->shape.at);
}

static epl_val uniform_of(const draw_args *a, const char *given)
{
    double high = epl__given(given, "high") ? a->high : 1;
    return epl_op_uniform(&(epl_uniform_args){a->key, shape_of(a), a->low, high, a->dtype}, given);
}
static const epl_attr uniform_table[] = {EPL_ARG(draw_args, key),
                                         EPL__ARG_SHAPE(draw_args, shape),
                                         NUMBER(low, 0),
                                         NUMBER(high, 1),
                                         DTYPE,
                                         EPL_ATTR_END};
EPL__OPERATION_OF(uniform, "uniform in [low, high)", draw_args, uniform_table,
                  uniform_of(a, given));

static epl_val normal_of(const draw_args *a, const char *given)
{
    return epl_op_normal(&(epl_normal_args){a->key, shape_of(a), a->mean, a->std, a->dtype}, given);
}
static const epl_attr normal_table[] = {EPL_ARG(draw_args, key),
                                        EPL__ARG_SHAPE(draw_args, shape),
                                        NUMBER(mean, 0),
                                        NUMBER(std, 1),
                                        DTYPE,
                                        EPL_ATTR_END};
EPL__OPERATION_OF(normal, "mean + std sqrt(2) erfinv(2u - 1)", draw_args, normal_table,
                  normal_of(a, given));

static epl_val truncated_of(const draw_args *a, const char *given)
{
    return epl_op_truncated_normal(&(epl_truncated_normal_args){a->key, shape_of(a), a->mean,
                                                                a->std, a->low, a->high, a->dtype},
                                   given);
}
static const epl_attr truncated_table[] = {EPL_ARG(draw_args, key),
                                           EPL__ARG_SHAPE(draw_args, shape),
                                           NUMBER(mean, 0),
                                           NUMBER(std, 1),
                                           NUMBER(low, -2),
                                           NUMBER(high, 2),
                                           DTYPE,
                                           EPL_ATTR_END};
EPL__OPERATION_OF(truncated_normal, "normal, given that it lies in [low, high]", draw_args,
                  truncated_table, truncated_of(a, given));

static epl_val bits_of(const draw_args *a)
{
    epl_dtype d = a->dtype == EPL_NONE ? EPL_I64 : a->dtype;
    return epl_bits(a->key, epl_type_of(d, shape_of(a)));
}
static const epl_attr bits_table[] = {
    EPL_ARG(draw_args, key), EPL__ARG_SHAPE(draw_args, shape),
    EPL_ATTR_F(draw_args, dtype, EPL_DTYPE, EPL_I64, 0, 0, 1, EPL_ATTR_NONE), EPL_ATTR_END};
EPL__OPERATION_OF(bits, "all bits random", draw_args, bits_table, bits_of(a));
