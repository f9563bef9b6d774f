/* multihead_attention.c -- MultiheadAttention, with torch's leaves and masks.
 *
 * Inside, all is [n, heads, length, width]; an unbatched input is a batch of one.
 */
#include <espalier/espalier.h>
#include <math.h>

typedef epl_nn_multihead_attention_args mha;

typedef struct {
    epl_ctx *c;
    const mha *a;
    int64_t embed, heads, kdim, vdim;
    bool batched; /* the input had a batch axis */
    epl_val query, key, value, in_bias;
    epl_val bias_k, bias_v; /* add_bias_kv: [1, 1, e] */
} attention;

/* -- leaves -------------------------------------------------------------------------------- */
static epl_val matrix(attention *t, const char *name, int64_t rows, int64_t columns)
{
    double bound = sqrt(6 / (double)(rows + columns)); /* xavier_uniform */
    return epl_param(t->c, name, EPL_WEIGHT, epl_dims(rows, columns),
                     epl_init_uniform(-bound, bound));
}

/* Weights of query, key and value: parts of one matrix, or one each if their widths differ. */
static void projections(attention *t, epl_val *w)
{
    int64_t e = t->embed;
    if (t->kdim == e && t->vdim == e) {
        epl_val all = matrix(t, "in_proj_weight", 3 * e, e);
        for (int i = 0; i < 3; i++)
            w[i] = epl_narrow(all, 0, i * e, e);
    } else {
        w[0] = matrix(t, "q_proj_weight", e, e);
        w[1] = matrix(t, "k_proj_weight", e, t->kdim);
        w[2] = matrix(t, "v_proj_weight", e, t->vdim);
    }
    if (t->a->bias)
        t->in_bias = epl_param(t->c, "in_proj_bias", EPL_BIAS, epl_dims(3 * e), epl_init_full(0));
    if (t->a->add_bias_kv) {
        epl_initialiser init = epl_init_normal(0, 1 / sqrt((double)e)); /* xavier_normal */
        t->bias_k = epl_param(t->c, "bias_k", EPL_BIAS, epl_dims(1, 1, e), init);
        t->bias_v = epl_param(t->c, "bias_v", EPL_BIAS, epl_dims(1, 1, e), init);
    }
}

static epl_val output(attention *t, epl_val y)
{
    int64_t e = t->embed;
    double bound = 1 / sqrt((double)e);
    epl_val bias = EPL_NO_VAL;
    epl_val weight = epl_param(t->c, "out_proj.weight", EPL_WEIGHT, epl_dims(e, e),
                               epl_init_uniform(-bound, bound));
    if (t->a->bias)
        bias = epl_param(t->c, "out_proj.bias", EPL_BIAS, epl_dims(e), epl_init_full(0));
    return epl_linear(y, weight, .bias = bias);
}

/* -- shapes -------------------------------------------------------------------------------- */
/* [l, n, e], [n, l, e] or [l, e] -> [n, l, e] */
static epl_val batch_first(const attention *t, epl_val x)
{
    if (!t->batched)
        return epl_unsqueeze(x, 0);
    return t->a->batch_first ? x : epl_transpose(x, 0, 1);
}

/* [n, l, e] -> [n, heads, l, width] */
static epl_val heads(const attention *t, epl_val x)
{
    return epl_transpose(epl_unflatten(x, 2, epl_dims(t->heads, t->embed / t->heads)), 1, 2);
}

static bool fits(attention *t, const char *what, epl_val x, int64_t width)
{
    char text[EPL_TYPE_TEXT], first[EPL_TYPE_TEXT];
    if (epl_is_none(x))
        return false;
    int rank = epl_rank(x), axis = t->a->batch_first ? 0 : 1;
    bool batch = rank == epl_rank(t->query) &&
                 (!t->batched || epl_dim(x, axis) == epl_dim(t->query, axis));
    if (batch && epl_dim(x, -1) == width)
        return true;
    epl_ctx_fail(t->c, EPL_ERR_SHAPE,
                 "the %s must have the query's axes (%s) and %lld features, got %s", what,
                 epl_type_text(epl_typeof(t->query), first), (long long)width,
                 epl_type_text(epl_typeof(x), text));
    return false;
}

/* -- masks --------------------------------------------------------------------------------- */
/* A further input as a mask to add, from torch's: true, or -inf, is not seen. */
static epl_val additive(epl_val mask, epl_dtype dtype)
{
    if (epl_typeof(mask).dtype != EPL_BOOL)
        return epl_cast(mask, dtype);
    epl_val zero = epl_cast(epl_zeros_like(mask), dtype);
    return epl_where(mask, epl_num(-INFINITY), zero);
}

/* The rest of the keys, which bias_k and the zeros are, is always seen. */
static epl_val widened(epl_val mask, int64_t more)
{
    return more ? epl_pad(mask, epl_axes(0, more)) : mask;
}

/* -inf where the key is later than the query: [l, s]. */
static epl_val causal(attention *t, epl_dtype dtype, int64_t queries, int64_t keys)
{
    epl_type type = epl_type_of(dtype, epl_dims(queries, keys));
    epl_val later = epl_triu(epl_ones(epl_ctx_fn(t->c), type), .diagonal = 1);
    return epl_where(epl_gt(later, epl_num(0)), epl_num(-INFINITY), epl_zeros_like(later));
}

/* [l, s], [n heads, l, s] or [n, s] masks as one of [n, heads, l, s] or what broadcasts to it;
 * none if there is none. */
static epl_val mask_of(attention *t, epl_val q, int64_t queries, int64_t keys, int64_t more)
{
    epl_val given = epl_more(t->c, 2), padding = epl_more(t->c, 3), mask = EPL_NO_VAL;
    epl_dtype dtype = epl_typeof(q).dtype;
    char text[EPL_TYPE_TEXT];
    int64_t n = epl_dim(q, 0);
    if (!epl_is_none(given)) {
        int rank = epl_rank(given);
        if ((rank != 2 && rank != 3) || epl_dim(given, -2) != queries ||
            epl_dim(given, -1) != keys || (rank == 3 && epl_dim(given, 0) != n * t->heads))
            return epl_ctx_fail(
                t->c, EPL_ERR_SHAPE, "the mask must be [%lld, %lld] or [%lld, %lld, %lld], got %s",
                (long long)queries, (long long)keys, (long long)(n * t->heads), (long long)queries,
                (long long)keys, epl_type_text(epl_typeof(given), text));
        mask = widened(additive(given, dtype), more);
        if (rank == 3)
            mask = epl_unflatten(mask, 0, epl_dims(n, t->heads));
    }
    if (t->a->is_causal && (more || !epl_is_none(mask) || !epl_is_none(padding))) {
        epl_val later = widened(causal(t, dtype, queries, keys), more);
        mask = epl_is_none(mask) ? later : epl_add(mask, later);
    }
    if (epl_is_none(padding))
        return mask;
    if (epl_count(epl_typeof(padding)) != n * keys || epl_dim(padding, -1) != keys)
        return epl_ctx_fail(t->c, EPL_ERR_SHAPE, "the mask of keys must be [%lld, %lld], got %s",
                            (long long)n, (long long)keys,
                            epl_type_text(epl_typeof(padding), text));
    padding = widened(additive(epl_reshape(padding, epl_dims(n, 1, 1, keys)), dtype), more);
    return epl_is_none(mask) ? padding : epl_add(mask, padding);
}

/* -- the whole ----------------------------------------------------------------------------- */
/* [n, l, e] of query, key and value, projected. */
static void project(attention *t, epl_val *x)
{
    epl_val w[3], b[3] = {EPL_NO_VAL, EPL_NO_VAL, EPL_NO_VAL};
    int64_t e = t->embed;
    projections(t, w);
    for (int i = 0; i < 3; i++) {
        if (t->a->bias)
            b[i] = epl_narrow(t->in_bias, 0, i * e, e);
        x[i] = epl_linear(x[i], w[i], .bias = b[i]);
    }
}

/* Keys and values with what is added to every sequence: [n, s, e] -> [n, s + more, e]. */
static epl_val extended(const attention *t, epl_val x, epl_val bias)
{
    int64_t n = epl_dim(x, 0);
    if (t->a->add_bias_kv)
        x = epl_cat(epl_list(x, epl_expand(bias, epl_dims(n, 1, t->embed))), .dim = 1);
    return t->a->add_zero_attn ? epl_pad(x, epl_axes(0, 0, 0, 1)) : x;
}

static epl_val attend(attention *t)
{
    epl_val x[3] = {batch_first(t, t->query), batch_first(t, t->key), batch_first(t, t->value)};
    int64_t queries = epl_dim(x[0], 1), keys = epl_dim(x[1], 1);
    int64_t more = t->a->add_bias_kv + t->a->add_zero_attn;
    project(t, x);
    x[1] = extended(t, x[1], t->bias_k);
    x[2] = extended(t, x[2], t->bias_v);
    epl_val mask = mask_of(t, x[0], queries, keys, more), drop = EPL_NO_VAL;
    double p = epl_training(t->c) ? t->a->dropout : 0;
    if (p > 0)
        drop = epl_key_here(t->c);
    epl_val y = epl_scaled_dot_product_attention(
        heads(t, x[0]), heads(t, x[1]), heads(t, x[2]), .attn_mask = mask, .dropout_p = p,
        .is_causal = t->a->is_causal && epl_is_none(mask), .dropout_key = drop);
    y = output(t, epl_flatten(epl_transpose(y, 1, 2), .start_dim = 2));
    if (!t->batched)
        return epl_select(y, 0, 0);
    return t->a->batch_first ? y : epl_transpose(y, 0, 1);
}

/* In place of an input that is not given: the query; to infer sizes, one that fits. */
static epl_val like(attention *t, int64_t width)
{
    epl_type type = epl_typeof(t->query);
    if (width == t->embed || !epl_inferring(t->c))
        return t->query;
    type.shape.dim[type.shape.rank - 1] = width;
    return epl_zeros(epl_ctx_fn(t->c), type);
}

static epl_val apply(epl_ctx *c, const void *args, epl_val x)
{
    const mha *a = args;
    char text[EPL_TYPE_TEXT];
    attention t = {.c = c, .a = a, .heads = a->num_heads, .query = x};
    t.batched = epl_rank(x) == 3;
    if (epl_rank(x) != 2 && epl_rank(x) != 3)
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "MultiheadAttention takes %s or [l, e], got %s",
                            a->batch_first ? "[n, l, e]" : "[l, n, e]",
                            epl_type_text(epl_typeof(x), text));
    t.embed = epl_size(c, "embed_dim", epl_dim(x, -1));
    if (t.embed < 1 || t.embed % t.heads)
        return epl_ctx_fail(c, EPL_ERR_ARG,
                            "\"num_heads\" must divide \"embed_dim\" %lld, got %lld",
                            (long long)t.embed, (long long)t.heads);
    t.kdim = a->kdim ? a->kdim : t.embed;
    t.vdim = a->vdim ? a->vdim : t.embed;
    t.key = epl_is_none(epl_more(c, 0)) ? like(&t, t.kdim) : epl_more(c, 0);
    t.value = epl_is_none(epl_more(c, 1)) ? t.vdim == t.kdim ? t.key : like(&t, t.vdim)
                                          : epl_more(c, 1);
    if (!fits(&t, "key", t.key, t.kdim) || !fits(&t, "value", t.value, t.vdim))
        return EPL_NO_VAL;
    return attend(&t);
}

static const epl_attr attrs[] = {
    EPL_ATTR_F(mha, embed_dim, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_OPEN),
    EPL_ATTR_F(mha, num_heads, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_REQUIRED),
    EPL_ATTR(mha, dropout, EPL_NUMBER, 0, 0, 1),
    EPL_ATTR(mha, bias, EPL_BOOLEAN, 1, 0, 1),
    EPL_ATTR(mha, add_bias_kv, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR(mha, add_zero_attn, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR(mha, kdim, EPL_INT, 0, 1, 1e15),
    EPL_ATTR(mha, vdim, EPL_INT, 0, 1, 1e15),
    EPL_ATTR(mha, batch_first, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR(mha, is_causal, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR_END};
const epl_kind epl_kind_multihead_attention = {
    .name = "MultiheadAttention",
    .version = 1,
    .args_size = sizeof(mha),
    .attrs = attrs,
    .apply = apply,
    .doc = "y = concatenation over heads of softmax(q k' / sqrt(width)) v, times out_proj"};
