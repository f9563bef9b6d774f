/* layer.c -- trains with a copy of a built-in layer, which the program renamed and owns. */
#include <espalier/espalier.h>
#include <stdio.h>
#include <string.h>

extern const epl_kind my_kind_linear, my_kind_batch_norm1d;
enum { BATCH = 16 };

static void step(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val stats = epl_input_tree(f, "buffers", epl_buffers_of(net));
    epl_val x = epl_input(f, "x", epl_f32(EPL_ANY, 3)), y = epl_input(f, "y", epl_f32(EPL_ANY, 1));
    epl_val loss = epl_mse_loss(epl_apply(net, theta, x, .buffers = &stats, .train = true), y);
    epl_update(f, "params",
               epl_opt_sgd(theta, epl_gradient(loss, theta), NULL, .lr = epl_num(0.1)));
    epl_update(f, "buffers", stats);
    epl_output(f, "loss", loss);
}

static epl_module network(epl_scope *s)
{
    epl_nn_linear_args hidden = {.scope = s, .out_features = 8},
                       last = {.scope = s, .out_features = 1};
    epl_nn_batch_norm_args norm = {.scope = s};
    epl_module net = epl_nn_sequential(
        s, {"a", epl_module_new(&my_kind_linear, &hidden, "out_features")},
        {"bn", epl_module_new(&my_kind_batch_norm1d, &norm, "")}, {"tanh", epl_nn_tanh(s)},
        {"b", epl_module_new(&my_kind_linear, &last, "out_features")});
    epl_kind_register(&my_kind_linear);
    epl_kind_register(&my_kind_batch_norm1d);
    return epl_infer(s, epl_module_from_json(s, epl_module_json(s, net)), epl_f32(BATCH, 3));
}

int main(void)
{
    static float x[BATCH][3], y[BATCH][1];
    float loss = 0, first = 0;
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = network(s);
    epl_array theta = epl_tree_array(epl_init(s, epl_params_of(net), epl_seed(1)));
    epl_array stats = epl_tree_array(epl_init(s, epl_buffers_of(net), epl_seed(1)));
    epl_plan plan = epl_jit(s, step, net);
    epl_work *work = epl_work_new(s, NULL);
    epl_status status = EPL_OK;
    for (int i = 0; i < BATCH * 3; i++)
        x[i / 3][i % 3] = (float)(i * 37 % 23) / 23;
    for (int i = 0; i < BATCH; i++)
        y[i][0] = x[i][0] * x[i][1] - x[i][2];
    for (int i = 0; i < 200 && !status; i++) {
        status = epl_run(
            plan,
            epl_arrays(theta, stats, epl_at(x, epl_f32(BATCH, 3)), epl_at(y, epl_f32(BATCH, 1))),
            epl_arrays(epl_at(&loss, epl_f32())), work);
        first = i ? first : loss;
    }
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(work));
    printf("loss %g, then %g\n", (double)first, (double)loss);
    epl_scope_free(s);
    return status || !(loss < first / 10);
}
