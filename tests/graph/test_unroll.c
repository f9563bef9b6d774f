/* test_unroll.c -- a scan with steps written out is the scan without, whatever it keeps. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>

enum { T = 7, N = 3 };
static epl_scope *s;
static epl_fn *f;
static epl_val x, h0, w;

static void open_scope(void)
{
    double rows[T * N], matrix[N * N], first[N] = {0.2, -0.1, 0.4};
    for (int i = 0; i < T * N; i++)
        rows[i] = sin(1.7 * i);
    for (int i = 0; i < N * N; i++)
        matrix[i] = 0.5 * cos(2.3 * i);
    s = epl_scope_new(NULL);
    f = epl_fn_new(s, "unroll");
    x = epl_data(f, epl_at(rows, epl_f64(T, N)));
    h0 = epl_data(f, epl_at(first, epl_f64(N)));
    w = epl_data(f, epl_at(matrix, epl_f64(N, N)));
}
static void close_scope(void)
{
    cr_assert_str_eq(epl_scope_message(s), "");
    epl_scope_free(s);
}
TestSuite(unroll, .init = open_scope, .fini = close_scope);

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

static void same(epl_val got, epl_val want, const char *what)
{
    double a[T * N * 4] = {0}, b[T * N * 4] = {0};
    cr_assert(epl_type_equal(epl_typeof(got), epl_typeof(want)), "%s", epl_scope_message(s));
    cr_assert_eq(epl_eval(got, epl_at(a, epl_typeof(got))), EPL_OK, "%s", epl_scope_message(s));
    cr_assert_eq(epl_eval(want, epl_at(b, epl_typeof(want))), EPL_OK, "%s", epl_scope_message(s));
    for (int64_t i = 0; i < epl_count(epl_typeof(want)); i++)
        cr_assert_float_eq(a[i], b[i], 1e-12, "%s: [%d] %.17g, expected %.17g", what, (int)i, a[i],
                           b[i]);
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
            same(r.all, plain.all, "collected");
            same(r.end, plain.end, "last");
            same(epl_gradient(got, w), epl_gradient(want, w), "gradient of what is shared");
            same(epl_gradient(got, x), epl_gradient(want, x), "gradient of rows");
            same(epl_hvp(got, h0, h0), epl_hvp(want, h0, h0), "hvp");
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
    same(out[1], out[0], "map of gradients");
}

Test(unroll, all_written_out_leaves_one_step)
{
    size_t before = epl_fn_nodes(f);
    run r = looped(f, T, false, EPL_SAVE_ALL);
    cr_assert(epl_fn_nodes(f) - before < 40, "%zu nodes", epl_fn_nodes(f) - before);
    same(r.end, looped(f, 0, false, EPL_SAVE_ALL).end, "last");
}
