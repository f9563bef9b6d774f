/* file.h -- files: safetensors, with the network's description and the state of a run.
 *
 * Tensors stand under their paths: parameters and buffers as they are, optimizer state as
 * "optim.SLOT.PATH", averages as "ema.PATH". A save is atomic: whatever happens, the old file
 * or the new one is there. A file that is not as it should be is an error, never a crash.
 */
#ifndef ESPALIER_FILE_H
#define ESPALIER_FILE_H
#include <espalier/module.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- reading ------------------------------------------------------------------------------- */
typedef struct epl_file epl_file;
/* Maps a file and checks all of its header. NULL after an error, which stays in the scope. */
EPL_API epl_file *epl_open(epl_scope *s, const char *path);
/* The network that the file describes, inferred; an error in the scope if it has none. */
EPL_API epl_module epl_file_module(epl_file *f);
EPL_API const char *epl_file_run(const epl_file *f); /* what .run was when it was saved, or NULL */
/* Text by key, "espalier.description" for the network's; NULL: none. */
EPL_API const char *epl_file_meta(const epl_file *f, const char *key);
EPL_API const char *epl_file_meta_key(const epl_file *f, size_t i); /* NULL after the last */

EPL_API size_t epl_file_tensors(const epl_file *f); /* how many, in the order of the data */
EPL_API const char *epl_file_name(const epl_file *f, size_t i);
EPL_API epl_type epl_file_type(const epl_file *f, size_t i);     /* EPL_NONE: not known here */
EPL_API const char *epl_file_dtype(const epl_file *f, size_t i); /* its name there: "F8_E4M3" */
/* Numbers of the file, not to be changed, as long as its scope lives. data NULL: there is none
 * of that name, or of a dtype that is not known here. */
EPL_API epl_array epl_file_tensor(epl_file *f, const char *name);

/* -- reading a tree ------------------------------------------------------------------------ */
typedef enum { EPL_FAIL = 1, EPL_SKIP } epl_policy;
typedef struct {
    size_t matched, missing, unexpected, misshapen, mistyped;
    const char *text; /* a line for each that did not match; lives with the file */
} epl_report;
typedef struct {
    epl_file *file;
    epl_tree *tree;
    epl_report *report;                      /* filled in any case */
    epl_policy missing, misshapen, mistyped; /* default EPL_FAIL: then nothing is written */
    epl_policy unexpected;                   /* default EPL_SKIP: named in the report */
    const char *prefix; /* "optim." for a state, "ema." for averages; default none */
    epl_spec beside;    /* leaves of another tree, which are not unexpected */
} epl_load_args;
/* The tree's leaves by name. Floats are cast to the tree's dtype; a missing count of batches
 * ("num_batches_tracked") stays as it is. EPL_ERR_MATCH names all that does not match at once;
 * a failure stays in the file's scope, too. */
EPL_API epl_status epl_file_load(const epl_load_args *a, const char *given);
#define epl_load(...) /* epl_load(file, tree, .report = &report, .missing = EPL_SKIP) */ \
    epl_file_load(&(epl_load_args){.file = __VA_ARGS__}, EPL_GIVEN2(__VA_ARGS__))
/* The file's numbers as a tree, without a copy: what is written to it stays in memory. NULL, and
 * no error, if the leaves do not lie in the file as in the tree. */
EPL_API epl_tree *epl_tree_mapped(epl_file *f, epl_spec spec);

/* -- writing ------------------------------------------------------------------------------- */
typedef struct {
    const char *name;
    epl_array array;
} epl_named;
typedef struct {
    const char *prefix; /* before each path: "grad." */
    const epl_tree *tree;
} epl_part;
typedef struct {
    const char *path;
    epl_module net; /* its description */
    const epl_tree *params, *buffers, *state, *ema;
    const char *run; /* JSON of the caller's own: where a training stands */
    size_t part_count;
    const epl_part *parts; /* further trees */
    size_t tensor_count;
    const epl_named *tensors; /* further tensors */
} epl_save_args;
/* Writes a temporary file beside it, syncs, and renames. A failure stays in the scope. Equal
 * arguments give equal bytes. */
EPL_API epl_status epl_file_save(epl_scope *s, const epl_save_args *a, const char *given);
/* Lists, their lengths with them: epl_save(s, "x.safetensors", epl_tensors({"x", x}, {"y", y})). */
#define epl_tensors(...)                                                                    \
    .tensor_count = EPL_COUNT(const epl_named, __VA_ARGS__), .tensors = (const epl_named[]) \
    {                                                                                       \
        __VA_ARGS__                                                                         \
    }
#define epl_parts(...)                                                                \
    .part_count = EPL_COUNT(const epl_part, __VA_ARGS__), .parts = (const epl_part[]) \
    {                                                                                 \
        __VA_ARGS__                                                                   \
    }
#define epl_save(s, ...) /* epl_save(s, "net.safetensors", .net = net, .params = theta) */ \
    epl_file_save(s, &(epl_save_args){.path = __VA_ARGS__}, EPL_GIVEN1(__VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
