/* test_adapt.c -- gradients through inner loops against differences, for each algorithm. */
#include <string.h>
#include "task.h"

/* -- what is adapted, and what is differentiated ------------------------------------------- */
typedef struct {
    const char *name;
    const char *only, *optimizer;
    double proximal, momentum;
    int steps;
    bool rates; /* the numbers that are differentiated are rates [n], not parameters */
    int n;      /* how many numbers */
    bool weighted;
} setting;

static const setting settings[] = {
    {.name = "maml", .steps = 3, .n = PARAMS},
    {.name = "anil", .only = "head.**", .steps = 3, .n = PARAMS},
    {.name = "anil with adam", .only = "head.**", .optimizer = "adam", .steps = 3, .n = PARAMS},
    {.name = "meta-sgd", .steps = 2, .rates = true, .n = PARAMS},
    {.name = "one rate", .steps = 3, .rates = true, .n = 1},
    {.name = "maml++ rates", .steps = 3, .rates = true, .n = 3},
    {.name = "maml++ losses", .steps = 3, .n = PARAMS, .weighted = true},
    {.name = "proximal", .proximal = 0.7, .steps = 3, .n = PARAMS},
    {.name = "proximal anil", .only = "head.*", .proximal = 0.7, .steps = 3, .n = PARAMS},
    {.name = "adam", .optimizer = "adam", .steps = 3, .n = PARAMS},
    {.name = "adamw", .optimizer = "adamw", .steps = 3, .n = PARAMS},
    {.name = "momentum", .optimizer = "sgd", .momentum = 0.9, .steps = 3, .n = PARAMS},
    {.name = "rates of adam", .optimizer = "adam", .steps = 2, .rates = true, .n = PARAMS},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

static epl_val meta_loss(const setting *o, bed *b, epl_val theta, epl_val rate)
{
    epl_val hyper[8] = {{NULL, 0}, epl_num(o->momentum)}, each[8], path[8];
    bool sgd = o->optimizer && !strcmp(o->optimizer, "sgd");
    epl_adapt_args a = {.params = theta,
                        .loss = task_loss,
                        .task = &b->support,
                        .steps = o->steps,
                        .lr = o->rates ? rate : epl_num(0.1),
                        .only = o->only,
                        .spec = epl_params_of(b->net),
                        .optimizer = epl_optimizer_named(o->optimizer),
                        .hyper = sgd ? hyper : NULL,
                        .path = path};
    if (o->proximal != 0)
        a.proximal = epl_num(o->proximal);
    if (o->rates && o->n == o->steps)
        a.lrs = (epl_vals){epl_unbind(rate, 0, each, 8), each};
    else if (o->rates && o->n == 1)
        a.lr = epl_select(rate, 0, 0);
    epl_val phi = epl_op_adapt(&a, "steps");
    static const double weights[3] = {0.2, 0.3, 0.5};
    if (o->weighted)
        return epl_multi_step_loss(task_loss, &b->query, (epl_vals){3, path},
                                   epl_data(b->f, epl_at(weights, epl_f64(3))));
    return task_loss(&b->query, phi);
}

static double value_of(const void *how, const double *at, double *gradient)
{
    const setting *o = how;
    bed b = bed_new();
    epl_val x = epl_data(b.f, epl_at(at, epl_f64(o->n)));
    epl_val loss = meta_loss(o, &b, o->rates ? b.theta : x, x);
    return bed_close(&b, loss, epl_gradient(loss, x), gradient);
}

Test(meta, gradients_through_inner_loops)
{
    static const double rates[PARAMS] = {0.1, 0.05, 0.2, 0.15, 0.08, 0.12, 0.03, 0.07, 0.09, 0.11};
    for (int i = 0; i < SETTINGS; i++) {
        const setting *o = &settings[i];
        expect_differences(o->name, value_of, o, o->rates ? rates : start, o->n, 2e-7);
    }
}

/* -- what the options mean --------------------------------------------------------------------- */
static void expect_same(bed *b, const char *name, epl_val a, epl_val c)
{
    double x[PARAMS], y[PARAMS];
    cr_assert_eq(epl_eval(a, epl_at(x, epl_f64(PARAMS))), EPL_OK, "%s", epl_scope_message(b->s));
    cr_assert_eq(epl_eval(c, epl_at(y, epl_f64(PARAMS))), EPL_OK, "%s", epl_scope_message(b->s));
    for (int i = 0; i < PARAMS; i++)
        cr_expect_float_eq(x[i], y[i], 1e-14, "%s [%d]: %g and %g", name, i, x[i], y[i]);
}

/* First order: the outer gradient is the query's, taken at phi. */
Test(meta, first_order)
{
    bed b = bed_new();
    epl_val phi = epl_adapt(b.theta, task_loss, &b.support, .steps = 3, .lr = epl_num(0.1),
                            .first_order = true);
    epl_val fixed = epl_stop_gradient(
        epl_adapt(b.theta, task_loss, &b.support, .steps = 3, .lr = epl_num(0.1)));
    epl_val at = epl_copy(fixed);
    expect_same(&b, "phi", phi, fixed);
    expect_same(&b, "gradient", epl_gradient(task_loss(&b.query, phi), b.theta),
                epl_gradient(task_loss(&b.query, at), at));
    epl_scope_free(b.s);
}

Test(meta, no_steps_and_one_step)
{
    bed b = bed_new();
    epl_val none = epl_adapt(b.theta, task_loss, &b.support, .steps = 0);
    expect_same(&b, "none", none, b.theta);
    epl_val g = epl_gradient(task_loss(&b.support, b.theta), b.theta);
    expect_same(&b, "one", epl_adapt(b.theta, task_loss, &b.support),
                epl_sub(b.theta, epl_scale(g, 0.01)));
    epl_scope_free(b.s);
}

/* Only the leaves of the glob move. */
Test(meta, only_the_head)
{
    bed b = bed_new();
    double phi[PARAMS];
    epl_val v = epl_adapt(b.theta, task_loss, &b.support, .steps = 2, .only = "head.**",
                          .spec = epl_params_of(b.net), .optimizer = epl_optimizer_named("adamw"));
    cr_assert_eq(epl_eval(v, epl_at(phi, epl_f64(PARAMS))), EPL_OK, "%s", epl_scope_message(b.s));
    for (int i = 0; i < PARAMS; i++)
        cr_expect_eq(phi[i] != start[i], i >= 2 * HIDDEN, "[%d]", i);
    epl_scope_free(b.s);
}

/* The state goes on where it was: two loops of two steps are one of four. */
Test(meta, a_state_that_is_kept)
{
    bed b = bed_new();
    const double zeros[2 * PARAMS + 1] = {0};
    const epl_optimizer *adam = epl_optimizer_named("adam");
    epl_val state = epl_data(b.f, epl_at(zeros, epl_f64(2 * PARAMS + 1)));
    epl_val once = epl_adapt(b.theta, task_loss, &b.support, .steps = 4, .optimizer = adam);
    epl_val half =
        epl_adapt(b.theta, task_loss, &b.support, .steps = 2, .optimizer = adam, .state = &state);
    epl_val twice =
        epl_adapt(half, task_loss, &b.support, .steps = 2, .optimizer = adam, .state = &state);
    expect_same(&b, "state", once, twice);
    epl_scope_free(b.s);
}

/* Tasks in a map give what each gives alone. */
Test(meta, tasks_in_a_map)
{
    bed b = bed_new();
    epl_fn *each = epl_map(b.f);
    epl_val xs = epl_stack(epl_list(b.support.x, b.query.x));
    epl_val ys = epl_stack(epl_list(b.support.y, b.query.y));
    task one = {b.net, epl_each(each, xs, 0), epl_each(each, ys, 0)};
    epl_val phi = epl_adapt(epl_pass(each, b.theta), task_loss, &one, .steps = 3, .only = "head.**",
                            .spec = epl_params_of(b.net));
    epl_val phis = epl_collect(each, phi);
    const task *alone[2] = {&b.support, &b.query};
    epl_val sum = epl_zeros_like(b.theta);
    for (int i = 0; i < 2; i++) {
        epl_val v = epl_adapt(b.theta, task_loss, alone[i], .steps = 3, .only = "head.**",
                              .spec = epl_params_of(b.net));
        expect_same(&b, "task", epl_select(phis, 0, i), v);
        sum = epl_add(sum, epl_scale(v, 0.5));
    }
    expect_same(&b, "reptile", epl_reptile(b.theta, phis), epl_sub(b.theta, sum));
    epl_scope_free(b.s);
}

/* -- dead units ------------------------------------------------------------------------------ */
/* Units 0 and 1 never fire: their gradients are exactly 0, and so are Adam's averages. */
Test(meta, adam_behind_a_dead_relu)
{
    static const double dead[PARAMS] = {0.1, -0.2, 0.9, -9, -9, 0.3, 0.8, -0.6, 0.4, 0.05};
    const char *names[] = {"adam", "adamw"};
    for (int k = 0; k < 2; k++) {
        bed b = bed_new();
        double g[PARAMS], h[PARAMS];
        b.support.net = b.query.net = task_net(b.s, epl_nn_relu(b.s));
        epl_val theta = epl_data(b.f, epl_at(dead, epl_f64(PARAMS)));
        epl_val phi = epl_adapt(theta, task_loss, &b.support, .steps = 3, .lr = epl_num(0.1),
                                .optimizer = epl_optimizer_named(names[k]));
        epl_val meta = epl_gradient(task_loss(&b.query, phi), theta);
        epl_val third = epl_gradient(epl_sum(epl_square(meta)), theta);
        cr_assert_eq(epl_eval(meta, epl_at(g, epl_f64(PARAMS))), EPL_OK);
        cr_assert_eq(epl_eval(third, epl_at(h, epl_f64(PARAMS))), EPL_OK);
        for (int i = 0; i < PARAMS; i++)
            cr_expect(isfinite(g[i]) && isfinite(h[i]), "%s [%d]: %g, %g", names[k], i, g[i], h[i]);
        cr_expect(g[0] == 0 && g[3] == 0 && g[2] != 0 && g[8] != 0 && h[2] != 0);
        epl_scope_free(b.s);
    }
}

/* -- wrong use --------------------------------------------------------------------------------- */
static void expect_error(bed *b, epl_mark mark, epl_val v, const char *message)
{
    cr_expect(epl_is_none(v));
    cr_expect_str_eq(epl_scope_message(b->s), message);
    epl_scope_reset(b->s, mark);
}

Test(meta, wrong_use)
{
    bed b = bed_new();
    epl_mark m = epl_scope_mark(b.s);
    expect_error(
        &b, m, epl_adapt(b.theta, task_loss, &b.support, .steps = -1),
        "[adapt] a vector of parameters, a loss and a number of steps are needed (in \"bed\")");
    expect_error(
        &b, m, epl_adapt(b.theta, NULL, NULL),
        "[adapt] a vector of parameters, a loss and a number of steps are needed (in \"bed\")");
    expect_error(&b, m,
                 epl_adapt(b.theta, task_loss, &b.support, .steps = 2, .lrs = epl_list(b.theta)),
                 "[adapt] .lrs must hold a rate for each step (in \"bed\")");
    expect_error(&b, m, epl_adapt(b.theta, task_loss, &b.support, .only = "head.**"),
                 "[adapt] .only needs the .spec of the parameters (in \"bed\")");
    expect_error(
        &b, m,
        epl_adapt(b.theta, task_loss, &b.support, .only = "tail.**", .spec = epl_params_of(b.net)),
        "[adapt] no leaf matches .only (in \"bed\")");
    expect_error(&b, m, epl_by_leaf(epl_params_of(b.net), b.theta),
                 "[by_leaf] 4 numbers are expected, one for each leaf of the spec");
    cr_expect(epl_is_none(epl_adapt(EPL_NO_VAL, task_loss, &b.support)));
    epl_scope_free(b.s);
}
