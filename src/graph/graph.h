/* graph.h -- the graph of values inside a function.
 *
 * A function is a flat array of nodes; an operand's id is always smaller than its user's.
 * Nodes are never changed or removed, and live as long as the function. There are two
 * arrays: the main one, and the tape, which exists during a transform alone and holds
 * what is linear in the tangents (an operand on the tape puts a node there).
 *
 * Identity (the eight tests of tests/graph/test_identity.c):
 * - What a user builds is a new node, always: no sharing, no rewriting.
 * - What rules build (rule_depth > 0) is simplified and shared, among itself only.
 * - A transform returns its result through a copy node.
 * - Rewriting across both kinds happens when a plan is made, on a copy of the graph.
 */
#ifndef EPL_GRAPH_H
#define EPL_GRAPH_H
#include <espalier/extend.h>
#include "../base/arena.h"
#include "prim.h"

enum { EPL__CHUNK = 1024 };
#define EPL__TAPE 0x80000000u /* set in ids of the tape */
#define EPL__ID_NONE 0xffffffffu
typedef uint32_t epl__id;

typedef struct {
    const epl_prim *prim;
    const epl_type *type; /* interned in the function: equal types are one pointer */
    const void *attrs;    /* prim->attrs_size bytes, or NULL */
    const epl__id *in;
    uint32_t count;      /* operands */
    uint32_t hash, next; /* the table of shared nodes; next is an id or EPL__ID_NONE */
    uint32_t where;      /* module path and composite it came from, see epl__where */
} epl__node;

typedef struct {
    epl__node **chunk;
    uint32_t count, chunks;
    uint32_t *table; /* heads of hash chains; size a power of two; shared nodes only */
    uint32_t table_size, shared;
} epl__nodes;

typedef enum {
    EPL__FN_PLAIN,
    EPL__FN_MAP,
    EPL__FN_SCAN,
    EPL__FN_WHILE,
    EPL__FN_BRANCH, /* of a switch, or a checkpoint */
    EPL__FN_PROBLEM /* of one unknown: functional/solve/problem.c */
} epl__fn_kind;
enum { EPL__MAX_PARTS = 10 }; /* dtype ranges of a tree */
typedef struct {
    const char *name;
    epl_type type;  /* as the caller sees it: a tree has its spec */
    epl__id value;  /* inputs: the value. outputs: what is given out */
    epl__id update; /* inputs: next numbers, or EPL__ID_NONE */
} epl__port;

/* How an inner function takes a value in. */
typedef struct {
    epl__id inner, outer; /* outer: id in the parent */
    int axis;             /* mapped axis in outer, or one of the following */
} epl__entry;
enum { EPL__AS_PASSED_IN = -1, EPL__AS_USED = -2, EPL__AS_CARRIED = -3 };

struct epl_fn {
    epl_scope *scope;
    epl_fn *parent; /* NULL for a plain function */
    int depth;
    epl__fn_kind kind;
    const char *name;
    bool closed;
    int rule_depth; /* > 0 while rules build */
    epl__nodes main, tape;
    epl__arena arena, tape_arena;
    epl_type **types; /* interned */
    uint32_t type_count, type_room;
    uint32_t *type_table, type_table_size;
    epl__port *input, *output;
    uint32_t inputs, input_room, outputs, output_room;
    uint32_t input_nodes; /* input primitives so far: a mixed tree has several */
    const char **where;
    uint32_t *where_table; /* by hash: 1 + a place; twice where_room */
    uint32_t where_count, where_room, where_now;
    struct epl__derived *derived;     /* names of derivatives: src/graph/where.c */
    int check;                        /* of its plans: an epl_check */
    uint32_t *mark, mark_room, epoch; /* epoch-stamped marks of walks, main ids */
    /* inner functions */
    epl__entry *entry;
    uint32_t entries, entry_room;
    int64_t mapped_size, chunk;     /* -1: no epl_each yet */
    struct epl__chunks *chunks;     /* of a map in chunks, once it is closed */
    struct epl__flow *flow;         /* of loops and branches: src/graph/flow.c */
    struct epl__memo *memo;         /* regions that were mapped into this function */
    void *problem;                  /* of EPL__FN_PROBLEM */
    const struct epl__choice *kept; /* of a checkpoint's body: src/transform/checkpoint.c */
    struct epl__narrowed *narrowed; /* of a region's first body: src/transform/region_jvp.c */
    /* jit: the types of the arguments, by position; NULL otherwise */
    const epl_type *passed;
    size_t passed_count;
};

/* -- access ------------------------------------------------------------------------- */
static inline epl__node *epl__node_at(const epl_fn *f, epl__id id)
{
    const epl__nodes *n = id & EPL__TAPE ? &f->tape : &f->main;
    uint32_t i = id & ~EPL__TAPE;
    return &n->chunk[i / EPL__CHUNK][i % EPL__CHUNK];
}
/* Not built by a rule: someone may have its handle, and ask for the derivative with respect to it.
 * So what is made of it must go on to depend on it. */
static inline bool epl__is_own(const epl__node *n)
{
    return !n->hash;
}
static inline epl_val epl__val(const epl_fn *f, epl__id id)
{
    return id == EPL__ID_NONE ? EPL_NO_VAL : (epl_val){f, id};
}
static inline epl__id epl__id_of(epl_val v)
{
    return v.graph ? (epl__id)v.id : EPL__ID_NONE;
}
/* The function of a value that is not a plain number; NULL otherwise. */
epl_fn *epl__fn_of(epl_val v);
/* Has each item of an option text its name? An error otherwise. */
bool epl__all_named(epl_fn *f, const char *given);
bool epl__is_num(epl_val v);
/* A list as it can be read: one without memory is empty. */
static inline epl_vals epl__listed(epl_vals v)
{
    return v.at ? v : (epl_vals){0, NULL};
}
/* The number as f64 and i64; its weak dtype: EPL_F64, EPL_I64 or EPL_BOOL. */
epl_dtype epl__num_read(epl_val v, double *number, int64_t *integer);

/* -- building ----------------------------------------------------------------------- */
/* The node's value, or none with the scope's error set. Operands must be ids of f. In the
 * rule phase the node is simplified and shared. type: NULL lets the primitive say. */
epl_val epl__build(epl_fn *f, const epl_prim *p, const epl__id *in, size_t count, const void *attrs,
                   const epl_type *type);
/* All values in the deepest function among them: outer ones are taken in. NULL after an
 * error (a closed function, functions of two scopes, none among the operands). */
epl_fn *epl__meet(epl_vals in, epl__id *id, const char *op);
/* A hidden input of the inner function f for a value of its parent: axis of epl_each, or how
 * else it comes in. */
epl_val epl__entry_add(epl_fn *f, epl__id outer, int axis);
/* The scope's error, with the module path where f is building. */
void epl__fail(epl_fn *f, epl_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* May nodes be built in f? False after an error, which is told here if f is closed. */
bool epl__is_open(epl_fn *f, const char *op);
/* Constants: a splat of one number with a shape. */
epl_val epl__splat(epl_fn *f, epl_dtype dtype, epl_shape shape, double value, int64_t integer);
bool epl__splat_is(const epl_fn *f, epl__id id, double value); /* a constant, all `value` */
const epl_type *epl__type_intern(epl_fn *f, const epl_type *t);
/* A place name for the nodes that follow; returns the former one, to be given back. */
uint32_t epl__where(epl_fn *f, const char *name); /* "net.conv1" or "net.conv1:softmax" */
/* What follows in `to` has the place `where` of `from`. seen: zeros at first, from->where_count of
 * them, so that a walk copies each place once; not read if both are one function. */
void epl__where_copied(epl_fn *to, const epl_fn *from, uint32_t where, uint32_t *seen);
/* The place of what is built for the derivative of p, an operation of place `where`. */
uint32_t epl__where_derivative(epl_fn *f, uint32_t where, const epl_prim *p);
static inline void epl__rules_begin(epl_fn *f)
{
    f->rule_depth++;
}
static inline void epl__rules_end(epl_fn *f)
{
    f->rule_depth--;
}
void epl__tape_clear(epl_fn *f);
/* live[id], set for some, spreads to all that they are computed from. */
void epl__live_below(const epl_fn *f, bool *live);
/* Marks of a walk: a fresh epoch, all main ids unmarked. False without memory. */
bool epl__marks(epl_fn *f);
epl_fn *epl__fn_make(epl_scope *s, epl_fn *parent, epl__fn_kind kind, const char *name);
/* An input on the tape, where a transform starts. */
epl__id epl__tape_input(epl_fn *f, const epl_type *t);
/* A simplified value for p(in), or EPL__ID_NONE to build the node: src/graph/simplify.c. */
epl__id epl__simplify(epl_fn *f, const epl_prim *p, const epl__id *in, size_t count,
                      const void *attrs, const epl_type *type);
/* The slice of an assembled or padded array as one of its single piece, or as zeros where it
 * has none: src/graph/pieces.c. EPL__ID_NONE: it is neither. */
epl__id epl__slice_of_pieces(epl_fn *f, epl__id x, const epl__slice_attrs *a, const epl_type *type);
/* The cone of the outputs and updates copied into a fresh function of scope s, rewritten
 * and shared: what a plan is made from. Inputs keep their order. */
epl_fn *epl__simplified(epl_scope *s, const epl_fn *f);
/* Ids sorted, operands before users, types as the primitives say: NULL, or what is wrong. */
const char *epl__check(epl_fn *f);
/* "%12 = add f32[3] %4 %7" into text. */
void epl__node_text(const epl_fn *f, epl__id id, char *text, size_t size);
void epl__attrs_text(const epl_attr *table, const void *attrs, char *text, size_t size);

#endif
