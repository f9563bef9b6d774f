/* value.c -- what a value is and tells of itself: its function, its type; plain numbers.
 *
 * Invariant: a plain number is of no function. Its tag is an address that no function has.
 */
#include <string.h>
#include "../base/attr.h"
#include "graph.h"

static const char num_float, num_int, num_flag; /* their addresses are tags */

epl_val epl_num(double c)
{
    epl_val v = {&num_float, 0};
    memcpy(&v.id, &c, sizeof c);
    return v;
}

epl_val epl_int(int64_t c)
{
    return (epl_val){&num_int, (uint64_t)c};
}

epl_val epl_flag(bool c)
{
    return (epl_val){&num_flag, c};
}

bool epl__is_num(epl_val v)
{
    return v.graph == &num_float || v.graph == &num_int || v.graph == &num_flag;
}

epl_dtype epl__num_read(epl_val v, double *number, int64_t *integer)
{
    if (v.graph == &num_float) {
        memcpy(number, &v.id, sizeof *number);
        bool fits = *number >= -9.2e18 && *number <= 9.2e18;
        *integer = fits ? (int64_t)*number : 0;
        return EPL_F64;
    }
    *integer = (int64_t)v.id;
    *number = (double)*integer;
    return v.graph == &num_int ? EPL_I64 : EPL_BOOL;
}

epl_fn *epl__fn_of(epl_val v)
{
    return epl__is_num(v) ? NULL : (epl_fn *)v.graph;
}

bool epl__all_named(epl_fn *f, const char *given)
{
    const char *item = epl__unnamed(given);
    if (!item)
        return true;
    /* A macro comes expanded, "((epl_ints){(sizeof...": its type tells more than its text. */
    int macro = strncmp(item, "((epl_", 6) ? 0 : (int)strcspn(item + 2, ")");
    epl__fail(f, EPL_ERR_ARG,
              "[call] what is optional is given by name, as .name = value; \"%.*s%s\" stands alone",
              macro ? macro : 24, macro ? item + 2 : item, macro ? "{...}" : "");
    return false;
}

epl_val epl_by_name(epl_val v, const char *given)
{
    return epl__all_named(epl__fn_of(v), given) ? v : EPL_NO_VAL;
}

bool epl_is_none(epl_val v)
{
    return !v.graph;
}

epl_scope *epl_val_scope(epl_val v)
{
    epl_fn *f = epl__fn_of(v);
    return f ? f->scope : NULL;
}

epl_type epl_typeof(epl_val v)
{
    epl_fn *f = epl__fn_of(v);
    if (f)
        return *epl__node_at(f, epl__id_of(v))->type;
    epl_type t = {0};
    double number;
    int64_t integer;
    if (epl__is_num(v))
        t.dtype = epl__num_read(v, &number, &integer);
    return t;
}

int epl_rank(epl_val v)
{
    return epl_typeof(v).shape.rank;
}

int64_t epl_dim(epl_val v, int axis)
{
    epl_shape s = epl_typeof(v).shape;
    axis += axis < 0 ? s.rank : 0;
    return axis >= 0 && axis < s.rank ? s.dim[axis] : 0;
}
