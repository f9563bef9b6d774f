/* test_check.c -- checked plans: which operation is named, with what words, and where none is. */
#include "check_says.h"

#define FOUR epl_f64(4)
static const double good[4] = {1, 2, 3, 4}, with_zero[4] = {1, 2, 0, 4}, below[4] = {1, 2, 3, -4};

static void log_of(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    y[0] = epl_log(x);
}

Test(check, an_operation_is_named_with_element_type_and_operand)
{
    subject b = {log_of, EPL_CHECK_NAN, FOUR, 1};
    cr_expect_str_eq(said(&b, good, 4, 0), "");
    cr_expect_str_eq(said(&b, below, 4, 0), "[log] makes nan at [3] of f64[4], of -4");
    cr_expect_str_eq(said(&b, with_zero, 4, 0), "", "an infinity is no NaN");
    b.what = EPL_CHECK_FINITE;
    cr_expect_str_eq(said(&b, with_zero, 4, 0), "[log] makes -inf at [2] of f64[4], of 0");
    b.what = EPL_CHECK_OFF;
    cr_expect_str_eq(said(&b, below, 4, 0), "");
}

/* One kernel does all four; the square root alone is to blame, and only where it is. */
static void four_in_one(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    y[0] = epl_square(epl_tanh(epl_sqrt(epl_neg(epl_sub(x, epl_num(2.5))))));
    y[1] = epl_exp(x);
}

Test(check, a_fused_step_is_looked_into)
{
    subject b = {four_in_one, EPL_CHECK_NAN, FOUR, 1};
    cr_expect_str_eq(said(&b, good, 4, 4), "[sqrt] makes nan at [2] of f64[4], of -0.5");
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "steps");
    subject_build(f, &b);
    cr_expect_eq(epl_plan_steps(epl_compile(s, f)), 1);
    epl_scope_free(s);
}

/* -- derivatives ------------------------------------------------------------------------- */
static void sqrt_backward(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    y[0] = epl_sum(epl_sqrt(epl_square(x)));
    y[1] = epl_gradient(y[0], x);
}

static void power_twice(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    y[0] = epl_gradient(epl_sum(epl_mul(x, epl_sqrt(epl_mul(x, epl_square(x))))), x);
}

static void second_order(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    epl_val g = epl_gradient(epl_sum(epl_pow(x, epl_num(1.5))), x);
    y[0] = g;
    y[1] = epl_gradient(epl_sum(g), x);
}

Test(check, an_operation_of_a_derivative_names_what_it_derives)
{
    subject b = {sqrt_backward, EPL_CHECK_NAN, FOUR, 1};
    cr_expect_str_eq(said(&b, good, 1, 4), "");
    const char *message = said(&b, with_zero, 1, 4);
    cr_expect(strstr(message, "] makes nan at [2] of f64[4] (:derivative of "), "%s", message);
    b.what = EPL_CHECK_FINITE;
    message = said(&b, with_zero, 1, 4);
    cr_expect_str_eq(message, "[div] makes inf at [2] of f64[4] (:derivative of sqrt), of 1 and 0");
    b.build = power_twice;
    message = said(&b, with_zero, 4, 0);
    cr_expect(strstr(message, "] makes inf at [2] of f64[4] (:derivative of sqrt)") ||
                  strstr(message, "] makes nan at [2] of f64[4] (:derivative of sqrt)"),
              "%s", message);
}

Test(check, second_order_alone)
{
    subject b = {second_order, EPL_CHECK_FINITE, FOUR, 1};
    cr_expect_str_eq(said(&b, good, 4, 4), "");
    const char *message = said(&b, with_zero, 4, 4);
    cr_expect(strstr(message, "makes inf at [2] of f64[4] (:second derivative of pow)"), "%s",
              message);
}

/* -- what comes in, and constants ------------------------------------------------------------ */
static void masked(epl_fn *f, epl_val x, epl_val *y)
{
    double mask[4] = {0, -INFINITY, 0, 0};
    epl_val open = epl_data(f, epl_at(mask, epl_f64(4)));
    y[0] = epl_softmax(epl_add(x, open), .dim = 0);
    y[1] = epl_gradient(epl_sum(epl_square(y[0])), x);
}

static void all_masked(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    epl_val never = epl_gt(x, epl_num(1)), least = epl_num(-INFINITY);
    y[0] = epl_softmax(epl_masked_fill(x, never, least), .dim = 0);
}

Test(check, infinite_constants_are_no_fault_but_a_nan_from_them_is)
{
    static const double high[4] = {2, 3, 4, 5};
    subject b = {masked, EPL_CHECK_FINITE, FOUR, 1};
    cr_expect_str_eq(said(&b, good, 4, 4), "");
    b.build = all_masked;
    const char *message = said(&b, high, 4, 0);
    cr_expect(strstr(message, "] makes nan at [0] of f64[4] (:softmax), of -inf and -inf"), "%s",
              message);
}

static void unread(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    y[0] = epl_add(epl_zeros_like(x), epl_num(1));
}

Test(check, inputs_come_first)
{
    static const double nan[4] = {1, NAN, 3, -4}, inf[4] = {1, 2, INFINITY, -4};
    subject b = {log_of, EPL_CHECK_NAN, FOUR, 1};
    cr_expect_str_eq(said(&b, nan, 4, 0), "[run] input \"x\" holds nan at [1] of f64[4]");
    cr_expect_str_eq(said(&b, inf, 4, 0), "[log] makes nan at [3] of f64[4], of -4");
    b.what = EPL_CHECK_FINITE;
    cr_expect_str_eq(said(&b, inf, 4, 0), "[run] input \"x\" holds inf at [2] of f64[4]");
    b.build = unread;
    cr_expect_str_eq(said(&b, nan, 4, 0), "", "what is not read is not looked at");
}

static void constant_nan(epl_fn *f, epl_val x, epl_val *y)
{
    static const double known[4] = {1, NAN, 1, 1};
    y[0] = epl_mul(epl_add(x, epl_data(f, epl_at((void *)(uintptr_t)known, epl_f64(4)))), x);
}

static void folded(epl_fn *f, epl_val x, epl_val *y)
{
    epl_val least = epl_neg(epl_exp(epl_zeros_like(x)));
    (void)f;
    y[0] = epl_mul(epl_gt(x, epl_num(1)), epl_log(least));
}

Test(check, constants_that_are_nan)
{
    epl_scope *s = epl_scope_new(NULL);
    subject b[2] = {{constant_nan, EPL_CHECK_NAN, FOUR, 1}, {folded, EPL_CHECK_NAN, FOUR, 1}};
    static const char *const words[2] = {"[add] passes on nan at [1] of f64[4], of 1 and nan",
                                         "[log] makes nan at [0] of f64[4], of -1"};
    for (int i = 0; i < 2; i++) {
        double ones[4] = {1, 1, 1, 1}, out[4];
        epl_work *w = epl_work_new(s, NULL);
        epl_plan plan = epl_jit(s, subject_build, &b[i]);
        cr_expect_eq(
            epl_run(plan, epl_arrays(epl_at(ones, FOUR)), epl_arrays(epl_at(out, FOUR)), w),
            EPL_ERR_DATA);
        cr_expect_str_eq(epl_work_message(w), words[i]);
    }
    epl_scope_free(s);
}

/* -- choices --------------------------------------------------------------------------------- */
static void guarded(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    y[0] = epl_where(epl_gt(x, epl_num(0)), epl_mul(epl_log(x), epl_num(3)), epl_num(0));
    y[1] = epl_square(y[0]);
}

static void chosen(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    y[0] = epl_where(epl_lt(x, epl_num(10)), epl_log(x), epl_num(0));
}

/* The logarithm lies in memory before the choice is made: the product stands between them. */
static void guarded_far(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    epl_val l = epl_log(x),
            m = epl_matmul(epl_reshape(x, epl_dims(2, 2)), epl_reshape(x, epl_dims(2, 2)));
    epl_val c = epl_gt(epl_reshape(m, epl_dims(4)), epl_num(-100));
    y[0] = epl_where(c, epl_num(0), l);
    y[1] = epl_where(c, l, epl_num(0));
}

Test(check, what_a_choice_drops_is_no_fault)
{
    subject b = {guarded, EPL_CHECK_FINITE, FOUR, 1};
    cr_expect_str_eq(said(&b, below, 4, 4), "");
    cr_expect_str_eq(said(&b, with_zero, 4, 4), "");
    b.build = chosen;
    cr_expect_str_eq(said(&b, below, 4, 0), "[log] makes nan at [3] of f64[4], of -4");
    b.build = guarded_far;
    cr_expect_str_eq(said(&b, below, 4, 4),
                     "[select] passes on nan at [3] of f64[4], of nan of log");
}

/* -- other kernels ----------------------------------------------------------------------------- */
static void product(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    epl_val m = epl_reshape(epl_scale(x, 1e200), epl_dims(2, 2));
    y[0] = epl_sum(epl_matmul(m, epl_permute(m, epl_axes(1, 0))));
}

static void difference(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    epl_val big = epl_mul(epl_scale(x, 1e300), epl_num(1e8));
    y[0] = epl_cumsum(epl_mul(big, epl_sub(x, epl_num(2.5))), 0);
}

static void half(epl_fn *f, epl_val x, epl_val *y)
{
    (void)f;
    y[0] = epl_cast(epl_cast(epl_scale(x, 20000), EPL_F16), EPL_F64);
}

Test(check, conversions_overflow)
{
    subject b = {half, EPL_CHECK_FINITE, FOUR, 1};
    cr_expect_str_eq(said(&b, good, 4, 0), "[cast] makes inf at [3] of f16[4], of 80000");
}

Test(check, other_kernels_tell_the_ranges_of_what_they_read)
{
    epl_scope *s = epl_scope_new(NULL);
    subject b[2] = {{product, EPL_CHECK_FINITE, FOUR, 1}, {difference, EPL_CHECK_NAN, FOUR, 1}};
    static const char *const words[2] = {
        "[dot] makes inf at [0, 0] of f64[2,2], of f64[2,2] from 1e+200 to 4e+200 and f64[2,2] "
        "from 1e+200 to 4e+200",
        "[cumsum] makes nan at [2] of f64[4], of f64[4] from -inf to inf"};
    for (int i = 0; i < 2; i++) {
        double out[4];
        epl_work *w = epl_work_new(s, NULL);
        epl_plan plan = epl_jit(s, subject_build, &b[i]);
        epl_array to = epl_at(out, epl_f64(i ? 4 : 1)), x = epl_at((void *)(uintptr_t)good, FOUR);
        cr_expect_eq(epl_run(plan, epl_arrays(x), epl_arrays(to), w), EPL_ERR_DATA);
        cr_expect_str_eq(epl_work_message(w), words[i]);
    }
    epl_scope_free(s);
}
