/* test_problem.c -- roots, fixed points and minima against formulas and unrolled loops. */
#include "../../src/graph/graph.h"
#include "solve_test.h"

static epl_val yes(void)
{
    return epl_full(f, epl_type_of(EPL_BOOL, epl_dims()), 1);
}

/* z^3 + p z = c, element by element: dz/dc = 1 / (3 z^2 + p). */
static epl_val cubic(epl_fn *at, epl_val p, epl_val c, epl_linear_solver by, epl_val *k)
{
    epl_fn *q = epl_root(at, .tol = 1e-13, .step = by, .derivative = by);
    epl_val z = epl_unknown(q, epl_ones_like(c));
    epl_val cube = epl_mul(epl_square(z), z);
    return epl_solution(q, epl_sub(epl_add(cube, epl_mul(p, z)), c), .iterations = k);
}

Test(problem, root)
{
    open_scope();
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
    close_scope();
}

Test(problem, third_order)
{
    open_scope();
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
    close_scope();
}

/* -- fixed points: against the loop written out ---------------------------------------------- */
static epl_val layer(epl_val z, epl_val w, epl_val x)
{
    return epl_tanh(epl_add(epl_matmul(z, epl_scale(w, 0.4)), x));
}

static epl_val equilibrium(epl_fn *at, epl_val w, epl_val x, epl_solve_method how,
                           epl_linear_solver by, epl_val *k)
{
    epl_fn *q = epl_fixed_point(at, .method = how, .tol = 1e-13, .most = 500, .derivative = by);
    epl_val z = epl_unknown(q, epl_zeros_like(x));
    return epl_solution(q, layer(z, w, x), .iterations = k);
}

static epl_val unrolled(epl_fn *at, epl_val w, epl_val x)
{
    epl_fn *t = epl_scan(at, .length = 200);
    epl_val z = epl_carry(t, epl_zeros_like(x));
    epl_next(t, z, layer(z, w, x));
    return epl_last(t, z);
}

Test(problem, fixed_point)
{
    open_scope();
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
    close_scope();
}

Test(problem, plain_is_damped_and_stops_where_it_starts)
{
    open_scope();
    epl_val w = some(epl_f64(4, 4), 1), x = some(epl_f64(4), 2), k;
    epl_val z = equilibrium(f, w, x, EPL_PLAIN, (epl_linear_solver){0}, NULL);
    epl_fn *q = epl_fixed_point(f, .method = EPL_PLAIN, .damping = 0.5, .tol = 1e-13, .most = 500);
    epl_val u = epl_unknown(q, epl_zeros_like(x));
    same(epl_solution(q, layer(u, w, x)), z, 1e-12);
    q = epl_fixed_point(f, .tol = 1e-10);
    u = epl_unknown(q, z);
    same(epl_solution(q, layer(u, w, x), .iterations = &k), z, 0);
    same(k, epl_zeros(f, epl_i64()), 0);
    close_scope();
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
    open_scope();
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
    close_scope();
}

/* Rosenbrock's valley: not convex, the minimum at (1, 1). */
Test(problem, valley)
{
    open_scope();
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
    close_scope();
}

/* -- together with others -------------------------------------------------------------------- */
Test(problem, mapped)
{
    open_scope();
    epl_val p = epl_data(f, epl_at(((double[]){0.5}), epl_f64())), k, one[3];
    epl_val c = epl_data(f, epl_at(((double[]){0.2, 40, -3, 1.5}), epl_f64(4, 1)));
    epl_fn *m = epl_map(f);
    epl_val ce = epl_each(m, c, 0), pe = epl_pass(m, p);
    epl_val z = cubic(m, pe, ce, (epl_linear_solver){.tol = 1e-13}, &k);
    epl_val g = epl_gradient(epl_sum(z), ce), h = epl_gradient(epl_sum(g), pe), all[4];
    epl_collects(m, epl_list(z, g, h, k), all);
    for (int e = 0; e < 4; e++) {
        epl_val ck = epl_select(c, 0, e);
        one[0] = cubic(f, p, ck, (epl_linear_solver){.tol = 1e-13}, &k);
        one[1] = epl_gradient(epl_sum(one[0]), ck);
        one[2] = epl_gradient(epl_sum(one[1]), p);
        same(epl_select(all[0], 0, e), one[0], 1e-13);
        same(epl_select(all[1], 0, e), one[1], 1e-12);
        same(epl_select(all[2], 0, e), one[2], 1e-11);
        same(epl_select(all[3], 0, e), k, 0);
    }
    /* From outside, through the map. */
    epl_val total = epl_sum(all[0]), sum = EPL_NO_VAL;
    for (int e = 0; e < 4; e++) {
        epl_val ze =
            epl_sum(cubic(f, p, epl_select(c, 0, e), (epl_linear_solver){.tol = 1e-13}, NULL));
        sum = e ? epl_add(sum, ze) : ze;
    }
    same(epl_gradient(total, p), epl_gradient(sum, p), 1e-11);
    same(epl_gradient(total, c), epl_gradient(sum, c), 1e-11);
    same(epl_hvp(total, c, epl_ones_like(c)), epl_hvp(sum, c, epl_ones_like(c)), 1e-10);
    close_scope();
}

/* An entry that has ended where its slope is singular does not stop the others. */
Test(problem, mapped_from_a_singular_place)
{
    open_scope();
    epl_val c = epl_data(f, epl_at(((double[]){0, 4}), epl_f64(2)));
    epl_val from = epl_data(f, epl_at(((double[]){0, 3}), epl_f64(2)));
    epl_fn *m = epl_map(f);
    epl_val ce = epl_each(m, c, 0), start = epl_each(m, from, 0);
    epl_fn *q = epl_root(m, .step = {EPL_LU});
    epl_val z = epl_unknown(q, start);
    z = epl_collect(m, epl_solution(q, epl_sub(epl_square(z), ce)));
    same(z, epl_sqrt(c), 1e-9);
    close_scope();
}

Test(problem, in_a_scan_and_a_checkpoint)
{
    open_scope();
    epl_val w = some(epl_f64(4, 4), 1), x0 = some(epl_f64(4), 2), y[2];
    for (int way = 0; way < 2; way++) {
        epl_fn *t = epl_scan(f, .length = 3);
        epl_val h = epl_carry(t, x0);
        epl_val next =
            way ? unrolled(t, w, h)
                : equilibrium(t, w, h, EPL_ANDERSON, (epl_linear_solver){.tol = 1e-13}, NULL);
        epl_next(t, h, next);
        y[way] = epl_sum(epl_square(epl_last(t, h)));
    }
    same(y[0], y[1], 1e-12);
    same(epl_gradient(y[0], w), epl_gradient(y[1], w), 1e-10);
    same(epl_hvp(y[0], w, some(epl_f64(4, 4), 9)), epl_hvp(y[1], w, some(epl_f64(4, 4), 9)), 1e-9);
    same(epl_jvp(y[0], x0, x0), epl_jvp(y[1], x0, x0), 1e-10);
    epl_fn *c = epl_checkpoint(f);
    epl_val z = equilibrium(c, w, x0, EPL_ANDERSON, (epl_linear_solver){.tol = 1e-13}, NULL);
    z = epl_sum(epl_sin(epl_last(c, z)));
    same(epl_gradient(z, w), epl_gradient(epl_sum(epl_sin(unrolled(f, w, x0))), w), 1e-11);
    close_scope();
}

/* A loop inside of what is solved. */
Test(problem, of_a_scan)
{
    open_scope();
    epl_val w = some(epl_f64(4, 4), 1), x = some(epl_f64(4), 2);
    epl_fn *q = epl_fixed_point(f, .tol = 1e-13, .derivative = {EPL_GMRES, .tol = 1e-13});
    epl_val z = epl_unknown(q, epl_zeros_like(x));
    epl_fn *t = epl_scan(q, .length = 2);
    epl_val h = epl_carry(t, z);
    epl_next(t, h, layer(h, w, x));
    z = epl_sum(epl_sin(epl_solution(q, epl_last(t, h))));
    epl_val want = epl_sum(epl_sin(unrolled(f, w, x)));
    same(z, want, 1e-12);
    same(epl_gradient(z, w), epl_gradient(want, w), 1e-11);
    epl_val u = some(epl_f64(4, 4), 3);
    same(epl_hvp(z, w, u), epl_hvp(want, w, u), 1e-9);
    close_scope();
}

/* Half of x is a root in a root: sqrt(c) of c that is itself one. */
Test(problem, nested)
{
    open_scope();
    epl_val c = epl_data(f, epl_at(((double[]){5}), epl_f64(1)));
    epl_fn *q = epl_root(f, .tol = 1e-13, .derivative = {.tol = 1e-13});
    epl_val z = epl_unknown(q, epl_ones_like(c));
    epl_fn *i = epl_root(q, .tol = 1e-14, .derivative = {.tol = 1e-14});
    epl_val u = epl_unknown(i, epl_ones_like(c));
    epl_val square = epl_solution(i, epl_sub(u, epl_square(z)));
    z = epl_solution(q, epl_sub(square, c));
    same(z, epl_sqrt(c), 1e-12);
    same(epl_gradient(epl_sum(z), c), epl_scale(epl_rsqrt(c), 0.5), 1e-11);
    same(epl_hvp(epl_sum(z), c, epl_ones_like(c)), epl_scale(epl_pow(c, epl_num(-1.5)), -0.25),
         1e-10);
    close_scope();
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

Test(problem, against_differences)
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
    open_scope();
    epl_val theta = some(epl_f64(4), 1);
    epl_fn *q = epl_minimize(f, .tol = 1e-12, .derivative = {.tol = 1e-13});
    epl_val z = epl_unknown(q, theta);
    epl_val near = epl_scale(epl_sum(epl_square(epl_sub(z, epl_pass(q, theta)))), 0.5 * 3);
    epl_val phi = epl_solution(q, epl_add(near_task(z), near));
    epl_val query = epl_sum(epl_sin(phi)), g = epl_gradient(query, phi);
    same(epl_gradient(query, theta),
         epl_implicit(near_task(phi), phi, g, .lambda = epl_num(3), .steps = 8), 1e-9);
    close_scope();
}

/* The vector of a tree keeps its layout, and the place is told by its path. */
Test(problem, of_a_tree_at_a_path)
{
    open_scope();
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
    epl_scope_free(s);
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

/* -- errors ---------------------------------------------------------------------------------- */
static void fails(epl_val v, const char *text)
{
    double y[64];
    epl_array out = epl_at(y, epl_typeof(v));
    epl_output(f, "v", v);
    epl_work *w = epl_work_new(s, NULL);
    cr_expect_neq(epl_run(epl_compile(s, f), (epl_arrays){0, NULL}, (epl_arrays){1, &out}, w),
                  EPL_OK);
    cr_expect(strstr(epl_work_message(w), text), "%s", epl_work_message(w));
    cr_expect_neq(epl_reference(f, (epl_arrays){0, NULL}, (epl_arrays){1, &out}), EPL_OK);
    cr_expect(strstr(epl_scope_message(s), text), "%s", epl_scope_message(s));
    epl_scope_free(s);
}

Test(problem_errors, not_converged)
{
    open_scope();
    epl_val x = some(epl_f64(4), 2);
    epl_fn *q = epl_fixed_point(f, .most = 7, .method = EPL_PLAIN);
    epl_val z = epl_unknown(q, epl_zeros_like(x)), r, k;
    fails(epl_solution(q, epl_add(z, epl_num(1))),
          "[fixed_point] residual 1 after 7 steps, 1e-10 was asked for");

    open_scope(); /* x^2 + 1 has no root */
    q = epl_root(f, .tol = 1e-6);
    z = epl_unknown(q, epl_full(f, epl_f64(), 1.3));
    fails(epl_solution(q, epl_add(epl_square(z), epl_num(1))), "[root] residual 1");

    open_scope(); /* and z no minimum */
    q = epl_minimize(f, .most = 20);
    z = epl_unknown(q, epl_ones(f, epl_f64(3)));
    fails(epl_solution(q, epl_sum(z)), "[minimize] residual 1 after 20 steps");

    open_scope(); /* the second of three entries */
    epl_fn *m = epl_map(f);
    epl_val c = epl_each(m, epl_data(f, epl_at(((double[]){1, -1, 4}), epl_f64(3))), 0);
    q = epl_root(m);
    z = epl_unknown(q, epl_full_like(c, 1.3));
    fails(epl_collect(m, epl_solution(q, epl_sub(epl_square(z), c))), "was asked for: entry 1");

    open_scope();
    x = some(epl_f64(4), 2);
    q = epl_fixed_point(f, .most = 7, .method = EPL_PLAIN);
    z = epl_unknown(q, epl_zeros_like(x));
    z = epl_solution(q, epl_add(z, epl_num(1)), .report = true, .residual = &r, .iterations = &k);
    same(z, epl_full_like(x, 7), 0);
    same(r, epl_ones(f, epl_f64()), 0);
    same(k, epl_full(f, epl_i64(), 7), 0);
    close_scope();
}

/* The system of the derivative: I - dg/dz is singular. */
Test(problem_errors, of_a_derivative)
{
    open_scope();
    epl_val x = epl_data(f, epl_at(((double[]){0, 0}), epl_f64(2)));
    epl_fn *q = epl_fixed_point(f, .derivative = {EPL_GMRES, .most = 10});
    epl_val z = epl_unknown(q, epl_zeros_like(x));
    z = epl_solution(q, epl_add(z, epl_mul(x, epl_num(2))));
    epl_val g = epl_gradient(epl_sum(z), x);
    double y[2];
    cr_expect_neq(epl_eval(g, epl_at(y, epl_f64(2))), EPL_OK);
    cr_expect(strstr(epl_scope_message(s), "[solve_linear] residual 1 after"), "%s",
              epl_scope_message(s));
    epl_scope_free(s);
}

static void wrong(const char *text)
{
    cr_expect(strstr(epl_scope_message(s), text), "%s", epl_scope_message(s));
    epl_scope_free(s);
}

Test(problem_errors, wrong_use)
{
    open_scope();
    epl_val x = some(epl_f64(4), 2), z;
    epl_fn *q = epl_root(f);
    cr_expect(epl_is_none(epl_solution(q, x)));
    wrong("[root] the problem has no unknown");
    open_scope();
    x = some(epl_f64(4), 2);
    q = epl_root(f);
    z = epl_unknown(q, x);
    epl_unknown(q, x);
    wrong("[unknown] a problem has one unknown");
    open_scope();
    x = some(epl_f64(4), 2);
    q = epl_fixed_point(f);
    z = epl_unknown(q, x);
    epl_solution(q, epl_sum(z));
    wrong("[fixed_point] the unknown is f64[4], the value f64[]");
    open_scope();
    x = some(epl_f64(4), 2);
    q = epl_minimize(f);
    z = epl_unknown(q, x);
    epl_solution(q, z);
    wrong("[minimize] the value must be one number, got f64[4]");
    open_scope();
    epl_unknown(epl_root(f), epl_zeros(f, epl_i64(3)));
    wrong("[unknown] f32 or f64");
    open_scope();
    epl_root(f, .method = EPL_ANDERSON);
    wrong("[root] method must be EPL_NEWTON");
    open_scope();
    epl_fixed_point(f, .most = 0);
    wrong("[fixed_point] most must be at least 1");
    open_scope();
    x = some(epl_f64(4), 2);
    q = epl_root(f);
    z = epl_unknown(q, x);
    epl_solution(q, z);
    epl_solution(q, z);
    wrong("the solution was taken before");
    open_scope();
    x = some(epl_f64(4), 2);
    q = epl_root(f);
    epl_unknown(q, x);
    epl_solution(q, x);
    wrong("does not depend on the unknown");
    open_scope();
    x = some(epl_f64(4), 2);
    epl_solution(epl_scan(f, .length = 2), x);
    wrong("[solution] epl_root, epl_fixed_point or epl_minimize is expected");
    open_scope();
    x = some(epl_f64(4), 2);
    q = epl_root(f);
    z = epl_unknown(q, x);
    epl_last(q, z);
    wrong("[last]");
}
