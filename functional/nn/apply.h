/* apply.h -- one application of a module, inside: what ctx.c and apply.c share. */
#ifndef EPL_NN_APPLY_H
#define EPL_NN_APPLY_H
#include "../../src/base/scope.h"
#include "../../src/base/spec.h"
#include "../../src/base/type.h"
#include "module.h"

enum { EPL__PATH = 1024 };

/* Leaves that were declared while sizes are inferred, and where each path stands. */
typedef struct {
    epl_leaf_spec *leaf;
    size_t count, room;
    uint32_t *table; /* 1 + index by hash of the path; 0: empty */
    uint32_t table_size;
} epl__leaves;

/* What all contexts of one application share. */
typedef struct {
    epl_fn *f;
    epl_scope *scope;
    bool infer, train;
    epl__leaves params, buffers; /* infer: declared so far */
    epl_spec param_spec, buffer_spec;
    epl_val param_tree, buffer_tree, key;
    epl_val *next; /* by buffer: its new value, or none */
    size_t cursor; /* leaves are mostly asked for in order */
    epl_dtype dtype;
    epl_taps taps;
} epl__application;

struct epl_ctx {
    epl__application *r;
    struct epl_module_s *m;
    const char *path;
    epl_vals more;
    epl_val *also;        /* further results go here, up to `room` */
    size_t room, results; /* results: how many there were */
};

static inline bool epl__ctx_ok(const epl_ctx *c)
{
    return epl_scope_status(c->r->scope) == EPL_OK;
}

/* "a.b" of the context's path and a name. False, with an error, if that is too long. */
bool epl__ctx_join(epl_ctx *c, const char *name, char *buffer);
#endif
