/* 13_private.c -- a gradient of each example: clipped and noised gradient descent (Abadi et al.
 * 2016), and the norms that show which examples pull hardest.
 *
 *     g = (sum_i g_i min(1, C / |g_i|) + sigma C noise) / n
 *
 * 13_private [STEPS] */
#include <stdio.h>
#include <stdlib.h>
#include <espalier/espalier.h>

enum { ROWS = 64, IN = 6 };
static const double clip = 1, sigma = 0.5;

static void step(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val x = epl_input(f, "x", epl_f32(ROWS, IN)), y = epl_input(f, "y", epl_i64(ROWS));
    epl_val key = epl_input(f, "key", EPL_KEY);

    epl_fn *each = epl_map(f); /* one example */
    epl_val p = epl_pass(each, theta);
    epl_val xi = epl_unsqueeze(epl_each(each, x, 0), 0),
            yi = epl_unsqueeze(epl_each(each, y, 0), 0);
    epl_val loss = epl_cross_entropy(epl_apply(net, p, xi), yi);
    epl_val g = epl_collect(each, epl_gradient(loss, p)); /* [ROWS, P] */
    epl_val mean = epl_mean(epl_collect(each, loss));

    epl_val norm = epl_vector_norm(g, .dim = epl_axes(1), .keepdim = true); /* [ROWS, 1] */
    epl_val share = epl_minimum(epl_num(1), epl_div(epl_num(clip), norm));
    epl_val noise = epl_normal(key, epl_dims(epl_dim(theta, 0)), .std = sigma * clip);
    epl_val sum = epl_add(epl_sum(epl_mul(g, share), .dim = epl_axes(0)), noise);
    epl_update(f, "params", epl_sub(theta, epl_scale(sum, 0.5 / ROWS)));
    epl_output(f, "loss", mean);
    epl_output(f, "norms", epl_reshape(norm, epl_dims(ROWS)));
}

int main(int argc, char **argv)
{
    uint64_t steps = argc > 1 ? strtoull(argv[1], NULL, 10) : 200;
    static float x[ROWS][IN], norm[ROWS], loss;
    static int64_t y[ROWS];
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < IN; k++)
            x[i][k] = (float)((i * 5 + k * 3) % 13) / 6 - 1;
        y[i] = x[i][0] + x[i][1] > 0;
    }
    y[7] = !y[7]; /* a wrong label */
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(s, {"a", epl_nn_linear(s, 16)}, {"tanh", epl_nn_tanh(s)},
                                       {"b", epl_nn_linear(s, 2)});
    net = epl_infer(s, net, epl_f32(ROWS, IN));
    epl_array theta = epl_tree_array(epl_init(s, epl_params_of(net), epl_seed(1)));
    epl_plan plan = epl_jit(s, step, net);
    epl_work *w = epl_work_new(s, NULL);
    epl_status status = EPL_OK;
    for (uint64_t i = 0; i < steps && !status; i++) {
        epl_key key = epl_key_fold(epl_seed(2), i);
        status = epl_run(plan,
                         epl_arrays(theta, epl_at(x, epl_f32(ROWS, IN)), epl_at(y, epl_i64(ROWS)),
                                    epl_at(&key, EPL_KEY)),
                         epl_arrays(epl_at(&loss, epl_f32()), epl_at(norm, epl_f32(ROWS))), w);
        if (!status && (i == 0 || i == steps - 1))
            printf("step %llu: loss %.3f\n", (unsigned long long)i + 1, (double)loss);
    }
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(w));
    int first = 0;
    for (int i = 1; i < ROWS; i++)
        first = norm[i] > norm[first] ? i : first;
    printf("the greatest norm, %.2f, is that of example %d\n", (double)norm[first], first);
    epl_scope_free(s);
    return status != EPL_OK;
}
