/* op_random.h -- randomness by key. Names, arguments and defaults are torch's. */
#ifndef ESPALIER_OP_RANDOM_H
#define ESPALIER_OP_RANDOM_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif
