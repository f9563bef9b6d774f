/* test_optim.c -- what optimizers are as functions: derivatives, per-parameter values, members
 * of a map, wrong use. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <string.h>

enum { P = 3 };

static epl_val numbers(epl_fn *f, const double *x, int64_t n)
{
    return epl_data(f, epl_at(x, epl_f64(n)));
}

/* Two steps on sum a p^2 / 2, then that again: a meta-loss of lr. */
static epl_val meta_loss(epl_fn *f, const epl_optimizer *o, epl_val lr, epl_val decay)
{
    static const double a[P] = {1, 0, 2}, start[P] = {1, 2, -1}, none[2 * P + 1];
    epl_val p = numbers(f, start, P),
            state = numbers(f, none, strcmp(o->name, "sgd") ? 2 * P + 1 : P + 1);
    epl_val hyper[8] = {lr}, c = numbers(f, a, P);
    for (size_t i = 0; o->hypers[i].name; i++)
        if (!strcmp(o->hypers[i].name, "weight_decay"))
            hyper[i] = decay;
        else if (!strcmp(o->hypers[i].name, "momentum"))
            hyper[i] = epl_num(0.5);
    for (int i = 0; i < 2; i++) {
        epl_val loss = epl_scale(epl_sum(epl_mul(c, epl_square(p))), 0.5);
        p = o->step(p, epl_gradient(loss, p), &state, hyper);
    }
    return epl_sum(epl_mul(c, epl_square(p)));
}

static double value_at(const epl_optimizer *o, double lr, double *slope)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "meta");
    epl_val rate = epl_data(f, epl_at(&lr, epl_f64()));
    epl_val loss = meta_loss(f, o, rate, EPL_NO_VAL);
    double v = epl_item(loss);
    if (slope)
        *slope = epl_item(epl_gradient(loss, rate));
    cr_expect_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    epl_scope_free(s);
    return v;
}

/* Where a gradient is exactly 0, as a[1] makes it, no derivative may be NaN. */
Test(optim, the_learning_rate_has_a_derivative)
{
    const epl_optimizer *o;
    for (size_t i = 0; (o = epl_optimizer_at(i)); i++) {
        double slope, h = 1e-5;
        value_at(o, 0.1, &slope);
        double expected = (value_at(o, 0.1 + h, NULL) - value_at(o, 0.1 - h, NULL)) / (2 * h);
        cr_expect_float_eq(slope, expected, 1e-6, "%s: %g expected, got %g", o->name, expected,
                           slope);
    }
}

Test(optim, decay_by_parameter)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "decay");
    const double start[P] = {1, 2, 3}, decay[P] = {0, 1, 0.5}, zero[P] = {0};
    double got[P];
    epl_val p = epl_opt_sgd(numbers(f, start, P), numbers(f, zero, P), NULL, .lr = epl_num(0.5),
                            .weight_decay = numbers(f, decay, P));
    cr_assert_eq(epl_eval(p, epl_at(got, epl_f64(P))), EPL_OK, "%s", epl_scope_message(s));
    cr_expect(got[0] == 1 && got[1] == 1 && got[2] == 2.25);
    epl_scope_free(s);
}

/* Each member of a map has a learning rate of its own. */
Test(optim, members_with_rates_of_their_own)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "members");
    const double rates[2] = {0.1, 0.2};
    epl_fn *member = epl_map(f);
    epl_val rate = epl_each(member, numbers(f, rates, 2), 0);
    epl_val all =
        epl_collect(member, meta_loss(member, epl_optimizer_named("adam"), rate, epl_num(0.1)));
    for (int i = 0; i < 2; i++) {
        epl_val one = meta_loss(f, epl_optimizer_named("adam"),
                                epl_select(numbers(f, rates, 2), 0, i), epl_num(0.1));
        cr_expect_float_eq(epl_item(epl_select(all, 0, i)), epl_item(one), 1e-14, "%s",
                           epl_scope_message(s));
    }
    epl_scope_free(s);
}

Test(optim, wrong_use)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "wrong");
    const double x[2 * P] = {0};
    epl_val p = numbers(f, x, P), state = numbers(f, x, P);
    epl_mark mark = epl_scope_mark(s);
    cr_expect(epl_is_none(epl_opt_adam(p, p, &state)));
    cr_expect_str_eq(epl_scope_message(s),
                     "[adam] the state must be f64[7] (2 slots and a step count), got f64[3] "
                     "(in \"wrong\": :adam)");
    epl_scope_reset(s, mark);
    cr_expect(epl_is_none(epl_opt_adam(p, p, NULL)));
    cr_expect_neq(epl_scope_status(s), EPL_OK);
    epl_scope_reset(s, mark);
    cr_expect(epl_is_none(epl_opt_sgd(p, numbers(f, x, 2), NULL)));
    cr_expect_neq(epl_scope_status(s), EPL_OK);
    epl_scope_reset(s, mark);
    cr_expect(epl_is_none(epl_opt_sgd(p, p, &state, .nesterov = true)));
    cr_expect_str_eq(epl_scope_message(s),
                     "[sgd] nesterov needs a state, a momentum, and no dampening (in \"wrong\")");
    epl_scope_reset(s, mark);
    cr_expect(epl_is_none(epl_opt_sgd(EPL_NO_VAL, p, NULL)));
    cr_expect_null(epl_optimizer_named("none"));
    cr_expect_null(epl_optimizer_named(NULL));
    epl_scope_free(s);
}

Test(optim, tables_name_torchs_options)
{
    const char *want[][8] = {
        {"lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize", NULL},
        {"lr", "beta1", "beta2", "eps", "weight_decay", "maximize", NULL},
        {"lr", "beta1", "beta2", "eps", "weight_decay", "maximize", NULL}};
    const epl_optimizer *o;
    for (size_t i = 0; (o = epl_optimizer_at(i)); i++) {
        size_t k = 0;
        for (; want[i][k]; k++)
            cr_expect_str_eq(o->hypers[k].name, want[i][k]);
        cr_expect_null(o->hypers[k].name);
        cr_expect(*o->doc && o->hypers[0].value == 1e-3);
    }
    cr_expect_eq(epl_optimizer_named("adamw")->hypers[4].value, 1e-2);
}
