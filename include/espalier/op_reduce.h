/* op_reduce.h -- reductions, scans, softmax, norms. Names, arguments and defaults are torch's. */
#ifndef ESPALIER_OP_REDUCE_H
#define ESPALIER_OP_REDUCE_H
#include <espalier/extend.h>
#ifdef __cplusplus
extern "C" {
#endif

/* A list of any length, for axes and shapes: .dim = epl_axes(0, 2). It lives as long as the
 * block it stands in. Not given: at is NULL. */
#define epl_axes(...) \
    ((epl_ints){EPL_COUNT(int64_t, 0, __VA_ARGS__) - 1, (int64_t[]){0, __VA_ARGS__} + 1})

#ifdef __cplusplus
}
#endif
#endif
