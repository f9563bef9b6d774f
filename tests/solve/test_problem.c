/* test_problem.c -- roots, fixed points and minima against formulas and unrolled loops. */
#include "../../src/graph/graph.h"
#include "problem_test.h"

TestSuite(problem, .init = open_scope, .fini = check_scope);

static epl_val yes(void)
{
    return epl_full(f, epl_type_of(EPL_BOOL, epl_dims()), 1);
}

Test(problem, root)
{
    static const epl_linear_method by[] = {0, EPL_GMRES, EPL_BICGSTAB, EPL_CG, EPL_CHOLESKY};
    for (int i = 0; i < 5; i++) {
        epl_val p = epl_exp(some(epl_f64(), i)), c = epl_scale(some(epl_f64(6), i + 10), 3);
        epl_val z = cubic(f, p, c, (epl_linear_solver){by[i], .tol = 1e-13}, NULL);
        same(epl_add(epl_pow(z, epl_num(3)), epl_mul(p, z)), c, 1e-11);
        epl_val slope = epl_add(epl_scale(epl_square(z), 3), p);
        epl_val u = some(epl_f64(6), i + 20);
        same(epl_vjp(z, c, u), epl_div(u, slope), 1e-10);
        same(epl_jvp(z, c, u), epl_div(u, slope), 1e-10);
        same(epl_gradient(epl_sum(z), p), epl_sum(epl_neg(epl_div(z, slope))), 1e-10);
        /* d2z/dc2 = -6 z / slope^3 */
        same(epl_hvp(epl_sum(z), c, u),
             epl_neg(epl_div(epl_mul(u, epl_scale(z, 6)), epl_pow(slope, epl_num(3)))), 1e-9);
    }
}

Test(problem, third_order)
{
    epl_val c = epl_data(f, epl_at(((double[]){1.3}), epl_f64(1)));
    epl_fn *q = epl_root(f, .tol = 1e-14, .derivative = {.tol = 1e-14});
    epl_val z = epl_unknown(q, epl_ones_like(c)), d = c;
    z = epl_solution(q, epl_sub(epl_exp(z), c)); /* log c: 1/c, -1/c^2, 2/c^3 */
    d = epl_gradient(epl_sum(z), c);
    same(d, epl_reciprocal(c), 1e-11);
    d = epl_gradient(epl_sum(d), c);
    same(d, epl_neg(epl_pow(c, epl_num(-2))), 1e-11);
    d = epl_gradient(epl_sum(d), c);
    same(d, epl_scale(epl_pow(c, epl_num(-3)), 2), 1e-11);
    d = epl_jvp(d, c, epl_ones_like(c));
    same(d, epl_scale(epl_pow(c, epl_num(-4)), -6), 1e-10);
}

/* -- fixed points: against the loop written out ---------------------------------------------- */
Test(problem, fixed_point)
{
    static const epl_linear_method by[] = {0, EPL_GMRES, EPL_BICGSTAB, EPL_NEUMANN};
    for (int i = 0; i < 4; i++) {
        epl_val w = some(epl_f64(4, 4), i), x = some(epl_f64(3, 4), i + 10), k, m;
        epl_linear_solver solver = {by[i], .tol = 1e-13};
        epl_val z = equilibrium(f, w, x, i % 2 ? EPL_PLAIN : EPL_ANDERSON, solver, &k);
        epl_val want = unrolled(f, w, x), u = some(epl_f64(4, 4), i + 20);
        same(z, want, 1e-12);
        epl_val lg = epl_sum(epl_sin(z)), lw = epl_sum(epl_sin(want));
        same(epl_gradient(lg, w), epl_gradient(lw, w), 1e-11);
        same(epl_gradient(lg, x), epl_gradient(lw, x), 1e-11);
        same(epl_jvp(z, w, u), epl_jvp(want, w, u), 1e-11);
        same(epl_hvp(lg, w, u), epl_hvp(lw, w, u), 1e-10);
        equilibrium(f, w, x, EPL_ANDERSON, solver, &k);
        equilibrium(f, w, x, EPL_PLAIN, solver, &m);
        same(epl_lt(k, m), yes(), 0);
    }
}

Test(problem, plain_is_damped_and_stops_where_it_starts)
{
    epl_val w = some(epl_f64(4, 4), 1), x = some(epl_f64(4), 2), k;
    epl_val z = equilibrium(f, w, x, EPL_PLAIN, (epl_linear_solver){0}, NULL);
    epl_fn *q = epl_fixed_point(f, .method = EPL_PLAIN, .damping = 0.5, .tol = 1e-13, .most = 500);
    epl_val u = epl_unknown(q, epl_zeros_like(x));
    same(epl_solution(q, layer(u, w, x)), z, 1e-12);
    q = epl_fixed_point(f, .tol = 1e-10);
    u = epl_unknown(q, z);
    same(epl_solution(q, layer(u, w, x), .iterations = &k), z, 0);
    same(k, epl_zeros(f, epl_i64()), 0);
}

/* -- minima: ridge regression, whose solution is known --------------------------------------- */
static epl_val ridge(epl_solve_method how, epl_val a, epl_val b, epl_val lambda, epl_val *k)
{
    epl_fn *q =
        epl_minimize(f, .method = how, .tol = 1e-11, .most = 300, .derivative = {.tol = 1e-13});
    epl_val x = epl_unknown(q, epl_zeros(f, epl_f64(5)));
    epl_val rest = epl_sub(epl_matmul(a, x), b);
    epl_val value = epl_add(epl_sum(epl_square(rest)), epl_mul(lambda, epl_sum(epl_square(x))));
    return epl_solution(q, value, .iterations = k);
}

Test(problem, minimum)
{
    for (int i = 0; i < 2; i++) {
        epl_val a = some(epl_f64(8, 5), i), b = some(epl_f64(8), i + 10);
        epl_val lambda = epl_data(f, epl_at(((double[]){0.3}), epl_f64()));
        epl_val x = ridge(i ? EPL_NEWTON : EPL_LBFGS, a, b, lambda, NULL);
        epl_val at = epl_transpose(a, 0, 1), eye = epl_eye(f, EPL_F64, 5, 5);
        epl_val want =
            epl_solve(epl_add(epl_matmul(at, a), epl_mul(lambda, eye)), epl_matmul(at, b));
        same(x, want, 1e-9);
        epl_val lg = epl_sum(epl_sin(x)), lw = epl_sum(epl_sin(want));
        epl_val u = some(epl_f64(8, 5), i + 20);
        same(epl_gradient(lg, lambda), epl_gradient(lw, lambda), 1e-9);
        same(epl_gradient(lg, a), epl_gradient(lw, a), 1e-9);
        same(epl_jvp(x, a, u), epl_jvp(want, a, u), 1e-9);
        same(epl_hvp(lg, a, u), epl_hvp(lw, a, u), 1e-8);
    }
}

/* Rosenbrock's valley: not convex, the minimum at (1, 1). */
Test(problem, valley)
{
    for (int i = 0; i < 4; i++) {
        epl_dtype d = i / 2 ? EPL_F32 : EPL_F64;
        epl_fn *q =
            epl_minimize(f, .method = i % 2 ? EPL_NEWTON : EPL_LBFGS, .tol = i / 2 ? 1e-4 : 1e-9);
        epl_val start = epl_cast(epl_data(f, epl_at(((double[]){-1.2, 1}), epl_f64(2))), d);
        epl_val z = epl_unknown(q, start), x = epl_select(z, 0, 0), y = epl_select(z, 0, 1);
        epl_val valley = epl_scale(epl_square(epl_sub(y, epl_square(x))), 100);
        z = epl_solution(q, epl_add(valley, epl_square(epl_sub(epl_num(1), x))));
        same(z, epl_ones(f, epl_type_of(d, epl_dims(2))), i / 2 ? 1e-3 : 1e-8);
    }
}

/* Jvp, vjp, second order and map against differences and a loop, in f64. */
static void checked(int which)
{
    open_scope();
    epl_val w = epl_input(f, "w", epl_f64(3, 3)), x = epl_input(f, "x", epl_f64(3)), y;
    epl_linear_solver by = {.tol = 1e-14};
    if (which == 0)
        y = equilibrium(f, w, x, EPL_ANDERSON, by, NULL);
    else if (which == 1)
        y = cubic(f, epl_exp(epl_sum(w)), x, by, NULL);
    else {
        epl_fn *q = epl_minimize(f, .tol = 1e-13, .derivative = by);
        epl_val z = epl_unknown(q, epl_zeros(f, epl_f64(3)));
        epl_val rest = epl_sub(epl_matmul(w, z), x);
        y = epl_solution(q, epl_sum(epl_add(epl_exp(z), epl_square(rest))));
    }
    epl_output(f, "y", y);
    cr_expect_eq(epl_gradcheck(s, f, epl_seed(3)), EPL_OK, "%d: %s", which, epl_scope_message(s));
    epl_scope_free(s);
}

Test(problem_derivatives, against_differences)
{
    for (int which = 0; which < 3; which++)
        checked(which);
}

/* iMAML: the meta-gradient of Rajeswaran et al. 2019 is that of a minimum near theta. */
static epl_val near_task(epl_val phi)
{
    return epl_sum(epl_add(epl_exp(phi), epl_square(epl_sub(phi, some(epl_f64(4), 3)))));
}

Test(problem, implicit_meta_gradient)
{
    epl_val theta = some(epl_f64(4), 1);
    epl_fn *q = epl_minimize(f, .tol = 1e-12, .derivative = {.tol = 1e-13});
    epl_val z = epl_unknown(q, theta);
    epl_val near = epl_scale(epl_sum(epl_square(epl_sub(z, epl_pass(q, theta)))), 0.5 * 3);
    epl_val phi = epl_solution(q, epl_add(near_task(z), near));
    epl_val query = epl_sum(epl_sin(phi)), g = epl_gradient(query, phi);
    same(epl_gradient(query, theta),
         epl_implicit(near_task(phi), phi, g, .lambda = epl_num(3), .steps = 8), 1e-9);
}

/* The vector of a tree keeps its layout, and the place is told by its path. */
Test(problem, of_a_tree_at_a_path)
{
    epl_module net = epl_infer(s, epl_nn_linear(s, 2), epl_f32(4, 3));
    epl_spec spec = epl_params_of(net);
    epl_tree *theta = epl_init(s, spec, epl_seed(1));
    epl_val p = epl_input_tree(f, "params", spec), x = some(epl_f32(4, 3), 1);
    epl__where(f, "net.inner");
    epl_fn *q = epl_minimize(f, .most = 1);
    epl_val phi = epl_unknown(q, p), y = some(epl_f32(4, 2), 2);
    epl_val loss = epl_add(epl_mse_loss(epl_apply(net, phi, x), y), epl_mean(epl_square(phi)));
    epl_val found = epl_solution(q, loss);
    cr_assert_eq(epl_typeof(found).spec, spec, "%s", epl_scope_message(s));
    epl_output(f, "out", epl_apply(net, found, x));
    float out[4][2];
    epl_work *work = epl_work_new(s, NULL);
    cr_expect_neq(epl_run(epl_compile(s, f), epl_arrays(epl_tree_array(theta)),
                          epl_arrays(epl_at(out, epl_f32(4, 2))), work),
                  EPL_OK);
    const char *m = epl_work_message(work);
    cr_expect(strstr(m, "after 1 steps, 1e-05 was asked for (net.inner)"), "%s", m);
}

/* -- cost ------------------------------------------------------------------------------------ */
static size_t cost(int64_t most, bool bytes)
{
    open_scope();
    epl_val w = some(epl_f64(8, 8), 1), x = some(epl_f64(8), 2);
    epl_fn *q = epl_fixed_point(f, .method = EPL_PLAIN, .most = most,
                                .derivative = {EPL_NEUMANN, .most = most});
    epl_val z = epl_unknown(q, epl_zeros_like(x));
    epl_val g = epl_gradient(epl_sum(epl_solution(q, layer(z, w, x))), w);
    size_t nodes = epl_fn_nodes(f);
    epl_output(f, "g", g);
    size_t n = bytes ? epl_plan_work_bytes(epl_compile(s, f)) : nodes;
    cr_expect_str_eq(epl_scope_message(s), "");
    epl_scope_free(s);
    return n;
}

Test(problem_cost, does_not_depend_on_steps)
{
    for (int bytes = 0; bytes < 2; bytes++) {
        cr_expect_gt(cost(10, bytes), 0);
        cr_expect_eq(cost(10, bytes), cost(1000, bytes));
    }
}
