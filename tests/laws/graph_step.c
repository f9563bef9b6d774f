/* graph_step.c -- one step of a random function: which operation, of which values of the pool.
 *
 * All numbers stay between about -10 and 10, so that depth does no harm: what could grow is
 * scaled or bent.
 */
#include "graph_dice.h"

static epl_val with_axes(drawing *d, int rank)
{
    epl_val x = dice_any(d);
    for (int k = 0; k < 8 && epl_rank(x) < rank; k++)
        x = dice_any(d);
    while (epl_rank(x) < rank && !epl_is_none(x))
        x = epl_unsqueeze(x, 0);
    return x;
}

static int axis_of(drawing *d, epl_val x)
{
    return (int)dice_roll(d, epl_rank(x));
}

/* Something of the same shape as x, or that broadcasts to it. */
static epl_val beside(drawing *d, epl_val x)
{
    epl_val y = dice_any(d);
    epl_type a = epl_typeof(x), b = epl_typeof(y);
    if (epl_type_equal(a, b) || b.shape.rank == 0)
        return y;
    if (epl_count(a) == epl_count(b))
        return epl_reshape(y, a.shape);
    if (b.shape.rank == 1 && a.shape.rank && a.shape.dim[a.shape.rank - 1] == b.shape.dim[0])
        return y;
    return dice_roll(d, 2) ? epl_mean(y) : epl_sin(x);
}

/* -- element-wise -------------------------------------------------------------------------- */
static epl_val squared_more(epl_val x)
{
    return epl_add(epl_square(x), epl_num(1));
}

static epl_val unary(drawing *d)
{
    static epl_val (*const bent[])(epl_val) = {epl_tanh, epl_sin,  epl_cos, epl_sigmoid, epl_erf,
                                               epl_atan, epl_silu, epl_neg, epl_asinh};
    static epl_val (*const of_more[])(epl_val) = {epl_log, epl_rsqrt, epl_reciprocal, epl_sqrt};
    enum { BENT = sizeof bent / sizeof *bent, OF_MORE = sizeof of_more / sizeof *of_more };
    epl_val x = dice_any(d);
    int64_t way = dice_roll(d, BENT + OF_MORE + 2);
    if (way < BENT)
        return bent[way](x);
    if (way < BENT + OF_MORE)
        return of_more[way - BENT](squared_more(x));
    return way == BENT + OF_MORE ? epl_gelu(x) : epl_expm1(epl_tanh(x));
}

/* Kinks and jumps stand aside by this: at equal values, as those of a mean of equal numbers,
 * rounding would choose the side. */
static const double ASIDE = 0.0137;

static epl_val kinked(drawing *d)
{
    epl_val x = dice_any(d);
    switch (dice_roll(d, 8)) {
    case 0:
        return epl_abs(x);
    case 1:
        return epl_relu(x);
    case 2:
        return epl_maximum(x, epl_add(beside(d, x), epl_num(ASIDE)));
    case 3:
        return epl_minimum(x, epl_num(0.3));
    case 4:
        return epl_clamp(x, .min = epl_num(-0.5), .max = epl_num(0.7));
    case 5:
        return epl_where(epl_lt(x, epl_add(beside(d, x), epl_num(ASIDE))), x, epl_sin(x));
    case 6:
        return epl_sub(x, epl_floor(epl_add(x, epl_num(ASIDE))));
    default:
        return epl_leaky_relu(x);
    }
}

static epl_val binary(drawing *d)
{
    epl_val x = dice_any(d), y = beside(d, x);
    switch (dice_roll(d, 8)) {
    case 0:
        return epl_scale(epl_add(x, y), 0.5);
    case 1:
        return epl_scale(epl_sub(x, y), 0.5);
    case 2:
        return epl_mul(x, epl_sin(y));
    case 3:
        return epl_div(x, squared_more(y));
    case 4:
        return epl_atan(epl_pow(squared_more(x), epl_sin(y)));
    case 5:
        return epl_hypot(epl_tanh(x), squared_more(y));
    case 6:
        return epl_lerp(x, y, epl_sigmoid(x));
    default:
        return epl_scale(epl_logaddexp(x, y), 0.5);
    }
}

/* -- along axes ------------------------------------------------------------------------------ */
static epl_val reduced(drawing *d)
{
    epl_val x = with_axes(d, 1);
    int64_t axis[1] = {axis_of(d, x)};
    epl_ints dim = {1, axis};
    bool keep = dice_roll(d, 2);
    switch (dice_roll(d, d->smooth ? 6 : 8)) {
    case 0:
        return epl_atan(epl_sum(x, .dim = dim, .keepdim = keep));
    case 1:
        return epl_mean(x, .dim = dim, .keepdim = keep);
    case 2:
        return epl_logsumexp(x, .dim = dim, .keepdim = keep);
    case 3:
        return epl_tanh(epl_prod(epl_sin(x), .dim = dim, .keepdim = keep));
    case 4:
        return epl_log(epl_add(epl_var(x, .dim = dim, .unbiased = false), epl_num(1)));
    case 5:
        return epl_mean(x);
    case 6:
        return epl_amax(x, .dim = dim, .keepdim = keep);
    default:
        return epl_amin(x, .dim = dim, .keepdim = keep);
    }
}

static epl_val along(drawing *d)
{
    epl_val x = with_axes(d, 1);
    int axis = axis_of(d, x);
    int64_t n = epl_dim(x, axis);
    switch (dice_roll(d, d->smooth ? 6 : 8)) {
    case 0:
        return epl_softmax(x, axis);
    case 1:
        return epl_log_softmax(epl_tanh(x), axis);
    case 2:
        return epl_atan(epl_cumsum(x, axis));
    case 3:
        return epl_cumprod(epl_cos(x), axis);
    case 4:
        return epl_layer_norm(epl_sin(x), epl_axes(epl_dim(x, -1)), .eps = 0.1);
    case 5:
        return epl_normalize(squared_more(x), .dim = axis);
    case 6:
        return epl_sort(x, .dim = axis, .descending = dice_roll(d, 2));
    default:
        return epl_topk(x, 1 + dice_roll(d, n), .dim = axis);
    }
}

/* -- shapes ---------------------------------------------------------------------------------- */
static epl_val permuted(drawing *d, epl_val x)
{
    int64_t axes[EPL_MAX_RANK], rank = epl_rank(x);
    for (int64_t i = 0; i < rank; i++)
        axes[i] = i;
    for (int64_t i = rank - 1; i > 0; i--) {
        int64_t k = dice_roll(d, i + 1), other = axes[k];
        axes[k] = axes[i];
        axes[i] = other;
    }
    return epl_permute(x, (epl_ints){(size_t)rank, axes});
}

static epl_val viewed(drawing *d)
{
    epl_val x = with_axes(d, 1);
    int axis = axis_of(d, x);
    int64_t n = epl_dim(x, axis), start = dice_roll(d, n);
    switch (dice_roll(d, 10)) {
    case 0:
        return epl_reshape(x, epl_dims(epl_count(epl_typeof(x))));
    case 1:
        return permuted(d, x);
    case 2:
        return epl_slice(x, axis, start, EPL_END, 1 + dice_roll(d, 2));
    case 3:
        return epl_flip(x, epl_axes(axis));
    case 4:
        return epl_unsqueeze(x, dice_roll(d, epl_rank(x) + 1));
    case 5:
        return epl_squeeze(x);
    case 6:
        return epl_select(x, axis, start);
    case 7:
        return epl_narrow(x, axis, start, 1 + dice_roll(d, n - start));
    case 8:
        return epl_transpose(x, 0, axis);
    default:
        return epl_roll(x, epl_axes(1 + dice_roll(d, 3)), .dims = epl_axes(axis));
    }
}

static epl_val joined(drawing *d)
{
    epl_val x = with_axes(d, 1), y = epl_expand(beside(d, x), epl_typeof(x).shape);
    epl_shape wide = epl_typeof(epl_unsqueeze(x, 0)).shape;
    int axis = axis_of(d, x);
    wide.dim[0] = 2;
    switch (dice_roll(d, 7)) {
    case 0:
        return epl_cat(epl_list(x, y, x), .dim = axis);
    case 1:
        return epl_stack(epl_list(x, y), .dim = axis);
    case 2:
        return epl_expand(epl_unsqueeze(x, 0), wide);
    case 3:
        return epl_pad(x, epl_axes(dice_roll(d, 2), dice_roll(d, 3) - 1), .value = 0.5);
    case 4:
        return epl_tril(with_axes(d, 2), .diagonal = dice_roll(d, 3) - 1);
    case 5:
        return epl_diagonal(with_axes(d, 2));
    default:
        return epl_repeat_interleave(x, 2, .dim = axis);
    }
}

static epl_val indices(drawing *d, int64_t n, int64_t below)
{
    int64_t at[8];
    for (int64_t i = 0; i < n && i < 8; i++)
        at[i] = dice_roll(d, below);
    return epl_data(d->f, epl_at(at, epl_i64(n < 8 ? n : 8)));
}

static epl_val indexed(drawing *d)
{
    epl_val x = with_axes(d, 1);
    int axis = axis_of(d, x);
    int64_t n = epl_dim(x, axis), many = 1 + dice_roll(d, 4);
    epl_val at = indices(d, many, n), y = epl_index_select(x, axis, at);
    if (dice_roll(d, 2))
        return y;
    return epl_atan(epl_index_add(epl_cos(x), axis, at, y, .alpha = 0.5));
}

/* -- products and windows -------------------------------------------------------------------- */
static epl_val product(drawing *d)
{
    epl_val x = with_axes(d, 2);
    int64_t k = epl_dim(x, -1);
    switch (dice_roll(d, 4)) {
    case 0:
        return epl_scale(epl_matmul(x, epl_sin(epl_transpose(x, -1, -2))), 0.5 / (double)k);
    case 1:
        return epl_scale(epl_einsum("...ij,...ij->...i", epl_list(x, epl_cos(x))), 0.5);
    case 2:
        return epl_scale(epl_matmul(x, epl_narrow(epl_reshape(x, epl_dims(-1)), 0, 0, k)), 0.1);
    default: {
        epl_val flat = epl_reshape(x, epl_dims(-1));
        epl_val few = epl_narrow(flat, 0, 0, epl_dim(flat, 0) < 6 ? epl_dim(flat, 0) : 6);
        return epl_tanh(epl_outer(few, epl_sin(few)));
    }
    }
}

static epl_val windowed(drawing *d)
{
    epl_val x = epl_reshape(dice_any(d), epl_dims(1, 1, -1));
    epl_val w = epl_narrow(epl_pad(x, epl_axes(0, 3)), 2, 0, 1 + dice_roll(d, 3));
    x = epl_pad(x, epl_axes(1, 2));
    switch (dice_roll(d, d->smooth ? 2 : 3)) {
    case 0:
        return epl_atan(epl_conv1d(x, epl_sin(w), .stride = {1 + dice_roll(d, 2)}));
    case 1:
        return epl_avg_pool1d(x, {2}, .stride = {1 + dice_roll(d, 2)});
    default:
        return epl_max_pool1d(x, {2}, .stride = {1});
    }
}

/* -- transforms ------------------------------------------------------------------------------ */
static epl_val derived(drawing *d)
{
    epl_val y = dice_any(d), x = dice_any(d), dy[1];
    if (d->deep-- <= 0)
        return epl_copy(y);
    switch (dice_roll(d, 3)) {
    case 0:
        return epl_atan(epl_gradient(epl_mean(epl_square(y)), x));
    case 1:
        return epl_atan(epl_vjp(y, x, epl_sin(y)));
    default:
        epl_jvps(epl_list(y), epl_list(x), epl_list(epl_cos(x)), dy);
        return epl_atan(dy[0]);
    }
}

/* For each entry of x, with another value as it is; sometimes a gradient inside. */
static epl_val mapped(drawing *d)
{
    epl_val x = with_axes(d, 1), all = dice_any(d);
    int axis = axis_of(d, x);
    if (d->deep-- <= 0)
        return epl_sin(x);
    epl_fn *f = epl_map(d->f, .chunk = dice_roll(d, 3));
    epl_val one = epl_each(f, x, axis);
    epl_val y = epl_mul(epl_sin(one), epl_mean(dice_roll(d, 2) ? all : epl_pass(f, all)));
    if (dice_roll(d, 2))
        y = epl_gradient(epl_mean(epl_square(y)), one);
    return epl_atan(epl_collect(f, y));
}

/* Any operation, as a golden sample has it, near the sample's numbers. */
static epl_val sampled(drawing *d)
{
    epl_val v = graph_sampled(d->f, (size_t)dice_roll(d, (int64_t)graph_samples()), dice_any(d));
    return epl_is_none(v) ? epl_copy(dice_any(d)) : v;
}

static epl_val marked(drawing *d)
{
    return d->smooth || dice_roll(d, 2) ? epl_copy(dice_any(d)) : epl_stop_gradient(dice_any(d));
}

/* -- which one ------------------------------------------------------------------------------- */
typedef epl_val (*step)(drawing *d);
static const struct {
    step draw;
    int weight;
    bool kinks;
} steps[] = {
    {unary, 6, false},    {binary, 8, false},  {reduced, 4, false}, {along, 3, false},
    {viewed, 5, false},   {joined, 4, false},  {indexed, 2, false}, {product, 3, false},
    {windowed, 2, false}, {derived, 2, false}, {mapped, 2, false},  {marked, 1, false},
    {kinked, 5, true},    {sampled, 9, true},
};
enum { STEPS = sizeof steps / sizeof *steps };

epl_val graph_step(drawing *d)
{
    if (d->plan->wrong && dice_roll(d, 4) == 0)
        return graph_wrong(dice_any(d));
    for (;;) {
        int64_t at = dice_roll(d, d->smooth ? 43 : 57);
        for (int i = 0; i < STEPS; at -= steps[i++].weight)
            if (at < steps[i].weight) {
                if (d->smooth && steps[i].kinks)
                    break;
                return steps[i].draw(d);
            }
    }
}
