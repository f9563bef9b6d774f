/* op_loss.h -- losses. Names, arguments and defaults are torch's. */
#ifndef ESPALIER_OP_LOSS_H
#define ESPALIER_OP_LOSS_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif
