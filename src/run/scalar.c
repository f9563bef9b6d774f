/* scalar.c -- see scalar.h. Floats are computed in f64 and rounded, integers exactly. */
#include "scalar.h"
#include "../base/number.h"

bool epl__scalar_has(const epl_prim *p)
{
    return p->scalar || p->scalar_int || p == &epl__prim_select || p == &epl__prim_cast;
}

/* Truncated; out of range: the nearest that d has; NaN: 0. */
static int64_t to_int(double v, epl_dtype d)
{
    int64_t most = INT64_MAX >> (d == EPL_U8 ? 55 : 64 - 8 * (int)epl_dtype_bytes(d));
    int64_t least = d == EPL_U8 ? 0 : -most - 1;
    if (v != v)
        return 0;
    return v >= (double)most ? most : v <= (double)least ? least : (int64_t)v;
}

/* A choice of two, or a conversion. */
static void moved(const epl_array *x, const epl_array *out, int64_t i)
{
    bool from_float = epl_dtype_is_float(x->type.dtype);
    double v = from_float ? epl__number_at(x, i) : (double)epl__integer_at(x, i);
    if (epl_dtype_is_float(out->type.dtype))
        epl__number_set(out, i, v);
    else if (from_float)
        epl__integer_set(out, i, out->type.dtype == EPL_BOOL ? v != 0 : to_int(v, out->type.dtype));
    else
        epl__integer_set(out, i, epl__integer_at(x, i));
}

void epl__scalar_run(const epl_prim *p, const void *attrs, const epl_array *in, size_t count,
                     const epl_array *out)
{
    bool floating = count && epl_dtype_is_float(in[0].type.dtype);
    for (int64_t i = 0, n = epl_count(out->type); i < n; i++) {
        double x[4] = {0};
        int64_t k[4] = {0};
        if (p == &epl__prim_select || p == &epl__prim_cast) {
            moved(count == 1 ? &in[0] : epl__integer_at(&in[0], i) ? &in[1] : &in[2], out, i);
            continue;
        }
        for (size_t j = 0; j < count && j < 4; j++)
            if (floating)
                x[j] = epl__number_at(&in[j], i);
            else
                k[j] = epl__integer_at(&in[j], i);
        if (!floating && p->scalar_int)
            epl__integer_set(out, i, p->scalar_int(k, attrs));
        else if (epl_dtype_is_float(out->type.dtype))
            epl__number_set(out, i, p->scalar(x, attrs));
        else
            epl__integer_set(out, i, p->scalar(x, attrs) != 0);
    }
}
