/* lu_order: where rows come from after exchanges: step i exchanged row i with row x[i], which
 * counts from 1; then row i is y[i], from 0. With back, y[i] is where row i went.
 *
 * Integers: it has no derivative. An exchange with a row that is not there fails the run.
 */
#include <inttypes.h>
#include <stdio.h>
#include "../../../src/base/number.h"
#include "linalg.h"

typedef struct {
    int64_t back;
} order_attrs;

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    epl_type t = in[0];
    bool fits = (t.dtype == EPL_I32 || t.dtype == EPL_I64) && t.shape.rank > 0;
    (void)count, (void)attrs;
    return fits ? epl_type_of(EPL_I64, t.shape) : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    bool back = ((const order_attrs *)attrs)->back != 0;
    int64_t n = in[0].type.shape.dim[in[0].type.shape.rank - 1], all = epl_count(in[0].type);
    (void)count;
    for (int64_t first = 0; first < all; first += n) {
        int64_t *order = (int64_t *)out->data + first;
        for (int64_t i = 0; i < n; i++)
            order[i] = i;
        for (int64_t k = 0; k < n; k++) {
            int64_t i = back ? n - 1 - k : k, keep = order[i];
            int64_t other = epl__integer_at(&in[0], first + i);
            if (other < 1 || other > n) {
                snprintf(message, EPL_PRIM_MESSAGE,
                         "pivot %" PRId64 " is %" PRId64 "; 1 to %" PRId64
                         " is expected (batch %" PRId64 ")",
                         i + 1, other, n, first / n);
                return false;
            }
            order[i] = order[other - 1];
            order[other - 1] = keep;
        }
    }
    return true;
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count;
    return epl__lu_order(x[0], ((const order_attrs *)attrs)->back != 0);
}

static const epl_attr attrs[] = {EPL_ATTR(order_attrs, back, EPL_INT, 0, 0, 1), EPL_ATTR_END};
const epl_prim epl__prim_lu_order = {.name = "lu_order",
                                     .formula = "y = the order of rows after exchanges x",
                                     .inputs = 1,
                                     .attrs_size = sizeof(order_attrs),
                                     .attrs = attrs,
                                     .type = type,
                                     .kernel = kernel,
                                     .batch = batch};

epl_val epl__lu_order(epl_val exchanges, bool back)
{
    order_attrs how = {back};
    return exchanges.graph ? epl_op(&epl__prim_lu_order, epl_list(exchanges), &how) : exchanges;
}
