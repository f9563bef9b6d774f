/* test_identity.c -- "the gradient with respect to x" means that very handle, however alike
 * another value looks. Each test gives another number where values are shared silently. */
#include "../value_test.h"

TestSuite(identity, .init = open_scope, .fini = close_scope);

/* d/dx of x * d/dy (x + y) */
static epl_val nested(epl_val x, epl_val y)
{
    return epl_gradient(epl_mul(x, epl_gradient(epl_add(x, y), y)), x);
}

Test(identity, another_number_with_the_same_value)
{
    is(nested(number(3), number(3)), 1);
}

Test(identity, a_copy_is_another_variable)
{
    epl_val x = number(3);
    is(nested(x, epl_copy(x)), 1);
}

Test(identity, a_scale_by_one_is_another_variable)
{
    epl_val x = number(3);
    is(nested(x, epl_scale(x, 1)), 1);
}

Test(identity, the_same_handle_is_the_same_variable)
{
    epl_val x = number(3);
    is(nested(x, x), 2);
}

Test(identity, two_equal_computations_are_two_variables)
{
    epl_val x = number(3), a = epl_exp(x), b = epl_exp(x);
    is(epl_gradient(epl_mul(a, b), a), exp(3));
}

Test(identity, a_constant_of_the_user_is_not_one_of_a_rule)
{
    epl_val x = number(3), y = number(1);
    epl_val g = epl_gradient(epl_tanh(x), x);
    is(epl_gradient(epl_mul(g, y), y), 1 - tanh(3) * tanh(3));
}

Test(identity, a_gradient_is_a_variable_of_its_own)
{
    epl_val x = number(3);
    epl_val g = epl_gradient(epl_scale(epl_mul(x, x), 0.5), x); /* x, by value */
    is(epl_gradient(epl_mul(g, x), g), 3);
}

Test(identity, the_second_step_depends_on_the_first)
{
    /* two steps of theta - lr * g on a sliced vector; the gradient with respect to theta_1 */
    double t0[2] = {1, 2};
    epl_val theta = epl_data(f, epl_at(t0, epl_f64(2)));
    epl_val one = theta;
    for (int k = 0; k < 2; k++) {
        epl_val a = epl_select(one, 0, 0), b = epl_select(one, 0, 1);
        epl_val loss = epl_mul(epl_square(a), b);
        one = epl_sub(one, epl_scale(epl_gradient(loss, one), 0.1));
        if (k == 0)
            theta = one;
    }
    epl_val a = epl_select(one, 0, 0), b = epl_select(one, 0, 1);
    epl_val g = epl_gradient(epl_mul(a, b), theta);
    /* theta_1 = (a, b) = (1 - 0.4, 2 - 0.1); theta_2 = (a - 0.2 a b, b - 0.1 a^2) */
    double A = 0.6, B = 1.9, a2 = A - 0.2 * A * B, b2 = B - 0.1 * A * A;
    double got[2];
    cr_assert_eq(epl_eval(g, epl_at(got, epl_f64(2))), EPL_OK);
    cr_assert_float_eq(got[0], (1 - 0.2 * B) * b2 + a2 * (-0.2 * A), 1e-12);
    cr_assert_float_eq(got[1], (-0.2 * A) * b2 + a2, 1e-12);
}

Test(identity, gradients_are_each_what_one_alone_gives)
{
    epl_val x = number(2), y = epl_square(x), z = epl_mul(x, y), g[2];
    epl_gradients(z, epl_list(x, y), g); /* y depends on x */
    is(g[0], 12);
    is(g[1], 2);
    is(epl_gradient(z, x), 12);
    is(epl_gradient(z, y), 2);
}

Test(identity, what_a_value_does_not_depend_on_gives_zero)
{
    epl_val x = number(2), y = number(5);
    is(epl_gradient(epl_square(x), y), 0);
    is(epl_gradient(epl_stop_gradient(epl_square(x)), x), 0);
}
