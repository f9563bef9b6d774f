/* cat.c -- values one after another, along an axis they have or a new one. */
#include "shape.h"

/* torch takes [0] as nothing at all, whatever the others' shape. */
static bool is_nothing(epl_val v)
{
    return epl_rank(v) == 1 && epl_dim(v, 0) == 0;
}

static bool fits(epl_val a, epl_val b, int axis)
{
    epl_shape s = epl_typeof(a).shape, t = epl_typeof(b).shape;
    bool same = s.rank == t.rank;
    for (int i = 0; same && i < s.rank; i++)
        same = i == axis || s.dim[i] == t.dim[i];
    return same;
}

/* A list of its own, of one dtype; NULL after an error. */
static epl_val *aligned(const char *op, epl_vals in)
{
    epl_val any = EPL_NO_VAL;
    in = epl__listed(in);
    for (size_t i = 0; i < in.count && !epl__fn_of(any); i++)
        any = in.at[i];
    epl_val *x = epl__fn_of(any) ? epl__val_list(any, in.count) : NULL;
    for (size_t i = 0; x && i < in.count; i++)
        x[i] = in.at[i];
    return x && epl__align(op, x, in.count, EPL__NO_SHAPE) ? x : NULL;
}

epl_val epl_op_cat(const epl_cat_args *a, const char *given)
{
    epl_val *x = aligned("cat", a->tensors);
    size_t kept = 0;
    (void)given;
    if (!x)
        return EPL_NO_VAL;
    for (size_t i = 0; i < a->tensors.count; i++)
        if (!is_nothing(x[i]))
            x[kept++] = x[i];
    kept += kept == 0;
    int axis = epl__axis("cat", x[0], a->dim);
    if (axis < 0)
        return EPL_NO_VAL;
    for (size_t i = 0; i < kept; i++)
        if (epl_rank(x[i]) == 0 || !fits(x[0], x[i], axis))
            return epl__bad(x[0], EPL_ERR_SHAPE,
                            "[cat] %s and %s do not fit together along axis %d", epl__show(x[0]),
                            epl__show(x[i]), axis);
    return epl__concat((epl_vals){kept, x}, axis);
}

epl_val epl_op_stack(const epl_cat_args *a, const char *given)
{
    epl_val *x = aligned("stack", a->tensors);
    (void)given;
    if (!x)
        return EPL_NO_VAL;
    int axis = epl__axis_of("stack", x[0], a->dim, 1);
    if (axis < 0)
        return EPL_NO_VAL;
    epl_val first = x[0];
    for (size_t i = 0; i < a->tensors.count; i++) {
        if (!fits(first, x[i], -1))
            return epl__bad(first, EPL_ERR_SHAPE, "[stack] %s and %s are not of one shape",
                            epl__show(first), epl__show(x[i]));
        x[i] = epl_unsqueeze(x[i], axis);
    }
    return epl__concat((epl_vals){a->tensors.count, x}, axis);
}

static const epl_attr table[] = {EPL_ARG_LIST(epl_cat_args, tensors),
                                 EPL_ATTR(epl_cat_args, dim, EPL_INT, 0, -EPL__MANY, EPL__MANY),
                                 EPL_ATTR_END};
EPL__OPERATION(cat, "one after another along axis dim", epl_cat_args, table);
EPL__OPERATION(stack, "along a new axis dim", epl_cat_args, table);
