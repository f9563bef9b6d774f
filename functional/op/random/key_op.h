/* key_op.h -- keys inside functions: an i64 array [..., 2], and what follows from one. */
#ifndef EPL_KEY_OP_H
#define EPL_KEY_OP_H
#include "../shape/shape.h"

/* What a new key is for; keys of different use never meet. */
typedef enum { EPL__KEY_FOLD, EPL__KEY_SPLIT, EPL__KEY_PATH, EPL__KEY_USES } epl__key_use;

/* The key that follows from key and n; for EPL__KEY_FOLD it is epl_key_fold(key, n). */
epl_key epl__key_next(epl_key key, uint64_t n, epl__key_use use);
/* The same in a function: key[..., 2], n[...]. */
epl_val epl__key_fold(epl_val key, epl_val n, epl__key_use use);
/* One number for all keys of [..., 2]. */
epl_val epl__key_fold_number(epl_val key, int64_t n, epl__key_use use);
/* [..., dim] of a key[..., 2]: F32 and F64 uniform in [0, 1), I32 and I64 all bits. */
epl_val epl__random(epl_val key, epl_dtype dtype, epl_shape shape);

/* Is it i64[..., 2], or with one: i64[2]? Else the scope fails. */
bool epl__is_key(const char *op, epl_val key, bool one);
/* The dtype of a draw: F32 if none was given; EPL_NONE after an error. */
epl_dtype epl__draw_dtype(const char *op, epl_val key, epl_dtype dtype);

/* Rows of tables of arguments: a key comes first. */
#define EPL__ARG_SHAPE(args, field)                                                     \
    {                                                                                   \
#field, EPL_LIST, offsetof(args, field), 0, 0, 9e18, 1, EPL_ATTR_REQUIRED, NULL \
    }

#endif
