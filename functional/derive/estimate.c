/* estimate.c -- Hutchinson's estimates of a trace and a diagonal.
 *
 * The vectors are signs, so that E[z z'] = 1 and z * z = 1 exactly: what lies on the diagonal
 * is never estimated, only what lies beside it averages out.
 */
#include <espalier/derive.h>
#include <espalier/op.h>

/* z * A z by sample: [samples, x.shape...], or none with an error. */
static epl_val products(const char *what, epl_linear a, epl_val key, int64_t samples)
{
    epl_scope *s = epl_val_scope(a.out);
    epl_type t = epl_typeof(a.in), several = t, out = epl_typeof(a.out);
    if (!s || epl_scope_status(s) != EPL_OK)
        return EPL_NO_VAL;
    if (!epl_type_equal(t, out) || samples < 1 || t.shape.rank + 1 > EPL_MAX_RANK) {
        char in_text[EPL_TYPE_TEXT], out_text[EPL_TYPE_TEXT];
        epl_scope_fail(s, EPL_ERR_ARG,
                       "[%s] a map from a type to the same one and at least one sample are "
                       "expected, got %s to %s and %lld samples",
                       what, epl_type_text(t, in_text), epl_type_text(out, out_text),
                       (long long)samples);
        return EPL_NO_VAL;
    }
    several.shape.rank++;
    several.shape.dim[0] = samples;
    for (int i = 0; i < t.shape.rank; i++)
        several.shape.dim[i + 1] = t.shape.dim[i];
    epl_val heads = epl_bernoulli(key, epl_num(0.5), several.shape);
    epl_val z = epl_sub(epl_scale(epl_cast(heads, t.dtype), 2), epl_num(1));
    return epl_mul(z, epl_linear_apply(a, z));
}

epl_val epl_linear_trace(epl_linear a, epl_val key, int64_t samples)
{
    epl_val p = products("linear_trace", a, key, samples);
    return epl_is_none(p) ? p : epl_scale(epl_sum(p), 1 / (double)samples);
}

epl_val epl_linear_diagonal(epl_linear a, epl_val key, int64_t samples)
{
    epl_val p = products("linear_diagonal", a, key, samples);
    return epl_is_none(p) ? p : epl_mean(p, .dim = epl_axes(0));
}

epl_val epl_hessian_trace(epl_val y, epl_val x, epl_val key, int64_t samples)
{
    return epl_linear_trace(epl_linearize(epl_gradient(y, x), x), key, samples);
}

epl_val epl_hessian_diagonal(epl_val y, epl_val x, epl_val key, int64_t samples)
{
    return epl_linear_diagonal(epl_linearize(epl_gradient(y, x), x), key, samples);
}
