/* product.c -- products of second derivatives with a vector, composed of jvp and vjp.
 *
 * A vector is a constant of the product, also where it depends on x: what is to be derived
 * along is then a linear map, applied to the vector at last.
 */
#include <espalier/derive.h>
#include <espalier/op.h>

epl_val epl_hvp_by(epl_hvp_mode mode, epl_val y, epl_val x, epl_val v)
{
    if (mode == EPL_REVERSE_OVER_REVERSE)
        return epl_vhp(y, x, v);
    if (mode != EPL_REVERSE_OVER_FORWARD)
        return epl_hvp(y, x, v);
    epl_linear l = epl_linearize(y, x);
    return epl_jvp(epl_gradient(l.out, x), l.in, v);
}

epl_val epl_vhp(epl_val y, epl_val x, epl_val u)
{
    return epl_vjp(epl_gradient(y, x), x, u);
}

epl_val epl_gauss_newton(epl_val loss, epl_val out, epl_val x, epl_val v)
{
    epl_linear j = epl_linearize(out, x);
    return epl_linear_transpose(j, epl_hvp(loss, out, epl_linear_apply(j, v)));
}

epl_val epl_fisher(epl_val logits, epl_val x, epl_val v)
{
    epl_linear j = epl_linearize(logits, x);
    epl_val d = epl_linear_apply(j, v);
    if (epl_is_none(d))
        return d;
    if (!epl_rank(logits)) {
        epl_scope_fail(epl_val_scope(d), EPL_ERR_SHAPE,
                       "[fisher] the logits must have an axis of classes, got one number");
        return EPL_NO_VAL;
    }
    epl_val p = epl_softmax(logits, -1);
    epl_val mean = epl_sum(epl_mul(p, d), .dim = epl_axes(-1), .keepdim = true);
    return epl_linear_transpose(j, epl_mul(p, epl_sub(d, mean)));
}

epl_val epl_empirical_fisher(epl_val losses, epl_val x, epl_val v)
{
    epl_linear j = epl_linearize(losses, x);
    double n = (double)epl_count(epl_typeof(losses));
    epl_val d = epl_linear_apply(j, v);
    return epl_linear_transpose(j, epl_scale(d, n > 0 ? 1 / n : 0));
}
