/* converged.c -- the end of a solver: what did not converge fails the run.
 *
 * A primitive of one name for each kind of problem, so that a message begins with it. They stand
 * in the bodies of regions that have a rule, which is why they have no derivative.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "solve.h"

typedef struct {
    double tol;
} converged_attrs;
static const epl_attr attrs[] = {EPL_ATTR(converged_attrs, tol, EPL_NUMBER, 0, 0, 0x1p1000),
                                 EPL_ATTR_END};

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs_,
                   char *message)
{
    double tol = ((const converged_attrs *)attrs_)->tol;
    bool single = in[1].type.dtype == EPL_F32;
    (void)count;
    for (int64_t i = 0, n = epl_count(in[1].type); i < n; i++) {
        double r = single ? (double)((const float *)in[1].data)[i]
                          : ((const double *)in[1].data)[i];
        if (r <= (single ? (double)(float)tol : tol))
            continue;
        int at = snprintf(message, EPL_PRIM_MESSAGE,
                          "residual %.3g after %" PRId64 " steps, %.3g was asked for", r,
                          ((const int64_t *)in[2].data)[i], tol);
        if (in[1].type.shape.rank)
            snprintf(message + at, (size_t)(EPL_PRIM_MESSAGE - at), ": entry %" PRId64, i);
        return false;
    }
    if (epl_bytes(out->type))
        memcpy(out->data, in[0].data, epl_bytes(out->type));
    return true;
}

static epl_val batched(const epl_prim *p, const epl_val *x, const bool *mapped, const void *a)
{
    epl_val in[3];
    int64_t n = 0;
    for (int i = 0; i < 3; i++)
        n = mapped[i] ? epl_dim(x[i], 0) : n;
    for (int i = 0; i < 3; i++)
        in[i] = mapped[i] ? x[i] : epl__lead(x[i], n);
    return epl_op(p, (epl_vals){3, in}, a);
}

#define CONVERGED(name_)                                                                        \
    static epl_val name_##_batch(const epl_val *x, const bool *mapped, size_t n, const void *a) \
    {                                                                                           \
        (void)n;                                                                                \
        return batched(&epl__prim_##name_, x, mapped, a);                                       \
    }                                                                                           \
    const epl_prim epl__prim_##name_ = {.name = #name_,                                         \
                                        .formula = "y = x, if residual <= tol after steps",     \
                                        .inputs = 3,                                            \
                                        .attrs_size = sizeof(converged_attrs),                  \
                                        .attrs = attrs,                                         \
                                        .kernel = kernel,                                       \
                                        .batch = name_##_batch}
CONVERGED(solve_linear);
CONVERGED(root);
CONVERGED(fixed_point);
CONVERGED(minimize);

epl_val epl__converged(const epl_prim *p, epl_val x, epl_val residual, epl_val steps, double tol)
{
    converged_attrs a = {tol};
    return epl_op(p, epl_list(x, residual, steps), &a);
}
