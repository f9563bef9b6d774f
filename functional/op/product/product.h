/* product.h -- what operations built on dot share. */
#ifndef EPL_PRODUCT_H
#define EPL_PRODUCT_H
#include "../op.h"

/* Tensors of one dtype that products exist for: torch does not promote here. False after an
 * error, or if one is none; the error names op and the types. */
bool epl__same_dtype(const char *op, const epl_val *x, size_t n);
/* dot for every integer dtype as well: narrow ones are computed in i32 and wrap. */
epl_val epl__contract(epl_val a, const char *la, epl_val b, const char *lb, const char *out);
/* Products over trailing axes with the labels ta, tb and to; the axes before them broadcast as
 * in matmul, which is ("xz", "zy", "xy"). Trailing labels are letters from 'n' on. */
epl_val epl__batched(const char *op, epl_val a, const char *ta, epl_val b, const char *tb,
                     const char *to);
/* c v; v itself for 1. */
epl_val epl__times(epl_val v, double c);
#endif
