/* 01_predict.c -- a network described, given first numbers, compiled for one shape, run. */
#include <stdio.h>
#include <espalier/espalier.h>

int main(void)
{
    enum { BATCH = 8, CLASSES = 10 };
    static float images[BATCH][1][28][28], logits[BATCH][CLASSES];
    epl_scope *s = epl_scope_new(NULL);

    epl_module net = epl_nn_sequential(
        s, {"conv1", epl_nn_conv2d(s, 16, {3, 3}, .padding = {1, 1}, .bias = false)},
        {"bn1", epl_nn_batch_norm2d(s)}, {"relu1", epl_nn_relu(s)},
        {"pool1", epl_nn_max_pool2d(s, {2, 2})}, {"flat", epl_nn_flatten(s)},
        {"fc", epl_nn_linear(s, CLASSES)});
    epl_type batch = epl_f32(BATCH, 1, 28, 28);
    net = epl_infer(s, net, batch); /* sizes left open come from the input */
    epl_tree *theta = epl_init(s, epl_params_of(net), epl_seed(1));
    epl_tree *stats = epl_init(s, epl_buffers_of(net), epl_seed(1));

    epl_fn *f = epl_fn_new(s, "predict");
    epl_val p = epl_input_tree(f, "params", epl_params_of(net));
    epl_val b = epl_input_tree(f, "buffers", epl_buffers_of(net));
    epl_val x = epl_input(f, "images", batch);
    epl_output(f, "logits", epl_apply(net, p, x, .buffers = &b));
    epl_plan predict = epl_compile(s, f);
    epl_work *work = epl_work_new(s, NULL);

    epl_status status = epl_run(
        predict, epl_arrays(epl_tree_array(theta), epl_tree_array(stats), epl_at(images, batch)),
        epl_arrays(epl_at(logits, epl_f32(BATCH, CLASSES))), work);
    if (status != EPL_OK) /* the only check: it tells what failed first in all of the above */
        fprintf(stderr, "%s\n", epl_work_message(work));
    else
        for (int i = 0; i < BATCH; i++)
            for (int k = 0; k < CLASSES; k++)
                printf("%g%c", logits[i][k], k + 1 < CLASSES ? ' ' : '\n');
    epl_scope_free(s);
    return status != EPL_OK;
}
