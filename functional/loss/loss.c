/* loss.c -- see loss.h. */
#include <string.h>
#include "loss.h"

bool epl__present(const char *op, const epl_val *x, size_t n)
{
    epl_val copy[4];
    memcpy(copy, x, n * sizeof *x);
    return epl__align(op, copy, n, EPL__NO_CAST | EPL__NO_SHAPE);
}

bool epl__loss_in(const char *op, epl_val *x, size_t n)
{
    return epl__align(op, x, n, EPL__FLOAT | EPL__COMPUTE);
}

bool epl__loss_weight(const char *op, epl_val *weight, epl_val x)
{
    if (epl_is_none(*weight))
        return true;
    epl_val both[2] = {*weight, x};
    epl_shape s = epl_typeof(*weight).shape, want = epl_typeof(x).shape;
    bool fits = s.rank == want.rank && !memcmp(s.dim, want.dim, (size_t)s.rank * sizeof *s.dim);
    if (!fits) {
        epl__bad(x, EPL_ERR_SHAPE, "[%s] weight must have the shape of input %s, got %s", op,
                 epl__show(x), epl__is_num(*weight) ? "a number" : epl__show(*weight));
        return false;
    }
    bool ok = epl__align(op, both, 2, EPL__FLOAT | EPL__COMPUTE);
    *weight = both[0];
    return ok;
}

char epl__reduction(const char *op, epl_val any, const char *reduction)
{
    if (!reduction || !strcmp(reduction, "mean"))
        return 'm';
    if (!strcmp(reduction, "sum") || !strcmp(reduction, "none"))
        return reduction[0];
    epl__bad(any, EPL_ERR_ARG, "[%s] reduction must be mean, sum or none, got \"%s\"", op,
             reduction);
    return 0;
}

epl_val epl__loss_out(const char *op, epl_val loss, const char *reduction)
{
    if (epl_is_none(loss))
        return loss;
    char how = epl__reduction(op, loss, reduction);
    int64_t all = epl__all_axes(loss);
    return how == 'm'   ? epl__mean(loss, all)
           : how == 's' ? epl__sum(loss, all)
           : how == 'n' ? loss
                        : EPL_NO_VAL;
}

epl_val epl__at_least_0(epl_val x)
{
    return epl__select(epl_lt(x, epl_num(0)), epl__like(x, 0), x);
}

epl_val epl__log_1_exp(epl_val x)
{
    return epl_neg(epl_logsigmoid(epl_neg(x)));
}

epl_val epl__raised(epl_val x, double least)
{
    epl_val low = epl_lt(x, epl_num(least));
    epl_val lift = epl__select(low, epl_sub(epl_num(least), x), epl__like(x, 0));
    return epl_add(x, epl_stop_gradient(lift));
}

bool epl__outdated(const char *op, const void *args, const char *given)
{
    bool old = epl__given(given, "size_average") || epl__given(given, "reduce");
    if (old)
        epl__bad(*(const epl_val *)args, EPL_ERR_ARG,
                 "[%s] size_average and reduce are not taken: use reduction", op);
    return old;
}
