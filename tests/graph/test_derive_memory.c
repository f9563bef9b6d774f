/* test_derive_memory.c -- derivatives in chunks need the memory of one chunk. */
#include "../value_test.h"

TestSuite(derive_memory, .init = open_scope, .fini = close_scope);

/* Per-sample gradients by a shared matrix: two results that share all of it. */
static void rows_in_chunks(epl_fn *g, int64_t chunk, epl_val *result)
{
    epl_val w = epl_input(g, "w", epl_f64(32, 32)), rows = epl_input(g, "rows", epl_f64(48, 32));
    epl_fn *m = epl_map(g, .chunk = chunk);
    epl_val r = epl_each(m, rows, 0), own = epl_pass(m, w);
    epl_val y = epl_sum(epl_square(epl_tanh(epl_matmul(own, epl_tanh(epl_matmul(own, r))))));
    epl_val d = epl_gradient(y, own);
    epl_collects(m, epl_list(epl_sum(epl_square(d)), epl_sum(epl_sin(d))), result);
    epl_output(g, "norm", result[0]);
    epl_output(g, "sin", result[1]);
}

Test(derive_memory, stays_at_one_chunks_and_the_numbers_are_the_same)
{
    static double w[32 * 32], rows[48 * 32], whole[2][48], part[2][48];
    size_t bytes[3], i = 0;
    for (int k = 0; k < 48 * 32; k++) {
        rows[k] = sin(k);
        w[k % 1024] = 0.2 * cos(k);
    }
    for (int64_t chunk = 48; chunk >= 3; chunk /= 4, i++) {
        epl_fn *g = epl_fn_new(s, "chunks");
        epl_val result[2];
        rows_in_chunks(g, chunk, result);
        epl_plan p = epl_compile(s, g);
        double(*to)[48] = i ? part : whole;
        cr_assert_eq(epl_run(p,
                             epl_arrays(epl_at(w, epl_f64(32, 32)), epl_at(rows, epl_f64(48, 32))),
                             epl_arrays(epl_at(to[0], epl_f64(48)), epl_at(to[1], epl_f64(48))),
                             epl_work_new(s, NULL)),
                     EPL_OK, "%s", epl_scope_message(s));
        for (int k = 0; i && k < 96; k++)
            cr_assert_float_eq(part[k / 48][k % 48], whole[k / 48][k % 48], 1e-11);
        bytes[i] = epl_plan_work_bytes(p);
    }
    cr_assert_lt(3 * bytes[1], bytes[0], "%zu %zu", bytes[1], bytes[0]);
    cr_assert_lt(3 * bytes[2], bytes[1], "%zu %zu", bytes[2], bytes[1]);
}

Test(derive_memory, of_a_hessian_in_chunks)
{
    size_t bytes[3], i = 0;
    for (int64_t chunk = 64; chunk >= 4; chunk /= 4, i++) {
        epl_fn *g = epl_fn_new(s, "chunks");
        epl_val t = epl_input(g, "t", epl_f64(64)), h = epl_reshape(t, epl_dims(8, 8));
        epl_val wide = epl_matmul(epl_ones(g, epl_f64(400, 8)), epl_sin(h));
        epl_output(g, "h",
                   epl_hessian_block(epl_sum(epl_exp(epl_tanh(wide))), t, t, .chunk = chunk));
        bytes[i] = epl_plan_work_bytes(epl_compile(s, g));
    }
    cr_assert_str_eq(epl_scope_message(s), "");
    cr_assert_lt(2 * bytes[1], bytes[0], "%zu %zu", bytes[1], bytes[0]);
    cr_assert_lt(2 * bytes[2], bytes[1], "%zu %zu", bytes[2], bytes[1]);
}
