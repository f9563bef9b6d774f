/* module.h -- modules: descriptions of networks, and the layers. */
#ifndef ESPALIER_MODULE_H
#define ESPALIER_MODULE_H
#include <espalier/tree.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif
