/* extend.h -- operations of your own: one record with all rules of a primitive.
 *
 * Rules are written with ordinary operations, so every derivative can be derived and
 * mapped again. As few rules as will do: a jvp where the operation is not linear, a
 * transpose where it is linear; vjp is derived from the two.
 */
#ifndef ESPALIER_EXTEND_H
#define ESPALIER_EXTEND_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- attribute tables: argument parsing, defaults, JSON, messages and docs from one -- */
typedef enum {
    EPL_INT = 1,       /* int64_t */
    EPL_INTS,          /* int64_t[n], `size` of them; one number stands for all */
    EPL_NUMBER,        /* double */
    EPL_BOOLEAN,       /* bool */
    EPL_STRING,        /* const char * */
    EPL_DTYPE,         /* epl_dtype */
    EPL_LIST,          /* epl_ints */
    EPL_LETTERS,       /* char[size], ended by 0: axis labels */
    EPL_TENSOR,        /* epl_val (operations) */
    EPL_TENSORS,       /* epl_vals (operations) */
    EPL_CHILD,         /* epl_module (kinds) */
    EPL_CHILDREN_LIST, /* const epl_child *, ended by NULL (kinds) */
    EPL_NODES          /* epl_wiring (kinds) */
} epl_attr_type;
typedef struct {
    size_t count;
    const int64_t *at;
} epl_ints;
typedef struct {
    const char *name;
    epl_attr_type type;
    size_t offset;
    double value, min, max; /* default, least, greatest */
    int size;               /* EPL_INTS: how many */
    int flags;              /* EPL_ATTR_... */
    const char *text;       /* EPL_STRING: default, then the allowed words: "mean|none|sum" */
} epl_attr;
enum {
    EPL_ATTR_REQUIRED = 1, /* no default */
    EPL_ATTR_OPEN = 2,     /* 0: inferred from the input */
    EPL_ATTR_NONE = 4      /* may be absent: null in JSON; given or not decides */
};
#define EPL_ATTR(args, field, type, value, min, max)                     \
    {                                                                    \
#field, type, offsetof(args, field), value, min, max, 1, 0, NULL \
    }
#define EPL_ATTR_N(args, field, n, value, min, max) /* n integers, or one for all */ \
    {                                                                                \
#field, EPL_INTS, offsetof(args, field), value, min, max, n, 0, NULL         \
    }
#define EPL_ATTR_F(args, field, type, value, min, max, size, flags)             \
    {                                                                           \
#field, type, offsetof(args, field), value, min, max, size, flags, NULL \
    }
#define EPL_ATTR_WORD(args, field, words) /* the first word is the default */ \
    {                                                                         \
#field, EPL_STRING, offsetof(args, field), 0, 0, 0, 1, 0, words       \
    }
#define EPL_ATTR_CHILD(args, field)                                                   \
    {                                                                                 \
#field, EPL_CHILD, offsetof(args, field), 0, 0, 0, 1, EPL_ATTR_REQUIRED, NULL \
    }
#define EPL_ATTR_END                          \
    {                                         \
        NULL, EPL_INT, 0, 0, 0, 0, 0, 0, NULL \
    }

/* -- primitives ---------------------------------------------------------------------- */
/* How the engine treats a primitive. A user's own leaves it 0: its kernel is called. */
typedef enum {
    EPL_LOWER_KERNEL = 0,
    EPL_LOWER_TILE,  /* element-wise, by the tile engine: prim.tile says which */
    EPL_LOWER_VIEW,  /* another reading of the same numbers: reshape, permute, ... */
    EPL_LOWER_ENGINE /* by name in src/plan: dot, conv, reduce, assemble, gather, ... */
} epl_lower;

typedef struct epl_prim {
    const char *name;    /* "tanh" */
    const char *formula; /* "y = tanh x" */
    int inputs;          /* -1: any number */
    bool elementwise;    /* all operands and the result have one shape; batch follows */
    bool multilinear;    /* linear in each floating operand alone (a product): no jvp */
    uint32_t linear;     /* bit i: linear in operand i, jointly in all that are set: no jvp */
    size_t attrs_size;
    const epl_attr *attrs;
    /* The result's type; dtype EPL_NONE if the operands do not fit. NULL: as operand 0. */
    epl_type (*type)(const epl_type *in, size_t count, const void *attrs);
    /* Evaluation on row-major arrays without gaps; may be called from several threads.
     * False: the data is bad, and message (EPL_PRIM_MESSAGE bytes) says what and where:
     * "index 12 is out of range [0, 10)". */
    bool (*kernel)(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message);
    /* Element-wise: the number instead of a kernel, in f64 (f32 is rounded). */
    double (*scalar)(const double *x, const void *attrs);
    int64_t (*scalar_int)(const int64_t *x, const void *attrs); /* on integers; may be NULL */
    /* The tangent of the result; dx[i] is none where operand i does not vary. */
    epl_val (*jvp)(const epl_val *x, const epl_val *dx, size_t count, const void *attrs);
    /* The cotangent of operand wrt, in which the op is linear; of x[wrt] only the type
     * may be used. */
    epl_val (*transpose)(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs);
    /* The op on operands of which mapped ones have one more axis, first; so has the result.
     * NULL for element-wise ones. */
    epl_val (*batch)(const epl_val *x, const bool *mapped, size_t count, const void *attrs);
    /* What a plan computes in its place, in other operations, where that is faster; NULL: the
     * primitive itself. Derivatives and the reference evaluation do not see it. */
    epl_val (*expand)(const epl_val *x, size_t count, const void *attrs);
    double test_min, test_max; /* where the law test draws operands; both 0: -2 to 2 */
    epl_lower lower;
    int tile; /* EPL_LOWER_TILE: the tile engine's operation */
} epl_prim;
enum { EPL_PRIM_MESSAGE = 160 };

/* One node of p. All operands in one function (outer values are taken in); numbers take
 * the dtype of the first operand that has one. attrs is copied by the table. */
EPL_API epl_val epl_op(const epl_prim *p, epl_vals in, const void *attrs);
/* Checks f's f64 outputs against its f64 inputs, at a random point in (-1, 1), integers 0: jvp
 * and vjp against central differences, first and second order, to 1e-6; vmap against a loop.
 * EPL_ERR_CHECK and the scope's message name the first that fails. Any function without updates:
 * a meta-gradient that it outputs is checked, too, by its own derivative. */
EPL_API epl_status epl_gradcheck(epl_scope *s, epl_fn *f, epl_key key);
/* The same at your point, an array for each input; the key draws the directions. */
EPL_API epl_status epl_gradcheck_at(epl_scope *s, epl_fn *f, epl_arrays at, epl_key key);

/* -- operations: what users call by torch's names ------------------------------------------ *
 * `espalier op` and Graph modules find them here. args is a struct described by the table. */
typedef struct {
    const char *name; /* torch's, without its module: "softmax" */
    const char *doc;  /* the formula, one line */
    size_t args_size;
    const epl_attr *args; /* in torch's order */
    /* Writes the first `room` results; returns how many there are, 0 after an error. */
    size_t (*build)(const void *args, const char *given, epl_val *out, size_t room);
} epl_operation;
EPL_API const epl_operation *epl_operation_at(size_t i);            /* NULL after the last */
EPL_API const epl_operation *epl_operation_named(const char *name); /* NULL: none */
EPL_API const epl_prim *epl_prim_at(size_t i); /* the built-in primitives; NULL after the last */

#ifdef __cplusplus
}
#endif
#endif
