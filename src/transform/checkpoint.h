/* checkpoint.h -- what derivatives of a checkpoint take from it instead of making it again. */
#ifndef EPL_CHECKPOINT_H
#define EPL_CHECKPOINT_H
#include "../graph/region.h"
#include "transform.h"

/* What b's outputs need built again in g; `to` has what is there, among it value[i], which are
 * taken in. */
bool epl__rebuilt(epl_fn *g, const epl_fn *b, epl__id *to, const epl__id *value, uint32_t count,
                  epl__arena *scratch);
/* Body g with further inputs at the end, one for each value[i], an id of g, which they stand
 * for. NULL without memory. */
epl_fn *epl__choice_taken(epl_fn *f, const epl_fn *g, const epl__id *value, uint32_t count);

/* The values of checkpoint r that its names mark, ids of its body in *id; their number. Further
 * results of loops and branches in it are added where need be. */
uint32_t epl__by_name(epl_fn *f, const epl__region *r, epl__id **id, epl__arena *scratch);

/* Chooses what the tangent of a scan takes: region_products.c. */
bool epl__products_chosen(epl_fn *f, const epl__region *r);

#endif
