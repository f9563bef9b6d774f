/* pool.h -- what averages over windows share. */
#ifndef EPL_POOL_H
#define EPL_POOL_H
#include "spatial.h"

/* The spatial axes cut into whole windows that do not overlap: sizes out[i], widths window[i];
 * entries after the last window are left out. The sums of the windows, [n, c, out...]. */
epl_val epl__pool_tiles(const epl__on_space *o, const int64_t *out, const int64_t *window);
/* Rank and dtype fit: floats to compute with. */
bool epl__pool_fits(const epl__on_space *o);
/* Numbers that are known now, in x's dtype and function, along one axis of x. */
epl_val epl__pool_along(epl_val x, int axis, const double *value, int64_t n);
/* Memory that lives with x's function; NULL and the scope's error without any. */
void *epl__pool_memory(epl_val x, int64_t count, size_t size);
#endif
