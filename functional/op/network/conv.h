/* conv.h -- what convolutions and their transposes share. */
#ifndef EPL_NETWORK_CONV_H
#define EPL_NETWORK_CONV_H
#include "spatial.h"

/* Ranks, dtypes, groups and channels fit, or the scope's error. weight is [o, c / groups, k...],
 * transposed [c, o / groups, k...]. */
bool epl__conv_fits(const epl__on_space *o, epl_val weight, int64_t groups, bool transposed);
/* [n, g c, s...] with g c at `axis` -> [g, n, c, s...], a view; as it is for one group. */
epl_val epl__conv_grouped(epl_val v, int axis, int64_t groups);
/* The conv of o's input with a weight that is grouped already, and the bias [o] or none. */
epl_val epl__conv_build(const epl__on_space *o, const epl__conv_attrs *c, epl_val weight,
                        epl_val bias, int64_t groups);
#endif
