/* 02_train.c -- training: forward, backward and optimizer are one plan; parameters, statistics
 * and optimizer state are updated in place. The last batch is smaller and needs no care. */
#include <stdio.h>
#include <espalier/espalier.h>

static void step(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val stats = epl_input_tree(f, "buffers", epl_buffers_of(net));
    epl_val state = epl_input(f, "state", EPL_AS_PASSED);
    epl_val x = epl_input(f, "x", epl_f32(EPL_ANY, 1, 28, 28));
    epl_val y = epl_input(f, "y", epl_i64(EPL_ANY));
    epl_val lr = epl_input(f, "lr", epl_f32());
    epl_val key = epl_input(f, "key", EPL_KEY);

    epl_val logits = epl_apply(net, theta, x, .buffers = &stats, .train = true, .key = key);
    epl_val loss = epl_cross_entropy(logits, y);
    epl_val g = epl_gradient(loss, theta);
    theta = epl_opt_sgd(theta, g, &state, .lr = lr, .momentum = epl_num(0.9));

    epl_update(f, "params", theta); /* in place: what is updated is never copied */
    epl_update(f, "buffers", stats);
    epl_update(f, "state", state);
    epl_output(f, "loss", loss);
}

static void evaluate(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val stats = epl_input_tree(f, "buffers", epl_buffers_of(net));
    epl_val x = epl_input(f, "x", epl_f32(EPL_ANY, 1, 28, 28));
    epl_val y = epl_input(f, "y", epl_i64(EPL_ANY));
    epl_output(f, "loss", epl_cross_entropy(epl_apply(net, theta, x, .buffers = &stats), y));
}

/* images [count, 28 * 28] and labels [count], in the order in which they are seen. */
static epl_status train(epl_scope *s, epl_module net, const float *images, const int64_t *labels,
                        int64_t count, int epochs)
{
    epl_array theta = epl_tree_array(epl_init(s, epl_params_of(net), epl_seed(1)));
    epl_array stats = epl_tree_array(epl_init(s, epl_buffers_of(net), epl_seed(1)));
    epl_array state =
        epl_tree_array(epl_init(s, epl_opt_sgd_state(s, epl_params_of(net)), epl_seed(1)));
    epl_plan fit = epl_jit(s, step, net), test = epl_jit(s, evaluate, net);
    epl_work *work = epl_work_new(s, epl_pool_new(s, 0));
    float lr = 0.01f, loss = 0;
    epl_array rate = epl_at(&lr, epl_f32()), result = epl_at(&loss, epl_f32());
    epl_status status = EPL_OK;

    for (int epoch = 0; epoch < epochs && !status; epoch++) {
        for (int64_t i = 0; i < count && !status; i += 64) {
            int64_t n = count - i < 64 ? count - i : 64;
            epl_key key = epl_key_fold(epl_key_fold(epl_seed(2), (uint64_t)epoch), (uint64_t)i);
            epl_array x = epl_at(images + i * 28 * 28, epl_f32(n, 1, 28, 28));
            epl_array y = epl_at(labels + i, epl_i64(n)), k = epl_at(&key, EPL_KEY);
            status = epl_run(fit, epl_arrays(theta, stats, state, x, y, rate, k),
                             epl_arrays(result), work);
        }
        epl_array x = epl_at(images, epl_f32(count, 1, 28, 28)), y = epl_at(labels, epl_i64(count));
        if (!status)
            status = epl_run(test, epl_arrays(theta, stats, x, y), epl_arrays(result), work);
        if (!status)
            printf("epoch %d: loss %g\n", epoch, (double)loss);
    }
    if (status != EPL_OK)
        fprintf(stderr, "%s\n", epl_work_message(work));
    return status;
}

/* Images of two kinds, bright at the top or at the bottom: something to learn in a second. */
int main(void)
{
    enum { COUNT = 150 };
    static float images[COUNT][28][28];
    static int64_t labels[COUNT];
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < 28 * 28; k++) {
            labels[i] = i % 2;
            images[i][k / 28][k % 28] = (float)((k / 28 < 14) == (i % 2)) +
                                        (float)((i * 31 + k * 17) % 7) * 0.1f;
        }
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(
        s, {"conv1", epl_nn_conv2d(s, 8, {3, 3}, .padding = {1, 1}, .bias = false)},
        {"bn1", epl_nn_batch_norm2d(s)}, {"relu1", epl_nn_relu(s)},
        {"pool1", epl_nn_max_pool2d(s, {2, 2})}, {"flat", epl_nn_flatten(s)},
        {"drop", epl_nn_dropout(s, .p = 0.1)}, {"fc", epl_nn_linear(s, 2)});
    net = epl_infer(s, net, epl_f32(64, 1, 28, 28));
    epl_status status = train(s, net, &images[0][0][0], labels, COUNT, 5);
    epl_scope_free(s);
    return status != EPL_OK;
}
