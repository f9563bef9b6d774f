/* custom.h -- regions whose derivatives are a rule's. */
#ifndef EPL_CUSTOM_INTERNAL_H
#define EPL_CUSTOM_INTERNAL_H
#include "../graph/region.h"

/* The rule of region r for each entry of an axis of `size` in front, which operand i has if
 * mapped[i]; results always have it. Lives in f's memory; NULL without. */
const epl__custom *epl__custom_mapped(epl_fn *f, const epl__region *r, const bool *mapped,
                                      uint32_t operands, int64_t size);

/* -- a rule as a user builds it: an inner function ------------------------------------------- */
/* What an input of the rule is. Of a region's operand or part: the value; SEED: its tangent
 * (of an operand) or cotangent (of a part). */
typedef enum { EPL__OPERAND, EPL__PART, EPL__SEED } epl__rule_source;
typedef struct {
    epl__rule_source kind;
    uint32_t index; /* of the operand or part */
} epl__rule_input;
/* What the rule gives: value `given` of the rule for a value of the function, which is a result
 * (by tangents) or an input (by cotangents). */
typedef struct {
    epl__id of, given;
} epl__rule_pair;
typedef struct epl__rule {
    epl_fn *rule;
    bool backward; /* gives cotangents of inputs */
    epl__rule_input *input;
    uint32_t inputs, input_room;
    epl__rule_pair *pair; /* output k of the rule is that of pair k */
    uint32_t pairs, pair_room;
    const bool *captured; /* by operand: used as it is, not passed in */
    epl_fn *forward;      /* of a backward one: its transpose, or what says that it has none */
    epl_fn *inner;        /* values inside that the rule reads; they vary as the body says */
    const uint32_t *part; /* by output of inner: the part of the region */
} epl__rule;
/* Sets r->inner, once the function and the rule are complete. False without memory. */
bool epl__rule_inner(const epl_fn *function, epl__rule *r);
/* The region's rule by this one. NULL without memory. */
const epl__custom *epl__rule_custom(epl_fn *f, const epl__rule *rule);
/* The transpose of a backward rule: inputs are those of the rule that are no seeds, then a
 * tangent for each pair; outputs are tangents by seed. */
epl_fn *epl__rule_forward(const epl_fn *function, const epl__rule *rule, bool linear);
#endif
