/* type.h -- checks of types and shapes that the public header does not have. */
#ifndef EPL_TYPE_H
#define EPL_TYPE_H
#include <espalier/base.h>

/* The first member of struct epl_spec_s: all that a type needs to know of its tree. */
typedef struct {
    int64_t elements; /* of all leaves */
    int64_t bytes;
    epl_dtype dtype; /* EPL_NONE: the leaves have several */
} epl__spec_head;

int64_t epl__spec_elements(epl_spec spec); /* 0 for NULL */
size_t epl__spec_bytes(epl_spec spec);

/* Rank and dimensions are in range, and no product of dimensions overflows (dimensions
 * of 0 left out, so strides are safe too). EPL_ANY is not valid here. */
bool epl__shape_valid(epl_shape s);
/* A valid shape, a dtype or a tree, and a size in bytes that fits. */
bool epl__type_valid(epl_type t);
bool epl__shape_equal(epl_shape a, epl_shape b);
/* a * b in out; false if negative or too large. */
bool epl__mul(int64_t a, int64_t b, int64_t *out);
bool epl__add(int64_t a, int64_t b, int64_t *out);
#endif
