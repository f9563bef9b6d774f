/* op_math.h -- element-wise operations and activations. Names, arguments and defaults are torch's. */
#ifndef ESPALIER_OP_MATH_H
#define ESPALIER_OP_MATH_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif
