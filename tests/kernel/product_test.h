/* product_test.h -- what the tests of products and convolutions share: operands with strides of any
 * kind, and calls whose parts must not change a bit.
 */
#ifndef EPL_PRODUCT_TEST_H
#define EPL_PRODUCT_TEST_H
#include "kernel_test.h"

static inline void fill(void *p, epl_dtype t, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double x = (double)(random_below(2001) - 1000) / 500;
        if (t == EPL_F32) {
            ((float *)p)[i] = (float)x;
        } else if (t == EPL_F64) {
            ((double *)p)[i] = x;
        } else if (t == EPL_I32) {
            ((int32_t *)p)[i] = (int32_t)(random_below((int64_t)1 << 31) - (1 << 30));
        } else {
            ((int64_t *)p)[i] = (random_below(1 << 30) << 33) + random_below(1 << 30);
        }
    }
}

static inline void *drawn(epl_dtype t, int64_t n)
{
    void *p = malloc((size_t)n * epl_dtype_bytes(t) + 1);
    fill(p, t, n);
    return p;
}

/* An operand: strides for its axes, and the memory that they span. */
typedef struct {
    int64_t stride[EPL_MAX_RANK + 5], low, count;
} layout;

/* Axes in a random order, gaps and signs at random; zero[i] asks for stride 0. */
static inline layout lay_out(int rank, const int64_t *dim, const bool *zero, bool plain)
{
    layout l = {.count = 1};
    int order[EPL_MAX_RANK + 5];
    for (int i = 0; i < rank; i++) {
        order[i] = i;
    }
    for (int i = rank - 1; !plain && i > 0; i--) {
        const int j = (int)random_below(i + 1), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    int64_t step = !plain && random_below(4) == 0 ? 1 + random_below(3) : 1;
    for (int i = rank - 1; i >= 0; i--) {
        const int axis = order[i];
        if (zero[axis]) {
            continue;
        }
        const bool back = !plain && random_below(5) == 0;
        l.stride[axis] = back ? -step : step;
        const int64_t reach = step * (dim[axis] > 0 ? dim[axis] - 1 : 0);
        l.low += back ? reach : 0;
        l.count += reach;
        step *= dim[axis] > 0 ? dim[axis] : 1;
        step += !plain && random_below(4) == 0 ? random_below(5) : 0;
    }
    return l;
}

/* A call's parts in one go, then one by one from the last: the same bits. */
static inline void run_twice(const epl__call *call, void *out, size_t bytes, const void *before,
                             void *const *p)
{
    char *scratch = aligned_alloc(64, (call->scratch + 127) / 64 * 64);
    memset(scratch, 0xff, call->scratch);
    memset(scratch + call->scratch, 0x5a, 64);
    memcpy(out, before, bytes);
    if (call->parts > 0) {
        call->run(call, p, 0, call->parts, scratch);
    }
    void *first = malloc(bytes);
    memcpy(first, out, bytes);
    memcpy(out, before, bytes);
    for (int64_t i = call->parts - 1; i >= 0; i--) {
        call->run(call, p, i, i + 1, scratch);
    }
    cr_assert(memcmp(first, out, bytes) == 0, "parts change the result: %s", call->name);
    for (int i = 0; i < 64; i++) {
        cr_assert(scratch[call->scratch + (size_t)i] == 0x5a, "scratch overrun: %s", call->name);
    }
    free(first);
    free(scratch);
}
#endif
