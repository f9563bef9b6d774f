/* check.h -- what a checked plan knows of a step: what it made, from what, and for whom.
 *
 * The operations of an element-wise step are its makers, in order; any other step has one.
 * Invariant: nothing that a checked step reads is written by it, so that its operations can be
 * run again, one by one, on the same numbers.
 */
#ifndef EPL_PLAN_CHECK_H
#define EPL_PLAN_CHECK_H
#include "plan.h"

typedef struct {
    bool constant; /* all elements are `value`: no place */
    double value;
    epl__place place;
    epl_type type;
    int64_t stride[EPL_MAX_RANK]; /* elements */
} epl__seen;
typedef struct {
    epl__seen at;
    const char *op, *where; /* who made it; op NULL: it came from outside */
} epl__operand;
/* A source is an operand, or a maker of the same step as -1 - its number. */
typedef struct {
    const char *op, *where;
    epl_type type;
    int64_t byte; /* into what `inside` writes */
    int16_t source[3];
    uint8_t sources;
    bool chooses; /* source 0 says which of the others is read */
} epl__maker;
typedef struct {
    epl__seen at;
    uint32_t maker;
} epl__made;

struct epl__check {
    const epl__made *made;
    const epl__operand *operand;
    const epl__maker *maker;
    uint32_t makes, operands, makers;
    const epl__call *inside; /* element-wise: the same program, with all that it makes written */
    size_t bytes;            /* ... there */
};

/* Of the step added last; a step that adds none is not checked. */
bool epl__check_tile(epl__making *m, const epl__plan_step *s, const epl__tile_desc *d,
                     const epl__view *const *view, const epl__id *in);
bool epl__check_other(epl__making *m, const epl__plan_step *s);
/* Inputs that are read; and numbers that only reach what a choice lets through. */
bool epl__check_begin(epl__making *m);
#endif
