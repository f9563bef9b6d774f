/* support.c -- what op.h declares: promotion, broadcasting, option texts, messages, lists.
 *
 * Invariant: after epl__align all operands are values (no plain numbers) that one primitive
 * takes as they are, or the scope has an error that names the operation and the types.
 */
#include "op.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "../../src/base/scope.h"
#include "../../src/base/type.h"

/* -- errors ------------------------------------------------------------------------------- */
epl_val epl__bad(epl_val any, epl_status status, const char *format, ...)
{
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    epl__fail(epl__fn_of(any), status, "%s", text);
    return EPL_NO_VAL;
}

epl_val epl__anchor(const epl_val *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (epl__fn_of(x[i]))
            return x[i];
    return EPL_NO_VAL;
}

/* The types of all operands: "f32[2,3], a number and i64[4]". */
static const char *list_text(const epl_val *x, size_t n, char *text, size_t size)
{
    char one[EPL_TYPE_TEXT];
    size_t at = 0;
    text[0] = 0;
    for (size_t i = 0; i < n && at < size; i++) {
        const char *join = i == 0 ? "" : i + 1 < n ? ", " : " and ";
        const char *what = !x[i].graph         ? "none"
                           : epl__is_num(x[i]) ? "a number"
                                               : epl_type_text(epl_typeof(x[i]), one);
        int wrote = snprintf(text + at, size - at, "%s%s", join, what);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return text;
}

enum { LIST_TEXT = 500 };
#define SHOW_ALL(x, n) list_text(x, n, (char[LIST_TEXT]){0}, LIST_TEXT)

/* -- promotion ---------------------------------------------------------------------------- */
epl_dtype epl__promote(epl_dtype a, epl_dtype b)
{
    if (a == b || b == EPL_NONE)
        return a;
    if (a == EPL_NONE)
        return b;
    bool a_float = epl_dtype_is_float(a), b_float = epl_dtype_is_float(b);
    size_t a_bytes = epl_dtype_bytes(a), b_bytes = epl_dtype_bytes(b);
    if (a_float && b_float)
        return a_bytes == b_bytes ? EPL_F32 : a_bytes > b_bytes ? a : b;
    if (a_float || b_float)
        return a_float ? a : b;
    if (a == EPL_BOOL || b == EPL_BOOL)
        return a == EPL_BOOL ? b : a;
    if (a_bytes == 1 && b_bytes == 1) /* u8 and i8 */
        return EPL_I16;
    return a_bytes > b_bytes ? a : b;
}

/* What operands of less weight add: their category alone. */
static epl_dtype joined(epl_dtype heavy, epl_dtype light)
{
    if (epl_dtype_is_float(heavy))
        return heavy;
    if (heavy == EPL_BOOL || epl_dtype_is_float(light))
        return epl__promote(heavy, light);
    return heavy != EPL_NONE ? heavy : light;
}

epl_dtype epl__result_dtype(const epl_val *x, size_t n)
{
    epl_dtype many = EPL_NONE, one = EPL_NONE, number = EPL_NONE;
    for (size_t i = 0; i < n; i++) {
        epl_type t = epl_typeof(x[i]);
        if (epl__is_num(x[i]))
            number = epl__promote(number, t.dtype == EPL_F64 ? EPL_F32 : t.dtype);
        else if (t.shape.rank > 0)
            many = epl__promote(many, t.dtype);
        else
            one = epl__promote(one, t.dtype);
    }
    return joined(many, joined(one, number));
}

/* -- shapes ------------------------------------------------------------------------------- */
bool epl__broadcast_shape(const epl_val *x, size_t n, epl_shape *out)
{
    *out = (epl_shape){0};
    for (size_t i = 0; i < n; i++)
        out->rank = epl_rank(x[i]) > out->rank ? epl_rank(x[i]) : out->rank;
    for (int d = 0; d < out->rank; d++)
        out->dim[d] = 1;
    for (size_t i = 0; i < n; i++) {
        epl_shape s = epl_typeof(x[i]).shape;
        int64_t *to = out->dim + (out->rank - s.rank);
        for (int d = 0; d < s.rank; d++) {
            if (to[d] != 1 && s.dim[d] != 1 && to[d] != s.dim[d])
                return false;
            to[d] = to[d] == 1 ? s.dim[d] : to[d];
        }
    }
    return true;
}

/* -- alignment ---------------------------------------------------------------------------- */
static epl_fn *deepest(const epl_val *x, size_t n)
{
    epl_fn *f = NULL;
    for (size_t i = 0; i < n; i++) {
        epl_fn *g = epl__fn_of(x[i]);
        if (g && (!f || g->depth > f->depth))
            f = g;
    }
    return f;
}

/* One function, one dtype and shape, plain numbers beside floats: the usual case in rules. */
static bool aligned(epl_val *x, size_t n, unsigned how)
{
    const epl_type *t = NULL;
    epl_fn *f = NULL;
    for (size_t i = 0; i < n; i++) {
        epl_fn *g = epl__fn_of(x[i]);
        if (!x[i].graph || (f && g && g != f))
            return false;
        const epl_type *u = g ? epl__node_at(g, epl__id_of(x[i]))->type : t;
        if (u != t && t)
            return false;
        t = u;
        f = g ? g : f;
    }
    if (!f || epl_scope_status(f->scope) != EPL_OK || t->dtype == EPL_NONE)
        return false;
    bool compute = t->dtype == EPL_F32 || t->dtype == EPL_F64;
    bool whole = !(how & EPL__FLOAT) && !epl_dtype_is_float(t->dtype);
    for (size_t i = 0; i < n; i++)
        if (epl__is_num(x[i]) && (!compute || (how & EPL__NO_SHAPE)))
            return false;
    for (size_t i = 0; i < n && compute; i++) {
        double number;
        int64_t integer;
        if (!epl__is_num(x[i]))
            continue;
        epl__num_read(x[i], &number, &integer);
        x[i] = epl__splat(f, t->dtype, t->shape, number, integer);
    }
    return (compute || whole) && epl_scope_status(f->scope) == EPL_OK;
}

static bool usable(const char *op, epl_fn *f, const epl_val *x, size_t n)
{
    epl_val any = {f, 0};
    for (size_t i = 0; i < n; i++) {
        bool mixed = x[i].graph && !epl__is_num(x[i]) && epl_typeof(x[i]).dtype == EPL_NONE;
        if (!x[i].graph)
            epl__bad(any, EPL_ERR_ARG, "[%s] operand %zu of %zu is missing", op, i + 1, n);
        else if (mixed)
            epl__bad(any, EPL_ERR_DTYPE,
                     "[%s] operand %zu is a tree of several element types; take its leaves", op,
                     i + 1);
        if (!x[i].graph || mixed)
            return false;
    }
    return true;
}

bool epl__align(const char *op, epl_val *x, size_t n, unsigned how)
{
    if (!n)
        return false;
    if (aligned(x, n, how))
        return true;
    epl_fn *f = deepest(x, n);
    if (!f || epl_scope_status(f->scope) != EPL_OK || !usable(op, f, x, n))
        return false;
    epl_dtype dtype = epl__result_dtype(x, n);
    epl_shape shape = {0};
    epl_val any = {f, 0};
    if ((how & EPL__FLOAT) && !epl_dtype_is_float(dtype))
        dtype = EPL_F32;
    if ((how & EPL__COMPUTE) && (dtype == EPL_F16 || dtype == EPL_BF16)) {
        epl__bad(any, EPL_ERR_DTYPE, "[%s] %s: nothing is computed in %s, cast to f32 first", op,
                 SHOW_ALL(x, n), epl_dtype_name(dtype));
        return false;
    }
    if (!(how & EPL__NO_SHAPE) && !epl__broadcast_shape(x, n, &shape)) {
        epl__bad(any, EPL_ERR_SHAPE,
                 "[%s] %s do not broadcast: axes, counted from the last, must "
                 "be equal or 1",
                 op, SHOW_ALL(x, n));
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        double number;
        int64_t integer;
        if (epl__is_num(x[i])) {
            epl__num_read(x[i], &number, &integer);
            x[i] = epl__splat(f, dtype, shape, number, integer);
            continue;
        }
        if (!(how & EPL__NO_CAST))
            x[i] = epl__cast(x[i], dtype);
        if (!(how & EPL__NO_SHAPE))
            x[i] = epl__expand(x[i], shape);
    }
    return epl_scope_status(f->scope) == EPL_OK;
}

bool epl__float_in(const char *op, epl_val *x)
{
    epl_fn *f = epl__fn_of(*x);
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return false;
    return epl__align(op, x, 1, EPL__FLOAT | EPL__COMPUTE);
}

/* -- arguments ---------------------------------------------------------------------------- */
int epl__axis(const char *op, epl_val x, int64_t dim)
{
    int rank = epl_rank(x), room = rank ? rank : 1;
    if (dim >= -room && dim < room)
        return (int)(dim < 0 ? dim + room : dim);
    epl__bad(x, EPL_ERR_ARG, "[%s] dim %lld is out of range for %s: %d to %d are possible", op,
             (long long)dim, epl__show(x), -room, room - 1);
    return -1;
}

/* -- composites --------------------------------------------------------------------------- */
uint32_t epl__composite(epl_val any, const char *name)
{
    epl_fn *f = epl__fn_of(any);
    char text[256];
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return 0;
    const char *path = f->where[f->where_now];
    if (strchr(path, ':')) /* inside another composite: the outermost one is told */
        return f->where_now;
    return epl__where(f, epl__text(text, sizeof text, "%s:%s", path, name));
}

void epl__composite_end(epl_val any, uint32_t before)
{
    epl_fn *f = epl__fn_of(any);
    if (f && before < f->where_count)
        f->where_now = before;
}

/* -- operations --------------------------------------------------------------------------- */
const epl_attr epl__unary_table[] = {EPL_ARG(epl__unary_args, input), EPL_ATTR_END};
const epl_attr epl__binary_table[] = {EPL_ARG(epl__binary_args, input),
                                      EPL_ARG(epl__binary_args, other), EPL_ATTR_END};

size_t epl__one_result(epl_val v, epl_val *out, size_t room)
{
    if (!v.graph)
        return 0;
    if (room)
        out[0] = v;
    return 1;
}

static const epl_prim *const prims[] = {
#define PRIM(name) &epl__prim_##name,
#define OP(name)
#include "lists.h"
#undef PRIM
#undef OP
    NULL};

static const epl_operation *const operations[] = {
#define PRIM(name)
#define OP(name) &epl__operation_##name,
#include "lists.h"
#undef PRIM
#undef OP
    NULL};

const epl_prim *epl_prim_at(size_t i)
{
    return i < sizeof prims / sizeof *prims ? prims[i] : NULL;
}

const epl_operation *epl_operation_at(size_t i)
{
    return i < sizeof operations / sizeof *operations ? operations[i] : NULL;
}

const epl_operation *epl_operation_named(const char *name)
{
    for (size_t i = 0; name && operations[i]; i++)
        if (!strcmp(operations[i]->name, name))
            return operations[i];
    return NULL;
}
