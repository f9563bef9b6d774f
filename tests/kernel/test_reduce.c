/* test_reduce.c -- reductions over random axes and strides against plain loops in long
 * double. */
#include "kernel_test.h"

static const epl_dtype numbers[] = {EPL_F32, EPL_F64, EPL_I64, EPL_I32, EPL_I16, EPL_I8, EPL_U8};

typedef struct {
    epl__reduce_op op;
    epl_dtype dtype, out_dtype;
    strided in, out; /* out has size 1 on reduced axes; running sums: the input's sizes */
    bool reduce[EPL_MAX_RANK];
    int64_t reduced; /* elements of one result */
} reduction;

static long double cut(epl_dtype d, long double x)
{
    switch (d) {
    case EPL_I64:
        return (long double)(int64_t)x;
    case EPL_I32:
        return (long double)(int32_t)(uint32_t)(int64_t)x;
    case EPL_I16:
        return (long double)(int16_t)(uint16_t)(int64_t)x;
    case EPL_I8:
        return (long double)(int8_t)(uint8_t)(int64_t)x;
    case EPL_U8:
        return (long double)(uint8_t)(int64_t)x;
    default:
        return x;
    }
}

static long double neutral(const reduction *r)
{
    static const long double least[] = {
        [EPL_F32] = -INFINITY, [EPL_F64] = -INFINITY, [EPL_I64] = -0x1p63L, [EPL_I32] = -0x1p31L,
        [EPL_I16] = -0x1p15L,  [EPL_I8] = -128,       [EPL_U8] = 0,         [EPL_BOOL] = 0};
    static const long double most[] = {
        [EPL_F32] = INFINITY,    [EPL_F64] = INFINITY,    [EPL_I64] = 0x1p63L - 1,
        [EPL_I32] = 0x1p31L - 1, [EPL_I16] = 0x1p15L - 1, [EPL_I8] = 127,
        [EPL_U8] = 255,          [EPL_BOOL] = 1};
    return r->op == EPL__AMAX ? least[r->dtype] : r->op == EPL__AMIN ? most[r->dtype] : 0;
}

/* Element number i of the reduced axes (row-major), at the kept index of output element o. */
static long double input_of(const reduction *r, int64_t o, int64_t i)
{
    int64_t at = r->in.low;
    for (int axis = r->in.rank - 1; axis >= 0; axis--) {
        int64_t *from = r->reduce[axis] ? &i : &o;
        at += *from % r->in.dim[axis] * r->in.stride[axis];
        *from /= r->in.dim[axis];
    }
    return get(r->in.block, r->dtype, at);
}

static bool beats(epl__reduce_op op, long double x, long double best)
{
    if (isnan(x) || isnan(best))
        return !isnan(best);
    return op == EPL__AMAX || op == EPL__ARGMAX ? x > best : x < best;
}

/* The place of output element o's i-th element along the scanned axis. */
static int64_t scanned(const reduction *r, int64_t o, int64_t i)
{
    int64_t at = r->out.low;
    for (int axis = r->in.rank - 1; axis >= 0; axis--) {
        int64_t *from = r->reduce[axis] ? &i : &o;
        at += *from % r->in.dim[axis] * r->out.stride[axis];
        *from /= r->in.dim[axis];
    }
    return at;
}

static void check_sum(const reduction *r, int64_t o, long double got)
{
    long double want = 0, size = 0;
    bool nan = false;
    for (int64_t i = 0; i < r->reduced; i++) {
        const long double x = input_of(r, o, i);
        want += x;
        size += fabsl(x);
        nan = nan || isnan(x);
    }
    if (!is_float(r->dtype)) {
        cr_assert(got == cut(r->dtype, want), "%Lg not %Lg", got, want);
        return;
    }
    const long double unit = r->dtype == EPL_F32 ? 0x1p-24L : 0x1p-53L;
    const long double steps = 20 + log2l((long double)r->reduced + 1);
    cr_assert(nan ? isnan(got) : fabsl(got - want) <= unit * steps * size, "%La not %La of %lld",
              got, want, (long long)r->reduced);
}

static void check_extreme(const reduction *r, int64_t o, long double got)
{
    long double best = neutral(r);
    int64_t at = 0;
    for (int64_t i = 0; i < r->reduced; i++) {
        const long double x = input_of(r, o, i);
        if (i > 0 ? beats(r->op, x, best) : true) {
            best = x;
            at = i;
        }
    }
    if (r->op == EPL__ARGMAX || r->op == EPL__ARGMIN)
        cr_assert(got == (long double)at, "%Lg not %lld", got, (long long)at);
    else
        cr_assert(got == best || (isnan(got) && isnan(best)), "%Lg not %Lg", got, best);
}

static void check_scan(const reduction *r, int64_t o)
{
    const bool back = r->op == EPL__CUMSUM_REVERSE;
    long double want = 0, size = 0;
    for (int64_t k = 0; k < r->reduced; k++) {
        const int64_t i = back ? r->reduced - 1 - k : k;
        const long double x = input_of(r, o, i);
        const long double got = get(r->out.block, r->dtype, scanned(r, o, i));
        want += x;
        size += fabsl(x);
        if (!is_float(r->dtype))
            cr_assert(got == cut(r->dtype, want));
        else
            cr_assert(isnan(want) ? isnan(got)
                                  : fabsl(got - want) <=
                                        size * (r->dtype == EPL_F32 ? 0x1p-22L : 0x1p-40L));
    }
}

static bool is_scan(const reduction *r)
{
    return r->op == EPL__CUMSUM || r->op == EPL__CUMSUM_REVERSE;
}

static void make(reduction *r, int rank, const int64_t *dim, bool zeros, bool plain)
{
    int64_t kept[EPL_MAX_RANK];
    r->out_dtype = r->op == EPL__ARGMAX || r->op == EPL__ARGMIN ? EPL_I64 : r->dtype;
    r->reduced = 1;
    for (int i = 0; i < rank; i++) {
        kept[i] = r->reduce[i] && !is_scan(r) ? 1 : dim[i];
        r->reduced *= r->reduce[i] ? dim[i] : 1;
    }
    r->in = make_strided(r->dtype, rank, dim, zeros, plain);
    r->out = make_strided(r->out_dtype, rank, kept, false, plain);
    const bool nans = is_float(r->dtype) && random_below(4) == 0 && !is_scan(r);
    for (int64_t i = 0; i < r->in.elements; i++)
        set(r->in.block, r->dtype, i,
            r->dtype == EPL_BOOL        ? (long double)random_below(2)
            : r->dtype == EPL_U8        ? (long double)random_below(256)
            : nans && !random_below(50) ? NAN
            : is_float(r->dtype) && r->op == EPL__SUM
                ? ldexpl((long double)random_below(2000001) - 1000000, -17)
                : (long double)random_below(201) - 100);
}

static void check(reduction *r)
{
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    void *p[2] = {base_of(&r->out), base_of(&r->in)};
    epl__call *c = epl__reduce_prepare(&a, r->op, r->dtype, r->in.rank, r->in.dim, r->in.stride,
                                       r->reduce, r->out.stride);
    run_both(c, p, 1, (void *[]){r->out.block},
             (size_t[]){(size_t)r->out.elements * epl_dtype_bytes(r->out_dtype)});
    int64_t outputs = 1;
    for (int i = 0; i < r->in.rank; i++)
        outputs *= r->reduce[i] ? 1 : r->in.dim[i];
    for (int64_t o = 0; o < outputs; o++) {
        if (is_scan(r)) {
            check_scan(r, o);
            continue;
        }
        int64_t at = r->out.low, rest = o;
        for (int axis = r->in.rank - 1; axis >= 0; axis--)
            if (!r->reduce[axis]) {
                at += rest % r->in.dim[axis] * r->out.stride[axis];
                rest /= r->in.dim[axis];
            }
        const long double got = get(r->out.block, r->out_dtype, at);
        if (r->op == EPL__SUM)
            check_sum(r, o, got);
        else
            check_extreme(r, o, got);
    }
    epl__arena_free(&a);
    free(r->in.block);
    free(r->out.block);
}

EACH_ISA(reduce, random_axes)
{
    static const int64_t sizes[] = {1, 2, 3, 4, 5, 8, 10, 17, 33, 64, 65, 100, 300, 1100};
    for (int round = 0; round < 4000; round++) {
        random_state = 50000 + (uint64_t)round;
        reduction r = {.op = (epl__reduce_op)random_below(EPL__CUMSUM_REVERSE + 1)};
        r.dtype = numbers[random_below(random_below(2) ? 2 : 7)];
        if ((r.op == EPL__AMAX || r.op == EPL__AMIN) && random_below(6) == 0)
            r.dtype = EPL_BOOL;
        int64_t dim[EPL_MAX_RANK], total;
        int rank;
        do {
            total = 1;
            rank = (int)random_below(random_below(8) ? 5 : 13);
            for (int i = 0; i < rank; i++) {
                dim[i] = random_below(80) == 0 ? 0 : sizes[random_below(rank > 5 ? 3 : 14)];
                total *= dim[i];
            }
        } while (total > 40000);
        const bool one = r.op >= EPL__ARGMAX;
        if (one && rank == 0)
            continue;
        for (int i = 0; i < rank; i++)
            r.reduce[i] = !one && random_below(2);
        if (one) {
            const int axis = (int)random_below(rank);
            r.reduce[axis] = true;
            if (dim[axis] == 0 && !is_scan(&r))
                continue; /* the place of nothing */
        }
        make(&r, rank, dim, random_below(4) == 0, random_below(2));
        check(&r);
    }
}

/* Shapes of real use, and those at the edges of blocks. */
static void check_shape(epl__reduce_op op, epl_dtype dtype, int rank, const int64_t *dim,
                        unsigned axes)
{
    reduction r = {.op = op, .dtype = dtype};
    for (int i = 0; i < rank; i++)
        r.reduce[i] = axes >> i & 1;
    make(&r, rank, dim, false, true);
    check(&r);
}

EACH_ISA(reduce, shapes)
{
    static const int64_t lengths[] = {15,   16,   17,   63,   64,   65,   127,  512,  513,
                                      1023, 1024, 1025, 2047, 2049, 4096, 5000, 70001};
    static const epl__reduce_op ops[] = {EPL__SUM, EPL__AMAX, EPL__AMIN};
    for (int d = 0; d < 2; d++)
        for (int k = 0; k < 3; k++) {
            const epl_dtype t = d ? EPL_F64 : EPL_F32;
            for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
                const int64_t n = lengths[i];
                check_shape(ops[k], t, 1, &n, 1);
                check_shape(ops[k], t, 2, (int64_t[]){3, n}, 2);
                check_shape(ops[k], t, 2, (int64_t[]){n, 3}, 1);
                check_shape(ops[k], t, 2, (int64_t[]){n, 10}, 1);
                check_shape(ops[k], t, 2, (int64_t[]){5, n}, 1);
                check_shape(ops[k], t, 2, (int64_t[]){n, 4}, 2);
                check_shape(ops[k], t, 2, (int64_t[]){n, 16}, 2);
            }
            check_shape(ops[k], t, 2, (int64_t[]){257, 520}, 1);
            check_shape(ops[k], t, 2, (int64_t[]){33, 1300}, 1);
            check_shape(ops[k], t, 4, (int64_t[]){8, 16, 14, 14}, 1 | 4 | 8);
            check_shape(ops[k], t, 4, (int64_t[]){8, 16, 3, 2}, 1 | 4 | 8);
            check_shape(ops[k], t, 4, (int64_t[]){8, 14, 14, 16}, 1 | 2 | 4);
            check_shape(ops[k], t, 3, (int64_t[]){40, 5, 64}, 2);
        }
}

/* A naive f32 sum of this is off by hundreds of ulp. */
EACH_ISA(reduce, long_sums)
{
    enum { N = 3000000 };
    float *x = malloc(N * sizeof *x), out[8] = {0};
    long double want = 0;
    for (int i = 0; i < N; i++)
        want += x[i] = 1 + (float)random_below(1000) / 1000;
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    const struct {
        int64_t dim[2], stride[2];
        bool reduce[2];
    } cases[] = {{{1, N}, {0, 1}, {false, true}},
                 {{N / 8, 8}, {8, 1}, {true, false}},
                 {{N / 2, 2}, {2, 1}, {true, false}},
                 {{8, N / 8}, {N / 8, 1}, {false, true}}};
    for (int k = 0; k < 4; k++) {
        memset(out, 0, sizeof out);
        epl__call *c = epl__reduce_prepare(&a, EPL__SUM, EPL_F32, 2, cases[k].dim, cases[k].stride,
                                           cases[k].reduce, (int64_t[]){1, 1});
        run_parts(c, (void *[]){out, x}, true);
        long double got = 0;
        for (int i = 0; i < 8; i++)
            got += out[i];
        cr_assert(fabsl(got - want) < want * 0x1p-22L, "case %d: %Lf not %Lf", k, got, want);
    }
    epl__arena_free(&a);
    free(x);
}
