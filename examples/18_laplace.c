/* 18_laplace.c -- a Laplace approximation of a network's last layer: a Gaussian around the numbers
 * that training found. What it does not know about new examples becomes doubt in their
 * probabilities, which are better for it (MacKay 1992; Daxberger et al. 2021).
 *
 * 18_laplace [STEPS] [PIXELS LABELS], IDX files of images; else made-up ones */
#include <stdlib.h>
#include <espalier/espalier.h>
#include "images.h"

enum { ROWS = 500, NEW = 2000, UNITS = 8, LAST = CLASSES * (UNITS + 1), BODY = UNITS * (IN + 1) };
static images all;

typedef struct {
    epl_val theta, last, built, loss; /* built: theta again, from the part last */
} problem;

static problem pose(epl_fn *f, epl_module net)
{
    problem p = {.theta = epl_input_tree(f, "params", epl_params_of(net))};
    epl_val x = epl_input(f, "x", epl_f64(ROWS, IN)), y = epl_input(f, "y", epl_i64(ROWS));
    p.last = epl_copy(epl_narrow(p.theta, 0, BODY, LAST));
    p.built = epl_cat(epl_list(epl_narrow(p.theta, 0, 0, BODY), p.last));
    p.loss = epl_cross_entropy(epl_apply(net, p.built, x), y);
    return p;
}

static void train(epl_fn *f, const void *net)
{
    problem p = pose(f, net);
    epl_val state = epl_input(f, "adam", EPL_AS_PASSED);
    epl_update(f, "params",
               epl_opt_adam(p.theta, epl_gradient(p.loss, p.theta), &state, .lr = epl_num(0.01),
                            .weight_decay = epl_num(1e-4)));
    epl_update(f, "adam", state);
    epl_output(f, "loss", p.loss);
}

/* The mean of -log of the right class, and the gap between confidence and hits, in ten bins. */
static epl_val scores(epl_val prob, epl_val right)
{
    epl_val hit = epl_cast(epl_eq(epl_argmax(prob, .dim = 1), right), EPL_F64);
    epl_val sure = epl_amax(prob, .dim = epl_axes(1)), gap = epl_sub(hit, sure);
    epl_val bin = epl_cast(epl_minimum(epl_scale(sure, 10), epl_num(9)), EPL_I64);
    epl_val bins = epl_matmul(gap, epl_cast(epl_one_hot(bin, 10), EPL_F64));
    return epl_stack(epl_list(epl_nll_loss(epl_log(prob), right),
                              epl_scale(epl_sum(epl_abs(bins)), 1.0 / NEW), epl_mean(hit)));
}

/* Gaussian around the last layer: its precision is rows times the Hessian there (for a linear
 * layer the Gauss-Newton and the Fisher matrix as well) and a prior lambda, that of the greatest
 * evidence. Logits then have variances; probit: softmax(logits / sqrt(1 + pi / 8 variance)). */
static void laplace(epl_fn *f, const void *net)
{
    problem p = pose(f, net);
    epl_val x = epl_input(f, "new_x", epl_f64(NEW, IN)), y = epl_input(f, "new_y", epl_i64(NEW));
    epl_val h = epl_scale(epl_hessian(p.loss, p.last), ROWS), eye = epl_eye(f, EPL_F64, LAST, LAST);
    epl_val rates = epl_exp(epl_linspace(f, EPL_F64, log(1e-3), log(1e3), 25));

    epl_fn *each = epl_map(f);
    epl_val rate = epl_each(each, rates, 0);
    epl_val factor = epl_cholesky(epl_add(h, epl_mul(rate, eye)));
    epl_val prior =
        epl_sub(epl_scale(epl_log(rate), LAST), epl_mul(rate, epl_sum(epl_square(p.last))));
    epl_val volume = epl_sum(epl_log(epl_diagonal(factor)));
    epl_val evidence = epl_collect(each, epl_sub(epl_scale(prior, 0.5), volume));
    rate = epl_index_select(rates, 0, epl_argmax(evidence, .dim = 0, .keepdim = true));

    factor = epl_cholesky(epl_add(h, epl_mul(rate, eye)));
    epl_val logits = epl_apply(net, p.built, x);
    epl_val slope = epl_reshape(epl_jacobian(logits, p.last), epl_dims(NEW * CLASSES, LAST));
    epl_val z = epl_solve_triangular(factor, epl_transpose(slope, 0, 1));
    epl_val variance =
        epl_reshape(epl_sum(epl_square(z), .dim = epl_axes(0)), epl_dims(NEW, CLASSES));
    epl_val spread = epl_sqrt(epl_add(epl_num(1), epl_scale(variance, 3.14159265358979 / 8)));
    epl_output(f, "lambda", rate);
    epl_output(f, "before", scores(epl_softmax(logits, .dim = 1), y));
    epl_output(f, "after", scores(epl_softmax(epl_div(logits, spread), .dim = 1), y));
}

static epl_status compare(epl_scope *s, epl_module net, int steps)
{
    double loss = 0, lambda = 0, score[2][3] = {{0}};
    epl_spec spec = epl_params_of(net);
    epl_array theta = epl_tree_array(epl_init(s, spec, epl_seed(1)));
    epl_array adam = epl_tree_array(epl_tree_new(s, epl_opt_adam_state(s, spec)));
    epl_array x = epl_at(all.x, epl_f64(ROWS, IN)), y = epl_at(all.y, epl_i64(ROWS));
    epl_array new_x = epl_at(all.x + ROWS, epl_f64(NEW, IN)),
              new_y = epl_at(all.y + ROWS, epl_i64(NEW));
    epl_plan learn = epl_jit(s, train, net);
    epl_work *w = epl_work_new(s, epl_pool_new(s, 0));
    epl_status status = EPL_OK;
    for (int i = 0; i < steps && !status; i++)
        status =
            epl_run(learn, epl_arrays(theta, x, y, adam), epl_arrays(epl_at(&loss, epl_f64())), w);
    if (!status)
        status = epl_run(epl_jit(s, laplace, net), epl_arrays(theta, x, y, new_x, new_y),
                         epl_arrays(epl_at(&lambda, epl_f64(1)), epl_at(score[0], epl_f64(3)),
                                    epl_at(score[1], epl_f64(3))),
                         w);
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(w));
    else
        printf("loss %.4f, precision of the prior %.2g\n", loss, lambda);
    for (int i = 0; i < 2 && !status; i++)
        printf("%-11s -log p %.3f, calibration error %.3f, right %.1f%%\n",
               i ? "Laplace:" : "one vector:", score[i][0], score[i][1], 100 * score[i][2]);
    return status;
}

int main(int argc, char **argv)
{
    if (!images_get(&all, argc, argv))
        return 1;
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(s, {"a", epl_nn_linear(s, UNITS)}, {"tanh", epl_nn_tanh(s)},
                                       {"b", epl_nn_linear(s, CLASSES)});
    net = epl_infer(s, net, epl_f64(ROWS, IN));
    epl_status status = compare(s, net, argc > 1 ? atoi(argv[1]) : 300);
    epl_scope_free(s);
    return status != EPL_OK;
}
