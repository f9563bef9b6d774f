/* 12_hyper.c -- hyper-parameters by gradient: the learning rate and a weight decay for each leaf,
 * learned on the loss of points that the training does not see. Ten steps of training are
 * unrolled; the derivative goes through all of them (a hypergradient, Maclaurin et al. 2015).
 *
 *     h = argmin  L_validation(theta_10(h)),   h = (log lr, log decay of each leaf)
 *
 * 12_hyper [ROUNDS] */
#include <stdio.h>
#include <stdlib.h>
#include <espalier/espalier.h>

enum { ROWS = 24, IN = 8, STEPS = 10 };
typedef struct {
    epl_module net;
    epl_val x, y;
} task;

static epl_val loss(const void *data, epl_val params)
{
    const task *t = data;
    return epl_mse_loss(epl_apply(t->net, params, t->x), t->y);
}

/* y = x_0 - x_1 and noise; the other columns are noise alone. */
static task points(epl_module net, epl_val key)
{
    epl_val x = epl_normal(epl_fold(key, 1), epl_dims(ROWS, IN));
    epl_val noise = epl_normal(epl_fold(key, 2), epl_dims(ROWS, 1), .std = 0.5);
    epl_val y = epl_sub(epl_narrow(x, 1, 0, 1), epl_narrow(x, 1, 1, 1));
    return (task){net, x, epl_add(y, noise)};
}

static void round_of_training(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_spec spec = epl_params_of(net);
    int64_t leaves = (int64_t)epl_spec_leaves(spec);
    epl_val theta = epl_input_tree(f, "params", spec), key = epl_input(f, "key", EPL_KEY);
    epl_val h = epl_input(f, "hyper", epl_f32(1 + leaves));
    epl_val state = epl_input(f, "adam", EPL_AS_PASSED);

    task seen = points(net, epl_fold(key, 1)), unseen = points(net, epl_fold(key, 2));
    epl_val decay = epl_by_leaf(spec, epl_exp(epl_narrow(h, 0, 1, leaves)));
    epl_val hyper[8] = {EPL_NO_VAL, epl_num(0.9), EPL_NO_VAL, decay}; /* momentum, -, decay */
    epl_val phi = epl_adapt(theta, loss, &seen, .steps = STEPS, .lr = epl_exp(epl_select(h, 0, 0)),
                            .hyper = hyper, .optimizer = epl_optimizer_named("sgd"));
    epl_val validation = loss(&unseen, phi);
    epl_val g = epl_gradient(validation, h);
    epl_update(f, "hyper", epl_opt_adam(h, g, &state, .lr = epl_num(0.05)));
    epl_update(f, "adam", state);
    epl_output(f, "training", loss(&seen, phi));
    epl_output(f, "validation", validation);
}

static epl_status tune(epl_scope *s, epl_module net, int rounds, float *h)
{
    epl_spec spec = epl_params_of(net);
    size_t leaves = epl_spec_leaves(spec);
    epl_leaf_spec leaf = {
        .path = "h", .dtype = EPL_F32, .shape = epl_dims(1 + (int64_t)leaves), .role = EPL_WEIGHT};
    epl_array adam =
        epl_tree_array(epl_tree_new(s, epl_opt_adam_state(s, epl_spec_new(s, 1, &leaf))));
    epl_array theta = epl_tree_array(epl_init(s, spec, epl_seed(1)));
    epl_plan plan = epl_jit(s, round_of_training, net);
    epl_work *w = epl_work_new(s, NULL);
    epl_status status = EPL_OK;
    for (int i = 0; i < rounds && !status; i++) {
        float training, validation;
        epl_key key = epl_key_fold(epl_seed(2), (uint64_t)i);
        status = epl_run(
            plan,
            epl_arrays(theta, epl_at(&key, EPL_KEY), epl_at(h, epl_f32(1 + (int64_t)leaves)), adam),
            epl_arrays(epl_at(&training, epl_f32()), epl_at(&validation, epl_f32())), w);
        if (!status && (i == 0 || i == rounds - 1))
            printf("round %4d: training %.3f, validation %.3f\n", i, (double)training,
                   (double)validation);
    }
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(w));
    return status;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 300;
    float h[5] = {-4, -6, -6, -6, -6}; /* logarithms */
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(s, {"a", epl_nn_linear(s, 16)}, {"tanh", epl_nn_tanh(s)},
                                       {"b", epl_nn_linear(s, 1)});
    net = epl_infer(s, net, epl_f32(ROWS, IN));
    epl_status status = tune(s, net, rounds, h);
    for (size_t i = 0; !status && i <= epl_spec_leaves(epl_params_of(net)); i++)
        printf("log of %-9s %6.2f\n",
               i ? epl_spec_leaf(epl_params_of(net), i - 1)->path : "the rate", (double)h[i]);
    epl_scope_free(s);
    return status != EPL_OK;
}
