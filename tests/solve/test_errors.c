/* test_errors.c -- what does not converge is told, and so is wrong use.
 */
#include "../../src/graph/graph.h"
#include "../short_memory.h"
#include "problem_test.h"

TestSuite(problem_errors, .init = open_scope, .fini = drop_scope);

Test(problem_errors, not_converged)
{
    epl_val x = some(epl_f64(4), 2);
    epl_fn *q = epl_fixed_point(f, .most = 7, .method = EPL_PLAIN);
    epl_val z = epl_unknown(q, epl_zeros_like(x)), r, k;
    fails(epl_solution(q, epl_add(z, epl_num(1))),
          "[fixed_point] residual 1 after 7 steps, 1e-10 was asked for");

    /* x^2 + 1 has no root */
    q = epl_root(f, .tol = 1e-6);
    z = epl_unknown(q, epl_full(f, epl_f64(), 1.3));
    fails(epl_solution(q, epl_add(epl_square(z), epl_num(1))), "[root] residual 1");

    /* and z no minimum */
    q = epl_minimize(f, .most = 20);
    z = epl_unknown(q, epl_ones(f, epl_f64(3)));
    fails(epl_solution(q, epl_sum(z)), "[minimize] residual 1 after 20 steps");

    /* the second of three entries */
    epl_fn *m = epl_map(f);
    epl_val c = epl_each(m, epl_data(f, epl_at(((double[]){1, -1, 4}), epl_f64(3))), 0);
    q = epl_root(m);
    z = epl_unknown(q, epl_full_like(c, 1.3));
    fails(epl_collect(m, epl_solution(q, epl_sub(epl_square(z), c))), "was asked for: entry 1");

    x = some(epl_f64(4), 2);
    q = epl_fixed_point(f, .most = 7, .method = EPL_PLAIN);
    z = epl_unknown(q, epl_zeros_like(x));
    z = epl_solution(q, epl_add(z, epl_num(1)), .report = true, .residual = &r, .iterations = &k);
    same(z, epl_full_like(x, 7), 0);
    same(r, epl_ones(f, epl_f64()), 0);
    same(k, epl_full(f, epl_i64(), 7), 0);
    check_scope();
    open_scope();
}

/* The system of the derivative: I - dg/dz is singular. */
Test(problem_errors, of_a_derivative)
{
    epl_val x = epl_data(f, epl_at(((double[]){0, 0}), epl_f64(2)));
    epl_fn *q = epl_fixed_point(f, .derivative = {EPL_GMRES, .most = 10});
    epl__where(f, "net.deq");
    epl_val z = epl_unknown(q, epl_zeros_like(x));
    z = epl_solution(q, epl_add(z, epl_mul(x, epl_num(2))));
    epl_val g = epl_gradient(epl_sum(z), x);
    double y[2];
    cr_expect_neq(epl_eval(g, epl_at(y, epl_f64(2))), EPL_OK);
    cr_expect(strstr(epl_scope_message(s), "[solve_linear] residual 1 after"), "%s",
              epl_scope_message(s));
    cr_expect(strstr(epl_scope_message(s), "(in \"test\": net.deq)"), "%s", epl_scope_message(s));
}

Test(problem_errors, wrong_use)
{
    epl_val x = some(epl_f64(4), 2), z;
    epl_fn *q = epl_root(f);
    cr_expect(epl_is_none(epl_solution(q, x)));
    wrong("[root] the problem has no unknown");
    x = some(epl_f64(4), 2);
    q = epl_root(f);
    z = epl_unknown(q, x);
    epl_unknown(q, x);
    wrong("[unknown] a problem has one unknown");
    x = some(epl_f64(4), 2);
    q = epl_fixed_point(f);
    z = epl_unknown(q, x);
    epl_solution(q, epl_sum(z));
    wrong("[fixed_point] the unknown is f64[4], the value f64[]");
    x = some(epl_f64(4), 2);
    q = epl_minimize(f);
    z = epl_unknown(q, x);
    epl_solution(q, z);
    wrong("[minimize] the value must be one number, got f64[4]");
    epl_unknown(epl_root(f), epl_zeros(f, epl_i64(3)));
    wrong("[unknown] f32 or f64");
    epl_root(f, .method = EPL_ANDERSON);
    wrong("[root] method must be EPL_NEWTON");
    epl_fixed_point(f, .most = 0);
    wrong("[fixed_point] most must be at least 1");
    epl_minimize(f, .tol = -1);
    wrong("[minimize] tol must be positive");
    x = some(epl_f64(4), 2);
    q = epl_root(f);
    z = epl_unknown(q, x);
    epl_solution(q, z);
    epl_solution(q, z);
    wrong("the solution was taken before");
    x = some(epl_f64(4), 2);
    q = epl_root(f);
    epl_unknown(q, x);
    epl_solution(q, x);
    wrong("does not depend on the unknown");
    x = some(epl_f64(4), 2);
    epl_solution(epl_scan(f, .length = 2), x);
    wrong("[solution] epl_root, epl_fixed_point or epl_minimize is expected");
    x = some(epl_f64(4), 2);
    q = epl_root(f);
    z = epl_unknown(q, x);
    epl_last(q, z);
    wrong("[last]");
}

/* -- without memory -------------------------------------------------------------------------- */
/* Each kind of solution, mapped and derived twice. */
static void everything(epl_scope *scope, int which)
{
    s = scope;
    f = epl_fn_new(s, "short");
    epl_val w = some(epl_f64(4, 4), 1), x = some(epl_f64(2, 4), 2), y, k;
    epl_fn *m = epl_map(f);
    epl_val xe = epl_each(m, x, 0), we = epl_pass(m, w);
    if (which == 0)
        y = equilibrium(m, we, xe, EPL_ANDERSON, (epl_linear_solver){.method = EPL_GMRES}, &k);
    else if (which == 1)
        y = cubic(m, epl_exp(epl_sum(we)), xe, (epl_linear_solver){.method = EPL_LU}, &k);
    else {
        epl_fn *q = epl_minimize(m);
        epl_val z = epl_unknown(q, xe), d = epl_sub(z, epl_matmul(we, z));
        y = epl_solution(q, epl_add(epl_sum(epl_exp(z)), epl_sum(epl_square(d))));
    }
    y = epl_sum(epl_collect(m, epl_gradient(epl_sum(epl_sin(y)), we)));
    epl_output(f, "g", epl_gradient(y, w));
}

static void root(epl_scope *scope)
{
    everything(scope, 1);
}

static void fixed_point(epl_scope *scope)
{
    everything(scope, 0);
}

static void minimum(epl_scope *scope)
{
    everything(scope, 2);
}

Test(problem_memory, may_end_anywhere)
{
    memory_may_end_anywhere(fixed_point);
    memory_may_end_anywhere(root);
    memory_may_end_anywhere(minimum);
}
