/* test_dead.c -- what is not needed costs nothing: gradients of what is not used are zeros that
 * no kernel computes, and integers, booleans and what is constant by pieces carry none.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <string.h>
#include "../../src/graph/region.h"

static epl_scope *s;
static epl_fn *f;
static epl_val x, w;

static void begin(void)
{
    f = epl_fn_new(s, "dead");
    x = epl_input(f, "x", epl_f64(4));
    w = epl_input(f, "w", epl_f64(4, 4));
}

static void open_scope(void)
{
    s = epl_scope_new(NULL);
    begin();
}

static void close_scope(void)
{
    cr_expect_str_eq(epl_scope_message(s), "");
    epl_scope_free(s);
}
TestSuite(dead, .init = open_scope, .fini = close_scope);

static epl_val net(epl_val v)
{
    return epl_sum(epl_square(epl_tanh(epl_matmul(w, v))));
}

/* Steps of the plan that has these outputs; the function is begun anew. */
static size_t steps_of(epl_val a, epl_val b)
{
    epl_output(f, "a", a);
    if (b.graph)
        epl_output(f, "b", b);
    size_t n = epl_plan_steps(epl_compile(s, f));
    cr_assert_str_eq(epl_scope_message(s), "");
    begin();
    return n;
}

static size_t regions_with(epl__region_kind kind, bool (*is)(const epl__region *))
{
    size_t n = 0;
    for (epl__id id = 0; id < f->main.count; id++) {
        const epl__node *node = epl__node_at(f, id);
        n += node->prim == &epl__prim_region && epl__region_of(node)->kind == kind &&
             is(epl__region_of(node));
    }
    return n;
}

Test(dead, a_gradient_by_what_is_not_used_is_a_constant)
{
    size_t alone = steps_of(net(x), EPL_NO_VAL);
    epl_val y = net(x), g[2], other = epl_copy(x);
    size_t before = epl_fn_nodes(f);
    epl_val zero = epl_gradient(y, other);
    cr_expect_leq(epl_fn_nodes(f) - before, 3, "%zu nodes", epl_fn_nodes(f) - before);
    epl_gradients(y, epl_list(other, epl_copy(w)), g);
    epl_val sum = epl_add(epl_sum(epl_square(zero)), epl_sum(epl_tanh(g[1])));
    epl_val forward = epl_jvp(y, other, epl_exp(x));
    size_t all = steps_of(epl_add(epl_add(y, sum), epl_add(epl_sum(g[0]), forward)), EPL_NO_VAL);
    cr_expect_eq(all, alone, "%zu steps, without them %zu", all, alone);
}

Test(dead, only_the_cone_of_the_variable_is_walked)
{
    epl_val h = x;
    for (int i = 0; i < 100; i++)
        h = epl_sin(epl_add(h, x)); /* x reaches all of it, z the end alone */
    epl_val z = epl_copy(h), y = epl_sum(epl_mul(z, h));
    size_t before = epl_fn_nodes(f);
    epl_gradient(y, z);
    epl_hvp(y, z, h);
    cr_expect_leq(epl_fn_nodes(f) - before, 12, "%zu nodes", epl_fn_nodes(f) - before);
}

Test(dead, a_gradient_that_no_output_needs_is_not_in_the_plan)
{
    size_t alone = steps_of(net(x), EPL_NO_VAL),
           one = steps_of(epl_gradient(net(x), x), EPL_NO_VAL);
    epl_val y = net(x), g[2];
    epl_gradients(y, epl_list(x, w), g);
    epl_hessian(y, x);
    cr_expect_eq(steps_of(y, EPL_NO_VAL), alone);
    epl_gradients(net(x), epl_list(x, w), g);
    cr_expect_eq(steps_of(g[0], EPL_NO_VAL), one);
}

/* A leaf that the loss does not read: its piece of the assembled gradient is filled, no more. */
Test(dead, a_leaf_that_is_not_used)
{
    size_t steps[2];
    for (int unused = 0; unused < 2; unused++) {
        const epl_leaf_spec leaf[2] = {
            {"used", EPL_F64, epl_dims(4), EPL_WEIGHT, epl_init_full(1), 0},
            {"more", EPL_F64, epl_dims(1000), EPL_WEIGHT, epl_init_full(1), 0}};
        epl_spec spec = epl_spec_new(s, 1 + (size_t)unused, leaf);
        epl_val tree = epl_input_tree(f, "p", spec), used = epl_leaf(spec, tree, "used");
        epl_val y = epl_sum(epl_square(epl_sin(used)));
        epl_val g = epl_gradient(y, tree), h = epl_hvp(y, tree, g);
        steps[unused] =
            steps_of(epl_sum(epl_leaf(spec, g, "used")), epl_sum(epl_leaf(spec, h, "used")));
    }
    cr_expect_eq(steps[0], steps[1], "%zu steps, with a leaf more %zu", steps[0], steps[1]);
}

static epl_val by_integers(epl_val v)
{
    epl_val n = epl_cast(epl_scale(v, 3), EPL_I64),
            odd = epl_eq(epl_remainder(n, epl_int(2)), epl_int(1));
    return epl_cast(epl_where(odd, n, epl_mul(n, n)), EPL_F64);
}

Test(dead, integers_and_booleans_carry_none)
{
    epl_val n = by_integers(x), big = epl_gt(x, epl_num(0));
    size_t before = epl_fn_nodes(f);
    epl_gradient(epl_sum(n), x);
    epl_jvp(epl_sum(epl_cast(epl_argsort(x), EPL_F64)), x, x);
    epl_gradient(epl_sum(epl_add(epl_floor(x), epl_cast(big, EPL_F64))), x);
    size_t made = epl_fn_nodes(f) - before;
    cr_expect_leq(made, 16, "%zu nodes", made);
    begin();
    size_t plain =
        steps_of(epl_gradient(epl_sum(epl_mul(epl_sin(x), epl_stop_gradient(by_integers(x)))), x),
                 EPL_NO_VAL);
    size_t through =
        steps_of(epl_gradient(epl_sum(epl_mul(epl_sin(x), by_integers(x))), x), EPL_NO_VAL);
    cr_expect_eq(through, plain);
}

/* -- loops --------------------------------------------------------------------------------- */
static bool carries_three(const epl__region *r)
{
    return r->carries >= 3;
}

static bool carries_more_than_one(const epl__region *r)
{
    return r->carries > 1;
}

/* Carried: what varies, a counter, and what a step cuts off. */
static epl_val counting(void)
{
    epl_fn *t = epl_scan(f, .length = 5);
    epl_val h = epl_carry(t, x), n = epl_carry(t, epl_data(f, epl_at(&(int64_t){0}, epl_i64())));
    epl_val cut = epl_carry(t, epl_ones(f, epl_f64(4)));
    epl_next(t, h, epl_tanh(epl_add(epl_mul(h, cut), epl_cast(n, EPL_F64))));
    epl_next(t, n, epl_add(n, epl_int(1)));
    epl_next(t, cut, epl_floor(epl_scale(h, 3)));
    return epl_sum(epl_last(t, h));
}

Test(dead, a_loop_carries_tangents_of_what_varies_alone)
{
    epl_val y = counting();
    cr_expect_eq(regions_with(EPL__SCAN, carries_three), 1);
    epl_gradient(y, x);
    epl_jvp(y, x, x);
    cr_expect_eq(regions_with(EPL__SCAN, carries_three), 1);
    cr_expect_eq(regions_with(EPL__SCAN, carries_more_than_one), 1, "%s", epl_fn_text(f));
}

Test(dead, a_loop_that_is_constant_by_pieces_has_no_derivative)
{
    epl_fn *t = epl_scan(f, .length = 5);
    epl_val h = epl_carry(t, epl_zeros(f, epl_f64(4)));
    epl_next(t, h, epl_floor(epl_add(h, epl_pass(t, x))));
    epl_val y = epl_sum(epl_last(t, h));
    size_t before = epl_fn_nodes(f);
    epl_gradient(y, x);
    epl_jvp(y, x, x);
    cr_expect_leq(epl_fn_nodes(f) - before, 6, "%zu nodes", epl_fn_nodes(f) - before);
}

static size_t bytes_of(bool of_w)
{
    epl_fn *t = epl_scan(f, .length = 50);
    epl_val m = epl_pass(t, w), h = epl_carry(t, x);
    epl_next(t, h, epl_tanh(epl_matmul(m, h)));
    epl_val y = epl_sum(epl_last(t, h)), g[2];
    epl_gradients(y, epl_list(x, w), g);
    epl_output(f, "g", g[of_w]);
    size_t bytes = epl_plan_work_bytes(epl_compile(s, f));
    begin();
    return bytes;
}

/* Of two gradients that one sweep gives only one is taken: the loop does not sum the other. */
Test(dead, a_loop_does_not_sum_what_no_one_takes)
{
    cr_expect_lt(bytes_of(false), bytes_of(true));
}

/* A side whose result does not vary. */
Test(dead, branches_carry_tangents_of_results_that_vary)
{
    epl_fn *yes = epl_when(f, epl_gt(epl_sum(x), epl_num(0))), *no = epl_otherwise(yes);
    epl_val a = epl_pass(yes, x), b = epl_pass(no, x);
    epl_val a0 = epl_floor(a), a1 = epl_sin(a), b0 = epl_round(b), b1 = epl_cos(b);
    epl_val y = epl_sum(epl_either(yes, a0, no, b0));
    epl_either(yes, a1, no, b1);
    size_t before = epl_fn_nodes(f);
    epl_gradient(y, x);
    cr_expect_leq(epl_fn_nodes(f) - before, 3, "%zu nodes", epl_fn_nodes(f) - before);
}

/* In a map, too: no axis for what does not depend on the entry, no zeros for what has none. */
Test(dead, maps)
{
    epl_fn *m = epl_map(f);
    epl_val one = epl_each(m, w, 0), other = epl_pass(m, x);
    epl_val g[2];
    epl_gradients(epl_sum(epl_sin(one)), epl_list(one, other), g);
    epl_val zero = epl_collect(m, g[1]);
    cr_expect_eq(epl_rank(zero), 2);
    size_t all = steps_of(epl_add(epl_sum(epl_square(zero)), epl_sum(x)), EPL_NO_VAL);
    size_t alone = steps_of(epl_sum(x), EPL_NO_VAL);
    cr_expect_eq(all, alone, "%zu steps, without it %zu", all, alone);
}
