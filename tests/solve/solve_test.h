/* solve_test.h -- pairs of values that must be the same numbers, and solutions that fail. */
#ifndef SOLVE_TEST_H
#define SOLVE_TEST_H
#include "../value_test.h"

#define same(got, want, tolerance) pair(got, want, tolerance, HERE)

/* With the pairs of a test that has any; a suite's .fini. */
static inline void check_scope(void)
{
    if (pair_count)
        check_pairs((epl_arrays){0, NULL});
    close_scope();
}

/* After wrong use, or after a value that cannot be computed: begins anew. */
static inline void wrong(const char *text)
{
    fails_with(text);
    drop_scope();
    open_scope();
}

static inline void fails(epl_val v, const char *text)
{
    double y[64];
    epl_array out = epl_at(y, epl_typeof(v));
    epl_output(f, "v", v);
    epl_work *w = epl_work_new(s, NULL);
    cr_expect_neq(epl_run(epl_compile(s, f), (epl_arrays){0, NULL}, (epl_arrays){1, &out}, w),
                  EPL_OK);
    cr_expect(strstr(epl_work_message(w), text), "%s", epl_work_message(w));
    cr_expect_neq(epl_reference(f, (epl_arrays){0, NULL}, (epl_arrays){1, &out}), EPL_OK);
    wrong(text);
}

/* Numbers between -1 and 1 that look drawn. */
static inline epl_val some(epl_type t, int seed)
{
    static double at[1024];
    epl_type wide = t;
    wide.dtype = EPL_F64;
    for (int i = 0; i < epl_count(t); i++) {
        double x = sin(12.9898 * seed + 78.233 * i) * 43758.5453;
        at[i] = 2 * (x - floor(x)) - 1;
    }
    return epl_cast(epl_data(f, epl_at(at, wide)), t.dtype);
}
#endif
