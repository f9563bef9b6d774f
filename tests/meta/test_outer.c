/* test_outer.c -- meta-gradients that are not derivatives of an unrolled loop: implicit ones,
 * and evolution strategies; numbers by leaf. */
#include <string.h>
#include "task.h"

static const double lambda = 2;

/* The query's loss where support loss + lambda / 2 |phi - theta|^2 is least, by many steps; its
 * slope by the implicit function theorem. */
static double at_minimum(const void *how, const double *at, double *gradient)
{
    bed b = bed_new();
    epl_val theta = epl_data(b.f, epl_at(at, epl_f64(PARAMS))), residual, slope = theta;
    epl_val phi = epl_adapt(theta, task_loss, &b.support, .steps = 80, .lr = epl_num(0.25),
                            .proximal = epl_num(lambda));
    double least[PARAMS];
    epl_eval(phi, epl_at(least, epl_f64(PARAMS)));
    phi = epl_data(b.f, epl_at(least, epl_f64(PARAMS)));
    epl_val loss = task_loss(&b.query, phi);
    if (gradient) {
        slope = epl_implicit(task_loss(&b.support, phi), phi, epl_gradient(loss, phi),
                             .lambda = epl_num(lambda), .steps = *(const int *)how,
                             .residual = &residual);
        cr_expect_lt(epl_item(residual), 1e-8);
    }
    return bed_close(&b, loss, slope, gradient);
}

Test(meta, implicit_gradient)
{
    int steps = PARAMS;
    expect_differences("imaml", at_minimum, &steps, start, PARAMS, 2e-7);
}

/* On a quadratic a residual is what is left of the system, step by step; of 0 it is 0. */
Test(meta, residual)
{
    static const double curve[3] = {1, 4, 9}, b[3] = {1, -2, 0.5}, zero[3] = {0};
    double x[3], last = 1;
    for (int64_t k = 1; k <= 3; k++) {
        epl_scope *s = epl_scope_new(NULL);
        epl_fn *f = epl_fn_new(s, "quadratic");
        epl_val phi = epl_data(f, epl_at(b, epl_f64(3))), residual, none;
        epl_val c = epl_data(f, epl_at(curve, epl_f64(3)));
        epl_val loss = epl_scale(epl_sum(epl_mul(c, epl_square(phi))), 0.5);
        epl_val v = epl_implicit(loss, phi, epl_data(f, epl_at(b, epl_f64(3))),
                                 .lambda = epl_num(0.5), .steps = k, .residual = &residual);
        cr_assert_eq(epl_eval(v, epl_at(x, epl_f64(3))), EPL_OK, "%s", epl_scope_message(s));
        double left = 0, all = 0;
        for (int i = 0; i < 3; i++) {
            left += pow(b[i] - (1 + curve[i] / 0.5) * x[i], 2);
            all += b[i] * b[i];
        }
        cr_expect_float_eq(epl_item(residual), sqrt(left / all), 1e-12);
        cr_expect_lt(sqrt(left / all), last);
        last = sqrt(left / all);
        v = epl_implicit(loss, phi, epl_data(f, epl_at(zero, epl_f64(3))), .residual = &none);
        cr_expect_eq(epl_item(epl_sum(epl_abs(v))), 0);
        cr_expect_eq(epl_item(none), 0);
        epl_scope_free(s);
    }
    cr_expect_lt(last, 1e-12);
}

/* H = diag(-3, 1), lambda = 1: A = diag(-2, 2). Along (0, 1) there is a solution, along (1, 0)
 * nothing is done, and the residual says so. */
Test(meta, negative_curvature)
{
    static const double curve[2] = {-3, 1}, b[2][2] = {{1, 0}, {0, 1}};
    for (int i = 0; i < 2; i++) {
        double x[2];
        epl_scope *s = epl_scope_new(NULL);
        epl_fn *f = epl_fn_new(s, "saddle");
        epl_val phi = epl_data(f, epl_at(b[0], epl_f64(2))), residual;
        epl_val c = epl_data(f, epl_at(curve, epl_f64(2)));
        epl_val loss = epl_scale(epl_sum(epl_mul(c, epl_square(phi))), 0.5);
        epl_val v =
            epl_implicit(loss, phi, epl_data(f, epl_at(b[i], epl_f64(2))), .residual = &residual);
        cr_assert_eq(epl_eval(v, epl_at(x, epl_f64(2))), EPL_OK, "%s", epl_scope_message(s));
        cr_expect(x[0] == 0 && x[1] == (i ? 0.5 : 0), "%g, %g", x[0], x[1]);
        cr_expect_eq(epl_item(residual), i ? 0 : 1);
        epl_scope_free(s);
    }
}

/* Where the loss is quadratic the two sides cancel all but the slope: the estimate is
 * mean e (e . slope) exactly, and tends to the slope. */
Test(meta, evolution_strategies)
{
    enum { N = 4000, P = 3 };
    static const double at[P] = {0.3, -1, 2}, curve[P] = {1, 0.5, 2};
    static double points[2 * N][P];
    double got[P], slope[P], expected[P] = {0}, sigma = 0.1;
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "es");
    epl_key seed = epl_seed(3);
    epl_val theta = epl_data(f, epl_at(at, epl_f64(P))), key = epl_data(f, epl_at(&seed, EPL_KEY));
    epl_val all = epl_es_points(theta, key, N, sigma);
    epl_fn *each = epl_map(f);
    epl_val p = epl_each(each, all, 0), c = epl_data(f, epl_at(curve, epl_f64(P)));
    epl_val losses = epl_collect(each, epl_scale(epl_sum(epl_mul(c, epl_square(p))), 0.5));
    epl_eval(epl_es_gradient(theta, key, losses, sigma), epl_at(got, epl_f64(P)));
    epl_eval(all, epl_at(points, epl_f64(2 * N, P)));
    cr_assert_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    for (int i = 0; i < P; i++)
        slope[i] = curve[i] * at[i];
    for (int k = 0; k < N; k++) {
        double along = 0;
        for (int i = 0; i < P; i++) {
            along += (points[k][i] - at[i]) / sigma * slope[i];
            cr_expect_float_eq(points[k][i] - at[i], at[i] - points[N + k][i], 1e-14);
        }
        for (int i = 0; i < P; i++)
            expected[i] += (points[k][i] - at[i]) / sigma * along / N;
    }
    for (int i = 0; i < P; i++) {
        cr_expect_float_eq(got[i], expected[i], 1e-10, "%g and %g", got[i], expected[i]);
        cr_expect_float_eq(got[i], slope[i], 0.35, "%g and %g", got[i], slope[i]);
    }
    epl_scope_free(s);
}

/* A number of each leaf, for each of its elements; back: sums. */
Test(meta, numbers_by_leaf)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "leaves");
    epl_spec spec = epl_params_of(task_net(s, epl_nn_tanh(s)));
    const double v[4] = {1, 2, 3, 4};
    double got[PARAMS], back[4];
    epl_val x = epl_data(f, epl_at(v, epl_f64(4))), all = epl_by_leaf(spec, x);
    epl_eval(all, epl_at(got, epl_f64(PARAMS)));
    epl_eval(epl_gradient(epl_sum(all), x), epl_at(back, epl_f64(4)));
    cr_assert_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    for (size_t i = 0; i < 4; i++) {
        const epl_leaf_spec *leaf = epl_spec_leaf(spec, i);
        int64_t n = epl_count(epl_type_of(leaf->dtype, leaf->shape));
        cr_expect_eq(back[i], (double)n);
        for (int64_t k = 0; k < n; k++)
            cr_expect_eq(got[leaf->offset + k], v[i]);
    }
    epl_scope_free(s);
}

Test(meta, wrong_shapes)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "wrong");
    epl_key seed = epl_seed(3);
    epl_val p = epl_data(f, epl_at(start, epl_f64(4))), q = epl_data(f, epl_at(start, epl_f64(3)));
    epl_val key = epl_data(f, epl_at(&seed, EPL_KEY)), loss = epl_sum(epl_square(p));
    epl_mark mark = epl_scope_mark(s);
    cr_expect(epl_is_none(epl_implicit(loss, p, q)));
    cr_expect_neq(epl_scope_status(s), EPL_OK);
    epl_scope_reset(s, mark);
    cr_expect(epl_is_none(epl_es_points(p, key, 0, 0.1)));
    cr_expect_neq(epl_scope_status(s), EPL_OK);
    epl_scope_reset(s, mark);
    cr_expect(epl_is_none(epl_es_gradient(p, key, q, 0.1)));
    cr_expect_str_eq(epl_scope_message(s),
                     "[es_gradient] losses [2n] at the points of es_points are needed");
    epl_scope_free(s);
}
