/* networks.c -- workloads that train a network, or run it: descriptions and steps. */
#include "bench.h"
#include <stdio.h>
#include <string.h>

#define RELU "{\"kind\": \"ReLU\"}"
#define LINEAR(n) "{\"kind\": \"Linear\", \"out_features\": " #n "}"
#define POOL "{\"kind\": \"MaxPool2d\", \"kernel_size\": 2}"
#define CONV(n) "{\"kind\": \"Conv2d\", \"out_channels\": " #n ", \"kernel_size\": 5}"
#define CNN(channel_drop, drop)                                                               \
    "{\"kind\": \"Sequential\", \"children\": {\"conv1\": " CONV(10) ", \"pool1\": " POOL     \
                                                                     ", \"relu1\": " RELU     \
                                                                     ", \"conv2\": " CONV(20) \
                                                                         channel_drop         \
        ", \"pool2\": " POOL ", \"relu2\": " RELU                                             \
        ", \"flatten\": {\"kind\": \"Flatten\"}, \"fc1\": " LINEAR(                           \
            50) ", \"relu3\": " RELU drop                                                     \
                ", \"fc2\": " LINEAR(                                                         \
                    10) ", \"log_softmax\": {\"kind\": \"LogSoftmax\", \"dim\": 1}}}"

const char bench_cnn[] = CNN(", \"drop2\": {\"kind\": \"Dropout2d\", \"p\": 0.5}",
                             ", \"drop\": {\"kind\": \"Dropout\", \"p\": 0.5}");
const char bench_cnn_plain[] = CNN("", "");
static const char mlp[] = "{\"kind\": \"Sequential\", \"children\": {\"0\": " LINEAR(
    512) ", \"1\": " RELU ", \"2\": " LINEAR(256) ", \"3\": " RELU ", \"4\": " LINEAR(10) "}}";

/* -- mlp_train: inputs are params, Adam's state, x, y --------------------------------- */
static void mlp_data(bench *b)
{
    b->net = bench_net(b, mlp, epl_f32(128, 784));
    bench_tree(b, epl_params_of(b->net));
    bench_tree(b, epl_opt_adam_state(b->s, epl_params_of(b->net)));
    bench_normal(b, epl_f32(128, 784), 1);
    bench_below(b, epl_dims(128), 10);
}

static void mlp_train(bench *b, epl_fn *f)
{
    epl_module net = bench_net(b, mlp, epl_f32(128, 784));
    epl_val theta = bench_input(b, f, 0), state = bench_input(b, f, 1);
    epl_val x = bench_input(b, f, 2), y = bench_input(b, f, 3);
    epl_val loss = epl_cross_entropy(epl_apply(net, theta, x), y);
    epl_val next = epl_opt_adam(theta, epl_gradient(loss, theta), &state, .lr = epl_num(1e-3));
    epl_update(f, "in0", next);
    epl_update(f, "in1", state);
    bench_output(b, f, loss);
}
const workload bench_mlp_train = {"mlp_train", mlp_data, mlp_train, false, false, 0, 0};

/* -- cnn_train: params, momentum, x, y, key ---------------------------------------------- */
static void cnn_data(bench *b)
{
    b->net = bench_net(b, bench_cnn, epl_f32(64, 1, 28, 28));
    bench_tree(b, epl_params_of(b->net));
    bench_tree(b, epl_opt_sgd_state(b->s, epl_params_of(b->net)));
    bench_normal(b, epl_f32(64, 1, 28, 28), 1);
    bench_below(b, epl_dims(64), 10);
    epl_key *key = epl_scope_alloc(b->s, sizeof *key);
    if (key)
        *key = epl_seed(3);
    bench_add(b, epl_at(key, EPL_KEY));
}

static void cnn_train(bench *b, epl_fn *f)
{
    epl_module net = bench_net(b, bench_cnn, epl_f32(64, 1, 28, 28));
    epl_val theta = bench_input(b, f, 0), state = bench_input(b, f, 1);
    epl_val x = bench_input(b, f, 2), y = bench_input(b, f, 3), key = bench_input(b, f, 4);
    epl_val out = epl_apply(net, theta, x, .train = true, .key = key);
    epl_val loss = epl_nll_loss(out, y);
    epl_val next = epl_opt_sgd(theta, epl_gradient(loss, theta), &state, .lr = epl_num(0.01),
                               .momentum = epl_num(0.5));
    epl_update(f, "in0", next);
    epl_update(f, "in1", state);
    epl_update(f, "in4", epl_fold(key, 1)); /* other masks in each step */
    bench_output(b, f, loss);
}
const workload bench_cnn_train = {"cnn_train", cnn_data, cnn_train, false, false, 0, 0};

/* -- resnet_train: params, buffers, momentum, x, y ------------------------------------------ */
enum { TEXT = 16384 };
#define CONV3                                                                           \
    "{\"kind\": \"Conv2d\", \"out_channels\": %d, \"kernel_size\": 3, \"stride\": %d, " \
    "\"padding\": 1, \"bias\": false}"
#define NORM "{\"kind\": \"BatchNorm2d\"}"

static void put_block(char *text, int i, int channels, int stride, bool shortcut)
{
    size_t at = strlen(text);
    snprintf(text + at, TEXT - at,
             ", \"block%d\": {\"kind\": \"Residual\", \"children\": {\"body\": {\"kind\": "
             "\"Sequential\", \"children\": {\"conv1\": " CONV3 ", \"bn1\": " NORM
             ", \"relu\": " RELU ", \"conv2\": " CONV3 ", \"bn2\": " NORM "}}",
             i, channels, stride, channels, 1);
    at = strlen(text);
    if (shortcut)
        snprintf(text + at, TEXT - at,
                 ", \"shortcut\": {\"kind\": \"Sequential\", \"children\": {\"conv\": {\"kind\": "
                 "\"Conv2d\", \"out_channels\": %d, \"kernel_size\": 1, \"stride\": %d, \"bias\": "
                 "false}, \"bn\": " NORM "}}",
                 channels, stride);
    at = strlen(text);
    snprintf(text + at, TEXT - at, "}}, \"relu%d\": " RELU, i);
}

static epl_module resnet(bench *b)
{
    char text[TEXT];
    snprintf(text, sizeof text,
             "{\"kind\": \"Sequential\", \"children\": {\"conv\": " CONV3 ", \"bn\": " NORM
             ", \"relu\": " RELU,
             64, 1);
    for (int i = 0; i < 8; i++)
        put_block(text, i, 64 << (i / 2), i % 2 || i < 2 ? 1 : 2, i % 2 == 0 && i > 0);
    size_t at = strlen(text);
    snprintf(text + at, sizeof text - at,
             ", \"pool\": {\"kind\": \"AdaptiveAvgPool2d\", \"output_size\": 1}, \"flatten\": "
             "{\"kind\": \"Flatten\"}, \"fc\": " LINEAR(10) "}}");
    return bench_net(b, text, epl_f32(32, 3, 32, 32));
}

static void resnet_data(bench *b)
{
    b->net = resnet(b);
    bench_tree(b, epl_params_of(b->net));
    bench_tree(b, epl_buffers_of(b->net));
    bench_tree(b, epl_opt_sgd_state(b->s, epl_params_of(b->net)));
    bench_normal(b, epl_f32(32, 3, 32, 32), 1);
    bench_below(b, epl_dims(32), 10);
}

static void resnet_train(bench *b, epl_fn *f)
{
    epl_module net = resnet(b);
    b->in[1].type.spec = epl_buffers_of(net); /* the same layout, of this module */
    epl_val theta = bench_input(b, f, 0), stats = bench_input(b, f, 1);
    epl_val state = bench_input(b, f, 2), x = bench_input(b, f, 3), y = bench_input(b, f, 4);
    epl_val out = epl_apply(net, theta, x, .buffers = &stats, .train = true);
    epl_val loss = epl_cross_entropy(out, y);
    epl_val next = epl_opt_sgd(theta, epl_gradient(loss, theta), &state, .lr = epl_num(0.1),
                               .momentum = epl_num(0.9), .weight_decay = epl_num(5e-4));
    epl_update(f, "in0", next);
    epl_update(f, "in1", stats);
    epl_update(f, "in2", state);
    bench_output(b, f, loss);
}
const workload bench_resnet_train = {"resnet_train", resnet_data, resnet_train, false, false, 0, 0};

/* -- inference: params, x ---------------------------------------------------------------------- */
static void infer_data(bench *b, const char *json, epl_type input)
{
    b->net = bench_net(b, json, input);
    bench_tree(b, epl_params_of(b->net));
    bench_normal(b, input, 1);
}

static void infer(bench *b, epl_fn *f, const char *json, epl_type input)
{
    epl_module net = bench_net(b, json, input);
    epl_val theta = bench_input(b, f, 0), x = bench_input(b, f, 1);
    bench_output(b, f, epl_apply(net, theta, x));
}

static void mlp_infer_data(bench *b)
{
    infer_data(b, mlp, epl_f32(1, 784));
}
static void mlp_infer(bench *b, epl_fn *f)
{
    infer(b, f, mlp, epl_f32(1, 784));
}
static void cnn_infer_data(bench *b)
{
    infer_data(b, bench_cnn, epl_f32(1, 1, 28, 28));
}
static void cnn_infer(bench *b, epl_fn *f)
{
    infer(b, f, bench_cnn, epl_f32(1, 1, 28, 28));
}
const workload bench_mlp_infer = {"mlp_infer", mlp_infer_data, mlp_infer, false, false, 0, 0};
const workload bench_cnn_infer = {"cnn_infer", cnn_infer_data, cnn_infer, false, false, 0, 0};
const workload bench_threads_infer = {
    "threads_infer", cnn_infer_data, cnn_infer, true, false, 0, 0};
