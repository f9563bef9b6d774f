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

/* Plain loops over the labels of the result, then over those that are summed. */
static int64_t step_of(const char *labels, epl_shape s, char label)
{
    const char *at = strchr(labels, label);
    return at ? epl__product(s, (int)(at - labels) + 1, s.rank) : 0;
}

typedef struct {
    int rank, outer; /* labels; the first `outer` are of the result */
    int64_t dim[32], a[32], b[32];
} loops;

static double term(const epl_array *x, int64_t i)
{
    const void *p = x->data;
    return x->type.dtype == EPL_F32 ? (double)((const float *)p)[i] : ((const double *)p)[i];
}

static int64_t term_int(const epl_array *x, int64_t i)
{
    const void *p = x->data;
    return x->type.dtype == EPL_I32 ? ((const int32_t *)p)[i] : ((const int64_t *)p)[i];
}

static void store(const epl_array *y, int64_t i, double sum, int64_t sum_int)
{
    if (y->type.dtype == EPL_F32)
        ((float *)y->data)[i] = (float)sum;
    else if (y->type.dtype == EPL_F64)
        ((double *)y->data)[i] = sum;
    else if (y->type.dtype == EPL_I32)
        ((int32_t *)y->data)[i] = (int32_t)sum_int;
    else
        ((int64_t *)y->data)[i] = sum_int;
}

/* Offsets of the n-th combination of the labels from..to. */
static void place(const loops *l, int from, int to, int64_t n, int64_t *ia, int64_t *ib)
{
    for (int i = to; i-- > from; n /= l->dim[i]) {
        *ia += n % l->dim[i] * l->a[i];
        *ib += n % l->dim[i] * l->b[i];
    }
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__dot_attrs *d = attrs;
    loops l = {0};
    int64_t sums = 1;
    (void)count, (void)message;
    for (const char *c = d->out; *c; c++, l.outer++) {
        l.a[l.outer] = step_of(d->a, in[0].type.shape, *c);
        l.b[l.outer] = step_of(d->b, in[1].type.shape, *c);
        l.dim[l.outer] = out->type.shape.dim[l.outer];
    }
    l.rank = l.outer;
    for (const char *c = d->a; *c; c++)
        if (!strchr(d->out, *c)) {
            l.a[l.rank] = step_of(d->a, in[0].type.shape, *c);
            l.b[l.rank] = step_of(d->b, in[1].type.shape, *c);
            sums *= l.dim[l.rank++] = in[0].type.shape.dim[c - d->a];
        }
    bool floating = epl_dtype_is_float(out->type.dtype);
    for (int64_t i = 0, n = epl_count(out->type); i < n; i++) {
        int64_t ia = 0, ib = 0, whole = 0;
        double sum = 0;
        place(&l, 0, l.outer, i, &ia, &ib);
        for (int64_t k = 0; k < sums; k++) {
            int64_t ja = ia, jb = ib;
            place(&l, l.outer, l.rank, k, &ja, &jb);
            if (floating)
                sum += term(&in[0], ja) * term(&in[1], jb);
            else
                whole += term_int(&in[0], ja) * term_int(&in[1], jb);
        }
        store(out, i, sum, whole);
    }
    return true;
}

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
