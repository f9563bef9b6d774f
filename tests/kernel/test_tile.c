/* test_tile.c -- every tile operation in every dtype, over contiguous, broadcast and constant
 * operands, against libm in long double. */
#include "../../src/kernel/span/span.h"
#include "tile_plain.h"

static const epl_dtype all[] = {EPL_F32, EPL_F64, EPL_I64, EPL_I32,
                                EPL_I16, EPL_I8,  EPL_U8,  EPL_BOOL};

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
    const epl__tile_ins ins = {
        (uint16_t)s->op, (uint8_t)s->dtype, (uint8_t)s->to, (int16_t)operands, {0, 1, 2}};
    epl__tile_desc d = {
        .rank = 1, .dim = {s->n}, .inputs = operands, .outputs = 1, .instructions = 1, .ins = &ins};
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
    static const int hot[] = {EPL__TILE_EXP,  EPL__TILE_EXP2,    EPL__TILE_EXPM1,    EPL__TILE_LOG,
                              EPL__TILE_LOG2, EPL__TILE_LOG10,   EPL__TILE_LOG1P,    EPL__TILE_TANH,
                              EPL__TILE_ERF,  EPL__TILE_SIGMOID, EPL__TILE_SOFTPLUS, EPL__TILE_SIN,
                              EPL__TILE_COS,  EPL__TILE_RSQRT};
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
                cr_assert(ulps(d, get(out, d, i), powl(get(in, d, i), exponent)) <= 2, "%La ^ %g",
                          get(in, d, i), exponent);
            epl__arena_free(&a);
        }
}

Test(tile, tables_agree)
{
    for (int op = 0; op < EPL__TILE_END; op++)
        for (int d = EPL_NONE; d < EPL_DTYPE_END; d++)
            cr_assert(epl__tile_has((epl__tile_op)op, (epl_dtype)d) ==
                          (epl__span_of(op, (epl_dtype)d, EPL_F32) != NULL),
                      "op %d dtype %d", op, d);
}
