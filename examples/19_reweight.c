/* 19_reweight.c -- wrong labels, found by a gradient: at each step an example weighs as much as a
 * step on it would help a few examples that are known to be right (Ren et al. 2018). Beside it:
 * training on all labels alike, and on the right ones alone.
 *
 * 19_reweight [STEPS] [PIXELS LABELS], IDX files of images; else made-up ones */
#include <stdlib.h>
#include <espalier/espalier.h>
#include "images.h"

enum { ROWS = 1400, RIGHT = 100, NEW = 1000, UNITS = 16 };
typedef enum { ALIKE, FEW, WEIGHTED } way;
typedef struct {
    epl_module net;
    way way;
} job;
static images all;
static int64_t label[ROWS]; /* 40% of them are wrong */

static void train(epl_fn *f, const void *data)
{
    const job *j = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(j->net)), weight;
    epl_val x = epl_input(f, "x", epl_f64(ROWS, IN)), y = epl_input(f, "y", epl_i64(ROWS));
    epl_val right_x = epl_input(f, "right x", epl_f64(RIGHT, IN));
    epl_val right_y = epl_input(f, "right y", epl_i64(RIGHT));
    epl_val state = epl_input(f, "adam", EPL_AS_PASSED);

    epl_val losses = epl_cross_entropy(epl_apply(j->net, theta, x), y, .reduction = "none");
    epl_val right = epl_cross_entropy(epl_apply(j->net, theta, right_x), right_y);
    weight = j->way == WEIGHTED ? epl_reweight(losses, right, theta)
                                : epl_full_like(losses, 1.0 / ROWS);
    epl_val g = epl_gradient(j->way == FEW ? right : epl_sum(epl_mul(weight, losses)), theta);
    epl_update(f, "params", epl_opt_adam(theta, g, &state, .lr = epl_num(3e-3)));
    epl_update(f, "adam", state);
    epl_output(f, "weights", weight);
}

static void test(epl_fn *f, const void *net)
{
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val x = epl_input(f, "x", epl_f64(NEW, IN)), y = epl_input(f, "y", epl_i64(NEW));
    epl_val guess = epl_argmax(epl_apply(net, theta, x), .dim = 1);
    epl_output(f, "right", epl_mean(epl_cast(epl_eq(guess, y), EPL_F64)));
}

/* How much of the weight the wrong labels had in the last ten steps. */
static double share_of_wrong(const double *weight)
{
    double wrong = 0, sum = 0;
    for (int i = 0; i < ROWS; i++) {
        sum += weight[i];
        wrong += label[i] == all.y[i] ? 0 : weight[i];
    }
    return sum > 0 ? wrong / sum : 0;
}

static epl_status learn(epl_scope *s, const job *j, int steps)
{
    static const char *const name[] = {"all alike", "the few", "weighted"};
    static double weight[ROWS];
    double right = 0, wrong = 0;
    epl_spec spec = epl_params_of(j->net);
    epl_array theta = epl_tree_array(epl_init(s, spec, epl_seed(1)));
    epl_array adam = epl_tree_array(epl_tree_new(s, epl_opt_adam_state(s, spec)));
    epl_arrays in = epl_arrays(
        theta, epl_at(all.x, epl_f64(ROWS, IN)), epl_at(label, epl_i64(ROWS)),
        epl_at(all.x + ROWS, epl_f64(RIGHT, IN)), epl_at(all.y + ROWS, epl_i64(RIGHT)), adam);
    epl_plan plan = epl_jit(s, train, j), exam = epl_jit(s, test, j->net);
    epl_work *w = epl_work_new(s, epl_pool_new(s, 0));
    epl_status status = EPL_OK;
    for (int i = 0; i < steps && !status; i++) {
        status = epl_run(plan, in, epl_arrays(epl_at(weight, epl_f64(ROWS))), w);
        wrong += share_of_wrong(weight) / steps;
    }
    if (!status)
        status = epl_run(exam,
                         epl_arrays(theta, epl_at(all.x + ROWS + RIGHT, epl_f64(NEW, IN)),
                                    epl_at(all.y + ROWS + RIGHT, epl_i64(NEW))),
                         epl_arrays(epl_at(&right, epl_f64())), w);
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(w));
    else
        printf("%-10s right on new ones %.1f%%, weight of wrong labels %.1f%%\n", name[j->way],
               100 * right, j->way == FEW ? 0.0 : 100 * wrong);
    return status;
}

int main(int argc, char **argv)
{
    epl_status status = EPL_OK;
    if (!images_get(&all, argc, argv))
        return 1;
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t random = i * 2654435761u >> 12;
        label[i] = (all.y[i] + (random % 10 < 4 ? 1 + random / 10 % 9 : 0)) % CLASSES;
    }
    for (way how = ALIKE; how <= WEIGHTED && !status; how++) {
        epl_scope *s = epl_scope_new(NULL);
        epl_module net = epl_nn_sequential(s, {"a", epl_nn_linear(s, UNITS)},
                                           {"tanh", epl_nn_tanh(s)},
                                           {"b", epl_nn_linear(s, CLASSES)});
        net = epl_infer(s, net, epl_f64(ROWS, IN));
        status = learn(s, &(job){net, how}, argc > 1 ? atoi(argv[1]) : 100);
        epl_scope_free(s);
    }
    return status != EPL_OK;
}
