/* tree.h -- specs and trees: the layout of parameters, and their numbers.
 *
 * A spec lists leaves (path, dtype, shape) in order. All leaves of one dtype lie back to
 * back, without padding; larger element sizes come first. A tree is a spec and one buffer.
 * Inside a function a tree is one value (fn.h); a leaf is a view of it.
 */
#ifndef ESPALIER_TREE_H
#define ESPALIER_TREE_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    EPL_WEIGHT = 1,
    EPL_BIAS,
    EPL_NORM, /* scale and shift of a normalization */
    EPL_EMBEDDING,
    EPL_STATISTIC, /* a buffer */
    EPL_SLOT       /* of an optimizer */
} epl_role;
EPL_API const char *epl_role_name(epl_role r); /* "weight", "bias", "norm", ... */

/* How a leaf gets its first numbers. Each leaf draws from the key folded with its path, so
 * adding a leaf never changes another's numbers. */
typedef enum { EPL_INIT_FULL = 0, EPL_INIT_UNIFORM, EPL_INIT_NORMAL } epl_init_kind;
typedef struct {
    epl_init_kind kind;
    double a, b;   /* value, -; low, high; mean, deviation */
    int64_t zeros; /* 1 + an entry of the first axis that is 0; 0: none */
} epl_initialiser;
EPL_API epl_initialiser epl_init_full(double value);
EPL_API epl_initialiser epl_init_uniform(double low, double high);
EPL_API epl_initialiser epl_init_normal(double mean, double deviation);

typedef struct {
    const char *path; /* "block1.conv2.weight" */
    epl_dtype dtype;
    epl_shape shape;
    epl_role role;
    epl_initialiser init;
    int64_t offset; /* in elements, from the start of its dtype's range; set by the spec */
} epl_leaf_spec;

/* Leaves in their order; offsets are computed. Paths must differ and not be empty. */
EPL_API epl_spec epl_spec_new(epl_scope *s, size_t count, const epl_leaf_spec *leaves);
EPL_API int64_t epl_spec_count(epl_spec spec); /* elements of all leaves, P */
EPL_API size_t epl_spec_leaves(epl_spec spec);
EPL_API const epl_leaf_spec *epl_spec_leaf(epl_spec spec, size_t i);         /* NULL out of range */
EPL_API const epl_leaf_spec *epl_spec_find(epl_spec spec, const char *path); /* or NULL */
EPL_API const char *epl_spec_text(epl_scope *s, epl_spec spec);              /* a table, to read */
EPL_API epl_spec epl_spec_cast(epl_scope *s, epl_spec spec, epl_dtype dtype); /* floats only */
/* The matching rule of globs: * within a name, ** across dots, "@norm" is a role. */
EPL_API bool epl_glob(const char *glob, const epl_leaf_spec *leaf);

/* Optimizer state: for each name a copy of the layout, "NAME.PATH"; "step[]" is one number. */
EPL_API epl_spec epl_slots_of(epl_scope *s, epl_spec spec, const char *const *names);
#define epl_slots(s, spec, ...) epl_slots_of(s, spec, (const char *const[]){__VA_ARGS__, NULL})

/* -- trees: the numbers -------------------------------------------------------------------- */
typedef struct epl_tree epl_tree;
EPL_API epl_tree *epl_init(epl_scope *s, epl_spec spec, epl_key key); /* by the initialisers */
EPL_API epl_tree *epl_tree_new(epl_scope *s, epl_spec spec);          /* zeros */
EPL_API epl_tree *epl_tree_borrow(epl_scope *s, epl_spec spec, void *data); /* your memory */
EPL_API void epl_tree_init(epl_tree *t, epl_key key);
EPL_API epl_spec epl_tree_spec(const epl_tree *t);
EPL_API epl_array epl_tree_array(const epl_tree *t); /* the whole, to pass to a run */
EPL_API epl_array epl_tree_leaf(const epl_tree *t, const char *path); /* data NULL: none */

/* -- trees inside a function --------------------------------------------------------------- */
EPL_API epl_val epl_leaf(epl_spec spec, epl_val tree, const char *path); /* a view */
EPL_API epl_val epl_leaf_at(epl_spec spec, epl_val tree, size_t i);
/* All numbers 0: the state that an optimizer starts with, inside of a task, say:
 * epl_tree_zeros(task, epl_opt_adam_state(epl_val_scope(theta), spec)). */
EPL_API epl_val epl_tree_zeros(epl_fn *f, epl_spec spec);
/* The tree with some leaves replaced: values[i] is none where leaf i stays. */
EPL_API epl_val epl_tree_with(epl_spec spec, epl_val tree, const epl_val *values);
/* No gradient through the leaves that match. */
EPL_API epl_val epl_freeze(epl_spec spec, epl_val tree, const char *glob);
typedef struct {
    const char *glob;
    double value;
} epl_rule;
/* [P]: the value of the first rule that matches a leaf; a leaf that none matches is an error. */
EPL_API epl_val epl_rules_of(epl_fn *f, epl_spec spec, const epl_rule *rules);
#define epl_by_path(f, spec, ...) epl_rules_of(f, spec, (const epl_rule[]){__VA_ARGS__, {NULL, 0}})

#ifdef __cplusplus
}
#endif
#endif
