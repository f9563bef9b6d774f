/* test_extend.c -- primitives of a user's own: in plans, under every transform, and what
 * gradcheck says of right and wrong rules. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <string.h>

/* shift: y[..., i] = x[..., i - by], zero where there is none: linear */
typedef struct {
    int64_t by;
} shift_attrs;
static const epl_attr shift_table[] = {EPL_ATTR(shift_attrs, by, EPL_INT, 1, -1e9, 1e9),
                                       EPL_ATTR_END};

static epl_val shift(epl_val x, int64_t by);

static epl_type shift_type(const epl_type *in, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    return in[0].shape.rank > 0 && in[0].dtype == EPL_F64 ? in[0] : (epl_type){0};
}

static bool shift_kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                         char *message)
{
    int64_t by = ((const shift_attrs *)attrs)->by;
    const double *x = in[0].data;
    double *y = out[0].data;
    int64_t n = in[0].type.shape.dim[in[0].type.shape.rank - 1], total = epl_count(in[0].type);
    (void)count, (void)message;
    for (int64_t i = 0; i < total; i++) {
        int64_t from = i % n - by;
        y[i] = from >= 0 && from < n ? x[i - by] : 0;
    }
    return true;
}

static epl_val shift_transpose(const epl_val *x, size_t count, int wrt, epl_val ct,
                               const void *attrs)
{
    (void)x, (void)count, (void)wrt;
    return shift(ct, -((const shift_attrs *)attrs)->by);
}

static epl_val shift_batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count;
    return shift(x[0], ((const shift_attrs *)attrs)->by);
}

static const epl_prim shift_prim = {.name = "shift",
                                    .formula = "y[..., i] = x[..., i - by]",
                                    .inputs = 1,
                                    .attrs_size = sizeof(shift_attrs),
                                    .attrs = shift_table,
                                    .type = shift_type,
                                    .kernel = shift_kernel,
                                    .transpose = shift_transpose,
                                    .batch = shift_batch};

static epl_val shift(epl_val x, int64_t by)
{
    return epl_op(&shift_prim, epl_list(x), &(shift_attrs){by});
}

/* cube: y = x x x, element-wise */
static bool cube_kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                        char *message)
{
    const double *x = in[0].data;
    double *y = out[0].data;
    (void)count, (void)attrs, (void)message;
    for (int64_t i = 0; i < epl_count(in[0].type); i++)
        y[i] = x[i] * x[i] * x[i];
    return true;
}

static epl_val cube_jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    return epl_mul(epl_scale(epl_square(x[0]), 3), dx[0]);
}

static epl_val wrong_jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    return epl_mul(epl_scale(epl_square(x[0]), 2.9), dx[0]);
}

static const epl_prim cube = {.name = "cube",
                              .formula = "y = x^3",
                              .inputs = 1,
                              .elementwise = true,
                              .kernel = cube_kernel,
                              .jvp = cube_jvp};
static const epl_prim wrong = {.name = "cube",
                               .formula = "y = x^3",
                               .inputs = 1,
                               .elementwise = true,
                               .kernel = cube_kernel,
                               .jvp = wrong_jvp};
static const epl_prim ruleless = {
    .name = "cube", .formula = "y = x^3", .inputs = 1, .elementwise = true, .kernel = cube_kernel};

static epl_fn *function(epl_scope *s, const epl_prim *p)
{
    epl_fn *f = epl_fn_new(s, "own");
    epl_val x = epl_input(f, "x", epl_f64(3, 4)), w = epl_input(f, "w", epl_f64(4));
    epl_output(f, "y", epl_op(p, epl_list(shift(epl_mul(x, epl_sin(w)), 2)), NULL));
    epl_output(f, "z", epl_sum(epl_op(p, epl_list(w), NULL)));
    return f;
}

Test(extend, own_primitives_pass_the_check)
{
    epl_scope *s = epl_scope_new(NULL);
    cr_assert_eq(epl_gradcheck(s, function(s, &cube), epl_seed(1)), EPL_OK, "%s",
                 epl_scope_message(s));
    epl_scope_free(s);
}

Test(extend, a_wrong_rule_is_found)
{
    epl_scope *s = epl_scope_new(NULL);
    cr_assert_eq(epl_gradcheck(s, function(s, &wrong), epl_seed(1)), EPL_ERR_CHECK);
    cr_assert_not_null(strstr(epl_scope_message(s), "the jvp of"), "%s", epl_scope_message(s));
    epl_scope_free(s);
}

/* A rule that is right where random points lie, and wrong beyond 2. */
static epl_val far_jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    epl_val far = epl_gt(x[0], epl_num(2));
    return epl_where(far, wrong_jvp(x, dx, count, attrs), cube_jvp(x, dx, count, attrs));
}

Test(extend, the_point_of_a_check_may_be_given)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_prim far = cube;
    far.jvp = far_jvp;
    double x[3][4] = {{0.5, -0.3}}, w[4] = {1, 0.2, -0.5, 0.7};
    epl_arrays at = epl_arrays(epl_at(x, epl_f64(3, 4)), epl_at(w, epl_f64(4)));
    cr_assert_eq(epl_gradcheck(s, function(s, &far), epl_seed(1)), EPL_OK);
    cr_assert_eq(epl_gradcheck_at(s, function(s, &far), at, epl_seed(1)), EPL_OK, "%s",
                 epl_scope_message(s));
    epl_mark m = epl_scope_mark(s);
    w[0] = 3;
    cr_expect_eq(epl_gradcheck_at(s, function(s, &far), at, epl_seed(1)), EPL_ERR_CHECK);
    cr_expect_not_null(strstr(epl_scope_message(s), "the jvp of \"z\""), "%s",
                       epl_scope_message(s));
    epl_scope_reset(s, m);
    at.count = 1;
    cr_expect_eq(epl_gradcheck_at(s, function(s, &cube), at, epl_seed(1)), EPL_ERR_ARG);
    epl_scope_reset(s, m);
    at = epl_arrays(epl_at(w, epl_f64(4)), epl_at(x, epl_f64(3, 4)));
    cr_expect_eq(epl_gradcheck_at(s, function(s, &cube), at, epl_seed(1)), EPL_ERR_SHAPE);
    cr_expect_str_eq(epl_scope_message(s),
                     "[gradcheck] input 0 \"x\" must be f64[3,4], got f64[4]");
    epl_scope_free(s);
}

/* Buffers of two dtypes and a dropout mapped by key; and slopes so steep that 1e-5 is too far. */
Test(extend, a_check_of_a_network_with_statistics)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net =
        epl_infer(s,
                  epl_nn_sequential(s, {"bn", epl_nn_batch_norm1d(s)}, {"drop", epl_nn_dropout(s)},
                                    {"fc", epl_nn_linear(s, 2)}),
                  epl_f64(4, 3));
    epl_fn *f = epl_fn_new(s, "net");
    epl_val p = epl_input_tree(f, "params", epl_params_of(net));
    epl_val b = epl_input_tree(f, "buffers", epl_buffers_of(net));
    epl_val x = epl_input(f, "x", epl_f64(4, 3)), k = epl_input(f, "key", EPL_KEY);
    epl_val y = epl_apply(net, p, x, .buffers = &b, .train = true, .key = k);
    epl_output(f, "y", epl_sin(epl_scale(epl_sum(epl_square(y)), 1000)));
    epl_output(f, "mean", epl_leaf(epl_buffers_of(net), b, "bn.running_mean"));
    epl_array theta = epl_tree_array(epl_init(s, epl_params_of(net), epl_seed(1)));
    epl_array stats = epl_tree_array(epl_init(s, epl_buffers_of(net), epl_seed(1)));
    double rows[4][3];
    epl_key key = epl_seed(5);
    for (int i = 0; i < 12; i++)
        rows[i / 3][i % 3] = sin(5 * i);
    epl_arrays at = epl_arrays(theta, stats, epl_at(rows, epl_f64(4, 3)), epl_at(&key, EPL_KEY));
    cr_expect_eq(epl_gradcheck_at(s, f, at, epl_seed(2)), EPL_OK, "%s", epl_scope_message(s));
    epl_scope_free(s);
}

Test(extend, a_missing_rule_is_told)
{
    epl_scope *s = epl_scope_new(NULL);
    cr_assert_eq(epl_gradcheck(s, function(s, &ruleless), epl_seed(1)), EPL_ERR_RULE);
    cr_assert_not_null(strstr(epl_scope_message(s), "[cube] has no derivative"), "%s",
                       epl_scope_message(s));
    epl_scope_free(s);
}

Test(extend, operands_that_do_not_fit_are_told)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "own");
    shift(epl_input(f, "x", epl_f32(3)), 1);
    cr_assert_eq(epl_scope_status(s), EPL_ERR_SHAPE);
    cr_assert_not_null(strstr(epl_scope_message(s), "[shift] operands f32[3] do not fit"), "%s",
                       epl_scope_message(s));
    epl_scope_free(s);
}

Test(extend, the_third_derivative_of_a_network)
{
    /* y = sum tanh(W2 tanh(W1 x)); d3y/dx3 along v by the library and by differences of hvp */
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "third");
    epl_val x = epl_input(f, "x", epl_f64(5)), w1 = epl_input(f, "w1", epl_f64(5, 7)),
            w2 = epl_input(f, "w2", epl_f64(7, 3)), v = epl_input(f, "v", epl_f64(5));
    epl_val y = epl_sum(epl_tanh(epl_matmul(epl_tanh(epl_matmul(x, w1)), w2)));
    epl_val h = epl_hvp(y, x, v);
    epl_output(f, "h", h);
    epl_output(f, "t", epl_jvp(h, x, v));
    epl_output(f, "g", epl_gradient(epl_sum(epl_mul(h, v)), x)); /* the same by reverse */
    epl_plan p = epl_compile(s, f);
    epl_work *w = epl_work_new(s, NULL);
    double xs[5], a[35], b[21], vs[5], hv[2][5], t[5], g[5], unused[5];
    for (int i = 0; i < 35; i++) {
        a[i] = sin(i + 1) * 0.7;
        b[i % 21] = cos(3 * i) * 0.8;
        xs[i % 5] = 0.3 * cos(i);
        vs[i % 5] = sin(2 * i);
    }
    double step = 1e-5;
    for (int k = 0; k < 3; k++) {
        double at[5];
        for (int i = 0; i < 5; i++)
            at[i] = xs[i] + (k == 2 ? 0 : k == 1 ? step : -step) * vs[i];
        epl_arrays in = epl_arrays(epl_at(at, epl_f64(5)), epl_at(a, epl_f64(5, 7)),
                                   epl_at(b, epl_f64(7, 3)), epl_at(vs, epl_f64(5)));
        epl_arrays out = epl_arrays(epl_at(k < 2 ? hv[k] : unused, epl_f64(5)),
                                    epl_at(t, epl_f64(5)), epl_at(g, epl_f64(5)));
        cr_assert_eq(epl_run(p, in, out, w), EPL_OK, "%s", epl_work_message(w));
    }
    for (int i = 0; i < 5; i++) {
        cr_assert_float_eq(t[i], (hv[1][i] - hv[0][i]) / (2 * step), 1e-8);
        cr_assert_float_eq(t[i], g[i], 1e-12);
    }
    epl_scope_free(s);
}
