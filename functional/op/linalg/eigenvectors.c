/* eigenvectors: v of a = v diag(w) v', read from the packed result;
 * dv = v (gaps(w) * (v' da v)) (Giles 2008). Between equal eigenvalues it does not exist: the
 * run then fails in gaps. */
#include "linalg.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    epl_type t = in[0];
    (void)count, (void)attrs;
    return epl__is_packed_eigh(in) ? t : (epl_type){0};
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    (void)count, (void)attrs, (void)message;
    epl__read_rows(&in[1], 1, out);
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
    return epl__whole_batch(&epl__prim_eigenvectors, x, mapped, count, attrs);
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
    return epl__read_packed(&epl__prim_eigenvectors, a, packed);
}
