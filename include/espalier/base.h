/* base.h -- what everything else stands on: scope, status, types, arrays, keys.
 *
 * 1. Memory.  What a scope makes, the scope frees. Arrays you pass in stay yours.
 * 2. Errors.  Builders never return a code. The first failure stays in the scope with
 *             its text, later builders do nothing. Runs and files return a status.
 * 3. Threads. A scope belongs to one thread at a time. Modules, specs and plans are
 *             const: any number of threads may use them.
 */
#ifndef ESPALIER_BASE_H
#define ESPALIER_BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define EPL_API __attribute__((visibility("default")))
#else
#define EPL_API
#endif

/* Call sites pass `.name = value` lists. The callee gets a struct and the text of the
 * list, from which it knows which names were given; the n required arguments are
 * dropped from the text, so that nested calls do not pile it up. Callers that fill a
 * struct themselves pass the names instead: "bias padding". */
#define EPL_GIVEN1_(a, ...) #__VA_ARGS__
#define EPL_GIVEN2_(a, b, ...) #__VA_ARGS__
#define EPL_GIVEN3_(a, b, c, ...) #__VA_ARGS__
#define EPL_GIVEN4_(a, b, c, d, ...) #__VA_ARGS__
#define EPL_GIVEN1(...) EPL_GIVEN1_(__VA_ARGS__, )
#define EPL_GIVEN2(...) EPL_GIVEN2_(__VA_ARGS__, )
#define EPL_GIVEN3(...) EPL_GIVEN3_(__VA_ARGS__, )
#define EPL_GIVEN4(...) EPL_GIVEN4_(__VA_ARGS__, )
#define EPL_COUNT(type, ...) (sizeof(type[]){__VA_ARGS__} / sizeof(type))

/* -- status --------------------------------------------------------------------- */
#define EPL_STATUS_MAP(X)                                     \
    X(OK, 0, "success")                                       \
    X(ERR_MEMORY, -1, "allocation failed")                    \
    X(ERR_SHAPE, -2, "shapes do not fit")                     \
    X(ERR_DTYPE, -3, "element types do not fit")              \
    X(ERR_ARG, -4, "argument out of range")                   \
    X(ERR_USE, -5, "value used where it does not exist")      \
    X(ERR_RULE, -6, "operation lacks a rule")                 \
    X(ERR_FILE, -7, "file could not be read or written")      \
    X(ERR_MATCH, -8, "names in the file and the tree differ") \
    X(ERR_CHECK, -9, "a check of derivatives failed")         \
    X(ERR_DATA, -10, "data out of range")
typedef enum {
#define EPL_X(name, value, text) EPL_##name = value,
    EPL_STATUS_MAP(EPL_X)
#undef EPL_X
} epl_status;

/* The text of a status: "shapes do not fit". */
EPL_API const char *epl_status_text(epl_status status);
/* The version of the library: "0.1.0". */
EPL_API const char *epl_version(void);

/* -- scope: memory and the first error ------------------------------------------- */
typedef struct epl_scope epl_scope;

/* Your allocator. `resize` works as realloc does, with the old size told: size 0 frees
 * and returns NULL, p NULL allocates. Memory is aligned for any type. Any thread that
 * runs a plan of the scope may call it. */
typedef struct {
    void *(*resize)(void *user, void *p, size_t old_size, size_t size);
    void *user;
} epl_alloc;

typedef struct {
    size_t at;
    epl_status status;
} epl_mark;

/* A new scope; alloc NULL is malloc and free. Never NULL: without memory a scope is
 * returned that has failed with EPL_ERR_MEMORY. */
EPL_API epl_scope *epl_scope_new(const epl_alloc *alloc);
/* Frees all that s made, in reverse order. NULL is fine. */
EPL_API void epl_scope_free(epl_scope *s);
EPL_API epl_status epl_scope_status(const epl_scope *s);
/* The first failure: "[conv2d] input f32[8,3,32,32] has 3 channels, ...", or "". */
EPL_API const char *epl_scope_message(const epl_scope *s);
EPL_API epl_mark epl_scope_mark(const epl_scope *s);
/* Frees what was made after m, and forgets an error that came after it. */
EPL_API void epl_scope_reset(epl_scope *s, epl_mark m);
/* Bytes held now. */
EPL_API size_t epl_scope_bytes(const epl_scope *s);
/* Memory that lives as long as the scope, zeroed; NULL after an error. */
EPL_API void *epl_scope_alloc(epl_scope *s, size_t bytes);
/* Makes the scope fail, for code that builds on it: the first failure stays. */
EPL_API void epl_scope_fail(epl_scope *s, epl_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* -- types and arrays ------------------------------------------------------------ */
#define EPL_MAX_RANK 12
#define EPL_ANY (-1) /* a dimension that the arguments decide (epl_jit only) */

/*      name, value, bytes, text, kind: 0 bool, 1 unsigned, 2 signed, 3 float */
#define EPL_DTYPE_MAP(X)     \
    X(F32, 1, 4, "f32", 3)   \
    X(F64, 2, 8, "f64", 3)   \
    X(BF16, 3, 2, "bf16", 3) \
    X(F16, 4, 2, "f16", 3)   \
    X(I64, 5, 8, "i64", 2)   \
    X(I32, 6, 4, "i32", 2)   \
    X(I16, 7, 2, "i16", 2)   \
    X(I8, 8, 1, "i8", 2)     \
    X(U8, 9, 1, "u8", 1)     \
    X(BOOL, 10, 1, "bool", 0)
typedef enum {
    EPL_NONE = 0,
#define EPL_X(name, value, bytes, text, kind) EPL_##name = value,
    EPL_DTYPE_MAP(EPL_X)
#undef EPL_X
        EPL_DTYPE_END
} epl_dtype;

typedef struct {
    int rank;
    int64_t dim[EPL_MAX_RANK];
} epl_shape;
typedef const struct epl_spec_s *epl_spec; /* the layout of a tree: tree.h */

/* Element type and shape. A tree has its spec here; if its leaves have several element
 * types, dtype is EPL_NONE and shape counts copies of the whole tree (rank 0: one): they lie
 * range by range, the first dtype's of all copies, then the next one's. */
typedef struct {
    epl_dtype dtype;
    epl_shape shape;
    epl_spec spec;
} epl_type;
typedef struct {
    void *data;
    epl_type type;
} epl_array; /* your memory, row-major, no gaps */
typedef struct {
    size_t count;
    const epl_array *at;
} epl_arrays;

EPL_API epl_shape epl_shape_of(size_t rank, const int64_t *dim);
EPL_API epl_type epl_type_of(epl_dtype dtype, epl_shape shape);
/* Elements of a type; of a mixed tree, of all its leaves. 0 for an invalid type. */
EPL_API int64_t epl_count(epl_type t);
EPL_API size_t epl_bytes(epl_type t);
EPL_API size_t epl_dtype_bytes(epl_dtype d);
EPL_API const char *epl_dtype_name(epl_dtype d);     /* "f32"; "none" */
EPL_API epl_dtype epl_dtype_named(const char *name); /* EPL_NONE if unknown */
EPL_API bool epl_dtype_is_float(epl_dtype d);
EPL_API bool epl_type_equal(epl_type a, epl_type b); /* spec not compared */
/* Your memory as an array; a run writes outputs and updated inputs alone. */
EPL_API epl_array epl_at(const void *data, epl_type type);
/* "f32[8,3,32,32]" into a buffer of EPL_TYPE_TEXT bytes, which is returned. */
#define EPL_TYPE_TEXT 160
EPL_API const char *epl_type_text(epl_type t, char *buffer);

#ifndef __cplusplus
#define epl_dims(...) \
    epl_shape_of(EPL_COUNT(int64_t, 0, __VA_ARGS__) - 1, (int64_t[]){0, __VA_ARGS__} + 1)
#endif
#define epl_f32(...) epl_type_of(EPL_F32, epl_dims(__VA_ARGS__)) /* epl_f32() is a number */
#define epl_f64(...) epl_type_of(EPL_F64, epl_dims(__VA_ARGS__))
#define epl_i64(...) epl_type_of(EPL_I64, epl_dims(__VA_ARGS__))
#define EPL_KEY epl_i64(2)
#define EPL_AS_PASSED epl_type_of(EPL_NONE, epl_shape_of(0, NULL)) /* epl_jit only */
#define epl_arrays(...) \
    ((epl_arrays){EPL_COUNT(epl_array, __VA_ARGS__), (epl_array[]){__VA_ARGS__}})

/* -- keys: counter-based randomness, the same bits on every machine --------------- */
typedef struct {
    uint64_t word[2];
} epl_key;
EPL_API epl_key epl_seed(uint64_t seed);
EPL_API epl_key epl_key_fold(epl_key key, uint64_t n); /* another key, for another use */

#ifdef __cplusplus
}
template <class... N> epl_shape epl_dims(N... n)
{
    const int64_t dim[] = {0, static_cast<int64_t>(n)...};
    return epl_shape_of(sizeof...(n), dim + 1);
}
#endif
#endif
