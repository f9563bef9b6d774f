/* strided.c -- see strided.h. Runs of elements without gaps are looked through by their bits. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "../base/number.h"
#include "strided.h"

static int64_t place_of(const epl__strided *a, int64_t i)
{
    int64_t at = 0;
    for (int d = a->type->shape.rank; d-- > 0; i /= a->type->shape.dim[d])
        at += i % a->type->shape.dim[d] * a->stride[d];
    return at;
}

static double number(const void *data, epl_dtype dtype, int64_t at)
{
    epl_array one = {(void *)(uintptr_t)data, {.dtype = dtype}};
    return epl_dtype_is_float(dtype) ? epl__number_at(&one, at) : (double)epl__integer_at(&one, at);
}

double epl__strided_at(const epl__strided *a, int64_t i)
{
    return number(a->data, a->type->dtype, place_of(a, i));
}

/* Elements that lie in a row, from the last axis up. */
static int64_t in_a_row(const epl__strided *a)
{
    int64_t n = 1;
    for (int d = a->type->shape.rank; d-- > 0; n *= a->type->shape.dim[d])
        if (a->type->shape.dim[d] != 1 && a->stride[d] != n)
            return n;
    return n;
}

/* Has the row a bad number? The exponent is all ones, and for a NaN the rest is not zero. Blocks
 * of a fixed size become vector code. */
enum { LANES = 16 };

static uint32_t block_f32(const char *x, size_t bytes, uint32_t most)
{
    uint32_t bits[LANES] = {0}, found = 0;
    memcpy(bits, x, bytes);
    for (int k = 0; k < LANES; k++)
        found |= (bits[k] & 0x7fffffffu) > most;
    return found;
}

static bool bad_f32(const char *x, int64_t n, epl_check what)
{
    uint32_t most = what == EPL_CHECK_NAN ? 0x7f800000u : 0x7f7fffffu, found = 0;
    int64_t i = 0;
    for (; i + LANES <= n && !found; i += LANES)
        found = block_f32(x + 4 * i, 4 * LANES, most);
    return found || (i < n && block_f32(x + 4 * i, 4 * (size_t)(n - i), most));
}

static uint64_t block_f64(const char *x, size_t bytes, uint64_t most)
{
    uint64_t bits[LANES] = {0}, found = 0;
    memcpy(bits, x, bytes);
    for (int k = 0; k < LANES; k++)
        found |= (bits[k] & ~(UINT64_C(1) << 63)) > most;
    return found;
}

static bool bad_f64(const char *x, int64_t n, epl_check what)
{
    uint64_t all = UINT64_C(0x7ff) << 52, most = what == EPL_CHECK_NAN ? all : all - 1, found = 0;
    int64_t i = 0;
    for (; i + LANES <= n && !found; i += LANES)
        found = block_f64(x + 8 * i, 8 * LANES, most);
    return found || (i < n && block_f64(x + 8 * i, 8 * (size_t)(n - i), most));
}

int64_t epl__strided_bad(const epl__strided *a, int64_t i, epl_check what)
{
    int64_t count = epl_count((epl_type){EPL_U8, a->type->shape, NULL}), row = in_a_row(a);
    epl_dtype dtype = a->type->dtype;
    size_t size = epl_dtype_bytes(dtype);
    while (i < count) {
        int64_t n = row - i % row, at = place_of(a, i);
        const char *x = (const char *)a->data + at * (int64_t)size;
        bool found = dtype == EPL_F32   ? bad_f32(x, n, what)
                     : dtype == EPL_F64 ? bad_f64(x, n, what)
                                        : true;
        for (int64_t k = 0; found && k < n; k++)
            if (epl__is_bad(number(x, dtype, k), what))
                return i + k;
        i += n;
    }
    return -1;
}

epl__extent epl__strided_extent(const epl__strided *a)
{
    epl__extent e = {NAN, NAN, false, false};
    int64_t count = epl_count((epl_type){EPL_U8, a->type->shape, NULL});
    for (int64_t i = 0; i < count; i++) {
        double v = epl__strided_at(a, i);
        e.nan |= v != v;
        e.infinite |= v == v && v - v != 0;
        if (!(v >= e.least))
            e.least = v == v ? v : e.least;
        if (!(v <= e.most))
            e.most = v == v ? v : e.most;
    }
    return e;
}

void epl__index_text(epl_shape s, int64_t i, char *text, size_t size)
{
    int64_t index[EPL_MAX_RANK];
    size_t used = 0;
    for (int d = s.rank; d-- > 0; i /= s.dim[d])
        index[d] = i % s.dim[d];
    for (int d = 0; d <= s.rank && used < size; d++) {
        int n = d == s.rank ? snprintf(text + used, size - used, s.rank ? "]" : "[]")
                            : snprintf(text + used, size - used, "%s%lld", d ? ", " : "[",
                                       (long long)index[d]);
        used += n > 0 ? (size_t)n : 0;
    }
}
