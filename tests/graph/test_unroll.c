/* test_unroll.c -- a scan with steps written out is the scan without, whatever it keeps. */
#include "../value_test.h"

enum { T = 7, N = 3 };
static epl_val x, h0, w;

static void open_inputs(void)
{
    double rows[T * N], matrix[N * N], first[N] = {0.2, -0.1, 0.4};
    for (int i = 0; i < T * N; i++)
        rows[i] = sin(1.7 * i);
    for (int i = 0; i < N * N; i++)
        matrix[i] = 0.5 * cos(2.3 * i);
    open_scope();
    x = epl_data(f, epl_at(rows, epl_f64(T, N)));
    h0 = epl_data(f, epl_at(first, epl_f64(N)));
    w = epl_data(f, epl_at(matrix, epl_f64(N, N)));
}
TestSuite(unroll, .init = open_inputs, .fini = close_scope);

typedef struct {
    epl_val all, end;
} run;
static run looped(epl_fn *in, int64_t unroll, bool reverse, epl_save_policy save)
{
    epl_fn *t = epl_scan(in, .unroll = unroll, .reverse = reverse, .save = save, .every = 4);
    epl_val xt = epl_each(t, x, 0), h = epl_carry(t, h0);
    epl_val next = epl_tanh(epl_add(epl_matmul(w, h), xt));
    epl_next(t, h, next);
    run r = {epl_collect(t, epl_mul(next, xt)), EPL_NO_VAL};
    r.end = epl_last(t, h);
    return r;
}

Test(unroll, same_results)
{
    static const int64_t steps[] = {2, 3, 4, 7, 100};
    for (int reverse = 0; reverse < 2; reverse++) {
        run plain = looped(f, 0, reverse, EPL_SAVE_ALL);
        epl_val want = epl_add(epl_sum(epl_mul(plain.all, plain.all)), epl_sum(plain.end));
        for (int k = 0; k < 5; k++) {
            run r = looped(f, steps[k], reverse, (epl_save_policy)(1 + k % 4));
            epl_val got = epl_add(epl_sum(epl_mul(r.all, r.all)), epl_sum(r.end));
            near(r.all, plain.all, 1e-12);
            near(r.end, plain.end, 1e-12);
            near(epl_gradient(got, w), epl_gradient(want, w), 1e-12);
            near(epl_gradient(got, x), epl_gradient(want, x), 1e-12);
            near(epl_hvp(got, h0, h0), epl_hvp(want, h0, h0), 1e-12);
        }
    }
}

Test(unroll, mapped)
{
    epl_val out[2];
    for (int k = 0; k < 2; k++) {
        epl_fn *m = epl_map(f);
        epl_val row = epl_each(m, x, 0), v = epl_pass(m, w);
        epl_fn *t = epl_scan(m, .length = 5, .unroll = k ? 2 : 0);
        epl_val h = epl_carry(t, row);
        epl_next(t, h, epl_tanh(epl_matmul(v, h)));
        out[k] = epl_collect(m, epl_gradient(epl_sum(epl_last(t, h)), v));
    }
    near(out[1], out[0], 1e-12);
}

Test(unroll, all_written_out_leaves_one_step)
{
    size_t before = epl_fn_nodes(f);
    run r = looped(f, T, false, EPL_SAVE_ALL);
    cr_assert(epl_fn_nodes(f) - before < 40, "%zu nodes", epl_fn_nodes(f) - before);
    near(r.end, looped(f, 0, false, EPL_SAVE_ALL).end, 1e-12);
}
