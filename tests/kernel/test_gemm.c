/* test_gemm.c -- matrix products against plain loops: random shapes, strides of any sign,
 * batch axes, every instruction set; and the promise that parts never change a bit. */
#include "product_test.h"

/* What c should be at one place, and how large its terms are. */
static void expect(const epl__gemm_desc *d, const void *a, const void *b, const void *c0,
                   const int64_t *at, double *value, double *size, uint64_t *exact)
{
    int64_t pa = at[d->batch_rank] * d->a_m, pb = at[d->batch_rank + 1] * d->b_n;
    int64_t pc = at[d->batch_rank] * d->c_m + at[d->batch_rank + 1] * d->c_n;
    for (int i = 0; i < d->batch_rank; i++) {
        pa += at[i] * d->a_batch[i];
        pb += at[i] * d->b_batch[i];
        pc += at[i] * d->c_batch[i];
    }
    *value = *size = 0;
    *exact = 0;
    for (int64_t k = 0; k <= d->k; k++) {
        const bool last = k == d->k;
        if (last && !d->accumulate) {
            break;
        }
        if (d->dtype == EPL_I64 || d->dtype == EPL_I32) {
            const bool wide = d->dtype == EPL_I64;
            const int64_t ia = pa + k * d->a_k, ib = pb + k * d->b_k;
            *exact += last
                          ? (uint64_t)(wide ? ((const int64_t *)c0)[pc] : ((const int32_t *)c0)[pc])
                      : wide
                          ? (uint64_t)((const int64_t *)a)[ia] * (uint64_t)((const int64_t *)b)[ib]
                          : (uint64_t)((const int32_t *)a)[ia] * (uint64_t)((const int32_t *)b)[ib];
            continue;
        }
        const double x = last ? get(c0, d->dtype, pc)
                              : get(a, d->dtype, pa + k * d->a_k) *
                                    get(b, d->dtype, pb + k * d->b_k);
        *value += x;
        *size += fabs(x);
    }
}

static void compare(const epl__gemm_desc *d, const void *a, const void *b, const void *c0,
                    const void *c, const char *name)
{
    const int rank = d->batch_rank + 2;
    int64_t dim[EPL_MAX_RANK + 2], total = 1;
    for (int i = 0; i < rank; i++) {
        dim[i] = i < d->batch_rank ? d->batch[i] : i == d->batch_rank ? d->m : d->n;
        total *= dim[i];
    }
    const double eps = d->dtype == EPL_F32 ? 6e-8 : 1.2e-16;
    for (int64_t e = 0; e<total; e += total> 4000 ? 1 + random_below(total / 1000) : 1) {
        int64_t at[EPL_MAX_RANK + 2], rest = e, pc = 0;
        for (int i = rank - 1; i >= 0; i--) {
            at[i] = rest % dim[i];
            rest /= dim[i];
            pc += at[i] * (i < d->batch_rank    ? d->c_batch[i]
                           : i == d->batch_rank ? d->c_m
                                                : d->c_n);
        }
        double value, size;
        uint64_t exact;
        expect(d, a, b, c0, at, &value, &size, &exact);
        if (d->dtype == EPL_I64) {
            cr_assert(((const int64_t *)c)[pc] == (int64_t)exact, "%s", name);
        } else if (d->dtype == EPL_I32) {
            cr_assert(((const int32_t *)c)[pc] == (int32_t)(uint32_t)exact, "%s", name);
        } else {
            const double got = get(c, d->dtype, pc);
            const double bound = eps * (8 + (double)d->k) * (size + 1e-30);
            cr_assert(fabs(got - value) <= bound, "%s: %g for %g, bound %g", name, got, value,
                      bound);
        }
    }
}

/* The two last axes in the other order in memory. */
static layout lay_out_turned(int rank, const int64_t *dim, const bool *zero)
{
    int64_t turned[EPL_MAX_RANK + 2];
    memcpy(turned, dim, sizeof turned);
    turned[rank - 2] = dim[rank - 1];
    turned[rank - 1] = dim[rank - 2];
    layout l = lay_out(rank, turned, zero, true);
    const int64_t t = l.stride[rank - 2];
    l.stride[rank - 2] = l.stride[rank - 1];
    l.stride[rank - 1] = t;
    return l;
}

/* Layouts of a, b and c; their strides go to d. */
static void lay_out_all(epl__gemm_desc *d, bool plain, layout *l)
{
    const int r = d->batch_rank;
    int64_t dim[3][EPL_MAX_RANK + 2];
    bool zero[3][EPL_MAX_RANK + 2] = {{false}};
    for (int i = 0; i < r; i++) {
        dim[0][i] = dim[1][i] = dim[2][i] = d->batch[i];
        zero[0][i] = random_below(4) == 0;
        zero[1][i] = random_below(4) == 0;
    }
    dim[0][r] = dim[2][r] = d->m;
    dim[0][r + 1] = dim[1][r] = d->k;
    dim[1][r + 1] = dim[2][r + 1] = d->n;
    if (!plain && random_below(10) == 0) {
        zero[random_below(2)][r + random_below(2)] = true;
    }
    for (int i = 0; i < 3; i++) {
        const bool same = plain || random_below(2) == 0;
        l[i] = lay_out(r + 2, dim[i], zero[i], same);
        if (same && i < 2 && random_below(2) == 0) {
            l[i] = lay_out_turned(r + 2, dim[i], zero[i]);
        }
    }
    memcpy(d->a_batch, l[0].stride, sizeof(int64_t) * (size_t)r);
    memcpy(d->b_batch, l[1].stride, sizeof(int64_t) * (size_t)r);
    memcpy(d->c_batch, l[2].stride, sizeof(int64_t) * (size_t)r);
    d->a_m = l[0].stride[r];
    d->a_k = l[0].stride[r + 1];
    d->b_k = l[1].stride[r];
    d->b_n = l[1].stride[r + 1];
    d->c_m = l[2].stride[r];
    d->c_n = l[2].stride[r + 1];
}

static void check(epl__gemm_desc *d, bool plain)
{
    layout l[3];
    char *p[3], *base[3];
    const size_t es = epl_dtype_bytes(d->dtype);
    lay_out_all(d, plain, l);
    for (int i = 0; i < 3; i++) {
        base[i] = drawn(d->dtype, l[i].count);
        p[i] = base[i] + (size_t)l[i].low * es;
    }
    epl__arena arena;
    epl__arena_init(&arena, &epl__malloc);
    const epl__call *call = epl__gemm_prepare(&arena, d);
    cr_assert(call != NULL && call->name != NULL);
    const size_t bytes = (size_t)l[2].count * es;
    char *before = malloc(bytes);
    memcpy(before, base[2], bytes);
    run_twice(call, base[2], bytes, before, (void *const[]){p[2], p[0], p[1]});
    compare(d, p[0], p[1], before + (size_t)l[2].low * es, p[2], call->name);
    for (int i = 0; i < 3; i++) {
        free(base[i]);
    }
    free(before);
    epl__arena_free(&arena);
}

static const int64_t sizes[] = {0, 1, 2, 3, 5, 8, 10, 16, 17, 31, 33, 40, 47, 64, 65, 100};
static int64_t pick(int top)
{
    return sizes[random_below(top)];
}

static void check_all(const char *isa, const char *backend)
{
    setenv("ESPALIER_ISA", isa, 1);
    setenv("ESPALIER_GEMM", backend, 1);
    const epl_dtype types[] = {EPL_F32, EPL_F64, EPL_I64, EPL_I32};
    for (int i = 0; i < 1500; i++) {
        random_state = 1000 + (uint64_t)i;
        epl__gemm_desc d = {.dtype = types[random_below(12) % 10 % 4 % (random_below(3) ? 2 : 4)]};
        d.batch_rank = (int)random_below(4);
        for (int j = 0; j < d.batch_rank; j++) {
            d.batch[j] = random_below(12) == 0 ? 0 : 1 + random_below(4);
        }
        d.m = pick(d.batch_rank > 1 ? 9 : 16);
        d.n = pick(d.batch_rank > 1 ? 9 : 16);
        d.k = pick(16);
        d.accumulate = random_below(3) == 0;
        check(&d, random_below(2) == 0);
    }
    const int64_t large[][3] = {{128, 512, 784}, {128, 10, 256}, {1, 700, 900},
                                {900, 1, 700},   {700, 5, 1500}, {300, 200, 1024},
                                {3, 3, 5000},    {1, 1, 3000},   {64, 256, 1}};
    for (int i = 0; i < 36; i++) {
        random_state = 77 + (uint64_t)i;
        const int64_t *s = large[i % 9];
        epl__gemm_desc d = {.dtype = i % 3 ? EPL_F32 : EPL_F64, .m = s[0], .n = s[1], .k = s[2]};
        d.accumulate = i >= 27;
        check(&d, i < 27);
    }
}

Test(gemm, portable)
{
    check_all("portable", "own");
}
Test(gemm, avx2)
{
    check_all("avx2", "own");
}
Test(gemm, avx512)
{
    check_all("avx512", "own");
}
Test(gemm, xsmm_avx2)
{
    check_all("avx2", "xsmm");
}
Test(gemm, xsmm_avx512)
{
    check_all("avx512", "xsmm");
}
Test(gemm, blis)
{
    check_all("avx512", "blis");
}

/* Kernels stay correct, and prepared calls valid, past the end of the kernel table. */
Test(gemm, many_shapes)
{
    setenv("ESPALIER_GEMM", "xsmm", 1);
    for (int i = 0; i < 2600; i++) {
        random_state = (uint64_t)i;
        epl__gemm_desc d = {.dtype = EPL_F32, .m = 1 + i % 51, .n = 1 + i / 51, .k = 1 + i % 7};
        check(&d, true);
    }
}

Test(gemm, info)
{
    char text[200];
    epl__kernel_info(text, sizeof text);
    cr_assert(strstr(text, "isa: ") != NULL && strstr(text, "gemm: ") != NULL);
}
