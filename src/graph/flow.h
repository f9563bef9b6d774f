/* flow.h -- an inner function on its way to a region. */
#ifndef EPL_FLOW_INTERNAL_H
#define EPL_FLOW_INTERNAL_H
#include <espalier/flow.h>
#include "region.h"
#include "structure.h"

typedef struct {
    epl__id inner, next;
} epl__carried;
/* Regions that a scan became: `node`, whose body has `inner` (NULL: the user's own body, a run is
 * a step); then those of `next`, in the same function. Or steps written out in `block`, whose runs
 * are the steps of `inner`. */
typedef struct epl__chain {
    epl_fn *into;
    epl__id node;
    struct epl__chain *inner, *next;
    struct epl__block *block;
} epl__chain;
typedef struct epl__flow {
    epl__carried *carry;
    uint32_t carries, carry_room;
    epl__id keep;
    bool reverse;
    int save;
    int64_t every, unroll;
    bool all; /* of a checkpoint: see epl_checkpoint_args */
    const char *names;
    int64_t bytes;
    epl__id *operand;  /* of a checkpoint that keeps everything: what comes in */
    epl__id predicate; /* of the parent; branches */
    epl_fn **branch;
    uint32_t branches;
    epl__id node;      /* the region in the parent, once there is one */
    epl__chain *chain; /* of a scan */
    epl__id *end;      /* of a scan: the last of each carried value */
    /* Of epl_custom: src/transform/custom.c. permit: before the region is built (EPL__ID_NONE)
     * and for each result; false with an error. */
    const epl__custom *custom;
    bool (*permit)(epl_fn *f, epl__id result);
    struct epl__rule *rule;
    epl_fn *of; /* of a rule: what it belongs to */
} epl__flow;

/* One body without a predicate: a branch whose results epl_last gives. */
epl_fn *epl__flow_single(epl_fn *parent, const char *what);
/* The entries of f as the inputs of a body. */
bool epl__flow_ports(epl_fn *f);
/* A while of f->mapped_size steps at most; its operands in the parent. False without memory. */
bool epl__bounded_close(epl_fn *f, const epl__id *in, const uint8_t *role);
/* How a scan is made of regions. */
typedef struct {
    int64_t length;
    int save;              /* epl_save_policy */
    int64_t every, unroll; /* of EPL_SAVE_EVERY; steps written out, 0 and 1: none */
} epl__chaining;
/* The scan over the operands, in `into`; NULL after an error. */
epl__chain *epl__chain_build(epl_fn *into, const epl__region *step, const epl__id *in,
                             uint32_t count, epl__chaining how, epl__id *end);
/* Output `index` of the innermost body, of all steps. */
epl__id epl__chain_collect(const epl__chain *c, uint32_t index, bool reverse);
/* The same, `unroll` steps written out at a time; in: carried values move along. */
epl__chain *epl__unrolled(epl_fn *into, const epl__region *step, epl__id *in, uint32_t count,
                          epl__chaining how);
/* Of a chain of blocks, without what follows it. */
epl__id epl__block_collect(const epl__chain *c, uint32_t index, bool reverse);

#endif
