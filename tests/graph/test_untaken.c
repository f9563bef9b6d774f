/* test_untaken.c -- what is computed and dropped has no say in a derivative: steps of a bounded
 * while after its end, and the sides of a mapped branch that an entry does not take. There, zero
 * times an infinite slope would be NaN.
 */
#include "../value_test.h"

TestSuite(untaken, .init = open_scope, .fini = close_scope);

enum { N = 4 };

static epl_val data(const double *x)
{
    return epl_data(f, epl_at(x, epl_f64(N)));
}

/* y, its gradients, its products with a Hessian and along a direction. */
enum { KINDS = 5 };
static void derived(epl_val y, epl_val x, epl_val w, epl_val to[KINDS])
{
    to[0] = y;
    to[1] = epl_gradient(y, x);
    to[2] = epl_gradient(y, w);
    to[3] = epl_hvp(y, x, epl_cos(x));
    to[4] = epl_jvp(y, x, epl_sin(x));
}

static void same(epl_val got[KINDS], epl_val want[KINDS])
{
    for (int i = 0; i < KINDS; i++)
        near(got[i], want[i], 1e-12);
}

/* x <- sqrt(x - w) while x > 1. */
static epl_val rooted(epl_fn *in, epl_val x0, epl_val w)
{
    epl_fn *t = epl_while(in, .most = 9);
    epl_val x = epl_carry(t, x0);
    epl_keep_going(t, epl_gt(x, epl_num(1)));
    epl_next(t, x, epl_sqrt(epl_sub(x, epl_pass(t, w))));
    return epl_last(t, x);
}

Test(untaken, steps_after_the_end)
{
    static const double start[N] = {9, 4, 2.5, 0.5};
    epl_val w = number(1), x = data(start), got[KINDS], want[KINDS], y = number(0);
    for (int i = 0; i < N; i++) {
        epl_val v = epl_select(x, 0, i);
        for (double n = start[i]; n > 1; n = sqrt(n - 1))
            v = epl_sqrt(epl_sub(v, w));
        y = epl_add(y, epl_square(v));
    }
    derived(y, x, w, want);
    for (int64_t chunk = 0; chunk < 4; chunk++) {
        epl_fn *m = epl_map(f, .chunk = chunk);
        epl_val end = rooted(m, epl_each(m, x, 0), w);
        derived(epl_sum(epl_square(epl_collect(m, end))), x, w, got);
        same(got, want);
    }
    epl_val sum = number(0);
    for (int i = 0; i < N; i++)
        sum = epl_add(sum, epl_square(rooted(f, epl_select(x, 0, i), w)));
    derived(sum, x, w, got);
    same(got, want);
}

/* y <- y + sqrt(x[i]) w for i < n: what stands behind is no row of x. */
static epl_val summed(epl_fn *in, epl_val x, epl_val w, epl_val n)
{
    epl_fn *t = epl_while(in, .most = 9);
    epl_val i = epl_carry(t, epl_zeros(in, epl_i64())), y = epl_carry(t, epl_zeros(in, epl_f64()));
    epl_keep_going(t, epl_lt(i, epl_pass(t, n)));
    epl_val now = epl_index_select(epl_pass(t, x), 0, epl_reshape(i, epl_dims(1)));
    epl_next(t, y, epl_add(y, epl_mul(epl_sum(epl_sqrt(now)), epl_pass(t, w))));
    epl_next(t, i, epl_add(i, epl_int(1)));
    return epl_square(epl_last(t, y));
}

Test(untaken, steps_after_the_end_read_no_index)
{
    static const double at[N] = {2, 3, 5, 0.1};
    static const int64_t counts[2][N] = {{3, 0, 4, 1}, {0, 0, 0, 0}};
    epl_val x = data(at), w = number(0.7), got[KINDS], want[KINDS];
    for (int k = 0; k < 2; k++) {
        epl_val y = number(0), alone = number(0);
        epl_val n = epl_data(f, epl_at(counts[k], epl_i64(N)));
        for (int i = 0; i < N; i++) {
            epl_val sum = number(0);
            for (int64_t j = 0; j < counts[k][i]; j++)
                sum = epl_add(sum, epl_mul(epl_sqrt(epl_select(x, 0, j)), w));
            y = epl_add(y, epl_square(sum));
            alone = epl_add(alone, summed(f, x, w, epl_select(n, 0, i)));
        }
        derived(y, x, w, want);
        derived(alone, x, w, got);
        same(got, want);
        for (int64_t chunk = 0; chunk < 4; chunk++) {
            epl_fn *m = epl_map(f, .chunk = chunk);
            epl_val one = summed(m, x, w, epl_each(m, n, 0));
            derived(epl_sum(epl_collect(m, one)), x, w, got);
            same(got, want);
            m = epl_map(f, .chunk = chunk); /* a gradient of each */
            epl_val px = epl_pass(m, x), pw = epl_pass(m, w);
            one = epl_gradient(summed(m, px, pw, epl_each(m, n, 0)), px);
            near(epl_sum(epl_collect(m, one), .dim = epl_axes(0)), want[1], 1e-12);
        }
    }
}

/* By an index: sqrt x, or x^2, or 1 / x; each is asked for where the others have no slope. */
Test(untaken, sides_of_a_mapped_branch)
{
    static const double at[N] = {0, 2, -3, 0.5};
    static const int64_t which[N] = {1, 0, 2, 0};
    epl_val w = number(0.7), x = data(at), got[KINDS], want[KINDS], y = number(0);
    epl_val index = epl_data(f, epl_at(which, epl_i64(N)));
    for (int i = 0; i < N; i++) {
        epl_val v = epl_select(x, 0, i);
        epl_val r = which[i] == 0 ? epl_sqrt(v) : which[i] == 1 ? epl_square(v) : epl_reciprocal(v);
        y = epl_add(y, epl_square(epl_mul(w, r)));
    }
    derived(y, x, w, want);
    for (int64_t chunk = 0; chunk < 4; chunk++) {
        epl_fn *m = epl_map(f, .chunk = chunk), *b[3];
        epl_val v = epl_each(m, x, 0);
        epl_switch(m, epl_each(m, index, 0), 3, b);
        epl_val root = epl_sqrt(epl_pass(b[0], v)), square = epl_square(epl_pass(b[1], v));
        epl_val r = epl_chosen(b[0], epl_list(root, square, epl_reciprocal(epl_pass(b[2], v))));
        derived(epl_sum(epl_square(epl_mul(w, epl_collect(m, r)))), x, w, got);
        same(got, want);
    }
}

/* log(x w) where x > 0, else w: weights are read by both sides. No entry may take a side, too. */
Test(untaken, weights_of_a_mapped_branch)
{
    static const double at[2][N] = {{1, 0, 3, -2}, {0, -1, 0, -2}};
    for (int k = 0; k < 2; k++) {
        epl_val w = number(0.7), x = data(at[k]), got[KINDS], want[KINDS], y = number(0);
        for (int i = 0; i < N; i++) {
            epl_val v = epl_select(x, 0, i);
            y = epl_add(y, epl_square(at[k][i] > 0 ? epl_log(epl_mul(v, w)) : w));
        }
        derived(y, x, w, want);
        for (int64_t chunk = 0; chunk < 4; chunk++) {
            epl_fn *m = epl_map(f, .chunk = chunk);
            epl_val v = epl_each(m, x, 0);
            epl_fn *yes = epl_when(m, epl_gt(v, epl_num(0))), *no = epl_otherwise(yes);
            epl_val log = epl_log(epl_mul(epl_pass(yes, v), epl_pass(yes, w)));
            epl_val one = epl_either(yes, log, no, epl_pass(no, w));
            derived(epl_sum(epl_square(epl_collect(m, one))), x, w, got);
            same(got, want);
        }
    }
}

/* A map of no entries: weights have the slope 0. */
Test(untaken, no_entries)
{
    epl_val none = epl_zeros(f, epl_f64(0)), w = number(0.7), x = epl_copy(none);
    for (int64_t chunk = 0; chunk < 2; chunk++) {
        epl_fn *m = epl_map(f, .chunk = chunk);
        epl_val v = epl_each(m, x, 0);
        epl_fn *yes = epl_when(m, epl_gt(v, epl_num(0))), *no = epl_otherwise(yes);
        epl_val r = epl_either(yes, epl_log(epl_pass(yes, v)), no, epl_pass(no, w));
        epl_val y = epl_sum(epl_collect(m, rooted(m, r, w)));
        near(y, number(0), 0);
        near(epl_gradient(y, w), number(0), 0);
        cr_expect_eq(epl_count(epl_typeof(epl_gradient(y, x))), 0);
    }
}

/* Numbers that are only moved and cast are chosen among, too. */
Test(untaken, half_numbers_in_loops_and_branches)
{
    static const double at[N] = {1, 2, 3, 4};
    epl_val x = data(at);
    for (int64_t most = 0; most < 10; most += 9)
        for (int64_t chunk = 0; chunk < 3; chunk++) {
            epl_fn *m = epl_map(f, .chunk = chunk);
            epl_val one = epl_each(m, x, 0);
            epl_fn *t = most ? epl_while(m, .most = most) : epl_while(m);
            epl_val h = epl_carry(t, epl_cast(one, EPL_BF16)), wide = epl_cast(h, EPL_F64);
            epl_keep_going(t, epl_lt(wide, epl_num(3)));
            epl_next(t, h, epl_cast(epl_scale(wide, 2), EPL_BF16));
            epl_fn *a = epl_when(m, epl_gt(one, epl_num(1.5))), *b = epl_otherwise(a);
            epl_val end = epl_last(t, h), first = epl_cast(one, EPL_BF16);
            epl_val y = epl_either(a, epl_pass(a, end), b, epl_pass(b, first));
            near(epl_collect(m, epl_cast(y, EPL_F64)), data((const double[]){1, 4, 3, 4}), 0);
        }
}
