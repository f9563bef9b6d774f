/* test_learned.c -- what a learned optimizer reads, its step, the gradient of a loss after some
 * steps with respect to its weights; weights of examples. Against formulas and differences. */
#include <string.h>
#include "task.h"

/* (log|g| / p, sign g), or (-1, e^p g) where g is small; slopes are finite at 0. */
Test(learned, what_is_read)
{
    static const double g[6] = {0, 1e-9, -3e-3, 2.5, -1, 5e-2};
    double got[6][2], slope[6], p = 4;
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "read");
    epl_val x = epl_data(f, epl_at(g, epl_f64(6))), y = epl_log_and_sign(x, p);
    epl_eval(y, epl_at(got, epl_f64(6, 2)));
    epl_eval(epl_gradient(epl_sum(y), x), epl_at(slope, epl_f64(6)));
    cr_assert_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    for (int i = 0; i < 6; i++) {
        bool large = fabs(g[i]) >= exp(-p);
        double sign = g[i] < 0 ? -1 : 1;
        cr_expect_float_eq(got[i][0], large ? log(fabs(g[i])) / p : -1, 1e-14);
        cr_expect_float_eq(got[i][1], large ? sign : exp(p) * g[i], 1e-12);
        cr_expect_float_eq(slope[i], large ? 1 / (p * g[i]) : exp(p), 1e-12);
    }
    epl_log_and_sign(x, 0);
    cr_expect_eq(epl_scope_status(s), EPL_ERR_ARG);
    epl_scope_free(s);
}

/* -- through steps --------------------------------------------------------------------------- */
enum { UNITS = 2, WEIGHTS = 4 * UNITS * (2 + UNITS + 2) + UNITS + 1 };

static epl_module lstm_net(epl_scope *s, int64_t n, const char *results)
{
    epl_type state = epl_f64(1, n, UNITS);
    epl_module net = epl_nn_graph(s, "g h c", results,
                                  {"lstm", .module = epl_nn_lstm(s, UNITS), .inputs = "g h c"},
                                  {"step", .module = epl_nn_linear(s, 1), .inputs = "lstm"});
    return epl_infer_all(s, net, 3, (epl_type[]){epl_f64(1, n, 2), state, state});
}

/* The query's loss after three steps, in a loop of C or of the plan. */
static double after_steps(const void *how, const double *at, double *gradient)
{
    const bool *scan = how;
    bed b = bed_new();
    epl_module learner = lstm_net(b.s, PARAMS, "step lstm.1 lstm.2");
    epl_val w = epl_data(b.f, epl_at(at, epl_f64(WEIGHTS))), p = b.theta, zero, state[2];
    zero = state[0] = state[1] = epl_zeros(b.f, epl_f64(1, PARAMS, UNITS));
    if (*scan) {
        epl_fn *t = epl_scan(b.f, .length = 3);
        epl_val q = epl_carry(t, p), now[2] = {epl_carry(t, zero), epl_carry(t, zero)};
        epl_val g = epl_gradient(task_loss(&b.support, q), q), next[2] = {now[0], now[1]};
        epl_next(t, q, epl_learned_step(learner, w, q, g, .state = next, .states = 2));
        epl_next(t, now[0], next[0]);
        epl_next(t, now[1], next[1]);
        p = epl_last(t, q);
    }
    for (int i = 0; i < 3 && !*scan; i++)
        p = epl_learned_step(learner, w, p, epl_gradient(task_loss(&b.support, p), p),
                             .state = state, .states = 2);
    epl_val loss = task_loss(&b.query, p);
    return bed_close(&b, loss, epl_gradient(loss, w), gradient);
}

Test(learned, gradient_through_steps)
{
    double w[WEIGHTS];
    for (int i = 0; i < WEIGHTS; i++)
        w[i] = 0.8 * sin(1 + 2.3 * i);
    for (int scan = 0; scan < 2; scan++)
        expect_differences(scan ? "scan" : "unrolled", after_steps, &(bool){scan}, w, WEIGHTS,
                           2e-7);
    cr_expect_float_eq(after_steps(&(bool){true}, w, NULL), after_steps(&(bool){false}, w, NULL),
                       1e-14);
}

/* Without a state; a net that sees a parameter alone gives the same for any number of them. */
Test(learned, without_state)
{
    static const double weights[5] = {0.5, -2, 1, 0.25, 3}; /* of 4 features; then the bias */
    static const double at[3] = {1, 2, 3}, g[3] = {-0.5, 0.2, 1}, more[3][2] = {{1, 2}, {3, 4}};
    double got[3];
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "mlp");
    epl_module net = epl_infer(s, epl_nn_linear(s, 1), epl_f64(1, 7, 4));
    epl_val p = epl_learned_step(
        net, epl_data(f, epl_at(weights, epl_f64(5))), epl_data(f, epl_at(at, epl_f64(3))),
        epl_data(f, epl_at(g, epl_f64(3))), .features = epl_data(f, epl_at(more, epl_f64(3, 2))),
        .p = 2, .scale = 0.01);
    epl_eval(p, epl_at(got, epl_f64(3)));
    cr_assert_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    for (int i = 0; i < 3; i++) {
        double step = 0.5 * log(fabs(g[i])) / 2 - 2 * (g[i] < 0 ? -1 : 1) + more[i][0] +
                      0.25 * more[i][1] + 3;
        cr_expect_float_eq(got[i], at[i] + 0.01 * step, 1e-14);
    }
    epl_scope_free(s);
}

static void expect_error(const char *results, size_t states, int64_t grads, bool no_state,
                         const char *text)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "wrong");
    epl_module net = lstm_net(s, 3, results);
    epl_val state[2] = {epl_zeros(f, epl_f64(1, 3, UNITS)), epl_zeros(f, epl_f64(1, 3, UNITS))};
    epl_val p = epl_learned_step(net, epl_zeros(f, epl_f64(WEIGHTS)), epl_zeros(f, epl_f64(3)),
                                 epl_zeros(f, epl_f64(grads)), .state = no_state ? NULL : state,
                                 .states = states);
    cr_expect(epl_is_none(p));
    cr_expect_neq(epl_scope_status(s), EPL_OK);
    cr_expect(strstr(epl_scope_message(s), text), "%s", epl_scope_message(s));
    epl_scope_free(s);
}

Test(learned, wrong_use)
{
    static const char all[] = "step lstm.1 lstm.2";
    expect_error(all, 2, 4, false, "got f64[3] and f64[4]");
    expect_error(all, 2, 3, true, ".state must hold");
    expect_error(all, 65, 3, false, "at most 64");
    expect_error(all, 1, 3, false, "\"c\" is not given");
    expect_error("step lstm.1", 2, 3, false, "2 states, got f64[1,3,1] and 1");
    expect_error("lstm.1 lstm.1 lstm.2", 2, 3, false, "must give [1, 3, 1]");
}

/* -- weights of examples ------------------------------------------------------------------------
 */
static const double train_y[ROWS] = {0.3, -0.9, 0.2, -0.5, 3, 0.4}; /* some are wrong */

static epl_val each_loss(const task *t, epl_val params)
{
    return epl_reshape(epl_square(epl_sub(epl_apply(t->net, params, t->x), t->y)), epl_dims(ROWS));
}

/* The clean loss after one step on the losses weighted by w. */
static double clean_after(const void *how, const double *at, double *gradient)
{
    (void)how;
    bed b = bed_new();
    task train = task_of(b.f, b.net, support_x, train_y);
    epl_val w = epl_data(b.f, epl_at(at, epl_f64(ROWS)));
    epl_val g = epl_gradient(epl_sum(epl_mul(w, each_loss(&train, b.theta))), b.theta);
    epl_val loss = task_loss(&b.query, epl_sub(b.theta, g));
    return bed_close(&b, loss, epl_gradient(loss, w), gradient);
}

Test(learned, weights_of_examples)
{
    static const double zero[ROWS];
    double got[ROWS], slope[ROWS], sum = 0, total = 0;
    int helps = 0;
    expect_differences("weights", clean_after, NULL, zero, ROWS, 2e-7);
    clean_after(NULL, zero, slope);
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "reweight");
    epl_module net = task_net(s, epl_nn_tanh(s));
    task train = task_of(f, net, support_x, train_y), clean = task_of(f, net, query_x, query_y);
    epl_val theta = epl_data(f, epl_at(start, epl_f64(PARAMS)));
    epl_val losses = each_loss(&train, theta), against = epl_neg(epl_sum(losses));
    epl_eval(epl_reweight(losses, task_loss(&clean, theta), theta), epl_at(got, epl_f64(ROWS)));
    for (int i = 0; i < ROWS; i++)
        sum += fmax(-slope[i], 0);
    for (int i = 0; i < ROWS; i++) {
        cr_expect_float_eq(got[i], fmax(-slope[i], 0) / sum, 1e-13);
        helps += got[i] > 0;
        total += got[i];
    }
    cr_expect(helps > 0 && helps < ROWS, "%d examples help", helps);
    cr_expect_float_eq(total, 1, 1e-14);
    epl_val one = epl_reshape(epl_sum(losses), epl_dims(1));
    cr_expect_eq(epl_item(epl_reweight(one, against, theta)), 0,
                 "what does not help has no weight");
    cr_assert_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    epl_reweight(epl_sum(losses), against, theta);
    cr_expect_eq(epl_scope_status(s), EPL_ERR_SHAPE);
    epl_scope_free(s);
}
