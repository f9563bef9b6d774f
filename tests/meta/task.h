/* task.h -- a small regression task in f64, and differences of a meta-loss. The network is
 * smooth, so that differences are as good as the arithmetic. */
#ifndef TESTS_META_TASK_H
#define TESTS_META_TASK_H
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>

enum { ROWS = 6, HIDDEN = 3, PARAMS = 3 * HIDDEN + 1 };
static const double start[PARAMS] = {0.5, -0.7, 0.9, 0.1, -0.2, 0.3, 0.8, -0.6, 0.4, 0.05};
static const double support_x[ROWS] = {-2, -1.1, -0.3, 0.4, 1.2, 1.9};
static const double support_y[ROWS] = {0.3, 0.9, 0.2, -0.5, -1, -0.4};
static const double query_x[ROWS] = {-1.6, -0.8, 0.1, 0.7, 1.5, 2.2};
static const double query_y[ROWS] = {0.7, 0.6, -0.1, -0.8, -0.9, 0.1};

typedef struct {
    epl_module net;
    epl_val x, y;
} task;

static inline epl_val task_loss(const void *data, epl_val params)
{
    const task *t = data;
    return epl_mse_loss(epl_apply(t->net, params, t->x), t->y);
}

static inline epl_module task_net(epl_scope *s, epl_module middle)
{
    epl_module net = epl_nn_sequential(s, {"body", epl_nn_linear(s, HIDDEN)}, {"act", middle},
                                       {"head", epl_nn_linear(s, 1)});
    return epl_infer(s, net, epl_f64(ROWS, 1));
}

static inline task task_of(epl_fn *f, epl_module net, const double *x, const double *y)
{
    return (task){net, epl_data(f, epl_at(x, epl_f64(ROWS, 1))),
                  epl_data(f, epl_at(y, epl_f64(ROWS, 1)))};
}

/* A scope with a function, a network, parameters, and two tasks. */
typedef struct {
    epl_scope *s;
    epl_fn *f;
    epl_module net;
    epl_val theta; /* start */
    task support, query;
} bed;

static inline bed bed_new(void)
{
    bed b = {.s = epl_scope_new(NULL)};
    b.f = epl_fn_new(b.s, "bed");
    b.net = task_net(b.s, epl_nn_tanh(b.s));
    b.theta = epl_data(b.f, epl_at(start, epl_f64(PARAMS)));
    b.support = task_of(b.f, b.net, support_x, support_y);
    b.query = task_of(b.f, b.net, query_x, query_y);
    return b;
}

/* The number of a meta-loss; and its slope, where it is asked for. */
static inline double bed_close(bed *b, epl_val loss, epl_val slope, double *gradient)
{
    double v = epl_item(loss);
    if (gradient)
        epl_eval(slope, epl_at(gradient, epl_typeof(slope)));
    cr_assert_eq(epl_scope_status(b->s), EPL_OK, "%s", epl_scope_message(b->s));
    epl_scope_free(b->s);
    return v;
}

/* A meta-loss of n numbers; and, if gradient is not NULL, what the library says of its slope. */
typedef double (*meta_value)(const void *how, const double *at, double *gradient);

static inline void expect_differences(const char *name, meta_value value, const void *how,
                                      const double *at, int n, double tolerance)
{
    double gradient[64], x[64], largest = 0;
    cr_assert(n <= 64);
    value(how, at, gradient);
    for (int i = 0; i < n; i++) {
        double h = 1e-5;
        for (int k = 0; k < n; k++)
            x[k] = at[k];
        x[i] = at[i] + h;
        double up = value(how, x, NULL);
        x[i] = at[i] - h;
        double expected = (up - value(how, x, NULL)) / (2 * h);
        cr_expect_float_eq(gradient[i], expected, tolerance * (1 + fabs(expected)),
                           "%s [%d]: %.12g expected, got %.12g", name, i, expected, gradient[i]);
        largest = fmax(largest, fabs(expected));
    }
    cr_expect(largest > 1e-3, "%s: nothing depends on what is differentiated", name);
}
#endif
