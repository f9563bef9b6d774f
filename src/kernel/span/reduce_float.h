/* reduce_float.h -- reductions of one float type. Included once for each, with T (the type),
 * MASK (an integer of its size) and NAME(x) set.
 *
 * Invariant: the order of additions is the same whatever the instruction set: it is written
 * out in vectors of 64 bytes, which the compiler cuts to what the machine has. No sum goes
 * through more than 16 additions in a row before it is combined pairwise.
 */
typedef T NAME(vec) __attribute__((vector_size(64), aligned(sizeof(T)), may_alias));
typedef MASK NAME(mask) __attribute__((vector_size(64), aligned(sizeof(T)), may_alias));
enum { NAME(lanes) = 64 / sizeof(T), NAME(step) = 4 * NAME(lanes), NAME(block) = 16 * NAME(step) };
#define VEC NAME(vec)
#define LANES NAME(lanes)
#define LOAD(p) (*(const VEC *)(p))
/* x where it is beyond m or NaN, else m */
#define BETTER(m, x, beyond)                                       \
    ((VEC)((((NAME(mask))(x)) & (((x)beyond(m)) | ((x) != (x)))) | \
           (((NAME(mask))(m)) & ~(((x)beyond(m)) | ((x) != (x))))))
#define BETTER1(m, x, beyond) ((x)beyond(m) || (x) != (x) ? (x) : (m))

/* The lanes of v, folded in halves. */
static inline T NAME(fold_sum)(const VEC *v)
{
    T t[LANES];
    memcpy(t, v, sizeof t);
    for (int width = LANES / 2; width; width /= 2)
        for (int i = 0; i < width; i++)
            t[i] += t[i + width];
    return t[0];
}

/* n <= block */
static T NAME(sum_block)(int64_t n, const T *x)
{
    VEC a = {0}, b = {0}, c = {0}, d = {0};
    int64_t i = 0;
    for (; i + NAME(step) <= n; i += NAME(step)) {
        a += LOAD(x + i);
        b += LOAD(x + i + LANES);
        c += LOAD(x + i + 2 * LANES);
        d += LOAD(x + i + 3 * LANES);
    }
    for (; i + LANES <= n; i += LANES)
        a += LOAD(x + i);
    if (i < n) {
        T rest[LANES] = {0};
        memcpy(rest, x + i, (size_t)(n - i) * sizeof(T));
        b += LOAD(rest);
    }
    a = (a + b) + (c + d);
    return NAME(fold_sum)(&a);
}

static void NAME(sum)(int64_t n, const void *row, void *out)
{
    const T *x = row;
    T level[64], s = 0; /* level: sums of 2^k blocks, as in counting up by one */
    int levels = 0;
    if (n < LANES) {
        for (int64_t i = 0; i < n; i++)
            s += x[i];
        *(T *)out = s;
        return;
    }
    for (int64_t done = 0; n > NAME(block); n -= NAME(block), x += NAME(block)) {
        T whole = NAME(sum_block)(NAME(block), x);
        for (int64_t bit = done++; bit & 1; bit >>= 1)
            whole += level[--levels];
        level[levels++] = whole;
    }
    s = NAME(sum_block)(n, x);
    while (levels)
        s += level[--levels];
    *(T *)out = s;
}

/* Columns [j, j + width) of the strip, width a whole number of vectors, at most four. */
#define STRIP_OF(vectors, each)                            \
    for (; j + (vectors)*LANES <= n; j += (vectors)*LANES) \
    each(vectors)
#define SUM_STRIP(vectors)                                               \
    {                                                                    \
        VEC even[vectors], odd[vectors] = {{0}};                         \
        for (int v = 0; v < (vectors); v++)                              \
            even[v] = LOAD(x + j + v * LANES);                           \
        for (int64_t r = 1; r + 1 < rows; r += 2)                        \
            for (int v = 0; v < (vectors); v++) {                        \
                odd[v] += LOAD(x + r * stride + j + v * LANES);          \
                even[v] += LOAD(x + (r + 1) * stride + j + v * LANES);   \
            }                                                            \
        for (int v = 0; v < (vectors); v++) {                            \
            if (rows % 2 == 0)                                           \
                odd[v] += LOAD(x + (rows - 1) * stride + j + v * LANES); \
            *(VEC *)(z + j + v * LANES) = even[v] + odd[v];              \
        }                                                                \
    }

static void NAME(sum_rows)(int64_t n, int64_t rows, const void *from, int64_t stride, void *out)
{
    const T *x = from;
    T *z = out;
    int64_t j = 0;
    STRIP_OF(4, SUM_STRIP)
    STRIP_OF(1, SUM_STRIP)
    for (; j < n; j++) {
        T even = x[j], odd = 0;
        for (int64_t r = 1; r + 1 < rows; r += 2) {
            odd += x[r * stride + j];
            even += x[(r + 1) * stride + j];
        }
        if (rows % 2 == 0)
            odd += x[(rows - 1) * stride + j];
        z[j] = even + odd;
    }
}

static void NAME(add_to)(int64_t n, const void *from, void *into)
{
    const T *x = from;
    T *z = into;
    EPL_SPAN_LOOP(i, n)
    z[i] += x[i];
}

static void NAME(scan_to)(int64_t n, const void *from, void *sums, void *to)
{
    const T *x = from;
    double *sum = sums;
    T *z = to;
    EPL_SPAN_LOOP(i, n)
    {
        const double s = sum[i] + (double)x[i];
        sum[i] = s;
        z[i] = (T)s;
    }
}

static void NAME(scan)(int64_t n, const void *from, int64_t stride, void *to, int64_t to_stride)
{
    const T *x = from;
    T *z = to;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)x[i * stride];
        z[i * to_stride] = (T)sum;
    }
}

/* -- extremes: name, the comparison, and the value that all others beat ------------------ */
#define BEST_STRIP(vectors, beyond)                                 \
    {                                                               \
        VEC m[vectors];                                             \
        for (int v = 0; v < (vectors); v++)                         \
            m[v] = LOAD(x + j + v * LANES);                         \
        for (int64_t r = 1; r < rows; r++)                          \
            for (int v = 0; v < (vectors); v++) {                   \
                const VEC y = LOAD(x + r * stride + j + v * LANES); \
                m[v] = BETTER(m[v], y, beyond);                     \
            }                                                       \
        for (int v = 0; v < (vectors); v++)                         \
            *(VEC *)(z + j + v * LANES) = m[v];                     \
    }
#define EXTREME(best, beyond)                                                                    \
    static T NAME(best##_of)(int64_t n, const T *x)                                              \
    {                                                                                            \
        T m = x[0];                                                                              \
        int64_t i = 0;                                                                           \
        if (n >= 4 * LANES) {                                                                    \
            VEC a = LOAD(x), b = LOAD(x + LANES), c = LOAD(x + 2 * LANES),                       \
                d = LOAD(x + 3 * LANES);                                                         \
            for (i = NAME(step); i + NAME(step) <= n; i += NAME(step)) {                         \
                const VEC p = LOAD(x + i), q = LOAD(x + i + LANES), r = LOAD(x + i + 2 * LANES), \
                          s = LOAD(x + i + 3 * LANES);                                           \
                a = BETTER(a, p, beyond);                                                        \
                b = BETTER(b, q, beyond);                                                        \
                c = BETTER(c, r, beyond);                                                        \
                d = BETTER(d, s, beyond);                                                        \
            }                                                                                    \
            a = BETTER(a, b, beyond);                                                            \
            c = BETTER(c, d, beyond);                                                            \
            a = BETTER(a, c, beyond);                                                            \
            T t[LANES];                                                                          \
            memcpy(t, &a, sizeof t);                                                             \
            for (int l = 0; l < LANES; l++)                                                      \
                m = BETTER1(m, t[l], beyond);                                                    \
        }                                                                                        \
        for (; i < n; i++)                                                                       \
            m = BETTER1(m, x[i], beyond);                                                        \
        return m;                                                                                \
    }                                                                                            \
    static void NAME(best)(int64_t n, const void *row, void *out)                                \
    {                                                                                            \
        *(T *)out = NAME(best##_of)(n, row);                                                     \
    }                                                                                            \
    static void NAME(best##_rows)(int64_t n, int64_t rows, const void *from, int64_t stride,     \
                                  void *out)                                                     \
    {                                                                                            \
        const T *x = from;                                                                       \
        T *z = out;                                                                              \
        int64_t j = 0;                                                                           \
        for (; j + 4 * LANES <= n; j += 4 * LANES)                                               \
            BEST_STRIP(4, beyond)                                                                \
        for (; j + LANES <= n; j += LANES)                                                       \
            BEST_STRIP(1, beyond)                                                                \
        for (; j < n; j++) {                                                                     \
            T m = x[j];                                                                          \
            for (int64_t r = 1; r < rows; r++)                                                   \
                m = BETTER1(m, x[r * stride + j], beyond);                                       \
            z[j] = m;                                                                            \
        }                                                                                        \
    }                                                                                            \
    static void NAME(best##_to)(int64_t n, const void *from, void *into)                         \
    {                                                                                            \
        const T *x = from;                                                                       \
        T *z = into;                                                                             \
        EPL_SPAN_LOOP(i, n)                                                                      \
        z[i] = BETTER1(z[i], x[i], beyond);                                                      \
    }                                                                                            \
    static int64_t NAME(arg##best)(int64_t n, const void *row)                                   \
    {                                                                                            \
        const T *x = row, m = NAME(best##_of)(n, x);                                             \
        int64_t at = 0;                                                                          \
        if (m != m)                                                                              \
            while (x[at] == x[at])                                                               \
                at++;                                                                            \
        else                                                                                     \
            while (x[at] != m)                                                                   \
                at++;                                                                            \
        return at;                                                                               \
    }                                                                                            \
    static void NAME(arg##best##_to)(int64_t n, const void *from, int64_t r, void *into,         \
                                     int64_t *at)                                                \
    {                                                                                            \
        const T *x = from;                                                                       \
        T *z = into;                                                                             \
        EPL_SPAN_LOOP(i, n)                                                                      \
        {                                                                                        \
            const T y = x[i], m = z[i];                                                          \
            const int beats = (y beyond m) | ((y != y) & (m == m));                              \
            z[i] = beats ? y : m;                                                                \
            at[i] = beats ? r : at[i];                                                           \
        }                                                                                        \
    }
EXTREME(amax, >)
EXTREME(amin, <)

#undef VEC
#undef LANES
#undef LOAD
#undef BETTER
#undef BETTER1
#undef STRIP_OF
#undef SUM_STRIP
#undef BEST_STRIP
#undef EXTREME
