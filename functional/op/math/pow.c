/* pow: y = a^b;  dy = b a^(b-1) da + y ln(a) db, with 0 in place of 0 times infinity: of the
 * first term where a = b = 0, of the second where a = 0 and b >= 0. */
#include "elementwise.h"

EPL__SCALAR(pow(x[0], x[1]));

static int64_t scalar_int(const int64_t *x, const void *attrs)
{
    uint64_t y = 1, power = (uint64_t)x[0];
    (void)attrs;
    if (x[1] < 0) /* 1 / a^-b, rounded to zero */
        return x[0] == 1 ? 1 : x[0] == -1 ? (x[1] % 2 ? -1 : 1) : 0;
    for (int64_t n = x[1]; n; n >>= 1) {
        y *= n & 1 ? power : 1;
        power *= power;
    }
    return (int64_t)y;
}

static epl_val of_base(epl_val a, epl_val b)
{
    double c;
    if (epl__is_splat(b, &c))
        return epl_mul(epl_pow(a, epl_num(c - 1)), epl_num(c));
    epl_val zero = epl_logical_and(epl_eq(a, epl_num(0)), epl_eq(b, epl_num(0)));
    epl_val less = epl__select(zero, epl__like(b, 1), epl_sub(b, epl_num(1)));
    return epl_mul(epl_pow(a, less), b);
}

static epl_val of_exponent(epl_val a, epl_val b)
{
    epl_val flat = epl_logical_and(epl_eq(a, epl_num(0)), epl_ge(b, epl_num(0)));
    epl_val safe = epl__select(flat, epl__like(a, 1), a);
    return epl_mul(epl_pow(safe, b), epl_log(safe));
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    double c;
    bool flat = epl__is_splat(x[1], &c) && c == 0;
    (void)count, (void)attrs;
    epl_val da = dx[0].graph && !flat ? epl_mul(dx[0], of_base(x[0], x[1])) : EPL_NO_VAL;
    epl_val db = dx[1].graph ? epl_mul(dx[1], of_exponent(x[0], x[1])) : EPL_NO_VAL;
    return epl__added(da, db);
}

const epl_prim epl__prim_pow = {.name = "pow",
                                .formula = "y = a^b",
                                .inputs = 2,
                                .scalar = scalar,
                                .scalar_int = scalar_int,
                                .jvp = jvp,
                                .test_min = 0.4,
                                .test_max = 2,
                                EPL__TILED(POW)};

/* Powers that are cheaper as something else; none if c is no such. */
static epl_val short_power(epl_val x, double c)
{
    if (c == 2)
        return epl_square(x);
    if (c == 3)
        return epl_mul(epl_square(x), x);
    if (!epl_dtype_is_float(epl_typeof(x).dtype))
        return EPL_NO_VAL;
    if (c == 1)
        return epl_copy(x);
    if (c == 0.5)
        return epl_sqrt(x);
    if (c == -0.5)
        return epl_rsqrt(x);
    if (c == -1)
        return epl_reciprocal(x);
    return c == -2 ? epl_square(epl_reciprocal(x)) : EPL_NO_VAL;
}

epl_val epl_pow(epl_val a, epl_val b)
{
    double c = 0;
    epl_val pair[2] = {a, b};
    epl_dtype d = epl__result_dtype(pair, 2);
    bool number = epl__is_num(b) && epl__is_splat(b, &c);
    if (number && epl__fn_of(a) && d == epl_typeof(a).dtype) {
        epl_val y = short_power(a, c);
        if (y.graph)
            return y;
    }
    if (number && c < 0 && d != EPL_NONE && !epl_dtype_is_float(d))
        return epl__bad(a, EPL_ERR_ARG, "[pow] %s to the power %g: cast to a float first",
                        epl__show(a), c);
    return epl__map2(&epl__prim_pow, a, b, 0);
}

typedef struct {
    epl_val input, exponent;
} pow_args;
static size_t pow_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const pow_args *a = args;
    (void)given;
    return epl__one_result(epl_pow(a->input, a->exponent), out, room);
}
static const epl_attr pow_table[] = {EPL_ARG(pow_args, input), EPL_ARG(pow_args, exponent),
                                     EPL_ATTR_END};
const epl_operation epl__operation_pow = {"pow", "input^exponent", sizeof(pow_args), pow_table,
                                          pow_build};

static size_t float_power_build(const void *args, const char *given, epl_val *out, size_t room)
{
    const pow_args *a = args;
    (void)given;
    return epl__one_result(epl_float_power(a->input, a->exponent), out, room);
}
epl_val epl_float_power(epl_val a, epl_val b)
{
    return epl_pow(epl_cast(a, EPL_F64), epl__is_num(b) ? b : epl_cast(b, EPL_F64));
}
const epl_operation epl__operation_float_power = {"float_power", "input^exponent in f64",
                                                  sizeof(pow_args), pow_table, float_power_build};
