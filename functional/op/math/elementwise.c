/* elementwise.c -- how the public functions of element-wise primitives build. */
#include "elementwise.h"
#include <string.h>
#include "../../../src/base/scope.h"

/* A result of bool is an R among the letters. */
const char *epl__prim_takes(const epl_prim *p)
{
    static const char *const types[] = {
#define EPL_X(name, operands, types) types,
        EPL__TILE_MAP(EPL_X)
#undef EPL_X
    };
    if (p->lower == EPL_LOWER_TILE && p->tile >= 0 && p->tile < EPL__TILE_END)
        return p == &epl__prim_cast ? NULL : types[p->tile];
    if (!p->elementwise || p->kernel || (!p->scalar && !p->scalar_int))
        return NULL;
    return !p->scalar_int ? "F" : p->scalar ? "FIB" : "IB";
}

static bool takes(const epl_prim *p, epl_val any, epl_dtype d)
{
    char kind = epl_dtype_is_float(d) ? 'F' : d == EPL_BOOL ? 'B' : 'I';
    if (strchr(epl__prim_takes(p), kind))
        return true;
    epl__bad(any, EPL_ERR_DTYPE, "[%s] %s: it is not defined for %s, cast first", p->name,
             epl__show(any), epl_dtype_name(d));
    return false;
}

/* Sums and products of booleans are "or" and "and", as in torch. */
static const epl_prim *of_booleans(const epl_prim *p)
{
    return p == &epl__prim_add   ? &epl__prim_logical_or
           : p == &epl__prim_mul ? &epl__prim_logical_and
                                 : p;
}

/* Plain numbers alone: a plain number. */
static epl_val of_numbers(const epl_prim *p, const epl_val *x, size_t n, unsigned how)
{
    double number[3] = {0};
    int64_t integer[3] = {0};
    bool flags = true, floating = how & EPL__FLOAT;
    for (size_t i = 0; i < n; i++) {
        epl_dtype d = epl__num_read(x[i], &number[i], &integer[i]);
        floating |= d == EPL_F64;
        flags &= d == EPL_BOOL;
    }
    p = flags && !floating ? of_booleans(p) : p;
    floating |= !p->scalar_int;
    bool test = strchr(epl__prim_takes(p), 'R') != NULL;
    if (!floating) {
        int64_t k = p->scalar_int(integer, NULL);
        return test ? epl_flag(k != 0) : epl_int(k);
    }
    if (!p->scalar)
        return EPL_NO_VAL;
    double v = p->scalar(number, NULL);
    return test ? epl_flag(v != 0) : epl_num(v);
}

epl_val epl__elementwise(const epl_prim *p, epl_val *x, size_t n, unsigned how)
{
    bool numbers = true;
    for (size_t i = 0; i < n; i++)
        numbers &= epl__is_num(x[i]);
    if (numbers && n <= 3)
        return of_numbers(p, x, n, how);
    if (!epl__align(p->name, x, n, how | EPL__COMPUTE))
        return EPL_NO_VAL;
    epl_dtype d = epl__node_at(epl__fn_of(x[0]), epl__id_of(x[0]))->type->dtype;
    p = d == EPL_BOOL ? of_booleans(p) : p;
    if (!takes(p, x[0], d))
        return EPL_NO_VAL;
    return epl_op(p, (epl_vals){n, x}, NULL);
}

bool epl__activation_in(const char *op, epl_val *x)
{
    return epl__is_num(*x) || epl__float_in(op, x);
}

epl_type epl__bool_type(const epl_type *in, size_t count, const void *attrs)
{
    (void)attrs;
    for (size_t i = 1; i < count; i++)
        if (!epl_type_equal(in[i], in[0]))
            return (epl_type){0};
    return epl_type_of(EPL_BOOL, in[0].shape);
}

epl_val epl__added(epl_val a, epl_val b)
{
    return a.graph && b.graph ? epl_add(a, b) : a.graph ? a : b;
}

epl_val epl__or_zero(epl_val dx, epl_val x)
{
    return dx.graph ? dx : epl__like(x, 0);
}

bool epl__is_splat(epl_val v, double *value)
{
    int64_t integer;
    epl_fn *f = epl__fn_of(v);
    if (epl__is_num(v)) {
        epl__num_read(v, value, &integer);
        return true;
    }
    const epl__node *n = f ? epl__node_at(f, epl__id_of(v)) : NULL;
    if (!n || n->prim != &epl__prim_const)
        return false;
    const epl__const_attrs *a = n->attrs;
    *value = epl_dtype_is_float((epl_dtype)a->dtype) ? a->value : (double)a->integer;
    return true;
}

epl_val epl__number_for(epl_dtype d, double c)
{
    bool whole = c == floor(c) && fabs(c) < 9e15;
    return epl_dtype_is_float(d) || !whole ? epl_num(c) : epl_int((int64_t)c);
}
