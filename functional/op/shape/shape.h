/* shape.h -- what the files of this folder share: moving elements, room for lists. */
#ifndef EPL_SHAPE_H
#define EPL_SHAPE_H
#include "../op.h"

/* out[i . out_stride] = in[i . in_stride] for all i below dim; strides in elements. */
void epl__move(void *out, const int64_t *out_stride, const void *in, const int64_t *in_stride,
               int rank, const int64_t *dim, size_t bytes);
/* Strides of an array without gaps; the number of its elements is returned. */
int64_t epl__strides(epl_shape s, int64_t *stride);
/* Room for n values or integers that lasts as long as of's function; NULL after an error. */
epl_val *epl__room(epl_val of, size_t n);
int64_t *epl__room_ints(epl_val of, size_t n);
/* a + b and a * b for any signs; false if it does not fit. */
bool epl__plus(int64_t a, int64_t b, int64_t *out);
bool epl__times(int64_t a, int64_t b, int64_t *out);
/* Index i (an I64 or I32 array) as an element of [0, n), or -1 with a message. */
int64_t epl__index_at(const epl_array *index, int64_t i, int64_t n, char *message);

#endif
