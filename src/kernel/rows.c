/* rows.c -- strided elements to and from a contiguous buffer. */
#include "rows.h"
#include "any.h"
#include <string.h>

int64_t epl__rows_count(const epl__rows *r)
{
    int64_t count = 1;
    for (int i = 0; i < r->rank; i++)
        count *= r->dim[i];
    return count;
}

void epl__rows_merge(epl__rows *r)
{
    int rank = 0;
    for (int i = 0; i < r->rank; i++) {
        if (r->dim[i] == 1)
            continue;
        if (rank && r->stride[rank - 1] == r->stride[i] * r->dim[i]) {
            r->dim[rank - 1] *= r->dim[i];
        } else {
            r->dim[rank] = r->dim[i];
            rank++;
        }
        r->stride[rank - 1] = r->stride[i];
    }
    r->rank = rank;
}

/* Where element `first` is, in bytes, and its index. */
static int64_t find(const epl__rows *r, int64_t first, int64_t *index)
{
    int64_t at = 0;
    for (int i = r->rank - 1; i >= 0; i--) {
        const int64_t next = first / r->dim[i];
        index[i] = first - next * r->dim[i];
        at += index[i] * r->stride[i];
        first = next;
    }
    return at;
}

/* The start of the row after the one that starts at `row`. */
static int64_t next_row(const epl__rows *r, int64_t row, int64_t *index)
{
    for (int i = r->rank - 2; i >= 0; i--) {
        row += r->stride[i];
        if (++index[i] < r->dim[i])
            break;
        row -= r->dim[i] * r->stride[i];
        index[i] = 0;
    }
    return row;
}

enum { SHORT_ROW = 16 }; /* up to here a loop is faster than a call of memcpy */

/* Goes through the rows that hold [first, first + n); `each` does `run` elements at x + at
 * and z. */
#define WALK(bytes_of, each, z_is)                                             \
    {                                                                          \
        z_is;                                                                  \
        bytes_of x = base;                                                     \
        int64_t index[EPL_MAX_RANK + 1] = {0};                                 \
        const int last = r->rank - 1;                                          \
        const int64_t row_length = r->rank ? r->dim[last] : 1;                 \
        const int64_t stride = r->rank ? r->stride[last] : 0;                  \
        int64_t at = find(r, first, index), begun = r->rank ? index[last] : 0; \
        int64_t row = at - begun * stride, run = row_length - begun;           \
        for (;;) {                                                             \
            run = run < n ? run : n;                                           \
            each;                                                              \
            z += run;                                                          \
            n -= run;                                                          \
            if (n <= 0)                                                        \
                break;                                                         \
            at = row = next_row(r, row, index);                                \
            run = row_length;                                                  \
        }                                                                      \
    }

#define TYPED(bytes, T)                                                                          \
    static void fill_##bytes(T *to, int64_t n, T x)                                              \
    {                                                                                            \
        for (int64_t i = 0; i < n; i++)                                                          \
            to[i] = x;                                                                           \
    }                                                                                            \
    static void load_row_##bytes(const char *from, int64_t stride, int64_t n, T *to)             \
    {                                                                                            \
        if (stride == (bytes) && n > SHORT_ROW)                                                  \
            memcpy(to, from, (size_t)n *(bytes));                                                \
        else if (stride == 0)                                                                    \
            fill_##bytes(to, n, *(const T *)from);                                               \
        else                                                                                     \
            for (int64_t i = 0; i < n; i++, from += stride)                                      \
                to[i] = *(const T *)from;                                                        \
    }                                                                                            \
    static void store_row_##bytes(char *to, int64_t stride, int64_t n, const T *from)            \
    {                                                                                            \
        if (stride == (bytes) && n > SHORT_ROW)                                                  \
            memcpy(to, from, (size_t)n *(bytes));                                                \
        else                                                                                     \
            for (int64_t i = 0; i < n; i++, to += stride)                                        \
                *(T *)to = from[i];                                                              \
    }                                                                                            \
    static void load_##bytes(const epl__rows *r, const void *base, int64_t first, int64_t n,     \
                             void *to)                                                           \
        WALK(const char *, load_row_##bytes(x + at, stride, run, z),                             \
             T *z = to) static void store_##bytes(const epl__rows *r, void *base, int64_t first, \
                                                  int64_t n, const void *from)                   \
            WALK(char *, store_row_##bytes(x + at, stride, run, z), const T *z = from)
TYPED(1, epl__any1)
TYPED(2, epl__any2)
TYPED(4, epl__any4)
TYPED(8, epl__any8)

epl__rows_load *epl__rows_loader(size_t size)
{
    return size == 1 ? load_1 : size == 2 ? load_2 : size == 4 ? load_4 : load_8;
}

epl__rows_store *epl__rows_storer(size_t size)
{
    return size == 1 ? store_1 : size == 2 ? store_2 : size == 4 ? store_4 : store_8;
}

void epl__rows_fill(void *to, int64_t n, const void *one, size_t size)
{
    switch (size) {
    case 1:
        memset(to, *(const epl__any1 *)one, (size_t)n);
        break;
    case 2:
        fill_2(to, n, *(const epl__any2 *)one);
        break;
    case 4:
        fill_4(to, n, *(const epl__any4 *)one);
        break;
    default:
        fill_8(to, n, *(const epl__any8 *)one);
    }
}
