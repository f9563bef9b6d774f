/* test_kind.c -- kinds of a program's own: leaves, children, JSON, derivatives. */
#include "golden.h"

/* x + sigmoid(gate(x)) alpha body(x), alpha [1] learned */
typedef struct {
    epl_scope *scope;
    epl_module gate, body;
    double alpha;
} gated_args;

static epl_val gated_apply(epl_ctx *c, const void *args, epl_val x)
{
    const gated_args *a = args;
    epl_val alpha = epl_param(c, "alpha", EPL_WEIGHT, epl_dims(1), epl_init_full(a->alpha));
    epl_val gate = epl_sigmoid(epl_child_apply(c, "gate", x));
    return epl_add(x, epl_mul(gate, epl_mul(alpha, epl_child_apply(c, "body", x))));
}

static const epl_attr gated_attrs[] = {
    EPL_ATTR_CHILD(gated_args, gate), EPL_ATTR_CHILD(gated_args, body),
    EPL_ATTR(gated_args, alpha, EPL_NUMBER, 0.1, 0, 1), EPL_ATTR_END};
static const epl_kind gated_kind = {.name = "Gated",
                                    .version = 1,
                                    .args_size = sizeof(gated_args),
                                    .attrs = gated_attrs,
                                    .apply = gated_apply};
#define gated(...) EPL_MODULE(3, &gated_kind, gated_args, __VA_ARGS__)

Test(kind, of_ones_own)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = gated(s, epl_nn_linear(s, 6), epl_nn_tanh(s), .alpha = 0.5);
    net = epl_infer(s, net, epl_f64(4, 6));
    cr_assert(net, "%s", epl_scope_message(s));
    cr_expect_str_eq(epl_spec_leaf(epl_params_of(net), 0)->path, "alpha");
    cr_expect_str_eq(epl_spec_leaf(epl_params_of(net), 1)->path, "gate.weight");
    epl_fn *f = epl_fn_new(s, "check");
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val x = epl_input(f, "x", epl_f64(4, 6));
    epl_output(f, "y", epl_apply(net, theta, x));
    cr_expect_eq(epl_gradcheck(s, f, epl_seed(1)), EPL_OK, "%s", epl_scope_message(s));
    epl_scope_free(s);
}

Test(kind, registered_ones_are_known_to_json)
{
    static const epl_kind other = {
        .name = "Gated", .version = 1, .args_size = sizeof(gated_args), .apply = gated_apply};
    static const epl_kind taken = {
        .name = "Linear", .version = 1, .args_size = sizeof(gated_args), .apply = gated_apply};
    static const epl_kind unnamed = {
        .name = "a b", .version = 1, .args_size = sizeof(gated_args), .apply = gated_apply};
    epl_scope *s = epl_scope_new(NULL);
    cr_expect_null(epl_kind_named("Gated"));
    cr_expect_eq(epl_kind_register(&gated_kind), EPL_OK);
    cr_expect_eq(epl_kind_register(&gated_kind), EPL_OK);
    cr_expect_eq(epl_kind_register(&other), EPL_ERR_ARG);
    cr_expect_eq(epl_kind_register(&taken), EPL_ERR_ARG);
    cr_expect_eq(epl_kind_register(&unnamed), EPL_ERR_ARG);
    cr_expect_eq(epl_kind_register(NULL), EPL_ERR_ARG);
    cr_expect_eq(epl_kind_named("Gated"), &gated_kind);
    const char *text =
        epl_module_json(s, gated(s, epl_nn_linear(s, 6), epl_nn_tanh(s), .alpha = 0));
    cr_expect_str_eq(text, "{\"kind\": \"Gated\", \"version\": 1, \"alpha\": 0, \"children\": {"
                           "\"gate\": {\"kind\": \"Linear\", \"version\": 1, \"out_features\": 6}, "
                           "\"body\": {\"kind\": \"Tanh\", \"version\": 1}}}");
    cr_expect_str_eq(epl_module_json(s, epl_module_from_json(s, text)), text);
    epl_scope_free(s);
}

/* Version 2 of a kind measures in halves what version 1 measured in wholes. */
typedef struct {
    epl_scope *scope;
    int64_t halves;
} ruler_args;

static epl_val ruler_apply(epl_ctx *c, const void *args, epl_val x)
{
    (void)c;
    return epl_scale(x, (double)((const ruler_args *)args)->halves / 2);
}

static epl_status ruler_upgrade(epl_scope *s, int from, void *args)
{
    ruler_args *a = args;
    (void)s;
    a->halves *= from == 1 ? 2 : 1;
    return EPL_OK;
}

static const epl_attr ruler_attrs[] = {EPL_ATTR(ruler_args, halves, EPL_INT, 2, 0, 1e9),
                                       EPL_ATTR_END};
static const epl_kind ruler_kind = {.name = "Ruler",
                                    .version = 2,
                                    .args_size = sizeof(ruler_args),
                                    .attrs = ruler_attrs,
                                    .apply = ruler_apply,
                                    .upgrade = ruler_upgrade};

Test(kind, older_versions_are_upgraded)
{
    epl_scope *s = epl_scope_new(NULL);
    cr_assert_eq(epl_kind_register(&ruler_kind), EPL_OK);
    epl_module m = epl_module_from_json(s, "{\"kind\": \"Ruler\", \"version\": 1, \"halves\": 3}");
    cr_expect_str_eq(epl_module_json(s, m), "{\"kind\": \"Ruler\", \"version\": 2, \"halves\": 6}",
                     "%s", epl_scope_message(s));
    cr_expect_null(epl_module_from_json(s, "{\"kind\": \"Ruler\", \"version\": 3}"));
    cr_expect_str_eq(epl_scope_message(s),
                     "net: version 3 of Ruler is newer than this library's, 2");
    epl_scope_free(s);
}

Test(kind, all_have_a_name_and_a_line)
{
    const epl_kind *k;
    size_t n = 0;
    for (; (k = epl_kind_at(n)); n++) {
        cr_expect_eq(epl_kind_named(k->name), k, "%s", k->name);
        cr_expect(k->version >= 1 && k->apply);
        cr_expect(k->doc && *k->doc, "%s", k->name);
    }
    cr_expect_geq(n, 50);
}
