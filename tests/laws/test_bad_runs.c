/* test_bad_runs.c -- plans and runs that are wrong: each must end in an error that says what is
 * wrong, or do nothing. None may crash.
 */
#include "bad_calls.h"
#include <math.h>

TestSuite(bad_runs, .init = open_scope, .fini = close_scope);

/* -- plans and runs ------------------------------------------------------------------------------
 */
static epl_status run(epl_plan p, epl_work *w, size_t ins, const epl_array *in, size_t outs,
                      const epl_array *out, const char *words)
{
    epl_status status = epl_run(p, (epl_arrays){ins, in}, (epl_arrays){outs, out}, w);
    cr_expect(strstr(epl_work_message(w), words), "\"%s\" lacks \"%s\"", epl_work_message(w),
              words);
    return status;
}

Test(bad_runs, runs)
{
    double a[24] = {0}, b[24];
    epl_type t = epl_f64(3, 4);
    epl_array good = epl_at(a, t), result = epl_at(b, t);
    epl_output(f, "y", epl_sin(x));
    epl_plan p = epl_compile(s, f);
    epl_work *w = epl_work_new(s, NULL);
    cr_expect_eq(run(p, w, 1, &good, 1, &result, ""), EPL_OK);
    cr_expect_eq(run(p, w, 0, NULL, 1, &result, "expected"), EPL_ERR_ARG);
    cr_expect_eq(run(p, w, 1, &good, 0, NULL, "expected"), EPL_ERR_ARG);
    cr_expect_eq(run(p, w, 1, NULL, 1, &result, "expected"), EPL_ERR_ARG);
    cr_expect_eq(run(p, w, 1, &good, 1, NULL, "expected"), EPL_ERR_ARG);
    cr_expect_eq(run(p, w, SIZE_MAX, &good, 1, &result, "expected"), EPL_ERR_ARG);
    cr_expect_eq(run(p, w, 1, &(epl_array){NULL, t}, 1, &result, "NULL"), EPL_ERR_ARG);
    cr_expect_eq(run(p, w, 1, &good, 1, &(epl_array){NULL, t}, "NULL"), EPL_ERR_ARG);
    cr_expect_eq(run(p, w, 1, &good, 1, &good, "over"), EPL_ERR_ARG);
    cr_expect_eq(run(p, w, 1, &good, 1, &(epl_array){a + 11, t}, "over"), EPL_ERR_ARG);
    cr_expect_eq(run(p, w, 1, &(epl_array){a, epl_f64(4, 3)}, 1, &result, "must be"),
                 EPL_ERR_SHAPE);
    cr_expect_eq(run(p, w, 1, &(epl_array){a, epl_f32(3, 4)}, 1, &result, "must be"),
                 EPL_ERR_DTYPE);
    cr_expect_eq(
        run(p, w, 1, &(epl_array){a, {EPL_F64, {.rank = 99}, NULL}}, 1, &result, "must be"),
        EPL_ERR_SHAPE);
    cr_expect_eq(run(NULL, w, 1, &good, 1, &result, "no plan"), EPL_ERR_USE);
    cr_expect_neq(epl_run(p, (epl_arrays){1, &good}, (epl_arrays){1, &result}, NULL), EPL_OK);
    cr_expect_neq(epl_work_fit(NULL, p), EPL_OK);
    cr_expect_neq(epl_work_fit(w, NULL), EPL_OK);
    cr_expect_not_null(epl_work_message(NULL));
    cr_expect_eq(run(p, w, 1, &good, 1, &result, ""), EPL_OK);
    cr_expect_eq(epl_plan_work_bytes(NULL) + epl_plan_steps(NULL), 0);
    FAILS(EPL_ERR_USE, "no function", epl_compile(s, NULL));
    cr_expect_eq(epl_pool_threads(epl_pool_new(s, 1)), 1);
}

Test(bad_runs, compiling_what_was_compiled_and_what_gives_nothing)
{
    epl_work *w = epl_work_new(s, NULL);
    epl_fn *empty = epl_fn_new(s, "empty");
    cr_expect_eq(run(epl_compile(s, empty), w, 0, NULL, 0, NULL, ""), EPL_OK);
    cr_expect_eq(epl_reference(empty, (epl_arrays){0}, (epl_arrays){0}), EPL_OK);
    epl_output(f, "y", x);
    epl_plan p = epl_compile(s, f), q = epl_compile(s, f);
    double a[12] = {1}, b[12];
    cr_expect_eq(
        run(p, w, 1, &(epl_array){a, epl_f64(3, 4)}, 1, &(epl_array){b, epl_f64(3, 4)}, ""),
        EPL_OK);
    cr_expect_eq(
        run(q, w, 1, &(epl_array){a, epl_f64(3, 4)}, 1, &(epl_array){b, epl_f64(3, 4)}, ""),
        EPL_OK);
    FAILS(EPL_ERR_USE, "closed", none(epl_input(f, "late", epl_f64())));
    FAILS(EPL_ERR_USE, "closed", epl_output(f, "late", x));
    FAILS(EPL_ERR_USE, "closed", epl_update(f, "x", x));
    FAILS(EPL_ERR_USE, "closed", cr_expect_null(epl_map(f)));
    FAILS(EPL_ERR_USE, "closed", none(epl_zeros(f, epl_f64())));
    FAILS(EPL_ERR_USE, "closed", none(epl_data(f, epl_at(a, epl_f64()))));
}

Test(bad_runs, a_workspace_that_cannot_be)
{
    epl_val wide = epl_zeros(f, epl_f64(INT64_C(1) << 28, INT64_C(1) << 29));
    epl_val y = epl_sum(epl_cumsum(epl_sin(epl_add(wide, epl_sum(x))), 0));
    epl_output(f, "y", y);
    double a[12] = {0}, b;
    epl_plan p = epl_compile(s, f);
    epl_work *w = epl_work_new(s, NULL);
    cr_expect_neq(epl_run(p, epl_arrays({a, epl_f64(3, 4)}), epl_arrays({&b, epl_f64()}), w),
                  EPL_OK);
    cr_expect(*epl_work_message(w));
}

Test(bad_runs, the_reference)
{
    double a[24] = {0}, b[24];
    epl_array good = epl_at(a, epl_f64(3, 4)), result = epl_at(b, epl_f64(3, 4));
    epl_output(f, "y", epl_sin(x));
    cr_expect_eq(epl_reference(f, (epl_arrays){1, &good}, (epl_arrays){1, &result}), EPL_OK);
    FAILS(EPL_ERR_ARG, "expected", epl_reference(f, (epl_arrays){0}, (epl_arrays){1, &result}));
    FAILS(EPL_ERR_ARG, "expected",
          epl_reference(f, (epl_arrays){1, NULL}, (epl_arrays){1, &result}));
    FAILS(EPL_ERR_ARG, "over", epl_reference(f, (epl_arrays){1, &good}, (epl_arrays){1, &good}));
    FAILS(EPL_ERR_ARG, "NULL",
          epl_reference(f, epl_arrays({NULL, epl_f64(3, 4)}), (epl_arrays){1, &result}));
    cr_expect_neq(epl_reference(NULL, (epl_arrays){0}, (epl_arrays){0}), EPL_OK);
    FAILS(EPL_ERR_USE, "",
          epl_reference(epl_map(epl_fn_new(s, "g")), (epl_arrays){0}, (epl_arrays){0}));
}

Test(bad_runs, values_at_once)
{
    double a[12] = {0};
    epl_val d = epl_data(f, epl_at(a, epl_f64(3, 4)));
    FAILS(EPL_ERR_USE, "\"x\"", epl_eval(epl_sin(x), epl_at(a, epl_f64(3, 4))));
    FAILS(EPL_ERR_SHAPE, "array", epl_eval(d, epl_at(a, epl_f64(4, 3))));
    FAILS(EPL_ERR_SHAPE, "data", epl_eval(d, epl_at(NULL, epl_f64(3, 4))));
    FAILS(EPL_ERR_SHAPE, "one number", cr_expect(isnan(epl_item(d))));
    FAILS(EPL_ERR_USE, "\"x\"", cr_expect(isnan(epl_item(epl_sum(x)))));
    cr_expect_neq(epl_eval(EPL_NO_VAL, epl_at(a, epl_f64())), EPL_OK);
    cr_expect_neq(epl_eval(epl_num(2), epl_at(NULL, epl_f64())), EPL_OK);
    cr_expect(isnan(epl_item(EPL_NO_VAL)));
    cr_expect_eq(epl_item(epl_int(3)), 3);
    cr_expect_str_eq(epl_text(EPL_NO_VAL), "");
    epl_text(epl_num(2));
    FAILS(EPL_ERR_MEMORY, "", epl_text(epl_zeros(f, epl_f64(INT64_C(1) << 56))));
    epl_fn *m = epl_map(f);
    FAILS(EPL_ERR_USE, "", epl_item(epl_sum(epl_each(m, d, 0))));
}

/* -- jit ------------------------------------------------------------------------------------------
 */
static void builds_nothing(epl_fn *g, const void *data)
{
    (void)g, (void)data;
}

static void builds_badly(epl_fn *g, const void *data)
{
    (void)data;
    epl_val a = epl_input(g, "a", EPL_AS_PASSED), b = epl_input(g, "b", epl_f64(2, EPL_ANY));
    epl_output(g, "y", epl_matmul(a, b));
}

static void fails(epl_fn *g, const void *data)
{
    (void)data;
    epl_output(g, "y", EPL_NO_VAL);
}

Test(bad_runs, jit)
{
    double a[12] = {0};
    epl_work *w = epl_work_new(s, NULL);
    epl_array two[2] = {epl_at(a, epl_f64(2, 2)), epl_at(a + 4, epl_f64(3, 2))};
    epl_array odd = {a, {EPL_F64, {.rank = 50}, NULL}}, number = {a, epl_f64()};
    FAILS(EPL_ERR_USE, "", epl_jit(s, NULL, NULL));
    cr_expect_neq(run(epl_jit(s, builds_nothing, NULL), w, 1, two, 0, NULL, "passed"), EPL_OK);
    cr_expect_neq(run(epl_jit(s, builds_badly, NULL), w, 2, two, 1, &number, "\"b\""), EPL_OK);
    cr_expect_neq(run(epl_jit(s, builds_badly, NULL), w, 1, two, 1, &number, "no array"), EPL_OK);
    cr_expect_neq(run(epl_jit(s, builds_badly, NULL), w, 1, NULL, 1, &number, "list"), EPL_OK);
    cr_expect_neq(run(epl_jit(s, builds_badly, NULL), w, 1, &odd, 1, &number, "type"), EPL_OK);
    cr_expect_neq(run(epl_jit(s, fails, NULL), w, 0, NULL, 0, NULL, "no value"), EPL_OK);
    cr_expect_eq(run(epl_jit(s, builds_nothing, NULL), w, 0, NULL, 0, NULL, ""), EPL_OK);
    cr_expect_eq(epl_scope_status(s), EPL_OK);
}
