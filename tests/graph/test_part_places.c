/* test_part_places.c -- a plan writes the result of a region into an output only if the output is
 * all of it: a range of it lies elsewhere.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>

/* Numbers [from, from + count) of the eight that an inner function gives; the rest of the memory
 * is not written. */
static void range(int kind, int from, int count)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "range"), *in;
    epl_val x = epl_input(f, "x", epl_f64(8)), y;
    if (kind == 0) {
        in = epl_scan(f);
        y = epl_collect(in, epl_sin(epl_each(in, x, 0)));
    } else {
        epl_fn *no = epl_otherwise(in = epl_when(f, epl_gt(epl_sum(x), epl_num(0))));
        y = epl_either(in, epl_sin(epl_pass(in, x)), no, epl_cos(epl_pass(no, x)));
    }
    epl_output(f, "y", epl_narrow(y, 0, from, count));
    double at[8], got[16];
    for (int i = 0; i < 16; i++) {
        got[i] = -7;
        at[i % 8] = 0.1 * (i % 8 + 1);
    }
    epl_work *w = epl_work_new(s, NULL);
    cr_assert_eq(epl_run(epl_compile(s, f), epl_arrays(epl_at(at, epl_f64(8))),
                         epl_arrays(epl_at(got + 4, epl_f64(count))), w),
                 EPL_OK, "%s", epl_work_message(w));
    for (int i = 0; i < 16; i++) {
        bool inside = i >= 4 && i < 4 + count;
        cr_expect_float_eq(got[i], inside ? sin(at[from + i - 4]) : -7, 1e-15,
                           "kind %d, [%d, %d): %g at %d", kind, from, from + count, got[i], i);
    }
    epl_scope_free(s);
}

Test(part_places, ranges_of_a_result)
{
    for (int kind = 0; kind < 2; kind++)
        for (int from = 0; from < 8; from++)
            for (int count = 1; from + count <= 8; count++)
                range(kind, from, count);
}
