/* What second order through a long inner loop keeps: K steps of gradient descent in a scan,
 * and the meta-gradient through all of them. One word, .save, trades memory for time; the
 * size of a plan's workspace is known before it runs.
 *
 *     14_memory [K ...]      default 1 10 100
 */
#include <espalier/espalier.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { POINTS = 10 };
typedef struct {
    epl_module net;
    int64_t steps;
    epl_save_policy save;
} setting;

static epl_val loss(epl_module net, epl_val theta, epl_val x, epl_val y)
{
    return epl_mse_loss(epl_apply(net, theta, x), y);
}

static void meta(epl_fn *f, const void *data)
{
    const setting *o = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(o->net));
    epl_val x = epl_input(f, "x", epl_f32(POINTS, 1)), y = epl_input(f, "y", epl_f32(POINTS, 1));

    epl_fn *t = epl_scan(f, .length = o->steps, .save = o->save);
    epl_val phi = epl_carry(t, theta), g = epl_gradient(loss(o->net, phi, x, y), phi);
    epl_next(t, phi, epl_sub(phi, epl_scale(g, 0.001)));
    epl_val adapted = epl_last(t, phi);

    epl_val after = loss(o->net, adapted, epl_neg(x), y);
    epl_output(f, "loss", after);
    epl_output(f, "gradient", epl_gradient(after, theta));
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A line of the table; false after an error. */
static int measure(epl_scope *s, epl_module net, int64_t steps, epl_save_policy save)
{
    static const char *const name[] = {"", "all", "sqrt", "log"};
    static float x[POINTS], y[POINTS], gradient[4096], after; /* P is 1761 */
    epl_mark mark = epl_scope_mark(s);
    setting o = {net, steps, save};
    epl_tree *theta = epl_init(s, epl_params_of(net), epl_seed(1));
    epl_plan plan = epl_jit(s, meta, &o);
    epl_work *w = epl_work_new(s, NULL);
    epl_arrays in = epl_arrays(epl_tree_array(theta), epl_at(x, epl_f32(POINTS, 1)),
                               epl_at(y, epl_f32(POINTS, 1)));
    epl_arrays out =
        epl_arrays(epl_at(&after, epl_f32()), epl_at(gradient, epl_tree_array(theta).type));
    for (int i = 0; i < POINTS; i++) {
        x[i] = (float)(i - 5);
        y[i] = (float)(i % 3) - 1;
    }
    epl_status status = epl_run(plan, in, out, w);
    double begin = seconds();
    if (status == EPL_OK)
        status = epl_run(plan, in, out, w);
    double ms = 1e3 * (seconds() - begin);
    if (status != EPL_OK)
        fprintf(stderr, "%s\n", epl_work_message(w));
    else
        printf("%6lld  %-5s %12zu %10.2f   %.9g %.9g\n", (long long)steps, name[save],
               epl_plan_work_bytes(plan), ms, (double)after, (double)gradient[7]);
    epl_scope_reset(s, mark);
    return status == EPL_OK;
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"1", "10", "100"};
    const char *const *steps = argc > 1 ? (const char *const *)argv + 1 : usual;
    int count = argc > 1 ? argc - 1 : 3, ok = 1;
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(s, {"a", epl_nn_linear(s, 40)}, {"a_tanh", epl_nn_tanh(s)},
                                       {"b", epl_nn_linear(s, 40)}, {"b_tanh", epl_nn_tanh(s)},
                                       {"c", epl_nn_linear(s, 1)});
    net = epl_infer(s, net, epl_f32(POINTS, 1));
    printf("%6s  %-5s %12s %10s   loss after, an entry of the gradient\n", "steps", "save", "bytes",
           "ms");
    for (int i = 0; i < count && ok; i++)
        for (epl_save_policy save = EPL_SAVE_ALL; save <= EPL_SAVE_LOG && ok; save++)
            ok = measure(s, net, strtoll(steps[i], NULL, 10), save);
    epl_scope_free(s);
    return !ok;
}
