/* any.h -- elements by size alone. These may alias the floats and integers they stand for. */
#ifndef EPL_ANY_H
#define EPL_ANY_H
#include <stdint.h>

typedef uint8_t __attribute__((may_alias)) epl__any1;
typedef uint16_t __attribute__((may_alias)) epl__any2;
typedef uint32_t __attribute__((may_alias)) epl__any4;
typedef uint64_t __attribute__((may_alias)) epl__any8;
#endif
