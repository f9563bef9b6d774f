/* reduce.c -- sums and extremes over axes. */
#include "reduce.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    LEAST_ROW = 32,
    LEAST_STRIP = 4,
    WIDEST = 512,
    PART_NS = 4000,
    SHORT_ROW = 16,
    SHORT_COLUMNS = 256
};

/* -- rows and buffers: one output at a time ------------------------------------------------ */

/* Leaf number i of the reduced space at x. */
static void take_leaf(const epl__reduction *r, const char *x, epl__spot *at, int64_t i,
                      void *buffer, void *out)
{
    if (r->gathers) {
        const int64_t total = epl__rows_count(&r->gathered), first = i * r->leaf;
        const int64_t n = total - first < r->leaf ? total - first : r->leaf;
        r->move->load(&r->gathered, x + r->reduced.offset[1], first, n, buffer);
        r->row(n, buffer, out);
        return;
    }
    r->row(r->leaf, x + at->at[1], out);
    epl__pair_step(&r->reduced, at);
}

static void reduce_one(const epl__reduction *r, const char *x, char *out, void *buffer)
{
    uint64_t level[64], joined;
    int levels = 0;
    epl__spot at;
    epl__pair_seek(&r->reduced, 0, &at);
    for (int64_t i = 0; i < r->leaves; i++) {
        take_leaf(r, x, &at, i, buffer, &level[levels++]);
        for (int64_t bit = i; bit & 1; bit >>= 1, levels--)
            r->join(1, &level[levels - 1], &level[levels - 2]);
    }
    joined = level[--levels];
    while (levels)
        r->join(1, &level[--levels], &joined);
    memcpy(out, &joined, r->size);
}

static void run_rows(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                     void *scratch)
{
    const epl__reduction *r = (const epl__reduction *)call;
    const int64_t first = begin * r->units_of_part, stop = end * r->units_of_part;
    epl__spot at;
    epl__pair_seek(&r->kept, first, &at);
    for (int64_t i = first; i < stop && i < r->units; i++, epl__pair_step(&r->kept, &at)) {
        const char *x = (const char *)p[1] + at.at[1];
        char *out = (char *)p[0] + at.at[0];
        if (r->leaves == 1 && !r->gathers)
            r->row(r->leaf, x + r->reduced.offset[1], out);
        else
            reduce_one(r, x, out, scratch);
    }
}

/* Short rows: turned in a buffer, so that each output is a column. */
static void run_short(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                      void *scratch)
{
    const epl__reduction *r = (const epl__reduction *)call;
    const int64_t size = (int64_t)r->size, step = r->kept.stride[1][0];
    int64_t stop = end * r->units_of_part;
    stop = stop < r->units ? stop : r->units;
    for (int64_t i = begin * r->units_of_part; i < stop; i += SHORT_COLUMNS) {
        const int64_t n = stop - i < SHORT_COLUMNS ? stop - i : SHORT_COLUMNS;
        const epl__rows turned = {2, {r->leaf, n}, {size, step}};
        r->move->load(&turned, (const char *)p[1] + r->kept.offset[1] + i * step, 0, r->leaf * n,
                      scratch);
        r->rows(n, r->leaf, scratch, n, (char *)p[0] + i * size);
    }
}

/* -- strips: many outputs at a time -------------------------------------------------------- */

/* out[j] over `rows` rows at x, in vectors' widths. */
static void block_of_rows(const epl__reduction *r, const char *x, int64_t width, int64_t rows,
                          char *out)
{
    const int64_t size = (int64_t)r->size, stride = r->row_stride / size * r->fold;
    for (int64_t j = 0; j < width; j += EPL__STRIP)
        r->rows(width - j < EPL__STRIP ? width - j : EPL__STRIP, rows, x + j * size, stride,
                out + j * size);
}

/* A strip's partial results: level k holds 2^k blocks, `bytes` apart. */
typedef struct {
    char *level;
    size_t bytes;
    int64_t blocks;
    int levels;
} partial;

static void push(const epl__reduction *r, partial *s, int64_t width)
{
    s->levels++;
    for (int64_t bit = s->blocks++; bit & 1; bit >>= 1, s->levels--) {
        char *last = s->level + s->bytes * (size_t)(s->levels - 1);
        r->join(width, last, last - s->bytes);
    }
}

static void reduce_strip(const epl__reduction *r, const char *x, int64_t columns, char *scratch)
{
    const int64_t width = columns * r->fold, whole = r->row_count / r->fold;
    const int64_t rest = r->row_count - whole * r->fold;
    const size_t bytes = (size_t)width * r->size;
    partial s = {.level = scratch, .bytes = (size_t)r->width * (size_t)r->fold * r->size};
    const int64_t outer = epl__pair_count(&r->reduced);
    epl__spot at;
    epl__pair_seek(&r->reduced, 0, &at);
    for (int64_t o = 0; o < outer; o++, epl__pair_step(&r->reduced, &at))
        for (int64_t i = 0; i < whole; i += EPL__STRIP_ROWS) {
            const int64_t rows = whole - i < EPL__STRIP_ROWS ? whole - i : EPL__STRIP_ROWS;
            block_of_rows(r, x + at.at[1] + i * r->fold * r->row_stride, width, rows,
                          s.level + s.bytes * (size_t)s.levels);
            push(r, &s, width);
        }
    for (; s.levels > 1; s.levels--) {
        char *last = s.level + s.bytes * (size_t)(s.levels - 1);
        r->join(width, last, last - s.bytes);
    }
    for (int64_t side = r->fold / 2; side; side /= 2)
        r->join(columns * side, s.level + bytes / (size_t)r->fold * (size_t)side, s.level);
    if (rest == 0)
        return;
    epl__pair_seek(&r->reduced, 0, &at); /* fold is 1 unless outer is 1 */
    char *last = s.level + s.bytes;
    r->rows(columns, rest, x + at.at[1] + whole * r->fold * r->row_stride,
            r->row_stride / (int64_t)r->size, last);
    r->join(columns, last, s.level);
}

static void run_strips(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                       void *scratch)
{
    const epl__reduction *r = (const epl__reduction *)call;
    const int64_t strips = (r->columns + r->width - 1) / r->width;
    const int64_t first = begin * r->units_of_part, stop = end * r->units_of_part;
    for (int64_t i = first; i < stop && i < r->units; i++) {
        const int64_t column = i % strips * r->width;
        const int64_t left = r->columns - column, columns = left < r->width ? left : r->width;
        epl__spot at;
        epl__pair_seek(&r->kept, i / strips, &at);
        reduce_strip(r, (const char *)p[1] + at.at[1] + column * (int64_t)r->size, columns,
                     scratch);
        char *out = (char *)p[0] + at.at[0] + column * r->column_stride;
        if (r->column_stride == (int64_t)r->size)
            memcpy(out, scratch, (size_t)columns * r->size);
        else
            r->move->store(&(epl__rows){1, {columns}, {r->column_stride}}, out, 0, columns,
                           scratch);
    }
}

/* -- prepare ------------------------------------------------------------------------------- */

static int64_t least(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

/* The kept axis along which the input is contiguous; -1. */
static int strip_axis(const epl__reduction *r)
{
    for (int i = 0; i < r->kept.rank; i++)
        if (r->kept.stride[1][i] == (int64_t)r->size)
            return i;
    return -1;
}

/* The axis whose rows make a block: the innermost, or the longest if that is short. */
static int block_axis(const epl__reduction *r)
{
    int axis = r->reduced.rank - 1;
    if (r->reduced.dim[axis] < 8)
        for (int i = 0; i < r->reduced.rank; i++)
            if (r->reduced.dim[i] > r->reduced.dim[axis])
                axis = i;
    return axis;
}

static bool set_strips(epl__reduction *r)
{
    const int column = strip_axis(r), row = block_axis(r);
    if (column < 0)
        return false;
    r->columns = r->kept.dim[column];
    r->column_stride = r->kept.stride[0][column];
    r->row_count = r->reduced.dim[row];
    r->row_stride = r->reduced.stride[1][row];
    r->fold = 1;
    if (r->reduced.rank == 1 && r->row_stride == r->columns * (int64_t)r->size)
        while (r->columns * r->fold * 2 <= EPL__STRIP && r->fold * 2 <= r->row_count)
            r->fold *= 2;
    if (r->columns < LEAST_STRIP && r->fold == 1)
        return false;
    epl__pair_drop(&r->kept, column);
    epl__pair_drop(&r->reduced, row);
    /* narrower strips where there are few, so that they can be shared */
    const int64_t fair = r->columns * epl__pair_count(&r->kept) / 16;
    r->width = least(r->columns, fair < EPL__STRIP ? EPL__STRIP : least(WIDEST, fair / 64 * 64));
    const int64_t blocks = epl__pair_count(&r->reduced) *
                           (r->row_count / r->fold / EPL__STRIP_ROWS + 1);
    for (r->levels = 3; blocks >> (r->levels - 2); r->levels++)
        continue;
    r->units = epl__pair_count(&r->kept) * ((r->columns + r->width - 1) / r->width);
    r->call.run = run_strips;
    r->call.scratch = (size_t)(r->width * r->fold * r->levels) * r->size;
    return true;
}

static void set_rows(epl__reduction *r)
{
    const int last = r->reduced.rank - 1;
    const int64_t total = epl__pair_count(&r->reduced);
    r->call.run = run_rows;
    r->units = epl__pair_count(&r->kept);
    if (r->reduced.stride[1][last] == (int64_t)r->size &&
        (last == 0 || r->reduced.dim[last] >= LEAST_ROW)) {
        r->leaf = r->reduced.dim[last];
        r->leaves = total / r->leaf;
        epl__pair_drop(&r->reduced, last);
        const bool flat = r->kept.rank == 1 && r->kept.stride[0][0] == (int64_t)r->size;
        if (flat && r->leaves == 1 && r->leaf <= SHORT_ROW && r->kept.offset[0] == 0 &&
            r->reduced.offset[1] == 0) {
            r->call.run = run_short;
            r->call.scratch = SHORT_ROW * SHORT_COLUMNS * r->size;
        }
        return;
    }
    r->gathered.rank = r->reduced.rank;
    memcpy(r->gathered.dim, r->reduced.dim, sizeof r->gathered.dim);
    memcpy(r->gathered.stride, r->reduced.stride[1], sizeof r->gathered.stride);
    r->gathers = true;
    r->leaf = EPL__TILE;
    r->leaves = (total + EPL__TILE - 1) / EPL__TILE;
    r->call.scratch = EPL__TILE * r->size;
}

bool epl__reduction_finish(epl__arena *a, epl__reduction *r, const char *what, epl_dtype dtype,
                           double ns)
{
    char text[96];
    snprintf(text, sizeof text, "%s %s %lld units", what, epl_dtype_name(dtype),
             (long long)r->units);
    r->units_of_part = ns > PART_NS ? 1 : (int64_t)(PART_NS / ns);
    r->call.parts = (r->units + r->units_of_part - 1) / r->units_of_part;
    r->call.cost = 15 + ns * (double)r->units;
    r->call.name = epl__arena_text(a, text);
    return r->call.name != NULL;
}

static void set_spans(epl__reduction *r, epl__reduce_op op, epl_dtype dtype)
{
    const epl__reduce_spans *s = r->spans = &epl__spans_now()->reduce[dtype];
    r->size = epl_dtype_bytes(dtype);
    r->move = &epl__spans_now()->move[r->size];
    r->row = op == EPL__SUM ? s->sum : op == EPL__AMAX ? s->amax : s->amin;
    r->rows = op == EPL__SUM ? s->sum_rows : op == EPL__AMAX ? s->amax_rows : s->amin_rows;
    r->join = op == EPL__SUM ? s->add_to : op == EPL__AMAX ? s->amax_to : s->amin_to;
    assert(r->row);
}

/* What a reduction of nothing gives. */
static int64_t empty_int(epl__reduce_op op, epl_dtype dtype)
{
    const int bits = 8 * (int)epl_dtype_bytes(dtype);
    if (op == EPL__SUM)
        return 0;
    if (dtype == EPL_BOOL)
        return op == EPL__AMIN;
    if (dtype == EPL_U8)
        return op == EPL__AMIN ? UINT8_MAX : 0;
    const int64_t largest = (int64_t)(UINT64_MAX >> (65 - bits));
    return op == EPL__AMIN ? largest : -largest - 1;
}

static double empty_float(epl__reduce_op op)
{
    return op == EPL__SUM ? 0 : op == EPL__AMAX ? -INFINITY : INFINITY;
}

/* Splits the axes; false if nothing is reduced. */
static bool split_axes(epl__reduction *r, int rank, const int64_t *dim, const int64_t *in_stride,
                       const bool *reduce, const int64_t *out_stride)
{
    const int64_t size = (int64_t)r->size;
    epl__nest kept = {.operands = 2}, reduced = {.operands = 1};
    for (int i = 0; i < rank; i++) {
        epl__nest *n = reduce[i] ? &reduced : &kept;
        n->dim[n->rank] = dim[i];
        n->stride[reduce[i] ? 0 : 1][n->rank] = in_stride[i] * size;
        if (!reduce[i])
            n->stride[0][n->rank] = out_stride[i] * size;
        n->rank++;
    }
    epl__nest_order(&kept);
    epl__nest_order(&reduced);
    r->kept = epl__pair_of(&kept);
    r->reduced = epl__pair_of(&reduced);
    memcpy(r->reduced.stride[1], r->reduced.stride[0], sizeof r->reduced.stride[1]);
    r->reduced.offset[1] = r->reduced.offset[0];
    return reduced.rank > 0;
}

epl__call *epl__reduce_prepare(epl__arena *a, epl__reduce_op op, epl_dtype dtype, int rank,
                               const int64_t *dim, const int64_t *in_stride, const bool *reduce,
                               const int64_t *out_stride)
{
    int64_t kept_dim[EPL_MAX_RANK], reduced = 1;
    int axis = -1;
    for (int i = 0; i < rank; i++) {
        kept_dim[i] = reduce[i] ? 1 : dim[i];
        reduced *= reduce[i] ? dim[i] : 1;
        axis = reduce[i] ? i : axis;
    }
    if (op == EPL__ARGMAX || op == EPL__ARGMIN)
        return epl__arg_prepare(a, op, dtype, rank, dim, in_stride, axis, out_stride);
    if (op == EPL__CUMSUM || op == EPL__CUMSUM_REVERSE)
        return epl__scan_prepare(a, op, dtype, rank, dim, in_stride, axis, out_stride);
    if (reduced == 0)
        return epl__fill_prepare(a, dtype, rank, kept_dim, out_stride, empty_float(op),
                                 empty_int(op, dtype));
    epl__reduction *r = epl__arena_take(a, sizeof *r);
    if (!r)
        return NULL;
    set_spans(r, op, dtype);
    if (!split_axes(r, rank, dim, in_stride, reduce, out_stride))
        return epl__copy_prepare(a, dtype, rank, kept_dim, out_stride, in_stride);
    const int64_t outputs = epl__pair_count(&r->kept);
    const bool row = r->reduced.stride[1][r->reduced.rank - 1] == (int64_t)r->size;
    if (row || outputs == 0 || !set_strips(r))
        set_rows(r);
    if (outputs == 0) {
        r->call.name = "reduce nothing";
        return &r->call;
    }
    const double per_element = (r->gathers ? 1.0 : 0.03 * (double)r->size / 4) + 0.005;
    const double ns = (r->call.run == run_short ? 1 : 10) +
                      per_element * (double)reduced * (double)outputs / (double)r->units;
    const char *what = op == EPL__SUM ? "sum" : op == EPL__AMAX ? "amax" : "amin";
    return epl__reduction_finish(a, r, what, dtype, ns) ? &r->call : NULL;
}
