/* op_reduce.h -- reductions, scans, softmax, norms. Names, arguments and defaults are torch's. */
#ifndef ESPALIER_OP_REDUCE_H
#define ESPALIER_OP_REDUCE_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif
