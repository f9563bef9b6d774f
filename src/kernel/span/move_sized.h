/* move_sized.h -- elements of one size to and from rows with strides, and transposes.
 * Included once for each size, with T (the type), BYTES and NAME(x) set.
 */
static void NAME(fill)(void *to, int64_t n, const void *one)
{
    T *z = to;
    const T x = *(const T *)one;
    for (int64_t i = 0; i < n; i++)
        z[i] = x;
}

static void NAME(turn)(int64_t rows, int64_t columns, const void *from, int64_t in_stride, void *to,
                       int64_t out_stride)
{
    const T *x = from;
    T *z = to;
    int64_t i = 0;
#if BYTES >= 4
    for (; i + NAME(side) <= rows; i += NAME(side)) {
        int64_t j = 0;
        for (; j + NAME(side) <= columns; j += NAME(side))
            NAME(square)(x + j * in_stride + i, in_stride, z + i * out_stride + j, out_stride);
        for (; j < columns; j++)
            for (int64_t k = 0; k < NAME(side); k++)
                z[(i + k) * out_stride + j] = x[j * in_stride + i + k];
    }
#endif
    for (; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            z[i * out_stride + j] = x[j * in_stride + i];
}

static void NAME(load_row)(const char *from, int64_t stride, int64_t n, T *to)
{
    if (stride == BYTES && n > SHORT_ROW)
        memcpy(to, from, (size_t)n * BYTES);
    else if (stride == BYTES)
        for (int64_t i = 0; i < n; i++)
            to[i] = ((const T *)from)[i];
    else if (stride == 0)
        NAME(fill)(to, n, from);
    else
        for (int64_t i = 0; i < n; i++, from += stride)
            to[i] = *(const T *)from;
}

static void NAME(store_row)(char *to, int64_t stride, int64_t n, const T *from)
{
    if (stride == BYTES && n > SHORT_ROW)
        memcpy(to, from, (size_t)n * BYTES);
    else
        for (int64_t i = 0; i < n; i++, to += stride)
            *(T *)to = from[i];
}

/* `count` whole rows at x, which lie next to each other in memory: out[i][j] = in[j][i]. */
static void NAME(load_turned)(const epl__rows *r, const char *x, int64_t count, T *to)
{
    const int64_t length = r->dim[r->rank - 1], stride = r->stride[r->rank - 1] / BYTES;
    for (int64_t j = 0; j < length; j += SQUARE)
        NAME(turn)
    (count, length - j < SQUARE ? length - j : SQUARE, x + j * stride * BYTES, stride, to + j,
     length);
}

/* `count` rows of one element each, repeated: their elements are `step` bytes apart. */
static void NAME(load_repeated)(const char *x, int64_t step, int64_t count, int64_t length, T *to)
{
    for (int64_t i = 0; length == 4 && i < count; i++, x += step)
        for (int k = 0; k < 4; k++) /* as one store */
            to[4 * i + k] = *(const T *)x;
    for (int64_t i = 0; length != 4 && i < count; i++, x += step)
        for (int64_t k = 0; k < length; k++)
            to[i * length + k] = *(const T *)x;
}

static void NAME(load)(const epl__rows *r, const void *base, int64_t first, int64_t n, void *to)
{
    walk w = start(r, first);
    const bool turned = may_turn(r, BYTES), repeated = may_repeat(r);
    for (T *z = to; n > 0;) {
        int64_t run = w.run < n ? w.run : n;
        if ((turned || repeated) && w.run == w.length && n >= LEAST_TURN * run) {
            const int64_t left = r->dim[r->rank - 2] - w.index[r->rank - 2];
            int64_t count = n / run < left ? n / run : left;
            count = repeated || count < SQUARE ? count : SQUARE;
            if (repeated)
                NAME(load_repeated)
            ((const char *)base + w.at, r->stride[r->rank - 2], count, run, z);
            else NAME(load_turned)(r, (const char *)base + w.at, count, z);
            w.index[r->rank - 2] += count - 1;
            w.row += (count - 1) * r->stride[r->rank - 2];
            run *= count;
        } else {
            NAME(load_row)((const char *)base + w.at, w.stride, run, z);
        }
        z += run;
        n -= run;
        next_row(r, &w);
    }
}

static void NAME(store)(const epl__rows *r, void *base, int64_t first, int64_t n, const void *from)
{
    walk w = start(r, first);
    for (const T *z = from; n > 0; next_row(r, &w)) {
        const int64_t run = w.run < n ? w.run : n;
        NAME(store_row)((char *)base + w.at, w.stride, run, z);
        z += run;
        n -= run;
    }
}
