/* test_apply.c -- modules applied: buffers, keys, taps, several inputs, wrong use. */
#include "golden.h"

typedef struct {
    epl_scope *s;
    epl_module net;
    epl_fn *f;
    epl_val p, b, x;
} setting;

static setting begin(epl_scope *s, epl_module m, epl_type type)
{
    setting t = {.s = s, .net = epl_infer(s, m, type), .f = epl_fn_new(s, "test")};
    t.p = epl_data(t.f, epl_tree_array(epl_init(s, epl_params_of(t.net), epl_seed(1))));
    t.b = epl_data(t.f, epl_tree_array(epl_init(s, epl_buffers_of(t.net), epl_seed(1))));
    float *x = epl_scope_alloc(s, epl_bytes(type) + 1);
    for (int64_t i = 0; x && i < epl_count(type); i++)
        x[i] = (float)((i * 7919) % 31) / 31 - 0.5f;
    t.x = epl_data(t.f, epl_at(x, type));
    return t;
}

static double total(epl_val v)
{
    return epl_item(epl_sum(epl_square(v)));
}

Test(apply, evaluation_is_the_short_form)
{
    epl_scope *s = epl_scope_new(NULL);
    setting t =
        begin(s, epl_nn_sequential(s, {"fc", epl_nn_linear(s, 3)}, {"drop", epl_nn_dropout(s)}),
              epl_f32(2, 4));
    epl_val y = epl_apply(t.net, t.p, t.x),
            z = epl_apply(t.net, t.p, t.x, .train = true,
                          .key = epl_data(t.f, epl_at((int64_t[]){1, 2}, EPL_KEY)));
    cr_expect_float_eq(
        total(epl_sub(y, epl_linear(t.x, epl_leaf(epl_params_of(t.net), t.p, "fc.weight"),
                                    .bias = epl_leaf(epl_params_of(t.net), t.p, "fc.bias")))),
        0, 0);
    cr_expect(total(epl_sub(y, z)) > 0, "%s", epl_scope_message(s));
    epl_scope_free(s);
}

Test(apply, layers_draw_apart_and_the_same_key_draws_the_same)
{
    epl_scope *s = epl_scope_new(NULL);
    setting t = begin(s,
                      epl_nn_graph(s, "x", "a b", {"a", .module = epl_nn_dropout(s), .inputs = "x"},
                                   {"b", .module = epl_nn_dropout(s), .inputs = "x"}),
                      epl_f32(64));
    epl_val key = epl_data(t.f, epl_at((int64_t[]){1, 2}, EPL_KEY)), b[2];
    epl_val one = epl_apply(t.net, t.p, t.x, .train = true, .key = key, .also = &b[0]);
    epl_val two = epl_apply(t.net, t.p, t.x, .train = true, .key = key, .also = &b[1]);
    cr_expect(total(epl_sub(one, b[0])) > 0, "%s", epl_scope_message(s));
    cr_expect_float_eq(total(epl_sub(one, two)) + total(epl_sub(b[0], b[1])), 0, 0);
    epl_scope_free(s);
}

Test(apply, taps_read_and_replace)
{
    epl_scope *s = epl_scope_new(NULL);
    setting t = begin(s,
                      epl_nn_sequential(s, {"fc1", epl_nn_linear(s, 3)}, {"act", epl_nn_tanh(s)},
                                        {"fc2", epl_nn_linear(s, 2, .bias = false)}),
                      epl_f32(2, 4));
    epl_val h, y = epl_apply(t.net, t.p, t.x, .taps = epl_taps({"act", .read = &h}));
    epl_val z = epl_apply(t.net, t.p, t.x, .taps = epl_taps({"act", .replace = epl_scale(h, 0.5)}));
    cr_expect_float_eq(total(epl_sub(epl_scale(z, 2), y)), 0, 1e-12, "%s", epl_scope_message(s));
    cr_expect(epl_is_none(epl_apply(t.net, t.p, t.x, .taps = epl_taps({"none", .read = &h}))));
    cr_expect_str_eq(epl_scope_message(s),
                     "net: the tap \"none\" names no module that was applied");
    epl_scope_free(s);
}

#define WRONG(message, value)                            \
    do {                                                 \
        epl_mark mark = epl_scope_mark(s);               \
        cr_expect(epl_is_none(value));                   \
        cr_expect_str_eq(epl_scope_message(s), message); \
        epl_scope_reset(s, mark);                        \
    } while (0)

Test(apply, wrong_use)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module open = epl_nn_linear(s, 3);
    setting t = begin(s, open, epl_f32(2, 4));
    epl_module bn = epl_infer(s, epl_nn_batch_norm1d(s), epl_f32(2, 4));
    epl_val q = epl_data(t.f, epl_tree_array(epl_init(s, epl_params_of(bn), epl_seed(1))));
    epl_module drop = epl_infer(s, epl_nn_sequential(s, {"d", epl_nn_dropout(s)}), epl_f32(2, 4));
    epl_val none = EPL_NO_VAL;
    WRONG("[apply] sizes of the module are open: epl_infer it first (in \"test\")",
          epl_apply(open, t.p, t.x));
    WRONG("[apply] there is no module (in \"test\")", epl_apply(NULL, t.p, t.x));
    WRONG("[apply] the parameters must be f32[15], got f32[8] (in \"test\")",
          epl_apply(t.net, q, t.x));
    WRONG("[apply] the parameters must be f32[15], got none (in \"test\")",
          epl_apply(t.net, none, t.x));
    WRONG("net: buffers are needed for \"running_mean\": give .buffers = &value",
          epl_apply(bn, q, t.x));
    WRONG("net.d: a key is needed in training: give .key = value",
          epl_apply(drop, none, t.x, .train = true));
    WRONG("[apply] the key must be i64[2], got f32[2,4] (in \"test\")",
          epl_apply(drop, none, t.x, .train = true, .key = t.x));
    cr_expect(!epl_is_none(epl_apply(drop, none, t.x)), "no parameters are needed: %s",
              epl_scope_message(s));
    epl_scope_free(s);
}

Test(apply, input_of_another_size_is_told_by_path)
{
    epl_scope *s = epl_scope_new(NULL);
    setting t = begin(s, epl_nn_sequential(s, {"fc", epl_nn_linear(s, 3)}), epl_f32(2, 4));
    float data[10] = {0};
    epl_val x = epl_data(t.f, epl_at(data, epl_f32(2, 5)));
    WRONG("net.fc: \"in_features\" is 4, the input has 5", epl_apply(t.net, t.p, x));
    cr_expect(!epl_is_none(epl_apply(t.net, t.p, epl_data(t.f, epl_at(data, epl_f32(4))))),
              "no batch");
    epl_scope_free(s);
}

Test(apply, a_member_of_many)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(s,
                                       {"bn", epl_nn_batch_norm1d(s, .track_running_stats = false)},
                                       {"fc", epl_nn_linear(s, 2)});
    setting t = begin(s, net, epl_f32(6, 3));
    int64_t count = epl_spec_count(epl_params_of(t.net));
    float *all = epl_scope_alloc(s, 3 * (size_t)count * sizeof *all);
    for (int i = 0; i < 3; i++)
        epl_tree_init(epl_tree_borrow(s, epl_params_of(t.net), all + i * count),
                      epl_seed((uint64_t)i));
    epl_val thetas = epl_data(t.f, epl_at(all, epl_f32(3, count)));
    epl_fn *member = epl_map(t.f);
    epl_val theta = epl_each(member, thetas, 0);
    epl_val loss = epl_sum(epl_square(epl_apply(t.net, theta, t.x, .train = true)));
    epl_val g = epl_collect(member, epl_gradient(loss, theta));
    for (int i = 0; i < 3; i++) {
        epl_val one = epl_select(thetas, 0, i);
        epl_val alone =
            epl_gradient(epl_sum(epl_square(epl_apply(t.net, one, t.x, .train = true))), one);
        cr_expect_float_eq(total(epl_sub(alone, epl_select(g, 0, i))), 0, 1e-9, "%s",
                           epl_scope_message(s));
    }
    epl_scope_free(s);
}

Test(apply, prepare_divides_images_and_normalizes)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "prepare");
    unsigned char image[2][2][1] = {{{0}, {255}}, {{51}, {102}}};
    double mean[] = {0.5, 0.25}, std[] = {0.5, 2};
    epl_type type = epl_type_of(EPL_U8, epl_dims(2, 2, 1));
    epl_module plain = epl_nn_flatten(s),
               m = epl_with_example(s, plain,
                                    (epl_example){.channels = 2, .mean = mean, .std = std});
    epl_val x = epl_data(f, epl_at(image, type)), y = epl_prepare(plain, x, EPL_F32),
            z = epl_prepare(m, x, EPL_F64);
    double got[4];
    cr_expect_eq(epl_typeof(y).dtype, EPL_F32);
    cr_expect_float_eq(epl_item(epl_select(epl_reshape(y, epl_dims(4)), 0, 2)), 0.2, 1e-7);
    cr_assert_eq(epl_eval(z, epl_at(got, epl_f64(2, 2, 1))), EPL_OK, "%s", epl_scope_message(s));
    const double want[] = {-1, 0.375, -0.6, 0.075};
    for (int i = 0; i < 4; i++)
        cr_expect_float_eq(got[i], want[i], 1e-12);
    int64_t token[3] = {1, 2, 3};
    cr_expect_eq(
        epl_typeof(epl_prepare(plain, epl_data(f, epl_at(token, epl_i64(3))), EPL_F32)).dtype,
        EPL_I64);
    cr_expect_null(epl_with_example(
        s, plain, (epl_example){.channels = 1, .mean = mean, .std = (double[]){0}}));
    epl_scope_free(s);
}

Test(apply, nesting_is_bounded)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module m = epl_nn_relu(s);
    for (int i = 0; i < 63; i++)
        m = epl_nn_residual(s, m);
    cr_expect(epl_infer(s, m, epl_f32(2)), "%s", epl_scope_message(s));
    cr_expect_null(epl_nn_residual(s, m));
    cr_expect_str_eq(epl_scope_message(s), "[Residual] modules nest more than 64 deep");
    epl_scope_free(s);
}

/* A network that was inferred for one batch size takes the numbers of one for another. */
Test(apply, trees_of_equal_layouts_are_alike)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module open = epl_nn_batch_norm1d(s), other = epl_infer(s, open, epl_f32(5, 4));
    setting t = begin(s, open, epl_f32(2, 4));
    epl_val y = epl_apply(other, t.p, t.x, .buffers = &t.b);
    cr_expect(total(y) > 0, "%s", epl_scope_message(s));
    epl_module wide = epl_infer(s, open, epl_f32(5, 6));
    cr_expect(epl_is_none(epl_apply(wide, t.p, t.x, .buffers = &t.b)));
    epl_scope_free(s);
}
