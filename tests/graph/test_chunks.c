/* test_chunks.c -- maps in chunks and in turn: a loop over chunks, the numbers of a whole map. */
#include "../value_test.h"

TestSuite(chunks, .init = open_scope, .fini = drop_scope);

/* Numbers between -1 and 1 that repeat nowhere. */
static epl_val numbers(epl_type t)
{
    static double x[4096];
    for (int i = 0; i < 4096; i++)
        x[i] = sin(1.7 * i + 0.3);
    return epl_data(f, epl_at(x, t));
}

/* -- the graph and the memory ---------------------------------------------------------------- */
static epl_val norms(epl_fn *g, int64_t n, int64_t chunk, epl_val *to)
{
    epl_val w = epl_input(g, "w", epl_f32(16, 16)), rows = epl_input(g, "rows", epl_f32(n, 16));
    *to = w;
    epl_fn *m = epl_map(g, .chunk = chunk);
    epl_val r = epl_each(m, rows, 0), own = epl_pass(m, w);
    epl_val y = epl_sum(epl_square(epl_tanh(epl_matmul(own, epl_tanh(epl_matmul(own, r))))));
    return epl_collect(m, epl_sum(epl_square(epl_gradient(y, own))));
}

static size_t nodes_of(int64_t n, int64_t chunk, bool gradient)
{
    epl_fn *g = epl_fn_new(s, "count");
    epl_val w, y = norms(g, n, chunk, &w);
    if (gradient)
        epl_gradient(epl_sum(y), w);
    return epl_fn_nodes(g);
}

Test(chunks, nodes_do_not_grow_with_the_count)
{
    for (int64_t chunk = 1; chunk < 9; chunk *= 2)
        for (int gradient = 0; gradient < 2; gradient++)
            cr_expect_eq(nodes_of(64, chunk, gradient), nodes_of(6400, chunk, gradient));
    cr_expect_eq(nodes_of(67, 8, true), nodes_of(6403, 8, true)); /* with a rest */
    cr_expect_lt(nodes_of(64, 8, false), 20u);
    cr_expect_lt(nodes_of(64, 8, true), 40u);
}

static size_t bytes_of(epl_val y, epl_fn *g)
{
    epl_output(g, "y", y);
    return epl_plan_work_bytes(epl_compile(s, g));
}

Test(chunks, the_workspace_is_one_chunks_also_of_a_gradient)
{
    size_t value[3], gradient[3];
    for (int i = 0; i < 3; i++) {
        epl_fn *g = epl_fn_new(s, "value"), *h = epl_fn_new(s, "gradient");
        epl_val w, y = norms(g, 64 << i, 8, &w);
        value[i] = bytes_of(y, g);
        y = norms(h, 64 << i, 8, &w);
        gradient[i] = bytes_of(epl_gradient(epl_sum(epl_exp(y)), w), h);
    }
    cr_expect_eq(value[0], value[2]);
    cr_expect_leq(gradient[2], gradient[0] + 3 * 4 * 192); /* one number of each entry */
}

/* 16 rows of 16 numbers: 256 outputs by 256 inputs, and small matrices. */
static size_t jacobian_bytes(int64_t chunk, size_t *nodes)
{
    epl_fn *g = epl_fn_new(s, "jacobian");
    epl_val x = epl_input(g, "x", epl_f32(16, 16)), w = epl_input(g, "w", epl_f32(16, 16));
    epl_val y = epl_tanh(epl_matmul(epl_tanh(epl_matmul(x, w)), w));
    size_t bytes = bytes_of(epl_jacobian(y, x, .mode = "reverse", .chunk = chunk), g);
    *nodes = epl_fn_nodes(g);
    return bytes;
}

Test(chunks, a_jacobian_of_256_outputs)
{
    size_t nodes[4], whole = jacobian_bytes(0, &nodes[0]), some = jacobian_bytes(16, &nodes[1]);
    size_t rest = jacobian_bytes(24, &nodes[2]), one = jacobian_bytes(1, &nodes[3]);
    cr_expect_lt(5 * some, whole, "%zu %zu", some, whole);
    cr_expect_lt(3 * one, some, "%zu %zu", one, some);
    cr_expect_lt(5 * rest, 2 * whole, "%zu %zu", rest, whole);
    cr_expect_lt(nodes[1], 40u);
    cr_expect_lt(nodes[2], 60u);
}

/* -- numbers --------------------------------------------------------------------------------- */
typedef epl_val (*entry)(epl_val x, epl_val w);

static epl_val mapped(entry one, epl_val x, epl_val w, int64_t chunk)
{
    epl_fn *m = epl_map(f, .chunk = chunk);
    epl_val xi = epl_each(m, x, 0), own = epl_pass(m, w);
    return epl_collect(m, one(xi, own));
}

static epl_val smooth(epl_val x, epl_val w)
{
    return epl_sum(epl_exp(epl_sin(epl_matmul(x, epl_matmul(epl_cos(w), x)))));
}

static epl_val with_gradient(epl_val x, epl_val w)
{
    epl_val y = smooth(x, w);
    return epl_cat(epl_list(epl_reshape(epl_gradient(y, w), epl_dims(-1)), epl_gradient(y, x)),
                   .dim = 0);
}

Test(chunks, values_and_derivatives_to_third_order)
{
    epl_val x = numbers(epl_f64(7, 3)), w = numbers(epl_f64(3, 3)), v = epl_neg(epl_cos(w));
    for (int k = 0; k < 2; k++) {
        entry one = k ? with_gradient : smooth;
        epl_val whole = epl_sum(epl_square(mapped(one, x, w, 0)));
        epl_val g = epl_gradient(whole, w), h = epl_hvp(whole, w, v);
        epl_val third = epl_gradient(epl_sum(epl_mul(h, v)), w), by_x = epl_gradient(whole, x);
        for (int64_t chunk = 1; chunk < 8; chunk++) {
            epl_val part = epl_sum(epl_square(mapped(one, x, w, chunk)));
            near(part, whole, 1e-14);
            near(epl_gradient(part, w), g, 1e-12);
            near(epl_gradient(part, x), by_x, 1e-12);
            epl_val hvp = epl_hvp(part, w, v);
            near(hvp, h, 1e-11);
            near(epl_gradient(epl_sum(epl_mul(hvp, v)), w), third, 1e-10);
        }
    }
}

Test(chunks, nested_in_both_ways)
{
    epl_val x = numbers(epl_f64(5, 4, 3)), w = numbers(epl_f64(3, 3)), all = EPL_NO_VAL;
    for (int64_t a = 0; a < 4; a++)
        for (int64_t b = 0; b < 4; b++) {
            epl_fn *outer = epl_map(f, .chunk = a);
            epl_val own = epl_pass(outer, w), rows = epl_each(outer, x, 0);
            epl_fn *inner = epl_map(outer, .chunk = b);
            epl_val row = epl_each(inner, rows, 0), mine = epl_pass(inner, own);
            epl_val y = epl_mul(smooth(row, mine), epl_sum(rows)); /* one of the outer map's */
            epl_val z = epl_collect(outer, epl_gradient(epl_sum(epl_collect(inner, y)), own));
            all = epl_is_none(all) ? z : all;
            near(z, all, 1e-12);
        }
}

Test(chunks, several_results_and_values_that_do_not_vary)
{
    epl_val x = numbers(epl_f64(5, 3)), w = numbers(epl_f64(3)), out[3];
    epl_fn *m = epl_map(f, .chunk = 2);
    epl_val xi = epl_each(m, x, 0), own = epl_pass(m, w), e = epl_exp(xi);
    epl_collects(m, epl_list(epl_mul(e, own), epl_sum(e), epl_mul(own, own)), out);
    near(out[0], epl_mul(epl_exp(x), w), 0);
    near(out[1], epl_sum(epl_exp(x), .dim = epl_axes(1)), 1e-15);
    near(out[2], epl_expand(epl_mul(w, w), epl_dims(5, 3)), 0);
}

Test(chunks, another_axis_and_a_mixed_tree)
{
    epl_leaf_spec leaf[2] = {
        {.path = "a", .dtype = EPL_F64, .role = EPL_WEIGHT, .shape = epl_dims(2)},
        {.path = "b", .dtype = EPL_F32, .role = EPL_WEIGHT, .shape = epl_dims(1)}};
    epl_spec spec = epl_spec_new(s, 2, leaf);
    epl_tree *tree = epl_tree_new(s, spec);
    double *a = epl_tree_leaf(tree, "a").data, x[10], y[10];
    a[0] = 3, a[1] = 5;
    *(float *)epl_tree_leaf(tree, "b").data = 7;
    for (int i = 0; i < 10; i++)
        x[i] = i;
    epl_val t = epl_input_tree(f, "tree", spec), xv = epl_input(f, "x", epl_f64(2, 5));
    epl_fn *m = epl_map(f, .chunk = 2);
    epl_val own = epl_pass(m, t), xi = epl_each(m, xv, 1);
    epl_val sum = epl_add(epl_leaf_at(spec, own, 0), epl_cast(epl_leaf_at(spec, own, 1), EPL_F64));
    epl_output(f, "y", epl_collect(m, epl_mul(sum, xi)));
    epl_status status = epl_run(epl_compile(s, f),
                                epl_arrays(epl_tree_array(tree), epl_at(x, epl_f64(2, 5))),
                                epl_arrays(epl_at(y, epl_f64(5, 2))), epl_work_new(s, NULL));
    cr_assert_eq(status, EPL_OK, "%s", epl_scope_message(s));
    for (int i = 0; i < 5; i++)
        cr_expect(y[2 * i] == 10 * i && y[2 * i + 1] == 12 * (i + 5));
}

/* -- keys ------------------------------------------------------------------------------------ */
static epl_val draws(epl_val key)
{
    epl_val a = epl_normal(key, epl_dims(5), .dtype = EPL_F64);
    return epl_add(a, epl_uniform(epl_fold(key, 1), epl_dims(5), 0, 1, .dtype = EPL_F64));
}

Test(chunks, mapped_keys_give_what_a_loop_gives_to_the_bit)
{
    static double want[7 * 5], got[7 * 5];
    epl_key seed = epl_seed(3);
    epl_val keys = epl_split(epl_data(f, epl_at(seed.word, EPL_KEY)), 7);
    for (int i = 0; i < 7; i++)
        read(draws(epl_select(keys, 0, i)), want + 5 * (size_t)i);
    for (int64_t chunk = 0; chunk < 8; chunk++) {
        epl_fn *m = epl_map(f, .chunk = chunk);
        read(epl_collect(m, draws(epl_each(m, keys, 0))), got);
        cr_expect_eq(memcmp(want, got, sizeof want), 0, "chunk %d", (int)chunk);
    }
}

/* -- control flow inside --------------------------------------------------------------------- */
/* Where may[i] is false, index[i] is out of range: no one reads it. */
Test(chunks, a_side_sees_what_was_meant_for_it)
{
    bool may[5] = {true, false, true, false, true};
    int64_t index[5] = {0, 9, 2, 9, 1};
    epl_val x = numbers(epl_f64(3));
    epl_val can = epl_data(f, epl_at(may, epl_type_of(EPL_BOOL, epl_dims(5))));
    epl_val at = epl_data(f, epl_at(index, epl_type_of(EPL_I64, epl_dims(5))));
    for (int64_t chunk = 0; chunk < 4; chunk++) {
        epl_fn *m = epl_map(f, .chunk = chunk);
        epl_val c = epl_each(m, can, 0), i = epl_each(m, at, 0);
        epl_fn *yes = epl_when(m, c), *no = epl_otherwise(yes);
        epl_val one = epl_reshape(epl_pass(yes, i), epl_dims(1));
        epl_val found = epl_sum(epl_index_select(epl_pass(yes, x), 0, one));
        epl_val all = epl_collect(m, epl_either(yes, found, no, epl_zeros(no, epl_f64())));
        double got[5];
        cr_assert_eq(epl_eval(all, epl_at(got, epl_f64(5))), EPL_OK, "%s", epl_scope_message(s));
        cr_expect(got[1] == 0 && got[3] == 0 && got[2] == sin(1.7 * 2 + 0.3));
    }
}

Test(chunks, loops_inside)
{
    epl_val x = numbers(epl_f64(6, 3)), want = EPL_NO_VAL;
    for (int64_t chunk = 0; chunk < 6; chunk++) {
        epl_fn *m = epl_map(f, .chunk = chunk);
        epl_val xi = epl_each(m, x, 0);
        epl_fn *w = epl_while(m);
        epl_val v = epl_carry(w, xi);
        epl_keep_going(w, epl_lt(epl_sum(v), epl_num(9)));
        epl_next(w, v, epl_add(epl_mul(v, v), epl_num(1)));
        epl_fn *t = epl_scan(m, .length = 4);
        epl_val c = epl_carry(t, epl_last(w, v));
        epl_next(t, c, epl_sin(epl_mul(c, xi)));
        epl_val y = epl_collect(m, epl_last(t, c));
        want = chunk ? want : y;
        near(y, want, 1e-14);
        near(epl_jvp(y, x, epl_cos(x)), epl_jvp(want, x, epl_cos(x)), 1e-12);
    }
}

/* y = x^2 with the slope of 3 x, whatever is around it. */
static epl_val odd_slope(epl_fn *in, epl_val a)
{
    epl_fn *c = epl_custom(in);
    epl_val x = epl_pass(c, a), y = epl_square(x);
    epl_fn *r = epl_custom_jvp(c);
    epl_give(r, y, epl_mul(epl_tangent(r, x), epl_mul(epl_primal(r, x), epl_num(3))));
    return epl_last(c, y);
}

Test(chunks, derivatives_of_ones_own_and_checkpoints_inside)
{
    epl_val x = numbers(epl_f64(5, 3)), want = epl_mul(epl_mul(epl_square(x), x), epl_num(6));
    for (int64_t chunk = 0; chunk < 6; chunk++) {
        epl_fn *m = epl_map(f, .chunk = chunk), *c;
        epl_val xi = epl_each(m, x, 0);
        c = epl_checkpoint(m, .bytes = chunk % 2 ? 24 : 0);
        epl_val y = epl_last(c, epl_sum(epl_square(odd_slope(c, epl_pass(c, xi)))));
        near(epl_collect(m, epl_gradient(y, xi)), want, 1e-14);
        epl_val d = epl_gradient(epl_sum(epl_collect(m, y)), x);
        near(d, want, 1e-14);
        /* 2 y 3 x, each factor with its own slope */
        near(epl_gradient(epl_sum(d), x), epl_mul(epl_square(x), epl_num(24)), 1e-13);
    }
}

/* -- derivatives in chunks within derivatives, and the plain evaluation -------------------------
 */
Test(chunks, jacobians_in_jacobians_and_in_maps)
{
    epl_val x = numbers(epl_f64(4)), w = numbers(epl_f64(4, 4));
    epl_val y = epl_sin(epl_matmul(w, epl_exp(x))), j = epl_jacobian(y, x);
    epl_val whole = epl_jacobian(j, x), rows = numbers(epl_f64(5, 4)), maps = EPL_NO_VAL;
    for (int64_t a = 1; a < 5; a++)
        for (int64_t b = 1; b < 5; b++) {
            epl_val part = epl_jacobian(y, x, .mode = b % 2 ? "forward" : "reverse", .chunk = a);
            near(epl_jacobian(part, x, .mode = "forward", .chunk = b), whole, 1e-12);
            near(epl_jacobian(part, x, .mode = "reverse", .chunk = b), whole, 1e-12);
            epl_fn *m = epl_map(f, .chunk = a);
            epl_val r = epl_each(m, rows, 0), z = epl_sin(epl_matmul(w, epl_exp(r)));
            epl_val all = epl_collect(m, epl_jacobian(z, r, .chunk = b));
            maps = epl_is_none(maps) ? all : maps;
            near(all, maps, 1e-12);
        }
}

Test(chunks, the_plain_evaluation_agrees)
{
    epl_val x = epl_input(f, "x", epl_f64(7, 3)), w = epl_input(f, "w", epl_f64(3, 3));
    epl_fn *m = epl_map(f, .chunk = 3);
    epl_val xi = epl_each(m, x, 0), own = epl_pass(m, w);
    epl_val j = epl_jacobian(epl_exp(epl_matmul(own, xi)), xi, .chunk = 2);
    epl_output(f, "y", epl_collect(m, epl_sum(j)));
    double a[21], b[9], plan[7], plain[7];
    for (int i = 0; i < 21; i++)
        a[i] = b[i % 9] = sin(i);
    epl_arrays in = epl_arrays(epl_at(a, epl_f64(7, 3)), epl_at(b, epl_f64(3, 3)));
    cr_assert_eq(epl_reference(f, in, epl_arrays(epl_at(plain, epl_f64(7)))), EPL_OK, "%s",
                 epl_scope_message(s));
    cr_assert_eq(
        epl_run(epl_compile(s, f), in, epl_arrays(epl_at(plan, epl_f64(7))), epl_work_new(s, NULL)),
        EPL_OK, "%s", epl_scope_message(s));
    for (int i = 0; i < 7; i++)
        cr_expect_float_eq(plan[i], plain[i], 1e-13);
}

Test(chunks, too_many_axes)
{
    epl_fn *m = epl_map(f, .chunk = 2);
    epl_type t = epl_f64(3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    epl_collect(m, epl_sum(epl_each(m, numbers(t), 0)));
    fails_with("leaves no axis for .chunk");
}
