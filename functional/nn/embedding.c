/* embedding.c -- Embedding: row x of the weight. The row padding_idx begins at 0 and gets no
 * gradient, so it stays as it is. */
#include <espalier/espalier.h>

static epl_val apply(epl_ctx *c, const void *args, epl_val x)
{
    const epl_nn_embedding_args *a = args;
    bool padded = epl_module_has(epl_ctx_module(c), "padding_idx");
    int64_t row = a->padding_idx + (a->padding_idx < 0 ? a->num_embeddings : 0);
    epl_initialiser init = epl_init_normal(0, 1);
    if (padded && (row < 0 || row >= a->num_embeddings))
        return epl_ctx_fail(c, EPL_ERR_ARG,
                            "\"padding_idx\" must be one of the %lld rows, got %lld",
                            (long long)a->num_embeddings, (long long)a->padding_idx);
    if (epl_module_has(epl_ctx_module(c), "max_norm") || a->scale_grad_by_freq)
        return epl_ctx_fail(c, EPL_ERR_ARG,
                            "\"max_norm\" and \"scale_grad_by_freq\" are not supported");
    init.zeros = padded ? row + 1 : 0;
    epl_val weight =
        epl_param(c, "weight", EPL_EMBEDDING, epl_dims(a->num_embeddings, a->embedding_dim), init);
    if (epl_inferring(c) && epl_dtype_is_float(epl_typeof(x).dtype))
        x = epl_cast(x, EPL_I64); /* where a shape alone is known */
    if (padded)
        return epl_embedding(x, weight, .padding_idx = row);
    return epl_embedding(x, weight);
}

static const epl_attr attrs[] = {
    EPL_ATTR_F(epl_nn_embedding_args, num_embeddings, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_REQUIRED),
    EPL_ATTR_F(epl_nn_embedding_args, embedding_dim, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_REQUIRED),
    EPL_ATTR(epl_nn_embedding_args, padding_idx, EPL_INT, 0, -1e15, 1e15),
    EPL_ATTR(epl_nn_embedding_args, max_norm, EPL_NUMBER, 0, 0, 1e300),
    EPL_ATTR(epl_nn_embedding_args, norm_type, EPL_NUMBER, 2, -1e300, 1e300),
    EPL_ATTR(epl_nn_embedding_args, scale_grad_by_freq, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR(epl_nn_embedding_args, sparse, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR_END};
const epl_kind epl_kind_embedding = {.name = "Embedding",
                                     .version = 1,
                                     .args_size = sizeof(epl_nn_embedding_args),
                                     .attrs = attrs,
                                     .apply = apply,
                                     .doc = "y[..., :] = weight[x[...], :]"};
