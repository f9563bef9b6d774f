/* reducing.c -- see reducing.h: axes, and walks of the plain kernels. */
#include <math.h>
#include "reducing.h"

/* -- axes ----------------------------------------------------------------------------- */
bool epl__axis_in(const char *op, epl_val x, int64_t dim, int64_t *mask)
{
    int axis = epl__axis(op, x, dim);
    *mask = axis >= 0 && epl_rank(x) ? INT64_C(1) << axis : 0;
    return axis >= 0;
}

bool epl__axes_in(const char *op, epl_val x, epl_ints dim, const char *given, bool strict,
                  int64_t *mask)
{
    *mask = epl__all_axes(x);
    if (!epl__given(given, "dim"))
        return true;
    if (!dim.at) {
        epl__bad(x, EPL_ERR_ARG, "[%s] dim must be a list: .dim = epl_axes(0, 1)", op);
        return false;
    }
    if (dim.count || strict)
        *mask = 0;
    for (size_t i = 0; i < dim.count; i++) {
        int64_t one;
        if (!epl__axis_in(op, x, dim.at[i], &one))
            return false;
        if (*mask & one) {
            epl__bad(x, EPL_ERR_ARG, "[%s] axis %lld of %s is listed twice in dim", op,
                     (long long)dim.at[i], epl__show(x));
            return false;
        }
        *mask |= one;
    }
    return true;
}

epl_val epl__keep(epl_val y, epl_shape s, int64_t mask)
{
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = mask >> i & 1 ? 1 : s.dim[i];
    return epl__reshape(y, s);
}

epl_val epl__spread(epl_val y, epl_val x, int64_t mask)
{
    return epl__broadcast(y, epl_typeof(x).shape, mask);
}

int64_t epl__all_axes(epl_val x)
{
    return (INT64_C(1) << epl_rank(x)) - 1;
}

int64_t epl__last_axes(epl_val x, int n)
{
    return epl__all_axes(x) & ~((INT64_C(1) << (epl_rank(x) - n)) - 1);
}

int64_t epl__terms(epl_shape s, int64_t mask)
{
    int64_t n = 1;
    for (int i = 0; i < s.rank; i++)
        n *= mask >> i & 1 ? s.dim[i] : 1;
    return n;
}

bool epl__dtype_in(const char *op, epl_val *x, epl_dtype dtype, const char *given)
{
    if (epl__given(given, "dtype") && !epl_is_none(*x)) {
        bool known = dtype == EPL_F32 || dtype == EPL_F64 || !epl_dtype_is_float(dtype);
        if (!known || dtype == EPL_NONE) {
            epl__bad(*x, EPL_ERR_DTYPE, "[%s] there is no arithmetic in %s; give f32 or f64", op,
                     epl_dtype_name(dtype));
            return false;
        }
        *x = epl__cast(*x, dtype);
    }
    return epl__align(op, x, 1, EPL__COMPUTE);
}

bool epl__only_float(const char *op, epl_val x)
{
    if (epl_dtype_is_float(epl_typeof(x).dtype))
        return true;
    epl__bad(x, EPL_ERR_DTYPE, "[%s] input %s must be floating; cast it first", op, epl__show(x));
    return false;
}

/* -- walks ---------------------------------------------------------------------------- */
epl__rows epl__rows_of(epl_shape s, int64_t mask)
{
    epl__rows r = {.rank = s.rank, .outputs = 1, .terms = 1};
    int reduced = s.rank;
    for (int i = 0; i < s.rank; i++)
        reduced -= mask >> i & 1 ? 1 : 0;
    for (int i = 0; i < s.rank; i++) {
        bool goes = mask >> i & 1;
        int at = goes ? reduced++ : r.kept++;
        r.dim[at] = s.dim[i];
        r.step[at] = epl__product(s, i + 1, s.rank);
        *(goes ? &r.terms : &r.outputs) *= s.dim[i];
    }
    return r;
}

static int64_t place(const epl__rows *r, int from, int to, int64_t n)
{
    int64_t at = 0;
    for (int i = to; i-- > from; n /= r->dim[i])
        at += n % r->dim[i] * r->step[i];
    return at;
}

int64_t epl__row_at(const epl__rows *r, int64_t output)
{
    return place(r, 0, r->kept, output);
}

int64_t epl__term_at(const epl__rows *r, int64_t term)
{
    return place(r, r->kept, r->rank, term);
}

epl__lines epl__lines_of(epl_shape s, int64_t axis)
{
    int at = (int)axis;
    epl__lines l = {.n = s.dim[at], .inner = epl__product(s, at + 1, s.rank)};
    l.lines = l.n ? epl__product(s, 0, at) * l.inner : 0;
    return l;
}

/* -- elements ------------------------------------------------------------------------- */
double epl__load(const epl_array *x, int64_t i)
{
    const void *p = x->data;
    return x->type.dtype == EPL_F32 ? (double)((const float *)p)[i] : ((const double *)p)[i];
}

int64_t epl__load_int(const epl_array *x, int64_t i)
{
    const void *p = x->data;
    switch (x->type.dtype) {
    case EPL_I64:
        return ((const int64_t *)p)[i];
    case EPL_I32:
        return ((const int32_t *)p)[i];
    case EPL_I16:
        return ((const int16_t *)p)[i];
    case EPL_I8:
        return ((const int8_t *)p)[i];
    default:
        return ((const uint8_t *)p)[i];
    }
}

void epl__store(const epl_array *y, int64_t i, double v)
{
    if (y->type.dtype == EPL_F32)
        ((float *)y->data)[i] = (float)v;
    else
        ((double *)y->data)[i] = v;
}

void epl__store_int(const epl_array *y, int64_t i, int64_t v)
{
    void *p = y->data;
    switch (y->type.dtype) {
    case EPL_I64:
        ((int64_t *)p)[i] = v;
        break;
    case EPL_I32:
        ((int32_t *)p)[i] = (int32_t)v;
        break;
    case EPL_I16:
        ((int16_t *)p)[i] = (int16_t)v;
        break;
    case EPL_BOOL:
        ((uint8_t *)p)[i] = v != 0;
        break;
    default:
        ((uint8_t *)p)[i] = (uint8_t)v;
    }
}

bool epl__is_nan(const epl_array *x, int64_t i)
{
    return epl_dtype_is_float(x->type.dtype) && isnan(epl__load(x, i));
}

bool epl__less(const epl_array *x, int64_t a, int64_t b)
{
    if (!epl_dtype_is_float(x->type.dtype))
        return epl__load_int(x, a) < epl__load_int(x, b);
    double u = epl__load(x, a), v = epl__load(x, b);
    return isnan(v) ? !isnan(u) : u < v;
}

/* -- types ---------------------------------------------------------------------------- */
static bool stored_only(epl_dtype d)
{
    return d == EPL_F16 || d == EPL_BF16;
}

epl_type epl__reduce_type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__reduce_attrs *a = attrs;
    (void)count;
    if (a->mask < 0 || a->mask >> in[0].shape.rank || stored_only(in[0].dtype))
        return (epl_type){0};
    return epl_type_of(in[0].dtype, epl__shape_without(in[0].shape, a->mask));
}

epl_type epl__axis_type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__axis_attrs *a = attrs;
    (void)count;
    if (a->axis < 0 || a->axis >= in[0].shape.rank || stored_only(in[0].dtype))
        return (epl_type){0};
    return epl_type_of(EPL_I64, epl__shape_without(in[0].shape, INT64_C(1) << a->axis));
}

const epl_attr epl__reduce_table[] = {EPL_ATTR(epl__reduce_attrs, mask, EPL_INT, 0, 0, 4095),
                                      EPL_ATTR_END};
const epl_attr epl__axis_table[] = {EPL_ATTR(epl__axis_attrs, axis, EPL_INT, 0, 0, EPL_MAX_RANK),
                                    EPL_ATTR_END};
