/* 04_curvature.c -- a Hessian and its product with a vector, a gradient for each example, an
 * ensemble that trains side by side: all are short because parameters are one vector. */
#include <math.h>
#include <stdio.h>
#include <espalier/espalier.h>

static epl_val loss(epl_module net, epl_val theta, epl_val x, epl_val y)
{
    return epl_cross_entropy(epl_apply(net, theta, x), y);
}

static void curvature(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val v = epl_input_tree(f, "v", epl_params_of(net));
    epl_val x = epl_input(f, "x", EPL_AS_PASSED), y = epl_input(f, "y", EPL_AS_PASSED);
    epl_val l = loss(net, theta, x, y);
    epl_output(f, "Hv", epl_hvp(l, theta, v)); /* [P] */
    epl_output(f, "H", epl_hessian(l, theta)); /* [P, P] */
}

static void per_sample(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net));
    epl_val x = epl_input(f, "x", EPL_AS_PASSED), y = epl_input(f, "y", EPL_AS_PASSED);

    epl_fn *sample = epl_map(f, .chunk = 32);
    epl_val ti = epl_pass(sample, theta);
    epl_val xi = epl_unsqueeze(epl_each(sample, x, 0), 0); /* a batch of one */
    epl_val yi = epl_unsqueeze(epl_each(sample, y, 0), 0);
    epl_val g = epl_gradient(loss(net, ti, xi, yi), ti);
    epl_output(f, "grads", epl_collect(sample, g)); /* [batch, P] */
}

static void ensemble_step(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val all = epl_input(f, "members", EPL_AS_PASSED); /* [N, P] */
    epl_val x = epl_input(f, "x", EPL_AS_PASSED), y = epl_input(f, "y", EPL_AS_PASSED);

    epl_fn *member = epl_map(f);
    epl_val theta = epl_each(member, all, 0);
    epl_val l = loss(net, theta, x, y); /* all members see the same batch */
    epl_val next = epl_sub(theta, epl_scale(epl_gradient(l, theta), 0.1));
    epl_update(f, "members", epl_collect(member, next));
    epl_output(f, "losses", epl_collect(member, l)); /* [N] */
}

/* members [n, P], losses [n], v and hv [P], h [P, P], grads [batch, P] */
static epl_status explore(epl_scope *s, epl_module net, epl_array x, epl_array y, int64_t n,
                          float *members, float *losses, float *v, float *hv, float *h,
                          float *grads)
{
    epl_spec spec = epl_params_of(net);
    int64_t count = epl_spec_count(spec);
    for (int64_t i = 0; i < n; i++)
        epl_tree_init(epl_tree_borrow(s, spec, members + i * count), epl_seed((uint64_t)i));
    epl_array theta = epl_at(members, epl_f32(count));
    epl_plan curve = epl_jit(s, curvature, net), each = epl_jit(s, per_sample, net);
    epl_plan train = epl_jit(s, ensemble_step, net);
    epl_work *w = epl_work_new(s, NULL);

    epl_status status = EPL_OK;
    for (int i = 0; i < 100 && !status; i++)
        status = epl_run(train, epl_arrays(epl_at(members, epl_f32(n, count)), x, y),
                         epl_arrays(epl_at(losses, epl_f32(n))), w);
    if (!status)
        status = epl_run(curve, epl_arrays(theta, epl_at(v, epl_f32(count)), x, y),
                         epl_arrays(epl_at(hv, epl_f32(count)), epl_at(h, epl_f32(count, count))),
                         w);
    if (!status)
        status = epl_run(each, epl_arrays(theta, x, y),
                         epl_arrays(epl_at(grads, epl_f32(x.type.shape.dim[0], count))), w);
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(w));
    return status;
}

int main(void)
{
    enum { MEMBERS = 4, ROWS = 40, IN = 3, P = 3 * 5 + 5 + 5 * 2 + 2 };
    static float x[ROWS][IN], members[MEMBERS][P], losses[MEMBERS], v[P], hv[P], h[P][P],
        grads[ROWS][P];
    static int64_t y[ROWS];
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < IN; k++)
            x[i][k] = (float)((i * 7 + k * 5) % 11) / 5 - 1;
        y[i] = x[i][0] > x[i][1];
    }
    v[0] = 1; /* so hv is the Hessian's first column */
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(s, {"a", epl_nn_linear(s, 5)}, {"tanh", epl_nn_tanh(s)},
                                       {"b", epl_nn_linear(s, 2)});
    net = epl_infer(s, net, epl_f32(ROWS, IN));
    epl_status status = explore(s, net, epl_at(x, epl_f32(ROWS, IN)), epl_at(y, epl_i64(ROWS)),
                                MEMBERS, members[0], losses, v, hv, h[0], grads[0]);
    double worst = 0;
    for (int i = 0; i < P; i++)
        worst = fmax(worst, fabs((double)hv[i] - (double)h[i][0]));
    printf("losses %g %g %g %g; H v against H's column: %g\n", (double)losses[0], (double)losses[1],
           (double)losses[2], (double)losses[3], worst);
    epl_scope_free(s);
    return status != EPL_OK || worst > 1e-5;
}
