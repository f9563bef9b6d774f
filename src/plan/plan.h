/* plan.h -- a compiled function, and the tables of its making.
 *
 *   simplified graph -> views (which memory, which strides) -> steps (what is done together)
 *   -> places (outputs, updates and pieces of assembled vectors are written where they
 *   belong) -> memory (one static workspace) -> calls (prepared kernels)
 *
 * Steps run in their order; a step's parts may run in parallel. What a step reads was
 * written by an earlier one, is an argument, or is known at compile time.
 */
#ifndef EPL_PLAN_INTERNAL_H
#define EPL_PLAN_INTERNAL_H
#include <espalier/plan.h>
#include "../graph/region.h"
#include "../kernel/kernel.h"
#include "args.h"

/* -- what a run needs: const after compiling --------------------------------------------- */
/* slot 0 is the workspace, 1 .. inputs the inputs, then the outputs; -1: byte is an address. */
typedef struct {
    int32_t slot;
    int64_t byte;
} epl__place;
typedef struct epl__program epl__program;
/* A region: its bodies' programs, and bytes of what goes in and out at a step. */
typedef struct {
    const epl__layout *layout;
    const epl__program **body; /* of a while: the condition, then the step */
    uint32_t predicates;
    int64_t *carry_bytes, *spare;       /* by carried value; spare: bytes into own */
    int64_t *given_bytes, *entry_bytes; /* by further output; by operand */
    int64_t flag;                       /* of a while: bytes into own */
    size_t own, space, slots;           /* its memory; a body's; a body's pointers */
    double cost;
} epl__run_region;
typedef struct {
    const epl__call *call; /* or NULL: prim's own kernel on whole arrays, or a region */
    const epl__run_region *region;
    const epl_prim *prim;
    const void *attrs;
    epl_type *type;    /* prim: of the result, then of the operands */
    epl__place *place; /* results first, then operands */
    uint32_t places;
    const char *where;
    const struct epl__check *check; /* of a checked plan: src/plan/check.h */
} epl__step;
struct epl__program {
    epl__arena arena; /* all of it */
    const char *name;
    epl__port *input, *output;
    uint32_t inputs, outputs;
    epl__step *step;
    uint32_t steps, step_room, most_places;
    uint32_t once;              /* of a loop's body: the first steps, run at its first step alone */
    size_t workspace, scratch;  /* bytes; scratch for each thread */
    size_t nested;              /* bytes behind the workspace, for regions */
    size_t inner_slots;         /* pointers of their bodies */
    uint32_t most_arrays;       /* places of a step, bodies included */
    double cost, once_cost;     /* nanoseconds on one core, roughly */
    bool fallible;              /* a run may end with an error of its data */
    int check;                  /* an epl_check */
    bool *watched;              /* checked: inputs that are read */
    epl__program *inner, *next; /* of regions: freed with this one */
};
/* Pointers that a run of p needs: workspace, inputs, outputs, a step's, and those of bodies. */
static inline size_t epl__slots(const epl__program *p)
{
    return 1 + p->inputs + p->outputs + p->most_places + p->inner_slots;
}

/* Closes nothing; f must not change. NULL: s has failed with the text. The program takes
 * memory from alloc, f's is not needed afterwards; whoever made it frees it. */
epl__program *epl__program_make(epl_scope *s, const epl_alloc *alloc, const epl_fn *f);
void epl__program_free(epl__program *p);
/* The body of a loop. same: by input, whether it is what it was at the step before; spare:
 * bytes that may be taken to pack matrices once. */
epl__program *epl__body_make(epl_scope *s, const epl_alloc *alloc, const epl_fn *f,
                             const bool *same, int64_t spare);
/* A step a line, with its kernel, where it reads and writes, and the place in the model. */
size_t epl__program_text(const epl__program *p, char *text, size_t size);

/* -- the making ------------------------------------------------------------------------------ */
/* An array as it is read: memory of node `root`, or a constant. */
typedef struct {
    epl__id root; /* EPL__ID_NONE: all elements are `value` */
    double value;
    int64_t integer;
    int64_t offset, stride[EPL_MAX_RANK]; /* elements */
} epl__view;

typedef enum {
    EPL__STEP_TILE,
    EPL__STEP_PACK,  /* a view made contiguous */
    EPL__STEP_PANEL, /* an operand packed for its product */
    EPL__STEP_FILL,
    EPL__STEP_DOT,
    EPL__STEP_CONV,
    EPL__STEP_REDUCE,
    EPL__STEP_GATHER,
    EPL__STEP_SCATTER,
    EPL__STEP_ASSEMBLE,
    EPL__STEP_POOL,
    EPL__STEP_KERNEL,
    EPL__STEP_REGION,
    EPL__STEP_GIVE /* into an output or an updated input */
} epl__step_kind;
typedef struct {
    epl__step_kind kind;
    epl__id id;      /* what it makes; a tile step: its first member */
    epl__id *member; /* tile: members in order */
    epl__id *read;   /* tile: distinct operands from outside so far */
    uint32_t members, reads;
    epl__view view;     /* pack, give: what is read */
    epl__view *operand; /* what is read, by operand; NULL: the operands' own views */
    uint32_t port;      /* give: which, and bytes into its array */
    int64_t byte;
    bool to_output;
    bool fallible; /* a run may fail here */
    bool once;     /* in a loop: its numbers are the same at every step */
    int packed;    /* dot: operand packed - 1 comes as node `panel` */
    epl__id panel;
    const epl__gemm_desc *desc; /* panel: the product's */
} epl__plan_step;

/* A node that has memory. */
typedef struct {
    int step, first, last; /* made by, first written by, last read by; -1: before all steps */
    bool stored;           /* read from memory at all (members of a tile step may not be) */
    bool placed;           /* place is decided: not in the workspace by itself */
    epl__id over;          /* lies over this input's numbers, or EPL__ID_NONE */
    epl__id host;          /* lies inside this assembled node, or EPL__ID_NONE */
    epl__place place;      /* of its first element */
    int64_t stride[EPL_MAX_RANK]; /* elements, by its own axes */
    int64_t bytes;
    uint32_t users; /* reads by other steps, views looked through */
} epl__memory;

typedef struct {
    epl_scope *scope;
    epl_fn *f;            /* simplified */
    epl__arena arena;     /* for the making alone */
    epl__source *source;  /* of input nodes: port and byte */
    uint32_t nodes, room; /* ids in use: f's, then packed ones; room for ids */
    const epl_type **type;
    epl__view *view;
    epl__memory *memory;
    uint32_t *uses;  /* of f's nodes: operands of live nodes, outputs, updates */
    epl__id *packed; /* of f's nodes: a contiguous copy, or EPL__ID_NONE */
    epl__plan_step *step;
    uint32_t steps, step_room;
    int last_fallible;
    const bool *same; /* of a loop's body, by input: the same at every step; or NULL */
    uint32_t once;    /* the first steps are those that are run once */
    int64_t spare;    /* bytes for matrices that are packed once */
    bool *open;       /* checked: of f's nodes, read otherwise than by a choice */
    epl__program *program;
} epl__making;

bool epl__views(epl__making *m, epl__id id); /* the view of one node; false: no memory */
bool epl__contiguous(const epl_type *t, const epl__view *v);
void epl__strides(epl_shape s, int64_t *stride); /* row-major */
/* Strides of `to` over memory that is read as `from` with stride; false: not expressible. */
bool epl__reshape_strides(epl_shape from, const int64_t *stride, epl_shape to, int64_t *out);
epl__id epl__pack(epl__making *m, const epl__view *v, const epl_type *t); /* a new step and id */

bool epl__index_in_range(const epl__making *m, epl__id index, int64_t axis);
int64_t epl__indexed_axis(const epl__making *m, const epl__node *n);
bool epl__steps(epl__making *m);   /* views and steps for all nodes */
bool epl__places(epl__making *m);  /* outputs, updates, pieces */
bool epl__hoist(epl__making *m);   /* what a loop need not do again at each step */
bool epl__offsets(epl__making *m); /* the workspace */
bool epl__calls(epl__making *m);   /* prepared kernels */

/* Operands of a product as its kernel can read them: packed where they cannot be flattened. */
bool epl__dot_operands(epl__making *m, epl__id id, epl__view *operand);

/* What the product's kernel does. */
void epl__dot_desc(epl__making *m, const epl__plan_step *s, epl__gemm_desc *d);

/* Nodes that a step makes: a tile step has several. */
static inline uint32_t epl__step_nodes(const epl__plan_step *s)
{
    return s->kind == EPL__STEP_TILE ? s->members : 1;
}
static inline epl__id epl__step_node(const epl__plan_step *s, uint32_t i)
{
    return s->kind == EPL__STEP_TILE ? s->member[i] : s->id;
}
/* What a step reads: for (epl__read r = {0}; epl__next_read(m, s, &r);) */
typedef struct {
    const epl__view *view;
    const epl_type *type;   /* of what is read; of a panel, of what it makes */
    uint32_t node, operand; /* the next one */
} epl__read;
bool epl__next_read(const epl__making *m, const epl__plan_step *s, epl__read *r);
/* Does the step read `input` in any way but element by element of what it makes? */
bool epl__reads_crosswise(const epl__making *m, const epl__plan_step *s, epl__id input,
                          epl__id made);

/* One call each; NULL: no memory (the scope says). The places are added to the step. */
bool epl__call_tile(epl__making *m, const epl__plan_step *s);
bool epl__call_dot(epl__making *m, const epl__plan_step *s);
bool epl__call_conv(epl__making *m, const epl__plan_step *s);
bool epl__kernel_step(epl__making *m, const epl__plan_step *s);
bool epl__call_rest(epl__making *m, const epl__plan_step *s);
bool epl__call_region(epl__making *m, const epl__plan_step *s);
/* A step without a call: places are copied. NULL: no memory. */
epl__step *epl__step_add(epl__making *m, const epl__place *place, uint32_t places, epl__id where);
bool epl__call_add(epl__making *m, const epl__call *call, const epl__place *place, uint32_t places,
                   epl__id where);
epl__place epl__place_of(const epl__making *m, const epl__view *v, epl_dtype dtype);
bool epl__no_memory(epl__making *m);
#endif
