/* lstm.c -- a character model: embedding, one LSTM layer of 256, 64 steps, batch 32. */
#include "bench.h"

enum { STEPS = 64, BATCH = 32, WORDS = 96 };
static const char lstm[] =
    "{\"kind\": \"Sequential\", \"children\": {\"emb\": {\"kind\": \"Embedding\", "
    "\"num_embeddings\": 96, \"embedding_dim\": 64}, \"lstm\": {\"kind\": \"LSTM\", "
    "\"hidden_size\": 256, \"batch_first\": true}, "
    "\"out\": {\"kind\": \"Linear\", \"out_features\": 96}}}";

/* Parameters, Adam's state, tokens, next tokens. */
static void data(bench *b)
{
    b->net = bench_net(b, lstm, epl_i64(BATCH, STEPS));
    bench_tree(b, epl_params_of(b->net));
    bench_tree(b, epl_opt_adam_state(b->s, epl_params_of(b->net)));
    bench_below(b, epl_dims(BATCH, STEPS), WORDS);
    bench_below(b, epl_dims(BATCH, STEPS), WORDS);
}

static void build(bench *b, epl_fn *f)
{
    epl_module net = bench_net(b, lstm, epl_i64(BATCH, STEPS));
    epl_val theta = bench_input(b, f, 0), state = bench_input(b, f, 1);
    epl_val tokens = bench_input(b, f, 2), next = bench_input(b, f, 3);
    epl_val logits = epl_reshape(epl_apply(net, theta, tokens), epl_dims(BATCH * STEPS, WORDS));
    epl_val loss = epl_cross_entropy(logits, epl_reshape(next, epl_dims(BATCH * STEPS)));
    theta = epl_opt_adam(theta, epl_gradient(loss, theta), &state, .lr = epl_num(1e-3));
    epl_update(f, "in0", theta);
    epl_update(f, "in1", state);
    bench_output(b, f, loss);
}
const workload bench_lstm_train = {"lstm_train", data, build, false, false, 0, 0};
