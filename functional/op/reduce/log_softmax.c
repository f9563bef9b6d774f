/* log_softmax: y = x - log sum exp x along an axis.
 *
 * A primitive for its numbers: y is exact however large x is, and so are derivatives of all
 * orders, which are made of exp y alone. The tangent is centred twice: where one exp y is
 * almost 1, a first centring leaves rounding alone there, the second takes that away.
 */
#include <math.h>
#include "reducing.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__axis_attrs *a = attrs;
    bool floating = in[0].dtype == EPL_F32 || in[0].dtype == EPL_F64;
    (void)count;
    return a->axis < 0 || a->axis >= in[0].shape.rank || !floating ? (epl_type){0} : in[0];
}

static void line_f32(const float *x, float *y, int64_t n, int64_t step)
{
    float most = -INFINITY;
    double sum = 0;
    for (int64_t k = 0; k < n; k++)
        most = x[k * step] > most ? x[k * step] : most;
    for (int64_t k = 0; k < n; k++)
        sum += (double)expf(x[k * step] - most);
    float log_sum = (float)log(sum);
    for (int64_t k = 0; k < n; k++)
        y[k * step] = x[k * step] - most - log_sum;
}

static void line_f64(const double *x, double *y, int64_t n, int64_t step)
{
    double most = -INFINITY, sum = 0;
    for (int64_t k = 0; k < n; k++)
        most = x[k * step] > most ? x[k * step] : most;
    for (int64_t k = 0; k < n; k++)
        sum += exp(x[k * step] - most);
    double log_sum = log(sum);
    for (int64_t k = 0; k < n; k++)
        y[k * step] = x[k * step] - most - log_sum;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    epl__lines l = epl__lines_of(in[0].type.shape, ((const epl__axis_attrs *)attrs)->axis);
    (void)count, (void)message;
    for (int64_t line = 0; line < l.lines; line++) {
        int64_t at = epl__line_at(&l, line);
        if (out->type.dtype == EPL_F32)
            line_f32((const float *)in[0].data + at, (float *)out->data + at, l.n, l.inner);
        else
            line_f64((const double *)in[0].data + at, (double *)out->data + at, l.n, l.inner);
    }
    return true;
}

/* v - sum p v; the sign is changed where the numbers are few, in the transpose too */
static epl_val centred(epl_val v, epl_val p, int64_t mask)
{
    return epl_add(v, epl__spread(epl_neg(epl__sum(epl_mul(v, p), mask)), p, mask));
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    const epl__axis_attrs *a = attrs;
    int64_t mask = INT64_C(1) << a->axis;
    epl_val p = epl_exp(epl__log_softmax(x[0], (int)a->axis));
    (void)count;
    return centred(centred(dx[0], p, mask), p, mask);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count;
    return epl__log_softmax(x[0], (int)((const epl__axis_attrs *)attrs)->axis + 1);
}

/* In parts that fuse with their neighbours and run in parallel. */
static epl_val expand(const epl_val *x, size_t count, const void *attrs)
{
    int64_t mask = INT64_C(1) << ((const epl__axis_attrs *)attrs)->axis;
    (void)count;
    if (!epl_count(epl_typeof(x[0])))
        return x[0];
    epl_val c = epl_sub(x[0], epl__spread(epl__amax(x[0], mask), x[0], mask));
    return epl_sub(c, epl__spread(epl_log(epl__sum(epl_exp(c), mask)), x[0], mask));
}

const epl_prim epl__prim_log_softmax = {.name = "log_softmax",
                                        .formula = "y = x - log sum exp x along an axis",
                                        .inputs = 1,
                                        .attrs_size = sizeof(epl__axis_attrs),
                                        .attrs = epl__axis_table,
                                        .type = type,
                                        .kernel = kernel,
                                        .jvp = jvp,
                                        .batch = batch,
                                        .expand = expand};

epl_val epl__log_softmax(epl_val x, int axis)
{
    epl__axis_attrs a = {axis};
    return epl_is_none(x) ? x : epl_op(&epl__prim_log_softmax, epl_list(x), &a);
}

static epl_val along(const char *op, const epl_softmax_args *a, const char *given)
{
    epl_val x = a->input;
    if (!epl__dtype_in(op, &x, a->dtype, given) || !epl__float_in(op, &x))
        return EPL_NO_VAL;
    int axis = epl__axis(op, x, a->dim);
    if (axis < 0)
        return EPL_NO_VAL;
    if (epl_rank(x))
        return epl__log_softmax(x, axis);
    return epl__drop(epl__log_softmax(epl__lead(x, 1), 0), 0);
}

epl_val epl_op_log_softmax(const epl_softmax_args *a, const char *given)
{
    return along("log_softmax", a, given);
}

epl_val epl_op_softmax(const epl_softmax_args *a, const char *given)
{
    uint32_t before = epl__composite(a->input, "softmax");
    epl_val y = along("softmax", a, given);
    y = epl_is_none(y) ? y : epl_exp(y);
    epl__composite_end(a->input, before);
    return y;
}

static const epl_attr table[] = {
    EPL_ARG(epl_softmax_args, input),
    EPL_ATTR_F(epl_softmax_args, dim, EPL_INT, 0, -12, 11, 1, EPL_ATTR_REQUIRED),
    EPL__ARG_DTYPE(epl_softmax_args), EPL_ATTR_END};
EPL__OPERATION(log_softmax, "y = x - log sum exp x along dim", epl_softmax_args, table);
EPL__OPERATION(softmax, "y = exp x / sum exp x along dim", epl_softmax_args, table);
