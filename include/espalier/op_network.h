/* op_network.h -- products, convolutions, pooling, attention. Names, arguments and defaults are torch's. */
#ifndef ESPALIER_OP_NETWORK_H
#define ESPALIER_OP_NETWORK_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif
