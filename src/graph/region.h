/* region.h -- control flow as nodes: a region runs a finished function once, many times, or
 * one of several.
 *
 * A region is one node; its results are read by `part` nodes, numbered as epl__part_type says.
 * Its bodies are closed functions whose inputs are ports, in the order of the operands (those
 * of the second body follow those of the first). Invariant: results are only ever added at the
 * end of a body's list, so a number keeps its meaning.
 */
#ifndef EPL_REGION_H
#define EPL_REGION_H
#include "graph.h"

typedef enum { EPL__SCAN, EPL__WHILE, EPL__SWITCH } epl__region_kind;
typedef enum { EPL__PASS, EPL__EACH, EPL__CARRY } epl__role;

/* Results. SCAN: the last of each carried value, then each carried value before all its
 * steps [length, ...], then what is collected [length, ...]. WHILE: the last of each carried
 * value. SWITCH: what the chosen body gives.
 * Outputs of a body. SCAN: next of each carried value, then what is collected. WHILE: next
 * of each, then whether to go on (asked before a step). SWITCH: its results. */
struct epl__region;
/* Derivatives of a switch of one body that are a rule's, not the body's. Both work like
 * epl__region_tangents and epl__region_transpose, and may build such regions again: a rule is
 * asked only when a derivative is, so it may stand on itself. */
typedef struct epl__custom {
    bool (*tangents)(epl_fn *f, epl__id region, const epl_val *dx, epl__id *dy);
    bool (*transpose)(epl_fn *f, epl__id region, const epl__id *ct, epl__id *back);
    const void *data; /* the rule's; NULL for a function above: the body's own derivative */
    /* Is result `part` linear in the operands that are set? NULL: the body says. */
    bool (*linear)(const struct epl__region *r, const bool *in, uint32_t part);
} epl__custom;
extern const epl__custom epl__by_body; /* no rule at all, but inlined by plans */
typedef struct epl__region {
    epl__region_kind kind;
    int64_t length;            /* SCAN: steps */
    bool reverse;              /* SCAN: from the last entry to the first */
    bool again;                /* SWITCH of one body: its values are made anew for derivatives */
    const epl__custom *custom; /* SWITCH of one body: its rule, or NULL. Plans inline it */
    /* again: all but values of these names, or the best in so many bytes (checkpoint.c) */
    const char *keep;
    int64_t budget;
    uint32_t bodies;
    epl_fn **body;
    const uint8_t *role; /* by operand; the predicate of a switch of several is not counted */
    uint32_t carries;
} epl__region;
/* Outputs of a body that derivatives take instead of making them again; once chosen they stay. */
typedef struct epl__choice {
    uint32_t count;
    uint32_t output[];
} epl__choice;
typedef struct {
    const epl__region *region;
} epl__region_attrs;
typedef struct {
    int64_t index, byte; /* byte: into the region's numbers, once a plan has laid them out */
} epl__part_attrs;

static inline const epl__region *epl__region_of(const epl__node *n)
{
    return ((const epl__region_attrs *)n->attrs)->region;
}
/* Operands before those of the bodies: the predicate. */
static inline uint32_t epl__predicates(const epl__region *r)
{
    return r->kind == EPL__SWITCH && r->bodies > 1;
}
uint32_t epl__region_parts(const epl__region *r);
epl_type epl__part_type(const epl__region *r, uint32_t index);
/* The region with these operands in f; the operands fit the bodies' inputs. */
epl__id epl__region_build(epl_fn *f, const epl__region *r, const epl__id *in, uint32_t count);
epl__id epl__part_of(epl_fn *f, epl__id region, uint32_t index);
/* A region in f's memory, its lists copied. */
epl__region *epl__region_new(epl_fn *f, const epl__region *like, const uint8_t *role,
                             uint32_t operands);

/* A checkpoint's names: is `name` in the list "attn,mlp"? The mark of a `named` node. */
bool epl__name_in(const char *list, const char *name);
static inline const char *epl__name_of(const epl__node *n)
{
    return ((const epl__named_attrs *)n->attrs)->name;
}

/* Do the names of a checkpoint around it mark values in it? Those of a while are of no number of
 * steps; a rule and a further checkpoint say themselves what derivatives read. */
static inline bool epl__names_pass(const epl__region *r)
{
    bool steps = r->kind == EPL__SCAN || (r->kind == EPL__SWITCH && r->bodies > 1);
    return steps && !r->custom && !r->again;
}
/* Every name of the list marks a value in f; else false with an error. */
bool epl__names_known(epl_fn *f, const char *list);

/* -- bodies ---------------------------------------------------------------------------- */
/* An empty function in f's scope, its ports, and what it gives. */
epl_fn *epl__body_new(epl_fn *f);
epl__id epl__body_input(epl_fn *body, const epl_type *t);
bool epl__body_output(epl_fn *body, epl__id id);
/* The output that gives this value, the first one not before `from`; made, if there is none. */
bool epl__body_output_of(epl_fn *body, epl__id id, uint32_t from, uint32_t *at);
/* By id of f: none. NULL without memory. */
epl__id *epl__no_ids(const epl_fn *f, epl__arena *arena);
/* Nodes of `from` below `end` that are live and that `to` lacks, built again in f. Those without a
 * place of their own are where f is building. */
bool epl__built_again(epl_fn *f, const epl_fn *from, epl__id end, const bool *live, epl__id *to,
                      epl__arena *scratch);
/* callee's outputs [first, first + count) built again in f, with arg for its inputs. */
bool epl__inline(epl_fn *f, const epl_fn *callee, const epl__id *arg, uint32_t first,
                 uint32_t count, epl__id *out);
/* f's inputs and outputs as g's; map: ids of f in g. */
bool epl__ports_copied(epl_fn *g, const epl_fn *f, const epl__id *map);
/* f with the bodies of checkpoints and of regions that have a rule in their place; or f itself. */
const epl_fn *epl__expanded(epl_scope *s, const epl_fn *f);
/* Which outputs depend on the inputs that are set, if they do so linearly; else false, and why
 * (EPL__WHY bytes, empty before): "[mul] of two of them", or nothing without memory. */
enum { EPL__WHY = 112 };
bool epl__linear_in(const epl_fn *body, const bool *in, bool *out, epl__arena *scratch, char *why);
/* Drops inputs that no output needs, but for those that keep[i] asks to stay; afterwards
 * keep tells which stayed. */
bool epl__body_prune(epl_fn *body, bool *keep);
/* Which outputs depend on the inputs that are set; through floating values alone if
 * `varying`, not through stop. Carried values of a loop are followed round: then in[] is
 * completed. NULL without memory. */
bool epl__dependence(const epl__region *r, uint32_t which, bool varying, bool *in, bool *out,
                     epl__arena *scratch);
/* The same of all bodies: in[] of one behind the other; out[], set for what does in some body. */
bool epl__dependences(const epl__region *r, bool varying, bool *in, bool *out, epl__arena *scratch);

/* An inner function's results, once it is closed: src/graph/flow.c. */
epl_val epl__scan_collect(epl_fn *f, epl_val v);
/* The value as one of inner function f: what is of outer functions is taken in. */
epl__id epl__inside(epl_fn *f, epl_val v, const char *what);
/* The value as one of f's parent; EPL__ID_NONE with an error. */
epl__id epl__from_parent(epl_fn *f, epl_val x, const char *what);

/* What plans are made from: operands and results that no one needs are gone, and parts know
 * their bytes. map: ids of f in g. */
typedef struct {
    epl__region region;   /* bodies with the outputs that are needed alone */
    uint32_t *slot;       /* of the operands that are kept: the body's input */
    uint32_t *operand;    /* ... and which operand of the region it was */
    uint32_t operands;    /* kept, the predicate not counted */
    uint32_t *body_of;    /* of the kept operands */
    int64_t *last, *all;  /* by carried value: bytes into the result, -1: not asked for */
    uint32_t *operand_of; /* by carried value: the kept operand */
    int64_t *given;       /* by the outputs after the carried ones: bytes */
    uint32_t outputs;     /* carried ones included; a while's condition is not among them */
    int64_t bytes;
} epl__layout;
typedef struct {
    const epl__layout *layout;
} epl__laid_attrs;
/* used, byte: by part; byte is -1 for those that no one reads. NULL: no memory. */
epl__layout *epl__layout_of(epl_fn *g, const epl__region *r, const bool *used, int64_t *byte);

#endif
