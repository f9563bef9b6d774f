/* fold: the key that follows from a key and a number, for each of them.
 *
 * Invariant: domain 0 is what epl_key_fold gives outside of functions. */
#include "../../../src/base/key.h"
#include "../../../src/base/type.h"
#include "key_op.h"

static const uint64_t tags[EPL__KEY_USES] = {EPL__TAG_FOLD, 0x73706c74, 0x70617468};

epl_key epl__key_next(epl_key key, uint64_t n, epl__key_use use)
{
    uint32_t b[4];
    epl__philox(key.word, n, tags[use], b);
    return (epl_key){{b[0] | (uint64_t)b[1] << 32, b[2] | (uint64_t)b[3] << 32}};
}

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__fold_attrs *a = attrs;
    epl_type key = epl_type_of(in[0].dtype, in[0].shape), none = {0};
    int rank = key.shape.rank;
    (void)count;
    if (key.dtype != EPL_I64 || in[1].dtype != EPL_I64 || rank < 1 ||
        key.shape.dim[rank - 1] != 2 || in[1].shape.rank != rank - 1 || a->domain < 0 ||
        a->domain >= EPL__KEY_USES)
        return none;
    for (int i = 0; i < rank - 1; i++)
        if (in[1].shape.dim[i] != key.shape.dim[i])
            return none;
    return key;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__fold_attrs *a = attrs;
    const int64_t *key = in[0].data, *n = in[1].data;
    int64_t *y = out->data;
    (void)count, (void)message;
    for (int64_t i = 0, keys = epl_count(in[1].type); i < keys; i++) {
        epl_key k = {{(uint64_t)key[2 * i], (uint64_t)key[2 * i + 1]}};
        k = epl__key_next(k, (uint64_t)n[i], (epl__key_use)a->domain);
        y[2 * i] = (int64_t)k.word[0];
        y[2 * i + 1] = (int64_t)k.word[1];
    }
    return true;
}

epl_val epl__key_fold(epl_val key, epl_val n, epl__key_use use)
{
    epl__fold_attrs a = {use};
    return key.graph && n.graph ? epl_op(&epl__prim_fold, epl_list(key, n), &a) : EPL_NO_VAL;
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    const epl__fold_attrs *a = attrs;
    int64_t size = epl_dim(x[mapped[0] ? 0 : 1], 0);
    (void)count;
    return epl__key_fold(mapped[0] ? x[0] : epl__lead(x[0], size),
                         mapped[1] ? x[1] : epl__lead(x[1], size), (epl__key_use)a->domain);
}

static const epl_attr attrs[] = {
    EPL_ATTR(epl__fold_attrs, domain, EPL_INT, 0, 0, EPL__KEY_USES - 1), EPL_ATTR_END};
const epl_prim epl__prim_fold = {.name = "fold",
                                 .formula = "y = the key of key and n",
                                 .inputs = 2,
                                 .attrs_size = sizeof(epl__fold_attrs),
                                 .attrs = attrs,
                                 .type = type,
                                 .kernel = kernel,
                                 .batch = batch};
