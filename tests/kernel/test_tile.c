/* test_tile.c -- every tile operation in every dtype against libm in long double, and tile
 * programs of any shape against plain loops. */
#include "kernel_test.h"
#include "../../src/kernel/span/span.h"

static const epl_dtype all[] = {EPL_F32, EPL_F64, EPL_I64, EPL_I32, EPL_I16,
                                EPL_I8,  EPL_U8,  EPL_BOOL};

/* -- one operation, plainly ---------------------------------------------------------------- */

static long double erfinv_plain(long double y)
{
    if (!(fabsl(y) < 1))
        return fabsl(y) == 1 ? copysignl(INFINITY, y) : NAN;
    long double low = 0, high = fabsl(y) < 0.5L ? 2 * fabsl(y) : 30;
    for (int i = 0; i < 80; i++) {
        const long double mid = (low + high) / 2;
        if (fabsl(y) < 0.5L ? erfl(mid) < fabsl(y) : erfcl(mid) > 1 - fabsl(y))
            low = mid;
        else
            high = mid;
    }
    return copysignl((low + high) / 2, y);
}

static long double digamma_plain(long double x)
{
    if (x == 0)
        return copysignl(INFINITY, -x);
    if (isinf(x))
        return x > 0 ? x : NAN;
    if (x < 0 && x == floorl(x))
        return NAN;
    if (x < 0) {
        const long double pi = acosl(-1), rest = x - rintl(x);
        return digamma_plain(1 - x) - pi / tanl(pi * rest);
    }
    long double below = 0;
    for (; x < 60; x++)
        below += 1 / x;
    const long double z = 1 / (x * x);
    return logl(x) - 0.5L / x - z * (1.0L / 12 - z * (1.0L / 120 - z * (1.0L / 252 - z / 240))) -
           below;
}

static long double softplus_plain(long double x)
{
    return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x));
}

static long double sigmoid_plain(long double x)
{
    return x > 0 ? 1 / (1 + expl(-x)) : expl(x) / (1 + expl(x));
}

static long double lgamma_plain(long double x)
{
    int sign;
    return lgammal_r(x, &sign);
}

static long double fmod_floor(long double x, long double y)
{
    const long double r = fmodl(x, y);
    return r == 0 ? copysignl(0, y) : (r < 0) != (y < 0) ? r + y : r;
}

static long double floordiv_plain(long double x, long double y)
{
    if (isinf(y) && isfinite(x) && x != 0)
        return (x < 0) == (y < 0) ? 0 : -1;
    const long double q = y == 0 ? 0 : (x - fmod_floor(x, y)) / y;
    return q == 0 ? (y == 0 ? x / y : copysignl(0, x / y)) : q;
}

static long double pick_max(long double x, long double y)
{
    return isnan(x) ? x : isnan(y) ? y : x > y ? x : y;
}

static long double pick_min(long double x, long double y)
{
    return isnan(x) ? x : isnan(y) ? y : x < y ? x : y;
}

static long double float_unary(int op, long double x)
{
    switch (op) {
    case EPL__TILE_COPY: return x;
    case EPL__TILE_NEG: return -x;
    case EPL__TILE_ABS: return fabsl(x);
    case EPL__TILE_SIGN: return (x > 0) - (x < 0);
    case EPL__TILE_EXP: return expl(x);
    case EPL__TILE_EXP2: return exp2l(x);
    case EPL__TILE_EXPM1: return expm1l(x);
    case EPL__TILE_LOG: return logl(x);
    case EPL__TILE_LOG2: return log2l(x);
    case EPL__TILE_LOG10: return log10l(x);
    case EPL__TILE_LOG1P: return log1pl(x);
    case EPL__TILE_SQRT: return sqrtl(x);
    case EPL__TILE_RSQRT: return 1 / sqrtl(x);
    case EPL__TILE_RECIPROCAL: return 1 / x;
    case EPL__TILE_SQUARE: return x * x;
    case EPL__TILE_SIN: return sinl(x);
    case EPL__TILE_COS: return cosl(x);
    case EPL__TILE_TAN: return tanl(x);
    case EPL__TILE_ASIN: return asinl(x);
    case EPL__TILE_ACOS: return acosl(x);
    case EPL__TILE_ATAN: return atanl(x);
    case EPL__TILE_SINH: return sinhl(x);
    case EPL__TILE_COSH: return coshl(x);
    case EPL__TILE_TANH: return tanhl(x);
    case EPL__TILE_ASINH: return asinhl(x);
    case EPL__TILE_ACOSH: return acoshl(x);
    case EPL__TILE_ATANH: return atanhl(x);
    case EPL__TILE_ERF: return erfl(x);
    case EPL__TILE_ERFC: return erfcl(x);
    case EPL__TILE_ERFINV: return erfinv_plain(x);
    case EPL__TILE_LGAMMA: return lgamma_plain(x);
    case EPL__TILE_DIGAMMA: return digamma_plain(x);
    case EPL__TILE_SIGMOID: return sigmoid_plain(x);
    case EPL__TILE_SOFTPLUS: return softplus_plain(x);
    case EPL__TILE_RELU: return isnan(x) || x > 0 ? x : 0;
    case EPL__TILE_FLOOR: return floorl(x);
    case EPL__TILE_CEIL: return ceill(x);
    case EPL__TILE_ROUND: return rintl(x);
    case EPL__TILE_TRUNC: return truncl(x);
    case EPL__TILE_ISNAN: return isnan(x);
    default: return NAN;
    }
}

static long double float_binary(int op, epl_dtype d, long double x, long double y)
{
    switch (op) {
    case EPL__TILE_ADD: return x + y;
    case EPL__TILE_SUB: return x - y;
    case EPL__TILE_MUL: return x * y;
    case EPL__TILE_DIV: return x / y;
    case EPL__TILE_POW: return powl(x, y);
    case EPL__TILE_MAX: return pick_max(x, y);
    case EPL__TILE_MIN: return pick_min(x, y);
    case EPL__TILE_FMOD: return fmodl(x, y);
    case EPL__TILE_REMAINDER: return fmod_floor(x, y);
    case EPL__TILE_FLOORDIV: return floordiv_plain(x, y);
    case EPL__TILE_ATAN2: return atan2l(x, y);
    case EPL__TILE_HYPOT: return hypotl(x, y);
    case EPL__TILE_COPYSIGN: return copysignl(x, y);
    case EPL__TILE_NEXTAFTER:
        return d == EPL_F32 ? (long double)nextafterf((float)x, (float)y)
                            : (long double)nextafter((double)x, (double)y);
    case EPL__TILE_EQ: return x == y;
    case EPL__TILE_NE: return x != y;
    case EPL__TILE_LT: return x < y;
    case EPL__TILE_LE: return x <= y;
    default: return NAN;
    }
}

/* In 128 bits, then cut to the dtype: what wraps, wraps. */
__extension__ typedef __int128 wide;
static wide int_plain(int op, int64_t x, int64_t y)
{
    const wide a = x, b = y;
    const wide floored = y == 0 ? 0 : a / b - (a % b != 0 && (x < 0) != (y < 0));
    switch (op) {
    case EPL__TILE_NEG: return -a;
    case EPL__TILE_ABS: return a < 0 ? -a : a;
    case EPL__TILE_SIGN: return (x > 0) - (x < 0);
    case EPL__TILE_SQUARE: return a * a;
    case EPL__TILE_RELU: return x > 0 ? x : 0;
    case EPL__TILE_NOT: return !x;
    case EPL__TILE_ADD: return a + b;
    case EPL__TILE_SUB: return a - b;
    case EPL__TILE_MUL: return a * b;
    case EPL__TILE_DIV: return y == 0 ? 0 : a / b;
    case EPL__TILE_FMOD: return y == 0 ? 0 : a % b;
    case EPL__TILE_REMAINDER: return y == 0 ? 0 : a - floored * b;
    case EPL__TILE_FLOORDIV: return floored;
    case EPL__TILE_MAX: return x > y ? x : y;
    case EPL__TILE_MIN: return x < y ? x : y;
    case EPL__TILE_EQ: return x == y;
    case EPL__TILE_NE: return x != y;
    case EPL__TILE_LT: return x < y;
    case EPL__TILE_LE: return x <= y;
    case EPL__TILE_AND: return x & y;
    case EPL__TILE_OR: return x | y;
    case EPL__TILE_XOR: return x ^ y;
    case EPL__TILE_POW: {
        uint64_t p = 1;
        if (y < 0)
            return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0;
        for (int64_t i = 0; i < y && i < 300; i++)
            p *= (uint64_t)x;
        return (int64_t)p;
    }
    default: return x; /* COPY, FLOOR, ... */
    }
}

static int64_t wrapped(epl_dtype d, wide x)
{
    switch (d) {
    case EPL_I64: return (int64_t)(uint64_t)x;
    case EPL_I32: return (int32_t)(uint32_t)x;
    case EPL_I16: return (int16_t)(uint16_t)x;
    case EPL_I8: return (int8_t)(uint8_t)x;
    default: return (uint8_t)x;
    }
}

static bool gives_bool(int op)
{
    return op == EPL__TILE_ISNAN || (op >= EPL__TILE_EQ && op <= EPL__TILE_LE);
}

/* -- inputs -------------------------------------------------------------------------------- */

static long double random_float(epl_dtype d)
{
    static const double special[] = {0.0, -0.0, 1, -1, 0.5, -0.5, INFINITY, -INFINITY, NAN,
                                     1e-45, -1e-45, 1.1754944e-38, 3e38, -3e38, 88.8, -87.5,
                                     -103.5, 709.9, -745.2, 1e-310, 1e300, 2, 3, -3, 10, 100};
    const uint64_t kind = random_bits() % 10;
    const double sign = random_bits() & 1 ? 1 : -1, u = (double)(random_bits() >> 11) * 0x1p-53;
    double x = 0;
    if (kind == 0)
        x = special[random_bits() % (sizeof special / sizeof *special)];
    else if (kind < 5)
        x = sign * u * 4;
    else if (kind < 8)
        x = sign * u * 100;
    else if (kind == 8)
        x = sign * exp2(u * 40 - 30);
    else
        x = sign * exp2(d == EPL_F32 ? u * 270 - 145 : u * 2100 - 1060);
    return d == EPL_F32 ? (long double)(float)x : (long double)x;
}

static void fill_random(void *p, epl_dtype d, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (is_float(d)) {
            set(p, d, i, random_float(d));
        } else if (d == EPL_BOOL) {
            set(p, d, i, random_bits() & 1);
        } else {
            const uint64_t bits = random_bits() >> (random_bits() % 5 ? 0 : 56);
            const int64_t few = (int64_t)(random_bits() % 21) - 10;
            set(p, d, i, (long double)wrapped(d, random_bits() % 3 ? few : (int64_t)bits));
        }
    }
}

/* -- one operation over contiguous and constant operands -------------------------------------- */

/* Ulps of d between a result and the exact value. */
static double ulps(epl_dtype d, long double got, long double want)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got) ? 0 : 1e30;
    const long double rounded = d == EPL_F32 ? (long double)(float)want : (long double)(double)want;
    if (got == rounded)
        return signbit(got) == signbit(rounded) || got != 0 ? 0 : 1e29;
    if (isinf(got) || isinf(rounded)) /* one step from the largest */
        return fabsl(want) > (d == EPL_F32 ? 3.40282e38L : 1.79769e308L) && !isinf(want) ? 1 : 1e28;
    int e;
    frexpl(want, &e);
    const int least = d == EPL_F32 ? -148 : -1073, digits = d == EPL_F32 ? 24 : 53;
    const int step = e - digits < least - 1 ? least - 1 : e - digits;
    return (double)fabsl(ldexpl(got - want, -step));
}

/* What libm and the conditioning of the function allow. */
static double allowed(int op, epl_dtype d, long double x)
{
    switch (op) {
    case EPL__TILE_LGAMMA:
        return x < 0 ? 1e30 : 4;
    case EPL__TILE_DIGAMMA: /* zeros at 1.46 and between negative integers */
        return x < 0 ? 1e30 : x > 1.2L && x < 1.8L ? 1e4 : 4;
    case EPL__TILE_ERFINV:
    case EPL__TILE_SINH:
    case EPL__TILE_COSH:
    case EPL__TILE_ASINH:
    case EPL__TILE_ACOSH:
    case EPL__TILE_ATANH:
    case EPL__TILE_ERFC:
    case EPL__TILE_POW:
        return d == EPL_F32 ? 1.01 : 4;
    case EPL__TILE_REMAINDER:
        return 1.01;
    case EPL__TILE_FLOORDIV:
        return 2.01;
    case EPL__TILE_FMA:
        return 1e30; /* checked apart */
    default:
        return 2;
    }
}

typedef struct {
    int op;
    epl_dtype dtype, to;
    int64_t n;
    unsigned flat; /* bit: stride 0 (and, with bit 3, constant) */
    void *in[3], *out;
} single;

static epl__call *prepare_single(epl__arena *a, const single *s, void **p)
{
    const int operands = epl__tile_operands((epl__tile_op)s->op);
    const epl__tile_ins ins = {(uint16_t)s->op, (uint8_t)s->dtype, (uint8_t)s->to,
                               (int16_t)operands, {0, 1, 2}};
    epl__tile_desc d = {.rank = 1, .dim = {s->n}, .inputs = operands, .outputs = 1,
                        .instructions = 1, .ins = &ins};
    int count = 0;
    p[count++] = s->out;
    for (int i = 0; i < operands; i++) {
        d.in_dtype[i] = s->op == EPL__TILE_SELECT && i == 0 ? EPL_BOOL : s->dtype;
        d.in_stride[i][0] = !(s->flat >> i & 1);
        d.is_const[i] = (s->flat >> i & 1) && (s->flat & 8);
        d.value[i] = (double)get(s->in[i], d.in_dtype[i], 0);
        d.value_int[i] = is_float(d.in_dtype[i]) ? 0 : (int64_t)get(s->in[i], d.in_dtype[i], 0);
        if (!d.is_const[i])
            p[count++] = s->in[i];
    }
    d.out_reg[0] = (int16_t)operands;
    d.out_stride[0][0] = 1;
    return epl__tile_prepare(a, &d);
}

static void check_element(const single *s, int64_t i)
{
    long double x[3] = {0};
    const int operands = epl__tile_operands((epl__tile_op)s->op);
    for (int o = 0; o < operands; o++)
        x[o] = get(s->in[o], s->op == EPL__TILE_SELECT && o == 0 ? EPL_BOOL : s->dtype,
                   s->flat >> o & 1 ? 0 : i);
    const long double got = get(s->out, s->to, i);
    long double want;
    double most = 0;
    if (s->op == EPL__TILE_SELECT) {
        want = x[0] != 0 ? x[1] : x[2];
    } else if (!is_float(s->dtype)) {
        want = (long double)wrapped(s->to, int_plain(s->op, (int64_t)x[0], (int64_t)x[1]));
    } else if (operands == 1) {
        want = float_unary(s->op, x[0]);
        most = allowed(s->op, s->dtype, x[0]);
    } else if (operands == 2) {
        want = float_binary(s->op, s->dtype, x[0], x[1]);
        most = allowed(s->op, s->dtype, x[0]);
    } else {
        want = x[0] * x[1] + x[2];
        most = 1e30;
        if (fabsl(want) < 1e30L && !isnan(want))
            cr_assert(fabsl(got - want) <= 1e-6L * (fabsl(x[0] * x[1]) + fabsl(x[2])) + 1e-44L);
    }
    const double off = is_float(s->to) ? ulps(s->to, got, want) : got == want ? 0 : 1e30;
    cr_assert(off <= most, "op %d dtype %d of %La %La %La: %La, not %La (%g ulp), flat %u n %lld",
              s->op, s->dtype, x[0], x[1], x[2], got, want, off, s->flat, (long long)s->n);
}

static void check_single(int op, epl_dtype dtype, int64_t n, unsigned flat)
{
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    single s = {op, dtype, gives_bool(op) ? EPL_BOOL : dtype, n, flat, {0}, NULL};
    for (int i = 0; i < 3; i++) {
        const epl_dtype d = op == EPL__TILE_SELECT && i == 0 ? EPL_BOOL : dtype;
        s.in[i] = malloc((size_t)n * epl_dtype_bytes(d) + 1);
        fill_random(s.in[i], d, n);
    }
    if (op == EPL__TILE_POW && !is_float(dtype)) /* the plain loop is short */
        for (int64_t i = 0; i < n; i++)
            set(s.in[1], dtype, i, (long double)random_below(70) - (dtype == EPL_U8 ? 0 : 5));
    s.out = calloc((size_t)n, epl_dtype_bytes(s.to));
    void *p[4];
    epl__call *c = prepare_single(&a, &s, p);
    run_both(c, p, 1, (void *[]){s.out}, (size_t[]){(size_t)n * epl_dtype_bytes(s.to)});
    for (int64_t i = 0; i < n; i++)
        check_element(&s, i);
    for (int i = 0; i < 3; i++)
        free(s.in[i]);
    free(s.out);
    epl__arena_free(&a);
}

EACH_ISA(tile, operations)
{
    static const int64_t lengths[] = {1, 3, 16, 17, 40, 64, 1023, 1024, 1025, 2500};
    for (int op = 0; op < EPL__TILE_END; op++)
        for (size_t d = 0; d < sizeof all / sizeof *all; d++) {
            if (op == EPL__TILE_CAST || !epl__tile_has((epl__tile_op)op, all[d]))
                continue;
            const int operands = epl__tile_operands((epl__tile_op)op);
            for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
                for (unsigned flat = 0; flat < 1u << operands; flat++) {
                    if (operands > 1 && flat && lengths[l] > 1024)
                        continue;
                    check_single(op, all[d], lengths[l], flat);
                    if (flat)
                        check_single(op, all[d], lengths[l], flat | 8);
                }
        }
}

/* Sweeps the hot functions finely: all exponents, and close around what is special. */
EACH_ISA(tile, hot_functions)
{
    static const int hot[] = {EPL__TILE_EXP, EPL__TILE_EXP2, EPL__TILE_EXPM1, EPL__TILE_LOG,
                              EPL__TILE_LOG2, EPL__TILE_LOG10, EPL__TILE_LOG1P, EPL__TILE_TANH,
                              EPL__TILE_ERF, EPL__TILE_SIGMOID, EPL__TILE_SOFTPLUS,
                              EPL__TILE_SIN, EPL__TILE_COS, EPL__TILE_RSQRT};
    for (size_t h = 0; h < sizeof hot / sizeof *hot; h++)
        for (int d = 0; d < 2; d++)
            check_single(hot[h], d ? EPL_F64 : EPL_F32, 40000, 0);
}

/* -- powers with constant exponents ------------------------------------------------------------ */

EACH_ISA(tile, constant_powers)
{
    static const double powers[] = {-2, -1, -0.5, 0, 0.5, 1, 2, 2.5, 3, 4};
    enum { N = 500 };
    for (size_t k = 0; k < sizeof powers / sizeof *powers; k++)
        for (int w = 0; w < 2; w++) {
            const epl_dtype d = w ? EPL_F64 : EPL_F32;
            double in[N], exponent = powers[k], out[N];
            epl__arena a;
            epl__arena_init(&a, &epl__malloc);
            fill_random(in, d, N);
            set(in, d, 0, -INFINITY);
            double y[1];
            set(y, d, 0, exponent);
            single s = {EPL__TILE_POW, d, d, N, 2 | 8, {in, y, NULL}, out};
            void *p[4];
            epl__call *c = prepare_single(&a, &s, p);
            run_parts(c, p, false);
            for (int i = 0; i < N; i++)
                cr_assert(ulps(d, get(out, d, i), powl(get(in, d, i), exponent)) <= 2,
                          "%La ^ %g", get(in, d, i), exponent);
            epl__arena_free(&a);
        }
}

/* -- casts ------------------------------------------------------------------------------------- */

static double half_value(uint16_t h, bool brain)
{
    const int sign = h >> 15, e = brain ? h >> 7 & 255 : h >> 10 & 31;
    const int m = brain ? h & 127 : h & 1023, bits = brain ? 7 : 10, top = brain ? 255 : 31;
    const int bias = brain ? 127 : 15;
    double x = e == 0 ? ldexp(m, 1 - bias - bits) : ldexp(m + (1 << bits), e - bias - bits);
    if (e == top)
        x = m ? NAN : INFINITY;
    return sign ? -x : x;
}

/* The nearest, of two the even one: found by trying all that are not negative. */
static uint16_t nearest_half(long double x, bool brain)
{
    const int inf = brain ? 0x7f80 : 0x7c00;
    int low = 0, high = inf; /* half_value grows with the bits; inf counts as the next step */
    const long double a = fabsl(x);
    const uint16_t sign = signbit(x) ? 0x8000 : 0;
    if (isinf(x))
        return (uint16_t)(inf | sign);
    while (high - low > 1) {
        const int mid = (low + high) / 2;
        if ((long double)half_value((uint16_t)mid, brain) <= a)
            low = mid;
        else
            high = mid;
    }
    const long double next = high == inf ? (brain ? 0x1p128L : 0x1p16L)
                                         : (long double)half_value((uint16_t)high, brain);
    const long double down = a - (long double)half_value((uint16_t)low, brain), up = next - a;
    const int best = down < up || (down == up && low % 2 == 0) ? low : high;
    return (uint16_t)(best | sign);
}

static long double cast_in(epl_dtype d, const void *p, int64_t i)
{
    if (d == EPL_BF16 || d == EPL_F16)
        return half_value(((const uint16_t *)p)[i], d == EPL_BF16);
    return get(p, d, i);
}

static bool cast_right(epl_dtype from, epl_dtype to, long double x, const void *out, int64_t i)
{
    static const long double low[] = {[EPL_I64] = -0x1p63L, [EPL_I32] = -0x1p31L,
                                      [EPL_I16] = -0x1p15L, [EPL_I8] = -128, [EPL_U8] = 0};
    static const long double high[] = {[EPL_I64] = 0x1p63L - 1, [EPL_I32] = 0x1p31L - 1,
                                       [EPL_I16] = 0x1p15L - 1, [EPL_I8] = 127, [EPL_U8] = 255};
    if (to == EPL_BOOL)
        return get(out, to, i) == (x != 0 || isnan(x));
    if (to == EPL_BF16 || to == EPL_F16) {
        const uint16_t h = ((const uint16_t *)out)[i];
        return isnan(x) ? isnan(half_value(h, to == EPL_BF16)) : h == nearest_half(x, to == EPL_BF16);
    }
    const long double got = get(out, to, i);
    if (is_float(to)) {
        const long double want = to == EPL_F32 ? (long double)(float)x : (long double)(double)x;
        return isnan(x) ? isnan(got) : got == want && signbit(got) == signbit(want);
    }
    if (!is_float(from) && from != EPL_BF16 && from != EPL_F16)
        return got == (long double)wrapped(to, (int64_t)x);
    x = isnan(x) ? 0 : truncl(x);
    return got == (x < low[to] ? low[to] : x > high[to] ? high[to] : x);
}

static void check_cast(epl_dtype from, epl_dtype to, const void *in, int64_t n)
{
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    void *out = calloc((size_t)n, epl_dtype_bytes(to));
    single s = {EPL__TILE_CAST, from, to, n, 0, {(void *)(uintptr_t)in, NULL, NULL}, out};
    const epl__tile_ins ins = {EPL__TILE_CAST, (uint8_t)from, (uint8_t)to, 1, {0, 0, 0}};
    const epl__tile_desc d = {.rank = 1, .dim = {n}, .inputs = 1, .outputs = 1,
                              .in_dtype = {from}, .in_stride = {{1}}, .out_reg = {1},
                              .out_stride = {{1}}, .instructions = 1, .ins = &ins};
    void *p[2] = {out, s.in[0]};
    run_both(epl__tile_prepare(&a, &d), p, 1, &out, (size_t[]){(size_t)n * epl_dtype_bytes(to)});
    for (int64_t i = 0; i < n; i++)
        cr_assert(cast_right(from, to, cast_in(from, in, i), out, i), "cast %s to %s of %La",
                  epl_dtype_name(from), epl_dtype_name(to), cast_in(from, in, i));
    free(out);
    epl__arena_free(&a);
}

EACH_ISA(tile, casts)
{
    enum { N = 65536 };
    double *in = calloc(N, sizeof *in);
    for (int from = EPL_F32; from < EPL_DTYPE_END; from++) {
        const epl_dtype f = (epl_dtype)from;
        const int64_t n = f == EPL_BF16 || f == EPL_F16 ? N : 5000;
        for (int64_t i = 0; i < N; i++)
            if (f == EPL_BF16 || f == EPL_F16)
                ((uint16_t *)in)[i] = (uint16_t)i;
        if (f != EPL_BF16 && f != EPL_F16)
            fill_random(in, f, N);
        for (int64_t i = 0; i < 2000 && is_float(f); i++) { /* ties, and close to them */
            const double tie = half_value((uint16_t)random_bits(), i & 1) * (1 + 0x1p-9);
            set(in, f, i, (long double)(tie + (i % 3 - 1) * tie * 0x1p-40));
        }
        for (int to = EPL_F32; to < EPL_DTYPE_END; to++)
            check_cast(f, (epl_dtype)to, in, n);
    }
    free(in);
}

/* -- programs ------------------------------------------------------------------------------------ */

/* Instructions that are exact, so that plain evaluation gives the same bits. */
typedef struct {
    epl__tile_desc d;
    epl__tile_ins ins[40];
    epl_dtype dtype[EPL__TILE_MAX_REG];
    strided in[EPL__TILE_MAX_IN], out[EPL__TILE_MAX_OUT];
    bool shared[EPL__TILE_MAX_OUT]; /* in an input's memory */
} program;

static int some_reg(const program *g, int regs, epl_dtype dtype)
{
    for (int tries = 0; tries < 60; tries++) {
        const int r = (int)random_below(regs);
        if (g->dtype[r] == dtype)
            return r;
    }
    return -1;
}

static void add_instruction(program *g, int dst)
{
    static const epl_dtype kinds[] = {EPL_F32, EPL_F64, EPL_I32, EPL_BOOL, EPL_I8};
    static const int ops[] = {EPL__TILE_ADD, EPL__TILE_SUB, EPL__TILE_MAX, EPL__TILE_LT,
                              EPL__TILE_SELECT, EPL__TILE_CAST, EPL__TILE_NEG, EPL__TILE_MUL};
    epl__tile_ins *ins = &g->ins[g->d.instructions];
    for (;;) {
        const epl_dtype d = kinds[random_below(5)];
        const int op = ops[random_below(8)], x = some_reg(g, dst, d), y = some_reg(g, dst, d);
        const int b = some_reg(g, dst, EPL_BOOL);
        if (x < 0 || y < 0 || !epl__tile_has((epl__tile_op)op, d) || (op == EPL__TILE_SELECT && b < 0))
            continue;
        *ins = (epl__tile_ins){(uint16_t)op, (uint8_t)d, (uint8_t)d, (int16_t)dst,
                               {(int16_t)x, (int16_t)y, 0}};
        if (op == EPL__TILE_LT)
            ins->to = EPL_BOOL;
        if (op == EPL__TILE_CAST)
            ins->to = (uint8_t)kinds[random_below(5)];
        if (op == EPL__TILE_SELECT)
            memcpy(ins->src, (int16_t[]){(int16_t)b, (int16_t)x, (int16_t)y}, sizeof ins->src);
        break;
    }
    g->dtype[dst] = (epl_dtype)ins->to;
    g->d.instructions++;
}

static long double apply(const epl__tile_ins *ins, const long double *x)
{
    const epl_dtype d = (epl_dtype)ins->dtype;
    if (ins->op == EPL__TILE_SELECT)
        return x[0] != 0 ? x[1] : x[2];
    if (ins->op == EPL__TILE_CAST) {
        char cell[8];
        if (ins->to == EPL_BOOL)
            return x[0] != 0;
        if (!is_float((epl_dtype)ins->to) && !is_float(d))
            return (long double)wrapped((epl_dtype)ins->to, (int64_t)x[0]);
        if (ins->to == EPL_I8)
            return x[0] > 127 ? 127 : x[0] < -128 ? -128 : truncl(x[0]);
        if (ins->to == EPL_I32)
            return x[0] > 2147483647 ? 2147483647 : x[0] < -2147483648.0L ? -2147483648.0L
                                                                          : truncl(x[0]);
        set(cell, (epl_dtype)ins->to, 0, x[0]);
        return get(cell, (epl_dtype)ins->to, 0);
    }
    if (!is_float(d))
        return (long double)wrapped((epl_dtype)ins->to,
                                    int_plain(ins->op, (int64_t)x[0], (int64_t)x[1]));
    char cell[8];
    const long double y = ins->op == EPL__TILE_NEG ? -x[0] : float_binary(ins->op, d, x[0], x[1]);
    set(cell, (epl_dtype)ins->to, 0, y);
    return get(cell, (epl_dtype)ins->to, 0);
}

static void random_shape(epl__tile_desc *d)
{
    static const int64_t sizes[] = {1, 1, 2, 3, 5, 7, 10, 16, 33, 64, 100, 513, 1024, 1500};
    for (;;) {
        d->rank = (int)random_below(random_below(4) ? 5 : 13);
        int64_t total = 1;
        for (int i = 0; i < d->rank; i++) {
            const int64_t limit = d->rank > 5 ? 4 : 14;
            d->dim[i] = random_below(60) == 0 ? 0 : sizes[random_below(limit)];
            total *= d->dim[i];
        }
        if (total < 30000)
            return;
    }
}

static void random_program(program *g)
{
    static const epl_dtype kinds[] = {EPL_F32, EPL_F64, EPL_I32, EPL_BOOL, EPL_I8};
    memset(g, 0, sizeof *g);
    epl__tile_desc *d = &g->d;
    random_shape(d);
    const int64_t n = count_of(d->rank, d->dim);
    d->inputs = 1 + (int)random_below(random_below(6) ? 4 : EPL__TILE_MAX_IN);
    for (int i = 0; i < d->inputs; i++) {
        const epl_dtype t = g->dtype[i] = d->in_dtype[i] = kinds[random_below(5)];
        d->is_const[i] = random_below(6) == 0;
        d->value[i] = (double)random_below(9) - 4;
        d->value_int[i] = t == EPL_BOOL ? random_below(2) : random_below(9) - 4;
        g->in[i] = make_strided(t, d->rank, d->dim, random_below(2), random_below(2));
        for (int64_t e = 0; e < g->in[i].elements; e++)
            set(g->in[i].block, t, e,
                t == EPL_BOOL ? random_bits() & 1 : (long double)random_below(200) - 100);
        memcpy(d->in_stride[i], g->in[i].stride, sizeof g->in[i].stride);
    }
    const int steps = (int)random_below(random_below(5) ? 6 : 40);
    d->ins = g->ins;
    for (int i = 0; i < steps; i++)
        add_instruction(g, d->inputs + i);
    d->outputs = 1 + (int)random_below(random_below(3) ? 1 : EPL__TILE_MAX_OUT);
    for (int i = 0; i < d->outputs; i++) {
        const int reg = (int)random_below(d->inputs + steps);
        d->out_reg[i] = (int16_t)(steps && random_below(4) ? d->inputs + steps - 1 : reg);
        g->out[i] = make_strided(g->dtype[d->out_reg[i]], d->rank, d->dim, false, random_below(2));
        /* in an input's place, if one fits and has not been taken */
        for (int k = 0; k < d->inputs && random_below(2); k++) {
            bool fits = !d->is_const[k] && n > 0 &&
                        epl_dtype_bytes(g->in[k].dtype) == epl_dtype_bytes(g->out[i].dtype);
            for (int axis = 0; axis < d->rank; axis++)
                fits = fits && (d->dim[axis] == 1 || g->in[k].stride[axis] != 0);
            for (int j = 0; j < i; j++)
                fits = fits && !(g->shared[j] && g->out[j].block == g->in[k].block);
            if (!fits)
                continue;
            free(g->out[i].block);
            const epl_dtype t = g->out[i].dtype;
            g->out[i] = g->in[k];
            g->out[i].dtype = t;
            g->shared[i] = true;
            break;
        }
        memcpy(d->out_stride[i], g->out[i].stride, sizeof g->out[i].stride);
    }
}

/* What every output should hold, by element. */
static long double *plain_results(const program *g, int64_t n)
{
    const epl__tile_desc *d = &g->d;
    long double *want = calloc((size_t)(n * d->outputs) + 1, sizeof *want);
    for (int64_t e = 0; e < n; e++) {
        long double reg[EPL__TILE_MAX_REG];
        for (int i = 0; i < d->inputs; i++)
            if (d->is_const[i])
                reg[i] = is_float(d->in_dtype[i]) ? (long double)d->value[i]
                                                  : (long double)d->value_int[i];
            else
                reg[i] = get(g->in[i].block, d->in_dtype[i], place_of(&g->in[i], e));
        for (int i = 0; i < d->instructions; i++) {
            const epl__tile_ins *ins = &d->ins[i];
            const long double x[3] = {reg[ins->src[0]], reg[ins->src[1]], reg[ins->src[2]]};
            reg[ins->dst] = apply(ins, x);
        }
        for (int o = 0; o < d->outputs; o++)
            want[o * n + e] = reg[d->out_reg[o]];
    }
    return want;
}

static void check_program(program *g, epl__arena *a)
{
    epl__tile_desc *d = &g->d;
    const int64_t n = count_of(d->rank, d->dim);
    long double *want = plain_results(g, n);
    void *p[EPL__TILE_MAX_IN + EPL__TILE_MAX_OUT], *block[EPL__TILE_MAX_OUT];
    size_t bytes[EPL__TILE_MAX_OUT];
    int count = 0;
    for (int i = 0; i < d->outputs; i++) {
        p[count++] = base_of(&g->out[i]);
        block[i] = g->out[i].block;
        bytes[i] = (size_t)g->out[i].elements * epl_dtype_bytes(g->out[i].dtype);
    }
    for (int i = 0; i < d->inputs; i++)
        if (!d->is_const[i])
            p[count++] = base_of(&g->in[i]);
    run_both(epl__tile_prepare(a, d), p, d->outputs, block, bytes);
    for (int o = 0; o < d->outputs; o++)
        for (int64_t e = 0; e < n; e++) {
            const long double got = get(g->out[o].block, g->out[o].dtype, place_of(&g->out[o], e));
            const long double w = want[o * n + e];
            cr_assert(got == w || (isnan(got) && isnan(w)),
                      "output %d element %lld of %lld: %Lg, not %Lg", o, (long long)e,
                      (long long)n, got, w);
        }
    free(want);
}

EACH_ISA(tile, programs)
{
    for (int round = 0; round < 1500; round++) {
        random_state = 1000 + (uint64_t)round;
        epl__arena a;
        epl__arena_init(&a, &epl__malloc);
        static program g;
        random_program(&g);
        check_program(&g, &a);
        for (int i = 0; i < g.d.inputs; i++)
            free(g.in[i].block);
        for (int i = 0; i < g.d.outputs; i++)
            if (!g.shared[i])
                free(g.out[i].block);
        epl__arena_free(&a);
    }
}

/* -- shapes that matter ---------------------------------------------------------------------- */

static void check_bias(int rank, const int64_t *dim, const int64_t *bias_stride, int64_t biases)
{
    const int64_t n = count_of(rank, dim);
    float *x = malloc((size_t)n * sizeof *x), *b = malloc((size_t)biases * sizeof *b);
    float *out = calloc((size_t)n, sizeof *out);
    fill_random(x, EPL_F32, n);
    fill_random(b, EPL_F32, biases);
    const epl__tile_ins ins[2] = {{EPL__TILE_ADD, EPL_F32, EPL_F32, 2, {0, 1, 0}},
                                  {EPL__TILE_RELU, EPL_F32, EPL_F32, 3, {2, 0, 0}}};
    epl__tile_desc d = {.rank = rank, .inputs = 2, .outputs = 1, .in_dtype = {EPL_F32, EPL_F32},
                        .out_reg = {3}, .instructions = 2, .ins = ins};
    int64_t step = 1;
    for (int i = rank - 1; i >= 0; i--) {
        d.dim[i] = dim[i];
        d.in_stride[0][i] = d.out_stride[0][i] = step;
        d.in_stride[1][i] = bias_stride[i];
        step *= dim[i];
    }
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    void *p[3] = {out, x, b};
    run_both(epl__tile_prepare(&a, &d), p, 1, p, (size_t[]){(size_t)n * sizeof *out});
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i, at = 0;
        for (int axis = rank - 1; axis >= 0; axis--) {
            at += rest % dim[axis] * bias_stride[axis];
            rest /= dim[axis];
        }
        const float sum = x[i] + b[at], want = sum > 0 || isnan(sum) ? sum : 0;
        cr_assert(out[i] == want || (isnan(out[i]) && isnan(want)));
    }
    epl__arena_free(&a);
    free(x);
    free(b);
    free(out);
}

EACH_ISA(tile, biases)
{
    check_bias(2, (int64_t[]){300, 10}, (int64_t[]){0, 1}, 10);
    check_bias(2, (int64_t[]){7, 1030}, (int64_t[]){0, 1}, 1030);
    check_bias(2, (int64_t[]){1030, 7}, (int64_t[]){1, 0}, 1030);
    check_bias(3, (int64_t[]){5, 13, 784}, (int64_t[]){0, 1, 0}, 13);
    check_bias(3, (int64_t[]){50, 13, 49}, (int64_t[]){0, 1, 0}, 13);
    check_bias(3, (int64_t[]){200, 5, 4}, (int64_t[]){0, 1, 0}, 5);
    check_bias(3, (int64_t[]){3, 900, 4}, (int64_t[]){0, 1, 0}, 900);
}

Test(tile, tables_agree)
{
    for (int op = 0; op < EPL__TILE_END; op++)
        for (int d = EPL_NONE; d < EPL_DTYPE_END; d++)
            cr_assert(epl__tile_has((epl__tile_op)op, (epl_dtype)d) ==
                          (epl__span_of(op, (epl_dtype)d, EPL_F32) != NULL),
                      "op %d dtype %d", op, d);
}
