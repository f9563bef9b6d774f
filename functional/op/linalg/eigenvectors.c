/* eigenvectors: v of a = v diag(w) v', read from the packed result;
 * dv = v (gaps(w) * (v' da v)) (Giles 2008). Between equal eigenvalues it does not exist: the
 * run then fails in gaps. */
#include <string.h>
#include "linalg.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    epl_type packed = in[1];
    (void)count, (void)attrs;
    if (!epl__is_matrix(packed, false))
        return (epl_type){0};
    packed.shape.dim[packed.shape.rank - 2] -= 2;
    return epl__is_beside(packed, in[0]) ? in[0] : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    size_t row = (size_t)out->type.shape.dim[out->type.shape.rank - 1] *
                 epl_dtype_bytes(out->type.dtype);
    size_t bytes = row * (size_t)out->type.shape.dim[out->type.shape.rank - 1];
    (void)count, (void)attrs, (void)message;
    for (int64_t i = 0, all = epl__matrices(out->type); bytes && i < all; i++)
        memcpy(epl__matrix_at(out, i), (char *)epl__matrix_at(&in[1], i) + row, bytes);
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    if (!dx[0].graph)
        return EPL_NO_VAL;
    epl_val v = epl__eigenvectors(x[0], x[1]), gaps = epl__gaps(epl__eigenvalues(x[0], x[1]));
    epl_val inside = epl_matmul(epl__turned(v), epl_matmul(epl__symmetric(dx[0]), v));
    return epl_matmul(v, epl_mul(gaps, inside));
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    int64_t n = epl_dim(x[mapped[0] ? 0 : 1], 0);
    return epl__eigenvectors(mapped[0] ? x[0] : epl__lead(x[0], n),
                             mapped[1] ? x[1] : epl__lead(x[1], n));
}

const epl_prim epl__prim_eigenvectors = {.name = "eigenvectors",
                                         .formula = "v of a = v diag(w) v', from packed",
                                         .inputs = 2,
                                         .type = type,
                                         .kernel = kernel,
                                         .jvp = jvp,
                                         .batch = batch};

epl_val epl__eigenvectors(epl_val a, epl_val packed)
{
    if (!a.graph || !packed.graph)
        return EPL_NO_VAL;
    return epl_op(&epl__prim_eigenvectors, epl_list(a, packed), NULL);
}
