/* strided.h -- floating numbers as they lie in memory, looked through for NaN and infinities.
 *
 * Elements are numbered row-major, whatever the strides.
 */
#ifndef EPL_STRIDED_H
#define EPL_STRIDED_H
#include <espalier/plan.h>

typedef struct {
    const void *data;
    const epl_type *type;
    const int64_t *stride; /* elements */
} epl__strided;
typedef struct {
    double least, most; /* NaN if all are */
    bool nan, infinite;
} epl__extent;

/* Is v a fault of this kind? */
static inline bool epl__is_bad(double v, epl_check what)
{
    return v != v || (what == EPL_CHECK_FINITE && v - v != 0);
}
double epl__strided_at(const epl__strided *a, int64_t i);
/* The first bad number from i on, or -1. */
int64_t epl__strided_bad(const epl__strided *a, int64_t i, epl_check what);
epl__extent epl__strided_extent(const epl__strided *a);
/* "[3, 7]" of element i. */
void epl__index_text(epl_shape s, int64_t i, char *text, size_t size);
#endif
