/* 06_optimizer.c -- an optimizer of one's own (Lion, Chen et al. 2023), leaves that stay frozen,
 * weight decay by path. */
#include <stdio.h>
#include <espalier/espalier.h>

/* m* = b2 m + (1 - b2) g;  p* = p - lr (sign(b1 m + (1 - b1) g) + wd p) */
static epl_val lion(epl_val p, epl_val g, epl_val *m, epl_val lr, epl_val b1, epl_val b2,
                    epl_val wd)
{
    epl_val direction = epl_sign(epl_lerp(g, *m, b1));
    *m = epl_lerp(g, *m, b2);
    return epl_sub(p, epl_mul(lr, epl_add(direction, epl_mul(wd, p))));
}

static void step(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_spec spec = epl_params_of(net);
    epl_val theta = epl_input_tree(f, "params", spec);
    epl_val m = epl_input(f, "exp_avg", EPL_AS_PASSED);
    epl_val x = epl_input(f, "x", EPL_AS_PASSED), y = epl_input(f, "y", EPL_AS_PASSED);
    epl_val lr = epl_input(f, "lr", epl_f32()), b1 = epl_input(f, "beta1", epl_f32());
    epl_val decay =
        epl_by_path(f, spec, {"encoder.**", 0}, {"**.bias", 0}, {"@norm", 0}, {"**", 0.1});

    epl_val head = epl_freeze(spec, theta, "encoder.**");
    epl_val loss = epl_cross_entropy(epl_apply(net, head, x), y);
    epl_val g = epl_gradient(loss, theta);
    epl_update(f, "params", lion(theta, g, &m, lr, b1, epl_num(0.99), decay));
    epl_update(f, "exp_avg", m);
    epl_output(f, "loss", loss);
}

static epl_status tune(epl_scope *s, epl_module net, epl_array theta, epl_array x, epl_array y,
                       int steps)
{
    epl_array m =
        epl_tree_array(epl_init(s, epl_slots(s, epl_params_of(net), "exp_avg"), epl_seed(1)));
    epl_plan plan = epl_jit(s, step, net);
    epl_work *w = epl_work_new(s, NULL);
    float lr = 1e-3f, beta1 = 0.9f, loss = 0;
    epl_status status = EPL_OK;
    for (int i = 0; i < steps && !status; i++)
        status = epl_run(
            plan, epl_arrays(theta, m, x, y, epl_at(&lr, epl_f32()), epl_at(&beta1, epl_f32())),
            epl_arrays(epl_at(&loss, epl_f32())), w);
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(w));
    printf("loss %g\n", (double)loss);
    return status;
}

int main(void)
{
    enum { ROWS = 32, IN = 6 };
    static float x[ROWS][IN];
    static int64_t y[ROWS];
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < IN; k++)
            x[i][k] = (float)((i * 5 + k * 3) % 13) / 6 - 1;
        y[i] = x[i][0] + x[i][1] > 0;
    }
    epl_scope *s = epl_scope_new(NULL);
    epl_module encoder =
        epl_nn_sequential(s, {"fc", epl_nn_linear(s, 8)}, {"tanh", epl_nn_tanh(s)});
    epl_module net = epl_nn_sequential(s, {"encoder", encoder}, {"norm", epl_nn_layer_norm(s)},
                                       {"head", epl_nn_linear(s, 2)});
    net = epl_infer(s, net, epl_f32(ROWS, IN));
    epl_array theta = epl_tree_array(epl_init(s, epl_params_of(net), epl_seed(1)));
    epl_status status =
        tune(s, net, theta, epl_at(x, epl_f32(ROWS, IN)), epl_at(y, epl_i64(ROWS)), 300);
    epl_scope_free(s);
    return status != EPL_OK;
}
