/* test_safe.c -- derivatives where numbers are extreme or functions have an edge: finite and
 * right in first and second order wherever the mathematics has them, and as documented
 * (docs/derivatives.md) where it has none.
 */
#include "taylor.h"
#include <math.h>

TestSuite(safe, .init = open_scope, .fini = close_scope);

static void close_to(double got, double want, double scale, const char *what)
{
    cr_assert(fabs(got - want) <= 1e-12 * scale, "%s: %.17g, expected %.17g", what, got, want);
}

static void finite_at(function build, const double *at, epl_dtype dtype, const char *what)
{
    taylor t = of(build, at, dtype);
    bool finite = isfinite(t.y);
    for (int i = 0; i < 9; i++)
        finite = finite && isfinite(t.h[i]) && isfinite(t.g[i / 3]);
    cr_assert(finite, "%s at (%g, %g, %g)", what, at[0], at[1], at[2]);
}

/* -- norms and deviations: of large and small numbers ------------------------------------------ */
static epl_val norm(epl_val x)
{
    return epl_vector_norm(x);
}
static epl_val cubic_norm(epl_val x)
{
    return epl_vector_norm(x, .ord = 3);
}
static epl_val deviation(epl_val x)
{
    return epl_std(x);
}

/* All three are homogeneous of degree 1: f(c x) = c f(x), g(c x) = g(x), H(c x) = H(x) / c. */
Test(safe, norms_and_std_of_any_size)
{
    static const function build[] = {norm, cubic_norm, deviation};
    static const double at[3] = {0.3, -1.2, 0.7};
    for (int k = 0; k < 3; k++) {
        taylor one = of(build[k], at, EPL_F64);
        for (double c = 1e-250; c < 1e260; c *= 1e50) {
            taylor t = of(build[k], (double[]){c * at[0], c * at[1], c * at[2]}, EPL_F64);
            close_to(t.y / c, one.y, 10, "value");
            for (int i = 0; i < 9; i++) {
                close_to(t.g[i / 3], one.g[i / 3], 10, "gradient");
                close_to(t.h[i] * c, one.h[i], 10, "second derivative");
            }
        }
        finite_at(build[k], (double[]){1e30, -2e30, 5e29}, EPL_F32, "f32, large");
        finite_at(build[k], (double[]){1e-30, -2e-30, 5e-31}, EPL_F32, "f32, small");
    }
}

static epl_val length(epl_val x)
{
    return epl_hypot(epl_select(x, 0, 0), epl_select(x, 0, 1));
}
static epl_val angle(epl_val x)
{
    return epl_atan2(epl_select(x, 0, 0), epl_select(x, 0, 1));
}

Test(safe, norms_and_std_have_derivative_zero_where_they_have_none)
{
    static const function build[] = {norm, cubic_norm, deviation, length, angle};
    static const double at[2][3] = {{0, 0, 0}, {2, 2, 2}};
    for (int k = 0; k < 5; k++) {
        taylor t = of(build[k], at[k == 2], EPL_F64);
        for (int i = 0; i < 9; i++)
            cr_assert(t.y == 0 && t.g[i / 3] == 0 && t.h[i] == 0);
    }
}

/* -- exponentials
 * ---------------------------------------------------------------------------------- */
static epl_val lse(epl_val x)
{
    return epl_logsumexp(x, .dim = epl_axes(0));
}
static epl_val soft(epl_val x)
{
    return epl_softmax(x, 0);
}
static epl_val log_soft(epl_val x)
{
    return epl_log_softmax(x, 0);
}

/* All three see differences alone: a shift changes a value at most, and no derivative. */
Test(safe, logsumexp_and_softmax_of_any_size)
{
    static const function build[] = {lse, soft, log_soft};
    static const double at[3] = {0.5, -1, 2};
    for (int k = 0; k < 3; k++) {
        taylor one = of(build[k], at, EPL_F64);
        for (double c = -1048576; c < 2e6; c += 524288) { /* exact sums */
            taylor t = of(build[k], (double[]){c + at[0], c + at[1], c + at[2]}, EPL_F64);
            close_to(t.y, one.y + (k == 0 ? c : 0), 1e7, "value");
            for (int i = 0; i < 9; i++) {
                close_to(t.g[i / 3], one.g[i / 3], 10, "gradient");
                close_to(t.h[i], one.h[i], 10, "second derivative");
            }
        }
        static const double far[][3] = {{1000, -1000, 0}, {-1e30, 1e30, 0}, {1e30, 1e30, 1e30}};
        for (int i = 0; i < 3; i++) {
            finite_at(build[k], far[i], EPL_F64, "f64");
            finite_at(build[k], far[i], EPL_F32, "f32");
        }
    }
}

Test(safe, a_masked_entry_takes_no_part)
{
    taylor t = of(lse, (double[]){-INFINITY, 0, 1}, EPL_F64);
    double p = 1 / (1 + exp(1));
    close_to(t.y, log(1 + exp(1)), 1, "value");
    for (int i = 0; i < 3; i++) {
        close_to(t.g[i], (double[]){0, p, 1 - p}[i], 1, "gradient");
        close_to(t.h[3 * i + i], i ? p * (1 - p) : 0, 1, "second derivative");
    }
    finite_at(soft, (double[]){-INFINITY, 0, 1}, EPL_F64, "softmax");
}

/* There is no distribution over nothing. */
Test(safe, a_row_of_masked_entries_has_no_derivative)
{
    taylor t = of(lse, (double[]){-INFINITY, -INFINITY, -INFINITY}, EPL_F64);
    cr_assert(t.y == -INFINITY && isnan(t.g[0]) && isnan(t.g[1]) && isnan(t.g[2]));
}

static epl_val bce(epl_val x)
{
    return epl_binary_cross_entropy_with_logits(x, epl_full_like(x, 0.3), .reduction = "none");
}
static epl_val entropy(epl_val x)
{
    return epl_cross_entropy(x, epl_sum(epl_zeros(f, epl_i64(1))));
}

Test(safe, saturated_activations_and_losses)
{
    static const struct {
        function build;
        const char *name;
    } all[] = {{epl_sigmoid, "sigmoid"},   {epl_logsigmoid, "logsigmoid"},
               {epl_tanh, "tanh"},         {epl_silu, "silu"},
               {epl_erf, "erf"},           {bce, "bce"},
               {entropy, "cross_entropy"}, {epl_atan, "atan"},
               {epl_asinh, "asinh"},       {epl_sinc, "sinc"}};
    static const double at[][3] = {{1000, -1000, 0}, {88, -88, 104}, {1e6, -1e6, 1e-30}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        for (int i = 0; i < 3; i++) {
            finite_at(all[k].build, at[i], EPL_F64, all[k].name);
            finite_at(all[k].build, at[i], EPL_F32, all[k].name);
        }
}

/* -- products and powers with zeros --------------------------------------------------------------
 */
static epl_val product(epl_val x)
{
    return epl_prod(x);
}
static epl_val cubes(epl_val x)
{
    return epl_pow(x, epl_num(3));
}

Test(safe, products_and_powers_with_zeros)
{
    taylor t = of(product, (double[]){0, 2, 3}, EPL_F64);
    for (int i = 0; i < 3; i++)
        close_to(t.g[i], (double[]){6, 0, 0}[i], 1, "gradient");
    close_to(t.h[1], 3, 1, "second derivative");
    close_to(t.h[2], 2, 1, "second derivative");
    close_to(of(product, (double[]){0, 0, 3}, EPL_F64).h[1], 3, 1, "second derivative");
    t = of(cubes, (double[]){0, -2, 0}, EPL_F64);
    close_to(t.g[0], 0, 1, "gradient");
    close_to(t.g[1], -0.5 * 12, 1, "gradient");
    close_to(t.h[4], -0.5 * -12, 1, "second derivative");
}

/* -- where: both sides are computed ---------------------------------------------------------------
 */
static epl_val root_by_result(epl_val x)
{
    return epl_where(epl_gt(x, epl_num(0)), epl_sqrt(x), epl_num(0));
}
static epl_val root_by_operand(epl_val x)
{
    epl_val usable = epl_gt(x, epl_num(0));
    return epl_where(usable, epl_sqrt(epl_where(usable, x, epl_num(1))), epl_num(0));
}

/* The trap: 0 times a derivative that is no number. The remedy: choose the operand, too. */
Test(safe, where_needs_the_operand_chosen_too)
{
    static const double at[3] = {4, 0, -1};
    taylor trap = of(root_by_result, at, EPL_F64), safe = of(root_by_operand, at, EPL_F64);
    close_to(trap.y, 2, 1, "value");
    close_to(trap.g[0], 0.25, 1, "gradient");
    cr_assert(isnan(trap.g[1]) && isnan(trap.g[2]));
    close_to(safe.y, 2, 1, "value");
    for (int i = 0; i < 3; i++)
        close_to(safe.g[i], i ? 0 : 0.25, 1, "gradient");
    for (int i = 0; i < 9; i++)
        close_to(safe.h[i], i ? 0 : -1.0 / 32, 1, "second derivative");
}

Test(safe, ties_and_kinks_are_as_documented)
{
    epl_val x = epl_data(f, epl_at((double[]){2, 2, 1}, epl_f64(3)));
    epl_val zero = epl_data(f, epl_at((double[]){0}, epl_f64()));
    double g[3];
    cr_assert_eq(epl_eval(epl_gradient(epl_amax(x), x), epl_at(g, epl_f64(3))), EPL_OK);
    cr_assert(g[0] == 0.5 && g[1] == 0.5 && g[2] == 0); /* shared evenly */
    cr_assert_eq(epl_item(epl_gradient(epl_maximum(zero, epl_zeros_like(zero)), zero)), 0.5);
    cr_assert_eq(epl_item(epl_gradient(epl_abs(zero), zero)), 0);
    cr_assert_eq(epl_item(epl_gradient(epl_relu(zero), zero)), 0);
}
