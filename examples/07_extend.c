/* 07_extend.c -- a layer kind and two primitives of one's own, checked against differences. */
#include <stdio.h>
#include <espalier/espalier.h>

/* -- x + sigmoid(gate(x)) * alpha * body(x), alpha [1] learned ------------------------ */
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
    EPL_ATTR(gated_args, alpha, EPL_NUMBER, 0.1, 0, 1), /* default, least, greatest */
    EPL_ATTR_END};
static const epl_kind gated_kind = {.name = "Gated",
                                    .version = 1,
                                    .args_size = sizeof(gated_args),
                                    .attrs = gated_attrs,
                                    .apply = gated_apply};
#define gated(...) EPL_MODULE(3, &gated_kind, gated_args, __VA_ARGS__)

/* -- shift: y[…, i] = x[…, i - by], zero where there is none. Linear in x -------------- */
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

static bool shift_kernel(const epl_array *in, size_t n_in, const epl_array *out, const void *attrs,
                         char *message)
{
    (void)n_in, (void)message;
    int64_t by = ((const shift_attrs *)attrs)->by;
    const double *x = in[0].data;
    double *y = out[0].data;
    int64_t n = in[0].type.shape.dim[in[0].type.shape.rank - 1], count = epl_count(in[0].type);
    for (int64_t i = 0; i < count; i++) {
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
    (void)mapped, (void)count; /* leading axes do not matter to it */
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

/* -- cube: y = x x x. Not linear: a jvp rule, dy = 3 x x dx ----------------------------- */
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

static const epl_prim cube_prim = {.name = "cube",
                                   .formula = "y = x^3",
                                   .inputs = 1,
                                   .elementwise = true,
                                   .kernel = cube_kernel,
                                   .jvp = cube_jvp};

int main(void)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = gated(s, epl_nn_linear(s, 6), epl_nn_tanh(s), .alpha = 0);
    net = epl_infer(s, net, epl_f64(4, 6));
    epl_kind_register(&gated_kind); /* now JSON knows it too */
    puts(epl_module_json(s, net));

    epl_fn *f = epl_fn_new(s, "check");
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val x = epl_input(f, "x", epl_f64(4, 6));
    epl_val y = epl_op(&cube_prim, epl_list(shift(epl_apply(net, theta, x), 2)), NULL);
    epl_output(f, "y", y);
    epl_status status = epl_gradcheck(s, f, epl_seed(1));
    if (status != EPL_OK)
        fprintf(stderr, "%s\n", epl_scope_message(s));
    epl_scope_free(s);
    return status != EPL_OK;
}
