/* spatial.h -- arguments of operations on spatial axes: convolutions and pooling. */
#ifndef EPL_SPATIAL_H
#define EPL_SPATIAL_H
#include "../op.h"

enum { EPL__SPATIAL = 3 };
/* An operation on `axes` spatial axes of x, [n, c, s...] or [c, s...]. */
typedef struct {
    const char *op;
    epl_val x;
    int axes;
    const char *given; /* names of the options that were */
} epl__on_space;

/* The rank fits; else the scope's error. */
bool epl__space_fits(const epl__on_space *o);
/* The last `axes` sizes are within 31 bits, as all sizes here: products of two do not overflow. */
bool epl__space_countable(epl_shape s, int axes);
/* Sizes that must be positive: {2} stands for all. Not given: fallback; without one they are
 * required. */
bool epl__space_sizes(const epl__on_space *o, const char *name, const int64_t *value,
                      const int64_t *fallback, int64_t *out);
/* Sizes that must not be negative, by count: one stands for all. Not given: 0. */
bool epl__space_list(const epl__on_space *o, const char *name, epl_ints value, int64_t *out);
/* [c, s...] -> [1, c, s...], and back; x as it is if it has n. */
epl_val epl__space_lead(const epl__on_space *o);
epl_val epl__space_unlead(const epl__on_space *o, epl_val y);

/* How many windows torch pools: 0 and the scope's error if there is none. */
typedef struct {
    int64_t window, stride, pad, dilation;
    bool ceil_mode;
} epl__windows;
int64_t epl__window_count(const epl__on_space *o, const epl__windows *w, int64_t length);
extern const int64_t epl__space_ones[EPL__SPATIAL];
#endif
