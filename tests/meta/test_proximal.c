/* test_proximal.c -- the inner problem of iMAML, solved: where it ends, that it never climbs, and
 * that the implicit meta-gradient is right there. */
#include "task.h"

enum { STEPS = 8 };

/* The query's loss at the solution of each theta; its slope by the implicit function theorem. */
static double at_solution(const void *how, const double *at, double *gradient)
{
    bed b = bed_new();
    epl_val theta = epl_data(b.f, epl_at(at, epl_f64(PARAMS))), left, slope = theta;
    epl_val lambda = epl_num(*(const double *)how);
    epl_val phi = epl_proximal(theta, task_loss, &b.support, .lambda = lambda, .steps = STEPS,
                               .cg_steps = PARAMS, .residual = &left);
    epl_val p = epl_copy(phi), loss = task_loss(&b.query, p);
    cr_expect_lt(epl_item(left), 1e-9);
    if (gradient) {
        slope = epl_implicit(task_loss(&b.support, p), p, epl_gradient(loss, p), .lambda = lambda,
                             .steps = PARAMS + 2);
        cr_expect_eq(epl_item(epl_sum(epl_abs(epl_gradient(epl_sum(phi), theta)))), 0);
    }
    return bed_close(&b, loss, slope, gradient);
}

Test(proximal, meta_gradient)
{
    static const double lambdas[] = {0.5, 2};
    for (int i = 0; i < 2; i++)
        expect_differences("proximal", at_solution, &lambdas[i], start, PARAMS, 1e-6);
}

/* sum c x^2 / 2 + lambda / 2 |x - a|^2 is least at lambda a / (c + lambda): one step, also where
 * gradient steps of any usual rate would diverge. */
static epl_val bowl(const void *curve, epl_val p)
{
    return epl_scale(epl_sum(epl_mul(*(const epl_val *)curve, epl_square(p))), 0.5);
}

Test(proximal, a_sharp_quadratic_takes_one_step)
{
    static const double curve[3] = {1e5, 40, 0}, a[3] = {1, -2, 3};
    double got[3];
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "bowl");
    epl_val c = epl_data(f, epl_at(curve, epl_f64(3))), p = epl_data(f, epl_at(a, epl_f64(3)));
    epl_val phi = epl_proximal(p, bowl, &c, .lambda = epl_num(0.5), .steps = 1, .cg_steps = 4);
    cr_assert_eq(epl_eval(phi, epl_at(got, epl_f64(3))), EPL_OK, "%s", epl_scope_message(s));
    for (int i = 0; i < 3; i++)
        cr_expect_float_eq(got[i], 0.5 * a[i] / (curve[i] + 0.5), 1e-9, "%g", got[i]);
    epl_scope_free(s);
}

/* sum x^4 - 2 x^2: of negative curvature at the start. */
static epl_val two_valleys(const void *none, epl_val p)
{
    epl_val square = epl_square(p);
    (void)none;
    return epl_sum(epl_sub(epl_square(square), epl_scale(square, 2)));
}

Test(proximal, negative_curvature_is_left_downhill)
{
    static const double a[2] = {0.1, -0.3};
    double path[STEPS][2], last = 0;
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "valleys");
    epl_val p = epl_data(f, epl_at(a, epl_f64(2))), left, at[STEPS];
    epl_proximal(p, two_valleys, NULL, .steps = STEPS, .path = at, .residual = &left);
    for (int i = 0; i < 2; i++)
        last += pow(a[i], 4) - 2 * a[i] * a[i];
    for (int k = 0; k < STEPS; k++) {
        double value = 0;
        cr_assert_eq(epl_eval(at[k], epl_at(path[k], epl_f64(2))), EPL_OK);
        for (int i = 0; i < 2; i++) {
            double x = path[k][i];
            value += pow(x, 4) - 2 * x * x + 0.5 * (x - a[i]) * (x - a[i]);
        }
        cr_expect_leq(value, last, "step %d: %g after %g", k, value, last);
        last = value;
    }
    cr_expect_lt(epl_item(left), 1e-6);
    for (int i = 0; i < 2; i++) { /* 4 x^3 - 4 x + x - a = 0, in the valley of its side */
        double x = path[STEPS - 1][i];
        cr_expect(x * a[i] > 0 && fabs(x) > 0.8, "%g", x);
        cr_expect_float_eq(4 * x * x * x - 3 * x, a[i], 1e-6, "%g", x);
    }
    epl_scope_free(s);
}

Test(proximal, wrong_use)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "wrong");
    epl_val p = epl_data(f, epl_at(start, epl_f64(4)));
    epl_mark mark = epl_scope_mark(s);
    cr_expect(epl_is_none(epl_proximal(p, two_valleys, NULL, .steps = 0)));
    cr_expect_str_eq(epl_scope_message(s), "[proximal] a vector of parameters, a loss and positive "
                                           "numbers of steps are needed (in \"wrong\")");
    epl_scope_reset(s, mark);
    cr_expect(epl_is_none(epl_proximal(epl_sum(p), two_valleys, NULL)));
    cr_expect_neq(epl_scope_status(s), EPL_OK);
    epl_scope_free(s);
}
