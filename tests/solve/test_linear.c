/* test_linear.c -- linear systems by each method against op_linalg's, with derivatives. */
#include "solve_test.h"

TestSuite(linear, .init = open_scope, .fini = check_scope);
TestSuite(linear_errors, .init = open_scope, .fini = drop_scope);

static const epl_linear_method methods[] = {EPL_GMRES,   EPL_BICGSTAB, EPL_CG,
                                            EPL_NEUMANN, EPL_LU,       EPL_CHOLESKY};
enum { METHODS = sizeof methods / sizeof *methods };
/* Symmetric and positive for methods that ask for it; near the identity for Neumann. */
static epl_val matrix(epl_val p, epl_linear_method by)
{
    int64_t n = epl_dim(p, 0);
    epl_val eye = epl_eye(f, epl_typeof(p).dtype, n, n), other = epl_transpose(p, 0, 1);
    if (by == EPL_CG || by == EPL_CHOLESKY)
        return epl_add(eye, epl_matmul(p, other));
    return epl_add(epl_scale(eye, by == EPL_NEUMANN ? 1 : 2), epl_scale(p, 0.5 / sqrt((double)n)));
}

static epl_linear map_of(epl_val a, epl_val b)
{
    epl_val v = epl_zeros_like(b);
    return (epl_linear){v, epl_matmul(a, v)};
}

Test(linear, solutions)
{
    for (int i = 0; i < METHODS; i++) {
        epl_val a = matrix(some(epl_f64(20, 20), i), methods[i]), b = some(epl_f64(20), i + 50);
        epl_val r, k;
        epl_val x = epl_solve_linear(map_of(a, b), b, .by = {methods[i], .tol = 1e-12},
                                     .residual = &r, .iterations = &k);
        same(x, epl_solve(a, b), 1e-10);
        same(epl_le(r, epl_num(1e-12)), epl_full_like(epl_le(r, epl_num(1)), 1), 0);
        same(epl_gt(k, epl_int(0)), epl_full_like(epl_le(r, epl_num(1)), 1), 0);
    }
}

Test(linear, of_f32_with_axes)
{
    for (int i = 0; i < METHODS; i++) {
        epl_val a = matrix(some(epl_f32(12, 12), i), methods[i]), b = some(epl_f32(3, 4), i + 50);
        epl_val v = epl_zeros_like(b);
        epl_linear map = {v,
                          epl_reshape(epl_matmul(a, epl_reshape(v, epl_dims(12))), epl_dims(3, 4))};
        epl_val want = epl_reshape(epl_solve(a, epl_reshape(b, epl_dims(12))), epl_dims(3, 4));
        same(epl_solve_linear(map, b, .by.method = methods[i]), want, 1e-4);
        /* 1e-30 squared is no number of f32. */
        epl_val small = epl_solve_linear(map, epl_scale(b, 1e-30), .by.method = methods[i]);
        same(epl_scale(small, 1e30), want, 1e-4);
    }
}

Test(linear, nothing_and_restarts)
{
    epl_val a = matrix(some(epl_f64(30, 30), 3), EPL_LU), b = some(epl_f64(30), 4), k;
    epl_val zero = epl_zeros_like(b);
    for (int i = 0; i < METHODS; i++)
        same(epl_solve_linear(map_of(a, b), zero, .by.method = methods[i], .iterations = &k), zero,
             0);
    for (int64_t m = 1; m < 5; m++)
        same(epl_solve_linear(map_of(a, b), b, .by = {EPL_GMRES, .restart = m}), epl_solve(a, b),
             1e-8);
}

/* loss = |A(p)^-1 b|^2: forward, reverse, second order, by the matrix and by maps. */
Test(linear, derivatives)
{
    for (int i = 0; i < METHODS; i++) {
        epl_linear_solver by = {methods[i], .tol = 1e-13};
        epl_val p = some(epl_f64(5, 5), i), b = some(epl_f64(5), i + 50);
        epl_val dp = some(epl_f64(5, 5), i + 100), db = some(epl_f64(5), i + 150);
        epl_val a = matrix(p, methods[i]), want = epl_solve(a, b);
        epl_val got = epl_solve_linear(map_of(a, b), b, .by = by);
        epl_val lg = epl_sum(epl_sin(got)), lw = epl_sum(epl_sin(want));
        same(epl_gradient(lg, p), epl_gradient(lw, p), 1e-9);
        same(epl_gradient(lg, b), epl_gradient(lw, b), 1e-9);
        epl_val jg, jw;
        epl_jvps(epl_list(got), epl_list(p, b), epl_list(dp, db), &jg);
        epl_jvps(epl_list(want), epl_list(p, b), epl_list(dp, db), &jw);
        same(jg, jw, 1e-9);
        same(epl_hvp(lg, p, dp), epl_hvp(lw, p, dp), 1e-8);
        same(epl_gradient(epl_sum(epl_square(epl_gradient(lg, p))), b),
             epl_gradient(epl_sum(epl_square(epl_gradient(lw, p))), b), 1e-8);
    }
}

/* A matrix that is not quite what the method asks for: the reverse derivative is of A', not of A.
 */
Test(linear, not_quite_symmetric)
{
    epl_val p = some(epl_f64(6, 6), 1), b = some(epl_f64(6), 2);
    epl_val a = epl_add(epl_scale(epl_eye(f, EPL_F64, 6, 6), 2), epl_scale(p, 0.05));
    for (int i = 0; i < 2; i++) {
        epl_linear_solver by = {i ? EPL_CHOLESKY : EPL_CG, .tol = 1e-12};
        epl_val x = epl_solve_linear(map_of(a, b), b, .by = by), want = epl_solve(a, b);
        same(x, want, 1e-10);
        same(epl_gradient(epl_sum(epl_sin(x)), b), epl_gradient(epl_sum(epl_sin(want)), b), 1e-10);
    }
}

Test(linear, preconditioned)
{
    static const epl_linear_method some_methods[] = {EPL_GMRES, EPL_BICGSTAB, EPL_CG, EPL_NEUMANN};
    for (int i = 0; i < 4; i++) {
        epl_val p = some(epl_f64(16, 16), i), b = some(epl_f64(16), i + 9), k, plain;
        epl_val scale = epl_exp(epl_scale(some(epl_f64(16), 77), 2));
        epl_val rows = epl_unsqueeze(scale, 0), columns = epl_unsqueeze(scale, 1);
        epl_val a = epl_mul(epl_mul(matrix(epl_scale(p, 0.3), some_methods[i]), rows), columns);
        epl_val v = epl_zeros_like(b);
        epl_linear near = {v, epl_div(v, epl_square(scale))};
        epl_linear_solver by = {some_methods[i], .tol = 1e-12};
        epl_val got =
            epl_solve_linear(map_of(a, b), b, .by = by, .precondition = near, .iterations = &k);
        same(got, epl_solve(a, b), 1e-8);
        same(epl_gradient(epl_sum(got), p), epl_gradient(epl_sum(epl_solve(a, b)), p), 1e-6);
        if (some_methods[i] == EPL_NEUMANN)
            continue; /* does not converge without */
        epl_solve_linear(map_of(a, b), b, .by = by, .iterations = &plain);
        same(epl_le(k, plain), epl_full_like(epl_le(k, plain), 1), 0);
    }
}

Test(linear, mapped)
{
    for (int i = 0; i < METHODS; i++) {
        epl_val p = some(epl_f64(3, 5, 5), i), b = some(epl_f64(3, 5), i + 50), k;
        epl_fn *m = epl_map(f);
        epl_val pe = epl_each(m, p, 0), be = epl_each(m, b, 0), eye = epl_eye(f, EPL_F64, 5, 5);
        epl_val sym = epl_matmul(pe, epl_transpose(pe, 0, 1));
        epl_val a = epl_add(eye, epl_scale(sym, 0.1)), v = epl_zeros_like(be);
        epl_val x = epl_solve_linear(((epl_linear){v, epl_matmul(a, v)}), be,
                                     .by = {methods[i], .tol = 1e-12}, .iterations = &k);
        epl_val g = epl_gradient(epl_sum(epl_square(x)), pe);
        epl_val part[3] = {x, g, k}, all[3];
        epl_collects(m, (epl_vals){3, part}, all);
        for (int e = 0; e < 3; e++) {
            epl_val q = epl_select(p, 0, e), c = epl_select(b, 0, e);
            epl_val one = epl_add(eye, epl_scale(epl_matmul(q, epl_transpose(q, 0, 1)), 0.1));
            epl_val want = epl_solve(one, c);
            if (e == i % 3) {
                same(epl_select(all[0], 0, e), want, 1e-9);
                same(epl_select(all[1], 0, e), epl_gradient(epl_sum(epl_square(want)), q), 1e-8);
            }
        }
    }
}

/* -- errors -------------------------------------------------------------------------------- */
Test(linear_errors, not_converged)
{
    static const char *const text[2] = {"[solve_linear] residual 0.",
                                        "after 2 steps, 1e-10 was asked for"};
    epl_val a, b, r, k;
    for (int i = 0; i < 2; i++) {
        a = matrix(some(epl_f64(4, 4), 1), EPL_CG), b = some(epl_f64(4), 2);
        fails(epl_solve_linear(map_of(a, b), b, .by = {EPL_CG, .most = 2}), text[i]);
    }
    /* It is reported instead, and the derivative fails by itself. */
    a = matrix(some(epl_f64(4, 4), 1), EPL_CG), b = some(epl_f64(4), 2);
    epl_val x = epl_solve_linear(map_of(a, b), b, .by = {EPL_CG, .most = 2}, .report = true,
                                 .residual = &r, .iterations = &k);
    cr_expect_gt(epl_item(r), 1e-10);
    cr_expect_eq(epl_item(k), 2);
    cr_expect_eq(epl_item(epl_sum(epl_isfinite(x))), 4);
    fails(epl_gradient(epl_sum(x), b), text[1]);
}

Test(linear_errors, bad_numbers)
{
    for (int i = 0; i < METHODS; i++) {
        epl_val a = matrix(some(epl_f64(4, 4), 1), methods[i]), b = some(epl_f64(4), 2);
        epl_val bad = epl_mul(epl_div(b, epl_num(0)), epl_num(0));
        fails(epl_solve_linear(map_of(a, b), bad, .by.method = methods[i]), "[");
        b = some(epl_f64(4), 2);
        a = epl_neg(epl_eye(f, EPL_F64, 4, 4));
        if (methods[i] == EPL_LU || methods[i] == EPL_GMRES || methods[i] == EPL_BICGSTAB)
            a = epl_zeros(f, epl_f64(4, 4));
        fails(epl_solve_linear(map_of(a, b), b, .by.method = methods[i]), "[");
    }
}

static void refused(epl_val x, const char *text)
{
    cr_expect(epl_is_none(x), "%s", text);
    wrong(text);
}

Test(linear_errors, wrong_use)
{
    epl_val b = some(epl_f64(4), 2), v = epl_zeros_like(b);
    refused(epl_solve_linear(((epl_linear){v, epl_square(v)}), b), "the map is not linear");
    b = some(epl_f64(4), 2), v = epl_zeros_like(b);
    refused(epl_solve_linear(((epl_linear){v, b}), b), "does not depend on its vector");
    b = some(epl_f64(4), 2), v = epl_zeros_like(b);
    refused(epl_solve_linear(((epl_linear){v, v}), epl_num(1)), "b must be a value");
    b = some(epl_f64(4), 2), v = some(epl_f64(5), 2);
    refused(epl_solve_linear(((epl_linear){v, v}), b), "b is f64[4], but the map takes f64[5]");
    b = epl_zeros(f, epl_i64(4));
    refused(epl_solve_linear(((epl_linear){b, b}), b), "b must be f32 or f64");
    b = some(epl_f64(4), 2), v = epl_zeros_like(b);
    refused(epl_solve_linear(((epl_linear){v, v}), b, .by = {.tol = -1}), "tol must be positive");
    b = some(epl_f64(4), 2), v = epl_zeros_like(b);
    epl_linear one = {v, v};
    refused(epl_solve_linear(one, b, .by.method = EPL_LU, .precondition = one),
            "takes no preconditioner");
}
