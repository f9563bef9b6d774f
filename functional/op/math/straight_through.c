/* straight_through: y = a;  dy = db. The value of one operand with the derivative of the
 * other; a plan computes a alone. Gradients that are scaled or turned are made of it.
 *
 * Invariant: the value is a's to the bit. A sum b + stop(a - b) would round.
 */
#include <espalier/derive.h>
#include <string.h>
#include "elementwise.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    return epl_type_equal(in[0], in[1]) ? in[0] : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    (void)count, (void)attrs, (void)message;
    size_t bytes = epl_bytes(out->type);
    if (bytes)
        memcpy(out->data, in[0].data, bytes);
    return true;
}

EPL__JVP(dx[1]);

/* Where a is a tangent, as in a rule, the value is what counts: a map that is linear in a. */
static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    (void)x, (void)count, (void)attrs;
    return wrt == 0 ? ct : EPL_NO_VAL;
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    int64_t n = epl_dim(mapped[0] ? x[0] : x[1], 0);
    return epl_op(
        &epl__prim_straight_through,
        epl_list(mapped[0] ? x[0] : epl__lead(x[0], n), mapped[1] ? x[1] : epl__lead(x[1], n)),
        NULL);
}

static epl_val expand(const epl_val *x, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    return x[0];
}

const epl_prim epl__prim_straight_through = {.name = "straight_through",
                                             .formula = "y = a, dy = db",
                                             .inputs = 2,
                                             .type = type,
                                             .kernel = kernel,
                                             .jvp = jvp,
                                             .linear = 1,
                                             .transpose = transpose,
                                             .batch = batch,
                                             .expand = expand};

epl_val epl_straight_through(epl_val forward, epl_val backward)
{
    epl_val x[2] = {forward, backward};
    if (epl__is_num(forward) && epl__is_num(backward))
        return forward;
    if (!epl__align("straight_through", x, 2, 0))
        return EPL_NO_VAL;
    return epl_op(&epl__prim_straight_through, epl_list(x[0], x[1]), NULL);
}

epl_val epl_scale_gradient(epl_val x, epl_val c)
{
    if (epl__is_num(x))
        return x;
    if (c.graph && epl_rank(c))
        return epl__bad(x, EPL_ERR_SHAPE, "[scale_gradient] the factor must be one number, got %s",
                        epl__show(c));
    return epl_straight_through(x, epl_cast(epl_mul(x, epl_stop_gradient(c)), epl_typeof(x).dtype));
}

epl_val epl_reverse_gradient(epl_val x)
{
    return epl__is_num(x) ? x : epl_straight_through(x, epl_neg(x));
}
