/* numbers.c -- arrays of the tests: drawn, moved along a direction, compared. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "../../src/base/key.h"
#include "../../tools/tensor.h"
#include "law.h"

bool is_float(epl_type t)
{
    return epl_dtype_is_float(t.dtype);
}

epl_array *arrays_new(epl_scope *s, size_t n)
{
    return epl_scope_alloc(s, (n + 1) * sizeof(epl_array));
}

epl_array *outputs_of(epl_scope *s, const epl_type *type, size_t n)
{
    epl_array *a = arrays_new(s, n);
    for (size_t i = 0; a && i < n; i++)
        a[i] = tensor_new(s, type[i]);
    return a;
}

epl_array array_copy(epl_scope *s, const epl_array *a)
{
    epl_array copy = tensor_new(s, a->type);
    if (copy.data && epl_bytes(a->type))
        memcpy(copy.data, a->data, epl_bytes(a->type));
    return copy;
}

epl_array array_drawn(epl_scope *s, epl_type t, epl_key key)
{
    epl_array a = tensor_new(s, t);
    for (int64_t i = 0, n = a.data && is_float(t) ? epl_count(t) : 0; i < n; i++) {
        uint32_t w;
        epl__random_bits(key.word, (uint64_t)i, &w, 1);
        double v = 0.1 + 0.9 * (double)(w >> 1) * 0x1p-31;
        tensor_set(&a, i, w & 1 ? v : -v);
    }
    return a;
}

epl_array array_moved(epl_scope *s, const epl_array *x, double h, const epl_array *v)
{
    epl_array a = array_copy(s, x);
    for (int64_t i = 0, n = a.data && is_float(x->type) ? epl_count(x->type) : 0; i < n; i++)
        tensor_set(&a, i, tensor_number(x, i) + h * tensor_number(v, i));
    return a;
}

double array_dot(const epl_array *a, const epl_array *b, double *magnitude)
{
    double sum = 0;
    for (int64_t i = 0, n = epl_count(a->type); i < n; i++) {
        double term = tensor_number(a, i) * tensor_number(b, i);
        sum += term;
        *magnitude += fabs(term);
    }
    return sum;
}

static bool numbers_near(const epl_array *got, const epl_array *want, int64_t i, double relative,
                         double absolute)
{
    if (!is_float(got->type) && !is_float(want->type))
        return tensor_integer(got, i) == tensor_integer(want, i);
    double a = tensor_number(got, i), b = tensor_number(want, i);
    return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= relative * fabs(b) + absolute;
}

bool array_near(const epl_array *got, const epl_array *want, double relative, double absolute,
                char *text)
{
    char g[EPL_TYPE_TEXT], w[EPL_TYPE_TEXT];
    epl_type a = got->type, b = want->type;
    if (!got->data || !want->data) {
        snprintf(text, ARRAY_TEXT, "no array");
        return false;
    }
    b.dtype = is_float(a) && is_float(b) ? a.dtype : b.dtype;
    if (!epl_type_equal(a, b)) {
        snprintf(text, ARRAY_TEXT, "%.60s, expected %.60s", epl_type_text(got->type, g),
                 epl_type_text(want->type, w));
        return false;
    }
    double largest = 0;
    for (int64_t i = 0, n = is_float(b) ? epl_count(b) : 0; i < n; i++) {
        double v = fabs(tensor_number(want, i));
        largest = isfinite(v) && v > largest ? v : largest;
    }
    for (int64_t i = 0, n = epl_count(b); i < n; i++)
        if (!numbers_near(got, want, i, relative, absolute * (1 + largest))) {
            snprintf(text, ARRAY_TEXT, "%.17g at %lld of %.40s, expected %.17g",
                     tensor_number(got, i), (long long)i, epl_type_text(want->type, w),
                     tensor_number(want, i));
            return false;
        }
    return true;
}

epl_array *plan_run(epl_scope *s, law l, epl_plan p, epl_work *w, epl_arrays in,
                    const epl_type *type, size_t outs)
{
    epl_array *out = outputs_of(s, type, outs);
    if (!out || epl_run(p, in, (epl_arrays){outs, out}, w) != EPL_OK) {
        law_broken(l, "the run: %s%s", epl_work_message(w), epl_scope_message(s));
        return NULL;
    }
    return out;
}
