/* rows.c -- the axes of one operand; span/span_rows.c moves its elements. */
#include "rows.h"

int64_t epl__rows_count(const epl__rows *r)
{
    int64_t count = 1;
    for (int i = 0; i < r->rank; i++)
        count *= r->dim[i];
    return count;
}

void epl__rows_merge(epl__rows *r)
{
    int rank = 0;
    for (int i = 0; i < r->rank; i++) {
        if (r->dim[i] == 1)
            continue;
        if (rank && r->stride[rank - 1] == r->stride[i] * r->dim[i]) {
            r->dim[rank - 1] *= r->dim[i];
        } else {
            r->dim[rank] = r->dim[i];
            rank++;
        }
        r->stride[rank - 1] = r->stride[i];
    }
    r->rank = rank;
}
