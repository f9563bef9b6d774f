/* region_keep.h -- products of a loop's steps that are kept for its tangent. */
#ifndef EPL_REGION_KEEP_H
#define EPL_REGION_KEEP_H
#include "../graph/region.h"

enum { EPL__MOST_KEPT = 16 };
typedef struct {
    uint32_t count, output[EPL__MOST_KEPT]; /* outputs of the body */
} epl__kept;

/* Products of a scan's body that are worth it; its body collects them from now on. */
bool epl__kept_products(const epl__region *r, epl__kept *kept, epl__arena *scratch);
/* g again with `count` more inputs, which stand for these values of g; NULL after an error. */
epl_fn *epl__kept_body(epl_fn *f, const epl_fn *g, const epl__id *value, uint32_t count,
                       epl__arena *scratch);
#endif
