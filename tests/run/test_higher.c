/* test_higher.c -- third-order derivatives of a small network through the public API, against
 * central differences of the second order, which itself is checked against those of the first.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <string.h>

enum { IN = 3, HIDDEN = 4, OUT = 2, ROWS = 5, P = IN * HIDDEN + HIDDEN + HIDDEN * OUT + OUT };
static double theta[P], direction[2][P], x[ROWS * IN], y[ROWS * OUT];

/* With u and v fixed: gradient g, H u = d(g'u), and T u v = d((H u)'v), all by the same call. */
typedef struct {
    double loss, first[P], second[P], third[P];
} orders;

static void build(epl_fn *f, const void *data)
{
    epl_module net = data;
    epl_val p = epl_input_tree(f, "params", epl_params_of(net));
    epl_val u = epl_input(f, "u", epl_f64(P)), v = epl_input(f, "v", epl_f64(P));
    epl_val rows = epl_input(f, "x", epl_f64(ROWS, IN)), to = epl_input(f, "y", epl_f64(ROWS, OUT));
    epl_val loss = epl_mse_loss(epl_apply(net, p, rows), to);
    epl_val first = epl_gradient(loss, p);
    epl_val second = epl_gradient(epl_sum(epl_mul(first, u)), p);
    epl_val third = epl_gradient(epl_sum(epl_mul(second, v)), p);
    epl_output(f, "loss", loss);
    epl_output(f, "first", first);
    epl_output(f, "second", second);
    epl_output(f, "third", third);
    /* The same in forward mode over the gradient: another way to the same numbers. */
    epl_output(f, "forward", epl_jvp(epl_hvp(loss, p, u), p, v));
}

typedef struct {
    epl_scope *s;
    epl_plan plan;
    epl_work *work;
    double forward[P];
} fixture;

static orders at(fixture *t, const double *p)
{
    orders o;
    epl_status status =
        epl_run(t->plan,
                epl_arrays(epl_at(p, epl_f64(P)), epl_at(direction[0], epl_f64(P)),
                           epl_at(direction[1], epl_f64(P)), epl_at(x, epl_f64(ROWS, IN)),
                           epl_at(y, epl_f64(ROWS, OUT))),
                epl_arrays(epl_at(&o.loss, epl_f64()), epl_at(o.first, epl_f64(P)),
                           epl_at(o.second, epl_f64(P)), epl_at(o.third, epl_f64(P)),
                           epl_at(t->forward, epl_f64(P))),
                t->work);
    cr_assert_eq(status, EPL_OK, "%s", epl_work_message(t->work));
    return o;
}

static fixture begin(void)
{
    fixture t = {.s = epl_scope_new(NULL)};
    epl_module net = epl_nn_sequential(t.s, {"a", epl_nn_linear(t.s, HIDDEN)},
                                       {"tanh", epl_nn_tanh(t.s)}, {"b", epl_nn_linear(t.s, OUT)});
    net = epl_infer(t.s, net, epl_f64(ROWS, IN));
    cr_assert_eq(epl_spec_count(epl_params_of(net)), P);
    for (int i = 0; i < P; i++) {
        theta[i] = sin(1 + 2.3 * i);
        direction[0][i] = cos(1.7 * i);
        direction[1][i] = sin(2 + 0.9 * i);
    }
    for (int i = 0; i < ROWS * IN; i++)
        x[i] = sin(0.4 + 1.1 * i);
    for (int i = 0; i < ROWS * OUT; i++)
        y[i] = cos(0.3 * i);
    t.plan = epl_jit(t.s, build, net);
    t.work = epl_work_new(t.s, NULL);
    return t;
}

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < P; i++)
        sum += a[i] * b[i];
    return sum;
}

static void near(double got, double expected, double scale, const char *what, int i)
{
    cr_assert_lt(fabs(got - expected), 1e-7 * (1 + scale), "%s %d: %.12g, by differences %.12g",
                 what, i, got, expected);
}

Test(higher, three_orders_agree_with_differences_of_the_order_below)
{
    fixture t = begin();
    orders o = at(&t, theta);
    double forward[P];
    memcpy(forward, t.forward, sizeof forward);
    const double h = 1e-5;
    double largest = 0;
    for (int i = 0; i < P; i++) {
        double p[P];
        memcpy(p, theta, sizeof p);
        p[i] = theta[i] + h;
        orders above = at(&t, p);
        p[i] = theta[i] - h;
        orders below = at(&t, p);
        near(o.first[i], (above.loss - below.loss) / (2 * h), 1, "first", i);
        near(o.second[i],
             (dot(above.first, direction[0]) - dot(below.first, direction[0])) / (2 * h),
             fabs(o.second[i]), "second", i);
        near(o.third[i],
             (dot(above.second, direction[1]) - dot(below.second, direction[1])) / (2 * h),
             fabs(o.third[i]), "third", i);
        near(forward[i], o.third[i], fabs(o.third[i]), "third, forward over reverse", i);
        largest = fmax(largest, fabs(o.third[i]));
    }
    cr_assert_gt(largest, 0.1); /* it is a third derivative worth the name */
    epl_scope_free(t.s);
}
