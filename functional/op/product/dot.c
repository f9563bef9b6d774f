/* dot: y[out] = sum of a[la] b[lb] over the labels that are not in out.
 *
 * A label in both operands and the result is a batch axis, in both operands alone it is
 * summed, in one operand it must be in the result. The transpose in either operand and
 * the batch rule only write other labels.
 */
#include <string.h>
#include "../op.h"

static int64_t size_of(const char *labels, epl_shape s, char label)
{
    const char *at = strchr(labels, label);
    return at ? s.dim[at - labels] : -1;
}

/* No label twice. */
static bool distinct(const char *labels)
{
    for (; *labels; labels++)
        if (strchr(labels + 1, *labels))
            return false;
    return true;
}

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__dot_attrs *d = attrs;
    epl_type t = {.dtype = in[0].dtype}, none = {0};
    epl_shape a = in[0].shape, b = in[1].shape;
    (void)count;
    if (t.dtype != EPL_F32 && t.dtype != EPL_F64 && t.dtype != EPL_I64 && t.dtype != EPL_I32)
        return none;
    if (in[0].dtype != in[1].dtype || (size_t)a.rank != strlen(d->a) ||
        (size_t)b.rank != strlen(d->b) || strlen(d->out) > EPL_MAX_RANK || !distinct(d->a) ||
        !distinct(d->b) || !distinct(d->out))
        return none;
    for (const char *l = d->a; *l; l++) {
        int64_t n = size_of(d->b, b, *l);
        if ((n >= 0 && n != size_of(d->a, a, *l)) || (n < 0 && !strchr(d->out, *l)))
            return none;
    }
    for (const char *l = d->b; *l; l++)
        if (!strchr(d->a, *l) && !strchr(d->out, *l))
            return none;
    for (const char *l = d->out; *l; l++) {
        int64_t n = size_of(d->a, a, *l);
        n = n >= 0 ? n : size_of(d->b, b, *l);
        if (n < 0)
            return none;
        t.shape.dim[t.shape.rank++] = n;
    }
    return t;
}

/* -- evaluation: loops over the labels of the result, then over those that are summed -------- */
static int64_t step_of(const char *labels, epl_shape s, char label)
{
    const char *at = strchr(labels, label);
    return at ? epl__product(s, (int)(at - labels) + 1, s.rank) : 0;
}

/* Some labels in order, with the steps that they make in both operands. */
typedef struct {
    int rank;
    int64_t dim[16], a[16], b[16], at[16];
} loops;

static void add_label(loops *l, char label, int64_t n, const epl_array *in, const epl__dot_attrs *d)
{
    l->dim[l->rank] = n;
    l->a[l->rank] = step_of(d->a, in[0].type.shape, label);
    l->b[l->rank++] = step_of(d->b, in[1].type.shape, label);
}

/* To the next combination, the last label first; false after the last one, which leaves all
 * as it was at the start. */
static bool advance(loops *l, int64_t *ia, int64_t *ib)
{
    for (int i = l->rank; i-- > 0;) {
        *ia += l->a[i];
        *ib += l->b[i];
        if (++l->at[i] < l->dim[i])
            return true;
        *ia -= l->a[i] * l->dim[i];
        *ib -= l->b[i] * l->dim[i];
        l->at[i] = 0;
    }
    return false;
}

/* The sum along one label, n terms that are sa and sb apart; integers wrap. */
#define LINE(name, number, total)                                                              \
    static total name(const void *a, const void *b, int64_t ia, int64_t ib, const loops *line) \
    {                                                                                          \
        const number *x = (const number *)a + ia, *y = (const number *)b + ib;                 \
        int64_t n = line->dim[0], sa = line->a[0], sb = line->b[0];                            \
        total sum = 0;                                                                         \
        for (int64_t i = 0; i < n; i++)                                                        \
            sum += (total)x[i * sa] * (total)y[i * sb];                                        \
        return sum;                                                                            \
    }
LINE(line_f32, float, double)
LINE(line_f64, double, double)
LINE(line_i32, int32_t, uint64_t)
LINE(line_i64, int64_t, uint64_t)
#undef LINE

/* One number of the result. `line` is the last summed label, `sums` the others. */
static void one(const epl_array *in, const epl_array *out, int64_t i, int64_t ia, int64_t ib,
                loops *sums, const loops *line)
{
    const void *a = in[0].data, *b = in[1].data;
    void *y = out->data;
    double sum = 0;
    uint64_t whole = 0;
    do {
        switch (out->type.dtype) {
        case EPL_F32:
            sum += line_f32(a, b, ia, ib, line);
            break;
        case EPL_F64:
            sum += line_f64(a, b, ia, ib, line);
            break;
        case EPL_I32:
            whole += line_i32(a, b, ia, ib, line);
            break;
        default:
            whole += line_i64(a, b, ia, ib, line);
        }
    } while (advance(sums, &ia, &ib));
    if (out->type.dtype == EPL_F32)
        ((float *)y)[i] = (float)sum;
    else if (out->type.dtype == EPL_F64)
        ((double *)y)[i] = sum;
    else if (out->type.dtype == EPL_I32)
        ((int32_t *)y)[i] = (int32_t)whole;
    else
        ((int64_t *)y)[i] = (int64_t)whole;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__dot_attrs *d = attrs;
    loops kept = {0}, sums = {0}, line = {.rank = 1, .dim = {1}};
    int64_t ia = 0, ib = 0;
    (void)count, (void)message;
    for (const char *c = d->out; *c; c++)
        add_label(&kept, *c, out->type.shape.dim[c - d->out], in, d);
    for (const char *c = d->a; *c; c++)
        if (!strchr(d->out, *c))
            add_label(&sums, *c, in[0].type.shape.dim[c - d->a], in, d);
    for (int i = 0; i < sums.rank; i++)
        if (!sums.dim[i])
            line.dim[0] = 0; /* a sum of nothing */
    if (!line.dim[0])
        sums.rank = 0;
    if (sums.rank) {
        int last = --sums.rank;
        line.dim[0] = sums.dim[last];
        line.a[0] = sums.a[last];
        line.b[0] = sums.b[last];
    }
    for (int64_t i = 0, n = epl_count(out->type); i < n; i++) {
        one(in, out, i, ia, ib, &sums, &line);
        advance(&kept, &ia, &ib);
    }
    return true;
}

/* -- rules ------------------------------------------------------------------------------------ */
static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    const epl__dot_attrs *d = attrs;
    (void)count;
    return wrt == 0 ? epl__dot(ct, d->out, x[1], d->b, d->a)
                    : epl__dot(ct, d->out, x[0], d->a, d->b);
}

/* A label that none of the operands has. */
static char fresh(const epl__dot_attrs *d)
{
    for (char c = 'a'; c <= 'z'; c++)
        if (!strchr(d->a, c) && !strchr(d->b, c) && !strchr(d->out, c))
            return c;
    return 0; /* 36 axes at most, but no label is in fewer than two of the three lists */
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__dot_attrs *d = attrs;
    char label = fresh(d), la[17], lb[17], lo[17];
    char *list[3] = {la, lb, lo};
    const char *old[3] = {d->a, d->b, d->out};
    (void)count;
    for (int i = 0; i < 3; i++) {
        char *to = list[i];
        if (i == 2 || mapped[i])
            *to++ = label;
        strcpy(to, old[i]);
    }
    return epl__dot(x[0], la, x[1], lb, lo);
}

static const epl_attr attrs[] = {EPL_ATTR_F(epl__dot_attrs, a, EPL_LETTERS, 0, 0, 0, 16, 0),
                                 EPL_ATTR_F(epl__dot_attrs, b, EPL_LETTERS, 0, 0, 0, 16, 0),
                                 EPL_ATTR_F(epl__dot_attrs, out, EPL_LETTERS, 0, 0, 0, 16, 0),
                                 EPL_ATTR_END};
const epl_prim epl__prim_dot = {.name = "dot",
                                .formula = "y[out] = sum a[la] b[lb]",
                                .inputs = 2,
                                .multilinear = true,
                                .attrs_size = sizeof(epl__dot_attrs),
                                .attrs = attrs,
                                .type = type,
                                .kernel = kernel,
                                .transpose = transpose,
                                .batch = batch,
                                .lower = EPL_LOWER_ENGINE};
