/* custom.h -- derivatives of your own for a piece of a function.
 *
 * Build the piece in an inner function and its rule in a second one; both may use values of
 * outer functions. What the rule gives is taken for the derivative, without a check
 * (epl_gradcheck makes one). It can be derived again and mapped: the rule is made of
 * operations.
 *
 *   epl_fn *c = epl_custom(f);                     y = log(1 + e^x), with a safe slope
 *   epl_val x = epl_pass(c, a), y = epl_log1p(epl_exp(x));
 *   epl_fn *r = epl_custom_jvp(c);                 dy = dx / (1 + e^-x)
 *   epl_give(r, y, epl_mul(epl_tangent(r, x), epl_sigmoid(epl_primal(r, x))));
 *   epl_val out = epl_last(c, y);
 */
#ifndef ESPALIER_CUSTOM_H
#define ESPALIER_CUSTOM_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

/* What is computed; values come in by epl_pass, results out by epl_last (flow.h), last of all.
 * It needs one rule. A value of an outer function that is used as it is and varies is an error
 * of the derivative, for its rule would be missing: pass it in, or stop its gradient. */
EPL_API epl_fn *epl_custom(epl_fn *parent);
/* The rule of tangents: those of the results, linear in those of what was passed in. Reverse
 * derivatives are derived from it. */
EPL_API epl_fn *epl_custom_jvp(epl_fn *custom);
/* The rule of cotangents: those of what was passed in, from those of the results. If it is
 * linear in them, forward derivatives are derived from it; if not (a gradient that is clipped),
 * they fail when the plan runs, and reverse ones work. */
EPL_API epl_fn *epl_custom_vjp(epl_fn *custom);

/* In a rule, of values v of `custom`: v itself, any one; the tangent of what was passed in
 * (jvp); the cotangent of a result (vjp). Where there is none they are zeros. */
EPL_API epl_val epl_primal(epl_fn *rule, epl_val v);
EPL_API epl_val epl_tangent(epl_fn *rule, epl_val v);
EPL_API epl_val epl_cotangent(epl_fn *rule, epl_val v);
/* What the rule gives, of v's type: the tangent of result v (jvp), the cotangent of what was
 * passed in as v (vjp). Once for each; of floating values alone. */
EPL_API void epl_give(epl_fn *rule, epl_val v, epl_val derivative);

#ifdef __cplusplus
}
#endif
#endif
