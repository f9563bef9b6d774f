/* sequential.c -- Sequential: its children one after another. */
#include <espalier/espalier.h>

static epl_val apply(epl_ctx *c, const void *args, epl_val x)
{
    size_t n = epl_module_children(epl_ctx_module(c));
    (void)args;
    if (!n)
        return epl_copy(x);
    for (size_t i = 0; i < n; i++)
        x = epl_child_apply_at(c, i, x);
    return x;
}

static const epl_attr attrs[] = {{"children", EPL_CHILDREN_LIST,
                                  offsetof(epl_nn_sequential_args, children), 0, 0, 0, 1, 0, NULL},
                                 EPL_ATTR_END};
const epl_kind epl_kind_sequential = {.name = "Sequential",
                                      .version = 1,
                                      .args_size = sizeof(epl_nn_sequential_args),
                                      .attrs = attrs,
                                      .apply = apply,
                                      .doc = "y = last(... second(first(x)))"};
