/* random: numbers from the stream of each key, the same bits on every machine.
 *
 * Element e of f32 and i32 takes word e of its key's stream, of f64 and i64 words 2e (low)
 * and 2e + 1. Floats are the top 24 or 53 bits, as a fraction in [0, 1). */
#include "../../../src/base/key.h"
#include "key_op.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    const epl__random_attrs *a = attrs;
    epl_type none = {0};
    epl_shape s = in[0].shape;
    bool wide = a->dtype == EPL_F64 || a->dtype == EPL_I64;
    (void)count;
    if (in[0].dtype != EPL_I64 || s.rank < 1 || s.dim[s.rank - 1] != 2 || a->rank < 0 ||
        s.rank - 1 + a->rank > EPL_MAX_RANK ||
        !(wide || a->dtype == EPL_F32 || a->dtype == EPL_I32))
        return none;
    s.rank--;
    for (int i = 0; i < a->rank; i++)
        s.dim[s.rank++] = a->dim[i];
    return epl_type_of((epl_dtype)a->dtype, s);
}

enum { WORDS = 512 };

/* n words of a stream, one or two an element, as elements of dtype d. */
static void convert(epl_dtype d, const uint32_t *word, size_t n, void *out)
{
    if (d == EPL_F32)
        for (size_t i = 0; i < n; i++)
            ((float *)out)[i] = (float)(word[i] >> 8) * 0x1p-24f;
    else if (d == EPL_I32)
        for (size_t i = 0; i < n; i++)
            ((int32_t *)out)[i] = (int32_t)word[i];
    else
        for (size_t i = 0; i < n / 2; i++) {
            uint64_t both = word[2 * i] | (uint64_t)word[2 * i + 1] << 32;
            if (d == EPL_F64)
                ((double *)out)[i] = (double)(both >> 11) * 0x1p-53;
            else
                ((int64_t *)out)[i] = (int64_t)both;
        }
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    const epl__random_attrs *a = attrs;
    const int64_t *key = in[0].data;
    epl_dtype d = out->type.dtype;
    size_t bytes = epl_dtype_bytes(d), keys = (size_t)epl_count(in[0].type) / 2;
    epl_shape s = out->type.shape;
    uint64_t words = (uint64_t)epl__product(s, s.rank - (int)a->rank, s.rank) * (bytes / 4);
    uint32_t word[WORDS];
    char *to = out->data;
    (void)count, (void)message;
    for (size_t k = 0; k < keys; k++) {
        const uint64_t of[2] = {(uint64_t)key[2 * k], (uint64_t)key[2 * k + 1]};
        for (uint64_t at = 0; at < words; at += WORDS) {
            size_t n = words - at < WORDS ? (size_t)(words - at) : WORDS;
            epl__random_bits(of, at, word, n);
            convert(d, word, n, to);
            to += n * 4;
        }
    }
    return true;
}

epl_val epl__random(epl_val key, epl_dtype dtype, epl_shape shape)
{
    epl__random_attrs a = {.dtype = dtype, .rank = shape.rank};
    for (int i = 0; i < shape.rank && i < EPL_MAX_RANK; i++)
        a.dim[i] = shape.dim[i];
    return key.graph ? epl_op(&epl__prim_random, epl_list(key), &a) : EPL_NO_VAL;
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count;
    return epl_op(&epl__prim_random, epl_list(x[0]), attrs);
}

/* Numbers drawn do not vary with a key: a key has no tangent. */
static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)x, (void)dx, (void)count, (void)attrs;
    return EPL_NO_VAL;
}

static const epl_attr attrs[] = {
    EPL_ATTR(epl__random_attrs, dtype, EPL_INT, EPL_F32, 1, EPL_DTYPE_END),
    EPL_ATTR(epl__random_attrs, rank, EPL_INT, 0, 0, EPL_MAX_RANK),
    EPL_ATTR_N(epl__random_attrs, dim, EPL_MAX_RANK, 0, 0, 9e18), EPL_ATTR_END};
const epl_prim epl__prim_random = {.name = "random",
                                   .formula = "y = numbers of the stream of key",
                                   .inputs = 1,
                                   .attrs_size = sizeof(epl__random_attrs),
                                   .attrs = attrs,
                                   .type = type,
                                   .kernel = kernel,
                                   .jvp = jvp,
                                   .batch = batch};
