/* module.h -- a module's inside, for the files of this folder that make and apply modules.
 * Layers do not include it: they use public headers alone. */
#ifndef EPL_NN_MODULE_H
#define EPL_NN_MODULE_H
#include <espalier/espalier.h>
#include "../../src/graph/structure.h"

struct epl_module_s {
    const epl_kind *kind;
    void *args;            /* a copy: defaults filled in, texts and lists its own */
    const bool *given;     /* by attribute: named by the caller, or inferred */
    const epl_child *child;
    size_t children;
    epl_example example;
    epl_spec params, buffers; /* NULL before epl_infer */
    epl_type input;           /* of epl_infer */
};

/* What the text of an option list says of one attribute. */
typedef struct {
    bool given;
    int count; /* elements between braces; 0: no braces, or names alone */
} epl__option;
/* options[i] for attribute i. Names of no attribute are not found here: a compiler has
 * refused them, or the caller's names are checked by epl_module_new. */
void epl__options(const char *given, const epl_attr *attrs, epl__option *options);
enum { EPL__MAX_ATTRS = 32 };
/* Checks a value of the args struct against its row: the text of what is wrong, or NULL. */
const char *epl__attr_wrong(const epl_attr *a, const void *args, char *text, size_t size);
/* m and all below it, copied into s so that sizes can be filled in. */
struct epl_module_s *epl__module_copy(epl_scope *s, epl_module m);
#endif
