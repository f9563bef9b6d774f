/* draw_discrete.c -- choices by key: yes or no, integers, an order, a class. */
#include <inttypes.h>
#include "key_op.h"

epl_val epl_bernoulli(epl_val key, epl_val p, epl_shape shape)
{
    if (!epl__is_key("bernoulli", key, true) ||
        (!epl__is_num(p) && !epl__all_values("bernoulli", epl_list(key, p))))
        return EPL_NO_VAL;
    epl_dtype d = epl_typeof(p).dtype == EPL_F64 && !epl__is_num(p) ? EPL_F64 : EPL_F32;
    epl_shape s = epl_typeof(p).shape;
    bool fits = s.rank <= shape.rank;
    for (int i = 0; fits && i < s.rank; i++)
        fits = s.dim[i] == 1 || s.dim[i] == shape.dim[shape.rank - s.rank + i];
    if (!fits || (!epl__is_num(p) && !epl_dtype_is_float(epl_typeof(p).dtype))) {
        epl_type t = epl_type_of(d, shape);
        return epl__bad(key, EPL_ERR_SHAPE, "[bernoulli] probabilities %s do not fit %s",
                        epl__show(p), epl_type_text(t, (char[EPL_TYPE_TEXT]){0}));
    }
    return epl_lt(epl__random(key, d, shape), p);
}

epl_val epl_op_randint(const epl_randint_args *a, const char *given)
{
    epl_dtype d = a->dtype == EPL_NONE ? EPL_I64 : a->dtype;
    (void)given;
    if (!epl__is_key("randint", a->key, false))
        return EPL_NO_VAL;
    uint64_t range = (uint64_t)a->high - (uint64_t)a->low;
    bool fits = d == EPL_I64 || (a->low >= INT32_MIN && a->high <= INT32_MAX + INT64_C(1));
    if (a->low >= a->high || range > INT64_MAX || !fits || (d != EPL_I64 && d != EPL_I32))
        return epl__bad(a->key, EPL_ERR_ARG,
                        "[randint] [%" PRId64 ", %" PRId64 ") is no range of %s", a->low, a->high,
                        epl_dtype_name(d));
    epl_val n = epl_remainder(epl__random(a->key, EPL_I64, a->shape), epl_int((int64_t)range));
    n = a->low ? epl_add(n, epl_int(a->low)) : n;
    return epl__cast(n, d);
}

/* The order of random numbers of 64 bits; equals (2^-64 a pair) keep their places. */
epl_val epl_permutation(epl_val key, int64_t n)
{
    if (!epl__is_key("permutation", key, false))
        return EPL_NO_VAL;
    if (n < 0)
        return epl__bad(key, EPL_ERR_ARG, "[permutation] of %" PRId64 " numbers", n);
    return epl_argsort(epl__random(key, EPL_I64, epl_shape_of(1, &n)));
}

epl_val epl_op_categorical(const epl_categorical_args *a, const char *given)
{
    epl_val logits = a->logits;
    if (!epl__all_values("categorical", epl_list(a->key, logits)) ||
        !epl__is_key("categorical", a->key, true) || !epl__float_in("categorical", &logits))
        return EPL_NO_VAL;
    epl_type t = epl_typeof(logits);
    epl_shape s = a->shape;
    int axis = epl__axis("categorical", logits, epl__given(given, "dim") ? a->dim : -1);
    if (axis < 0)
        return EPL_NO_VAL;
    if (s.rank < 0 || s.rank + t.shape.rank > EPL_MAX_RANK)
        return epl__bad(a->key, EPL_ERR_SHAPE, "[categorical] .shape and logits %s: 0 to %d axes",
                        epl__show(logits), EPL_MAX_RANK);
    if (t.shape.rank == 0 || t.shape.dim[axis] == 0)
        return epl__bad(a->key, EPL_ERR_SHAPE, "[categorical] logits %s have no classes on axis %d",
                        epl__show(logits), axis);
    for (int i = 0; i < t.shape.rank; i++)
        s.dim[s.rank++] = t.shape.dim[i];
    epl_val u = epl_maximum(epl__random(a->key, t.dtype, s),
                            epl_num(t.dtype == EPL_F64 ? 0x1p-54 : 0x1p-25));
    epl_val noise = epl_neg(epl_log(epl_neg(epl_log(u))));
    return epl_argmax(epl_add(logits, noise), .dim = s.rank - t.shape.rank + axis);
}

/* -- records ------------------------------------------------------------------------------------
 */
typedef struct {
    epl_val key, p;
    epl_ints shape;
} bernoulli_args;
static const epl_attr bernoulli_table[] = {EPL_ARG(bernoulli_args, key), EPL_ARG(bernoulli_args, p),
                                           EPL__ARG_SHAPE(bernoulli_args, shape), EPL_ATTR_END};
EPL__OPERATION_OF(bernoulli, "true with probability p", bernoulli_args, bernoulli_table,
                  epl_bernoulli(a->key, a->p, epl_shape_of(a->shape.count, a->shape.at)));

typedef struct {
    epl_val key;
    epl_ints shape;
    int64_t low, high, n;
    epl_dtype dtype;
} integer_args;
#define INTEGER(field) \
    EPL_ATTR_F(integer_args, field, EPL_INT, 0, -9e18, 9e18, 1, EPL_ATTR_REQUIRED)
static const epl_attr randint_table[] = {
    EPL_ARG(integer_args, key),
    EPL__ARG_SHAPE(integer_args, shape),
    INTEGER(low),
    INTEGER(high),
    EPL_ATTR_F(integer_args, dtype, EPL_DTYPE, EPL_I64, 0, 0, 1, EPL_ATTR_NONE),
    EPL_ATTR_END};
EPL__OPERATION_OF(randint, "integers in [low, high)", integer_args, randint_table,
                  epl_op_randint(&(epl_randint_args){a->key,
                                                     epl_shape_of(a->shape.count, a->shape.at),
                                                     a->low, a->high, a->dtype},
                                 given));

static const epl_attr permutation_table[] = {EPL_ARG(integer_args, key), INTEGER(n), EPL_ATTR_END};
EPL__OPERATION_OF(permutation, "0 ... n - 1 in random order", integer_args, permutation_table,
                  epl_permutation(a->key, a->n));

typedef struct {
    epl_val key, logits;
    int64_t dim;
    epl_ints shape;
} categorical_args;
static const epl_attr categorical_table[] = {
    EPL_ARG(categorical_args, key), EPL_ARG(categorical_args, logits),
    EPL_ATTR(categorical_args, dim, EPL_INT, -1, -EPL_MAX_RANK, EPL_MAX_RANK),
    EPL_ATTR_F(categorical_args, shape, EPL_LIST, 0, 0, 9e18, 1, EPL_ATTR_NONE), EPL_ATTR_END};
EPL__OPERATION_OF(
    categorical, "i with probability softmax(logits)[i]", categorical_args, categorical_table,
    epl_op_categorical(&(epl_categorical_args){a->key, a->logits, a->dim,
                                               epl_shape_of(a->shape.count, a->shape.at)},
                       given));
