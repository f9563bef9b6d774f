/* test_derive.c -- linear maps, Jacobians, Hessian blocks, products and estimates: against
 * torch.func on one function, against each other, derived again, mapped, and misused. */
#include "../golden/derive.h"
#include "../value_test.h"

static epl_val x, v, out, losses, loss;

static epl_val waves(epl_val (*wave)(epl_val), int64_t rows, int64_t columns)
{
    epl_val i = epl_arange(f, EPL_F64, 1, (double)(rows * columns + 1), 1);
    return epl_reshape(wave(i), epl_dims(rows, columns));
}

static epl_val out_of(epl_val at)
{
    epl_val h = epl_tanh(epl_matmul(waves(epl_sin, 3, 5), at));
    epl_val y = epl_matmul(waves(epl_cos, 4, 3), epl_square(h));
    y = epl_add(y, epl_mul(epl_exp(epl_select(at, 0, 0)), epl_select(at, 0, 1)));
    return epl_reshape(y, epl_dims(2, 2));
}

static void open_inputs(void)
{
    static const double at[5] = {0.3, -0.2, 0.5, 0.1, -0.4}, along[5] = {1, -0.5, 0.25, 2, 0.75};
    static const int64_t labels[2] = {1, 0};
    open_scope();
    x = epl_data(f, epl_at(at, epl_f64(5)));
    v = epl_data(f, epl_at(along, epl_f64(5)));
    out = out_of(x);
    losses = epl_cross_entropy(out, epl_data(f, epl_at(labels, epl_i64(2))), .reduction = "none");
    loss = epl_mean(losses);
}

TestSuite(derive, .init = open_inputs, .fini = drop_scope);

static void equal(epl_val got, const double *want, epl_shape shape)
{
    near(got, epl_data(f, epl_at(want, epl_type_of(EPL_F64, shape))), 1e-12);
}

static void same(epl_val got, epl_val want)
{
    near(got, want, 1e-12);
}

Test(derive, jacobians_in_both_modes_and_in_chunks)
{
    for (int64_t chunk = 0; chunk < 7; chunk++) {
        equal(epl_jacobian(out, x, .mode = "forward", .chunk = chunk), golden_jacobian,
              epl_dims(2, 2, 5));
        equal(epl_jacobian(out, x, .mode = "reverse", .chunk = chunk), golden_jacobian,
              epl_dims(2, 2, 5));
    }
    equal(epl_jacobian(out, x), golden_jacobian, epl_dims(2, 2, 5));
}

Test(derive, a_jacobian_of_and_by_a_matrix_has_the_axes_of_both)
{
    double at[6] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
    epl_val m = epl_data(f, epl_at(at, epl_f64(2, 3)));
    epl_val y = epl_matmul(epl_sin(m), epl_transpose(m, 0, 1)); /* [2, 2] */
    epl_val forward = epl_jacobian(y, m, .mode = "forward", .chunk = 4);
    cr_assert_eq(epl_rank(forward), 4);
    same(epl_jacobian(y, m, .mode = "reverse", .chunk = 3), forward);
    epl_val entry = epl_select(epl_select(y, 0, 1), 0, 0);
    same(epl_select(epl_select(forward, 0, 1), 0, 0), epl_gradient(entry, m));
}

Test(derive, jacobians_of_numbers_and_of_what_does_not_vary)
{
    same(epl_jacobian(loss, x), epl_gradient(loss, x));
    epl_val t = epl_data(f, epl_at((double[]){2}, epl_f64()));
    same(epl_jacobian(epl_mul(t, v), t), v);
    same(epl_jacobian(v, x, .chunk = 2), epl_zeros(f, epl_f64(5, 5)));
    same(epl_jacobian(v, x, .mode = "reverse", .chunk = 2), epl_zeros(f, epl_f64(5, 5)));
}

Test(derive, a_jacobian_is_derived_again)
{
    epl_val g = epl_gradient(loss, x);
    equal(epl_jacobian(g, x, .chunk = 2), golden_hessian, epl_dims(5, 5));
    epl_val third = epl_jacobian(epl_jacobian(g, x), x, .mode = "forward", .chunk = 2);
    same(epl_jacobian(epl_jacobian(g, x), x, .mode = "reverse", .chunk = 7), third);
    epl_val along = epl_jvp(epl_hvp(loss, x, v), x, v);
    same(epl_einsum("ijk,j,k->i", epl_list(third, v, v)), along);
}

Test(derive, jacobians_in_a_map_are_those_of_a_loop)
{
    double at[3][5];
    for (int i = 0; i < 15; i++)
        at[i / 5][i % 5] = 0.1 * sin(i);
    epl_val rows = epl_data(f, epl_at(at, epl_f64(3, 5)));
    epl_fn *m = epl_map(f);
    epl_val r = epl_each(m, rows, 0), jr, all;
    epl_val h = epl_mul(epl_tanh(r), epl_sum(r));
    jr = epl_jacobian(h, r, .chunk = 2);
    all = epl_collect(m, jr);
    for (int i = 0; i < 3; i++) {
        epl_val one = epl_copy(epl_select(rows, 0, i));
        same(epl_select(all, 0, i), epl_jacobian(epl_mul(epl_tanh(one), epl_sum(one)), one));
    }
}

Test(derive, a_linear_map_is_the_jacobian_applied)
{
    double many[3][5], back[2][2][2];
    for (int i = 0; i < 15; i++)
        many[i / 5][i % 5] = sin(i);
    for (int i = 0; i < 8; i++)
        back[i / 4][i / 2 % 2][i % 2] = cos(i);
    epl_linear l = epl_linearize(out, x);
    epl_val j = epl_jacobian(out, x), vs = epl_data(f, epl_at(many, epl_f64(3, 5)));
    epl_val us = epl_data(f, epl_at(back, epl_f64(2, 2, 2)));
    same(epl_linear_apply(l, v), epl_einsum("ijk,k->ij", epl_list(j, v)));
    same(epl_linear_apply(l, vs), epl_einsum("ijk,bk->bij", epl_list(j, vs)));
    same(epl_linear_transpose(l, epl_cos(out)), epl_einsum("ijk,ij->k", epl_list(j, epl_cos(out))));
    same(epl_linear_transpose(l, us), epl_einsum("ijk,bij->bk", epl_list(j, us)));
    epl_val d = epl_sum(epl_square(epl_linear_apply(l, v)));
    same(epl_gradient(d, x), epl_gradient(epl_sum(epl_square(epl_jvp(out, x, v))), x));
    d = epl_sum(epl_square(epl_linear_transpose(l, epl_sin(out))));
    same(epl_gradient(d, x), epl_gradient(epl_sum(epl_square(epl_vjp(out, x, epl_sin(out)))), x));
}

Test(derive, uses_of_a_linear_map_add_no_function_evaluations)
{
    epl_val deep = x;
    for (int i = 0; i < 50; i++)
        deep = epl_tanh(deep);
    epl_linear l = epl_linearize(deep, x);
    epl_linear_apply(l, v);
    size_t before = epl_fn_nodes(f);
    epl_linear_apply(l, epl_sin(v));
    cr_assert_leq(epl_fn_nodes(f) - before, 50 + 8); /* one product for each tanh */
}

Test(derive, blocks_of_the_hessian)
{
    for (int64_t chunk = 0; chunk < 7; chunk += 2)
        equal(epl_hessian_block(loss, x, x, .chunk = chunk), golden_hessian, epl_dims(5, 5));
    epl_val h = epl_hessian(loss, x);
    equal(h, golden_hessian, epl_dims(5, 5));
    epl_val tall = epl_hessian_block(loss, x, x, .rows = {0, 4}, .columns = {3, 2}, .chunk = 1);
    same(tall, epl_narrow(epl_narrow(h, 0, 0, 4), 1, 3, 2));
    epl_val wide = epl_hessian_block(loss, x, x, .rows = {2, 1}, .columns = {1, 4}, .chunk = 1);
    same(wide, epl_narrow(epl_narrow(h, 0, 2, 1), 1, 1, 4));
}

Test(derive, blocks_between_two_variables)
{
    double at[6] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
    epl_val m = epl_data(f, epl_at(at, epl_f64(2, 3))), w = epl_narrow(v, 0, 0, 3);
    epl_val y = epl_sum(epl_sin(epl_matmul(m, w)));
    epl_val mixed = epl_hessian_block(y, m, w);
    same(mixed, epl_jacobian(epl_gradient(y, m), w, .mode = "reverse"));
    same(epl_hessian_block(y, w, m, .chunk = 2), epl_permute(mixed, epl_axes(2, 0, 1)));
}

Test(derive, a_block_of_two_leaves_costs_what_the_leaves_cost)
{
    double p[40], at[4] = {1, 2, 3, 4};
    for (int i = 0; i < 40; i++)
        p[i] = 0.1 * sin(i);
    epl_val theta = epl_data(f, epl_at(p, epl_f64(40))), h = epl_data(f, epl_at(at, epl_f64(4)));
    for (int i = 0; i < 10; i++)
        h = epl_mul(epl_tanh(h), epl_narrow(theta, 0, 4 * i, 4));
    epl_val y = epl_sum(epl_square(h)), whole = epl_hessian(y, theta);
    size_t before = epl_fn_nodes(f);
    epl_val last = epl_hessian_block(y, theta, theta, .rows = {36, 4}, .columns = {36, 4});
    size_t small = epl_fn_nodes(f) - before;
    before = epl_fn_nodes(f);
    epl_val first = epl_hessian_block(y, theta, theta, .rows = {0, 4}, .columns = {0, 4});
    cr_assert_lt(2 * small, epl_fn_nodes(f) - before, "%zu %zu", small, epl_fn_nodes(f) - before);
    same(last, epl_narrow(epl_narrow(whole, 0, 36, 4), 1, 36, 4));
    same(first, epl_narrow(epl_narrow(whole, 0, 0, 4), 1, 0, 4));
}

Test(derive, products_with_the_hessian_in_three_modes)
{
    for (int mode = EPL_FORWARD_OVER_REVERSE; mode <= EPL_REVERSE_OVER_REVERSE; mode++)
        equal(epl_hvp_by((epl_hvp_mode)mode, loss, x, v), golden_hvp, epl_dims(5));
    equal(epl_vhp(loss, x, v), golden_hvp, epl_dims(5));
}

Test(derive, a_vector_that_depends_on_x_is_a_constant_of_the_product)
{
    epl_val along = epl_sin(x), h = epl_hessian(loss, x);
    epl_val want = epl_matmul(h, along);
    for (int mode = EPL_FORWARD_OVER_REVERSE; mode <= EPL_REVERSE_OVER_REVERSE; mode++) {
        epl_val hv = epl_hvp_by((epl_hvp_mode)mode, loss, x, along);
        same(hv, want);
        same(epl_gradient(epl_sum(hv), x), epl_gradient(epl_sum(want), x));
    }
}

Test(derive, products_of_gauss_newton_and_fisher)
{
    equal(epl_gauss_newton(loss, out, x, v), golden_gauss_newton, epl_dims(5));
    equal(epl_fisher(out, x, v), golden_fisher, epl_dims(5));
    equal(epl_empirical_fisher(losses, x, v), golden_empirical, epl_dims(5));
    epl_val explicit = epl_jacobian(losses, x); /* by per-sample gradients */
    epl_val ggv = epl_matmul(epl_transpose(explicit, 0, 1), epl_matmul(explicit, v));
    same(epl_scale(ggv, 0.5), epl_empirical_fisher(losses, x, v));
    epl_val g = epl_gauss_newton(loss, out, x, v);
    same(epl_gradient(epl_sum(g), x),
         epl_gradient(epl_scale(epl_sum(epl_fisher(out, x, v)), 0.5), x));
}

Test(derive, estimates_are_exact_where_the_hessian_is_diagonal)
{
    epl_key seed = epl_seed(5);
    epl_val key = epl_data(f, epl_at(&seed, EPL_KEY));
    epl_val y = epl_sum(epl_exp(x)); /* hessian: diag e^x */
    same(epl_hessian_diagonal(y, x, key, 1), epl_exp(x));
    same(epl_hessian_trace(y, x, key, 3), epl_sum(epl_exp(x)));
}

Test(derive, estimates_have_the_right_mean)
{
    epl_key seed = epl_seed(6);
    epl_val key = epl_data(f, epl_at(&seed, EPL_KEY)), h = epl_hessian(loss, x);
    double trace = 0, beside = 0, diagonal[5], got[5];
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++)
            *(i == j ? &trace : &beside) += i == j ? golden_hessian[6 * i]
                                                   : pow(golden_hessian[5 * i + j], 2);
    enum { SAMPLES = 4000 };
    double doubt = 4 * sqrt(2 * beside / SAMPLES); /* four deviations of the mean */
    cr_assert_float_eq(epl_item(epl_hessian_trace(loss, x, key, SAMPLES)), trace, doubt);
    cr_assert_eq(epl_eval(epl_diagonal(h), epl_at(diagonal, epl_f64(5))), EPL_OK);
    cr_assert_eq(epl_eval(epl_hessian_diagonal(loss, x, key, SAMPLES), epl_at(got, epl_f64(5))),
                 EPL_OK, "%s", epl_scope_message(s));
    for (int i = 0; i < 5; i++)
        cr_assert_float_eq(got[i], diagonal[i], doubt);
    cr_assert_gt(fabs(epl_item(epl_hessian_trace(loss, x, key, 1)) - trace), 1e-9);
}

static void fails(const char *text)
{
    fails_with(text);
    drop_scope();
    open_inputs();
}

Test(derive, wrong_use_is_told)
{
    epl_jacobian(out, x, .mode = "sideways");
    fails("[jacobian] mode must be \"auto\", \"forward\" or \"reverse\", got \"sideways\"");
    epl_jacobian(out, x, .chunk = -1);
    fails("[jacobian] chunk must not be negative, got -1");
    epl_hessian_block(loss, x, x, .rows = {3, 3});
    fails("[hessian_block] rows {3, 3}: a first element and how many, within the 5");
    epl_hessian_block(out, x, x);
    fails("[gradient] the result must be one number");
    epl_jacobian(out, epl_num(1));
    fails("the variable is no value of a function");
    epl_linear_apply(epl_linearize(out, x), out);
    fails("the vector must be f64[5], as its value, got f64[2,2]");
    epl_linear_apply(epl_linearize(out, x), epl_num(1));
    fails("a plain number");
    epl_hessian_trace(loss, x, v, 4);
    fails("key");
    epl_linear_trace(epl_linearize(out, x), v, 4);
    fails("[linear_trace] a map from a type to the same one");
    epl_val empty[2] = {epl_hvp_by(EPL_REVERSE_OVER_FORWARD, EPL_NO_VAL, EPL_NO_VAL, EPL_NO_VAL),
                        epl_linear_apply((epl_linear){{0}, {0}}, x)};
    cr_assert(epl_is_none(empty[0]) && epl_is_none(empty[1]));
}

/* -- modules ----------------------------------------------------------------------------------- */
static size_t steps_of_block(epl_module net, const char *leaf)
{
    epl_fn *g = epl_fn_new(s, "block");
    epl_spec spec = epl_params_of(net);
    epl_val theta = epl_input_tree(g, "params", spec), rows = epl_input(g, "x", epl_f32(4, 5));
    epl_val y = epl_mean(epl_square(epl_apply(net, theta, rows)));
    const epl_leaf_spec *w = epl_spec_find(spec, leaf);
    epl_output(
        g, "h",
        epl_hessian_block(y, theta, theta, .rows = {w->offset, 12}, .columns = {w->offset, 12}));
    return epl_plan_steps(epl_compile(s, g));
}

/* A block of the last layer of a module needs tangents there alone; a gradient for each row. */
Test(derive, blocks_of_leaves_and_gradients_of_rows_of_a_module)
{
    epl_module net = epl_nn_sequential(s, {"a", epl_nn_linear(s, 6)}, {"t", epl_nn_tanh(s)},
                                       {"b", epl_nn_linear(s, 6)}, {"u", epl_nn_tanh(s)},
                                       {"head", epl_nn_linear(s, 2)});
    net = epl_infer(s, net, epl_f32(4, 5));
    epl_spec spec = epl_params_of(net);
    epl_val theta = epl_data(f, epl_tree_array(epl_init(s, spec, epl_seed(1))));
    epl_val rows =
        epl_uniform(epl_data(f, epl_at((int64_t[]){1, 2}, EPL_KEY)), epl_dims(4, 5), -1, 1);
    epl_val total = epl_mean(epl_square(epl_apply(net, theta, rows)));
    const epl_leaf_spec *w = epl_spec_find(spec, "head.weight");
    epl_val head =
        epl_hessian_block(total, theta, theta, .rows = {w->offset, 12}, .columns = {w->offset, 12});
    size_t small = steps_of_block(net, "head.weight"), large = steps_of_block(net, "a.weight");
    cr_assert_lt(2 * small, large, "%zu %zu", small, large);
    epl_val whole = epl_hessian(total, theta);
    epl_val wanted = epl_narrow(epl_narrow(whole, 0, w->offset, 12), 1, w->offset, 12);
    cr_assert_lt(epl_item(epl_amax(epl_abs(epl_sub(head, wanted)))), 1e-6);

    epl_fn *each = epl_map(f, .chunk = 3);
    epl_val row = epl_each(each, rows, 0), own = epl_pass(each, theta), out2[2];
    epl_val g = epl_gradient(epl_mean(epl_square(epl_apply(net, own, row))), own);
    epl_collects(each, epl_list(g, epl_vector_norm(g)), out2);
    epl_val mean = epl_mean(out2[0], .dim = epl_axes(0));
    cr_assert_lt(epl_item(epl_amax(epl_abs(epl_sub(mean, epl_gradient(total, theta))))), 1e-6, "%s",
                 epl_scope_message(s));
    epl_val norms = epl_vector_norm(out2[0], .dim = epl_axes(1));
    cr_assert_lt(epl_item(epl_amax(epl_abs(epl_sub(norms, out2[1])))), 1e-6);
    cr_assert_str_eq(epl_scope_message(s), "");
}

Test(derive, nothing_in_gives_nothing_out)
{
    epl_val none = EPL_NO_VAL, two[2];
    epl_linear l = epl_linearize(none, none);
    cr_assert(epl_is_none(l.in) && epl_is_none(epl_linear_transpose(l, x)));
    cr_assert(epl_is_none(epl_jacobian(none, none)) && epl_is_none(epl_jacobian_of(NULL, "")));
    cr_assert(epl_is_none(epl_hessian_block(none, none, none)));
    cr_assert(epl_is_none(epl_hessian_block_of(NULL, "")));
    cr_assert(epl_is_none(epl_vhp(none, none, none)));
    cr_assert(epl_is_none(epl_gauss_newton(none, none, none, none)));
    cr_assert(epl_is_none(epl_fisher(none, none, none)));
    cr_assert(epl_is_none(epl_empirical_fisher(none, none, none)));
    cr_assert(epl_is_none(epl_linear_trace(l, none, 1)) &&
              epl_is_none(epl_linear_diagonal(l, none, 1)));
    cr_assert(epl_is_none(epl_hessian_trace(none, none, none, 1)));
    cr_assert(epl_is_none(epl_straight_through(none, none)) &&
              epl_is_none(epl_reverse_gradient(none)));
    cr_assert(epl_is_none(epl_scale_gradient(none, none)));
    epl_collects(NULL, epl_list(x, x), two);
    cr_assert(epl_is_none(two[0]) && epl_is_none(two[1]));
    cr_assert_str_eq(epl_scope_message(s), "");
    epl_jacobian(out, none);
    cr_assert_neq(epl_scope_status(s), EPL_OK);
}
