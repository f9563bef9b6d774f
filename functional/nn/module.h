/* module.h -- a module's inside, for the files that make, apply and describe modules.
 * Layers do not include it: they use public headers alone. */
#ifndef EPL_NN_MODULE_H
#define EPL_NN_MODULE_H
#include <espalier/espalier.h>
#include "../../src/base/attr.h"
#include "../../src/graph/structure.h"

enum { EPL__MAX_ATTRS = 32, EPL__MAX_DEPTH = 64 };

struct epl_module_s {
    const epl_kind *kind;
    void *args;        /* a copy: defaults filled in, texts and lists its own */
    const bool *given; /* by attribute: named by the caller, or inferred */
    const epl_child *child;
    size_t children;
    int depth; /* of modules in modules; 1: it has none */
    epl_example example;
    epl_spec params, buffers; /* NULL before epl_infer */
};

/* What the text of an option list says of one attribute. */
typedef struct {
    bool given;
    int count;  /* elements between braces; 0: no braces, or names alone */
    bool alone; /* by its place, without its name */
} epl__option;
/* options[i] for attribute i. A name of no attribute is ignored: a compiler has seen it. */
void epl__options(const char *given, const epl_attr *attrs, epl__option *options);
size_t epl__attr_count(const epl_kind *k);
char *epl__text_copy(epl_scope *s, const char *text); /* NULL of NULL */
/* m and all below it, copied into s so that sizes can be filled in. */
struct epl_module_s *epl__module_copy(epl_scope *s, epl_module m);

/* -- Graph --------------------------------------------------------------------------------- */
/* A copy in s, its nodes sorted so that each comes after its inputs. False after an error:
 * unknown names, a cycle. */
bool epl__wiring_copy(epl_scope *s, const char *kind, const epl_wiring *from, epl_wiring *to);
#endif
