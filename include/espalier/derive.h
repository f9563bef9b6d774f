/* derive.h -- more derivatives: linear maps, Jacobians, blocks and products of Hessians,
 * estimates, and values whose derivative is another's.
 *
 * All are values of the function they are asked in, like those of fn.h: they can be derived,
 * mapped and output again. docs/derivatives.md tells which one is for which job.
 */
#ifndef ESPALIER_DERIVE_H
#define ESPALIER_DERIVE_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- the linear map v -> dy/dx v, to be applied many times -------------------------------- */
typedef struct {
    epl_val in, out; /* out is linear in `in`, which stands for v; both none after an error */
} epl_linear;
/* The derivative of y at x. Each use walks what is linear alone; numbers that depend on x
 * are computed once for all of them. */
EPL_API epl_linear epl_linearize(epl_val y, epl_val x);
/* dy/dx v. With one more axis in front of v: for each entry, at once. v may be a value of an inner
 * function, a loop's vector, say: then so is the result. */
EPL_API epl_val epl_linear_apply(epl_linear l, epl_val v);
/* u' dy/dx: the transpose. With one more axis in front of u: for each entry, at once. */
EPL_API epl_val epl_linear_transpose(epl_linear l, epl_val u);

/* -- Jacobians ------------------------------------------------------------------------------ */
typedef struct {
    epl_val y, x;
    const char *mode; /* "auto": forward where x has no more elements than y; "forward",
                         "reverse" */
    int64_t chunk;    /* directions at once; default all. Memory stays at one chunk's */
} epl_jacobian_args;
/* dy/dx as [y.shape..., x.shape...]. */
EPL_API epl_val epl_jacobian_of(const epl_jacobian_args *a, const char *given);
#define epl_jacobian(...) epl_jacobian_of(EPL_ARGS2(epl_jacobian_args, y, __VA_ARGS__))

/* -- Hessians of y, one number ---------------------------------------------------------------- */
typedef struct {
    epl_val y, x1, x2;
    int64_t rows[2], columns[2]; /* {first, how many} of the elements of x1, of x2; default all */
    int64_t chunk;               /* directions at once; default all */
} epl_hessian_block_args;
/* d2y / dx1 dx2 as [x1.shape..., x2.shape...]; a range is one axis in place of the shape. The
 * whole in chunks: epl_hessian_block(y, x, x, .chunk = 8). */
EPL_API epl_val epl_hessian_block_of(const epl_hessian_block_args *a, const char *given);
#define epl_hessian_block(...) \
    epl_hessian_block_of(EPL_ARGS3(epl_hessian_block_args, y, __VA_ARGS__))

/* The product with v by each of the three ways; epl_hvp is the first one. */
typedef enum {
    EPL_FORWARD_OVER_REVERSE, /* the jvp of the gradient */
    EPL_REVERSE_OVER_FORWARD, /* the gradient of the jvp */
    EPL_REVERSE_OVER_REVERSE  /* the gradient of <gradient, v> */
} epl_hvp_mode;
EPL_API epl_val epl_hvp_by(epl_hvp_mode mode, epl_val y, epl_val x, epl_val v);
/* u' d2y/dx2: the vjp of the gradient. */
EPL_API epl_val epl_vhp(epl_val y, epl_val x, epl_val u);

/* -- curvature that is never negative -----------------------------------------------------------
 */
/* J' H J v: J = d out / dx, H = d2 loss / d out2. loss must be built from that very out. */
EPL_API epl_val epl_gauss_newton(epl_val loss, epl_val out, epl_val x, epl_val v);
/* J' (diag p - p p') J v, p = softmax of the last axis; the sum over all other axes. What
 * E[g g'] v is for labels drawn from p. */
EPL_API epl_val epl_fisher(epl_val logits, epl_val x, epl_val v);
/* 1/n sum of g_i <g_i, v>, g_i = d losses[i] / dx for n losses: two sweeps, no g_i is kept. */
EPL_API epl_val epl_empirical_fisher(epl_val losses, epl_val x, epl_val v);

/* -- estimates by Hutchinson, from `samples` vectors of signs drawn by the key -------------------
 * * Means are exact: E[z' A z] = tr A, E[z * A z] = diag A. A diagonal A gives no error. */
EPL_API epl_val epl_linear_trace(epl_linear a, epl_val key, int64_t samples);
EPL_API epl_val epl_linear_diagonal(epl_linear a, epl_val key, int64_t samples);
EPL_API epl_val epl_hessian_trace(epl_val y, epl_val x, epl_val key, int64_t samples);
EPL_API epl_val epl_hessian_diagonal(epl_val y, epl_val x, epl_val key, int64_t samples);

/* -- values with another's derivative
 * ---------------------------------------------------------------- * The value is to the bit that
 * of the first operand, in every plan and map. What is derived is derived again: second derivatives
 * are those of the derivative that is stated. */
/* forward, with the derivative of backward (of one shape): rounding, hard choices. */
EPL_API epl_val epl_straight_through(epl_val forward, epl_val backward);
/* x, with c times its derivative; c is a number or a value without axes, itself a constant. */
EPL_API epl_val epl_scale_gradient(epl_val x, epl_val c);
EPL_API epl_val epl_reverse_gradient(epl_val x); /* x, with minus its derivative */

#ifdef __cplusplus
}
#endif
#endif
