/* test_run.c -- plans and works: updates in place, shapes on first use, errors at a run,
 * nothing allocated in the steady state, the same bits for any number of threads. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <string.h>
#include "../short_memory.h"

static void step(epl_fn *f, const void *data)
{
    (void)data;
    epl_val w = epl_input(f, "w", EPL_AS_PASSED), x = epl_input(f, "x", EPL_AS_PASSED);
    epl_val y = epl_input(f, "y", epl_i64(EPL_ANY));
    epl_val loss = epl_cross_entropy(epl_matmul(epl_tanh(x), w), y);
    epl_update(f, "w", epl_sub(w, epl_scale(epl_gradient(loss, w), 0.1)));
    epl_output(f, "loss", loss);
}

enum { ROWS = 64, IN = 50, OUT = 10 };
static float w0[IN * OUT], x0[ROWS * IN];
static int64_t y0[ROWS];

static void fill(void)
{
    for (int i = 0; i < IN * OUT; i++)
        w0[i] = (float)((i * 37) % 101) / 101 - 0.5f;
    for (int i = 0; i < ROWS * IN; i++)
        x0[i] = (float)((i * 53) % 97) / 97 - 0.5f;
    for (int i = 0; i < ROWS; i++)
        y0[i] = i % OUT;
}

static epl_status one(epl_plan p, float *w, int64_t rows, float *loss, epl_work *work)
{
    return epl_run(p,
                   epl_arrays(epl_at(w, epl_f32(IN, OUT)), epl_at(x0, epl_f32(rows, IN)),
                              epl_at(y0, epl_i64(rows))),
                   epl_arrays(epl_at(loss, epl_f32())), work);
}

Test(run, the_last_batch_is_no_special_case_and_nothing_is_allocated, .init = fill)
{
    budget c = {.left = SIZE_MAX};
    epl_alloc alloc = {short_of, &c};
    epl_scope *s = epl_scope_new(&alloc);
    epl_plan p = epl_jit(s, step, NULL);
    epl_work *work = epl_work_new(s, NULL);
    static float w[IN * OUT];
    memcpy(w, w0, sizeof w);
    float first = 0, loss = 0;
    cr_assert_eq(one(p, w, ROWS, &first, work), EPL_OK, "%s", epl_work_message(work));
    cr_assert_eq(one(p, w, 17, &loss, work), EPL_OK, "%s", epl_work_message(work));
    size_t left = c.left;
    for (int i = 0; i < 300; i++) {
        cr_assert_eq(one(p, w, i % 5 ? ROWS : 17, &loss, work), EPL_OK);
    }
    cr_assert_eq(c.left, left, "%zu allocations", left - c.left);
    cr_assert_lt(loss, first);
    epl_scope_free(s);
}

Test(run, threads_change_no_bit, .init = fill)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_plan p = epl_jit(s, step, NULL);
    static float w[3][IN * OUT];
    for (int t = 0; t < 3; t++) {
        epl_work *work = epl_work_new(s, t ? epl_pool_new(s, 2 * t) : NULL);
        float loss;
        memcpy(w[t], w0, sizeof w0);
        for (int i = 0; i < 5; i++)
            cr_assert_eq(one(p, w[t], ROWS, &loss, work), EPL_OK, "%s", epl_work_message(work));
    }
    cr_assert_eq(memcmp(w[0], w[1], sizeof w0), 0);
    cr_assert_eq(memcmp(w[0], w[2], sizeof w0), 0);
    epl_scope_free(s);
}

Test(run, every_allocation_may_fail, .init = fill)
{
    for (size_t n = 0;; n++) {
        budget c = {n, 0};
        epl_alloc alloc = {short_of, &c};
        epl_scope *s = epl_scope_new(&alloc);
        epl_plan p = epl_jit(s, step, NULL);
        epl_work *work = epl_work_new(s, NULL);
        static float w[IN * OUT];
        float loss;
        epl_status status = one(p, w, 8, &loss, work);
        cr_assert(status == EPL_OK || *epl_work_message(work));
        epl_scope_free(s);
        cr_assert_eq(c.held, 0);
        if (status == EPL_OK && c.left > 0)
            break;
        cr_assert_lt(n, 2000);
    }
}

Test(run, a_wrong_run_says_what_and_poisons_nothing, .init = fill)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_plan p = epl_jit(s, step, NULL);
    epl_work *work = epl_work_new(s, NULL);
    float loss = 0;
    static float w[IN * OUT];
    memcpy(w, w0, sizeof w);
    y0[3] = 12;
    cr_assert_eq(one(p, w, ROWS, &loss, work), EPL_ERR_DATA);
    cr_assert_not_null(strstr(epl_work_message(work), "12"), "%s", epl_work_message(work));
    cr_assert_eq(memcmp(w, w0, sizeof w), 0); /* the update did not happen */
    y0[3] = 2;
    cr_assert_eq(epl_run(p,
                         epl_arrays(epl_at(w, epl_f32(IN, OUT)), epl_at(x0, epl_f32(4, IN + 1)),
                                    epl_at(y0, epl_i64(4))),
                         epl_arrays(epl_at(&loss, epl_f32())), work),
                 EPL_ERR_SHAPE);
    cr_assert_not_null(strstr(epl_work_message(work), "matmul"), "%s", epl_work_message(work));
    cr_assert_eq(epl_run(p, epl_arrays(epl_at(w, epl_f32(IN, OUT))),
                         epl_arrays(epl_at(&loss, epl_f32())), work),
                 EPL_ERR_SHAPE);
    cr_assert_eq(one(p, w, ROWS, &loss, work), EPL_OK, "%s", epl_work_message(work));
    cr_assert_eq(epl_scope_status(s), EPL_OK);
    epl_scope_free(s);
}

Test(run, a_wrong_number_of_arrays_lists_the_names)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "train");
    epl_val a = epl_input(f, "params", epl_f32()), b = epl_input(f, "x", epl_f32());
    epl_output(f, "loss", epl_mul(a, b));
    epl_work *work = epl_work_new(s, NULL);
    float one = 1;
    epl_arrays few = epl_arrays(epl_at(&one, epl_f32()));
    cr_expect_eq(epl_run(epl_compile(s, f), few, few, work), EPL_ERR_ARG);
    cr_expect_str_eq(epl_work_message(work), "[train] 2 inputs and 1 outputs expected, got 1 and "
                                             "1: params, x; loss");
    epl_scope_free(s);
}

Test(run, a_failed_scope_fails_the_run_with_its_text)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "bad");
    epl_val a = epl_input(f, "a", epl_f32(2, 3)), b = epl_input(f, "b", epl_f32(2, 3));
    epl_output(f, "y", epl_sum(epl_matmul(a, b)));
    epl_plan p = epl_compile(s, f);
    epl_work *work = epl_work_new(s, epl_pool_new(s, 2));
    float x[6] = {0}, y;
    cr_assert_eq(epl_run(p, epl_arrays(epl_at(x, epl_f32(2, 3)), epl_at(x, epl_f32(2, 3))),
                         epl_arrays(epl_at(&y, epl_f32())), work),
                 EPL_ERR_SHAPE);
    cr_assert_not_null(strstr(epl_work_message(work), "[matmul]"), "%s", epl_work_message(work));
    epl_scope_free(s);
}

Test(run, updates_may_swap_inputs)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "swap");
    epl_val a = epl_input(f, "a", epl_f64(3)), b = epl_input(f, "b", epl_f64(3));
    epl_update(f, "a", b);
    epl_update(f, "b", a);
    epl_output(f, "sum", epl_add(a, b));
    double x[3] = {1, 2, 3}, y[3] = {4, 5, 6}, sum[3];
    epl_work *w = epl_work_new(s, NULL);
    cr_assert_eq(epl_run(epl_compile(s, f),
                         epl_arrays(epl_at(x, epl_f64(3)), epl_at(y, epl_f64(3))),
                         epl_arrays(epl_at(sum, epl_f64(3))), w),
                 EPL_OK, "%s", epl_work_message(w));
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(x[i], i + 4);
        cr_assert_eq(y[i], i + 1);
        cr_assert_eq(sum[i], 2 * i + 5);
    }
    epl_scope_free(s);
}

Test(run, an_update_that_is_read_crosswise_is_copied)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "turn");
    epl_val a = epl_input(f, "a", epl_f64(3, 3));
    epl_update(f, "a", epl_add(epl_transpose(a, 0, 1), a));
    double x[9], want[9];
    for (int i = 0; i < 9; i++)
        x[i] = i;
    for (int i = 0; i < 9; i++)
        want[i] = x[i] + x[i % 3 * 3 + i / 3];
    epl_work *w = epl_work_new(s, NULL);
    cr_assert_eq(epl_run(epl_compile(s, f), epl_arrays(epl_at(x, epl_f64(3, 3))),
                         epl_arrays(epl_at(want, epl_f64(0))), w),
                 EPL_ERR_ARG);
    cr_assert_eq(
        epl_run(epl_compile(s, f), epl_arrays(epl_at(x, epl_f64(3, 3))), (epl_arrays){0, NULL}, w),
        EPL_OK, "%s", epl_work_message(w));
    cr_assert_eq(memcmp(x, want, sizeof x), 0);
    epl_scope_free(s);
}

Test(run, eager_loops_do_not_grow)
{
    epl_scope *s = epl_scope_new(NULL);
    double x = 1, fx = 1;
    size_t bytes = 0;
    for (int i = 0; i < 40 && fx * fx > 1e-28; i++) { /* newton's method on x^3 - 2 */
        epl_mark m = epl_scope_mark(s);
        epl_fn *f = epl_fn_new(s, "newton");
        epl_val v = epl_data(f, epl_at(&x, epl_f64()));
        epl_val y = epl_sub(epl_mul(v, epl_square(v)), epl_num(2));
        fx = epl_item(y);
        x = epl_item(epl_sub(v, epl_div(y, epl_gradient(y, v))));
        epl_scope_reset(s, m);
        bytes = bytes ? bytes : epl_scope_bytes(s);
        cr_assert_eq(epl_scope_bytes(s), bytes);
    }
    cr_assert_float_eq(x, 1.259921049894873, 1e-14);
    epl_scope_free(s);
}

Test(run, an_error_ends_an_eager_loop_and_a_reset_forgets_it)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_mark m = epl_scope_mark(s);
    epl_fn *f = epl_fn_new(s, "bad");
    epl_val v = epl_add(epl_input(f, "x", epl_f32(2)), epl_num(1));
    cr_assert(epl_item(v) != epl_item(v));
    cr_assert_str_eq(epl_text(v), "");
    cr_assert_eq(epl_scope_status(s), EPL_ERR_SHAPE);
    epl_scope_reset(s, m);
    f = epl_fn_new(s, "good");
    v = epl_input(f, "x", epl_f32(2));
    cr_assert(epl_item(epl_sum(v)) != epl_item(epl_sum(v)));
    cr_assert_not_null(strstr(epl_scope_message(s), "\"x\""), "%s", epl_scope_message(s));
    epl_scope_free(s);
}

static const epl_prim *named(const char *name)
{
    size_t i = 0;
    while (epl_prim_at(i) && strcmp(epl_prim_at(i)->name, name))
        i++;
    return epl_prim_at(i);
}

Test(run, sums_and_orders_of_nothing_end_at_once)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "f");
    double sum = 7;
    static const char labels[3][16] = {"abc", "abc", ""};
    epl_val wide = epl_zeros(f, epl_f64(INT64_C(1) << 40, 0, 5));
    epl_val y = epl_op(named("dot"), epl_list(wide, wide), labels);
    cr_assert_eq(epl_eval(y, epl_at(&sum, epl_f64())), EPL_OK, "%s", epl_scope_message(s));
    cr_expect_eq(sum, 0);
    y = epl_argsort(wide, .dim = 1);
    cr_expect_eq(epl_eval(y, epl_at(&sum, epl_typeof(y))), EPL_OK, "%s", epl_scope_message(s));
    epl_scope_free(s);
}

/* The built-in primitive of that name, applied from outside. */
static const char *refused(const char *name, epl_val x, const void *attrs)
{
    epl_scope *s = epl_val_scope(x);
    const epl_prim *p = named(name);
    epl_val two[] = {x, x};
    size_t n = p->inputs == 2 ? 2 : 1;
    cr_expect(epl_is_none(epl_op(p, (epl_vals){n, two}, attrs)), "%s", name);
    return epl_scope_message(s);
}

Test(run, a_primitive_says_what_it_does_not_take)
{
    const struct {
        const char *name;
        epl_dtype dtype;
        int64_t attrs[8];
        const char *want;
    } cases[] = {
        {"exp", EPL_I64, {0}, "not defined"},
        {"add", EPL_BOOL, {0}, "not defined"},
        {"cumsum", EPL_F64, {-1, 0}, "\"axis\" must be"},
        {"slice", EPL_F64, {0, 3, 1, 1}, "do not fit"},
        {"pad", EPL_F64, {0, INT64_MIN, 0, 0}, "\"lo\" must be"},
        {"log_softmax", EPL_F64, {5}, "do not fit"},
    };
    static const double numbers[3] = {1, 2, 3};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        epl_scope *s = epl_scope_new(NULL);
        epl_fn *f = epl_fn_new(s, "f");
        int64_t three = 3;
        epl_type t = epl_type_of(cases[i].dtype, epl_shape_of(1, &three));
        const char *message =
            refused(cases[i].name, epl_data(f, epl_at(numbers, t)), cases[i].attrs);
        cr_expect(strstr(message, cases[i].want) && strstr(message, cases[i].name), "%s: %s",
                  cases[i].name, message);
        epl_scope_free(s);
    }
}

/* Four values of 2^62 bytes: their sum would wrap around to none. */
Test(run, a_workspace_that_cannot_be_counted_is_refused)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "f");
    epl_val x[4], y = epl_zeros(f, epl_f64());
    for (int i = 0; i < 4; i++) {
        epl_val key = epl_input(f, (const char *[]){"a", "b", "c", "d"}[i], EPL_KEY);
        x[i] = epl_cumsum(epl_uniform(key, epl_dims(INT64_C(1) << 59), 0, 1, .dtype = EPL_F64), 0);
    }
    for (int i = 0; i < 4; i++)
        y = epl_add(y, epl_dot(x[i], x[(i + 1) % 4]));
    epl_output(f, "y", y);
    epl_plan p = epl_compile(s, f);
    cr_expect_eq(epl_scope_status(s), EPL_ERR_MEMORY, "%s", epl_scope_message(s));
    cr_expect_eq(epl_plan_work_bytes(p), 0);
    epl_scope_free(s);
}
