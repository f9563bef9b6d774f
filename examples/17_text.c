/* 17_text.c -- truncated back-propagation through time: an LSTM learns to foretell the next byte
 * of a text, chunk after chunk. The state goes on from chunk to chunk as an input that the run
 * updates: an input is a constant of the gradient, so that nothing has to be detached.
 *
 *     bits = mean of -log2 p(byte | all bytes before it), gradients through CHUNK bytes at most
 *
 * 17_text [EPOCHS] [FILE] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <espalier/espalier.h>

enum { BYTES = 256, UNITS = 128, STREAMS = 16, CHUNK = 64 };
static const double log_2 = 0.693147180559945;

typedef struct {
    const unsigned char *at;
    size_t count;
} text;
typedef struct {
    epl_module net;
    bool train;
} job;

static void chunk(epl_fn *f, const void *data)
{
    const job *j = data;
    epl_val theta = epl_input_tree(f, "params", epl_params_of(j->net)), also[2], state = EPL_NO_VAL;
    epl_val h = epl_input(f, "h", EPL_AS_PASSED), c = epl_input(f, "c", EPL_AS_PASSED);
    epl_val now = epl_input(f, "now", EPL_AS_PASSED), next = epl_input(f, "next", EPL_AS_PASSED);
    epl_val logits = epl_apply(j->net, theta, now, .more = epl_list(h, c), .also = also);
    epl_val bits = epl_scale(
        epl_cross_entropy(epl_flatten(logits, .end_dim = 1), epl_flatten(next)), 1 / log_2);
    epl_update(f, "h", also[0]);
    epl_update(f, "c", also[1]);
    if (j->train) {
        state = epl_input(f, "adam", EPL_AS_PASSED);
        epl_val g = epl_gradient(epl_scale(bits, log_2), theta);
        epl_update(f, "params", epl_opt_adam(theta, g, &state, .lr = epl_num(2e-3)));
        epl_update(f, "adam", state);
    }
    epl_output(f, "bits", bits);
}

/* Once through a text, as some streams side by side from a state of zeros; the mean bits. */
static double pass(epl_plan plan, text t, int64_t streams, epl_array theta, const epl_array *adam,
                   epl_work *w, epl_status *status)
{
    static float h[STREAMS][UNITS], c[STREAMS][UNITS];
    static int64_t now[STREAMS * CHUNK], next[STREAMS * CHUNK];
    size_t length = t.count / (size_t)streams, chunks = (length - 1) / CHUNK;
    epl_type state = epl_f32(1, streams, UNITS), bytes = epl_i64(streams, CHUNK);
    double sum = 0;
    memset(h, 0, sizeof h), memset(c, 0, sizeof c);
    for (size_t k = 0; k < chunks && !*status; k++) {
        float bits = 0;
        for (size_t i = 0; i < (size_t)streams * CHUNK; i++) {
            const unsigned char *p = t.at + i / CHUNK * length + k * CHUNK + i % CHUNK;
            now[i] = p[0], next[i] = p[1];
        }
        epl_array in[6] = {theta, epl_at(h, state), epl_at(c, state), epl_at(now, bytes),
                           epl_at(next, bytes)};
        if (adam)
            in[5] = *adam;
        *status =
            epl_run(plan, (epl_arrays){adam ? 6 : 5, in}, epl_arrays(epl_at(&bits, epl_f32())), w);
        sum += (double)bits;
    }
    return sum / (double)chunks;
}

static epl_status learn(epl_scope *s, epl_module net, text t, int epochs)
{
    job train = {net, true}, test = {net, false};
    epl_spec spec = epl_params_of(net);
    epl_array theta = epl_tree_array(epl_init(s, spec, epl_seed(1)));
    epl_array adam = epl_tree_array(epl_tree_new(s, epl_opt_adam_state(s, spec)));
    epl_plan learn_chunk = epl_jit(s, chunk, &train), see_chunk = epl_jit(s, chunk, &test);
    epl_work *w = epl_work_new(s, epl_pool_new(s, 0));
    epl_status status = EPL_OK;
    text first = {t.at, t.count / 10 * 9}, rest = {t.at + first.count, t.count - first.count};
    for (int i = 0; i < epochs && !status; i++) {
        double seen = pass(learn_chunk, first, STREAMS, theta, &adam, w, &status);
        double unseen = pass(see_chunk, rest, 1, theta, NULL, w, &status);
        if (!status)
            printf("epoch %3d: training %.3f bits a byte, validation %.3f\n", i + 1, seen, unseen);
    }
    if (status)
        fprintf(stderr, "%s\n", epl_work_message(w));
    return status;
}

int main(int argc, char **argv)
{
    static unsigned char bytes[1 << 22];
    const char *path = argc > 2 ? argv[2] : "/usr/share/common-licenses/GPL-3";
    FILE *file = fopen(path, "rb");
    text t = {bytes, file ? fread(bytes, 1, sizeof bytes, file) : 0};
    if (file)
        fclose(file);
    if (t.count < 10 * (STREAMS + 1) * CHUNK) {
        fprintf(stderr, "%s: a text of at least %d bytes is needed\n", path,
                10 * (STREAMS + 1) * CHUNK);
        return 1;
    }
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_graph(
        s, "bytes h c", "logits lstm.1 lstm.2",
        {"embed", .module = epl_nn_embedding(s, BYTES, 32), .inputs = "bytes"},
        {"lstm", .module = epl_nn_lstm(s, UNITS, .batch_first = true), .inputs = "embed h c"},
        {"logits", .module = epl_nn_linear(s, BYTES), .inputs = "lstm"});
    epl_type state = epl_f32(1, STREAMS, UNITS);
    net = epl_infer_all(s, net, 3, (epl_type[]){epl_i64(STREAMS, CHUNK), state, state});
    epl_status status = learn(s, net, t, argc > 1 ? atoi(argv[1]) : 2);
    epl_scope_free(s);
    return status != EPL_OK;
}
