/* norm.h -- what the normalizations share: checks of weights, channels. */
#ifndef EPL_NORM_H
#define EPL_NORM_H
#include "reducing.h"

/* Is v none, or a value of x's dtype and of this shape? False: the error names op and what. */
bool epl__weight_in(const char *op, const char *what, epl_val v, epl_val x, epl_shape shape);
/* c / sqrt(mean c^2 + eps) over the mask, times scale (none: 1) of the axes that stay. */
epl_val epl__unit(epl_val c, int64_t mask, double eps, epl_val scale);
/* y weight + bias, both none or [c] with c at `axis` of y. */
epl_val epl__affine(epl_val y, epl_val weight, epl_val bias, int axis);

#endif
