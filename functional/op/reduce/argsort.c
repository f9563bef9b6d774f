/* argsort: the order of the elements along an axis, i64: y[0] is where the first one stands.
 *
 * Equals keep their order, and a NaN is the greatest, as in torch. The kernel is a heap sort
 * of the indices in their place: no memory, and any two differ in (element, index).
 */
#include "reducing.h"

typedef struct {
    int64_t axis, descending;
} argsort_attrs;

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const argsort_attrs *a = attrs;
    bool stored = in[0].dtype == EPL_F16 || in[0].dtype == EPL_BF16;
    (void)count;
    if (a->axis < 0 || a->axis >= in[0].shape.rank || stored)
        return (epl_type){0};
    return epl_type_of(EPL_I64, in[0].shape);
}

typedef struct {
    const epl_array *x;
    int64_t *index; /* along the line, `step` apart */
    int64_t first, step;
    bool descending;
} line;

/* Does element a of the line come before element b? */
static bool before(const line *l, int64_t a, int64_t b)
{
    int64_t i = l->first + a * l->step, j = l->first + b * l->step;
    if (epl__less(l->x, i, j))
        return !l->descending;
    if (epl__less(l->x, j, i))
        return l->descending;
    return a < b;
}

static void sift_down(const line *l, int64_t at, int64_t n)
{
    int64_t moved = l->index[at * l->step];
    for (int64_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(l, l->index[child * l->step], l->index[(child + 1) * l->step]))
            child++;
        if (!before(l, moved, l->index[child * l->step]))
            break;
        l->index[at * l->step] = l->index[child * l->step];
    }
    l->index[at * l->step] = moved;
}

static void line_sort(const line *l, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        l->index[i * l->step] = i;
    for (int64_t i = n / 2; i-- > 0;)
        sift_down(l, i, n);
    for (int64_t end = n - 1; end > 0; end--) {
        int64_t last = l->index[0];
        l->index[0] = l->index[end * l->step];
        l->index[end * l->step] = last;
        sift_down(l, 0, end);
    }
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const argsort_attrs *a = attrs;
    epl__lines all = epl__lines_of(in[0].type.shape, a->axis);
    (void)count, (void)message;
    for (int64_t i = 0; i < all.lines; i++) {
        int64_t first = epl__line_at(&all, i);
        line l = {&in[0], (int64_t *)out->data + first, first, all.inner, a->descending != 0};
        line_sort(&l, all.n);
    }
    return true;
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const argsort_attrs *a = attrs;
    (void)mapped, (void)count;
    return epl__argsort(x[0], (int)a->axis + 1, a->descending != 0);
}

static const epl_attr attrs[] = {EPL_ATTR(argsort_attrs, axis, EPL_INT, 0, 0, EPL_MAX_RANK),
                                 EPL_ATTR(argsort_attrs, descending, EPL_INT, 0, 0, 1),
                                 EPL_ATTR_END};
const epl_prim epl__prim_argsort = {.name = "argsort",
                                    .formula = "y = the order of x along an axis",
                                    .inputs = 1,
                                    .attrs_size = sizeof(argsort_attrs),
                                    .attrs = attrs,
                                    .type = type,
                                    .kernel = kernel,
                                    .batch = batch};

epl_val epl__argsort(epl_val x, int axis, bool descending)
{
    argsort_attrs a = {axis, descending};
    return epl_is_none(x) ? x : epl_op(&epl__prim_argsort, epl_list(x), &a);
}
