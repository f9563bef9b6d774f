/* move.c -- elements moved between strided arrays, and small helpers of this folder. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "../../../src/base/scope.h"
#include "shape.h"

int64_t epl__strides(epl_shape s, int64_t *stride)
{
    int64_t n = 1;
    for (int i = s.rank; i-- > 0; n *= s.dim[i])
        stride[i] = n;
    return n;
}

void epl__move(void *out, const int64_t *out_stride, const void *in, const int64_t *in_stride,
               int rank, const int64_t *dim, size_t bytes)
{
    int64_t at[EPL_MAX_RANK] = {0}, to = 0, from = 0;
    for (int i = 0; i < rank; i++)
        if (dim[i] == 0)
            return;
    for (;;) {
        memcpy((char *)out + to * (int64_t)bytes, (const char *)in + from * (int64_t)bytes, bytes);
        int i = rank - 1;
        for (; i >= 0 && ++at[i] == dim[i]; i--) {
            to -= (dim[i] - 1) * out_stride[i];
            from -= (dim[i] - 1) * in_stride[i];
            at[i] = 0;
        }
        if (i < 0)
            return;
        to += out_stride[i];
        from += in_stride[i];
    }
}

static void *room(epl_val of, size_t n, size_t bytes)
{
    epl_fn *f = epl__fn_of(of);
    void *p = f ? epl__arena_take(&f->arena, (n + 1) * bytes) : NULL;
    if (f && !p)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a list of %zu", n);
    return p;
}

epl_val *epl__room(epl_val of, size_t n)
{
    return room(of, n, sizeof(epl_val));
}

int64_t *epl__room_ints(epl_val of, size_t n)
{
    return room(of, n, sizeof(int64_t));
}

bool epl__plus(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

bool epl__times(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

int64_t epl__index_at(const epl_array *index, int64_t i, int64_t n, char *message)
{
    const void *p = index->data;
    bool narrow = index->type.dtype == EPL_I32;
    int64_t at = narrow ? ((const int32_t *)p)[i] : ((const int64_t *)p)[i];
    if (at >= 0 && at < n)
        return at;
    snprintf(message, EPL_PRIM_MESSAGE, "index %" PRId64 " is out of range [0, %" PRId64 ")", at, n);
    return -1;
}
