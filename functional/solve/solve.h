/* solve.h -- what the solvers share.
 *
 * A solver is a loop of public operations, built into the body of a region (src/graph/implicit.h).
 * Invariant: each step counts, so that every loop ends after `most` steps whatever the numbers
 * are; and what is said to be solved is so by a residual that was computed at the end.
 */
#ifndef EPL_SOLVE_INTERNAL_H
#define EPL_SOLVE_INTERNAL_H
#include <espalier/espalier.h>
#include "../../src/graph/implicit.h"
#include "../../src/graph/structure.h"

/* -- numbers ------------------------------------------------------------------------------- */
epl_val epl__inner(epl_val a, epl_val b);                    /* sum a b */
epl_val epl__ratio(epl_val a, epl_val b);                    /* a / b; 0 where b is 0 */
epl_val epl__root_mean_square(epl_val v);                    /* one number */
epl_val epl__and(epl_val a, epl_val b);                      /* of booleans */
epl_val epl__combine(epl_val a, epl_val c, epl_val b);       /* a + c b, c one number */
epl_val epl__marked(epl_val of, int64_t n, epl_val at);      /* [n]: 1 at place `at`, else 0 */
epl_val epl__row_set(epl_val rows, epl_val mark, epl_val v); /* the marked row becomes v */
/* u as [n], v of [n] in the shape of `like`. */
epl_val epl__as_vector(epl_val v);
epl_val epl__as_shaped(epl_val v, epl_val like);

/* -- not converged is an error ------------------------------------------------------------- */
/* x; a run fails where residual is above tol, or no number, and tells the steps. */
extern const epl_prim epl__prim_solve_linear, epl__prim_root, epl__prim_fixed_point,
    epl__prim_minimize;
epl_val epl__converged(const epl_prim *p, epl_val x, epl_val residual, epl_val steps, double tol);

/* -- linear systems ------------------------------------------------------------------------ */
/* What is open is chosen for n unknowns of this dtype. */
epl_linear_solver epl__linear_defaults(epl_linear_solver by, epl_dtype d, int64_t n);
/* NULL, or what is wrong with it. */
const char *epl__linear_wrong(const epl_linear_solver *by);
/* `how` in f's memory, nothing left open. */
epl__linear_how *epl__linear_how_new(epl_fn *f, epl_linear_solver by, epl_dtype d, int64_t n);
bool epl__linear_build(const epl__linear_how *how, const epl__operator *a, const epl__operator *p,
                       epl_val b, epl_val *out);

/* One method: a correction d with A d near r, r a value of loop w, in steps that count on from k.
 */
typedef struct {
    const epl__operator *a, *p;
    epl_linear_solver by;
    epl_val enough; /* |r|^2 at which a correction need not go on */
    epl_val matrix; /* A, where it was made */
} epl__linear_now;
typedef struct {
    epl_val d, k;
} epl__correction;
epl__correction epl__cg(const epl__linear_now *s, epl_fn *w, epl_val r, epl_val k);
epl__correction epl__bicgstab(const epl__linear_now *s, epl_fn *w, epl_val r, epl_val k);
epl__correction epl__neumann(const epl__linear_now *s, epl_fn *w, epl_val r, epl_val k);
epl__correction epl__gmres(const epl__linear_now *s, epl_fn *w, epl_val r, epl_val k);
epl__correction epl__dense(const epl__linear_now *s, epl_val r, epl_val k);
epl_val epl__matrix_of(const epl__operator *a, epl_val like, epl_val wanted); /* [n, n] */
epl_val epl__times_a(const epl__linear_now *s, epl_val v);                    /* A P v */
epl_val epl__times_p(const epl__linear_now *s, epl_val v);                    /* P v; v without P */

/* -- problems ------------------------------------------------------------------------------ */
/* Output 0 of the model is zero at a solution; output 1 of one that is minimized its value. */
typedef struct {
    epl_problem_args by;
    epl__linear_how *step;
} epl__problem_how;
typedef struct {
    epl_val z, residual, steps;
} epl__found;
epl__found epl__newton(const epl__problem_how *how, const epl__operator *model, epl_val first);
epl__found epl__broyden(const epl__problem_how *how, const epl__operator *model, epl_val first);
epl__found epl__anderson(const epl__problem_how *how, const epl__operator *model, epl_val first);
epl__found epl__plain(const epl__problem_how *how, const epl__operator *model, epl_val first);
epl__found epl__newton_cg(const epl__problem_how *how, const epl__operator *model, epl_val first);
epl__found epl__lbfgs(const epl__problem_how *how, const epl__operator *model, epl_val first);
/* v -> d(output 0)/dz v at z, a value of the loop that is being built. */
bool epl__model_slope(const epl__operator *model, epl_val z, epl__operator *slope);

#endif
