/* checkpoint.h -- what derivatives of a checkpoint take from it instead of making it again. */
#ifndef EPL_CHECKPOINT_H
#define EPL_CHECKPOINT_H
#include "../graph/region.h"
#include "transform.h"

/* Body g with further inputs at the end, one for each value[i], an id of g, which they stand
 * for. NULL without memory. */
epl_fn *epl__choice_taken(epl_fn *f, const epl_fn *g, const epl__id *value, uint32_t count);

/* Chooses what the tangent of a scan takes: region_products.c. */
bool epl__products_chosen(epl_fn *f, const epl__region *r);

#endif
