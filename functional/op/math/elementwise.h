/* elementwise.h -- short forms for the files of element-wise primitives and operations.
 *
 * A file of a primitive reads: its number (EPL__SCALAR), its tangent (EPL__JVP), its record,
 * its public function (EPL__PUBLIC1), its operation (EPL__OPERATION1). Rules never use the
 * node's own result: they build it again, and equal nodes of rules are one.
 */
#ifndef EPL_ELEMENTWISE_H
#define EPL_ELEMENTWISE_H
#include <math.h>
#include "../op.h"

/* The number for x[0], x[1], ...; the semicolon after the macro is taken by a declaration. */
#define EPL__SCALAR(expression)                              \
    static double scalar(const double *x, const void *attrs) \
    {                                                        \
        (void)attrs;                                         \
        return expression;                                   \
    }                                                        \
    struct epl__semicolon
#define EPL__SCALAR_INT(expression)                                \
    static int64_t scalar_int(const int64_t *x, const void *attrs) \
    {                                                              \
        (void)attrs;                                               \
        return expression;                                         \
    }                                                              \
    struct epl__semicolon
/* The tangent, of x[] and dx[]. One operand: dx[0] is there whenever the rule is asked. */
#define EPL__JVP(expression)                                                                 \
    static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs) \
    {                                                                                        \
        (void)x, (void)dx, (void)count, (void)attrs;                                         \
        return expression;                                                                   \
    }                                                                                        \
    struct epl__semicolon
/* The cotangent of operand wrt. */
#define EPL__TRANSPOSE(expression)                                                \
    static epl_val transpose(const epl_val *x, size_t count, int wrt, epl_val ct, \
                             const void *attrs)                                   \
    {                                                                             \
        (void)x, (void)count, (void)wrt, (void)attrs;                             \
        return expression;                                                        \
    }                                                                             \
    struct epl__semicolon

/* p of the operands, aligned; `how` as in epl__align (f16 and bf16 are always refused). Plain
 * numbers alone give a plain number. */
epl_val epl__elementwise(const epl_prim *p, epl_val *x, size_t n, unsigned how);
static inline epl_val epl__map1(const epl_prim *p, epl_val x, unsigned how)
{
    return epl__elementwise(p, &x, 1, how);
}
static inline epl_val epl__map2(const epl_prim *p, epl_val a, epl_val b, unsigned how)
{
    epl_val x[2] = {a, b};
    return epl__elementwise(p, x, 2, how);
}
#define EPL__PUBLIC1(name, how)                      \
    epl_val epl_##name(epl_val x)                    \
    {                                                \
        return epl__map1(&epl__prim_##name, x, how); \
    }                                                \
    struct epl__semicolon
#define EPL__PUBLIC2(name, how)                         \
    epl_val epl_##name(epl_val a, epl_val b)            \
    {                                                   \
        return epl__map2(&epl__prim_##name, a, b, how); \
    }                                                   \
    struct epl__semicolon

/* An option of a, or torch's default. */
#define EPL__OPTION(a, given, field, value) (epl__given(given, #field) ? (a)->field : (value))
/* A float operand as for epl__float_in; a plain number passes. */
bool epl__activation_in(const char *op, epl_val *x);
epl_val epl__softplus(epl_val x); /* ln(1 + e^x) */

/* The result type of comparisons and tests. */
epl_type epl__bool_type(const epl_type *in, size_t count, const void *attrs);
/* a + b where either may be none: tangents of several operands. */
epl_val epl__added(epl_val a, epl_val b);
/* A tangent that may be none: zeros of x's type then. */
epl_val epl__or_zero(epl_val dx, epl_val x);
/* Is v a constant of one number, a plain number included? Then the number. */
bool epl__is_splat(epl_val v, double *value);
/* input and other times alpha of add and sub. False after an error. */
bool epl__alpha(const char *op, const epl_alpha_args *a, const char *given, epl_val *other);
extern const epl_attr epl__alpha_table[];
/* A number of the dtype's kind: 2 for integers, where c has no fraction. */
epl_val epl__number_for(epl_dtype d, double c);

#endif
