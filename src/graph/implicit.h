/* implicit.h -- solutions as regions: their bodies are loops, their derivatives linear systems.
 *
 * The loops are built by functional/solve with public operations, the rules are those of
 * src/transform/implicit.c. A rule is asked only when a derivative is, and makes such regions
 * again: any order.
 */
#ifndef EPL_IMPLICIT_H
#define EPL_IMPLICIT_H
#include <espalier/solve.h>
#include "operator.h"

/* How linear systems are solved; lives as long as what is built by it. */
typedef struct epl__linear_how {
    epl_linear_solver by; /* nothing is left open */
    bool symmetric;       /* A is its own transpose */
    bool report;          /* not to converge is no error */
    /* [x, residual, iterations] of A x = b in b's function; p: near A^-1, or NULL. */
    bool (*build)(const struct epl__linear_how *how, const epl__operator *a, const epl__operator *p,
                  epl_val b, epl_val *out);
} epl__linear_how;
enum { EPL__SOLUTION, EPL__RESIDUAL, EPL__ITERATIONS, EPL__SOLVE_PARTS };

/* The region whose parts are these; a, p and b are of f, b perhaps of its tape. */
epl__id epl__linear_region(epl_fn *f, const epl__linear_how *how, const epl__operator *a,
                           const epl__operator *p, epl__id b);
/* The rule of a region whose part 0 is a z with F(z, ...) = 0, F output 0 of `model`, which has
 * the region's operands for inputs, z in the place of operand `unknown`. NULL without memory. */
const epl__custom *epl__implicit_rule(epl_fn *f, const epl_fn *model, uint32_t unknown,
                                      const epl__linear_how *derivative);

#endif
