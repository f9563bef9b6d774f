/* op.h -- what the files of operations share.
 *
 * A primitive is an epl_prim record with all its rules (espalier/extend.h). An operation is
 * what users call, by torch's name: a plain function, or an args struct and a macro where
 * there are options, and an epl_operation record; most are composed of other operations and
 * need no rules. Both are listed in their family's list.h. Rules are written with operations
 * and with the structural builders of src/graph/structure.h.
 */
#ifndef EPL_OP_H
#define EPL_OP_H
#include <espalier/espalier.h>
#include "../../src/base/attr.h"
#include "../../src/graph/structure.h"
#include "../../src/kernel/tile_ops.h"

/* -- primitives ------------------------------------------------------------------------- */
/* Fields of an element-wise primitive that the tile engine has. */
#define EPL__TILED(NAME) .elementwise = true, .lower = EPL_LOWER_TILE, .tile = EPL__TILE_##NAME

/* -- arguments ---------------------------------------------------------------------------- */
enum {
    EPL__FLOAT = 1,    /* integers and booleans become the default float, f32 */
    EPL__NO_CAST = 2,  /* shapes alone are aligned */
    EPL__NO_SHAPE = 4, /* dtypes alone are aligned */
    EPL__COMPUTE = 8   /* f16 and bf16 are an error that says to cast first */
};
/* Brings operands to one function, one dtype (torch's promotion: numbers weakly, then zero-
 * dimensional values, then the rest) and one broadcast shape. False after an error, or if
 * one is none; the error names op and the types. */
bool epl__align(const char *op, epl_val *x, size_t n, unsigned how);
/* torch's promotion of two dtypes, and of operands: numbers weigh least, then zero-dimensional
 * values; what weighs less adds its category alone. Numbers alone give f32, i64 or bool. */
epl_dtype epl__promote(epl_dtype a, epl_dtype b);
epl_dtype epl__result_dtype(const epl_val *x, size_t n);
/* The shape that all broadcast to; false if there is none. */
bool epl__broadcast_shape(const epl_val *x, size_t n, epl_shape *out);
/* A float operand: integers and booleans cast to f32; numbers are not taken. */
bool epl__float_in(const char *op, epl_val *x);
/* A list as it can be read: one without memory is empty. */
static inline epl_ints epl__ints(epl_ints list)
{
    return list.at ? list : (epl_ints){0, NULL};
}
/* An axis in [0, rank); negative ones count from the end; rank 0 takes 0 and -1. The scope
 * fails, and -1 is returned, if it is out of range. */
int epl__axis(const char *op, epl_val x, int64_t dim);
/* The scope's error: "[op] ...". Returns none, so that a builder can return it. */
epl_val epl__bad(epl_val any, epl_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The first operand that has a function, for epl__bad; none if there is none. */
epl_val epl__anchor(const epl_val *x, size_t n);
/* "f32[2,3]" of a value; buffers are rotated, up to four in one message. */
typedef struct {
    char text[EPL_TYPE_TEXT];
} epl__type_text;
#define epl__show(v) epl_type_text(epl_typeof(v), (char[EPL_TYPE_TEXT]){0})

/* Marks nodes built until the end as of composite `name`; pass the returned value back. */
uint32_t epl__composite(epl_val any, const char *name);
void epl__composite_end(epl_val any, uint32_t before);

/* Distances in attributes of primitives: sums of a few of them fit. */
#define EPL__FAR 0x1p60

/* -- operations --------------------------------------------------------------------------- */
/* Table rows for an operation's args struct, in torch's order. */
#define EPL_ARG(args, field)                                                           \
    {                                                                                  \
#field, EPL_TENSOR, offsetof(args, field), 0, 0, 0, 1, EPL_ATTR_REQUIRED, NULL \
    }
#define EPL_ARG_OPTIONAL(args, field)                                              \
    {                                                                              \
#field, EPL_TENSOR, offsetof(args, field), 0, 0, 0, 1, EPL_ATTR_NONE, NULL \
    }
#define EPL_ARG_LIST(args, field)                                                       \
    {                                                                                   \
#field, EPL_TENSORS, offsetof(args, field), 0, 0, 0, 1, EPL_ATTR_REQUIRED, NULL \
    }

/* A record for an operation without options: functions of one or two values. */
typedef struct {
    epl_val input;
} epl__unary_args;
typedef struct {
    epl_val input, other;
} epl__binary_args;
extern const epl_attr epl__unary_table[], epl__binary_table[];
#define EPL__OPERATION1(name_, doc_)                                                            \
    static size_t name_##_build(const void *args, const char *given, epl_val *out, size_t room) \
    {                                                                                           \
        (void)given;                                                                            \
        return epl__one_result(epl_##name_(((const epl__unary_args *)args)->input), out, room); \
    }                                                                                           \
    const epl_operation epl__operation_##name_ = {#name_, doc_, sizeof(epl__unary_args),        \
                                                  epl__unary_table, name_##_build}
#define EPL__OPERATION2(name_, doc_)                                                            \
    static size_t name_##_build(const void *args, const char *given, epl_val *out, size_t room) \
    {                                                                                           \
        const epl__binary_args *a = args;                                                       \
        (void)given;                                                                            \
        return epl__one_result(epl_##name_(a->input, a->other), out, room);                     \
    }                                                                                           \
    const epl_operation epl__operation_##name_ = {#name_, doc_, sizeof(epl__binary_args),       \
                                                  epl__binary_table, name_##_build}
/* The record of an operation with options: epl_op_NAME(const ARGS *, given). */
#define EPL__OPERATION(name_, doc_, args_type, table)                                           \
    static size_t name_##_build(const void *args, const char *given, epl_val *out, size_t room) \
    {                                                                                           \
        return epl__one_result(epl_op_##name_(args, given), out, room);                         \
    }                                                                                           \
    const epl_operation epl__operation_##name_ = {#name_, doc_, sizeof(args_type), table,       \
                                                  name_##_build}
size_t epl__one_result(epl_val v, epl_val *out, size_t room);

#define PRIM(name) extern const epl_prim epl__prim_##name;
#define OP(name) extern const epl_operation epl__operation_##name;
#include "lists.h"
#undef PRIM
#undef OP
#endif
