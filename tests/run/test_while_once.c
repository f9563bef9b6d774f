/* test_while_once.c -- what is the same at all steps of a while is done once, and only if the
 * loop takes a step: counted, against the loop written out, with errors and checks. */
#include "../value_test.h"

enum { N = 4, MOST = 6 };
static int made; /* numbers that "dear" computed */

static bool dear_kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                        char *message)
{
    int64_t n = epl_count(in[0].type);
    const double *x = in[0].data;
    (void)count, (void)attrs;
    for (int64_t i = 0; i < n; i++) {
        if (x[i] < 0) {
            strcpy(message, "a number is negative");
            return false;
        }
        ((double *)out[0].data)[i] = sqrt(x[i]);
    }
    made += (int)n;
    return true;
}

static const epl_prim dear_prim = {.name = "dear",
                                   .formula = "y = sqrt x, counted",
                                   .inputs = 1,
                                   .elementwise = true,
                                   .kernel = dear_kernel};

static epl_val dear(epl_val x)
{
    return epl_op(&dear_prim, epl_list(x), NULL);
}

TestSuite(while_once, .init = open_scope, .fini = drop_scope);

/* While the sum of |h| is below `sum dear(x)`, MOST steps at most: h <- h / 2 + dear(w) m, k <- k
 * + 1. */
static epl_val loop(epl_fn *in, epl_val h0, epl_val x, epl_val w, epl_val m, epl_val *steps)
{
    epl_fn *t = epl_while(in);
    epl_val h = epl_carry(t, h0), k = epl_carry(t, epl_zeros(in, epl_f64()));
    epl_val most = epl_sum(dear(epl_pass(t, x)));
    epl_val low = epl_lt(epl_sum(epl_abs(h)), most);
    epl_keep_going(t, epl_logical_and(low, epl_lt(k, epl_num(MOST))));
    epl_val own = epl_matmul(dear(epl_pass(t, w)), epl_pass(t, m));
    epl_next(t, h, epl_add(epl_scale(h, 0.5), own));
    epl_next(t, k, epl_add(k, epl_num(1)));
    *steps = epl_last(t, k);
    return epl_last(t, h);
}

static double xs[N] = {4, 9, 1, 0.25}, ws[N] = {0.5, 0.25, 1, 0.125}, ms[N * N], hs[N];

static epl_status run_loop(epl_check check, double *h, double *steps, const char **message)
{
    for (int i = 0; i < N * N; i++)
        ms[i] = 0.3 + 0.1 * sin(i);
    epl_val x = epl_input(f, "x", epl_f64(N)), w = epl_input(f, "w", epl_f64(N));
    epl_val m = epl_input(f, "m", epl_f64(N, N)), h0 = epl_input(f, "h", epl_f64(N)), k;
    epl_output(f, "end", loop(f, h0, x, w, m, &k));
    epl_output(f, "steps", k);
    epl_fn_check(f, check);
    epl_work *work = epl_work_new(s, NULL);
    made = 0;
    epl_status status = epl_run(epl_compile(s, f),
                                epl_arrays(epl_at(xs, epl_f64(N)), epl_at(ws, epl_f64(N)),
                                           epl_at(ms, epl_f64(N, N)), epl_at(hs, epl_f64(N))),
                                epl_arrays(epl_at(h, epl_f64(N)), epl_at(steps, epl_f64())), work);
    *message = epl_work_message(work);
    return status;
}

/* The same in C. */
static int written_out(double *h)
{
    double most = 0, sum;
    int k = 0;
    memcpy(h, hs, sizeof hs);
    for (int i = 0; i < N; i++)
        most += sqrt(xs[i]);
    for (;; k++) {
        double next[N];
        sum = 0;
        for (int i = 0; i < N; i++)
            sum += fabs(h[i]);
        if (sum >= most || k == MOST)
            return k;
        for (int j = 0; j < N; j++) {
            next[j] = 0.5 * h[j];
            for (int i = 0; i < N; i++)
                next[j] += sqrt(ws[i]) * ms[i * N + j];
        }
        memcpy(h, next, sizeof next);
    }
}

static void again(void)
{
    drop_scope();
    open_scope();
}

static void takes_steps(bool some, epl_check check)
{
    double h[N], steps, plain[N];
    const char *message;
    again();
    cr_assert_eq(run_loop(check, h, &steps, &message), EPL_OK, "%s", message);
    int want = written_out(plain);
    cr_assert(some ? want > 1 : want == 0, "%d", want);
    cr_expect_eq(steps, want);
    for (int i = 0; i < N; i++)
        cr_expect_float_eq(h[i], plain[i], 1e-12, "%d: %g, not %g", i, h[i], plain[i]);
    /* The condition's once, for it is always asked; the step's only where there is one. */
    cr_expect_eq(made, want ? 2 * N : N, "%d", made);
}

Test(while_once, the_condition_once_and_the_step_once)
{
    for (int check = 0; check < 2; check++) {
        memset(hs, 0, sizeof hs);
        xs[0] = 4;
        takes_steps(true, check ? EPL_CHECK_NAN : EPL_CHECK_OFF);
        hs[0] = 100;
        takes_steps(false, check ? EPL_CHECK_NAN : EPL_CHECK_OFF);
    }
}

/* An error of what would be done once is none where no step is taken. */
Test(while_once, errors_of_steps_that_are_not_taken)
{
    double h[N], steps;
    const char *message;
    ws[1] = -1;
    memset(hs, 0, sizeof hs);
    cr_expect_eq(run_loop(EPL_CHECK_OFF, h, &steps, &message), EPL_ERR_DATA);
    cr_expect(strstr(message, "[dear] a number is negative") &&
                  strstr(message, "in step 0 of a while"),
              "%s", message);
    hs[0] = 100;
    takes_steps(false, EPL_CHECK_OFF);
    takes_steps(false, EPL_CHECK_NAN);
    ws[1] = 0.25;
}

/* ... nor is a NaN of it, in a checked plan. */
static epl_status log_of(double number, double from, const char **message)
{
    again();
    epl_val h0 = epl_input(f, "h", epl_f64()), w = epl_input(f, "w", epl_f64(N));
    epl_fn *t = epl_while(f);
    epl_val h = epl_carry(t, h0);
    epl_keep_going(t, epl_lt(h, epl_num(3)));
    epl_next(t, h, epl_add(epl_add(h, epl_num(1)), epl_amax(epl_sin(epl_log(epl_pass(t, w))))));
    epl_output(f, "h", epl_last(t, h));
    epl_fn_check(f, EPL_CHECK_NAN);
    epl_work *work = epl_work_new(s, NULL);
    double numbers[N] = {1, number, 1, 1}, out;
    epl_status status = epl_run(epl_compile(s, f),
                                epl_arrays(epl_at(&from, epl_f64()), epl_at(numbers, epl_f64(N))),
                                epl_arrays(epl_at(&out, epl_f64())), work);
    *message = epl_work_message(work);
    return status;
}

Test(while_once, checks_of_steps_that_are_not_taken)
{
    const char *message;
    cr_expect_eq(log_of(-1, 0, &message), EPL_ERR_DATA);
    cr_expect(strstr(message, "[log] makes nan at [1]") && strstr(message, "in step 0 of a while"),
              "%s", message);
    cr_expect_eq(log_of(-1, 5, &message), EPL_OK, "%s", message);
    cr_expect_eq(log_of(1, 0, &message), EPL_OK, "%s", message);
}

/* Loops in loops: each keeps what it did once while the inner ones run. */
static epl_val nested(epl_fn *in, epl_val x, epl_val square)
{
    epl_fn *t = epl_while(in);
    epl_val z = epl_carry(t, x), n = epl_carry(t, epl_zeros(in, epl_f64())), k;
    epl_val bend = epl_matmul(epl_sin(x), square); /* the same at all steps */
    epl_keep_going(t, epl_lt(n, epl_sum(epl_exp(epl_scale(bend, 0.5)))));
    epl_val end = loop(t, epl_scale(z, 0.1), epl_abs(bend), epl_abs(epl_cos(bend)), square, &k);
    epl_next(t, z, epl_add(epl_tanh(end), epl_mul(bend, k)));
    epl_next(t, n, epl_add(n, epl_num(1)));
    return epl_sum(epl_mul(epl_last(t, z), epl_last(t, n)));
}

Test(while_once, in_one_another_and_mapped)
{
    enum { ROWS = 3 };
    double rows[ROWS * N], m[N * N], plan[2][ROWS], plain[2][ROWS];
    for (int i = 0; i < ROWS * N; i++)
        rows[i] = 0.2 + fabs(sin(i));
    for (int i = 0; i < N * N; i++)
        m[i] = 0.4 * cos(i);
    epl_val all = epl_data(f, epl_at(rows, epl_f64(ROWS, N)));
    epl_val square = epl_data(f, epl_at(m, epl_f64(N, N)));
    for (int way = 0; way < 2; way++) {
        epl_fn *map = epl_map(f, .chunk = way);
        epl_val y = nested(map, epl_each(map, all, 0), square);
        epl_output(f, way ? "in turn" : "at once", epl_collect(map, y));
    }
    epl_type t = epl_f64(ROWS);
    cr_assert_eq(epl_run(epl_compile(s, f), (epl_arrays){0, NULL},
                         epl_arrays(epl_at(plan[0], t), epl_at(plan[1], t)), epl_work_new(s, NULL)),
                 EPL_OK, "%s", epl_scope_message(s));
    cr_assert_eq(epl_reference(f, (epl_arrays){0, NULL},
                               epl_arrays(epl_at(plain[0], t), epl_at(plain[1], t))),
                 EPL_OK, "%s", epl_scope_message(s));
    for (int i = 0; i < 2 * ROWS; i++)
        cr_expect_float_eq(plan[i / ROWS][i % ROWS], plain[0][i % ROWS], 1e-12, "%d: %g, not %g", i,
                           plan[i / ROWS][i % ROWS], plain[0][i % ROWS]);
    for (int i = 0; i < ROWS; i++)
        cr_expect_float_eq(plain[1][i], plain[0][i], 1e-12);
}
