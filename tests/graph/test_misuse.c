/* test_misuse.c -- wrong use of transforms and control flow: each message names the operation,
 * the function or module where it was, and what to do.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <string.h>

static epl_scope *s;
static epl_fn *f;
static epl_val x, w, n;

static void open_scope(void)
{
    s = epl_scope_new(NULL);
    f = epl_fn_new(s, "adapt");
    x = epl_input(f, "x", epl_f64(3));
    w = epl_input(f, "w", epl_f64(3, 3));
    n = epl_input(f, "n", epl_i64());
}

static void close_scope(void)
{
    epl_scope_free(s);
}
TestSuite(misuse, .init = open_scope, .fini = close_scope);

/* The error, and what its text must hold, ended by NULL. The scope is good again afterwards. */
static void told(epl_mark before, epl_status status, const char *const *words)
{
    const char *text = epl_scope_message(s);
    cr_expect_eq(epl_scope_status(s), status, "%s: \"%s\"", words[0], text);
    for (; *words; words++)
        cr_expect_not_null(strstr(text, *words), "\"%s\" lacks \"%s\"", text, *words);
    epl_scope_reset(s, before);
}
#define TOLD(status, words, ...)                           \
    do {                                                   \
        epl_mark before_ = epl_scope_mark(s);              \
        __VA_ARGS__;                                       \
        told(before_, status, (const char *const[])words); \
    } while (0)
#define WORDS(...)        \
    {                     \
        __VA_ARGS__, NULL \
    }

static epl_fn *loop(void)
{
    return epl_scan(f, .length = 2);
}

/* -- derivatives --------------------------------------------------------------------------- */
Test(misuse, vectors_of_another_shape)
{
    TOLD(EPL_ERR_SHAPE, WORDS("[jvp]", "must be f64[3]", "got f64[3,3]", "in \"adapt\""),
         epl_jvp(epl_sin(x), x, w));
    TOLD(EPL_ERR_SHAPE, WORDS("[vjp]", "must be f64[3]", "got f64[3,3]", "in \"adapt\""),
         epl_vjp(epl_sin(x), x, w));
    TOLD(EPL_ERR_SHAPE, WORDS("[jvp]", "must be f64[3]", "got f64[]"),
         epl_hvp(epl_sum(x), x, epl_sum(x)));
    TOLD(EPL_ERR_SHAPE, WORDS("[jvp]", "got f32[3]"), epl_jvp(x, x, epl_cast(x, EPL_F32)));
    TOLD(EPL_ERR_ARG, WORDS("[jvp]", "plain number", "a value is expected"),
         epl_jvp(x, x, epl_num(1)));
    TOLD(EPL_ERR_ARG, WORDS("[jvp]", "2 vectors expected, got 1"), epl_val out[1];
         epl_jvps(epl_list(x), epl_list(x, w), epl_list(x), out));
}

Test(misuse, gradients_of_what_has_none)
{
    TOLD(EPL_ERR_SHAPE,
         WORDS("[gradient]", "must be one number, got f64[3]", "epl_vjp", "\"adapt\""),
         epl_gradient(epl_sin(x), x));
    TOLD(EPL_ERR_DTYPE, WORDS("[gradient]", "the result is i64[]", "epl_cast", "\"adapt\""),
         epl_gradient(n, x));
    TOLD(EPL_ERR_DTYPE, WORDS("[gradient]", "the variable is i64[]", "epl_cast"),
         epl_gradient(epl_sum(x), n));
    TOLD(EPL_ERR_DTYPE, WORDS("[jvp]", "bool[3]", "only floating values vary"),
         epl_jvp(epl_gt(x, epl_num(0)), x, x));
}

Test(misuse, variables_of_another_function)
{
    TOLD(EPL_ERR_USE, WORDS("[gradient]", "outer function", "epl_pass", "in a map in \"adapt\""),
         epl_fn *m = epl_map(f);
         epl_gradient(epl_sum(epl_mul(epl_each(m, w, 0), x)), x));
    TOLD(EPL_ERR_USE, WORDS("[gradient]", "is closed", "before its first result", "\"adapt\""),
         epl_fn *m = epl_map(f);
         epl_val one = epl_each(m, w, 0); epl_val all = epl_collect(m, epl_sum(one));
         epl_gradient(epl_sum(all), one));
    TOLD(EPL_ERR_USE, WORDS("[gradient]", "is closed", "in a scan in \"adapt\""),
         epl_fn *t = loop();
         epl_val h = epl_carry(t, x); epl_val y = epl_sum(h); epl_next(t, h, epl_sin(h));
         epl_last(t, h); epl_gradient(y, h));
}

Test(misuse, while_in_reverse)
{
    TOLD(EPL_ERR_RULE, WORDS("[while]", ".most", "epl_scan", "implicitly", "\"adapt\""),
         epl_fn *t = epl_while(f);
         epl_val h = epl_carry(t, x); epl_keep_going(t, epl_gt(epl_sum(h), epl_num(1)));
         epl_next(t, h, epl_scale(h, 0.5)); epl_gradient(epl_sum(epl_last(t, h)), x));
    TOLD(EPL_ERR_RULE, WORDS("[while]", ".most"), epl_fn *t = epl_while(f);
         epl_val h = epl_carry(t, x); epl_keep_going(t, epl_gt(epl_sum(h), epl_num(1)));
         epl_next(t, h, epl_scale(h, 0.5)); epl_val y = epl_sum(epl_last(t, h));
         epl_gradient(epl_jvp(y, x, x), x));
}

/* -- values where they do not exist ----------------------------------------------------------- */
Test(misuse, values_of_a_body_outside)
{
    TOLD(EPL_ERR_USE, WORDS("[output]", "\"y\"", "a value of another function", "in \"adapt\""),
         epl_fn *t = loop();
         epl_output(f, "y", epl_carry(t, x)));
    TOLD(EPL_ERR_USE,
         WORDS("[add]", "operand", "does not enclose", "in a scan in \"adapt\"", "epl_last",
               "in a map in \"adapt\""),
         epl_fn *t = loop();
         epl_fn *m = epl_map(f); epl_val h = epl_carry(t, x); epl_add(epl_each(m, w, 0), h));
    TOLD(EPL_ERR_USE, WORDS("[sin]", "closed", "before the first result", "epl_last"),
         epl_fn *t = loop();
         epl_val h = epl_carry(t, x); epl_next(t, h, epl_cos(h)); epl_last(t, h); epl_sin(h));
    TOLD(EPL_ERR_USE, WORDS("[add]", "closed", "\"adapt\""), epl_fn *c = epl_checkpoint(f);
         epl_val v = epl_pass(c, x); epl_last(c, epl_sin(v)); epl_add(v, x));
    TOLD(EPL_ERR_USE, WORDS("another scope"), epl_scope *other = epl_scope_new(NULL);
         epl_val far = epl_input(epl_fn_new(other, "far"), "x", epl_f64(3)); epl_add(x, far);
         epl_scope_free(other));
}

/* -- loops --------------------------------------------------------------------------------- */
Test(misuse, carried_values)
{
    TOLD(EPL_ERR_SHAPE,
         WORDS("[next]", "is f64[3], its next one f64[3,3]", "cast or reshape",
               "in a scan in \"adapt\""),
         epl_fn *t = loop();
         epl_next(t, epl_carry(t, x), w));
    TOLD(EPL_ERR_SHAPE, WORDS("[next]", "is f64[3], its next one f32[3]", "cast or reshape"),
         epl_fn *t = loop();
         epl_val h = epl_carry(t, x); epl_next(t, h, epl_cast(h, EPL_F32)));
    TOLD(EPL_ERR_USE, WORDS("[scan]", "carried value 1, f64[3,3], has no epl_next", "in a scan"),
         epl_fn *t = loop();
         epl_val h = epl_carry(t, x); epl_carry(t, w); epl_next(t, h, h); epl_last(t, h));
    TOLD(EPL_ERR_USE, WORDS("[next]", "before", "once for each", "in a scan in \"adapt\""),
         epl_fn *t = loop();
         epl_val h = epl_carry(t, x); epl_next(t, h, h); epl_next(t, h, epl_sin(h)));
    TOLD(EPL_ERR_USE, WORDS("[next]", "not one that epl_carry gave", "result itself"),
         epl_fn *t = loop();
         epl_val h = epl_carry(t, x); epl_next(t, epl_sin(h), h));
    TOLD(EPL_ERR_USE, WORDS("[next]", "carried by this loop", "in a scan"), epl_fn *t = loop();
         epl_next(t, x, x));
    TOLD(EPL_ERR_USE, WORDS("[scan]", "number of steps", ".length", "epl_each"),
         epl_fn *t = epl_scan(f);
         epl_val h = epl_carry(t, x); epl_next(t, h, h); epl_last(t, h));
    TOLD(EPL_ERR_USE, WORDS("[last]", "epl_carry gave", "in a scan"), epl_fn *t = loop();
         epl_val h = epl_carry(t, x); epl_val y = epl_sin(h); epl_next(t, h, y); epl_last(t, y));
}

Test(misuse, conditions)
{
    TOLD(EPL_ERR_DTYPE, WORDS("[keep_going]", "bool[]", "got f64[]", "epl_any", "in a while"),
         epl_fn *t = epl_while(f);
         epl_keep_going(t, epl_sum(epl_carry(t, x))));
    TOLD(EPL_ERR_DTYPE, WORDS("[keep_going]", "bool[]", "got bool[3]", "epl_all"),
         epl_fn *t = epl_while(f);
         epl_keep_going(t, epl_gt(epl_carry(t, x), epl_num(0))));
    TOLD(EPL_ERR_USE, WORDS("[while]", "epl_keep_going is missing", "\"adapt\""),
         epl_fn *t = epl_while(f);
         epl_val h = epl_carry(t, x); epl_next(t, h, h); epl_last(t, h));
    TOLD(EPL_ERR_ARG, WORDS("[when]", "bool[]", "got f64[3]", "epl_any", "\"adapt\""),
         epl_when(f, x));
    TOLD(EPL_ERR_ARG, WORDS("[when]", "plain number", "C's if"), epl_when(f, epl_flag(true)));
    TOLD(EPL_ERR_ARG, WORDS("[switch]", "an integer", "got f64[]", "epl_cast"), epl_fn * b[2];
         epl_switch(f, epl_sum(x), 2, b));
}

Test(misuse, branches_of_two_types)
{
    TOLD(EPL_ERR_SHAPE,
         WORDS("[switch]", "f64[3,3] and f64[3]", "must be alike", "cast or reshape", "\"adapt\""),
         epl_fn *a = epl_when(f, epl_gt(epl_sum(x), epl_num(0)));
         epl_fn *b = epl_otherwise(a); epl_either(a, epl_pass(a, x), b, epl_pass(b, w)));
    TOLD(EPL_ERR_SHAPE, WORDS("[switch]", "f32[3]"), epl_fn * b[2]; epl_switch(f, n, 2, b);
         epl_chosen(b[0], epl_list(epl_pass(b[0], x), epl_cast(epl_pass(b[1], x), EPL_F32))));
}

/* -- maps ---------------------------------------------------------------------------------- */
Test(misuse, maps)
{
    TOLD(EPL_ERR_SHAPE,
         WORDS("[each]", "axis 0 of f64[2]", "2 entries, the map has 3", "epl_pass",
               "in a map in \"adapt\""),
         epl_fn *m = epl_map(f);
         epl_each(m, w, 0); epl_each(m, epl_narrow(x, 0, 0, 2), 0));
    TOLD(EPL_ERR_SHAPE, WORDS("[each]", "3 entries, the scan has 2", "in a scan in \"adapt\""),
         epl_fn *t = loop();
         epl_each(t, w, 0));
    TOLD(EPL_ERR_ARG, WORDS("[each]", "f64[3] has no axis 1"), epl_each(epl_map(f), x, 1));
    TOLD(EPL_ERR_USE, WORDS("[collect]", "epl_each first", "\"adapt\""),
         epl_collect(epl_map(f), x));
}

/* -- in modules ---------------------------------------------------------------------------- */
static epl_val crooked(epl_ctx *c, const void *args, epl_val v)
{
    (void)args, (void)c;
    return epl_gradient(epl_sin(v), v);
}

Test(misuse, a_module_names_its_path)
{
    static const epl_attr none[] = {EPL_ATTR_END};
    static const epl_kind kind = {.name = "Crooked",
                                  .version = 1,
                                  .args_size = sizeof(epl_nn_plain_args),
                                  .attrs = none,
                                  .apply = crooked,
                                  .doc = "a gradient of many numbers"};
    epl_module bad = epl_module_new(&kind, &(epl_nn_plain_args){.scope = s}, "");
    epl_module net = epl_nn_sequential(
        s, {"block", epl_nn_sequential(s, {"act", epl_nn_tanh(s)}, {"odd", bad})});
    TOLD(EPL_ERR_SHAPE, WORDS("[gradient]", "epl_vjp", "block.odd"),
         epl_infer(s, net, epl_f64(2, 3)));
}

/* A mixed tree that an inner function uses as it is: each of its ranges comes in. */
Test(misuse, mixed_trees_of_outer_functions_may_be_used)
{
    const epl_leaf_spec leaf[2] = {
        {"mean", EPL_F64, epl_dims(3), EPL_STATISTIC, epl_init_full(2), 0},
        {"steps", EPL_I64, epl_dims(), EPL_STATISTIC, epl_init_full(3), 0}};
    epl_spec spec = epl_spec_new(s, 2, leaf);
    epl_val tree = epl_data(f, epl_tree_array(epl_init(s, spec, epl_seed(1))));
    double three[3] = {1, 2, 3};
    epl_val data = epl_data(f, epl_at(three, epl_f64(3)));
    epl_fn *m = epl_map(f), *t = epl_scan(m, .length = 2), *c = epl_checkpoint(t);
    epl_val one = epl_each(m, data, 0), h = epl_carry(t, one), v = epl_pass(c, h);
    epl_val sum = epl_add(epl_sum(epl_leaf(spec, tree, "mean")),
                          epl_cast(epl_leaf(spec, tree, "steps"), EPL_F64));
    epl_next(t, h, epl_last(c, epl_add(v, epl_copy(sum))));
    epl_val inner = epl_collect(m, epl_last(t, h));
    cr_expect_float_eq(epl_item(epl_sum(inner)), 6 + 3 * 2 * 9, 1e-12, "%s", epl_scope_message(s));
    epl_fn *again = epl_checkpoint(f);
    epl_val whole = epl_pass(again, tree);
    epl_val mean = epl_leaf(spec, whole, "mean");
    cr_expect_float_eq(epl_item(epl_sum(epl_last(again, mean))), 6, 1e-12);
    epl_fn *k = epl_checkpoint(f);
    epl_val values[2] = {epl_scale(epl_pass(k, data), 2), EPL_NO_VAL};
    TOLD(EPL_ERR_USE, WORDS("[tree]", "of an inner function", "epl_pass"),
         epl_tree_with(spec, tree, values));
    epl_val next = epl_tree_with(spec, epl_pass(k, tree), values);
    cr_expect_float_eq(epl_item(epl_sum(epl_leaf(spec, epl_last(k, next), "mean"))), 12, 1e-12,
                       "%s", epl_scope_message(s));
}

/* After an error a program may go on with values that it never got to set. */
Test(misuse, a_tree_with_values_never_set)
{
    static const epl_leaf_spec leaf[] = {{"mean", EPL_F64, {1, {3}}, EPL_STATISTIC, {0}, 0}};
    epl_spec spec = epl_spec_new(s, 1, leaf);
    epl_val tree = epl_input_tree(f, "tree", spec), values[1];
    memset(values, 0x5a, sizeof values);
    epl_scope_fail(s, EPL_ERR_ARG, "an error of before");
    cr_expect(epl_is_none(epl_tree_with(spec, tree, values)));
}

/* A position would set the field, but not tell that it was given: the mean of all, in silence. */
Test(misuse, options_without_their_names)
{
    TOLD(EPL_ERR_ARG, WORDS("[call]", "by name", "\"epl_ints{...}\" stands", "in \"adapt\""),
         cr_expect(epl_is_none(epl_mean(w, epl_axes(0)))));
    TOLD(EPL_ERR_ARG, WORDS("\"1,\" stands alone"), epl_mean(w, .dim = epl_axes(0), 1));
    TOLD(EPL_ERR_ARG, WORDS("\"3,\" stands alone"), epl_scan(f, 3));
    TOLD(EPL_ERR_ARG, WORDS("\"\"a, b\",\" stands alone"), epl_checkpoint(f, "a, b"));
    TOLD(EPL_ERR_ARG, WORDS("\"EPL_NEWTON,\" stands alone"), epl_root(f, EPL_NEWTON));
    TOLD(EPL_OK, WORDS(""), epl_sum(epl_mean(epl_mul(w, w), .dim = epl_axes(0, 1))));
}
