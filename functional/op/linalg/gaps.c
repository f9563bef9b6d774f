/* gaps: y[i, j] = 1 / (w[j] - w[i]), 0 on the diagonal;  dy = y y (dw[i] - dw[j]).
 *
 * Equal entries are an error: what needs y there, the derivative of eigenvectors, does not
 * exist.
 */
#include <inttypes.h>
#include <stdio.h>
#include "../../../src/base/number.h"
#include "linalg.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    epl_type t = in[0];
    int rank = t.shape.rank;
    (void)count, (void)attrs;
    if ((t.dtype != EPL_F32 && t.dtype != EPL_F64) || rank < 1 || rank >= EPL_MAX_RANK)
        return (epl_type){0};
    t.shape = epl__shape_insert(t.shape, rank, t.shape.dim[rank - 1]);
    return t;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    int64_t n = in[0].type.shape.dim[in[0].type.shape.rank - 1];
    (void)count, (void)attrs;
    for (int64_t at = 0, all = n ? epl_count(in[0].type) / n : 0; at < all; at++)
        for (int64_t i = 0; i < n * n; i++) {
            int64_t row = i / n, column = i % n;
            double gap = epl__number_at(&in[0], at * n + column) -
                         epl__number_at(&in[0], at * n + row);
            if (row != column && gap == 0) {
                snprintf(message, EPL_PRIM_MESSAGE,
                         "eigenvalues %" PRId64 " and %" PRId64
                         " are equal: their vectors have no derivative (batch %" PRId64 ")",
                         row + 1, column + 1, at);
                return false;
            }
            epl__number_set(out, at * n * n + i, row == column ? 0 : 1 / gap);
        }
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    int last = epl_rank(x[0]) - 1;
    int64_t n = epl_dim(x[0], last);
    (void)count, (void)attrs;
    epl_val apart = epl_sub(epl__insert(dx[0], last + 1, n), epl__insert(dx[0], last, n));
    return epl_mul(epl_square(epl__gaps(x[0])), apart);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count, (void)attrs;
    return epl__gaps(x[0]);
}

const epl_prim epl__prim_gaps = {.name = "gaps",
                                 .formula = "y[i, j] = 1 / (w[j] - w[i]), 0 for i = j",
                                 .inputs = 1,
                                 .type = type,
                                 .kernel = kernel,
                                 .jvp = jvp,
                                 .batch = batch};

epl_val epl__gaps(epl_val w)
{
    return w.graph ? epl_op(&epl__prim_gaps, epl_list(w), NULL) : w;
}
