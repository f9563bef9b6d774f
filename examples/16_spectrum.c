/* 16_spectrum.c -- the spectrum of a trained network's Hessian from products with vectors alone:
 * Lanczos for the outer eigenvalues, stochastic Lanczos quadrature for the rest (Golub and Meurant;
 * Ghorbani et al. 2019). This network is small, so that the whole matrix stands beside it.
 *
 * 16_spectrum [STEPS] [PIXELS LABELS], IDX files of images; else made-up ones */
#include <stdlib.h>
#include <espalier/espalier.h>
#include "images.h"

enum { ROWS = 500, UNITS = 8, P = UNITS * (IN + 1) + CLASSES * (UNITS + 1), K = 120, PROBES = 4 };
static images all;
static const double edge[] = {-1e-3, 1e-3, 1e-2, 1e-1, 1};
enum { BINS = sizeof edge / sizeof *edge + 1 };

static epl_val loss_of(epl_fn *f, epl_module net, epl_val theta)
{
    epl_val x = epl_input(f, "x", epl_f64(ROWS, IN)), y = epl_input(f, "y", epl_i64(ROWS));
    return epl_cross_entropy(epl_apply(net, theta, x), y);
}

static void train(epl_fn *f, const void *net)
{
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net)), loss = loss_of(f, net, theta);
    epl_val state = epl_input(f, "adam", EPL_AS_PASSED), g = epl_gradient(loss, theta);
    epl_update(f, "params",
               epl_opt_adam(theta, g, &state, .lr = epl_num(0.01), .weight_decay = epl_num(1e-4)));
    epl_update(f, "adam", state);
    epl_output(f, "loss", loss);
}

/* K steps from q, each new vector made orthogonal to all before it, twice: the eigenvalues of
 * the tridiagonal matrix, and the share of the spectrum that each stands for. */
static epl_val lanczos(epl_fn *f, epl_linear a, epl_val q, epl_val *share)
{
    epl_fn *t = epl_scan(f);
    epl_val row = epl_unsqueeze(epl_each(t, epl_eye(f, EPL_F64, K, K), 0), 1);
    epl_val now = epl_carry(t, epl_div(q, epl_vector_norm(q)));
    epl_val basis = epl_carry(t, epl_zeros(f, epl_f64(K, P))), out[2], vectors;
    epl_val whole = epl_add(basis, epl_mul(row, now)), w = epl_linear_apply(a, now);
    epl_val along = epl_sum(epl_mul(w, now));
    for (int twice = 0; twice < 2; twice++)
        w = epl_sub(w, epl_matmul(epl_matmul(whole, w), whole));
    epl_val norm = epl_vector_norm(w);
    epl_next(t, now, epl_div(w, norm));
    epl_next(t, basis, whole);
    epl_collects(t, epl_list(along, norm), out);
    epl_val side = epl_narrow(out[1], 0, 0, K - 1);
    epl_val beside = epl_add(epl_diag_embed(side, .offset = 1), epl_diag_embed(side, .offset = -1));
    epl_val values = epl_eigh(epl_add(epl_diag_embed(out[0]), beside), .eigenvectors = &vectors);
    *share = epl_square(epl_select(vectors, 0, 0));
    return values;
}

/* The share of the spectrum between the edges; ascending. */
static epl_val shares(epl_val values, epl_val share)
{
    epl_val below[BINS + 1] = {epl_num(0)}, out[BINS];
    for (int i = 0; i < BINS; i++) {
        epl_val in = i < BINS - 1 ? epl_lt(values, epl_num(edge[i])) : epl_flag(true);
        below[i + 1] = epl_sum(epl_where(in, share, epl_zeros_like(share)));
        out[i] = epl_sub(below[i + 1], below[i]);
    }
    return epl_stack((epl_vals){BINS, out});
}

static void spectrum(epl_fn *f, const void *net)
{
    epl_val theta = epl_input_tree(f, "params", epl_params_of(net)), loss = loss_of(f, net, theta);
    epl_linear hessian = epl_linearize(epl_gradient(loss, theta), theta);
    epl_fn *probe = epl_map(f);
    epl_val key = epl_each(probe, epl_split(epl_input(f, "key", EPL_KEY), PROBES), 0), share,
            out[2];
    out[0] = lanczos(probe, hessian, epl_normal(key, epl_dims(P), .dtype = EPL_F64), &share);
    epl_collects(probe, epl_list(out[0], shares(out[0], share)), out);
    epl_output(f, "lanczos", epl_select(out[0], 0, 0));
    epl_output(f, "shares", epl_mean(out[1], .dim = epl_axes(0)));
    epl_val dense = epl_eigvalsh(epl_hessian(loss, theta));
    epl_output(f, "dense", dense);
    epl_output(f, "dense shares", shares(dense, epl_full_like(dense, 1.0 / P)));
}

/* The greatest difference of the outer eigenvalues, relative to the greatest. */
static double show(const double *values, const double *dense, double (*share)[BINS])
{
    double worst = 0;
    for (int i = -2; i < 5; i++) { /* the least two, the greatest five */
        double a = values[i < 0 ? i + 2 : K - 1 - i], b = dense[i < 0 ? i + 2 : P - 1 - i];
        printf("%-8s %11.7f by Lanczos, %11.7f\n", i < 0 ? "least" : "greatest", a, b);
        worst = fmax(worst, fabs(a - b) / dense[P - 1]);
    }
    for (int i = 0; i < BINS; i++)
        printf("%6g to %5g: %5.1f%% by quadrature, %5.1f%%\n", i ? edge[i - 1] : -INFINITY,
               i < BINS - 1 ? edge[i] : INFINITY, 100 * share[0][i], 100 * share[1][i]);
    return worst;
}

static epl_status explore(epl_scope *s, epl_module net, int steps, double *worst)
{
    static double values[K], dense[P], share[2][BINS], loss;
    epl_spec spec = epl_params_of(net);
    epl_array theta = epl_tree_array(epl_init(s, spec, epl_seed(1)));
    epl_array adam = epl_tree_array(epl_tree_new(s, epl_opt_adam_state(s, spec)));
    epl_array x = epl_at(all.x, epl_f64(ROWS, IN)), y = epl_at(all.y, epl_i64(ROWS));
    epl_plan learn = epl_jit(s, train, net);
    epl_work *w = epl_work_new(s, epl_pool_new(s, 0));
    epl_status status = EPL_OK;
    epl_key key = epl_seed(2);
    for (int i = 0; i < steps && !status; i++)
        status =
            epl_run(learn, epl_arrays(theta, x, y, adam), epl_arrays(epl_at(&loss, epl_f64())), w);
    if (!status)
        status = epl_run(epl_jit(s, spectrum, net), epl_arrays(theta, x, y, epl_at(&key, EPL_KEY)),
                         epl_arrays(epl_at(values, epl_f64(K)), epl_at(share[0], epl_f64(BINS)),
                                    epl_at(dense, epl_f64(P)), epl_at(share[1], epl_f64(BINS))),
                         w);
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(w));
    else {
        printf("loss %.4f\n", loss);
        *worst = show(values, dense, share);
    }
    return status;
}

int main(int argc, char **argv)
{
    double worst = 0;
    if (!images_get(&all, argc, argv))
        return 1;
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(s, {"a", epl_nn_linear(s, UNITS)}, {"tanh", epl_nn_tanh(s)},
                                       {"b", epl_nn_linear(s, CLASSES)});
    net = epl_infer(s, net, epl_f64(ROWS, IN));
    epl_status status = explore(s, net, argc > 1 ? atoi(argv[1]) : 300, &worst);
    epl_scope_free(s);
    return status != EPL_OK || worst > 1e-6;
}
