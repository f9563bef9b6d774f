/* test_variables.c -- what a user made is a variable of its own: a constant or a view of something
 * has derivatives, also of what rules, chunks and bodies made of it.
 *
 * The other side of each comparison has data in its place, of which no rule can read a number.
 */
#include "../value_test.h"

TestSuite(variables, .init = open_scope, .fini = close_scope);

enum { N = 3 };
typedef enum { ZEROS, ONES, FULL, VIEW, SPREAD, TURNED, SUMMED, NEGATED, JOINED, SOURCES } source;

static epl_val data(double from, epl_type t)
{
    double x[N * N];
    for (int i = 0; i < N * N; i++)
        x[i] = sin(1.3 * i + from);
    return epl_data(f, epl_at(x, t));
}

static epl_val made(source how)
{
    epl_val v = data(0.8, epl_f64(N, 1)), square = data(0.4, epl_f64(N, N));
    switch (how) {
    case ZEROS:
        return epl_zeros(f, epl_f64(N));
    case ONES:
        return epl_ones_like(data(0, epl_f64(N)));
    case FULL:
        return epl_full(f, epl_f64(N), 1.25);
    case VIEW:
        return epl_reshape(v, epl_dims(N));
    case SPREAD:
        return epl_expand(epl_full(f, epl_f64(1), 1.25), epl_dims(N));
    case TURNED:
        return epl_select(epl_transpose(square, 0, 1), 0, 1);
    case SUMMED:
        return epl_sum(square, .dim = epl_axes(0));
    case NEGATED:
        return epl_neg(epl_reshape(v, epl_dims(N)));
    default:
        return epl_cat(epl_list(epl_narrow(epl_reshape(v, epl_dims(N)), 0, 0, 1),
                                epl_zeros(f, epl_f64(N - 1))));
    }
}

/* Something that is made by rules of c; then its derivative with respect to c. */
enum { GRADIENT, JACOBIAN, IN_TURN, BACKWARD, LINEAR, BLOCK, MAPPED, SCANNED, DEVIATION, WAYS };
static epl_val used(int way, epl_val c)
{
    epl_val x = data(0.3, epl_f64(N)), y = epl_mul(c, epl_sin(x));
    epl_fn *in = way == MAPPED    ? epl_map(f, .chunk = 2)
                 : way == SCANNED ? epl_map(f, .chunk = 1)
                                  : f;
    if (way == GRADIENT)
        return epl_gradient(epl_sum(y), x);
    if (way == JACOBIAN)
        return epl_jacobian(y, x);
    if (way == IN_TURN)
        return epl_jacobian(y, x, .chunk = 1);
    if (way == BACKWARD)
        return epl_jacobian(y, x, .chunk = 2, .mode = "reverse");
    if (way == LINEAR)
        return epl_linear_apply(epl_linearize(y, x), x);
    if (way == BLOCK)
        return epl_hessian_block(epl_sum(y), x, x, .chunk = 1);
    if (way == DEVIATION) /* its rule sums c and takes it off */
        return epl_gradient(epl_std(epl_add(c, epl_mul(x, c))), c);
    epl_val one = epl_each(in, x, 0);
    if (way == MAPPED)
        return epl_collect(in, epl_mul(epl_sin(one), c));
    epl_fn *t = epl_scan(in);
    epl_val now = epl_each(t, c, 0), a = epl_carry(t, one);
    epl_next(t, a, epl_mul(epl_sin(a), now));
    return epl_collect(in, epl_last(t, a));
}

Test(variables, have_derivatives_whatever_they_are_made_of)
{
    for (source how = 0; how < SOURCES; how++)
        for (int way = 0; way < WAYS; way++) {
            epl_val c[2] = {made(how)}, g[2];
            double number[N];
            read(c[0], number);
            c[1] = epl_data(f, epl_at(number, epl_f64(N)));
            for (int k = 0; k < 2; k++) {
                epl_val y = used(way, c[k]);
                g[k] = epl_gradient(epl_sum(epl_add(y, epl_square(y))), c[k]);
            }
            if (way == DEVIATION && how == ZEROS)
                continue; /* a deviation of equal numbers has no second derivative */
            near(g[0], g[1], 1e-13);
        }
}

/* The weights of examples, at zero: the derivative of another loss after a step on their sum. */
Test(variables, weights_at_zero)
{
    epl_val theta = data(0.5, epl_f64(N)), x = data(0.1, epl_f64(N, N));
    epl_val w = epl_zeros(f, epl_f64(N));
    epl_val losses = epl_square(epl_mv(x, theta));
    epl_val next = epl_sub(theta, epl_scale(epl_gradient(epl_sum(epl_mul(w, losses)), theta), 0.1));
    epl_val after = epl_sum(epl_square(epl_sub(next, epl_num(1))));
    epl_val slope = epl_scale(epl_sub(theta, epl_num(1)), 2);
    epl_val each = epl_mul(epl_unsqueeze(epl_scale(epl_mv(x, theta), 2), 1), x);
    near(epl_gradient(after, w), epl_scale(epl_mv(each, slope), -0.1), 1e-13);
}
