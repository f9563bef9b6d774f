/* residual.c -- Residual: y = body(x) + shortcut(x), or + x without a shortcut. */
#include <espalier/espalier.h>

static epl_val apply(epl_ctx *c, const void *args, epl_val x)
{
    const epl_nn_residual_args *a = args;
    epl_val body = epl_child_apply(c, "body", x);
    epl_val beside = a->shortcut ? epl_child_apply(c, "shortcut", x) : x;
    char one[EPL_TYPE_TEXT], two[EPL_TYPE_TEXT];
    if (epl_is_none(body) || epl_is_none(beside))
        return EPL_NO_VAL;
    epl_type left = epl_typeof(body), right = epl_typeof(beside);
    if (!epl_type_equal(left, right))
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "the body gives %s, the shortcut %s",
                            epl_type_text(left, one), epl_type_text(right, two));
    return epl_add(body, beside);
}

static const epl_attr attrs[] = {
    EPL_ATTR_CHILD(epl_nn_residual_args, body),
    {"shortcut", EPL_CHILD, offsetof(epl_nn_residual_args, shortcut), 0, 0, 0, 1, 0, NULL},
    EPL_ATTR_END};
const epl_kind epl_kind_residual = {.name = "Residual",
                                    .version = 1,
                                    .args_size = sizeof(epl_nn_residual_args),
                                    .attrs = attrs,
                                    .apply = apply,
                                    .doc = "y = body(x) + shortcut(x)"};
