/* test_check_places.c -- checked plans: places in modules and loops, updates, threads, memory. */
#include "../short_memory.h"
#include "check_says.h"

/* -- modules --------------------------------------------------------------------------------- */
typedef struct {
    epl_scope *scope;
} log_args;

static epl_val log_apply(epl_ctx *c, const void *args, epl_val x)
{
    (void)c;
    (void)args;
    return epl_sqrt(epl_square(epl_log(x)));
}

static const epl_attr log_attrs[] = {EPL_ATTR_END};
static const epl_kind log_kind = {.name = "Log",
                                  .version = 1,
                                  .args_size = sizeof(log_args),
                                  .attrs = log_attrs,
                                  .apply = log_apply};

enum { IN = 3, OUT = 2, ROWS = 4, PARAMS = IN * OUT + OUT };
typedef struct {
    epl_module net;
    epl_check what;
} learner;

static void learn(epl_fn *f, const void *data)
{
    const learner *l = data;
    epl_fn_check(f, l->what);
    epl_val theta = epl_input_tree(f, "params", epl_params_of(l->net));
    epl_val x = epl_input(f, "x", epl_f64(ROWS, IN));
    epl_val loss = epl_mean(epl_apply(l->net, theta, x));
    epl_update(f, "params", epl_sub(theta, epl_scale(epl_gradient(loss, theta), 0.125)));
    epl_output(f, "loss", loss);
}

typedef struct {
    epl_scope *s;
    learner l;
    epl_plan plan;
    epl_work *w;
    double theta[PARAMS], x[ROWS * IN], loss;
} learning;

/* weight [IN, OUT] and bias [OUT] in some order; all ones. */
static void start(learning *t, epl_check what, epl_pool *pool)
{
    epl_module log = EPL_MODULE(1, &log_kind, log_args, t->s);
    epl_module net = epl_nn_sequential(t->s, {"fc1", epl_nn_linear(t->s, OUT)}, {"second", log});
    t->l = (learner){epl_infer(t->s, net, epl_f64(ROWS, IN)), what};
    t->plan = epl_jit(t->s, learn, &t->l);
    t->w = epl_work_new(t->s, pool);
    for (int i = 0; i < PARAMS; i++)
        t->theta[i] = 1 + i * 0.25;
    for (int i = 0; i < ROWS * IN; i++)
        t->x[i] = 1 + i * 0.5;
}

static epl_status once(learning *t)
{
    epl_array theta = {t->theta, epl_f64(PARAMS)};
    theta.type.spec = epl_params_of(t->l.net);
    return epl_run(t->plan, epl_arrays(theta, epl_at(t->x, epl_f64(ROWS, IN))),
                   epl_arrays(epl_at(&t->loss, epl_f64())), t->w);
}

Test(check_places, modules_forward_and_backward)
{
    learning t = {.s = epl_scope_new(NULL)};
    double kept[PARAMS];
    start(&t, EPL_CHECK_NAN, NULL);
    cr_expect_eq(once(&t), EPL_OK, "%s", epl_work_message(t.w));
    memcpy(kept, t.theta, sizeof kept);
    t.x[7] = -1000; /* row 2 */
    cr_expect_eq(once(&t), EPL_ERR_DATA);
    const char *message = epl_work_message(t.w);
    cr_expect(strstr(message, "[log] makes nan at [2, 0] of f64[4,2] (second), of -") == message,
              "%s", message);
    cr_expect_arr_eq(kept, t.theta, sizeof kept, "updated inputs are as they were");
    t.x[7] = 1;
    cr_expect_eq(once(&t), EPL_OK);
    for (int i = 0; i < PARAMS; i++) /* log is 0, and so is what sqrt derives from */
        t.theta[i] = 0;
    const epl_leaf_spec *bias = epl_spec_find(epl_params_of(t.l.net), "fc1.bias");
    t.theta[bias->offset] = t.theta[bias->offset + 1] = 1;
    cr_expect_eq(once(&t), EPL_ERR_DATA);
    message = epl_work_message(t.w);
    cr_expect(strstr(message, "] makes nan at [0, 0] of f64[4,2] (second:derivative of "), "%s",
              message);
    epl_scope_free(t.s);
}

Test(check_places, a_leaf_of_the_parameters_is_named)
{
    learning t = {.s = epl_scope_new(NULL)};
    start(&t, EPL_CHECK_FINITE, NULL);
    const epl_leaf_spec *weight = epl_spec_find(epl_params_of(t.l.net), "fc1.weight");
    t.theta[weight->offset + 5] = NAN;
    cr_expect_eq(once(&t), EPL_ERR_DATA);
    const char *where = weight->shape.dim[0] == OUT ? "[1, 2] of f64[2,3]" : "[2, 1] of f64[3,2]";
    char words[200];
    snprintf(words, sizeof words, "[run] input \"params\", leaf \"fc1.weight\" holds nan at %s",
             where);
    cr_expect_str_eq(epl_work_message(t.w), words);
    epl_scope_free(t.s);
}

/* Checked or not, alone or with others: the same bits. */
Test(check_places, the_bits_are_those_of_an_unchecked_plan)
{
    learning t[3] = {
        {.s = epl_scope_new(NULL)}, {.s = epl_scope_new(NULL)}, {.s = epl_scope_new(NULL)}};
    start(&t[0], EPL_CHECK_OFF, NULL);
    start(&t[1], EPL_CHECK_FINITE, NULL);
    start(&t[2], EPL_CHECK_FINITE, epl_pool_new(t[2].s, 3));
    for (int step = 0; step < 5; step++)
        for (int i = 0; i < 3; i++) {
            cr_assert_eq(once(&t[i]), EPL_OK, "%s", epl_work_message(t[i].w));
            cr_expect_arr_eq(t[i].theta, t[0].theta, sizeof t->theta);
            cr_expect_arr_eq(&t[i].loss, &t[0].loss, sizeof t->loss);
        }
    for (int i = 0; i < 3; i++)
        epl_scope_free(t[i].s);
}

/* -- loops ------------------------------------------------------------------------------------- */
static void falling(epl_fn *f, epl_val x, epl_val *y)
{
    epl_fn *t = epl_scan(f, .length = 6);
    epl_val h = epl_carry(t, epl_scale(x, 4.5)), one = epl_num(1);
    epl_next(t, h, epl_square(epl_sqrt(epl_sub(h, one))));
    y[0] = epl_last(t, h);
}

static void each_entry(epl_fn *f, epl_val x, epl_val *y)
{
    epl_fn *t = epl_scan(f);
    epl_val h = epl_carry(t, epl_zeros_like(epl_select(x, 0, 0)));
    epl_next(t, h, epl_add(h, epl_sqrt(epl_each(t, x, 0))));
    y[0] = epl_last(t, h);
    y[1] = epl_gradient(epl_sum(y[0]), x);
}

static void until(epl_fn *f, epl_val x, epl_val *y)
{
    epl_fn *t = epl_while(f);
    epl_val h = epl_carry(t, epl_sum(x)), k = epl_carry(t, epl_sum(epl_zeros_like(x)));
    epl_keep_going(t, epl_lt(k, epl_num(4)));
    epl_next(t, h, epl_log(h));
    epl_next(t, k, epl_add(k, epl_num(1)));
    y[0] = epl_last(t, h);
}

static void nested(epl_fn *f, epl_val x, epl_val *y)
{
    epl_fn *t = epl_scan(f);
    epl_val h = epl_carry(t, epl_sum(epl_zeros_like(x))), row = epl_each(t, x, 0);
    epl_fn *u = epl_scan(t);
    epl_val k = epl_carry(u, h);
    epl_next(u, k, epl_add(k, epl_log(epl_each(u, row, 0))));
    epl_next(t, h, epl_last(u, k));
    y[0] = epl_last(t, h);
}

static void sides(epl_fn *f, epl_val x, epl_val *y)
{
    epl_val total = epl_sum(x);
    epl_fn *up = epl_when(f, epl_gt(total, epl_num(0))), *down = epl_otherwise(up);
    y[0] = epl_either(up, epl_log(epl_pass(up, total)), down, epl_sqrt(epl_pass(down, total)));
}

Test(check_places, loops_tell_the_step)
{
    static const double two[4] = {1, 0.625, 1, 1}, zero[4] = {1, 1, 1, 0}, low[4] = {1, 2, -3, 4};
    static const double all_low[4] = {-1, -2, -3, -4};
    subject b = {falling, EPL_CHECK_NAN, epl_f64(4), 9};
    cr_expect_str_eq(said(&b, two, 4, 0),
                     "[sqrt] makes nan at [1] of f64[4], of -0.1875, in step 2 of a scan of 6");
    b.build = each_entry;
    cr_expect_str_eq(said(&b, low, 1, 4),
                     "[sqrt] makes nan at [] of f64[], of -3, in step 2 of a scan of 4");
    b.what = EPL_CHECK_FINITE;
    const char *message = said(&b, zero, 1, 4);
    cr_expect(strstr(message, "makes inf at [] of f64[] (:derivative of sqrt), of ") &&
                  strstr(message, ", in step 3 of a scan of 4 backwards"),
              "%s", message);
    b = (subject){nested, EPL_CHECK_NAN, epl_f64(2, 2), 1};
    cr_expect_str_eq(
        said(&b, low, 1, 0),
        "[log] makes nan at [] of f64[], of -3, in step 0 of a scan of 2, in step 1 of "
        "a scan of 2");
    b = (subject){sides, EPL_CHECK_NAN, epl_f64(4), 1};
    cr_expect_str_eq(said(&b, all_low, 1, 0), "[sqrt] makes nan at [] of f64[], of -10");
}

Test(check_places, a_while_tells_the_step)
{
    epl_scope *s = epl_scope_new(NULL);
    subject b = {until, EPL_CHECK_NAN, epl_f64(4), 1};
    epl_plan plan = epl_jit(s, subject_build, &b);
    epl_work *w = epl_work_new(s, NULL);
    double x[4] = {1, 2, 3, 4}, out[1]; /* ln 10 = 2.3, 0.83, -0.18: the fourth fails */
    cr_expect_eq(
        epl_run(plan, epl_arrays(epl_at(x, epl_f64(4))), epl_arrays(epl_at(out, epl_f64(1))), w),
        EPL_ERR_DATA);
    cr_expect_str_eq(epl_work_message(w),
                     "[log] makes nan at [] of f64[], of -0.181483, in step 3 of a while");
    epl_scope_free(s);
}

/* A body with a rule of its own is looked into, and so is the rule. */
static void with_rule(epl_fn *f, epl_val x, epl_val *y)
{
    epl_fn *c = epl_custom(f);
    epl_val in = epl_pass(c, x), out = epl_log(in);
    epl_fn *r = epl_custom_vjp(c);
    epl_give(r, in, epl_sqrt(epl_sub(epl_cotangent(r, out), epl_primal(r, in))));
    y[0] = epl_last(c, out);
    y[1] = epl_gradient(epl_sum(y[0]), x);
}

Test(check_places, rules_of_ones_own)
{
    static const double low[4] = {1, 1, -3, 1}, high[4] = {1, 4, 1, 1};
    subject b = {with_rule, EPL_CHECK_NAN, epl_f64(4), 1};
    cr_expect_str_eq(said(&b, low, 4, 4), "[log] makes nan at [2] of f64[4], of -3");
    const char *message = said(&b, high, 4, 4);
    cr_expect_str_eq(message, "[sqrt] makes nan at [1] of f64[4] (:derivative of an inner "
                              "function), of -3");
}

/* -- use --------------------------------------------------------------------------------------- */
Test(check_places, values_that_are_computed_now)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "now");
    double x[3] = {1, -2, 3}, out[3];
    epl_fn_check(f, EPL_CHECK_NAN);
    epl_val y = epl_sqrt(epl_data(f, epl_at(x, epl_f64(3))));
    cr_expect_eq(epl_eval(y, epl_at(out, epl_f64(3))), EPL_ERR_DATA);
    cr_expect_str_eq(epl_scope_message(s), "[sqrt] makes nan at [1] of f64[3], of -2 (in \"now\")");
    epl_scope_free(s);
}

Test(check_places, wrong_use)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "wrong");
    epl_fn_check(NULL, EPL_CHECK_NAN);
    epl_fn_check(epl_scan(f, .length = 2), EPL_CHECK_NAN);
    cr_expect_str_eq(
        epl_scope_message(s),
        "[check] an inner function is checked with its outer one (in a scan in \"wrong\")");
    epl_scope_free(s);
    s = epl_scope_new(NULL);
    epl_fn_check(epl_fn_new(s, "wrong"), (epl_check)7);
    cr_expect_str_eq(epl_scope_message(s), "[check] 7 is no check (in \"wrong\")");
    epl_scope_free(s);
}

/* A run without a fault takes no memory; without memory a fault cannot be looked into. */
Test(check_places, memory_is_taken_where_there_is_a_fault)
{
    budget c = {.left = SIZE_MAX};
    epl_alloc alloc = {short_of, &c};
    learning t = {.s = epl_scope_new(&alloc)};
    start(&t, EPL_CHECK_NAN, NULL);
    cr_expect_eq(once(&t), EPL_OK);
    c.left = 0;
    cr_expect_eq(once(&t), EPL_OK);
    t.x[7] = -1000;
    cr_expect_eq(once(&t), EPL_ERR_MEMORY);
    cr_expect(strstr(epl_work_message(t.w), "[check] no memory to look into a step"), "%s",
              epl_work_message(t.w));
    c.left = SIZE_MAX;
    cr_expect_eq(once(&t), EPL_ERR_DATA);
    cr_expect(strstr(epl_work_message(t.w), "[log] makes nan"), "%s", epl_work_message(t.w));
    epl_scope_free(t.s);
}

/* Making, running and looking: memory may go at any point. */
Test(check_places, every_allocation_may_fail)
{
    for (size_t n = 0;; n++) {
        budget c = {n, 0};
        epl_alloc alloc = {short_of, &c};
        epl_scope *s = epl_scope_new(&alloc);
        subject b = {each_entry, EPL_CHECK_NAN, epl_f64(4), 1};
        double x[4] = {1, 2, -3, 4}, y[1], g[4];
        epl_plan plan = epl_jit(s, subject_build, &b);
        epl_work *w = epl_work_new(s, NULL);
        epl_status status = epl_run(plan, epl_arrays(epl_at(x, epl_f64(4))),
                                    epl_arrays(epl_at(y, epl_f64(1)), epl_at(g, epl_f64(4))), w);
        cr_assert(status != EPL_OK && *epl_work_message(w));
        epl_scope_free(s);
        cr_assert_eq(c.held, 0);
        if (status == EPL_ERR_DATA)
            break;
        cr_assert_eq(status, EPL_ERR_MEMORY);
        cr_assert_lt(n, 4000);
    }
}
