/* module.h -- modules: immutable descriptions of networks, and how they are applied.
 *
 * A module is a kind, its hyper-parameters and its named children. It holds no numbers.
 * Sizes left open are filled by epl_infer, from the type of an input; then epl_params_of and
 * epl_buffers_of give the layout of its numbers and epl_apply builds its computation.
 */
#ifndef ESPALIER_MODULE_H
#define ESPALIER_MODULE_H
#include <espalier/extend.h>
#include <espalier/tree.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef const struct epl_module_s *epl_module;
typedef struct epl_kind epl_kind;
typedef struct {
    const char *name; /* NULL or "": its index */
    epl_module module;
} epl_child;

/* A node of a Graph: a module, or an operation by torch's name. */
typedef struct {
    const char *name;
    epl_module module; /* this, or op */
    const char *op;    /* "add" */
    /* Names of nodes and of the graph's inputs, with spaces between: "a input". Of an operation:
     * its tensor arguments in order, "-" for one left out. "a.1" is the second result of a. */
    const char *inputs;
    const void *args;  /* of op: its struct, without those tensors; may be NULL */
    const char *given; /* the names in args that count: "alpha dim" */
} epl_node;
typedef struct {
    const char *inputs, *outputs; /* names, with spaces between */
    size_t count;
    const epl_node *node;
} epl_wiring;

/* -- making -------------------------------------------------------------------------------- */
/* args starts with the scope; its options are those that `given` names. NULL after an error. */
EPL_API epl_module epl_module_new(const epl_kind *kind, const void *args, const char *given);
EPL_API epl_module epl_module_from_json(epl_scope *s, const char *json);
EPL_API const char *epl_module_json(epl_scope *s, epl_module m); /* "" after an error */
/* m with every size known, for an input of this type, the batch axis included. The numbers
 * will have the input's dtype if it is floating, else f32. */
EPL_API epl_module epl_infer(epl_scope *s, epl_module m, epl_type input);
/* The same for a module of several inputs. */
EPL_API epl_module epl_infer_all(epl_scope *s, epl_module m, size_t count, const epl_type *input);
EPL_API epl_spec epl_params_of(epl_module m);  /* m inferred; its parameters: one vector [P] */
EPL_API epl_spec epl_buffers_of(epl_module m); /* its buffers (statistics of batch norm) */
#define EPL_MODULE(required, kind, type, ...)  /* required: arguments that are no option text */ \
    epl_module_new(kind, &(type){.scope = __VA_ARGS__},                                          \
                   "#" #required " " EPL_GIVEN##required(__VA_ARGS__))
#define EPL_CHILDREN(...) ((const epl_child[]){__VA_ARGS__, {NULL, NULL}})

/* What the description says of one example (without the batch axis), and the normalization
 * (x - mean) / std by channel that programs apply before the network; counts 0: none. */
typedef struct {
    epl_shape shape; /* rank 0: not told */
    size_t channels;
    const double *mean, *std;
    size_t inputs; /* of a module of several inputs, as epl_infer_all got them; else 0 */
    const epl_type *input;
} epl_example;
EPL_API epl_module epl_with_example(epl_scope *s, epl_module m, epl_example example);
EPL_API epl_example epl_example_of(epl_module m);
/* Integer images divided by 255, cast to dtype, then the example's normalization. */
EPL_API epl_val epl_prepare(epl_module m, epl_val x, epl_dtype dtype);

/* -- looking ------------------------------------------------------------------------------- */
EPL_API const epl_kind *epl_module_kind(epl_module m);
EPL_API const void *epl_module_args(epl_module m); /* the kind's struct, defaults filled in */
EPL_API size_t epl_module_children(epl_module m);
EPL_API epl_child epl_module_child(epl_module m, size_t i);
/* Was the attribute given (or inferred), or has it its default? */
EPL_API bool epl_module_has(epl_module m, const char *attribute);

/* -- applying ------------------------------------------------------------------------------ */
typedef struct {
    const char *path;
    epl_val *read;   /* gets what the path produces */
    epl_val replace; /* takes its place, if not none */
} epl_tap;
typedef struct {
    size_t count;
    const epl_tap *at;
} epl_taps;
#define epl_taps(...) ((epl_taps){EPL_COUNT(epl_tap, __VA_ARGS__), (epl_tap[]){__VA_ARGS__}})
typedef struct {
    epl_module net;
    epl_val params, input;
    epl_val *buffers; /* read, then set to the new ones */
    bool train;       /* default false */
    epl_val key;      /* needed by what is random in training */
    epl_taps taps;
    epl_vals more; /* further inputs of the module */
    epl_val *also; /* further outputs, as many as the kind says */
} epl_apply_args;
EPL_API epl_val epl_op_apply(const epl_apply_args *a, const char *given);
#ifndef __cplusplus
#define epl_apply(...) /* epl_apply(net, params, x) is evaluation: nothing random or updated */ \
    epl_op_apply(&(epl_apply_args){.net = __VA_ARGS__}, EPL_GIVEN3(__VA_ARGS__))
#endif

/* -- kinds of your own --------------------------------------------------------------------- */
typedef struct epl_ctx epl_ctx; /* one application of a module: its path, leaves, key, taps */
struct epl_kind {
    const char *name; /* torch.nn's class name, where there is one */
    int version;
    size_t args_size;
    const epl_attr *attrs; /* in the order of the struct, after the scope */
    /* Declares its leaves by epl_param in one order in both modes; epl_infer runs it too. */
    epl_val (*apply)(epl_ctx *c, const void *args, epl_val x);
    /* An older version's attributes made those of this one; may be NULL. */
    epl_status (*upgrade)(epl_scope *s, int from, void *args);
    const char *doc; /* the formula, one line */
};
/* Makes JSON know the kind; once a program. EPL_ERR_ARG: another kind has the name. */
EPL_API epl_status epl_kind_register(const epl_kind *k);
EPL_API const epl_kind *epl_kind_named(const char *name); /* NULL: none */
EPL_API const epl_kind *epl_kind_at(size_t i); /* built-in, then registered; NULL after the last */

EPL_API epl_val epl_param(epl_ctx *c, const char *name, epl_role role, epl_shape shape,
                          epl_initialiser init);
EPL_API epl_val epl_buffer(epl_ctx *c, const char *name, epl_shape shape, epl_initialiser init);
EPL_API epl_val epl_counter(epl_ctx *c, const char *name); /* an i64 buffer, one number, 0 */
EPL_API void epl_buffer_set(epl_ctx *c, const char *name, epl_val next);
/* The size that an open attribute (EPL_ATTR_OPEN) has, or gets: `found` in the input. A size
 * that was given and is not what the input has is an error. */
EPL_API int64_t epl_size(epl_ctx *c, const char *attribute, int64_t found);
/* The same for a list: what it is, or gets. */
EPL_API epl_ints epl_sizes(epl_ctx *c, const char *attribute, epl_ints found);
EPL_API epl_val epl_child_apply(epl_ctx *c, const char *child, epl_val x);
EPL_API epl_val epl_child_apply_at(epl_ctx *c, size_t i, epl_val x);
/* A child of several inputs and outputs: the first `room` results are written; returns how many
 * there are, 0 after an error. */
EPL_API size_t epl_child_results(epl_ctx *c, size_t i, epl_vals in, epl_val *out, size_t room);
/* Further inputs of this module, and further outputs. */
EPL_API epl_val epl_more(epl_ctx *c, size_t i);
EPL_API void epl_also(epl_ctx *c, size_t i, epl_val v);
EPL_API bool epl_training(const epl_ctx *c);
EPL_API bool epl_inferring(const epl_ctx *c); /* values have types alone */
EPL_API bool epl_has_key(const epl_ctx *c);
EPL_API epl_val epl_key_here(epl_ctx *c); /* folded with the path; an error if none was given */
EPL_API epl_module epl_ctx_module(const epl_ctx *c);
EPL_API epl_fn *epl_ctx_fn(const epl_ctx *c); /* where it is built: for epl_zeros and the like */
EPL_API const char *epl_ctx_path(const epl_ctx *c); /* "block1.conv2"; "" at the top */
EPL_API epl_dtype epl_ctx_dtype(const epl_ctx *c);  /* of the parameters */
/* The scope's error, with the path: "net.block1.conv2: ...". */
EPL_API epl_val epl_ctx_fail(epl_ctx *c, epl_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#ifdef __cplusplus
}
/* C++ has the short form; it fills an args struct itself where it wants the long one. */
inline epl_val epl_apply(epl_module net, epl_val params, epl_val input)
{
    epl_apply_args a = {};
    a.net = net, a.params = params, a.input = input;
    return epl_op_apply(&a, "");
}
#endif
#include <espalier/nn.h>
#endif
