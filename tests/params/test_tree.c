/* test_tree.c -- specs and trees: layout, globs, slots, leaves by path. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>

static epl_spec spec_of(epl_scope *s)
{
    const epl_leaf_spec leaf[] = {
        {"encoder.0.weight", EPL_F32, epl_dims(2, 3), EPL_WEIGHT, epl_init_full(1), 0},
        {"encoder.0.bias", EPL_F32, epl_dims(3), EPL_BIAS, epl_init_full(2), 0},
        {"count", EPL_I64, epl_dims(), EPL_STATISTIC, epl_init_full(3), 0},
        {"norm.weight", EPL_F32, epl_dims(3), EPL_NORM, epl_init_full(4), 0}};
    return epl_spec_new(s, 4, leaf);
}

Test(tree, larger_elements_lie_first)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_spec spec = spec_of(s);
    epl_tree *t = epl_init(s, spec, epl_seed(1));
    cr_assert(t, "%s", epl_scope_message(s));
    cr_expect_eq(epl_spec_count(spec), 13);
    cr_expect_eq(epl_bytes(epl_tree_array(t).type), 8 + 12 * 4);
    epl_array count = epl_tree_leaf(t, "count"), weight = epl_tree_leaf(t, "norm.weight");
    cr_expect(count.data == epl_tree_array(t).data && *(int64_t *)count.data == 3);
    cr_expect((char *)weight.data == (char *)count.data + 8 + 9 * 4 &&
              ((float *)weight.data)[2] == 4);
    cr_expect_null(epl_tree_leaf(t, "none").data);
    cr_expect_null(epl_tree_leaf(NULL, "count").data);
    epl_scope_free(s);
}

Test(tree, globs)
{
    const struct {
        const char *glob, *path;
        bool fits;
    } all[] = {{"**", "a.b.weight", true},
               {"*", "a.b", false},
               {"*", "weight", true},
               {"encoder.*.weight", "encoder.0.weight", true},
               {"encoder.*.weight", "encoder.0.1.weight", false},
               {"encoder.**", "encoder.0.1.weight", true},
               {"**.bias", "a.b.bias", true},
               {"**.bias", "bias", true},
               {"**.bias", "a.xbias", false},
               {"a*c", "abc", true},
               {"a**c", "a.b.c", true},
               {"a.b", "a.b", true},
               {"a.b", "a.bc", false},
               {"**a*b", "xxaxxb", true},
               {"@norm", "x", false},
               {"@weight", "x", true}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        epl_leaf_spec leaf = {.path = all[i].path, .role = EPL_WEIGHT};
        cr_expect_eq(epl_glob(all[i].glob, &leaf), all[i].fits, "%s %s", all[i].glob, all[i].path);
    }
    cr_expect(!epl_glob(NULL, NULL));
}

Test(tree, slots_are_copies_of_the_layout)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_infer(s, epl_nn_linear(s, 3), epl_f32(1, 2));
    epl_spec adam = epl_slots(s, epl_params_of(net), "exp_avg", "exp_avg_sq", "step[]");
    cr_expect_eq(epl_spec_count(adam), 2 * 9 + 1);
    cr_expect_eq(epl_spec_find(adam, "exp_avg_sq.bias")->offset, 9 + 6);
    cr_expect_eq(epl_spec_find(adam, "step")->offset, 18);
    cr_expect_eq(epl_spec_find(adam, "step")->shape.rank, 0);
    cr_expect_eq(epl_spec_find(adam, "exp_avg.weight")->role, EPL_SLOT);
    epl_scope_free(s);
}

Test(tree, wrong_specs)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_mark mark = epl_scope_mark(s);
    epl_leaf_spec twice[] = {{.path = "a", .dtype = EPL_F32}, {.path = "a", .dtype = EPL_F32}};
    epl_leaf_spec huge[] = {{.path = "a", .dtype = EPL_F32, .shape = {2, {INT64_MAX / 2, 4}}}};
    cr_expect_null(epl_spec_new(s, 2, twice));
    cr_expect_str_eq(epl_scope_message(s), "[spec] two leaves have the path \"a\"");
    epl_scope_reset(s, mark);
    cr_expect_null(epl_spec_new(s, 1, huge));
    epl_scope_reset(s, mark);
    cr_expect_null(epl_init(s, NULL, epl_seed(1)));
    cr_expect_str_eq(epl_scope_message(s),
                     "[tree] there is no spec: has the module been inferred?");
    epl_scope_free(s);
}

/* A mixed tree carried by a loop, and a state of Adam in a map, both from zeros. */
Test(tree, zeros_in_a_function)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "zeros"), *t = epl_scan(f, .length = 3);
    epl_spec mixed = spec_of(s),
             spec = epl_params_of(epl_infer(s, epl_nn_linear(s, 2), epl_f64(1, 2)));
    epl_val c = epl_carry(t, epl_tree_zeros(f, mixed)), values[4] = {EPL_NO_VAL};
    values[2] = epl_add(epl_leaf(mixed, c, "count"), epl_int(2));
    values[3] = epl_add(epl_leaf(mixed, c, "norm.weight"), epl_num(1));
    epl_next(t, c, epl_tree_with(mixed, c, values));
    epl_val end = epl_last(t, c);
    cr_expect_eq(epl_item(epl_leaf(mixed, end, "count")), 6, "%s", epl_scope_message(s));
    cr_expect_eq(epl_item(epl_sum(epl_leaf(mixed, end, "norm.weight"))), 9);
    cr_expect_eq(epl_item(epl_sum(epl_leaf(mixed, end, "encoder.0.weight"))), 0);
    epl_fn *m = epl_map(f);
    epl_val p = epl_each(m, epl_ones(f, epl_f64(3, 6)), 0);
    epl_val state = epl_tree_zeros(m, epl_opt_adam_state(s, spec));
    epl_val next = epl_opt_adam(p, epl_scale(p, 2), &state, .lr = epl_num(0.5), .eps = epl_num(0));
    epl_val sum = epl_sum(epl_collect(m, next)); /* the first step of Adam is lr */
    cr_expect_float_eq(epl_item(sum), 9, 1e-12, "%s", epl_scope_message(s));
    cr_expect(epl_is_none(epl_tree_zeros(f, NULL)));
    cr_expect_str_eq(epl_scope_message(s), "[tree] there is no spec (in \"zeros\")");
    epl_scope_free(s);
}

Test(tree, rules_and_frozen_leaves)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net =
        epl_nn_sequential(s, {"encoder", epl_nn_linear(s, 2)}, {"head", epl_nn_linear(s, 2)});
    net = epl_infer(s, net, epl_f64(3, 2));
    epl_spec spec = epl_params_of(net);
    epl_fn *f = epl_fn_new(s, "rules");
    epl_val theta = epl_data(f, epl_tree_array(epl_init(s, spec, epl_seed(1))));
    epl_val rules = epl_by_path(f, spec, {"encoder.**", 0}, {"**.bias", 2}, {"**", 3});
    double got[12], dx[12];
    cr_assert_eq(epl_eval(rules, epl_at(got, epl_f64(12))), EPL_OK, "%s", epl_scope_message(s));
    for (int i = 0; i < 12; i++)
        cr_expect_eq(got[i], i < 6 ? 0 : i < 10 ? 3 : 2, "%d", i);
    epl_val x = epl_ones(f, epl_f64(3, 2));
    epl_val loss = epl_sum(epl_square(epl_apply(net, epl_freeze(spec, theta, "encoder.**"), x)));
    cr_assert_eq(epl_eval(epl_gradient(loss, theta), epl_at(dx, epl_f64(12))), EPL_OK, "%s",
                 epl_scope_message(s));
    for (int i = 0; i < 12; i++)
        cr_expect_eq(dx[i] == 0, i < 6, "%d", i);
    epl_mark mark = epl_scope_mark(s);
    cr_expect(epl_is_none(epl_freeze(spec, theta, "tail.**")));
    epl_scope_reset(s, mark);
    cr_expect(epl_is_none(epl_by_path(f, spec, {"encoder.**", 0})));
    cr_expect_str_eq(epl_scope_message(s), "[by_path] no rule matches the leaf \"head.weight\"; "
                                           "end with {\"**\", value} (in \"rules\")");
    epl_scope_free(s);
}
