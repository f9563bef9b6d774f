/* optim.h -- optimizers: pure functions of values. */
#ifndef ESPALIER_OPTIM_H
#define ESPALIER_OPTIM_H
#include <espalier/tree.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif
