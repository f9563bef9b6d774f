/* test_surrogate.c -- values with another's derivative: the value to the bit, first and second
 * derivatives as stated, in maps, plans and by the reference. */
#include "../value_test.h"

TestSuite(surrogate, .init = open_scope, .fini = drop_scope);

Test(surrogate, the_value_is_the_first_operand_to_the_bit)
{
    static const float at[8] = {1e8f, -3, 0.1f, INFINITY, 1e-30f, -0.0f, 0.7f, NAN};
    float far[8], got[8] = {0}, plain[8] = {0};
    for (int i = 0; i < 8; i++)
        far[i] = i % 2 ? 1e20f : INFINITY; /* no a - b + b would survive this */
    epl_val a = epl_input(f, "a", epl_f32(8)), b = epl_input(f, "b", epl_f32(8));
    epl_output(f, "y", epl_scale_gradient(epl_straight_through(a, b), epl_num(3)));
    epl_arrays in = epl_arrays(epl_at(at, epl_f32(8)), epl_at(far, epl_f32(8)));
    cr_assert_eq(epl_reference(f, in, epl_arrays(epl_at(plain, epl_f32(8)))), EPL_OK, "%s",
                 epl_scope_message(s));
    cr_assert_eq(
        epl_run(epl_compile(s, f), in, epl_arrays(epl_at(got, epl_f32(8))), epl_work_new(s, NULL)),
        EPL_OK, "%s", epl_scope_message(s));
    cr_assert_eq(memcmp(got, at, sizeof at), 0);
    cr_assert_eq(memcmp(plain, at, sizeof at), 0);
}

Test(surrogate, straight_through_a_rounding)
{
    epl_val x = number(1.7), r = epl_straight_through(epl_round(x), x);
    epl_val y = epl_square(r); /* 4; dy = 2 r dx, d2y = 2 dx dx */
    is(y, 4);
    is(epl_gradient(y, x), 4);
    is(epl_gradient(epl_gradient(y, x), x), 2);
    is(epl_jvp(y, x, number(0.5)), 2);
    is(epl_hvp(y, x, number(0.5)), 1);
}

Test(surrogate, derivatives_of_a_bent_backward_are_those_of_backward)
{
    epl_val x = number(0.6), y = epl_straight_through(epl_sign(x), epl_tanh(x));
    double t = tanh(0.6);
    is(y, 1);
    is(epl_gradient(y, x), 1 - t * t);
    is(epl_gradient(epl_gradient(y, x), x), -2 * t * (1 - t * t));
    epl_val only_forward = epl_straight_through(epl_square(x), number(2));
    is(epl_gradient(only_forward, x), 0);
}

Test(surrogate, a_scaled_gradient_scales_at_each_order)
{
    epl_val x = number(0.4), y = epl_sin(epl_scale_gradient(x, epl_num(3)));
    is(y, sin(0.4));
    is(epl_gradient(y, x), 3 * cos(0.4));
    is(epl_gradient(epl_gradient(y, x), x), -9 * sin(0.4));
    epl_val c = number(0.5), z = epl_exp(epl_scale_gradient(x, c));
    is(epl_gradient(z, x), 0.5 * exp(0.4));
    is(epl_gradient(z, c), 0);
    is(epl_gradient(epl_gradient(z, x), c), 0);
}

Test(surrogate, a_reversed_gradient_turns_at_each_order)
{
    epl_val x = number(0.4), y = epl_sin(epl_reverse_gradient(x));
    is(y, sin(0.4));
    is(epl_gradient(y, x), -cos(0.4));
    is(epl_gradient(epl_gradient(y, x), x), -sin(0.4));
}

Test(surrogate, in_a_map_as_in_a_loop)
{
    double at[3] = {0.4, 1.6, -2.4}, value[3], slope[3];
    epl_val xs = epl_data(f, epl_at(at, epl_f64(3))), all = number(0.5);
    epl_fn *m = epl_map(f);
    epl_val x = epl_each(m, xs, 0), hard = epl_straight_through(epl_round(x), epl_pass(m, all));
    epl_val y = epl_mul(epl_straight_through(epl_round(x), x), epl_add(hard, x));
    epl_val g = epl_gradient(y, x), ys = epl_collect(m, y), gs = epl_collect(m, g);
    cr_assert_eq(epl_eval(ys, epl_at(value, epl_f64(3))), EPL_OK, "%s", epl_scope_message(s));
    cr_assert_eq(epl_eval(gs, epl_at(slope, epl_f64(3))), EPL_OK, "%s", epl_scope_message(s));
    for (int i = 0; i < 3; i++) {
        double r = nearbyint(at[i]);
        cr_assert_float_eq(value[i], r * (r + at[i]), 1e-12);
        cr_assert_float_eq(slope[i], r + at[i] + r, 1e-12);
    }
}

Test(surrogate, wrong_operands_are_told)
{
    epl_val x = epl_zeros(f, epl_f64(3));
    epl_scale_gradient(x, x);
    cr_assert_not_null(strstr(epl_scope_message(s), "[scale_gradient] the factor must be one"));
}

Test(surrogate, shapes_that_do_not_fit_are_told)
{
    epl_straight_through(epl_zeros(f, epl_f64(3)), epl_zeros(f, epl_f64(2)));
    cr_assert_not_null(strstr(epl_scope_message(s), "[straight_through]"), "%s",
                       epl_scope_message(s));
}
