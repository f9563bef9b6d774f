/* likelihood.c -- kl_div, poisson_nll_loss, gaussian_nll_loss. */
#include <math.h>
#include <string.h>
#include "loss.h"

/* t log t, 0 at 0 */
static epl_val entropy(epl_val t)
{
    epl_val zero = epl_eq(t, epl_num(0));
    return epl_mul(t, epl_log(epl__select(zero, epl__like(t, 1), t)));
}

epl_val epl_op_kl_div(const epl_kl_div_args *a, const char *given)
{
    epl_val x[2] = {a->input, a->target};
    const char *reduction = a->reduction;
    int64_t batch = epl_rank(a->input) ? epl_dim(a->input, 0) : 1;
    bool by_batch = reduction && !strcmp(reduction, "batchmean");
    (void)given;
    if (!epl__loss_in("kl_div", x, 2))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], "kl_div");
    epl_val loss = a->log_target ? epl_mul(epl_exp(x[1]), epl_sub(x[1], x[0]))
                                 : epl_sub(entropy(x[1]), epl_mul(x[1], x[0]));
    epl_val y = epl__loss_out("kl_div", loss, by_batch ? "sum" : reduction);
    y = by_batch ? epl_div(y, epl_num((double)batch)) : y;
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr kl_table[] = {
    EPL_ARG(epl_kl_div_args, input),
    EPL_ARG(epl_kl_div_args, target),
    EPL__SIZE_AVERAGE(epl_kl_div_args),
    EPL__REDUCE(epl_kl_div_args),
    EPL_ATTR_WORD(epl_kl_div_args, reduction, "mean|none|sum|batchmean"),
    EPL_ATTR(epl_kl_div_args, log_target, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR_END};
EPL__LOSS(kl_div, "t (log t - x)", epl_kl_div_args, kl_table);

/* Stirling's approximation of log t!, for t > 1. */
static epl_val stirling(epl_val t)
{
    const double two_pi = 6.283185307179586477;
    epl_val small = epl_le(t, epl_num(1)), safe = epl__select(small, epl__like(t, 1), t);
    epl_val y = epl_sub(epl_mul(safe, epl_log(safe)), safe);
    y = epl_add(y, epl_mul(epl_log(epl_mul(safe, epl_num(two_pi))), epl_num(0.5)));
    return epl__select(small, epl__like(t, 0), y);
}

epl_val epl_op_poisson_nll_loss(const epl_poisson_nll_loss_args *a, const char *given)
{
    epl_val x[2] = {a->input, a->target};
    bool log_input = !epl__given(given, "log_input") || a->log_input;
    double eps = epl__option(a->eps, given, "eps", 1e-8);
    if (!epl__loss_in("poisson_nll_loss", x, 2))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], "poisson_nll_loss");
    epl_val loss = log_input ? epl_sub(epl_exp(x[0]), epl_mul(x[1], x[0]))
                             : epl_sub(x[0], epl_mul(x[1], epl_log(epl_add(x[0], epl_num(eps)))));
    loss = a->full ? epl_add(loss, stirling(x[1])) : loss;
    epl_val y = epl__loss_out("poisson_nll_loss", loss, a->reduction);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr poisson_table[] = {
    EPL_ARG(epl_poisson_nll_loss_args, input),
    EPL_ARG(epl_poisson_nll_loss_args, target),
    EPL_ATTR(epl_poisson_nll_loss_args, log_input, EPL_BOOLEAN, 1, 0, 1),
    EPL_ATTR(epl_poisson_nll_loss_args, full, EPL_BOOLEAN, 0, 0, 1),
    EPL__SIZE_AVERAGE(epl_poisson_nll_loss_args),
    EPL_ATTR(epl_poisson_nll_loss_args, eps, EPL_NUMBER, 1e-8, 0, 1e300),
    EPL__REDUCE(epl_poisson_nll_loss_args),
    EPL__REDUCTION(epl_poisson_nll_loss_args),
    EPL_ATTR_END};
EPL__LOSS(poisson_nll_loss, "exp x - t x", epl_poisson_nll_loss_args, poisson_table);

/* var as a value that broadcasts against input: one number for each of its rows counts. */
static bool var_in(epl_val *var, epl_val input)
{
    epl_shape v = epl_typeof(*var).shape, x = epl_typeof(input).shape;
    double number = 1;
    int64_t integer;
    if (epl__is_num(*var)) {
        epl__num_read(*var, &number, &integer);
        if (!(number >= 0))
            epl__bad(input, EPL_ERR_ARG, "[gaussian_nll_loss] var must not be negative, got %g",
                     number);
        return number >= 0;
    }
    if (v.rank + 1 == x.rank && !memcmp(v.dim, x.dim, (size_t)v.rank * sizeof *v.dim)) {
        *var = epl__reshape(*var, epl__shape_insert(v, v.rank, 1));
        return true;
    }
    int other = 0;
    bool fits = v.rank == x.rank;
    for (int i = 0; fits && i < v.rank; i++) {
        other += v.dim[i] != x.dim[i];
        fits = v.dim[i] == x.dim[i] || v.dim[i] == 1;
    }
    if (fits && other <= 1)
        return true;
    epl__bad(input, EPL_ERR_SHAPE,
             "[gaussian_nll_loss] var must have the shape of input %s, the same "
             "without its last axis, or with one axis of size 1; got %s",
             epl__show(input), epl__show(*var));
    return false;
}

epl_val epl_op_gaussian_nll_loss(const epl_gaussian_nll_loss_args *a, const char *given)
{
    epl_val var = a->var;
    double eps = epl__option(a->eps, given, "eps", 1e-6);
    if (!epl__present("gaussian_nll_loss", epl_list(a->input, a->target, var).at, 3) ||
        !var_in(&var, a->input))
        return EPL_NO_VAL;
    epl_val x[3] = {a->input, a->target, var};
    if (!epl__loss_in("gaussian_nll_loss", x, 3))
        return EPL_NO_VAL;
    uint32_t before = epl__composite(x[0], "gaussian_nll_loss");
    var = epl__raised(x[2], eps);
    epl_val loss = epl_add(epl_log(var), epl_div(epl_square(epl_sub(x[0], x[1])), var));
    loss = epl_mul(loss, epl_num(0.5));
    loss = a->full ? epl_add(loss, epl_num(0.5 * log(6.283185307179586477))) : loss;
    epl_val y = epl__loss_out("gaussian_nll_loss", loss, a->reduction);
    epl__composite_end(x[0], before);
    return y;
}
static const epl_attr gaussian_table[] = {
    EPL_ARG(epl_gaussian_nll_loss_args, input),
    EPL_ARG(epl_gaussian_nll_loss_args, target),
    EPL_ARG(epl_gaussian_nll_loss_args, var),
    EPL_ATTR(epl_gaussian_nll_loss_args, full, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR(epl_gaussian_nll_loss_args, eps, EPL_NUMBER, 1e-6, 0, 1e300),
    EPL__REDUCTION(epl_gaussian_nll_loss_args),
    EPL_ATTR_END};
EPL__OPERATION(gaussian_nll_loss, "(log var + (input - target)^2 / var) / 2",
               epl_gaussian_nll_loss_args, gaussian_table);
