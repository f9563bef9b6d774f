/* test_module.c -- modules made in C: options, defaults, sizes, errors, looking. */
#include "golden.h"

static const char *failure(epl_scope *s)
{
    return epl_scope_status(s) ? epl_scope_message(s) : "";
}

Test(module, options)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module m = epl_nn_conv2d(s, 16, {3, 5}, .padding = {1}, .bias = false);
    const epl_nn_conv2d_args *a = epl_module_args(m);
    cr_assert(a, "%s", epl_scope_message(s));
    cr_expect_eq(a->out_channels, 16);
    cr_expect(a->kernel_size[0] == 3 && a->kernel_size[1] == 5);
    cr_expect(a->stride[0] == 1 && a->stride[1] == 1 && a->dilation[1] == 1 && a->groups == 1);
    cr_expect(a->padding[0] == 1 && a->padding[1] == 1, "one stands for both");
    cr_expect(!a->bias && !a->in_channels && !a->padding_rule);
    cr_expect_str_eq(a->padding_mode, "zeros");
    cr_expect(epl_module_has(m, "padding") && epl_module_has(m, "bias") &&
              !epl_module_has(m, "stride"));

    int64_t out_features = 4, in_features = 7; /* names of attributes as expressions */
    const epl_nn_linear_args *l = epl_module_args(epl_nn_linear(s, in_features));
    cr_expect(l && l->out_features == 7 && l->in_features == 0 && l->bias);
    l = epl_module_args(
        epl_nn_linear(s, (int64_t)(out_features), .in_features = out_features < 3 ? 1 : 3));
    cr_expect(l && l->out_features == 4 && l->in_features == 3);
    const epl_nn_max_pool2d_args *p =
        epl_module_args(epl_nn_max_pool2d(s, {(3)}, .stride = {1, (2)}));
    cr_expect(p && p->kernel_size[1] == 3 && p->stride[0] == 1 && p->stride[1] == 2);
    const epl_nn_dropout_args *d = epl_module_args(epl_nn_dropout(s, .p = 0));
    cr_expect(d && d->p == 0);
    const epl_nn_batch_norm_args *b =
        epl_module_args(epl_nn_batch_norm2d(s, .momentum = EPL_CUMULATIVE));
    cr_expect(b && b->momentum == EPL_CUMULATIVE && b->eps == 1e-5 && b->affine);
    const epl_nn_gelu_args *g = epl_module_args(epl_nn_gelu(s));
    cr_expect_str_eq(g->approximate, "none");
    cr_expect_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    epl_scope_free(s);
}

/* Callers that fill the struct themselves name what counts. */
Test(module, names_instead_of_text)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_nn_conv2d_args a = {
        .scope = s, .out_channels = 2, .kernel_size = {3, 3}, .padding = {1, 0}};
    epl_module m = epl_module_new(&epl_kind_conv2d, &a, "out_channels kernel_size padding bias");
    const epl_nn_conv2d_args *got = epl_module_args(m);
    cr_assert(got, "%s", epl_scope_message(s));
    cr_expect(got->padding[0] == 1 && got->padding[1] == 0 && !got->bias && got->stride[0] == 1);
    cr_expect_null(epl_module_new(&epl_kind_conv2d, &a, "kernel_size"));
    cr_expect_str_eq(failure(s), "[Conv2d] \"out_channels\" is missing");
    epl_scope_free(s);
}

#define FAILS(message, ...)                    \
    do {                                       \
        epl_scope *s = epl_scope_new(NULL);    \
        epl_module m = __VA_ARGS__;            \
        cr_expect_null(m);                     \
        cr_expect_str_eq(failure(s), message); \
        epl_scope_free(s);                     \
    } while (0)

Test(module, bad_options)
{
    FAILS("[Linear] \"out_features\" must be a positive integer, got -3", epl_nn_linear(s, -3));
    FAILS("[Conv2d] \"stride\" must be a positive integer or a pair of them, got 0",
          epl_nn_conv2d(s, 1, {3}, .stride = {0, 0}));
    FAILS("[Conv2d] \"padding\" must be one of \"same\", \"valid\", got \"full\"",
          epl_nn_conv2d(s, 1, {3}, .padding_rule = "full"));
    FAILS("[Linear] 0 stands in the place of \"in_features\": give options by name, as "
          ".in_features = value",
          epl_nn_linear(s, 3, false)); /* meant for .bias */
    FAILS("[Dropout] \"p\" must be a number from 0 to 1, got 1.5", epl_nn_dropout(s, .p = 1.5));
    FAILS("[BatchNorm2d] \"momentum\" must be a number from 0 to 1 or \"cumulative\", got 3",
          epl_nn_batch_norm2d(s, .momentum = 3));
    FAILS("[Residual] \"body\" is missing: a module is expected", epl_nn_residual(s, NULL));
    FAILS("[Sequential] two children are named \"a\"",
          epl_nn_sequential(s, {"a", epl_nn_relu(s)}, {"a", epl_nn_relu(s)}));
    FAILS("[Sequential] the child name \"a.b\" must match [A-Za-z0-9_]+",
          epl_nn_sequential(s, {"a.b", epl_nn_relu(s)}));
}

#define CANNOT(message, type, ...)                       \
    do {                                                 \
        epl_scope *s = epl_scope_new(NULL);              \
        cr_expect_null(epl_infer(s, __VA_ARGS__, type)); \
        cr_expect_str_eq(failure(s), message);           \
        epl_scope_free(s);                               \
    } while (0)

Test(module, shapes_that_do_not_fit)
{
    CANNOT("net: Linear takes [..., features], got f32[]", epl_f32(), epl_nn_linear(s, 3));
    CANNOT("net.a.b: \"in_features\" is 5, the input has 4", epl_f32(2, 4),
           epl_nn_sequential(
               s, {"a", epl_nn_sequential(s, {"b", epl_nn_linear(s, 3, .in_features = 5)})}));
    CANNOT("net.0: Conv2d takes [n, c, h, w] or [c, h, w], got f32[2,4]", epl_f32(2, 4),
           epl_nn_sequential(s, {"", epl_nn_conv2d(s, 3, {3})}));
    CANNOT("net: \"groups\" must divide the 3 channels that come in and the 4 that go out, got 2",
           epl_f32(1, 3, 8, 8), epl_nn_conv2d(s, 4, {3}, .groups = 2));
    CANNOT("net: the body gives f32[2,3], the shortcut f32[2,4]", epl_f32(2, 4),
           epl_nn_residual(s, epl_nn_linear(s, 3)));
    CANNOT("net: \"num_heads\" must divide \"embed_dim\" 4, got 3", epl_f32(5, 4),
           epl_nn_multihead_attention(s, 4, 3));
    CANNOT("net: BatchNorm2d takes [n, c, h, w], got f32[2,4]", epl_f32(2, 4),
           epl_nn_batch_norm2d(s));
    CANNOT("net: \"padding_idx\" must be one of the 4 rows, got 4", epl_i64(2),
           epl_nn_embedding(s, 4, 2, .padding_idx = 4));
    CANNOT("[infer] there is no module", epl_f32(2), (epl_module)NULL);
}

Test(module, sizes_are_inferred_and_the_module_stays)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module open = epl_nn_sequential(s, {"conv1", epl_nn_conv2d(s, 4, {3, 3})},
                                        {"bn1", epl_nn_batch_norm2d(s)},
                                        {"flat", epl_nn_flatten(s)}, {"fc", epl_nn_linear(s, 10)});
    epl_module net = epl_infer(s, open, epl_f32(8, 1, 10, 10));
    cr_assert(net, "%s", epl_scope_message(s));
    cr_expect_null(epl_params_of(open));
    cr_expect_eq(epl_spec_count(epl_params_of(net)), 4 * 9 + 4 + 4 + 4 + 10 * 256 + 10);
    cr_expect_eq(epl_spec_leaves(epl_buffers_of(net)), 3);
    const char *path[] = {"conv1.weight", "conv1.bias", "bn1.weight",
                          "bn1.bias",     "fc.weight",  "fc.bias"};
    for (size_t i = 0; i < 6; i++)
        cr_expect_str_eq(epl_spec_leaf(epl_params_of(net), i)->path, path[i]);
    cr_expect_eq(epl_spec_find(epl_params_of(net), "bn1.weight")->role, EPL_NORM);
    cr_expect_eq(epl_module_children(net), 4);
    cr_expect_str_eq(epl_module_child(net, 3).name, "fc");
    cr_expect_str_eq(epl_module_kind(epl_module_child(net, 3).module)->name, "Linear");
    cr_expect_eq(
        ((const epl_nn_linear_args *)epl_module_args(epl_module_child(net, 3).module))->in_features,
        256);
    cr_expect_eq(epl_example_of(net).shape.rank, 3);
    cr_expect(epl_infer(s, net, epl_f64(2, 1, 10, 10)), "another batch and dtype");
    cr_expect_null(epl_infer(s, net, epl_f32(2, 3, 10, 10)), "other channels");
    epl_scope_free(s);
}

/* -- first numbers ------------------------------------------------------------------------- */
static void range(epl_array a, double *least, double *greatest)
{
    const float *p = a.data;
    *least = *greatest = (double)p[0];
    for (int64_t i = 0; i < epl_count(a.type); i++) {
        *least = fmin(*least, (double)p[i]);
        *greatest = fmax(*greatest, (double)p[i]);
    }
}

static void expect_uniform(epl_tree *t, const char *path, double bound)
{
    double least, greatest;
    range(epl_tree_leaf(t, path), &least, &greatest);
    cr_expect(least >= -bound && greatest <= bound, "%s: %g to %g", path, least, greatest);
    cr_expect(least < -0.8 * bound && greatest > 0.8 * bound, "%s: %g to %g", path, least,
              greatest);
}

Test(module, first_numbers)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(
        s, {"conv", epl_nn_conv2d(s, 32, {3}, .groups = 2)}, {"bn", epl_nn_batch_norm2d(s)},
        {"flat", epl_nn_flatten(s, .start_dim = 2)}, {"fc", epl_nn_linear(s, 64)},
        {"att", epl_nn_multihead_attention(s, 0, 4)});
    net = epl_infer(s, net, epl_f32(2, 4, 6, 6));
    epl_tree *t = epl_init(s, epl_params_of(net), epl_seed(1));
    cr_assert(t, "%s", epl_scope_message(s));
    expect_uniform(t, "conv.weight", 1 / sqrt(18));
    expect_uniform(t, "conv.bias", 1 / sqrt(18));
    expect_uniform(t, "fc.weight", 1 / 4.0);
    expect_uniform(t, "fc.bias", 1 / 4.0);
    expect_uniform(t, "att.in_proj_weight", sqrt(6.0 / (4 * 64)));
    expect_uniform(t, "att.out_proj.weight", 1 / 8.0);
    double least, greatest;
    range(epl_tree_leaf(t, "att.in_proj_bias"), &least, &greatest);
    cr_expect(least == 0 && greatest == 0);
    range(epl_tree_leaf(t, "bn.weight"), &least, &greatest);
    cr_expect(least == 1 && greatest == 1);
    epl_tree *u = epl_init(s, epl_params_of(net), epl_seed(2));
    cr_expect(memcmp(epl_tree_array(t).data, epl_tree_array(u).data, 64));
    epl_tree_init(u, epl_seed(1));
    cr_expect(
        !memcmp(epl_tree_array(t).data, epl_tree_array(u).data, epl_bytes(epl_tree_array(t).type)));
    epl_scope_free(s);
}

Test(module, embedding_begins_with_normals_and_a_row_of_zeros)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_infer(s, epl_nn_embedding(s, 500, 8, .padding_idx = -499), epl_i64(3));
    epl_array a = epl_tree_leaf(epl_init(s, epl_params_of(net), epl_seed(3)), "weight");
    cr_assert(a.data, "%s", epl_scope_message(s));
    const float *w = a.data;
    double mean = 0, square = 0;
    for (int i = 0; i < 4000; i++) {
        mean += (double)w[i] / 4000;
        square += (double)w[i] * (double)w[i] / 4000;
        cr_expect((w[i] == 0) == (i / 8 == 1), "%d", i);
    }
    cr_expect(fabs(mean) < 0.1 && fabs(square - 1) < 0.1, "%g %g", mean, square);
    epl_scope_free(s);
}
