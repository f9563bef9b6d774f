/* op_shape.h -- shapes, indices, creation. Names, arguments and defaults are torch's. */
#ifndef ESPALIER_OP_SHAPE_H
#define ESPALIER_OP_SHAPE_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif
