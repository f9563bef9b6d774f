/* test_copy.c -- copies and fills of any strides, and the transposes of squares. */
#include "kernel_test.h"

static const epl_dtype all[] = {EPL_F32, EPL_F64, EPL_BF16, EPL_F16, EPL_I64,
                                EPL_I32, EPL_I16, EPL_I8,   EPL_U8,  EPL_BOOL};

static void check_copy(epl_dtype dtype, int rank, const int64_t *dim, bool zeros, bool plain_in,
                       bool plain_out)
{
    const size_t size = epl_dtype_bytes(dtype);
    strided in = make_strided(dtype, rank, dim, zeros, plain_in);
    strided out = make_strided(dtype, rank, dim, false, plain_out);
    for (int64_t i = 0; i < in.elements * (int64_t)size; i++)
        in.block[i] = (char)random_bits();
    char *want = calloc((size_t)out.elements, size);
    const int64_t n = count_of(rank, dim);
    for (int64_t i = 0; i < n; i++)
        memcpy(want + place_of(&out, i) * (int64_t)size,
               in.block + place_of(&in, i) * (int64_t)size, size);
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    epl__call *c = epl__copy_prepare(&a, dtype, rank, dim, out.stride, in.stride);
    const size_t bytes = (size_t)out.elements * size;
    run_both(c, (void *[]){base_of(&out), base_of(&in)}, 1, (void *[]){out.block}, &bytes);
    cr_assert(memcmp(want, out.block, bytes) == 0, "%s rank %d", c->name, rank);
    epl__arena_free(&a);
    free(want);
    free(in.block);
    free(out.block);
}

static void check_fill(epl_dtype dtype, int rank, const int64_t *dim, bool plain)
{
    const size_t size = epl_dtype_bytes(dtype);
    strided out = make_strided(dtype, rank, dim, false, plain);
    char *want = calloc((size_t)out.elements, size);
    union {
        float f;
        double d;
        int64_t i;
        uint16_t h;
    } value = {0};
    switch (dtype) {
    case EPL_F32:
        value.f = -1.5f;
        break;
    case EPL_F64:
        value.d = -1.5;
        break;
    case EPL_BF16:
        value.h = 0xbfc0;
        break;
    case EPL_F16:
        value.h = 0xbe00;
        break;
    default:
        value.i = dtype == EPL_BOOL ? 1 : 77;
    }
    const int64_t n = count_of(rank, dim);
    for (int64_t i = 0; i < n; i++)
        memcpy(want + place_of(&out, i) * (int64_t)size, &value, size);
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    epl__call *c = epl__fill_prepare(&a, dtype, rank, dim, out.stride, -1.5, 77);
    const size_t bytes = (size_t)out.elements * size;
    run_both(c, (void *[]){base_of(&out)}, 1, (void *[]){out.block}, &bytes);
    cr_assert(memcmp(want, out.block, bytes) == 0);
    epl__arena_free(&a);
    free(want);
    free(out.block);
}

EACH_ISA(copy, random_strides)
{
    static const int64_t sizes[] = {1, 2, 3, 4, 5, 9, 16, 31, 32, 33, 65, 100, 1030};
    for (int round = 0; round < 3000; round++) {
        random_state = 7000 + (uint64_t)round;
        int64_t dim[EPL_MAX_RANK], total;
        int rank;
        do {
            total = 1;
            rank = (int)random_below(random_below(6) ? 5 : 13);
            for (int i = 0; i < rank; i++) {
                dim[i] = random_below(60) == 0 ? 0 : sizes[random_below(rank > 5 ? 3 : 13)];
                total *= dim[i];
            }
        } while (total > 50000);
        const epl_dtype d = all[random_below(10)];
        check_copy(d, rank, dim, random_below(3) == 0, random_below(2), random_below(2));
        check_fill(d, rank, dim, random_below(2));
    }
}

static void check_transpose(epl_dtype dtype, int64_t rows, int64_t columns)
{
    const size_t size = epl_dtype_bytes(dtype), bytes = (size_t)(rows * columns) * size;
    char *in = malloc(bytes), *out = calloc(1, bytes);
    for (size_t i = 0; i < bytes; i++)
        in[i] = (char)random_bits();
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    epl__call *c = epl__copy_prepare(&a, dtype, 2, (int64_t[]){columns, rows}, (int64_t[]){rows, 1},
                                     (int64_t[]){1, columns});
    run_both(c, (void *[]){out, in}, 1, (void *[]){out}, &bytes);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            cr_assert(memcmp(out + (size_t)(j * rows + i) * size,
                             in + (size_t)(i * columns + j) * size, size) == 0);
    epl__arena_free(&a);
    free(in);
    free(out);
}

EACH_ISA(copy, transposes)
{
    static const int64_t sizes[] = {4, 7, 8, 15, 16, 17, 31, 32, 33, 40, 63, 64, 65, 100, 257};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++)
            for (int d = 0; d < 10; d++)
                check_transpose(all[d], sizes[i], sizes[j]);
}
