/* scan.c -- what goes along one axis in order: places of extremes, running sums. */
#include "reduce.h"
#include <assert.h>
#include <string.h>

enum { LEAST_STRIP = 4 };

typedef struct {
    epl__reduction base;               /* kept axes, units and parts */
    int64_t length, in_step, out_step; /* of the axis; bytes. Backwards: negative */
    int64_t in_start, out_start;
    bool reverse;
    int64_t (*place)(int64_t n, const void *row);
    void (*place_to)(int64_t n, const void *x, int64_t r, void *best, int64_t *at);
} scanning;

/* -- running sums -------------------------------------------------------------------------- */

static void scan_strip(const scanning *s, const char *x, char *out, int64_t columns)
{
    union {
        double f[EPL__STRIP];
        uint64_t i[EPL__STRIP];
    } sum;
    memset(&sum, 0, sizeof sum); /* zero in both */
    for (int64_t i = 0; i < s->length; i++)
        s->base.spans->scan_to(columns, x + i * s->in_step, &sum, out + i * s->out_step);
}

static void run_scan(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                     void *scratch)
{
    (void)scratch;
    const scanning *s = (const scanning *)call;
    const epl__reduction *r = &s->base;
    const int64_t size = (int64_t)r->size, strips = (r->columns + r->width - 1) / r->width;
    const int64_t first = begin * r->units_of_part, stop = end * r->units_of_part;
    for (int64_t i = first; i < stop && i < r->units; i++) {
        const int64_t column = i % strips * r->width, left = r->columns - column;
        epl__spot at;
        epl__pair_seek(&r->kept, i / strips, &at);
        const char *x = (const char *)p[1] + at.at[1] + s->in_start + column * size;
        char *out = (char *)p[0] + at.at[0] + s->out_start + column * size;
        if (r->width > 1)
            scan_strip(s, x, out, left < r->width ? left : r->width);
        else
            r->spans->scan(s->length, x, s->in_step / size, out, s->out_step / size);
    }
}

/* -- places of extremes -------------------------------------------------------------------- */

static void place_strip(const scanning *s, const char *x, int64_t columns, int64_t *at)
{
    uint64_t best[EPL__STRIP];
    memcpy(best, x, (size_t)columns * s->base.size);
    memset(at, 0, sizeof *at * (size_t)columns);
    for (int64_t i = 1; i < s->length; i++)
        s->place_to(columns, x + i * s->in_step, i, best, at);
}

static void run_place(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                      void *scratch)
{
    (void)scratch;
    const scanning *s = (const scanning *)call;
    const epl__reduction *r = &s->base;
    const int64_t strips = (r->columns + r->width - 1) / r->width;
    const int64_t first = begin * r->units_of_part, stop = end * r->units_of_part;
    for (int64_t i = first; i < stop && i < r->units; i++) {
        const int64_t column = i % strips * r->width, left = r->columns - column;
        const int64_t columns = left < r->width ? left : r->width;
        epl__spot at;
        epl__pair_seek(&r->kept, i / strips, &at);
        const char *x = (const char *)p[1] + at.at[1] + column * (int64_t)r->size;
        char *out = (char *)p[0] + at.at[0] + column * r->column_stride;
        int64_t place[EPL__STRIP];
        if (s->in_step == (int64_t)r->size)
            place[0] = s->place(s->length, x);
        else
            place_strip(s, x, columns, place);
        for (int64_t j = 0; j < columns; j++)
            memcpy(out + j * r->column_stride, &place[j], sizeof place[j]);
    }
}

/* -- prepare ------------------------------------------------------------------------------- */

static scanning *prepare(epl__arena *a, epl_dtype dtype, size_t out_size, int rank,
                         const int64_t *dim, const int64_t *in_stride, int axis,
                         const int64_t *out_stride)
{
    assert(axis >= 0);
    scanning *s = epl__arena_take(a, sizeof *s);
    if (!s)
        return NULL;
    epl__reduction *r = &s->base;
    r->spans = &epl__spans_now()->reduce[dtype];
    r->size = epl_dtype_bytes(dtype);
    s->length = dim[axis];
    s->in_step = in_stride[axis] * (int64_t)r->size;
    epl__nest kept = {.operands = 2};
    for (int i = 0; i < rank; i++) {
        if (i == axis)
            continue;
        kept.dim[kept.rank] = dim[i];
        kept.stride[0][kept.rank] = out_stride[i] * (int64_t)out_size;
        kept.stride[1][kept.rank++] = in_stride[i] * (int64_t)r->size;
    }
    epl__nest_order(&kept);
    r->kept = epl__pair_of(&kept);
    r->columns = r->width = 1;
    return s;
}

/* Takes a kept axis that is contiguous in the input (and, if asked, in the output) as the
 * columns of strips. */
static void find_strips(epl__reduction *r, bool in_output)
{
    for (int i = 0; i < r->kept.rank; i++) {
        if (r->kept.stride[1][i] != (int64_t)r->size || r->kept.dim[i] < LEAST_STRIP ||
            (in_output && r->kept.stride[0][i] != (int64_t)r->size))
            continue;
        r->columns = r->kept.dim[i];
        r->column_stride = r->kept.stride[0][i];
        r->width = r->columns < EPL__STRIP ? r->columns : EPL__STRIP;
        epl__pair_drop(&r->kept, i);
        return;
    }
}

static epl__call *finish(epl__arena *a, scanning *s, const char *what, epl_dtype dtype)
{
    epl__reduction *r = &s->base;
    r->units = epl__pair_count(&r->kept) * ((r->columns + r->width - 1) / r->width);
    const double ns = 10 + (double)s->length * (r->width > 1 ? 5 + 0.1 * (double)r->width : 0.5);
    return epl__reduction_finish(a, r, what, dtype, ns) ? &r->call : NULL;
}

epl__call *epl__arg_prepare(epl__arena *a, epl__reduce_op op, epl_dtype dtype, int rank,
                            const int64_t *dim, const int64_t *in_stride, int axis,
                            const int64_t *out_stride)
{
    const bool largest = op == EPL__ARGMAX;
    if (axis < 0 || dim[axis] == 0) {
        int64_t kept_dim[EPL_MAX_RANK];
        for (int i = 0; i < rank; i++)
            kept_dim[i] = i == axis ? 1 : dim[i];
        return epl__fill_prepare(a, EPL_I64, rank, kept_dim, out_stride, 0, 0);
    }
    scanning *s = prepare(a, dtype, sizeof(int64_t), rank, dim, in_stride, axis, out_stride);
    if (!s)
        return NULL;
    s->place = largest ? s->base.spans->argmax : s->base.spans->argmin;
    s->place_to = largest ? s->base.spans->argmax_to : s->base.spans->argmin_to;
    assert(s->place);
    if (s->in_step != (int64_t)s->base.size)
        find_strips(&s->base, false);
    s->base.call.run = run_place;
    return finish(a, s, largest ? "argmax" : "argmin", dtype);
}

epl__call *epl__scan_prepare(epl__arena *a, epl__reduce_op op, epl_dtype dtype, int rank,
                             const int64_t *dim, const int64_t *in_stride, int axis,
                             const int64_t *out_stride)
{
    if (axis < 0)
        return epl__copy_prepare(a, dtype, rank, dim, out_stride, in_stride);
    scanning *s = prepare(a, dtype, epl_dtype_bytes(dtype), rank, dim, in_stride, axis, out_stride);
    if (!s)
        return NULL;
    assert(s->base.spans->scan);
    s->out_step = out_stride[axis] * (int64_t)s->base.size;
    if (op == EPL__CUMSUM_REVERSE) {
        s->in_start = s->in_step * (s->length - 1);
        s->out_start = s->out_step * (s->length - 1);
        s->in_step = -s->in_step;
        s->out_step = -s->out_step;
    }
    find_strips(&s->base, true);
    s->base.call.run = run_scan;
    if (s->length == 0)
        s->base.kept.dim[s->base.kept.rank++] = 0;
    return finish(a, s, "cumsum", dtype);
}
