/* identity.c -- Identity: y = x. */
#include <espalier/espalier.h>

static epl_val apply(epl_ctx *c, const void *args, epl_val x)
{
    (void)c, (void)args;
    return epl_copy(x);
}

const epl_kind epl_kind_identity = {.name = "Identity",
                                    .version = 1,
                                    .args_size = sizeof(epl_nn_plain_args),
                                    .apply = apply,
                                    .doc = "y = x"};
