/* kernel_test.h -- what the tests of kernels share: random numbers, arrays by dtype, runs.
 *
 * A call is run twice: all parts at once, and part by part in another order, each with dirty
 * scratch. Both must leave the same bytes.
 */
#ifndef EPL_KERNEL_TEST_H
#define EPL_KERNEL_TEST_H
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../src/kernel/kernel.h"

/* A test for each instruction set; more than the machine has is the same as what it has. */
#define EACH_ISA(suite, name)                  \
    static void name(void);                    \
    Test(suite, name##_portable)               \
    {                                          \
        setenv("ESPALIER_ISA", "portable", 1); \
        name();                                \
    }                                          \
    Test(suite, name##_avx2)                   \
    {                                          \
        setenv("ESPALIER_ISA", "avx2", 1);     \
        name();                                \
    }                                          \
    Test(suite, name##_avx512)                 \
    {                                          \
        setenv("ESPALIER_ISA", "avx512", 1);   \
        name();                                \
    }                                          \
    static void name(void)

static uint64_t random_state = 1;
static inline uint64_t random_bits(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static inline int64_t random_below(int64_t n)
{
    return (int64_t)(random_bits() % (uint64_t)n);
}

static inline bool is_float(epl_dtype d)
{
    return d == EPL_F32 || d == EPL_F64;
}

/* Elements of F32, F64, integers and BOOL as long double: exact both ways. */
static inline long double get(const void *p, epl_dtype d, int64_t i)
{
    switch (d) {
    case EPL_F32:
        return ((const float *)p)[i];
    case EPL_F64:
        return ((const double *)p)[i];
    case EPL_I64:
        return ((const int64_t *)p)[i];
    case EPL_I32:
        return ((const int32_t *)p)[i];
    case EPL_I16:
        return ((const int16_t *)p)[i];
    case EPL_I8:
        return ((const int8_t *)p)[i];
    default:
        return ((const uint8_t *)p)[i];
    }
}
static inline void set(void *p, epl_dtype d, int64_t i, long double x)
{
    switch (d) {
    case EPL_F32:
        ((float *)p)[i] = (float)x;
        break;
    case EPL_F64:
        ((double *)p)[i] = (double)x;
        break;
    case EPL_I64:
        ((int64_t *)p)[i] = (int64_t)x;
        break;
    case EPL_I32:
        ((int32_t *)p)[i] = (int32_t)x;
        break;
    case EPL_I16:
        ((int16_t *)p)[i] = (int16_t)x;
        break;
    case EPL_I8:
        ((int8_t *)p)[i] = (int8_t)x;
        break;
    default:
        ((uint8_t *)p)[i] = (uint8_t)x;
    }
}

/* An array with strides of its own: `base` is element [0, 0, ...]. The block has no byte
 * more than the strides need, so that overruns are seen by a sanitizer. */
typedef struct {
    epl_dtype dtype;
    int rank;
    int64_t dim[EPL_MAX_RANK], stride[EPL_MAX_RANK];
    int64_t low, elements; /* the element before base where the block starts; its length */
    char *block;
} strided;

static inline void *base_of(const strided *s)
{
    return s->block + s->low * (int64_t)epl_dtype_bytes(s->dtype);
}

/* Axes in a random order with random gaps; signs and (if asked) zeros at random. */
static inline strided make_strided(epl_dtype dtype, int rank, const int64_t *dim, bool zeros,
                                   bool plain)
{
    strided s = {.dtype = dtype, .rank = rank, .elements = 1};
    int order[EPL_MAX_RANK];
    int64_t step = 1;
    for (int i = 0; i < rank; i++) {
        s.dim[i] = dim[i];
        order[i] = rank - 1 - i;
    }
    for (int i = rank - 1; i > 0 && !plain; i--) {
        const int j = (int)random_below(i + 1), keep = order[i];
        order[i] = order[j];
        order[j] = keep;
    }
    for (int i = 0; i < rank; i++) {
        const int axis = order[i];
        if (zeros && random_below(3) == 0)
            continue;
        s.stride[axis] = !plain && random_below(3) == 0 ? -step : step;
        const int64_t reach = (dim[axis] > 0 ? dim[axis] - 1 : 0) * step;
        s.low += s.stride[axis] < 0 ? reach : 0;
        s.elements += reach;
        step = s.elements + (plain || random_below(3) ? 0 : random_below(3));
        if (plain)
            step = s.elements;
    }
    s.block = calloc((size_t)s.elements, epl_dtype_bytes(dtype));
    cr_assert(s.block);
    return s;
}

/* The place of element number i, counted row-major. */
static inline int64_t place_of(const strided *s, int64_t i)
{
    int64_t at = s->low;
    for (int axis = s->rank - 1; axis >= 0; axis--) {
        at += i % s->dim[axis] * s->stride[axis];
        i /= s->dim[axis];
    }
    return at;
}

static inline int64_t count_of(int rank, const int64_t *dim)
{
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= dim[i];
    return n;
}

static inline void *dirty_scratch(const epl__call *c)
{
    const size_t bytes = (c->scratch + 63) / 64 * 64;
    void *p = aligned_alloc(64, bytes ? bytes : 64);
    cr_assert(p);
    memset(p, 0xa5, bytes ? bytes : 64);
    return p;
}

static inline void run_parts(const epl__call *c, void *const *p, bool one_by_one)
{
    if (!one_by_one) {
        void *scratch = dirty_scratch(c);
        if (c->parts)
            c->run(c, p, 0, c->parts, scratch);
        free(scratch);
        return;
    }
    for (int64_t part = c->parts - 1; part >= 0; part--) {
        void *scratch = dirty_scratch(c);
        c->run(c, p, part, part + 1, scratch);
        free(scratch);
    }
}

/* Runs both ways; `outs` blocks that the call may write, which are put back in between.
 * The content that the two runs leave is the same. */
static inline void run_both(const epl__call *c, void *const *p, int outs, void *const *block,
                            const size_t *bytes)
{
    char *before[EPL__TILE_MAX_OUT], *after[EPL__TILE_MAX_OUT];
    cr_assert(c && c->parts >= 0 && c->name);
    for (int i = 0; i < outs; i++) {
        before[i] = malloc(bytes[i] + 1);
        after[i] = malloc(bytes[i] + 1);
        memcpy(before[i], block[i], bytes[i]);
    }
    run_parts(c, p, true);
    for (int i = 0; i < outs; i++) {
        memcpy(after[i], block[i], bytes[i]);
        memcpy(block[i], before[i], bytes[i]);
    }
    run_parts(c, p, false);
    for (int i = 0; i < outs; i++) {
        cr_assert(memcmp(after[i], block[i], bytes[i]) == 0, "%s: parts change the result",
                  c->name);
        free(before[i]);
        free(after[i]);
    }
}
#endif
