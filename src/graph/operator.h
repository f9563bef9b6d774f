/* operator.h -- a piece of a function as a function of one value.
 *
 * Its body is a closed function: what the piece uses beside that value comes in by further
 * inputs, which `with` holds. So it can be built again anywhere that `with` can be seen.
 */
#ifndef EPL_OPERATOR_H
#define EPL_OPERATOR_H
#include "region.h"

typedef struct {
    const epl_fn *body;
    const epl_val *with; /* by input; that at `at` is not read */
    uint32_t at;         /* the input that is the value */
} epl__operator;

/* What `out` becomes of `in`; all that does not depend on `in` is kept outside. The value is
 * input 0. False: `out` does not depend on `in`, or an error. */
bool epl__operator_of(epl_fn *f, epl__id in, epl__id out, epl__operator *op);
/* Output `index` for v; `with` are values of v's function or of those around it. */
epl_val epl__operator_at(const epl__operator *op, epl_val v, uint32_t index);

#endif
