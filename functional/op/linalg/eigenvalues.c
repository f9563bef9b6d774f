/* eigenvalues: w of a = v diag(w) v', read from the packed result;  dw = diag(v' da v)
 * (Giles 2008, "Collected matrix derivative results for forward and reverse mode"). */
#include <string.h>
#include "linalg.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    epl_type t = in[0];
    (void)count, (void)attrs;
    bool fits = epl__is_matrix(t, true) && in[1].dtype == t.dtype &&
                in[1].shape.rank == t.shape.rank &&
                in[1].shape.dim[t.shape.rank - 2] == t.shape.dim[t.shape.rank - 2] + 2;
    t.shape.rank--;
    return fits ? t : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    size_t row = (size_t)in[0].type.shape.dim[in[0].type.shape.rank - 1] *
                 epl_dtype_bytes(out->type.dtype);
    (void)count, (void)attrs, (void)message;
    for (int64_t i = 0, all = epl__matrices(in[0].type); row && i < all; i++)
        memcpy((char *)out->data + (size_t)i * row, epl__matrix_at(&in[1], i), row);
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    if (!dx[0].graph)
        return EPL_NO_VAL;
    epl_val v = epl__eigenvectors(x[0], x[1]);
    epl_val inside = epl_mul(v, epl_matmul(epl__symmetric(dx[0]), v));
    return epl__sum(inside, INT64_C(1) << (epl_rank(v) - 2));
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    int64_t n = epl_dim(x[mapped[0] ? 0 : 1], 0);
    return epl__eigenvalues(mapped[0] ? x[0] : epl__lead(x[0], n),
                            mapped[1] ? x[1] : epl__lead(x[1], n));
}

const epl_prim epl__prim_eigenvalues = {.name = "eigenvalues",
                                        .formula = "w of a = v diag(w) v', from packed",
                                        .inputs = 2,
                                        .type = type,
                                        .kernel = kernel,
                                        .jvp = jvp,
                                        .batch = batch};

epl_val epl__eigenvalues(epl_val a, epl_val packed)
{
    if (!a.graph || !packed.graph)
        return EPL_NO_VAL;
    return epl_op(&epl__prim_eigenvalues, epl_list(a, packed), NULL);
}
