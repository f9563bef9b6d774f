/* shape.h -- what the files of this folder share: moving elements, room for lists. */
#ifndef EPL_SHAPE_H
#define EPL_SHAPE_H
#include "../op.h"

/* out[i . out_stride] = in[i . in_stride] for all i below dim; strides in elements. */
void epl__copy_strided(void *out, const int64_t *out_stride, const void *in,
                       const int64_t *in_stride, int rank, const int64_t *dim, size_t bytes);
/* Strides of an array without gaps; the number of its elements is returned. */
int64_t epl__row_major(epl_shape s, int64_t *stride);
/* Room for n values or integers that lasts as long as of's function; NULL after an error. */
epl_val *epl__val_list(epl_val of, size_t n);
int64_t *epl__int_list(epl_val of, size_t n);
/* a + b and a * b for any signs; false if it does not fit. */
bool epl__sum_fits(int64_t a, int64_t b, int64_t *out);
bool epl__product_fits(int64_t a, int64_t b, int64_t *out);
/* All are values of functions. Else false, and the scope of one of them fails. */
bool epl__all_values(const char *op, epl_vals x);
/* Not f16 or bf16, and not bool if x is summed. Else false, and the scope fails. */
bool epl__computes(const char *op, epl_val x, bool sums);
/* A user's value is a variable of its own: y, or a copy if y is just x again. */
epl_val epl__own(epl_val y, epl_val x);
epl_val epl__flat(epl_val x); /* one axis */
/* An axis of x as it must be for `spare` more ones: in [0, rank + spare), or -1. */
int epl__axis_of(const char *op, epl_val x, int64_t dim, int spare);
/* Axes as a mask, each once; -1 after an error. */
int64_t epl__axes_mask(const char *op, epl_val x, epl_ints dims);
/* Index i (an I64 or I32 array) as an element of [0, n), or -1 with a message. */
int64_t epl__index_at(const epl_array *index, int64_t i, int64_t n, char *message);

/* Rows of tables of arguments. */
#define EPL__MANY 9e18
#define EPL__ARG_INT(args, field) \
    EPL_ATTR_F(args, field, EPL_INT, 0, -EPL__MANY, EPL__MANY, 1, EPL_ATTR_REQUIRED)
#define EPL__ARG_LIST(args, field) \
    EPL_ATTR_F(args, field, EPL_LIST, 0, -EPL__MANY, EPL__MANY, 1, EPL_ATTR_REQUIRED)
#define EPL__ARG_MAYBE(args, field, type) \
    EPL_ATTR_F(args, field, type, 0, -EPL__MANY, EPL__MANY, 1, EPL_ATTR_NONE)
/* The record of an operation that is a plain function: `call` is built from args a. */
#define EPL__OPERATION_OF(name_, doc_, args_type, table, call)                                  \
    static size_t name_##_build(const void *args, const char *given, epl_val *out, size_t room) \
    {                                                                                           \
        const args_type *a = args;                                                              \
        (void)given;                                                                            \
        return epl__one_result(call, out, room);                                                \
    }                                                                                           \
    const epl_operation epl__operation_##name_ = {#name_, doc_, sizeof(args_type), table,       \
                                                  name_##_build}
/* Arguments that several operations share. */
typedef struct {
    epl_val input;
    int64_t dim;
} epl__dim_args;
typedef struct {
    epl_val input;
    epl_ints list;
} epl__list_args;

#endif
