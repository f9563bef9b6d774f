/* reference.h -- the plain evaluation of functions that regions run. */
#ifndef EPL_REFERENCE_H
#define EPL_REFERENCE_H
#include <espalier/plan.h>
#include "../graph/region.h"

/* f's outputs for these inputs; outputs without data are left out. */
epl_status epl__reference_body(const epl_fn *f, epl_arrays in, epl_arrays out);
/* An array for each part, in the arena; NULL: no memory, or the scope has failed. */
epl_array *epl__reference_region(const epl__node *n, const epl_array *in, epl__arena *arena);
#endif
