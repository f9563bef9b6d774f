/* span_move.c -- elements by size: rows with strides, copies of one, transposes.
 *
 * Invariant: a transpose goes through squares of registers; what is left over at the edges
 * goes element by element.
 */
#include "../any.h"
#include "span.h"
#include <string.h>

enum {
    SHORT_ROW = 16, /* up to here a loop is faster than a call of memcpy */
    SQUARE = 32,    /* rows or columns of a transpose that stay in the first cache */
    LEAST_TURN = 4
};

/* -- a walk through rows --------------------------------------------------------------------- */

typedef struct {
    int64_t index[EPL_MAX_RANK];
    int64_t at, row; /* bytes: of the next element, and of its row */
    int64_t run;     /* elements left in the row */
    int64_t length, stride;
} walk;

/* At element `first`. */
static walk start(const epl__rows *r, int64_t first)
{
    walk w = {.run = 1, .length = 1};
    for (int i = r->rank - 1; i >= 0; i--) {
        const int64_t next = first / r->dim[i];
        w.index[i] = first - next * r->dim[i];
        w.row += i < r->rank - 1 ? w.index[i] * r->stride[i] : 0;
        first = next;
    }
    w.at = w.row;
    if (r->rank == 0)
        return w;
    const int last = r->rank - 1;
    w.length = r->dim[last];
    w.stride = r->stride[last];
    w.run = w.length - w.index[last];
    w.at += w.index[last] * w.stride;
    return w;
}

static void next_row(const epl__rows *r, walk *w)
{
    for (int i = r->rank - 2; i >= 0; i--) {
        w->row += r->stride[i];
        if (++w->index[i] < r->dim[i])
            break;
        w->row -= r->dim[i] * r->stride[i];
        w->index[i] = 0;
    }
    w->at = w->row;
    w->run = w->length;
}

/* Short rows of one element, repeated. */
static bool may_repeat(const epl__rows *r)
{
    return r->rank >= 2 && r->stride[r->rank - 1] == 0 && r->dim[r->rank - 1] <= SHORT_ROW;
}

/* Rows whose elements are far apart, while the rows themselves are neighbours. */
static bool may_turn(const epl__rows *r, int64_t size)
{
    const int last = r->rank - 1;
    return last > 0 && r->stride[last - 1] == size && r->stride[last] % size == 0 &&
           r->stride[last] != 0;
}

/* -- squares of registers ---------------------------------------------------------------------- */

#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#define LOAD(V, x, stride, i) (*(const V *)((x) + (i) * (stride)))
#define STORE(V, z, stride, i) (*(V *)((z) + (i) * (stride)))

typedef uint32_t square_vec4 __attribute__((vector_size(16), aligned(4), may_alias));
enum { side_4 = 4 };

static inline void square_4(const epl__any4 *x, int64_t in, epl__any4 *z, int64_t out)
{
    typedef square_vec4 V;
    const V a = LOAD(V, x, in, 0), b = LOAD(V, x, in, 1);
    const V c = LOAD(V, x, in, 2), d = LOAD(V, x, in, 3);
    const V ab = SHUFFLE(a, b, 0, 4, 1, 5), ab2 = SHUFFLE(a, b, 2, 6, 3, 7);
    const V cd = SHUFFLE(c, d, 0, 4, 1, 5), cd2 = SHUFFLE(c, d, 2, 6, 3, 7);
    STORE(V, z, out, 0) = SHUFFLE(ab, cd, 0, 1, 4, 5);
    STORE(V, z, out, 1) = SHUFFLE(ab, cd, 2, 3, 6, 7);
    STORE(V, z, out, 2) = SHUFFLE(ab2, cd2, 0, 1, 4, 5);
    STORE(V, z, out, 3) = SHUFFLE(ab2, cd2, 2, 3, 6, 7);
}

#if EPL_SPAN_VECTOR >= 32
typedef uint64_t square_vec8 __attribute__((vector_size(32), aligned(8), may_alias));
enum { side_8 = 4 };

static inline void square_8(const epl__any8 *x, int64_t in, epl__any8 *z, int64_t out)
{
    typedef square_vec8 V;
    const V a = LOAD(V, x, in, 0), b = LOAD(V, x, in, 1);
    const V c = LOAD(V, x, in, 2), d = LOAD(V, x, in, 3);
    const V ab = SHUFFLE(a, b, 0, 4, 2, 6), ab2 = SHUFFLE(a, b, 1, 5, 3, 7);
    const V cd = SHUFFLE(c, d, 0, 4, 2, 6), cd2 = SHUFFLE(c, d, 1, 5, 3, 7);
    STORE(V, z, out, 0) = SHUFFLE(ab, cd, 0, 1, 4, 5);
    STORE(V, z, out, 1) = SHUFFLE(ab2, cd2, 0, 1, 4, 5);
    STORE(V, z, out, 2) = SHUFFLE(ab, cd, 2, 3, 6, 7);
    STORE(V, z, out, 3) = SHUFFLE(ab2, cd2, 2, 3, 6, 7);
}
#else
typedef uint64_t square_vec8 __attribute__((vector_size(16), aligned(8), may_alias));
enum { side_8 = 2 };

static inline void square_8(const epl__any8 *x, int64_t in, epl__any8 *z, int64_t out)
{
    typedef square_vec8 V;
    const V a = LOAD(V, x, in, 0), b = LOAD(V, x, in, 1);
    STORE(V, z, out, 0) = SHUFFLE(a, b, 0, 2);
    STORE(V, z, out, 1) = SHUFFLE(a, b, 1, 3);
}
#endif

/* -- each size --------------------------------------------------------------------------------- */

#define T epl__any1
#define BYTES 1
#define NAME(x) x##_1
#include "move_sized.h"
#undef T
#undef BYTES
#undef NAME
#define T epl__any2
#define BYTES 2
#define NAME(x) x##_2
#include "move_sized.h"
#undef T
#undef BYTES
#undef NAME
#define T epl__any4
#define BYTES 4
#define NAME(x) x##_4
#include "move_sized.h"
#undef T
#undef BYTES
#undef NAME
#define T epl__any8
#define BYTES 8
#define NAME(x) x##_8
#include "move_sized.h"

extern const epl__move_spans EPL_SPAN_NAME(move_spans)[9];
const epl__move_spans EPL_SPAN_NAME(move_spans)[9] = {
    [1] = {load_1, store_1, fill_1, turn_1},
    [2] = {load_2, store_2, fill_2, turn_2},
    [4] = {load_4, store_4, fill_4, turn_4},
    [8] = {load_8, store_8, fill_8, turn_8},
};
