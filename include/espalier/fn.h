/* fn.h -- functions of values: what is to be computed, and its derivatives.
 *
 * A function is built by statements: inputs, operations, outputs. A value is a handle of
 * two words; an operation on values gives a new value. Nothing is computed until a plan
 * runs (plan.h) or a value is asked for (epl_eval).
 *
 * Identity: every call that you make returns a value of its own, also when it computes
 * what another one computes, and "the gradient with respect to x" means that very handle.
 */
#ifndef ESPALIER_FN_H
#define ESPALIER_FN_H
#include <espalier/base.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct epl_fn epl_fn;
typedef struct {
    const void *graph;
    uint64_t id;
} epl_val; /* all zero: none */
typedef struct {
    size_t count;
    const epl_val *at;
} epl_vals;
#define EPL_NO_VAL ((epl_val){NULL, 0})
/* What a macro with n required arguments, a value first, hands over: the struct and the text of
 * what is given by name. Something that stands there without a name is an error. */
#define EPL_ARGS1(type, field, ...) \
    &(type){.field = EPL_NAMED1(__VA_ARGS__)}, EPL_GIVEN1(__VA_ARGS__)
#define EPL_ARGS2(type, field, ...) \
    &(type){.field = EPL_NAMED2(__VA_ARGS__)}, EPL_GIVEN2(__VA_ARGS__)
#define EPL_ARGS3(type, field, ...) \
    &(type){.field = EPL_NAMED3(__VA_ARGS__)}, EPL_GIVEN3(__VA_ARGS__)
#define EPL_ARGS4(type, field, ...) \
    &(type){.field = EPL_NAMED4(__VA_ARGS__)}, EPL_GIVEN4(__VA_ARGS__)
#define EPL_NAMED1_(a, ...) epl_by_name(a, #__VA_ARGS__), __VA_ARGS__
#define EPL_NAMED2_(a, b, ...) epl_by_name(a, #__VA_ARGS__), b, __VA_ARGS__
#define EPL_NAMED3_(a, b, c, ...) epl_by_name(a, #__VA_ARGS__), b, c, __VA_ARGS__
#define EPL_NAMED4_(a, b, c, d, ...) epl_by_name(a, #__VA_ARGS__), b, c, d, __VA_ARGS__
#define EPL_NAMED1(...) EPL_NAMED1_(__VA_ARGS__, )
#define EPL_NAMED2(...) EPL_NAMED2_(__VA_ARGS__, )
#define EPL_NAMED3(...) EPL_NAMED3_(__VA_ARGS__, )
#define EPL_NAMED4(...) EPL_NAMED4_(__VA_ARGS__, )
EPL_API epl_val epl_by_name(epl_val v, const char *given); /* v, or none after that error */
#define epl_list(...) ((epl_vals){EPL_COUNT(epl_val, __VA_ARGS__), (epl_val[]){__VA_ARGS__}})

/* -- building --------------------------------------------------------------------- */
/* A new function; NULL only after an error of s, and NULL is accepted everywhere. */
EPL_API epl_fn *epl_fn_new(epl_scope *s, const char *name);
/* Inputs are numbered in the order of these calls, outputs in theirs. A name is given
 * once. In epl_jit, open dimensions and EPL_AS_PASSED are filled from the arguments. */
EPL_API epl_val epl_input(epl_fn *f, const char *name, epl_type type);
/* A tree as one value: [P] if its leaves have one dtype, else a mixed tree. */
EPL_API epl_val epl_input_tree(epl_fn *f, const char *name, epl_spec spec);
EPL_API void epl_output(epl_fn *f, const char *name, epl_val v);
/* A run writes `next` over the numbers of that input, after all reads of the old ones. */
EPL_API void epl_update(epl_fn *f, const char *input, epl_val next);
/* The outputs of `callee` (closed by this) with `in` for its inputs, in order; as many
 * values as it has outputs are written to out. A function with updates cannot be called. */
EPL_API void epl_call(epl_fn *callee, epl_vals in, epl_val *out);

EPL_API epl_val epl_num(double c);  /* a plain number: promotes weakly, needs no graph */
EPL_API epl_val epl_int(int64_t c); /* the same, an integer */
EPL_API epl_val epl_flag(bool c);   /* the same, a boolean */
EPL_API epl_val epl_data(epl_fn *f, epl_array a); /* numbers that are known now (copied) */
EPL_API epl_val epl_copy(epl_val v);              /* the same number, a variable of its own */
EPL_API epl_val epl_stop_gradient(epl_val v);     /* v; its derivative is zero */

/* Safe on a none or failed value: dtype EPL_NONE, dimension 0, rank 0. */
EPL_API epl_type epl_typeof(epl_val v);
EPL_API int64_t epl_dim(epl_val v, int axis); /* a negative axis counts from the end */
EPL_API int epl_rank(epl_val v);
EPL_API bool epl_is_none(epl_val v);
/* The scope of a value's function, NULL for none and plain numbers. */
EPL_API epl_scope *epl_val_scope(epl_val v);
/* The function as text, a line a node; lives in the scope. "" after an error. Below a loop or a
 * branch stand its bodies: how their values come in, what they give, and their nodes. */
EPL_API const char *epl_fn_text(epl_fn *f);
/* Nodes built so far, dead ones included; for tests and measurements. */
EPL_API size_t epl_fn_nodes(const epl_fn *f);

/* -- derivatives: of a value, with respect to values of the same function ---------- */
/* dy/dx of y, one floating number; shape and dtype of x. Again a value: any order. Zeros where y
 * was not computed from that handle: a leaf or a copy that is taken from theta after y was made. */
EPL_API epl_val epl_gradient(epl_val y, epl_val x);
/* One for each x, in one sweep; each is what epl_gradient(y, x) gives. */
EPL_API void epl_gradients(epl_val y, epl_vals x, epl_val *out);
/* u' dy/dx, u of y's type. A vector of one of these products may be a value of an inner function,
 * of a loop or a map: then so is the product. */
EPL_API epl_val epl_vjp(epl_val y, epl_val x, epl_val u);
EPL_API void epl_vjps(epl_vals y, epl_vals x, epl_vals u, epl_val *out);
/* dy/dx v, v of x's type. */
EPL_API epl_val epl_jvp(epl_val y, epl_val x, epl_val v);
EPL_API void epl_jvps(epl_vals y, epl_vals x, epl_vals v, epl_val *out);
/* d2y/dx2 v: the jvp of the gradient. */
EPL_API epl_val epl_hvp(epl_val y, epl_val x, epl_val v);
/* [n, n] for x of n elements: hvp mapped over the unit vectors. */
EPL_API epl_val epl_hessian(epl_val y, epl_val x);

/* -- inner functions: for each ------------------------------------------------------ *
 * Build inside with values that came in; values of outer functions may be used as they
 * are (they are computed once, outside). Take results last: the first one closes it. */
typedef struct {
    epl_fn *parent;
    int64_t chunk; /* entries at once; default all; 1: in turn, each as in a loop. Memory stays
                      at one chunk's, also under derivatives, which make its values again */
} epl_map_args;
EPL_API epl_fn *epl_map_new(const epl_map_args *a, const char *given);
#define epl_map(...) /* for each i at once (vmap) */ \
    epl_map_new(&(epl_map_args){.parent = __VA_ARGS__}, EPL_GIVEN1(__VA_ARGS__))
EPL_API epl_val epl_each(epl_fn *f, epl_val x, int axis); /* in: x without that axis */
EPL_API epl_val epl_pass(epl_fn *f, epl_val x);    /* in: the same x, a variable of its own */
EPL_API epl_val epl_collect(epl_fn *f, epl_val v); /* out: v of all entries, first axis */
/* Several: what epl_collect gives for each. */
EPL_API void epl_collects(epl_fn *f, epl_vals v, epl_val *out);

#ifdef __cplusplus
}
#endif
#endif
