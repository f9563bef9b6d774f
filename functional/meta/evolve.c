/* evolve.c -- antithetic evolution strategies. Both sides draw the same noise from the key:
 * nothing is kept between them, and in one plan it is drawn once. */
#include <espalier/espalier.h>

static epl_val noise(epl_val params, epl_val key, int64_t n)
{
    epl_type t = epl_typeof(params);
    return epl_normal(key, epl_dims(n, epl_dim(params, 0)), .dtype = t.dtype);
}

epl_val epl_es_points(epl_val params, epl_val key, int64_t n, double sigma)
{
    epl_val e;
    if (epl_rank(params) != 1 || n < 1) {
        epl_scope_fail(epl_val_scope(params), EPL_ERR_ARG,
                       "[es_points] a vector of parameters and a number of draws are needed");
        return EPL_NO_VAL;
    }
    e = epl_scale(noise(params, key, n), sigma);
    return epl_cat(epl_list(epl_add(params, e), epl_sub(params, e)));
}

epl_val epl_es_gradient(epl_val params, epl_val key, epl_val losses, double sigma)
{
    int64_t n = epl_dim(losses, 0) / 2;
    if (epl_rank(params) != 1 || epl_rank(losses) != 1 || n < 1 || epl_dim(losses, 0) != 2 * n) {
        epl_scope_fail(epl_val_scope(losses), EPL_ERR_SHAPE,
                       "[es_gradient] losses [2n] at the points of es_points are needed");
        return EPL_NO_VAL;
    }
    epl_val up = epl_narrow(losses, 0, 0, n), down = epl_narrow(losses, 0, n, n);
    epl_val weight = epl_scale(epl_sub(up, down), 1 / (2 * sigma * (double)n));
    return epl_matmul(weight, noise(params, key, n));
}
