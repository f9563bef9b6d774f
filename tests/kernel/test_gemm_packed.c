/* test_gemm_packed.c -- an operand that is packed beforehand: the product has the same bits, by
 * shape, batch, and which operand it is. */
#include "product_test.h"

typedef struct {
    epl__gemm_desc d;
    int64_t a, b, c; /* elements */
} product;

/* turned: b (and a, if both) lies with its summed axis innermost. */
static product make(epl_dtype dtype, const int64_t *size, int64_t items, bool shared, bool turned,
                    bool c_turned)
{
    int64_t m = size[0], n = size[1], k = size[2];
    product p = {.d = {.dtype = dtype, .m = m, .n = n, .k = k}};
    epl__gemm_desc *d = &p.d;
    d->a_m = k;
    d->a_k = 1;
    d->b_k = turned ? 1 : n;
    d->b_n = turned ? k : 1;
    d->c_m = c_turned ? 1 : n;
    d->c_n = c_turned ? m : 1;
    if (items > 1) {
        d->batch_rank = 1;
        d->batch[0] = items;
        d->a_batch[0] = m * k;
        d->b_batch[0] = shared ? 0 : n * k;
        d->c_batch[0] = m * n + 5; /* a gap: it does not fold */
    }
    p.a = items * m * k;
    p.b = (shared ? 1 : items) * n * k;
    p.c = items * (m * n + 5);
    return p;
}

static bool alike(const product *p)
{
    epl_dtype t = p->d.dtype;
    size_t bytes = (size_t)p->c * epl_dtype_bytes(t);
    epl__gemm_pack pack = epl__gemm_packed(&p->d);
    if (!pack.size)
        return false;
    epl__arena arena;
    epl__arena_init(&arena, &epl__malloc);
    epl__gemm_desc with = p->d;
    with.packed = true;
    void *a = drawn(t, p->a), *b = drawn(t, p->b), *c = calloc(1, bytes), *e = calloc(1, bytes);
    void *panel = malloc((size_t)pack.size * epl_dtype_bytes(t));
    run_parts(epl__gemm_prepare(&arena, &p->d), (void *[]){c, a, b}, false);
    run_parts(epl__gemm_pack_prepare(&arena, &p->d), (void *[]){panel, pack.operand ? b : a}, true);
    void *in[3] = {e, a, b};
    in[1 + pack.operand] = panel;
    run_parts(epl__gemm_prepare(&arena, &with), in, true);
    cr_assert_arr_eq(c, e, bytes, "%lld %lld %lld", (long long)p->d.m, (long long)p->d.n,
                     (long long)p->d.k);
    epl__arena_free(&arena);
    free(a), free(b), free(c), free(e), free(panel);
    return true;
}

EACH_ISA(gemm_packed, same_bits)
{
    static const int64_t sizes[][3] = {{32, 1024, 256}, {33, 65, 70},   {7, 300, 900},
                                       {128, 48, 64},   {64, 16, 1000}, {300, 80, 410},
                                       {20, 401, 33},   {12, 96, 24}};
    int packed = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = 0; kind < 32; kind++) {
            product p = make(kind & 1 ? EPL_F64 : EPL_F32, sizes[i], kind & 2 ? 3 : 1, kind & 4,
                             kind & 8, kind & 16);
            packed += alike(&p);
        }
    cr_assert(packed > 60, "%d", packed);
}

/* Integers, small matrices and rows that are read as they lie gain nothing. */
Test(gemm_packed, no_gain)
{
    product p = make(EPL_I64, (int64_t[]){64, 64, 64}, 1, false, true, false);
    cr_assert_eq(epl__gemm_packed(&p.d).size, 0);
    p = make(EPL_F32, (int64_t[]){8, 8, 8}, 1, false, true, false);
    cr_assert_eq(epl__gemm_packed(&p.d).size, 0);
    p = make(EPL_F32, (int64_t[]){8, 0, 8}, 1, false, true, false);
    cr_assert_eq(epl__gemm_packed(&p.d).size, 0);
}
