/* test_gather.c -- gather and scatter against plain loops, and what they say of a bad index. */
#include <espalier/extend.h>
#include "kernel_test.h"

static const epl_dtype numbers[] = {EPL_F32, EPL_F64, EPL_I64, EPL_I32, EPL_I16, EPL_I8, EPL_U8};

static void fill_index(void *idx, const epl__gather_desc *d)
{
    for (int64_t i = 0; i < d->b * d->i; i++)
        set(idx, d->index, i, (long double)random_below(d->axis));
}

static long double wrapped(epl_dtype d, long double x)
{
    return d == EPL_U8   ? (long double)(uint8_t)(int64_t)x
           : d == EPL_I8 ? (long double)(int8_t)(uint8_t)(int64_t)x
                         : x;
}

static void check(const epl__gather_desc *d, bool scatter)
{
    const size_t size = epl_dtype_bytes(d->dtype), index_size = epl_dtype_bytes(d->index);
    const int64_t few = d->b * d->i * d->r, many = d->b * d->axis * d->r;
    const size_t out_bytes = (size_t)(scatter ? many : few) * size;
    char *in = malloc((size_t)(scatter ? few : many) * size + 1);
    char *out = malloc(out_bytes + 1), *want = calloc(1, out_bytes + 1);
    void *idx = malloc((size_t)(d->b * d->i) * index_size + 1);
    memset(out, 0x55, out_bytes); /* scatter clears it */
    for (int64_t i = 0; i < (scatter ? few : many); i++)
        set(in, d->dtype, i, (long double)random_below(100));
    fill_index(idx, d);
    for (int64_t b = 0; b < d->b; b++)
        for (int64_t i = 0; i < d->i; i++)
            for (int64_t r = 0; r < d->r; r++) {
                const int64_t at = (int64_t)get(idx, d->index, b * d->i + i);
                const int64_t wide = (b * d->axis + at) * d->r + r;
                const int64_t narrow = (b * d->i + i) * d->r + r;
                const int64_t from = scatter ? narrow : wide, to = scatter ? wide : narrow;
                const long double old = scatter ? get(want, d->dtype, to) : 0;
                set(want, d->dtype, to, wrapped(d->dtype, old + get(in, d->dtype, from)));
            }
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    epl__call *c = scatter ? epl__scatter_prepare(&a, d) : epl__gather_prepare(&a, d);
    void *p[3] = {out, in, idx};
    char message[EPL_PRIM_MESSAGE] = "";
    cr_assert(c && c->check && c->check(c, p, NULL, message));
    run_both(c, p, 1, (void *[]){out}, &out_bytes);
    cr_assert(memcmp(out, want, out_bytes) == 0, "%s", c->name);
    epl__arena_free(&a);
    free(in);
    free(out);
    free(want);
    free(idx);
}

EACH_ISA(gather, random_sizes)
{
    static const int64_t sizes[] = {1, 2, 3, 7, 10, 33, 64, 200};
    for (int round = 0; round < 1500; round++) {
        random_state = 400 + (uint64_t)round;
        const epl__gather_desc d = {.dtype = numbers[random_below(7)],
                                    .index = random_below(2) ? EPL_I64 : EPL_I32,
                                    .b = sizes[random_below(4)],
                                    .axis = sizes[random_below(8)],
                                    .i = random_below(9) ? sizes[random_below(8)] : 0,
                                    .r = random_below(9) ? sizes[random_below(8)] : 0};
        check(&d, false);
        check(&d, true);
    }
    check(
        &(epl__gather_desc){
            .dtype = EPL_F32, .index = EPL_I64, .b = 1, .axis = 500, .i = 1000, .r = 520},
        true);
    check(
        &(epl__gather_desc){
            .dtype = EPL_F32, .index = EPL_I64, .b = 1, .axis = 500, .i = 1000, .r = 520},
        false);
    check(
        &(epl__gather_desc){
            .dtype = EPL_F32, .index = EPL_I64, .b = 2, .axis = 5000, .i = 40000, .r = 1},
        false);
}

static void check_message(epl_dtype index, int64_t bad, int64_t axis, const char *text)
{
    enum { N = 77 };
    int64_t idx[N] = {0};
    float x[N] = {0}, out[N];
    char message[EPL_PRIM_MESSAGE] = "", all[EPL_PRIM_MESSAGE];
    const epl__gather_desc d = {
        .dtype = EPL_F32, .index = index, .b = 1, .axis = axis, .i = N, .r = 1};
    for (int at = 0; at < N; at += 19) {
        memset(idx, 0, sizeof idx);
        set(idx, index, at, (long double)bad);
        snprintf(all, sizeof all, "%s, entry %d of %d", text, axis ? at : 0, N);
        epl__arena a;
        epl__arena_init(&a, &epl__malloc);
        epl__call *c = epl__gather_prepare(&a, &d), *s = epl__scatter_prepare(&a, &d);
        cr_assert(!c->check(c, (void *[]){out, x, idx}, NULL, message));
        cr_assert_str_eq(message, all);
        message[0] = 0;
        cr_assert(!s->check(s, (void *[]){x, out, idx}, NULL, message));
        cr_assert_str_eq(message, all);
        epl__arena_free(&a);
    }
}

Test(gather, bad_index)
{
    check_message(EPL_I64, 12, 10, "index 12 is out of range [0, 10)");
    check_message(EPL_I64, -1, 10, "index -1 is out of range [0, 10)");
    check_message(EPL_I32, 10, 10, "index 10 is out of range [0, 10)");
    check_message(EPL_I32, -2147483647, 10, "index -2147483647 is out of range [0, 10)");
    check_message(EPL_I64, INT64_MAX, 3, "index 9223372036854775807 is out of range [0, 3)");
    check_message(EPL_I64, 0, 0, "index 0 is out of range [0, 0)");
}
