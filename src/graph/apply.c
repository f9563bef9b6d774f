/* apply.c -- epl_op: a primitive applied to values.
 *
 * Invariant: what reaches epl__build from here has as many operands as the primitive takes, of
 * element types that it computes, and attributes within the ranges of its table; rules and
 * kernels need not look at these again.
 */
#include <string.h>
#include "../base/attr.h"
#include "../base/scope.h"
#include "graph.h"

/* The first attribute that its row does not allow, told. */
static bool attrs_fit(epl_fn *f, const epl_prim *p, const void *attrs)
{
    char text[300];
    for (const epl_attr *a = p->attrs; a && a->name; a++)
        if (epl__attr_wrong(a, attrs, text, sizeof text)) {
            epl__fail(f, EPL_ERR_ARG, "[%s] %s", p->name, text);
            return false;
        }
    return true;
}

/* What can be told before the operands are looked at. */
static bool call_fits(epl_fn *f, const epl_prim *p, size_t count, const void *attrs)
{
    if (p == &epl__prim_tuple)
        epl__fail(f, EPL_ERR_ARG, "[%s] trees are made by epl_input_tree alone", p->name);
    else if (p->inputs >= 0 && (size_t)p->inputs != count)
        epl__fail(f, EPL_ERR_ARG, "[%s] %d operands expected, got %zu", p->name, p->inputs, count);
    else if (p->attrs_size && !attrs)
        epl__fail(f, EPL_ERR_ARG, "[%s] its attributes are missing", p->name);
    else
        return attrs_fit(f, p, attrs);
    return false;
}

static bool dtype_fits(const epl_prim *p, const char *takes, epl_dtype d)
{
    if (d == EPL_NONE)
        return p == &epl__prim_copy || p == &epl__prim_stop;
    return !takes || strchr(takes, d == EPL_F32 || d == EPL_F64 ? 'F'
                                   : d == EPL_BOOL              ? 'B'
                                   : epl_dtype_is_float(d)      ? '-'
                                                                : 'I');
}

static bool dtypes_fit(epl_fn *f, const epl_prim *p, const epl__id *id, size_t count)
{
    char text[EPL_TYPE_TEXT];
    const char *takes = epl__prim_takes(p);
    for (size_t i = p == &epl__prim_select; i < count; i++) {
        const epl_type *t = id[i] == EPL__ID_NONE ? NULL : epl__node_at(f, id[i])->type;
        if (!t || dtype_fits(p, takes, t->dtype))
            continue;
        epl__fail(f, EPL_ERR_DTYPE, "[%s] operand %zu is %s: %s", p->name, i,
                  epl_type_text(*t, text),
                  t->dtype == EPL_NONE ? "take the leaves of the tree"
                                       : "it is not defined for these, cast first");
        return false;
    }
    return true;
}

/* Plain numbers among the operands take the dtype of the first one that has one, and its shape
 * where all have the same. */
static void numbers_in(epl_fn *f, const epl_prim *p, epl_vals in, epl__id *id)
{
    const epl_type *like = NULL;
    for (size_t i = 0; i < in.count && !like; i++)
        like = id[i] == EPL__ID_NONE ? NULL : epl__node_at(f, id[i])->type;
    for (size_t i = 0; i < in.count; i++) {
        double number;
        int64_t integer;
        if (id[i] != EPL__ID_NONE)
            continue;
        epl__num_read(in.at[i], &number, &integer);
        epl_shape shape = p->elementwise ? like->shape : epl_shape_of(0, NULL);
        id[i] = epl__id_of(epl__splat(f, like->dtype, shape, number, integer));
    }
}

epl_val epl_op(const epl_prim *p, epl_vals in, const void *attrs)
{
    epl__id few[16], *id = few;
    epl_fn *any = NULL;
    in = epl__listed(in);
    for (size_t i = 0; i < in.count && !any; i++)
        any = epl__fn_of(in.at[i]);
    if (!any || !p || epl_scope_status(any->scope) != EPL_OK)
        return EPL_NO_VAL;
    if (!call_fits(any, p, in.count, attrs))
        return EPL_NO_VAL;
    if (in.count > 16 && !(id = epl__arena_take(&any->arena, in.count * sizeof *id))) {
        epl__fail(any, EPL_ERR_MEMORY, "[%s] no memory for its operands", p->name);
        return EPL_NO_VAL;
    }
    epl_fn *f = epl__meet(in, id, p->name);
    if (!f || !dtypes_fit(f, p, id, in.count))
        return EPL_NO_VAL;
    numbers_in(f, p, in, id);
    return epl__build(f, p, id, in.count, attrs, NULL);
}
