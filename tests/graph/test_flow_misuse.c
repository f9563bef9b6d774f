/* test_flow_misuse.c -- loops and branches used wrongly: without what they need, without values,
 * and without memory. */
#include "../short_memory.h"
#include "../value_test.h"

enum { T = 7, N = 3 };
static epl_val x, w, h0; /* inputs of f */

static void begin(epl_scope *scope)
{
    s = scope;
    f = epl_fn_new(s, "f");
    x = epl_input(f, "x", epl_f64(T, N));
    w = epl_input(f, "w", epl_f64(N, N));
    h0 = epl_input(f, "h0", epl_f64(N));
}

static void open(void)
{
    begin(epl_scope_new(NULL));
}

TestSuite(flow_misuse, .init = open, .fini = drop_scope);

#define FAILS(words, ...)                                                               \
    do {                                                                                \
        epl_mark mark_ = epl_scope_mark(s);                                             \
        __VA_ARGS__;                                                                    \
        cr_expect(epl_scope_status(s) != EPL_OK && strstr(epl_scope_message(s), words), \
                  "\"%s\" lacks \"%s\"", epl_scope_message(s), words);                  \
        epl_scope_reset(s, mark_);                                                      \
    } while (0)

Test(flow_misuse, wrong_use_is_told)
{
    FAILS("has no epl_next", epl_fn *t = epl_scan(f, .length = 2); epl_last(t, epl_carry(t, h0)));
    FAILS("number of steps", epl_fn *t = epl_scan(f); epl_val h = epl_carry(t, h0);
          epl_next(t, h, h); epl_last(t, h));
    FAILS("next one f64[7,3]", epl_fn *t = epl_scan(f, .length = 2);
          epl_next(t, epl_carry(t, h0), x));
    FAILS("next one before", epl_fn *t = epl_scan(f, .length = 2); epl_val h = epl_carry(t, h0);
          epl_next(t, h, h); epl_next(t, h, h));
    FAILS("condition", epl_fn *t = epl_while(f); epl_val h = epl_carry(t, h0); epl_next(t, h, h);
          epl_last(t, h));
    FAILS("no loop", epl_carry(epl_map(f), h0));
    FAILS("must be alike", epl_fn *a = epl_when(f, epl_gt(epl_sum(h0), epl_num(0)));
          epl_fn *b = epl_otherwise(a); epl_either(a, epl_pass(a, h0), b, epl_pass(b, x)));
    FAILS("bool[]", epl_when(f, h0));
    FAILS("epl_carry gave", epl_fn *t = epl_scan(f, .length = 2); epl_val h = epl_carry(t, h0);
          epl_next(t, h, h); epl_last(t, epl_pass(t, x)));
    FAILS("closed", epl_fn *t = epl_scan(f, .length = 2); epl_val h = epl_carry(t, h0);
          epl_next(t, h, h); epl_last(t, h); epl_carry(t, h0));
}

/* The values of all steps are no numbers of bytes that wrapped around. */
Test(flow_misuse, steps_that_cannot_be_counted)
{
    int64_t length[] = {INT64_MAX, INT64_C(1) << 60}; /* 3 numbers a step */
    for (int i = 0; i < 2; i++)
        for (int derived = 0; derived < 2; derived++) {
            epl_mark mark = epl_scope_mark(s);
            epl_fn *t = epl_scan(f, .length = length[i]);
            epl_val h = epl_carry(t, h0);
            epl_next(t, h, epl_sin(h));
            if (derived)
                epl_gradient(epl_sum(epl_last(t, h)), h0);
            else
                epl_collect(t, h);
            cr_assert_not_null(strstr(epl_scope_message(s), "more elements than can be counted"),
                               "%s", epl_scope_message(s));
            epl_scope_reset(s, mark);
        }
}

/* What is carried has one more axis in the loop's derivative, and in a map of it. */
Test(flow_misuse, a_carried_value_of_all_axes_has_no_derivative)
{
    epl_val deep =
        epl_reshape(h0, epl_shape_of(12, (int64_t[]){3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
    epl_fn *t = epl_scan(f, .length = 2);
    epl_val h = epl_carry(t, deep);
    epl_next(t, h, epl_sin(h));
    epl_val end = epl_last(t, h);
    cr_assert_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    FAILS("leaves no axis", epl_gradient(epl_sum(end), h0));
}

Test(flow_misuse, nothing_in_nothing_out)
{
    epl_carry(NULL, h0);
    epl_next(NULL, h0, h0);
    epl_keep_going(NULL, h0);
    cr_expect(epl_is_none(epl_last(NULL, h0)));
    cr_expect(epl_is_none(epl_either(NULL, h0, NULL, h0)));
    cr_expect_null(epl_scan_new(NULL, ""));
    cr_expect_null(epl_while_new(NULL, ""));
    cr_expect_null(epl_checkpoint(NULL));
    cr_expect_null(epl_otherwise(NULL));
    epl_switch(NULL, h0, 3, NULL);
    cr_assert_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    FAILS("either", epl_fn *a = epl_when(f, epl_gt(epl_sum(h0), epl_num(0)));
          epl_either(a, epl_pass(a, h0), NULL, h0));
    FAILS("branches are expected", epl_switch(f, h0, 1, NULL));
    FAILS("results are expected", epl_fn * b[2];
          epl_switch(f, epl_data(f, epl_at(&(int64_t){1}, epl_i64())), 2, b);
          epl_chosen(b[0], epl_list(epl_pass(b[0], h0))));
    FAILS("no such result", epl_last(epl_map(f), h0));
    FAILS("no such result", epl_chosen(epl_map(f), epl_list(h0)));
    FAILS("leaves no axis", epl_fn *t = epl_scan(f, .length = 2); epl_val h = epl_carry(t, h0);
          epl_next(t, h, h);
          epl_collect(t, epl_reshape(h, epl_dims(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3))));
}

/* -- memory that ends anywhere ---------------------------------------------------------------- */
/* A scan in a map that is derived, a checkpoint, two sides and a while. */
static void all_of_it(epl_scope *scope)
{
    begin(scope);
    epl_fn *map = epl_map(f), *c = epl_checkpoint(f);
    epl_val m = epl_each(map, epl_stack(epl_list(w, w)), 0);
    epl_fn *t = epl_scan(map, .save = EPL_SAVE_SQRT);
    epl_val xt = epl_each(t, x, 0), h = epl_carry(t, h0);
    epl_next(t, h, epl_tanh(epl_add(epl_matmul(m, h), xt)));
    epl_val all = epl_collect(t, epl_mul(h, xt));
    epl_val l = epl_add(epl_sum(epl_square(all)), epl_sum(epl_exp(epl_last(t, h))));
    epl_val a = epl_collect(map, epl_gradient(l, m));
    epl_val b = epl_last(c, epl_sin(epl_pass(c, h0))), sum = epl_sum(h0);
    epl_fn *yes = epl_when(f, epl_gt(sum, epl_num(0))), *no = epl_otherwise(yes);
    epl_val d = epl_either(yes, epl_exp(epl_pass(yes, sum)), no, epl_sin(epl_pass(no, sum)));
    epl_fn *loop = epl_while(f);
    epl_val r = epl_carry(loop, epl_sum(epl_square(h0)));
    epl_keep_going(loop, epl_lt(r, epl_num(9)));
    epl_next(loop, r, epl_add(epl_square(r), epl_num(1)));
    epl_output(f, "y", epl_gradient(epl_add(epl_add(epl_sum(a), epl_sum(b)), d), x));
    epl_output(f, "z", epl_jvp(epl_last(loop, r), h0, h0));
    epl_compile(s, f);
}

Test(flow_memory, may_end_anywhere)
{
    memory_may_end_anywhere(all_of_it);
}
