/* 11_sine.c -- meta-learning algorithms side by side on sines of any amplitude and phase: the
 * mean squared error on new tasks after some steps from the parameters that each has found.
 * `espalier meta sine` does this at full length; docs/meta-learning.md has its tables.
 *
 * 11_sine [ITERATIONS] */
#include <stdio.h>
#include <stdlib.h>
#include <espalier/espalier.h>

enum { TASKS = 25, SHOTS = 10, NEW = 200, STEPS = 5 };
typedef struct {
    const char *name;
    bool first_order, reptile;
    const char *only;
    epl_module net;
} algorithm;
typedef struct {
    epl_module net;
    epl_val x, y;
} task;

static epl_val loss(const void *data, epl_val params)
{
    const task *t = data;
    return epl_mse_loss(epl_apply(t->net, params, t->x), t->y);
}

/* Ten points of the sine of a key. */
static task points(epl_module net, epl_val key, int64_t use)
{
    epl_val amplitude = epl_uniform(epl_fold(key, 1), epl_dims(), 0.1, 5);
    epl_val phase = epl_uniform(epl_fold(key, 2), epl_dims(), 0, 3.14159265358979);
    epl_val x = epl_uniform(epl_fold(key, use), epl_dims(SHOTS, 1), -5, 5);
    return (task){net, x, epl_mul(amplitude, epl_sin(epl_sub(x, phase)))};
}

static void meta_step(epl_fn *f, const void *data)
{
    const algorithm *a = data;
    epl_spec spec = epl_params_of(a->net);
    epl_val theta = epl_input_tree(f, "params", spec), state = epl_input(f, "adam", EPL_AS_PASSED);
    epl_val key = epl_input(f, "key", EPL_KEY);

    epl_fn *each = epl_map(f);
    epl_val k = epl_each(each, epl_split(key, TASKS), 0);
    task support = points(a->net, k, 3), query = points(a->net, k, 4);
    epl_val phi = epl_adapt(epl_pass(each, theta), loss, &support, .steps = STEPS,
                            .first_order = a->first_order, .only = a->only, .spec = spec);
    epl_val meta = epl_mean(epl_collect(each, loss(&query, phi)));
    epl_val g = a->reptile ? epl_reptile(theta, epl_collect(each, phi)) : epl_gradient(meta, theta);
    epl_update(f, "params", epl_opt_adam(theta, g, &state, .lr = epl_num(1e-3)));
    epl_update(f, "adam", state);
}

/* The error of new tasks after 0, 1 and 5 steps. */
static void test(epl_fn *f, const void *data)
{
    const algorithm *a = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(a->net)), path[STEPS];
    epl_fn *each = epl_map(f, .chunk = 25);
    epl_val k = epl_each(each, epl_split(epl_input(f, "key", EPL_KEY), NEW), 0);
    task support = points(a->net, k, 3), query = points(a->net, k, 4);
    epl_val p = epl_pass(each, theta);
    epl_adapt(p, loss, &support, .steps = STEPS, .only = a->only, .spec = epl_params_of(a->net),
              .path = path);
    epl_val after =
        epl_stack(epl_list(loss(&query, p), loss(&query, path[0]), loss(&query, path[STEPS - 1])));
    epl_output(f, "errors", epl_mean(epl_collect(each, after), .dim = epl_axes(0)));
}

static epl_status learn(epl_scope *s, const algorithm *a, uint64_t iterations)
{
    epl_spec spec = epl_params_of(a->net);
    epl_array theta = epl_tree_array(epl_init(s, spec, epl_seed(1)));
    epl_array adam = epl_tree_array(epl_init(s, epl_opt_adam_state(s, spec), epl_seed(1)));
    epl_plan step = epl_jit(s, meta_step, a), exam = epl_jit(s, test, a);
    epl_work *w = epl_work_new(s, NULL);
    epl_status status = EPL_OK;
    float error[3];
    for (uint64_t i = 0; i < iterations && !status; i++) {
        epl_key key = epl_key_fold(epl_seed(2), i);
        status =
            epl_run(step, epl_arrays(theta, adam, epl_at(&key, EPL_KEY)), (epl_arrays){0, NULL}, w);
    }
    epl_key fresh = epl_seed(3);
    if (!status)
        status = epl_run(exam, epl_arrays(theta, epl_at(&fresh, EPL_KEY)),
                         epl_arrays(epl_at(error, epl_f32(3))), w);
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(w));
    else
        printf("%-8s %8.3f %8.3f %8.3f\n", a->name, (double)error[0], (double)error[1],
               (double)error[2]);
    return status;
}

int main(int argc, char **argv)
{
    uint64_t iterations = argc > 1 ? strtoull(argv[1], NULL, 10) : 300;
    algorithm all[] = {{.name = "MAML"},
                       {.name = "FOMAML", .first_order = true},
                       {.name = "Reptile", .reptile = true},
                       {.name = "ANIL", .only = "head.**"}};
    epl_status status = EPL_OK;
    printf("steps           0        1        5\n");
    for (size_t i = 0; i < sizeof all / sizeof *all && !status; i++) {
        epl_scope *s = epl_scope_new(NULL);
        epl_module net = epl_nn_sequential(
            s, {"a", epl_nn_linear(s, 40)}, {"a_relu", epl_nn_relu(s)}, {"b", epl_nn_linear(s, 40)},
            {"b_relu", epl_nn_relu(s)}, {"head", epl_nn_linear(s, 1)});
        all[i].net = epl_infer(s, net, epl_f32(SHOTS, 1));
        status = learn(s, &all[i], iterations);
        epl_scope_free(s);
    }
    return status != EPL_OK;
}
