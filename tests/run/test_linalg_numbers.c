/* test_linalg_numbers.c -- linear algebra: larger matrices solve what they must; bad numbers fail
 * the run, and bad arguments the scope.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "linalg_cases.h"

/* -- larger ones, by what they must solve ---------------------------------------------------- */
static epl_val residual_of_cholesky(epl_val a, epl_val b)
{
    epl_val l = epl_cholesky(epl_matmul(a, epl_transpose(a, -1, -2)));
    (void)b;
    return epl_sub(epl_matmul(l, epl_transpose(l, -1, -2)),
                   epl_matmul(a, epl_transpose(a, -1, -2)));
}

static epl_val residual_of_solve(epl_val a, epl_val b)
{
    return epl_sub(epl_matmul(a, epl_solve(a, b)), b);
}

static epl_val residual_of_lu(epl_val a, epl_val b)
{
    epl_val l, u, p = epl_lu(a, .L = &l, .U = &u);
    (void)b;
    return epl_sub(epl_matmul(p, epl_matmul(l, u)), a);
}

static epl_val residual_of_tall_lu(epl_val a, epl_val b)
{
    return residual_of_lu(epl_narrow(a, -1, 0, epl_dim(a, -1) / 2), b);
}

static epl_val residual_of_wide_lu(epl_val a, epl_val b)
{
    return residual_of_lu(epl_narrow(a, -2, 0, epl_dim(a, -1) / 2), b);
}

static epl_val residual_without_pivots(epl_val a, epl_val b)
{
    epl_val l, u, m = epl_add(a, epl_scale(b, (double)epl_dim(a, -1)));
    epl_val p = epl_lu(m, .pivot = false, .L = &l, .U = &u);
    cr_expect(epl_rank(p) == 1 && epl_dim(p, 0) == 0);
    return epl_sub(epl_matmul(l, u), m);
}

static epl_val residual_of_lu_solve(epl_val a, epl_val b)
{
    return epl_sub(epl_matmul(lu_solve_right(a, b), a), b);
}

static epl_val residual_of_eigh(epl_val a, epl_val b)
{
    epl_val v, s = epl_add(a, epl_transpose(a, -1, -2)), w = epl_eigh(s, .eigenvectors = &v);
    (void)b;
    return epl_sub(epl_matmul(s, v), epl_mul(v, epl_unsqueeze(w, -2)));
}

static epl_val orthogonality_of_eigh(epl_val a, epl_val b)
{
    epl_val v;
    epl_eigh(epl_mul(a, epl_num(1e-20)), .eigenvectors = &v); /* its squares are below f32 */
    return epl_sub(epl_matmul(epl_transpose(v, -1, -2), v), b);
}

/* The largest entry of f(a, ones on the diagonal), for random a [2, n, n] of size 1. */
static double residual(epl_val (*f)(epl_val, epl_val), epl_dtype dtype, int64_t n)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *fn = epl_fn_new(s, "residual");
    epl_val key = epl_input(fn, "key", epl_i64(2));
    epl_val a = epl_normal(key, epl_dims(2, n, n), .dtype = dtype);
    epl_val r = f(a, epl_eye(fn, dtype, n, 0));
    epl_output(fn, "r", epl_cast(epl_amax(epl_abs(r)), EPL_F64));
    int64_t words[2] = {5, 6};
    double largest = NAN;
    epl_plan plan = epl_compile(s, fn);
    epl_work *w = epl_work_new(s, NULL);
    epl_status status = epl_run(plan, epl_arrays(epl_at(words, epl_i64(2))),
                                epl_arrays(epl_at(&largest, epl_f64())), w);
    cr_expect_eq(status, EPL_OK, "%s", epl_work_message(w));
    epl_scope_free(s);
    return largest;
}

Test(linalg, larger_ones_solve_what_they_must)
{
    static epl_val (*const each[])(epl_val, epl_val) = {
        residual_of_cholesky, residual_of_solve,   residual_of_lu,
        residual_of_tall_lu,  residual_of_wide_lu, residual_without_pivots,
        residual_of_lu_solve, residual_of_eigh,    orthogonality_of_eigh};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        for (int64_t n = 16; n <= 80; n += 32) {
            double single = residual(each[i], EPL_F32, n), exact = residual(each[i], EPL_F64, n);
            cr_expect(single < 2e-6 * (double)(n * n) && exact < 2e-14 * (double)n,
                      "%zu of order %lld: %g in f32, %g in f64", i, (long long)n, single, exact);
            cr_expect(single > 0 && exact > 0, "%zu: nothing was computed", i);
        }
}

/* -- bad numbers --------------------------------------------------------------------------------
 */
/* The message of a run of f on a [batch, n, n]; "" if it is well. */
static void run_message(epl_val (*f)(epl_val, epl_val), const double *a, epl_type type,
                        char message[400])
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *fn = epl_fn_new(s, "bad");
    epl_val x = epl_input(fn, "a", type), y = f(x, x);
    epl_output(fn, "y", y);
    epl_plan plan = epl_compile(s, fn);
    epl_work *w = epl_work_new(s, NULL);
    epl_type out = epl_typeof(y);
    void *to = epl_scope_alloc(s, epl_bytes(out) + 8);
    epl_status status =
        epl_run(plan, epl_arrays(epl_at((void *)a, type)), epl_arrays(epl_at(to, out)), w);
    cr_expect(status == EPL_OK || status == EPL_ERR_DATA);
    snprintf(message, 400, "%s", status == EPL_OK ? "" : epl_work_message(w));
    epl_scope_free(s);
}

static epl_val slope_of_vectors(epl_val a, epl_val b)
{
    return epl_gradient(epl_sum(epl_mul(eigenvectors(a, b), b)), a);
}

static epl_val slope_of_values(epl_val a, epl_val b)
{
    return epl_gradient(epl_sum(eigvalsh(a, b)), a);
}

static epl_val without_pivots(epl_val a, epl_val b)
{
    (void)b;
    return epl_lu_factor(a, .pivot = false);
}

static epl_val wrong_pivots(epl_val a, epl_val b)
{
    return epl_lu_solve(a, epl_cast(epl_select(b, -1, 0), EPL_I32), b);
}

static epl_val slope_of_tall(epl_val a, epl_val b)
{
    return epl_gradient(epl_sum(lu_parts(epl_narrow(a, -1, 0, 2), b)), a);
}

static epl_val slope_of_det(epl_val a, epl_val b)
{
    return epl_gradient(epl_sum(det(a, b)), a);
}

Test(linalg, bad_numbers_fail_the_run)
{
    static const double a[2][9] = {{2, 0, 0, 0, 2, 0, 0, 0, 3}, {1, 0, 0, 0, 1, 0, 0, 0, -1}},
                        singular[2][9] = {{1, 2, 3, 4, 5, 7, 7, 8, 10},
                                          {1, 2, 0, 2, 4, 0, 0, 0, 0}},
                        permutation[2][9] = {{1, 2, 3, 2, 4, 6, 3, 6, 8},
                                             {0, 1, 0, 1, 0, 0, 0, 0, 1}},
                        unknown[9] = {1, 2, 3, 4, NAN, 6, 7, 8, 9};
    static const struct {
        epl_val (*f)(epl_val, epl_val);
        const void *a;
        int batch;
        const char *expected;
    } each[] = {
        {cholesky, a, 2, "the leading minor of order 3 is not positive (batch 1)"},
        {cholesky, unknown, 0, "the leading minor of order 2 is not positive"},
        {solve, singular, 2, "the matrix is singular: pivot 2 is zero (batch 1)"},
        {inv, singular, 2, "the matrix is singular: pivot 2 is zero (batch 1)"},
        {upper_left, singular, 2,
         "the matrix is singular: entry 3 of the diagonal is zero (batch 1)"},
        {unit_left, singular, 2, ""},
        {det, singular, 2, ""},
        {logabsdet, singular, 2, ""},
        {lu_factor, singular, 2, ""},
        {slope_of_det, singular, 2, "the matrix is singular"},
        {slope_of_tall, singular, 2, "the matrix is singular"},
        {without_pivots, a, 2, ""},
        {without_pivots, permutation, 2,
         "no L and U without pivots: entry 1 of the diagonal becomes zero (batch 1)"},
        {wrong_pivots, permutation, 2, "pivot 1 is 0; 1 to 3 is expected (batch 1)"},
        {eigvalsh, unknown, 0, "a NaN or infinity stands in the matrix of order 3"},
        {slope_of_values, a, 2, ""},
        {slope_of_vectors, a, 2, "eigenvalues 1 and 2 are equal"},
    };
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        char message[400];
        epl_type type = each[i].batch ? epl_f64(2, 3, 3) : epl_f64(3, 3);
        run_message(each[i].f, each[i].a, type, message);
        bool as_expected = *each[i].expected ? strstr(message, each[i].expected) != NULL
                                             : !*message;
        cr_expect(as_expected, "%zu: \"%s\", got \"%s\"", i, each[i].expected, message);
    }
}

/* -- bad arguments ------------------------------------------------------------------------------
 */
Test(linalg, bad_arguments)
{
    static const struct {
        const char *op, *expected;
    } each[] = {
        {"oblong", "[cholesky] operand 1 is f64[2,3]; [..., n, n] is expected"},
        {"integers", "[inv] operand 1 is i64[3,3]; f32 or f64 is expected"},
        {"misfit", "[solve] f64[3,3] and f64[2,3] do not fit"},
        {"batches", "[solve_triangular] the axes before the matrices of f64[2,3,3] and f64[4,3,1]"},
        {"vector", "[solve] left must be true where B, f64[3], holds vectors"},
        {"word", "[eigh] UPLO is \"L\" or \"U\", got \"X\""},
        {"pivots", "[lu_solve] pivots are f64[3]; i32 or i64 is expected"},
        {"count", "[lu_solve] LU is f64[3,3] and pivots are i64[3,3]"},
        {"dtypes", "[solve] operands f64[3,3] and f32[3,1] must have one dtype"},
    };
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        epl_scope *s = epl_scope_new(NULL);
        epl_fn *f = epl_fn_new(s, "bad");
        epl_val a = epl_input(f, "a", epl_f64(3, 3)), many = epl_input(f, "many", epl_f64(2, 3, 3));
        epl_val flat = epl_input(f, "flat", epl_f64(2, 3));
        epl_val v[] = {epl_input(f, "v", epl_f64(3)), epl_input(f, "w", epl_f64(4, 3, 1)),
                       epl_input(f, "i", epl_i64(3, 3)), epl_input(f, "x", epl_f32(3, 1))};
        epl_val y = i == 0   ? epl_cholesky(flat)
                    : i == 1 ? epl_inv(v[2])
                    : i == 2 ? epl_solve(a, flat)
                    : i == 3 ? epl_solve_triangular(many, v[1], .upper = true)
                    : i == 4 ? epl_solve(a, v[0], .left = false)
                    : i == 5 ? epl_eigh(a, .UPLO = "X")
                    : i == 6 ? epl_lu_solve(a, v[0], a)
                    : i == 7 ? epl_lu_solve(a, v[2], a)
                             : epl_solve(a, v[3]);
        cr_expect(epl_is_none(y), "%s", each[i].op);
        cr_expect(strstr(epl_scope_message(s), each[i].expected), "%s: got \"%s\"", each[i].op,
                  epl_scope_message(s));
        epl_scope_free(s);
    }
}
