/* attention.c -- scaled dot-product attention: softmax(q k' scale + mask) v.
 *
 * Two dots and a softmax. Grouped queries are a further axis of q alone, so keys and values
 * are never repeated. A query of which every key is masked gives 0, as in torch, not NaN.
 */
#include <math.h>
#include "../product/product.h"

static const char op[] = "scaled_dot_product_attention";

static epl_val refuse(const epl_attention_args *a, const char *why)
{
    return epl__bad(a->query, EPL_ERR_SHAPE, "[%s] query %s, key %s, value %s: %s", op,
                    epl__show(a->query), epl__show(a->key), epl__show(a->value), why);
}

/* The last axes, whole groups of query heads, and what may not be given together. */
static const char *misfit(const epl_attention_args *a, bool grouped)
{
    epl_val q = a->query, k = a->key, v = a->value;
    int least = grouped ? 3 : 2;
    if (!epl_dtype_is_float(epl_typeof(q).dtype))
        return "floats are expected";
    if (epl_rank(q) < least || epl_rank(k) < least || epl_rank(v) < least)
        return grouped ? "[..., h, n, e] are expected" : "[..., n, e] are expected";
    if (epl_dim(q, -1) != epl_dim(k, -1) || epl_dim(k, -2) != epl_dim(v, -2))
        return "[..., n, e], [..., m, e] and [..., m, f] are expected";
    int64_t heads = grouped ? epl_dim(k, -3) : 1;
    if (grouped && (heads < 1 || heads != epl_dim(v, -3) || epl_dim(q, -3) % heads))
        return "the heads of the query must be a multiple of those of key and value";
    if (a->is_causal && a->attn_mask.graph)
        return "\"is_causal\" and \"attn_mask\" cannot be given together";
    return NULL;
}

/* [..., h, n, e] -> [..., heads, h / heads, n, e] */
static epl_val split(epl_val v, int64_t heads)
{
    epl_shape s = epl_typeof(v).shape;
    int axis = s.rank - 3;
    if (!v.graph)
        return v;
    s.dim[axis] /= heads;
    return epl__reshape(v, epl__shape_insert(s, axis, heads));
}

/* [..., heads, g, n, e] -> [..., heads g, n, e] */
static epl_val joined(epl_val v)
{
    epl_shape s = epl_typeof(v).shape;
    int axis = s.rank - 4;
    if (!v.graph)
        return v;
    s.dim[axis + 1] *= s.dim[axis];
    return epl__reshape(v, epl__shape_without(s, INT64_C(1) << axis));
}

static epl_val causal(epl_val scores)
{
    int64_t n = epl_dim(scores, -2), m = epl_dim(scores, -1);
    return epl_ge(epl__insert(epl__iota(scores, EPL_I32, n), 1, 1), epl__iota(scores, EPL_I32, m));
}

/* Scores with -inf where the mask forbids; rows that it forbids altogether stay finite, and
 * *live [..., n, 1] says which they are not. */
static epl_val masked(epl_val scores, epl_val mask, epl_val *live)
{
    epl_val never = epl_num(-INFINITY);
    if (epl_typeof(mask).dtype == EPL_BOOL) {
        *live = epl_any(mask, .dim = epl_axes(-1), .keepdim = true);
        return epl_where(epl_logical_or(mask, epl_logical_not(*live)), scores, never);
    }
    *live = epl_gt(epl_amax(mask, .dim = epl_axes(-1), .keepdim = true), never);
    return epl_where(*live, epl_add(scores, mask), epl_num(0));
}

static epl_val weights(const epl_attention_args *a, epl_val scores)
{
    epl_val live = EPL_NO_VAL;
    if (a->is_causal)
        scores = epl_where(causal(scores), scores, epl_num(-INFINITY));
    else if (a->attn_mask.graph)
        scores = masked(scores, a->attn_mask, &live);
    epl_val w = epl_softmax(scores, -1);
    return live.graph ? epl_where(live, w, epl_num(0)) : w;
}

static epl_val attention(const epl_attention_args *a, double scale, bool grouped)
{
    int64_t heads = grouped ? epl_dim(a->key, -3) : 1;
    epl_val q = grouped ? split(a->query, heads) : a->query;
    epl_val scores =
        epl__batched(op, q, grouped ? "txz" : "xz", a->key, "yz", grouped ? "txy" : "xy");
    scores = epl_scale(grouped ? joined(scores) : scores, scale);
    epl_shape s = epl_typeof(scores).shape;
    epl_val w = weights(a, scores);
    if (w.graph &&
        (epl_rank(w) != s.rank || epl_count(epl_typeof(w)) != epl__product(s, 0, s.rank)))
        return epl__bad(w, EPL_ERR_SHAPE,
                        "[%s] \"attn_mask\" %s does not broadcast to the scores %s", op,
                        epl__show(a->attn_mask), epl__show(scores));
    if (a->dropout_p > 0)
        w = epl_dropout(w, .p = a->dropout_p, .key = a->dropout_key);
    epl_val y = epl__batched(op, grouped ? split(w, heads) : w, grouped ? "txy" : "xy", a->value,
                             "yw", grouped ? "txw" : "xw");
    return grouped ? joined(y) : y;
}

epl_val epl_op_scaled_dot_product_attention(const epl_attention_args *a, const char *given)
{
    if (!epl__same_dtype(op, epl_list(a->query, a->key, a->value).at, 3))
        return EPL_NO_VAL;
    bool grouped = a->enable_gqa && epl_rank(a->query) > 2 && epl_rank(a->key) > 2 &&
                   epl_dim(a->query, -3) != epl_dim(a->key, -3);
    const char *why = misfit(a, grouped);
    epl_dtype mask = epl_typeof(a->attn_mask).dtype;
    if (why)
        return refuse(a, why);
    if (a->attn_mask.graph &&
        ((mask != EPL_BOOL && mask != epl_typeof(a->query).dtype) || epl_rank(a->attn_mask) < 2))
        return epl__bad(a->query, EPL_ERR_DTYPE,
                        "[%s] \"attn_mask\" [..., n, m] of bool or the query's dtype is expected, "
                        "got %s",
                        op, epl__show(a->attn_mask));
    if (!(a->dropout_p >= 0 && a->dropout_p <= 1))
        return epl__bad(a->query, EPL_ERR_ARG, "[%s] \"dropout_p\" must be in [0, 1], got %g", op,
                        a->dropout_p);
    if (a->dropout_p > 0 && !a->dropout_key.graph)
        return epl__bad(a->query, EPL_ERR_ARG, "[%s] \"dropout_p\" needs a \"dropout_key\"", op);
    double scale = epl__given(given, "scale") ? a->scale : 1 / sqrt((double)epl_dim(a->query, -1));
    uint32_t before = epl__composite(a->query, "attention");
    epl_val y = attention(a, scale, grouped);
    epl__composite_end(a->query, before);
    return y;
}

static const epl_attr table[] = {
    EPL_ARG(epl_attention_args, query),
    EPL_ARG(epl_attention_args, key),
    EPL_ARG(epl_attention_args, value),
    EPL_ARG_OPTIONAL(epl_attention_args, attn_mask),
    EPL_ATTR(epl_attention_args, dropout_p, EPL_NUMBER, 0, 0, 1),
    EPL_ATTR(epl_attention_args, is_causal, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR_F(epl_attention_args, scale, EPL_NUMBER, 0, 0, 0, 1, EPL_ATTR_NONE),
    EPL_ATTR(epl_attention_args, enable_gqa, EPL_BOOLEAN, 0, 0, 1),
    EPL_ARG_OPTIONAL(epl_attention_args, dropout_key),
    EPL_ATTR_END};
EPL__OPERATION(scaled_dot_product_attention, "softmax(q k' scale + mask) v", epl_attention_args,
               table);
