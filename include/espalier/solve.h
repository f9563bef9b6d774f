/* solve.h -- solutions of equations, and their derivatives by the implicit function theorem.
 *
 * A solution is found by a loop that stops when it is good enough, and nothing of the loop is
 * kept: its derivative, forward or reverse, is one linear system at the solution. So memory
 * does not depend on the number of steps, and derivatives do not depend on the method. All can
 * be derived again, mapped (each entry stops by itself) and stand in loops.
 *
 *   epl_fn *q = epl_fixed_point(f);                      z = tanh(z W + x)
 *   epl_val z = epl_unknown(q, epl_zeros_like(x));
 *   epl_val s = epl_solution(q, epl_tanh(epl_add(epl_matmul(z, w), x)));
 *   epl_val g = epl_gradient(epl_sum(epl_square(s)), w);
 *
 * What does not converge is an error of the run that says where and by how much:
 * "[fixed_point] residual 0.0312 after 50 steps, 1e-06 was asked for (net.deq)". With .report it
 * is none: look at .residual. That of a derivative's system always is one. In a branch that a
 * map computes beside the chosen one it is one, too.
 */
#ifndef ESPALIER_SOLVE_H
#define ESPALIER_SOLVE_H
#include <espalier/derive.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- linear systems ------------------------------------------------------------------------- */
typedef enum {
    EPL_GMRES = 1, /* any A; restarted */
    EPL_BICGSTAB,  /* any A, with the memory of a few vectors */
    EPL_CG,        /* A symmetric and positive definite; of another one the residual tells */
    EPL_NEUMANN,   /* x <- x + (b - A x), for A near the identity: |I - A| < 1 */
    EPL_LU,        /* A as a matrix of n x n numbers, n products with A at once; then exact */
    EPL_CHOLESKY   /* the same for symmetric positive definite A */
} epl_linear_method;
/* How a system is solved; what is 0 is chosen. */
typedef struct {
    epl_linear_method method; /* EPL_LU up to 64 unknowns, else EPL_GMRES */
    double tol;               /* |b - A x| <= tol |b|; 1e-5 in f32, 1e-10 in f64 */
    int64_t most;             /* steps at most; 1000 */
    int64_t restart;          /* EPL_GMRES: vectors that are kept; 30 */
} epl_linear_solver;

typedef struct {
    epl_linear a;            /* {in, out}: from epl_linearize, or a value and what it becomes */
    epl_val b;               /* f32 or f64; of the type of a.in and a.out */
    epl_linear_solver by;    /* .by = {EPL_CG, .tol = 1e-8}, .by.method = EPL_CG */
    epl_linear precondition; /* near the inverse of A; for EPL_CG symmetric and positive */
    epl_val *residual;       /* result: |b - A x| / |b|, a constant */
    epl_val *iterations;     /* result: steps, I64 */
    bool report;             /* not to converge is no error */
} epl_solve_linear_args;
/* x with A x = b. Its derivative is A^-1 (db - dA x), by the same method; A' for reverse. */
EPL_API epl_val epl_op_solve_linear(const epl_solve_linear_args *a, const char *given);
#define epl_solve_linear(...) \
    epl_op_solve_linear(&(epl_solve_linear_args){.a = __VA_ARGS__}, EPL_GIVEN2(__VA_ARGS__))

/* -- problems: inner functions of one unknown ------------------------------------------------ */
typedef enum {
    EPL_NEWTON = 1, /* root: steps of a linear system, halved until |F| falls. minimize: with
                       conjugate gradients, cut off where the curvature is not positive */
    EPL_ANDERSON,   /* fixed point: the last `history` steps are combined */
    EPL_PLAIN,      /* fixed point: z <- z + damping (g(z) - z) */
    EPL_LBFGS,      /* minimize: the last `history` steps make the metric */
    EPL_BROYDEN     /* root, fixed point: the slope is learned from the steps, `history` of them,
                       then anew; one value of F a step, no linear system */
} epl_solve_method;
typedef struct {
    epl_fn *parent;
    epl_solve_method method;      /* EPL_NEWTON; EPL_ANDERSON; EPL_LBFGS */
    double tol;                   /* of the residual; 1e-5 in f32, 1e-10 in f64 */
    int64_t most;                 /* steps at most; 100 */
    int64_t history;              /* 5; EPL_LBFGS 10, EPL_BROYDEN 20 */
    double damping;               /* of fixed points; 1 */
    epl_linear_solver step;       /* of the steps of EPL_NEWTON; tol 1e-3 */
    epl_linear_solver derivative; /* of derivatives; minimize: EPL_CG */
} epl_problem_args;
/* z with F(z) = 0. */
EPL_API epl_fn *epl_root_new(const epl_problem_args *a, const char *given);
#define epl_root(...) \
    epl_root_new(&(epl_problem_args){.parent = __VA_ARGS__}, EPL_GIVEN1(__VA_ARGS__))
/* z with z = g(z). */
EPL_API epl_fn *epl_fixed_point_new(const epl_problem_args *a, const char *given);
#define epl_fixed_point(...) \
    epl_fixed_point_new(&(epl_problem_args){.parent = __VA_ARGS__}, EPL_GIVEN1(__VA_ARGS__))
/* z where v(z), one number, is least: a place where its gradient is 0. */
EPL_API epl_fn *epl_minimize_new(const epl_problem_args *a, const char *given);
#define epl_minimize(...) \
    epl_minimize_new(&(epl_problem_args){.parent = __VA_ARGS__}, EPL_GIVEN1(__VA_ARGS__))
/* In: the unknown, once; f32 or f64 of any shape, a vector [P] of a tree keeps its spec. The
 * search begins at `first`, and the solution has no derivative with respect to it. */
EPL_API epl_val epl_unknown(epl_fn *problem, epl_val first);

typedef struct {
    epl_fn *problem;
    epl_val value;       /* F(z), g(z) or v(z) */
    epl_val *residual;   /* result, a constant: the root of the mean square of F(z), of g(z) - z,
                            of the gradient */
    epl_val *iterations; /* result: steps, I64 */
    bool report;         /* not to converge is no error */
} epl_solution_args;
/* Out: the solution. Closes the problem. */
EPL_API epl_val epl_op_solution(const epl_solution_args *a, const char *given);
#define epl_solution(...) \
    epl_op_solution(&(epl_solution_args){.problem = __VA_ARGS__}, EPL_GIVEN2(__VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
