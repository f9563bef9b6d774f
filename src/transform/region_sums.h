/* region_sums.h -- sums over the steps of a loop, taken after it in one piece. */
#ifndef EPL_REGION_SUMS_H
#define EPL_REGION_SUMS_H
#include "../graph/region.h"

enum { EPL__SUMS_KEPT = 32 };
/* The scan that is being made: its body, and its operands so far. */
typedef struct {
    epl_fn *f, *body;
    int64_t steps;
    epl__arena *scratch;
    const epl__id *operand;
    const uint8_t *role;
    int64_t room;  /* bytes that may be kept for sums alone */
    epl__id *kept; /* values that are there for all steps: results anyway, then for sums */
    uint32_t count, given;
} epl__sums;

/* No more memory than the carried values of all steps take may be kept for sums. */
bool epl__sums_begin(epl__sums *s, const epl__id *operand, const uint8_t *role, uint32_t count);
/* A value of the body that is collected in any case; all of them come before epl__sum_later. */
void epl__sums_given(epl__sums *s, epl__id id);
/* Can the sum of value id over the steps be taken after the loop? Then it will be. */
bool epl__sum_later(epl__sums *s, epl__id id);
/* Collects what the sums need, after all other results. */
bool epl__sums_outputs(epl__sums *s, uint32_t carries);
/* The sum of value id, once the region is built. */
epl__id epl__sum_after(const epl__sums *s, epl__id region, epl__id id);
#endif
