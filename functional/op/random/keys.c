/* keys.c -- keys from keys: split, fold. */
#include "key_op.h"

bool epl__is_key(const char *op, epl_val key, bool one)
{
    epl_type t = epl_typeof(key);
    if (!epl__fn_of(key))
        return false;
    if (t.dtype == EPL_I64 && t.shape.rank > 0 && t.shape.dim[t.shape.rank - 1] == 2 &&
        (!one || t.shape.rank == 1))
        return true;
    epl__bad(key, EPL_ERR_ARG, "[%s] a key %s is expected, got %s", op,
             one ? "i64[2]" : "i64[..., 2]", epl__show(key));
    return false;
}

epl_val epl__key_fold_number(epl_val key, int64_t n, epl__key_use use)
{
    epl_fn *f = epl__fn_of(key);
    epl_shape s = epl_typeof(key).shape;
    s.rank--;
    return f ? epl__key_fold(key, epl__splat(f, EPL_I64, s, (double)n, n), use) : EPL_NO_VAL;
}

epl_val epl_fold(epl_val key, int64_t n)
{
    return epl__is_key("fold", key, false) ? epl__key_fold_number(key, n, EPL__KEY_FOLD)
                                           : EPL_NO_VAL;
}

/* [..., n, 2]: each key with each of 0 ... n - 1. */
epl_val epl_split(epl_val key, int64_t n)
{
    if (!epl__is_key("split", key, false))
        return EPL_NO_VAL;
    int rank = epl_rank(key);
    if (n < 0 || rank == EPL_MAX_RANK)
        return epl__bad(key, EPL_ERR_ARG, "[split] %s cannot become %lld keys", epl__show(key),
                        (long long)n);
    epl_val wide = epl__insert(key, rank - 1, n);
    epl_shape s = epl_typeof(wide).shape;
    s.rank--;
    return epl__key_fold(wide, epl__expand(epl__iota(key, EPL_I64, n), s), EPL__KEY_SPLIT);
}

epl_val epl_fold_in(epl_val key, epl_val n)
{
    int64_t number;
    double real;
    if (!epl__is_key("fold_in", key, false))
        return EPL_NO_VAL;
    if (epl__is_num(n) && epl__num_read(n, &real, &number) != EPL_F64)
        return epl_fold(key, number);
    epl_shape s = epl_typeof(key).shape, t = epl_typeof(n).shape;
    if (epl_typeof(n).dtype == EPL_I32)
        n = epl__cast(n, EPL_I64);
    s.rank--;
    bool fits = epl_typeof(n).dtype == EPL_I64 && (t.rank == 0 || s.rank == 0 || t.rank == s.rank);
    for (int i = 0; fits && i < s.rank && t.rank; i++)
        fits = s.dim[i] == t.dim[i];
    if (!fits || t.rank == EPL_MAX_RANK)
        return epl__bad(key, EPL_ERR_SHAPE, "[fold_in] numbers %s do not fit keys %s", epl__show(n),
                        epl__show(key));
    if (t.rank == 0)
        n = epl__expand(n, s);
    else if (s.rank == 0) {
        t.dim[t.rank++] = 2;
        key = epl__expand(key, t);
    }
    return epl__key_fold(key, n, EPL__KEY_FOLD);
}

typedef struct {
    epl_val key;
    int64_t n;
} number_args;
static const epl_attr split_table[] = {
    EPL_ARG(number_args, key),
    EPL_ATTR_F(number_args, n, EPL_INT, 0, 0, 9e18, 1, EPL_ATTR_REQUIRED), EPL_ATTR_END};
EPL__OPERATION_OF(key_split, "n keys from one", number_args, split_table, epl_split(a->key, a->n));

typedef struct {
    epl_val key, n;
} fold_args;
static const epl_attr fold_table[] = {EPL_ARG(fold_args, key), EPL_ARG(fold_args, n), EPL_ATTR_END};
EPL__OPERATION_OF(key_fold, "the key that follows from key and n", fold_args, fold_table,
                  epl_fold_in(a->key, a->n));
