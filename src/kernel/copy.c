/* copy.c -- copies between any strides.
 *
 * Axes are ordered by the output. A copy is then one piece, or rows that are contiguous on
 * both sides, or squares of two axes of which one is contiguous in the input and the other
 * in the output, or elements with strides.
 */
#include "rows.h"
#include "span/span.h"
#include <stdio.h>
#include <string.h>

enum { SQUARE = 32, LONG_ROW = 32, PART_BYTES = 128 << 10 };

/* The last axis of the nest is the rows' (or the squares' columns; then `across` is the
 * axis that is contiguous in the input). The others are walked through. */
typedef struct {
    epl__call call;
    epl__pair nest; /* out, in */
    size_t size;
    int across;
    const epl__move_spans *move;
    epl__rows rows[2];              /* out, in: each for itself */
    bool plain[2];                  /* and whether it is contiguous */
    int64_t pieces, pieces_of_part; /* rows, or bands of SQUARE rows, or elements */
} copying;

/* The offsets of piece number `piece` over the axes before the last, `skip` counted in bands
 * of SQUARE; returns the first index on `skip`. */
static int64_t locate(const epl__pair *n, int64_t piece, int skip, int64_t *out, int64_t *in)
{
    int64_t first = 0;
    *out = n->offset[0];
    *in = n->offset[1];
    for (int i = n->rank - 2; i >= 0; i--) {
        const int64_t dim = i == skip ? (n->dim[i] + SQUARE - 1) / SQUARE : n->dim[i];
        int64_t index = piece % dim;
        piece /= dim;
        if (i == skip)
            first = index *= SQUARE;
        *out += index * n->stride[0][i];
        *in += index * n->stride[1][i];
    }
    return first;
}

static void run_rows(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                     void *scratch)
{
    (void)scratch;
    const copying *c = (const copying *)call;
    const int last = c->nest.rank - 1;
    const epl__rows row = {1, {c->nest.dim[last]}, {c->nest.stride[1][last]}};
    const int64_t stop = end * c->pieces_of_part < c->pieces ? end * c->pieces_of_part : c->pieces;
    for (int64_t piece = begin * c->pieces_of_part; piece < stop; piece++) {
        int64_t out, in;
        locate(&c->nest, piece, -1, &out, &in);
        c->move->load(&row, (const char *)p[1] + in, 0, row.dim[0], (char *)p[0] + out);
    }
}

/* Elements [first, first + n) in the nest's order, whatever the strides. */
static void copy_some(const copying *c, void *const *p, int64_t first, int64_t n, char *scratch)
{
    char *to = (char *)p[0] + c->nest.offset[0];
    const char *from = (const char *)p[1] + c->nest.offset[1];
    if (c->plain[0])
        c->move->load(&c->rows[1], from, first, n, to + first * (int64_t)c->size);
    else if (c->plain[1])
        c->move->store(&c->rows[0], to, first, n, from + first * (int64_t)c->size);
    else
        for (int64_t i = 0; i < n; i += EPL__TILE) {
            const int64_t some = n - i < EPL__TILE ? n - i : EPL__TILE;
            c->move->load(&c->rows[1], from, first + i, some, scratch);
            c->move->store(&c->rows[0], to, first + i, some, scratch);
        }
}

static void run_elements(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                         void *scratch)
{
    const copying *c = (const copying *)call;
    const int64_t first = begin * c->pieces_of_part, stop = end * c->pieces_of_part;
    copy_some(c, p, first, (stop < c->pieces ? stop : c->pieces) - first, scratch);
}

/* A band: up to SQUARE indices on `across`, all of the last axis. */
static void run_squares(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                        void *scratch)
{
    (void)scratch;
    const copying *c = (const copying *)call;
    const epl__pair *n = &c->nest;
    const int last = n->rank - 1;
    const int64_t size = (int64_t)c->size, columns = n->dim[last];
    const int64_t in_step = n->stride[1][last], out_step = n->stride[0][c->across];
    const int64_t stop = end * c->pieces_of_part < c->pieces ? end * c->pieces_of_part : c->pieces;
    for (int64_t piece = begin * c->pieces_of_part; piece < stop; piece++) {
        int64_t out, in;
        const int64_t first = locate(n, piece, c->across, &out, &in);
        const int64_t left = n->dim[c->across] - first;
        for (int64_t j = 0; j < columns; j += SQUARE)
            c->move->turn(left < SQUARE ? left : SQUARE,
                          columns - j < SQUARE ? columns - j : SQUARE,
                          (const char *)p[1] + in + j * in_step, in_step / size,
                          (char *)p[0] + out + j * size, out_step / size);
    }
}

static void run_plain(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                      void *scratch)
{
    (void)scratch;
    const copying *c = (const copying *)call;
    const int64_t total = c->nest.dim[0] * (int64_t)c->size, step = PART_BYTES;
    const int64_t stop = end * step < total ? end * step : total;
    memcpy((char *)p[0] + c->nest.offset[0] + begin * step,
           (const char *)p[1] + c->nest.offset[1] + begin * step, (size_t)(stop - begin * step));
}

static void describe_side(copying *c, int side)
{
    epl__rows *r = &c->rows[side];
    r->rank = c->nest.rank;
    memcpy(r->dim, c->nest.dim, sizeof r->dim);
    memcpy(r->stride, c->nest.stride[side], sizeof r->stride);
    epl__rows_merge(r);
    c->plain[side] = r->rank == 0 || (r->rank == 1 && r->stride[0] == (int64_t)c->size);
}

/* The axis that, with the last one, makes squares; -1. */
static int square_axis(const copying *c)
{
    const epl__pair *n = &c->nest;
    const int last = n->rank - 1;
    const int64_t size = (int64_t)c->size;
    if (n->stride[0][last] != size || n->dim[last] < 4 || n->stride[1][last] % size)
        return -1;
    for (int i = 0; i < last; i++)
        if (n->stride[1][i] == size && n->dim[i] >= 4 && n->stride[0][i] % size == 0)
            return i;
    return -1;
}

static void choose(copying *c)
{
    const epl__pair *n = &c->nest;
    const int64_t size = (int64_t)c->size, total = epl__pair_count(n);
    const int last = n->rank - 1;
    const bool row_out = n->stride[0][last] == size, row_in = n->stride[1][last] == size;
    describe_side(c, 0);
    describe_side(c, 1);
    c->move = &epl__spans_now()->move[c->size];
    c->across = row_in ? -1 : square_axis(c);
    double ns = (double)size * 0.03; /* of an element */
    if (n->rank == 1 && row_out && row_in) {
        c->call.run = run_plain;
        c->pieces = total * size;
        c->pieces_of_part = PART_BYTES;
    } else if (c->across >= 0) {
        const int64_t rows = n->dim[c->across], bands = (rows + SQUARE - 1) / SQUARE;
        c->call.run = run_squares;
        c->pieces = total / n->dim[last] / rows * bands;
        c->pieces_of_part = 1 + PART_BYTES / 4 / (total * size / c->pieces);
        ns += 0.3;
    } else if (row_out && row_in && n->dim[last] >= LONG_ROW) {
        c->call.run = run_rows;
        c->pieces = total / n->dim[last];
        c->pieces_of_part = 1 + PART_BYTES / (n->dim[last] * size);
    } else {
        c->call.run = run_elements;
        c->call.scratch = c->plain[0] || c->plain[1] ? 0 : (size_t)EPL__TILE * c->size;
        c->pieces = total;
        c->pieces_of_part = PART_BYTES / 32;
        ns += c->call.scratch ? 2 : 1;
    }
    c->call.cost = 15 + (double)total * ns;
    c->call.parts = (c->pieces + c->pieces_of_part - 1) / c->pieces_of_part;
}

epl__call *epl__copy_prepare(epl__arena *a, epl_dtype dtype, int rank, const int64_t *dim,
                             const int64_t *out_stride, const int64_t *in_stride)
{
    copying *c = epl__arena_take(a, sizeof *c);
    if (!c)
        return NULL;
    c->size = epl_dtype_bytes(dtype);
    epl__nest n = {.rank = rank, .operands = 2};
    for (int i = 0; i < rank; i++) {
        n.dim[i] = dim[i];
        n.stride[0][i] = out_stride[i] * (int64_t)c->size;
        n.stride[1][i] = in_stride[i] * (int64_t)c->size;
    }
    epl__nest_order(&n);
    if (n.rank == 0) {
        n.rank = 1;
        n.dim[0] = 1;
        n.stride[0][0] = n.stride[1][0] = (int64_t)c->size;
    }
    c->nest = epl__pair_of(&n);
    c->call.run = run_plain;
    if (epl__pair_count(&c->nest) > 0)
        choose(c);
    char text[64];
    snprintf(text, sizeof text, "copy%s %s %lld", c->call.run == run_squares ? " turned" : "",
             epl_dtype_name(dtype), (long long)epl__pair_count(&c->nest));
    c->call.name = epl__arena_text(a, text);
    return c->call.name ? &c->call : NULL;
}
