/* product.c -- see product.h. */
#include "product.h"

bool epl__same_dtype(const char *op, const epl_val *x, size_t n)
{
    epl_val any = EPL_NO_VAL;
    for (size_t i = 0; i < n && !any.graph; i++)
        any = epl_val_scope(x[i]) ? x[i] : EPL_NO_VAL;
    for (size_t i = 0; i < n; i++) {
        epl_dtype d = epl_typeof(x[i]).dtype;
        const char *why = NULL;
        if (!x[i].graph)
            why = "is missing";
        else if (!epl_val_scope(x[i]))
            why = "is a plain number; a tensor is expected";
        else if (d == EPL_F16 || d == EPL_BF16)
            why = "cannot be computed with: cast to f32 first";
        else if (d == EPL_BOOL || d == EPL_NONE)
            why = "is no tensor of numbers";
        if (why)
            epl__bad(any, EPL_ERR_DTYPE, "[%s] operand %zu, %s, %s", op, i + 1, epl__show(x[i]),
                     why);
        else if (d != epl_typeof(any).dtype)
            epl__bad(any, EPL_ERR_DTYPE, "[%s] operands %s and %s must have one dtype: cast one",
                     op, epl__show(any), epl__show(x[i]));
        else
            continue;
        return false;
    }
    return n > 0;
}

epl_val epl__contract(epl_val a, const char *la, epl_val b, const char *lb, const char *out)
{
    epl_dtype d = epl_typeof(a).dtype;
    bool narrow = d == EPL_I16 || d == EPL_I8 || d == EPL_U8;
    if (!narrow || !a.graph)
        return epl__dot(a, la, b, lb, out);
    return epl__cast(epl__dot(epl__cast(a, EPL_I32), la, epl__cast(b, EPL_I32), lb, out), d);
}

epl_val epl__times(epl_val v, double c)
{
    return c == 1 || !v.graph ? v : epl_scale(v, c);
}
