/* derivatives.c -- workloads beyond one gradient: meta-learning, gradients by example,
 * second derivatives, members side by side; and the optimizer alone. */
#include "bench.h"

#define RELU "{\"kind\": \"ReLU\"}"
#define LINEAR(n) "{\"kind\": \"Linear\", \"out_features\": " #n "}"
#define NET3(a, b, c, act)                                      \
    "{\"kind\": \"Sequential\", \"children\": {\"0\": " LINEAR( \
        a) ", \"1\": " act ", \"2\": " LINEAR(b) ", \"3\": " act ", \"4\": " LINEAR(c) "}}"
#define NET2(a, b, act)                                                           \
    "{\"kind\": \"Sequential\", \"children\": {\"0\": " LINEAR(a) ", \"1\": " act \
                                                                  ", \"2\": " LINEAR(b) "}}"
#define STAGE(i)                                                                             \
    "\"conv" i                                                                               \
    "\": {\"kind\": \"Conv2d\", \"out_channels\": 32, \"kernel_size\": 3, \"padding\": 1}, " \
    "\"bn" i "\": {\"kind\": \"BatchNorm2d\", \"track_running_stats\": false}, \"relu" i     \
    "\": " RELU ", \"pool" i "\": {\"kind\": \"MaxPool2d\", \"kernel_size\": 2}, "

static const char sine_net[] = NET3(40, 40, 1, RELU), mlp[] = NET3(512, 256, 10, RELU);
static const char small_net[] = NET2(16, 4, "{\"kind\": \"Tanh\"}"), member[] = NET2(64, 10, RELU);
static const char conv4[] = "{\"kind\": \"Sequential\", \"children\": {" STAGE("1") STAGE("2")
    STAGE("3") STAGE("4") "\"flatten\": {\"kind\": \"Flatten\"}, \"fc\": " LINEAR(5) "}}";

/* -- maml: params, Adam's state, support x and y, query x and y ---------------------------- */
typedef struct {
    epl_module net;
    epl_val (*loss)(epl_module net, epl_val theta, epl_val x, epl_val y);
    double lr;
} inner;

static epl_val mse(epl_module net, epl_val theta, epl_val x, epl_val y)
{
    return epl_mse_loss(epl_apply(net, theta, x), y);
}

static epl_val cross_entropy(epl_module net, epl_val theta, epl_val x, epl_val y)
{
    return epl_cross_entropy(epl_apply(net, theta, x, .train = true), y);
}

/* Five steps of gradient descent on the support, the loss of the query; second order. In
 * chunks each task's gradient is taken inside of the map, so that nothing is made twice. */
static void maml(bench *b, epl_fn *f, const inner *in)
{
    epl_val theta = bench_input(b, f, 0), state = bench_input(b, f, 1), v[4];
    epl_fn *task = epl_map(f, .chunk = b->chunk);
    for (size_t i = 0; i < 4; i++)
        v[i] = epl_each(task, bench_input(b, f, 2 + i), 0);
    epl_val start = epl_pass(task, theta), phi = start;
    for (int k = 0; k < 5; k++) {
        epl_val g = epl_gradient(in->loss(in->net, phi, v[0], v[1]), phi);
        phi = epl_sub(phi, epl_scale(g, in->lr));
    }
    epl_val query = in->loss(in->net, phi, v[2], v[3]), g = EPL_NO_VAL;
    if (b->chunk)
        g = epl_gradient(query, start);
    epl_val loss = epl_mean(epl_collect(task, query));
    g = b->chunk ? epl_mean(epl_collect(task, g), .dim = epl_axes(0)) : epl_gradient(loss, theta);
    epl_val next = epl_opt_adam(theta, g, &state, .lr = epl_num(1e-3));
    epl_update(f, "in0", next);
    epl_update(f, "in1", state);
    bench_output(b, f, loss);
}

static void net_and_state(bench *b, const char *json, epl_type input)
{
    b->net = bench_net(b, json, input);
    bench_tree(b, epl_params_of(b->net));
    bench_tree(b, epl_opt_adam_state(b->s, epl_params_of(b->net)));
}

static void sine_data(bench *b)
{
    net_and_state(b, sine_net, epl_f32(10, 1));
    for (int i = 0; i < 4; i++)
        bench_uniform(b, epl_f32(b->members, 10, 1), -5, 5);
}

static void sine(bench *b, epl_fn *f)
{
    maml(b, f, &(inner){bench_net(b, sine_net, epl_f32(10, 1)), mse, 0.01});
}
const workload bench_maml_sine = {"maml_sine", sine_data, sine, false, true, 25, 0};

static void conv_data(bench *b)
{
    net_and_state(b, conv4, epl_f32(5, 1, 28, 28));
    bench_normal(b, epl_f32(b->members, 5, 1, 28, 28), 1);
    bench_below(b, epl_dims(b->members, 5), 5);
    bench_normal(b, epl_f32(b->members, 75, 1, 28, 28), 1);
    bench_below(b, epl_dims(b->members, 75), 5);
    for (int64_t i = 0; i < b->members * 5 && b->in[3].data; i++)
        ((int64_t *)b->in[3].data)[i] = i % 5;
    for (int64_t i = 0; i < b->members * 75 && b->in[5].data; i++)
        ((int64_t *)b->in[5].data)[i] = i / 15 % 5;
}

static void conv(bench *b, epl_fn *f)
{
    maml(b, f, &(inner){bench_net(b, conv4, epl_f32(5, 1, 28, 28)), cross_entropy, 0.4});
}
const workload bench_maml_conv = {"maml_conv", conv_data, conv, false, true, 4, 1};

/* -- persample_grads: params, x, y -> [64, P] --------------------------------------------- */
static void persample_data(bench *b)
{
    b->net = bench_net(b, bench_cnn_plain, epl_f32(1, 1, 28, 28));
    bench_tree(b, epl_params_of(b->net));
    bench_normal(b, epl_f32(b->members, 1, 1, 28, 28), 1);
    bench_below(b, epl_dims(b->members, 1), 10);
}

static void persample(bench *b, epl_fn *f)
{
    epl_module net = bench_net(b, bench_cnn_plain, epl_f32(1, 1, 28, 28));
    epl_val theta = bench_input(b, f, 0), xs = bench_input(b, f, 1), ys = bench_input(b, f, 2);
    epl_fn *each = epl_map(f, .chunk = b->chunk);
    epl_val x = epl_each(each, xs, 0), y = epl_each(each, ys, 0), phi = epl_pass(each, theta);
    epl_val loss = epl_nll_loss(epl_apply(net, phi, x), y);
    bench_output(b, f, epl_collect(each, epl_gradient(loss, phi)));
}
const workload bench_persample_grads = {
    "persample_grads", persample_data, persample, false, true, 64, 0};

/* -- hvp: params, x, y, direction; hessian: params, x, y ---------------------------------- */
static void hvp_data(bench *b)
{
    b->net = bench_net(b, mlp, epl_f32(128, 784));
    bench_tree(b, epl_params_of(b->net));
    bench_normal(b, epl_f32(128, 784), 1);
    bench_below(b, epl_dims(128), 10);
    bench_normal(b, epl_f32(epl_spec_count(epl_params_of(b->net))), 1);
}

static void hvp(bench *b, epl_fn *f)
{
    epl_module net = bench_net(b, mlp, epl_f32(128, 784));
    epl_val theta = bench_input(b, f, 0), x = bench_input(b, f, 1), y = bench_input(b, f, 2);
    epl_val v = bench_input(b, f, 3);
    bench_output(b, f, epl_hvp(epl_cross_entropy(epl_apply(net, theta, x), y), theta, v));
}
const workload bench_hvp = {"hvp", hvp_data, hvp, false, false, 0, 0};

static void hessian_data(bench *b)
{
    b->net = bench_net(b, small_net, epl_f32(32, 8));
    bench_normal(b, epl_f32(epl_spec_count(epl_params_of(b->net))), 0.3);
    bench_normal(b, epl_f32(32, 8), 1);
    bench_below(b, epl_dims(32), 4);
}

static void hessian(bench *b, epl_fn *f)
{
    epl_module net = bench_net(b, small_net, epl_f32(32, 8));
    epl_val theta = bench_input(b, f, 0), x = bench_input(b, f, 1), y = bench_input(b, f, 2);
    epl_val loss = epl_cross_entropy(epl_apply(net, theta, x), y);
    bench_output(b, f, epl_hessian_block(loss, theta, theta, .chunk = b->chunk));
}
const workload bench_hessian = {"hessian", hessian_data, hessian, false, true, 0, 0};

/* -- ensemble_train: [16, P] params, Adam's state, x, y ----------------------------------- */
static epl_spec members(bench *b, epl_module net)
{
    epl_leaf_spec all = {.path = "members",
                         .dtype = EPL_F32,
                         .role = EPL_WEIGHT,
                         .shape = epl_dims(b->members, epl_spec_count(epl_params_of(net))),
                         .init = epl_init_normal(0, 0.05)};
    return epl_spec_new(b->s, 1, &all);
}

static void ensemble_data(bench *b)
{
    b->net = bench_net(b, member, epl_f32(64, 784));
    epl_spec spec = members(b, b->net);
    bench_tree(b, spec);
    bench_tree(b, epl_opt_adam_state(b->s, spec));
    bench_normal(b, epl_f32(b->members, 64, 784), 1);
    bench_below(b, epl_dims(b->members, 64), 10);
}

static void ensemble(bench *b, epl_fn *f)
{
    epl_module net = bench_net(b, member, epl_f32(64, 784));
    epl_spec spec = members(b, net);
    epl_val theta = bench_input(b, f, 0), state = bench_input(b, f, 1);
    epl_val xs = bench_input(b, f, 2), ys = bench_input(b, f, 3);
    epl_fn *each = epl_map(f, .chunk = b->chunk);
    epl_val one = epl_each(each, epl_leaf_at(spec, theta, 0), 0);
    epl_val x = epl_each(each, xs, 0), y = epl_each(each, ys, 0);
    epl_val losses = epl_collect(each, epl_cross_entropy(epl_apply(net, one, x), y));
    epl_val loss = epl_sum(losses);
    epl_val next = epl_opt_adam(theta, epl_gradient(loss, theta), &state, .lr = epl_num(1e-3));
    epl_update(f, "in0", next);
    epl_update(f, "in1", state);
    bench_output(b, f, loss);
}
const workload bench_ensemble_train = {
    "ensemble_train", ensemble_data, ensemble, false, true, 16, 0};

/* -- adam_10m: params, gradient, state ---------------------------------------------------- */
static void adam_data(bench *b)
{
    epl_leaf_spec all = {.path = "p",
                         .dtype = EPL_F32,
                         .role = EPL_WEIGHT,
                         .shape = epl_dims(10000000),
                         .init = epl_init_normal(0, 1)};
    epl_spec spec = epl_spec_new(b->s, 1, &all);
    bench_tree(b, spec);
    bench_normal(b, epl_f32(10000000), 1);
    bench_tree(b, epl_opt_adamw_state(b->s, spec));
}

static void adam(bench *b, epl_fn *f)
{
    epl_val theta = bench_input(b, f, 0), g = bench_input(b, f, 1), state = bench_input(b, f, 2);
    epl_val next = epl_opt_adamw(theta, g, &state, .lr = epl_num(1e-3));
    epl_update(f, "in0", next);
    epl_update(f, "in2", state);
}
const workload bench_adam_10m = {"adam_10m", adam_data, adam, false, false, 0, 0};
