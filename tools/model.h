/* model.h -- MODEL on the command line: a built-in network, a description, a saved file. */
#ifndef TOOLS_MODEL_H
#define TOOLS_MODEL_H
#include <espalier/espalier.h>
#include "text.h"

typedef struct {
    epl_module net;   /* inferred by model_fit */
    const char *loss; /* that goes with it; NULL: the targets decide */
    epl_file *file;   /* the saved file; NULL: a description */
    const char *path; /* of the file */
} model;

/* False: the scope has failed. */
bool model_open(epl_scope *s, const char *name, model *m);
/* "mnist-cnn", ... for --help. */
const char *model_names(void);
/* The dtype in which a network computes with the parameters of a file; EPL_NONE if it holds
 * no floating parameters. */
epl_dtype model_file_dtype(epl_file *f);
/* All sizes known, for inputs of this type (any dtype) and numbers of that dtype. */
bool model_fit(epl_scope *s, model *m, epl_type input, epl_dtype dtype);
/* The layout with floats of that dtype; NULL if it has no leaves. */
epl_spec model_layout(epl_scope *s, epl_spec spec, epl_dtype dtype);
/* Keys of a seed: a use of its own for each. Parameters; the order of an epoch; what is
 * random in a step. */
epl_key model_key(int64_t seed);
epl_key model_order_key(int64_t seed, int64_t epoch);
epl_key model_step_key(int64_t seed, int64_t step);
/* Parameters and buffers by name out of a file. Names that are not expected are told on
 * standard error; all that is missing or does not fit is told in the scope at once. */
bool model_load(epl_scope *s, epl_file *f, epl_tree *params, epl_tree *buffers, const char *name,
                const char *command);
/* The type of the output for this input; dtype EPL_NONE after an error. */
epl_type model_output(epl_scope *s, epl_module net, epl_spec params, epl_spec buffers,
                      epl_type input, epl_dtype dtype);
/* What --check says: nan, finite, or NULL for none. False: something else. */
bool model_check(const char *word, epl_check *check);
/* Text of a whole file; NULL: the scope has failed. */
char *model_read_text(epl_scope *s, const char *path);

#endif
