/* gpt.c -- a small transformer, written with operations on one vector of parameters.
 *
 * Four blocks, width 256, four heads, 128 tokens, batch 8, vocabulary 96, causal.
 */
#include "bench.h"
#include <math.h>
#include <stdio.h>

enum { WIDTH = 256, HEADS = 4, BLOCKS = 4, TOKENS = 128, BATCH = 8, WORDS = 96, LEAVES = 64 };

typedef struct {
    epl_leaf_spec leaf[LEAVES];
    size_t count;
    char path[LEAVES][32];
} layout;

static void add(layout *l, int block, const char *name, epl_shape shape, epl_role role,
                epl_initialiser init)
{
    char *path = l->path[l->count];
    if (block < 0)
        snprintf(path, sizeof l->path[0], "%s", name);
    else
        snprintf(path, sizeof l->path[0], "blocks.%d.%s", block, name);
    l->leaf[l->count++] =
        (epl_leaf_spec){.path = path, .dtype = EPL_F32, .shape = shape, .role = role, .init = init};
}

/* weight[out, in] and bias[out], as torch begins them. */
static void add_linear(layout *l, int block, const char *name, int64_t in, int64_t out)
{
    char path[24];
    epl_initialiser init = epl_init_uniform(-1 / sqrt((double)in), 1 / sqrt((double)in));
    snprintf(path, sizeof path, "%s.weight", name);
    add(l, block, path, epl_dims(out, in), EPL_WEIGHT, init);
    snprintf(path, sizeof path, "%s.bias", name);
    add(l, block, path, epl_dims(out), EPL_BIAS, init);
}

static void add_norm(layout *l, int block, const char *name)
{
    char path[24];
    snprintf(path, sizeof path, "%s.weight", name);
    add(l, block, path, epl_dims(WIDTH), EPL_NORM, epl_init_full(1));
    snprintf(path, sizeof path, "%s.bias", name);
    add(l, block, path, epl_dims(WIDTH), EPL_NORM, epl_init_full(0));
}

static epl_spec gpt_spec(bench *b)
{
    layout l = {.count = 0};
    add(&l, -1, "tok", epl_dims(WORDS, WIDTH), EPL_EMBEDDING, epl_init_normal(0, 1));
    add(&l, -1, "pos", epl_dims(TOKENS, WIDTH), EPL_EMBEDDING, epl_init_normal(0, 1));
    for (int i = 0; i < BLOCKS; i++) {
        add_norm(&l, i, "ln1");
        add_linear(&l, i, "qkv", WIDTH, 3 * WIDTH);
        add_linear(&l, i, "proj", WIDTH, WIDTH);
        add_norm(&l, i, "ln2");
        add_linear(&l, i, "up", WIDTH, 4 * WIDTH);
        add_linear(&l, i, "down", 4 * WIDTH, WIDTH);
    }
    add_norm(&l, -1, "ln");
    add(&l, -1, "head", epl_dims(WORDS, WIDTH), EPL_WEIGHT,
        epl_init_uniform(-1 / sqrt(WIDTH), 1 / sqrt(WIDTH)));
    return epl_spec_new(b->s, l.count, l.leaf);
}

/* -- the network --------------------------------------------------------------------------- */
typedef struct {
    epl_spec spec;
    epl_val theta;
    int block;
} place;

static epl_val leaf(const place *p, const char *name, const char *part)
{
    char path[64];
    if (p->block < 0)
        snprintf(path, sizeof path, "%s%s", name, part);
    else
        snprintf(path, sizeof path, "blocks.%d.%s%s", p->block, name, part);
    return epl_leaf(p->spec, p->theta, path);
}

static epl_val linear(const place *p, const char *name, epl_val x)
{
    return epl_linear(x, leaf(p, name, ".weight"), .bias = leaf(p, name, ".bias"));
}

static epl_val norm(const place *p, const char *name, epl_val x)
{
    return epl_layer_norm(x, epl_axes(WIDTH), .weight = leaf(p, name, ".weight"),
                          .bias = leaf(p, name, ".bias"));
}

/* [b, t, 3, heads, width / heads] -> three of [b, heads, t, width / heads] */
static epl_val attention(const place *p, epl_val x)
{
    epl_val all =
        epl_reshape(linear(p, "qkv", x), epl_dims(BATCH, TOKENS, 3, HEADS, WIDTH / HEADS));
    epl_val part[3];
    all = epl_permute(all, epl_axes(2, 0, 3, 1, 4));
    epl_unbind(all, 0, part, 3);
    epl_val y = epl_scaled_dot_product_attention(part[0], part[1], part[2], .is_causal = true);
    y = epl_reshape(epl_transpose(y, 1, 2), epl_dims(BATCH, TOKENS, WIDTH));
    return linear(p, "proj", y);
}

static epl_val block(const place *p, epl_val x)
{
    x = epl_add(x, attention(p, norm(p, "ln1", x)));
    epl_val wide = epl_gelu(linear(p, "up", norm(p, "ln2", x)), .approximate = "tanh");
    return epl_add(x, linear(p, "down", wide));
}

/* -- the workload: params, AdamW's state, tokens, next tokens ------------------------------- */
static void data(bench *b)
{
    epl_spec spec = gpt_spec(b);
    bench_tree(b, spec);
    bench_tree(b, epl_opt_adamw_state(b->s, spec));
    bench_below(b, epl_dims(BATCH, TOKENS), WORDS);
    bench_below(b, epl_dims(BATCH, TOKENS), WORDS);
}

static void build(bench *b, epl_fn *f)
{
    place p = {gpt_spec(b), bench_input(b, f, 0), -1};
    epl_val state = bench_input(b, f, 1), tokens = bench_input(b, f, 2),
            next = bench_input(b, f, 3);
    epl_val x = epl_add(epl_embedding(tokens, leaf(&p, "tok", "")), leaf(&p, "pos", ""));
    for (p.block = 0; p.block < BLOCKS; p.block++)
        x = block(&p, x);
    p.block = -1;
    epl_val logits = epl_linear(norm(&p, "ln", x), leaf(&p, "head", ""));
    epl_val loss = epl_cross_entropy(epl_reshape(logits, epl_dims(BATCH * TOKENS, WORDS)),
                                     epl_reshape(next, epl_dims(BATCH * TOKENS)));
    epl_val theta = epl_opt_adamw(p.theta, epl_gradient(loss, p.theta), &state, .lr = epl_num(3e-4),
                                  .weight_decay = epl_num(0.1));
    epl_update(f, "in0", theta);
    epl_update(f, "in1", state);
    bench_output(b, f, loss);
}
const workload bench_gpt_train = {"gpt_train", data, build, false, false, 0, 0};
