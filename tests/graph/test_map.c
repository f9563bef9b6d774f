/* test_map.c -- inner functions of epl_map: entries, captures, nesting, misuse. */
#include "../value_test.h"

TestSuite(map, .init = open_scope, .fini = drop_scope);

static void equal(epl_val v, const double *want, int64_t n)
{
    double got[64] = {0};
    cr_assert_eq(read(v, got), n);
    numbers_near(got, want, n, 1e-12, "the value");
}

static epl_val data(const double *x, epl_type t)
{
    return epl_data(f, epl_at(x, t));
}

Test(map, each_row_and_a_captured_value)
{
    double x[6] = {1, 2, 3, 4, 5, 6}, w[2] = {10, 1};
    epl_val xv = data(x, epl_f64(3, 2)), wv = data(w, epl_f64(2));
    epl_fn *row = epl_map(f);
    epl_val r = epl_each(row, xv, 0);
    equal(epl_collect(row, epl_sum(epl_mul(r, wv))), (double[]){12, 34, 56}, 3);
}

Test(map, any_axis_and_two_results)
{
    double x[6] = {1, 2, 3, 4, 5, 6};
    epl_fn *column = epl_map(f);
    epl_val c = epl_each(column, data(x, epl_f64(3, 2)), -1);
    epl_val sum = epl_sum(c), top = epl_amax(c);
    equal(epl_collect(column, sum), (double[]){9, 12}, 2);
    equal(epl_collect(column, top), (double[]){5, 6}, 2);
}

Test(map, what_is_not_mapped_is_given_to_all)
{
    double x[2] = {1, 2}, y[1] = {7};
    epl_fn *m = epl_map(f);
    epl_each(m, data(x, epl_f64(2)), 0);
    epl_val p = epl_pass(m, data(y, epl_f64(1)));
    equal(epl_collect(m, p), (double[]){7, 7}, 2);
}

Test(map, gradients_inside_and_outside)
{
    double x[3] = {1, 2, 3}, t = 0.5;
    epl_val xv = data(x, epl_f64(3)), theta = data(&t, epl_f64());
    epl_fn *m = epl_map(f);
    epl_val xi = epl_each(m, xv, 0), th = epl_pass(m, theta);
    epl_val loss = epl_square(epl_mul(th, xi));        /* th^2 x^2 */
    epl_val phi = epl_sub(th, epl_gradient(loss, th)); /* th (1 - 2 x^2) */
    epl_val after = epl_square(epl_mul(phi, xi));
    epl_val meta = epl_sum(epl_collect(m, after));
    double want = 0;
    for (int i = 0; i < 3; i++)
        want += 2 * t * pow(1 - 2 * x[i] * x[i], 2) * x[i] * x[i];
    equal(epl_gradient(meta, theta), &want, 1);
}

Test(map, nested_maps_make_an_outer_product)
{
    double x[2] = {1, 2}, y[3] = {1, 10, 100};
    epl_val xv = data(x, epl_f64(2)), yv = data(y, epl_f64(3));
    epl_fn *i = epl_map(f);
    epl_val a = epl_each(i, xv, 0);
    epl_fn *j = epl_map(i);
    epl_val b = epl_each(j, yv, 0);
    equal(epl_collect(i, epl_collect(j, epl_mul(a, b))), (double[]){1, 10, 100, 2, 20, 200}, 6);
}

Test(map, chunks_give_the_same_bits)
{
    double x[7][4], whole[7], part[7];
    for (int i = 0; i < 28; i++)
        x[i / 4][i % 4] = sin(i);
    for (int chunk = 0; chunk < 9; chunk += 2) {
        epl_val xv = data(&x[0][0], epl_f64(7, 4));
        epl_fn *m = epl_map(f, .chunk = chunk);
        epl_val xi = epl_each(m, xv, 0);
        epl_val g = epl_sum(epl_gradient(epl_sum(epl_exp(xi)), xi));
        cr_assert_eq(epl_eval(epl_collect(m, g), epl_at(chunk ? part : whole, epl_f64(7))), EPL_OK,
                     "%s", epl_scope_message(s));
        if (chunk)
            cr_assert_eq(memcmp(whole, part, sizeof whole), 0);
    }
}

Test(map, a_gradient_with_respect_to_a_captured_value_says_what_to_do)
{
    double x[2] = {1, 2};
    epl_val xv = data(x, epl_f64(2)), t = data(x, epl_f64());
    epl_fn *m = epl_map(f);
    epl_gradient(epl_mul(epl_each(m, xv, 0), t), t);
    fails_with("epl_pass");
}

Test(map, sizes_that_differ)
{
    double x[6] = {0};
    epl_fn *m = epl_map(f);
    epl_each(m, data(x, epl_f64(2)), 0);
    epl_each(m, data(x, epl_f64(3)), 0);
    fails_with("has 3 entries, the map has 2");
}

/* y_i = x_i stop(x_i): dy_i/dx_i = x_i, also where the gradient is taken outside. */
Test(map, what_is_stopped_inside_is_stopped_outside)
{
    double x[2] = {3, 5};
    epl_val xv = data(x, epl_f64(2));
    epl_fn *m = epl_map(f);
    epl_val xi = epl_each(m, xv, 0);
    epl_val y = epl_collect(m, epl_mul(xi, epl_stop_gradient(xi)));
    epl_val g = epl_gradient(epl_sum(y), xv);
    cr_expect_eq(epl_item(epl_select(g, 0, 0)), 3);
    cr_expect_eq(epl_item(epl_select(g, 0, 1)), 5);
}

Test(map, a_value_of_a_closed_map)
{
    double x[2] = {1, 2};
    epl_fn *m = epl_map(f);
    epl_val xi = epl_each(m, data(x, epl_f64(2)), 0);
    epl_collect(m, xi);
    epl_square(xi);
    fails_with("closed");
}

Test(map, a_map_that_takes_nothing_in)
{
    epl_fn *m = epl_map(f);
    epl_collect(m, epl_num(1));
    fails_with("epl_each first");
}

Test(map, values_of_two_maps_do_not_meet)
{
    double x[2] = {1, 2};
    epl_val xv = data(x, epl_f64(2));
    epl_fn *a = epl_map(f), *b = epl_map(f);
    epl_add(epl_each(a, xv, 0), epl_each(b, xv, 0));
    fails_with("does not enclose");
}
