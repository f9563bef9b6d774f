/* test_linalg_orders.c -- linear algebra in third derivatives, against formulas, and inside of
 * larger functions, against differences.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include "../../functional/op/linalg/linalg.h"

/* -- third derivatives by x of functions of [[x, 1], [1, x]], or of [[x, 1], [1, -x]] --------- */
static epl_val log_det(epl_val m)
{
    epl_val size;
    epl_slogdet(m, .logabsdet = &size);
    return size;
}

static epl_val log_det_by_cholesky(epl_val m)
{
    return epl_scale(epl_sum(epl_log(epl_diagonal(epl_cholesky(m)))), 2);
}

static epl_val determinant(epl_val m)
{
    return epl_det(m);
}

static epl_val first_of_inverse(epl_val m)
{
    return epl_select(epl_select(epl_inv(m), 0, 0), 0, 0);
}

static epl_val first_of_solution(epl_val m)
{
    epl_val b = epl_eye(epl__fn_of(m), EPL_F64, 2, 1);
    return epl_select(epl_select(epl_solve(m, b), 0, 0), 0, 0);
}

static epl_val first_of_triangular(epl_val m)
{
    epl_val b = epl_ones(epl__fn_of(m), epl_f64(2, 1));
    return epl_select(epl_select(epl_solve_triangular(m, b, .upper = true), 0, 0), 0, 0);
}

static epl_val greatest_eigenvalue(epl_val m)
{
    return epl_select(epl_eigvalsh(m), 0, 1);
}

static epl_val first_of_vector(epl_val m)
{
    epl_val v;
    epl_eigh(m, .eigenvectors = &v);
    return epl_square(epl_select(epl_select(v, 0, 0), 0, 1));
}

static double third_derivative(epl_val (*f)(epl_val), double at, double last)
{
    double corner[4] = {0, 1, 1, 0}, diagonal[4] = {1, 0, 0, last}, y = NAN;
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *fn = epl_fn_new(s, "third");
    epl_val x = epl_input(fn, "x", epl_f64());
    epl_val m = epl_add(epl_mul(x, epl_data(fn, epl_at(diagonal, epl_f64(2, 2)))),
                        epl_data(fn, epl_at(corner, epl_f64(2, 2))));
    epl_val v = f(m);
    for (int i = 0; i < 3; i++)
        v = epl_gradient(v, x);
    epl_output(fn, "y", v);
    epl_plan plan = epl_compile(s, fn);
    epl_work *w = epl_work_new(s, NULL);
    epl_status status =
        epl_run(plan, epl_arrays(epl_at(&at, epl_f64())), epl_arrays(epl_at(&y, epl_f64())), w);
    cr_expect_eq(status, EPL_OK, "%s", epl_work_message(w));
    epl_scope_free(s);
    return y;
}

Test(linalg, third_derivatives)
{
    /* x = 3: log(x x - 1); x x - 1; x / (x x - 1); (x - 1) / (x x). With -x in the corner and
     * r r = x x + 1: r; (1 + x / r) / 2. */
    double r = sqrt(10), logs = 2 / 8.0 + 2 / 64.0, parts = -3 / 16.0 - 3 / 256.0;
    const struct {
        epl_val (*f)(epl_val);
        double last, expected;
    } each[] = {
        {log_det, 1, logs},
        {log_det_by_cholesky, 1, logs},
        {determinant, 1, 0},
        {first_of_inverse, 1, parts},
        {first_of_solution, 1, parts},
        {first_of_triangular, 1, -6 / 81.0 + 24 / 243.0},
        {greatest_eigenvalue, -1, -9 / pow(r, 5)},
        {first_of_vector, -1, (-3 / pow(r, 5) + 15 * 9 / pow(r, 7)) / 2},
    };
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        double got = third_derivative(each[i].f, 3, each[i].last);
        cr_expect_float_eq(got, each[i].expected, 1e-12, "%zu: %.17g expected, got %.17g", i,
                           each[i].expected, got);
    }
}

/* -- against differences ------------------------------------------------------------------------
 */
static void expect_derivatives(epl_val (*f)(epl_val a), epl_type type)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *fn = epl_fn_new(s, "checked");
    epl_val a = epl_input(fn, "a", type);
    epl_output(fn, "y", f(a));
    cr_expect_eq(epl_gradcheck(s, fn, epl_seed(3)), EPL_OK, "%s", epl_scope_message(s));
    epl_scope_free(s);
}

/* As in a Gaussian process: k = a a' + I, y = b' k^-1 b + log det k. */
static epl_val likelihood(epl_val a)
{
    epl_val eye = epl_eye(epl__fn_of(a), EPL_F64, 3, 0), b = epl_narrow(a, -1, 0, 1);
    epl_val k = epl_add(epl_matmul(a, epl_transpose(a, -1, -2)), eye), l = epl_cholesky(k);
    epl_val fit = epl_sum(epl_mul(b, epl_cholesky_solve(b, l)));
    return epl_add(fit, epl_sum(epl_log(epl_diagonal(l, .dim1 = -2, .dim2 = -1))));
}

/* The packed result of the primitive that no operation derives. */
static epl_val packed(epl_val a)
{
    return epl_sum(epl_sin(epl__eigh(epl_add(a, epl__turned(a)))), .dim = epl_axes(-1));
}

/* L and U of a / 4 + I, without pivots. */
static epl_val without_pivots(epl_val a)
{
    epl_val eye = epl_eye(epl__fn_of(a), EPL_F64, epl_dim(a, -2), epl_dim(a, -1)), l, u;
    epl_lu(epl_add(epl_scale(a, 0.25), eye), .pivot = false, .L = &l, .U = &u);
    return epl_add(epl_sum(epl_sin(l)), epl_sum(epl_sin(u)));
}

/* By factors that no matrix was factored for: rows go to the places 3, 1, 2. */
static epl_val by_factors(epl_val a)
{
    static const int64_t exchanges[3] = {3, 3, 3};
    epl_fn *f = epl__fn_of(a);
    epl_val pivots = epl_data(f, epl_at((void *)exchanges, epl_i64(3)));
    epl_val lu = epl_add(epl_narrow(a, -1, 0, 3), epl_eye(f, EPL_F64, 3, 3));
    epl_val b = epl_narrow(a, -1, 3, 1);
    epl_val x = epl_lu_solve(lu, pivots, b), z = epl_lu_solve(lu, pivots, x, .adjoint = true);
    return epl_sum(epl_mul(x, z));
}

Test(linalg, inside_of_functions)
{
    expect_derivatives(without_pivots, epl_f64(3, 3));
    expect_derivatives(without_pivots, epl_f64(2, 3, 5));
    expect_derivatives(without_pivots, epl_f64(5, 2));
    expect_derivatives(by_factors, epl_f64(3, 4));
    expect_derivatives(likelihood, epl_f64(2, 3, 4));
    expect_derivatives(packed, epl_f64(2, 3, 3));
}
