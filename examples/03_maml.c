/* 03_maml.c -- second-order MAML for any module, in 60 lines: the parameters from which a few steps
 * on ten points do best, over sines: theta = argmin mean_i L_i(phi_i), phi_i five steps from theta.
 * 03_maml [ITERATIONS] */
#include <stdio.h>
#include <stdlib.h>
#include <espalier/espalier.h>

/* A task is a key: it gives an amplitude and a phase. */
static epl_val loss(epl_module net, epl_val theta, epl_val key, epl_val x)
{
    epl_val amplitude = epl_uniform(epl_fold(key, 1), epl_dims(), 0.1, 5);
    epl_val phase = epl_uniform(epl_fold(key, 2), epl_dims(), 0, 3.14159265358979);
    epl_val y = epl_mul(amplitude, epl_sin(epl_add(x, phase)));
    return epl_mse_loss(epl_apply(net, theta, x), y);
}

static void meta_step(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val state = epl_input(f, "adam", EPL_AS_PASSED);
    epl_val key = epl_input(f, "key", EPL_KEY);
    epl_fn *task = epl_map(f); /* 25 tasks, a key each; inside, one task */
    epl_val ki = epl_each(task, epl_split(key, 25), 0);
    epl_val x = epl_uniform(epl_fold(ki, 3), epl_dims(10, 1), -5, 5);
    epl_val query = epl_uniform(epl_fold(ki, 4), epl_dims(10, 1), -5, 5);
    epl_val phi = epl_pass(task, theta);
    for (int k = 0; k < 5; k++)
        phi = epl_sub(phi, epl_scale(epl_gradient(loss(net, phi, ki, x), phi), 0.01));
    epl_val meta = epl_mean(epl_collect(task, loss(net, phi, ki, query)));
    epl_val g = epl_gradient(meta, theta);
    epl_update(f, "params", epl_opt_adam(theta, g, &state, .lr = epl_num(1e-3)));
    epl_update(f, "adam", state);
    epl_output(f, "loss", meta);
}

int main(int argc, char **argv)
{
    uint64_t iterations = argc > 1 ? strtoull(argv[1], NULL, 10) : 500;
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(s, {"a", epl_nn_linear(s, 40)}, {"a_relu", epl_nn_relu(s)},
                                       {"b", epl_nn_linear(s, 40)}, {"b_relu", epl_nn_relu(s)},
                                       {"c", epl_nn_linear(s, 1)});
    net = epl_infer(s, net, epl_f32(10, 1));
    epl_array theta = epl_tree_array(epl_init(s, epl_params_of(net), epl_seed(1)));
    epl_array adam =
        epl_tree_array(epl_init(s, epl_opt_adam_state(s, epl_params_of(net)), epl_seed(1)));
    epl_plan plan = epl_jit(s, meta_step, net);
    epl_work *work = epl_work_new(s, NULL);
    float meta = 0;
    epl_status status = EPL_OK;
    for (uint64_t i = 0; i < iterations && !status; i++) {
        epl_key key = epl_key_fold(epl_seed(2), i);
        status = epl_run(plan, epl_arrays(theta, adam, epl_at(&key, EPL_KEY)),
                         epl_arrays(epl_at(&meta, epl_f32())), work);
    }
    printf("loss %g%s\n", (double)meta, epl_work_message(work));
    epl_scope_free(s);
    return status != EPL_OK;
}
