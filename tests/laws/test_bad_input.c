/* test_bad_input.c -- calls of the public interface that are wrong: each must end in an error
 * that says what is wrong, or do nothing. None may crash. (Plans and runs: test_bad_runs.c;
 * operations by their tables: test_bad_operations.c.)
 */
#include "bad_calls.h"
#include <math.h>
#include <string.h>

TestSuite(bad_input, .init = open_scope, .fini = close_scope);

/* -- base -------------------------------------------------------------------------------------- */
Test(bad_input, scopes_that_are_not_there)
{
    epl_scope_free(NULL);
    epl_scope_reset(NULL, (epl_mark){5, EPL_OK});
    epl_scope_fail(NULL, EPL_ERR_ARG, "nothing");
    cr_expect_eq(epl_scope_bytes(NULL), 0);
    cr_expect_neq(epl_scope_status(NULL), EPL_OK);
    cr_expect_not_null(epl_scope_message(NULL));
    cr_expect_null(epl_scope_alloc(NULL, 8));
    cr_expect_null(epl_fn_new(NULL, "f"));
    cr_expect_eq(epl_pool_threads(NULL), 1);
    cr_expect_null(epl_pool_new(NULL, 2));
    cr_expect_not_null(epl_info(NULL));
    cr_expect_not_null(epl_plan_text(NULL, NULL));
    epl_plan p = epl_compile(NULL, NULL);
    epl_work *w = epl_work_new(NULL, NULL);
    cr_expect_neq(epl_run(p, (epl_arrays){0}, (epl_arrays){0}, w), EPL_OK);
    cr_expect_neq(epl_gradcheck(NULL, NULL, epl_seed(1)), EPL_OK);
}

Test(bad_input, types_that_are_none)
{
    int64_t huge[3] = {INT64_MAX, 2, 3}, minus[1] = {-1}, many[20] = {0};
    char text[EPL_TYPE_TEXT];
    epl_type bad[] = {
        epl_type_of(EPL_F64, epl_shape_of(3, huge)),
        epl_type_of(EPL_F64, epl_shape_of(1, minus)),
        epl_type_of(EPL_F64, epl_shape_of(20, many)),
        epl_type_of(EPL_F64, epl_shape_of(2, NULL)),
        epl_type_of((epl_dtype)99, epl_dims(2)),
        epl_type_of((epl_dtype)-1, epl_dims(2)),
        epl_type_of(EPL_NONE, epl_dims(2)),
        {EPL_F64, {.rank = 77}, NULL},
        {EPL_F64, {.rank = -5}, NULL},
        {EPL_F64, {.rank = INT32_MIN}, NULL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(epl_count(bad[i]), 0);
        cr_expect_eq(epl_bytes(bad[i]), 0);
        cr_expect(*epl_type_text(bad[i], text));
        epl_type_equal(bad[i], bad[(i + 1) % 10]);
        FAILS(EPL_ERR_ARG, "[input]", none(epl_input(f, "y", bad[i])));
        epl_mark m = epl_scope_mark(s);
        none(epl_zeros(f, bad[i]));
        cr_expect_neq(epl_scope_status(s), EPL_OK, "zeros %zu", i);
        epl_scope_reset(s, m);
        none(epl_full(f, bad[i], NAN));
        cr_expect_neq(epl_scope_status(s), EPL_OK, "full %zu", i);
        epl_scope_reset(s, m);
        none(epl_data(f, epl_at(text, bad[i])));
        cr_expect_neq(epl_scope_status(s), EPL_OK, "data %zu", i);
        epl_scope_reset(s, m);
    }
    cr_expect_eq(epl_dtype_named(NULL), EPL_NONE);
    cr_expect_eq(epl_dtype_bytes((epl_dtype)-7), 0);
    cr_expect_not_null(epl_dtype_name((epl_dtype)1000));
    cr_expect_not_null(epl_status_text((epl_status)1000));
    cr_expect_not_null(epl_type_text(bad[0], NULL));
}

/* -- functions --------------------------------------------------------------------------------- */
Test(bad_input, ports)
{
    FAILS(EPL_ERR_ARG, "name", none(epl_input(f, NULL, epl_f64(2))));
    FAILS(EPL_ERR_ARG, "name", none(epl_input(f, "", epl_f64(2))));
    FAILS(EPL_ERR_ARG, "twice", none(epl_input(f, "x", epl_f64(2))));
    FAILS(EPL_ERR_ARG, "open", none(epl_input(f, "y", epl_f64(2, EPL_ANY))));
    FAILS(EPL_ERR_ARG, "open", none(epl_input(f, "y", EPL_AS_PASSED)));
    FAILS(EPL_ERR_USE, "name", epl_output(f, NULL, x));
    FAILS(EPL_ERR_USE, "no value", epl_output(f, "y", EPL_NO_VAL));
    FAILS(EPL_ERR_ARG, "twice", epl_output(f, "y", x); epl_output(f, "y", x));
    FAILS(EPL_ERR_ARG, "no input", epl_update(f, NULL, x));
    FAILS(EPL_ERR_ARG, "no input", epl_update(f, "z", x));
    FAILS(EPL_ERR_USE, "no value", epl_update(f, "x", EPL_NO_VAL));
    FAILS(EPL_ERR_SHAPE, "update", epl_update(f, "x", epl_sum(x)));
    FAILS(EPL_ERR_USE, "another function", epl_update(f, "x", epl_num(1)));
    FAILS(EPL_ERR_ARG, "spec", none(epl_input_tree(f, "t", NULL)));
    none(epl_input(NULL, "x", epl_f64()));
    none(epl_input_tree(NULL, "x", NULL));
    none(epl_data(NULL, epl_at("12345678", epl_f64())));
    epl_output(NULL, "x", x);
    epl_update(NULL, "x", x);
    cr_expect_str_eq(epl_fn_text(NULL), "");
    cr_expect_eq(epl_fn_nodes(NULL), 0);
    FAILS(EPL_ERR_ARG, "data", none(epl_data(f, epl_at(NULL, epl_f64(3)))));
    cr_expect_eq(epl_count(epl_typeof(epl_data(f, epl_at(NULL, epl_f64(0))))), 0);
}

Test(bad_input, a_name_of_any_length_and_bytes)
{
    static char name[5000];
    memset(name, 'n', sizeof name - 1);
    name[7] = '%', name[8] = 's', name[9] = '%', name[10] = 'n';
    epl_fn *g = epl_fn_new(s, name);
    epl_val y = epl_input(g, name, epl_f64(2));
    epl_output(g, name, epl_sin(y));
    cr_expect(*epl_fn_text(g));
    epl_plan p = epl_compile(s, g);
    cr_expect(*epl_plan_text(s, p));
    epl_work *w = epl_work_new(s, NULL);
    cr_expect_eq(epl_run(p, (epl_arrays){0}, (epl_arrays){0}, w), EPL_ERR_ARG);
    cr_expect(*epl_work_message(w));
    epl_fn *h = epl_fn_new(s, NULL);
    FAILS(EPL_ERR_SHAPE, "",
          none(epl_matmul(epl_input(h, name, epl_f64(2, 3)), epl_input(h, "b", epl_f64(2, 3)))));
}

static epl_val of_closed(void)
{
    epl_fn *g = epl_fn_new(s, "closed");
    epl_val y = epl_input(g, "x", epl_f64(3, 4));
    epl_output(g, "y", y);
    epl_compile(s, g);
    return y;
}

Test(bad_input, values_that_do_not_meet)
{
    epl_scope *t = bad_scope();
    epl_fn *g = epl_fn_new(s, "g"), *o = epl_fn_new(t, "o");
    epl_val of_g = epl_input(g, "x", epl_f64(3, 4)), of_t = epl_input(o, "x", epl_f64(3, 4));
    FAILS(EPL_ERR_USE, "enclose", none(epl_add(x, of_g)));
    FAILS(EPL_ERR_USE, "another function", epl_output(f, "y", of_g));
    FAILS(EPL_ERR_USE, "closed", none(epl_sin(of_closed())));
    FAILS(EPL_ERR_USE, "closed", none(epl_gradient(of_closed(), of_closed())));
    FAILS(EPL_ERR_USE, "", none(epl_gradient(epl_sum(x), of_g)));
    FAILS(EPL_ERR_USE, "", none(epl_vjp(x, x, of_g)));
    none(epl_add(x, of_t));
    cr_expect(epl_scope_status(s) != EPL_OK || epl_scope_status(t) != EPL_OK);
    epl_scope_free(t);
}

Test(bad_input, calls)
{
    epl_val out[3], two[2] = {x, x};
    epl_fn *g = epl_fn_new(s, "g"), *u = epl_fn_new(s, "u");
    epl_output(g, "y", epl_sin(epl_input(g, "x", epl_f64(3, 4))));
    epl_val w = epl_input(u, "w", epl_f64(3, 4));
    epl_update(u, "w", epl_sin(w));
    FAILS(EPL_ERR_USE, "number of arguments", epl_call(g, (epl_vals){2, two}, out));
    FAILS(EPL_ERR_USE, "no argument", epl_call(g, (epl_vals){2, NULL}, out));
    FAILS(EPL_ERR_USE, "no argument", epl_call(g, epl_list(EPL_NO_VAL), out));
    FAILS(EPL_ERR_USE, "no argument", epl_call(g, epl_list(epl_num(1)), out));
    FAILS(EPL_ERR_USE, "no function", epl_call(NULL, epl_list(x), out));
    FAILS(EPL_ERR_SHAPE, "\"x\"", epl_call(g, epl_list(epl_sum(x)), out));
    FAILS(EPL_ERR_USE, "updates", epl_call(u, epl_list(x), out));
    FAILS(EPL_ERR_USE, "itself", epl_call(f, epl_list(x), out));
    FAILS(EPL_ERR_USE, "number of arguments", epl_call(g, epl_list(EPL_NO_VAL, x), out));
    epl_call(NULL, (epl_vals){0}, NULL);
    epl_call(g, epl_list(x), NULL);
}

Test(bad_input, derivatives)
{
    epl_val out[2] = {x, x}, n = EPL_NO_VAL, i = epl_cast(x, EPL_I64), y = epl_sum(epl_sin(x));
    FAILS(EPL_ERR_SHAPE, "one number", none(epl_gradient(x, x)));
    FAILS(EPL_ERR_DTYPE, "floating", none(epl_gradient(y, i)));
    FAILS(EPL_ERR_DTYPE, "floating", none(epl_gradient(epl_sum(i), x)));
    FAILS(EPL_ERR_USE, "no value", none(epl_gradient(y, n)));
    FAILS(EPL_ERR_USE, "no value", none(epl_gradient(n, x)));
    FAILS(EPL_ERR_USE, "no value", none(epl_gradient(y, epl_num(2))));
    FAILS(EPL_ERR_USE, "", none(epl_gradient(epl_num(2), x)));
    FAILS(EPL_ERR_SHAPE, "vector", none(epl_vjp(y, x, x)));
    FAILS(EPL_ERR_SHAPE, "vector", none(epl_jvp(y, x, y)));
    FAILS(EPL_ERR_ARG, "none", none(epl_jvp(y, x, n)));
    FAILS(EPL_ERR_ARG, "a plain number", none(epl_vjp(x, x, epl_num(1))));
    FAILS(EPL_ERR_ARG, "a plain number",
          epl_vjps(epl_list(x, y), epl_list(x), epl_list(x, epl_num(1)), out));
    FAILS(EPL_ERR_ARG, "vectors", epl_vjps(epl_list(y), epl_list(x), (epl_vals){0}, out));
    FAILS(EPL_ERR_ARG, "vectors", epl_jvps(epl_list(y), epl_list(x), epl_list(x, x), out));
    FAILS(EPL_ERR_ARG, "", epl_jvps(epl_list(y), epl_list(x), (epl_vals){1, NULL}, out));
    FAILS(EPL_ERR_ARG, "vectors", epl_vjps((epl_vals){1, NULL}, epl_list(x), epl_list(y), out));
    epl_gradients(y, (epl_vals){1, NULL}, out);
    none(out[0]);
    epl_gradients(y, (epl_vals){0}, out);
    epl_gradients(y, (epl_vals){0}, NULL);
    epl_vjps((epl_vals){0}, (epl_vals){0}, (epl_vals){0}, NULL);
    epl_jvps((epl_vals){0}, epl_list(x), epl_list(x), NULL);
    epl_vjps((epl_vals){0}, epl_list(x), (epl_vals){0}, out);
    epl_gradients(y, epl_list(x), NULL);
    epl_jvps(epl_list(y), epl_list(x), epl_list(x), NULL);
    none(epl_gradient(n, n));
    none(epl_hvp(n, n, n));
    none(epl_hessian(n, n));
    none(epl_copy(n));
    none(epl_stop_gradient(n));
    epl_stop_gradient(epl_num(1));
    epl_copy(epl_int(1));
}

Test(bad_input, a_hessian_that_has_no_room)
{
    int64_t ones[EPL_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    epl_val deep = epl_input(f, "deep", epl_type_of(EPL_F64, epl_shape_of(EPL_MAX_RANK, ones)));
    epl_val wide = epl_zeros(f, epl_f64(INT64_C(1) << 35));
    epl_val none_of = epl_zeros(f, epl_f64(0));
    FAILS(EPL_ERR_SHAPE, "rank", none(epl_hessian(epl_sum(deep), deep)));
    FAILS(EPL_ERR_SHAPE, "", none(epl_hessian(epl_sum(epl_square(wide)), wide)));
    epl_hessian(epl_sum(epl_square(none_of)), none_of);
    FAILS(EPL_ERR_SHAPE, "", none(epl_unsqueeze(deep, 0)));
    FAILS(EPL_ERR_SHAPE, "", none(epl_outer(wide, wide)));
    FAILS(EPL_ERR_SHAPE, "", none(epl_one_hot(epl_cast(deep, EPL_I64), 3)));
    FAILS(EPL_ERR_SHAPE, "", {
        epl_fn *m = epl_map(f);
        none(epl_collect(m,
                         epl_expand(epl_sum(epl_each(m, x, 0)), epl_shape_of(EPL_MAX_RANK, ones))));
    });
}

/* -- maps -------------------------------------------------------------------------------------- */
Test(bad_input, maps)
{
    epl_fn *m = epl_map(f), *g = epl_fn_new(s, "g");
    epl_val n = EPL_NO_VAL, one = epl_each(m, x, 0), other = epl_input(g, "x", epl_f64(3));
    FAILS(EPL_ERR_ARG, "axis", none(epl_each(m, x, 2)));
    FAILS(EPL_ERR_ARG, "axis", none(epl_each(m, x, INT32_MIN)));
    FAILS(EPL_ERR_ARG, "axis", none(epl_each(m, epl_sum(x), 0)));
    FAILS(EPL_ERR_SHAPE, "entries", none(epl_each(m, x, 1)));
    FAILS(EPL_ERR_ARG, "none", none(epl_each(m, n, 0)));
    FAILS(EPL_ERR_ARG, "number", none(epl_each(m, epl_num(1), 0)));
    FAILS(EPL_ERR_USE, "inside", none(epl_each(m, one, 0)));
    FAILS(EPL_ERR_USE, "enclose", none(epl_each(m, other, 0)));
    FAILS(EPL_ERR_USE, "inner", none(epl_each(f, x, 0)));
    FAILS(EPL_ERR_USE, "inner", none(epl_pass(f, x)));
    FAILS(EPL_ERR_ARG, "none", none(epl_pass(m, n)));
    FAILS(EPL_ERR_USE, "no map", none(epl_collect(f, x)));
    FAILS(EPL_ERR_USE, "takes nothing", none(epl_collect(epl_map(f), x)));
    FAILS(EPL_ERR_USE, "a value", none(epl_collect(m, n)));
    FAILS(EPL_ERR_USE, "enclose", none(epl_collect(m, other)));
    FAILS(EPL_ERR_ARG, "chunk", cr_expect_null(epl_map(f, .chunk = -1)));
    FAILS(EPL_ERR_USE, "epl_each", none(epl_input(m, "y", epl_f64())));
    FAILS(EPL_ERR_USE, "epl_collect", epl_output(m, "y", one));
    FAILS(EPL_ERR_USE, "inner", epl_compile(s, m));
    FAILS(EPL_ERR_USE, "inner", epl_call(m, epl_list(x), &n));
    FAILS(EPL_ERR_USE, "", none(epl_gradient(epl_sum(epl_mul(one, epl_sum(x))), x)));
    cr_expect_null(epl_map(NULL));
    cr_expect_null(epl_map_new(NULL, NULL));
    none(epl_each(NULL, x, 0));
    none(epl_pass(NULL, x));
    none(epl_collect(NULL, x));
    epl_collect(m, epl_num(2)); /* a number of outside: any outcome but a crash */
}

Test(bad_input, a_closed_map)
{
    epl_fn *m = epl_map(f);
    epl_val one = epl_each(m, x, 0), y = epl_sin(one);
    cr_expect_not(epl_is_none(epl_collect(m, y)));
    FAILS(EPL_ERR_USE, "closed", none(epl_cos(y)));
    FAILS(EPL_ERR_USE, "closed", none(epl_each(m, x, 0)));
    FAILS(EPL_ERR_USE, "closed", none(epl_gradient(epl_sum(y), one)));
    FAILS(EPL_ERR_USE, "", none(epl_collect(m, x)));
    FAILS(EPL_ERR_USE, "closed", cr_expect_null(epl_map(m)));
    cr_expect_not(epl_is_none(epl_collect(m, one)));
}

Test(bad_input, a_map_of_nothing_and_one_too_deep)
{
    epl_fn *m = epl_map(f);
    epl_val y = epl_collect(m, epl_sum(epl_each(m, epl_zeros(f, epl_f64(0, 4)), 0)));
    cr_expect_eq(epl_dim(y, 0), 0);
    epl_fn *deep = f;
    for (int i = 0; i < 100 && deep; i++)
        deep = epl_map(deep);
    none(epl_add(epl_pass(deep, x), x));
    cr_expect_neq(epl_scope_status(s), EPL_OK);
}
