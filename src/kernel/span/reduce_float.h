/* reduce_float.h -- reductions of one float type. Included once for each, with T (the type),
 * MASK (an integer of its size), EPL_REDUCE_LANES (64 / sizeof(T)) and NAME(x) set.
 *
 * Invariant: the order of additions is the same whatever the instruction set: it is written
 * out for groups of 64 bytes, of one register or several. No sum goes through more than 16
 * additions in a row before it is combined pairwise.
 */
typedef T NAME(vec) __attribute__((vector_size(EPL_SPAN_VECTOR), aligned(sizeof(T)), may_alias));
typedef MASK NAME(mask)
    __attribute__((vector_size(EPL_SPAN_VECTOR), aligned(sizeof(T)), may_alias));
enum {
    NAME(width) = EPL_SPAN_VECTOR / sizeof(T), /* elements of a register */
    NAME(parts) = 64 / EPL_SPAN_VECTOR,        /* registers of a group */
    NAME(lanes) = 64 / sizeof(T),              /* elements of a group */
    NAME(step) = 4 * NAME(lanes),
    NAME(block) = 16 * NAME(step)
};
#define VEC NAME(vec)
#define WIDTH NAME(width)
#define PARTS NAME(parts)
#define LANES NAME(lanes)
#define LOAD(p) (*(const VEC *)(p))
#define EACH(v, count) EPL_SPAN_UNROLL for (int v = 0; v < (count); v++)
/* x where it is beyond m or NaN, else m */
#define BETTER(m, x, beyond)                                       \
    ((VEC)((((NAME(mask))(x)) & (((x)beyond(m)) | ((x) != (x)))) | \
           (((NAME(mask))(m)) & ~(((x)beyond(m)) | ((x) != (x))))))
#define BETTER1(m, x, beyond) ((x)beyond(m) || (x) != (x) ? (x) : (m))

/* Read from r on: keeps the last r lanes of a group. */
static const MASK NAME(keep)[2 * LANES] = {
    [LANES] = -1, -1, -1, -1, -1, -1, -1, -1,
#if EPL_REDUCE_LANES == 16
    -1,           -1, -1, -1, -1, -1, -1, -1,
#endif
};

/* LANES <= n <= block */
static T NAME(sum_block)(int64_t n, const T *x)
{
    VEC s[4 * PARTS];
    T t[WIDTH];
    int64_t i = 0;
    EACH(v, 4 * PARTS)
    s[v] = (VEC){0};
    for (; i + NAME(step) <= n; i += NAME(step))
        EACH(v, 4 * PARTS)
    s[v] += LOAD(x + i + v * WIDTH);
    for (; i + LANES <= n; i += LANES)
        EACH(v, PARTS)
    s[v] += LOAD(x + i + v * WIDTH);
    if (i < n) /* the last group again, without what has been added */
        EACH(v, PARTS)
    s[PARTS + v] += (VEC)(*(const NAME(mask) *)(x + n - LANES + v * WIDTH) &
                          *(const NAME(mask) *)(NAME(keep) + (n - i) + v * WIDTH));
    EACH(v, PARTS)
    s[v] = (s[v] + s[PARTS + v]) + (s[2 * PARTS + v] + s[3 * PARTS + v]);
    for (int half = PARTS / 2; half; half /= 2) /* folds the group in halves, to one lane */
        EACH(v, PARTS / 2)
    if (v < half)
        s[v] += s[v + half];
    memcpy(t, &s[0], sizeof s[0]);
    for (int half = WIDTH / 2; half; half /= 2)
        for (int l = 0; l < half; l++)
            t[l] += t[l + half];
    return t[0];
}

static T NAME(sum_few)(int64_t n, const T *x)
{
    T s = 0;
    for (int64_t i = 0; i < n; i++)
        s += x[i];
    return s;
}

static void NAME(sum)(int64_t n, const void *row, void *out)
{
    const T *x = row;
    T level[64], s; /* level: sums of 2^k blocks, as in counting up by one */
    int levels = 0;
    for (int64_t done = 0; n > NAME(block); n -= NAME(block), x += NAME(block)) {
        s = NAME(sum_block)(NAME(block), x);
        for (int64_t bit = done++; bit & 1; bit >>= 1)
            s += level[--levels];
        level[levels++] = s;
    }
    s = n < LANES ? NAME(sum_few)(n, x) : NAME(sum_block)(n, x);
    while (levels)
        s += level[--levels];
    *(T *)out = s;
}

/* Columns [j, j + groups * LANES): alternate rows go to two sets of sums. */
#define SUM_STRIP(groups)                                              \
    for (; j + (groups)*LANES <= n; j += (groups)*LANES) {             \
        VEC even[(groups)*PARTS], odd[(groups)*PARTS];                 \
        EACH(v, (groups)*PARTS)                                        \
        {                                                              \
            even[v] = LOAD(x + j + v * WIDTH);                         \
            odd[v] = (VEC){0};                                         \
        }                                                              \
        for (int64_t r = 1; r + 1 < rows; r += 2)                      \
            EACH(v, (groups)*PARTS)                                    \
            {                                                          \
                odd[v] += LOAD(x + r * stride + j + v * WIDTH);        \
                even[v] += LOAD(x + (r + 1) * stride + j + v * WIDTH); \
            }                                                          \
        if (rows % 2 == 0)                                             \
            EACH(v, (groups)*PARTS)                                    \
        odd[v] += LOAD(x + (rows - 1) * stride + j + v * WIDTH);       \
        EACH(v, (groups)*PARTS)                                        \
        *(VEC *)(z + j + v * WIDTH) = even[v] + odd[v];                \
    }

static void NAME(sum_rows)(int64_t n, int64_t rows, const void *from, int64_t stride, void *out)
{
    const T *x = from;
    T *z = out;
    int64_t j = 0;
    if (EPL_SPAN_VECTOR == 64)
        SUM_STRIP(4)
    SUM_STRIP(1)
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

/* -- extremes: name and comparison -------------------------------------------------------- */
#define BEST_STRIP(groups, beyond)                                  \
    for (; j + (groups)*LANES <= n; j += (groups)*LANES) {          \
        VEC m[(groups)*PARTS];                                      \
        EACH(v, (groups)*PARTS)                                     \
        m[v] = LOAD(x + j + v * WIDTH);                             \
        for (int64_t r = 1; r < rows; r++)                          \
            EACH(v, (groups)*PARTS)                                 \
            {                                                       \
                const VEC y = LOAD(x + r * stride + j + v * WIDTH); \
                m[v] = BETTER(m[v], y, beyond);                     \
            }                                                       \
        EACH(v, (groups)*PARTS)                                     \
        *(VEC *)(z + j + v * WIDTH) = m[v];                         \
    }
#define EXTREME(best, beyond)                                                                    \
    /* NaN is looked for apart, which leaves the chain of comparisons short. */                  \
    static T NAME(best##_few)(int64_t n, const T *x)                                             \
    {                                                                                            \
        T m = x[0];                                                                              \
        int nan = m != m;                                                                        \
        for (int64_t i = 1; i < n; i++) {                                                        \
            nan |= x[i] != x[i];                                                                 \
            m = x[i] beyond m ? x[i] : m;                                                        \
        }                                                                                        \
        return nan ? (T)NAN : m;                                                                 \
    }                                                                                            \
    static T NAME(best##_of)(int64_t n, const T *x)                                              \
    {                                                                                            \
        VEC m[4 * PARTS];                                                                        \
        T t[4 * LANES];                                                                          \
        if (n < LANES)                                                                           \
            return NAME(best##_few)(n, x);                                                       \
        const int64_t far = n >= NAME(step) ? LANES : 0; /* else all four are the first group */ \
        EACH(v, 4 * PARTS)                                                                       \
        m[v] = LOAD(x + v / PARTS * far + v % PARTS * WIDTH);                                    \
        int64_t i = far ? NAME(step) : LANES;                                                    \
        for (; i + NAME(step) <= n; i += NAME(step))                                             \
            EACH(v, 4 * PARTS)                                                                   \
            {                                                                                    \
                const VEC y = LOAD(x + i + v * WIDTH);                                           \
                m[v] = BETTER(m[v], y, beyond);                                                  \
            }                                                                                    \
        for (; i < n; i += LANES) { /* the last group may meet elements again */                 \
            const T *last = x + (i + LANES <= n ? i : n - LANES);                                \
            EACH(v, PARTS)                                                                       \
            {                                                                                    \
                const VEC y = LOAD(last + v * WIDTH);                                            \
                m[v] = BETTER(m[v], y, beyond);                                                  \
            }                                                                                    \
        }                                                                                        \
        for (int half = 2; half; half /= 2)                                                      \
            EACH(v, 2 * PARTS)                                                                   \
        if (v < half * PARTS)                                                                    \
            m[v] = BETTER(m[v], m[v + half * PARTS], beyond);                                    \
        EACH(v, PARTS)                                                                           \
        memcpy(t + v * WIDTH, &m[v], sizeof m[v]);                                               \
        return NAME(best##_few)(LANES, t);                                                       \
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
        if (EPL_SPAN_VECTOR == 64)                                                               \
            BEST_STRIP(4, beyond)                                                                \
        BEST_STRIP(1, beyond)                                                                    \
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
        for (int hit = 0; at + NAME(step) <= n; at += NAME(step)) {                              \
            for (int l = 0; l < NAME(step); l++)                                                 \
                hit |= (x[at + l] == m) | (x[at + l] != x[at + l]);                              \
            if (hit)                                                                             \
                break;                                                                           \
        }                                                                                        \
        while (m == m ? x[at] != m : x[at] == x[at])                                             \
            at++;                                                                                \
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
#undef WIDTH
#undef PARTS
#undef LANES
#undef LOAD
#undef EACH
#undef BETTER
#undef BETTER1
#undef SUM_STRIP
#undef BEST_STRIP
#undef EXTREME
