/* file.h -- files: safetensors with description and run state. */
#ifndef ESPALIER_FILE_H
#define ESPALIER_FILE_H
#include <espalier/module.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif
