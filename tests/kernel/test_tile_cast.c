/* test_tile_cast.c -- casts of every dtype to every other. */
#include "tile_plain.h"

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
    static const long double low[] = {[EPL_I64] = -0x1p63L,
                                      [EPL_I32] = -0x1p31L,
                                      [EPL_I16] = -0x1p15L,
                                      [EPL_I8] = -128,
                                      [EPL_U8] = 0};
    static const long double high[] = {[EPL_I64] = 0x1p63L - 1,
                                       [EPL_I32] = 0x1p31L - 1,
                                       [EPL_I16] = 0x1p15L - 1,
                                       [EPL_I8] = 127,
                                       [EPL_U8] = 255};
    if (to == EPL_BOOL)
        return get(out, to, i) == (x != 0 || isnan(x));
    if (to == EPL_BF16 || to == EPL_F16) {
        const uint16_t h = ((const uint16_t *)out)[i];
        return isnan(x) ? isnan(half_value(h, to == EPL_BF16))
                        : h == nearest_half(x, to == EPL_BF16);
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
    const epl__tile_ins ins = {EPL__TILE_CAST, (uint8_t)from, (uint8_t)to, 1, {0, 0, 0}};
    const epl__tile_desc d = {.rank = 1,
                              .dim = {n},
                              .inputs = 1,
                              .outputs = 1,
                              .in_dtype = {from},
                              .in_stride = {{1}},
                              .out_reg = {1},
                              .out_stride = {{1}},
                              .instructions = 1,
                              .ins = &ins};
    void *p[2] = {out, (void *)(uintptr_t)in};
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
