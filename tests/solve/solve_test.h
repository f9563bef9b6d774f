/* solve_test.h -- pairs of values of one function that must be the same number, by a plan and by
 * the plain evaluation. */
#ifndef SOLVE_TEST_H
#define SOLVE_TEST_H
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>

enum { PAIRS = 40, MOST = 1024 };
static epl_scope *s;
static epl_fn *f;
static struct {
    epl_val got, want;
    double tol;
    int line;
} pair[PAIRS];
static int pairs;

static inline void open_scope(void)
{
    s = epl_scope_new(NULL);
    f = epl_fn_new(s, "solve");
    pairs = 0;
}

static inline void same_at(epl_val got, epl_val want, double tol, int line)
{
    cr_assert_str_eq(epl_scope_message(s), "", "line %d: %s", line, epl_scope_message(s));
    cr_assert(epl_type_equal(epl_typeof(got), epl_typeof(want)), "line %d: types differ", line);
    cr_assert(pairs < PAIRS && epl_count(epl_typeof(got)) <= MOST);
    pair[pairs].got = got;
    pair[pairs].want = want;
    pair[pairs].tol = tol;
    pair[pairs++].line = line;
}
#define same(got, want, tol) same_at(got, want, tol, __LINE__)

/* Runs all pairs; tears down. */
static inline void close_scope(void)
{
    static double number[2 * PAIRS][MOST];
    epl_array out[2 * PAIRS];
    char name[20];
    for (int i = 0; i < 2 * pairs; i++) {
        epl_val v = i % 2 ? pair[i / 2].want : pair[i / 2].got;
        snprintf(name, sizeof name, "y%d", i);
        epl_output(f, name, epl_cast(v, EPL_F64));
        epl_type t = epl_typeof(v);
        t.dtype = EPL_F64;
        t.spec = NULL;
        out[i] = epl_at(number[i], t);
    }
    epl_arrays all = {2 * (size_t)pairs, out};
    epl_plan plan = epl_compile(s, f);
    epl_work *work = epl_work_new(s, NULL);
    for (int way = 0; pairs && way < 2; way++) {
        epl_status status = way ? epl_reference(f, (epl_arrays){0, NULL}, all)
                                : epl_run(plan, (epl_arrays){0, NULL}, all, work);
        cr_assert_eq(status, EPL_OK, "%s", way ? epl_scope_message(s) : epl_work_message(work));
        for (int i = 0; i < pairs; i++)
            for (int64_t k = 0; k < epl_count(out[2 * i].type); k++) {
                double a = number[2 * i][k], b = number[2 * i + 1][k];
                cr_assert(fabs(a - b) <= pair[i].tol, "line %d, %s, %d: %.17g, expected %.17g",
                          pair[i].line, way ? "reference" : "plan", (int)k, a, b);
            }
    }
    cr_assert_str_eq(epl_scope_message(s), "");
    epl_scope_free(s);
}

/* Numbers between -1 and 1 that look drawn. */
static inline epl_val some(epl_type t, int seed)
{
    static double number[MOST];
    epl_type wide = t;
    wide.dtype = EPL_F64;
    for (int i = 0; i < epl_count(t); i++) {
        double x = sin(12.9898 * seed + 78.233 * i) * 43758.5453;
        number[i] = 2 * (x - floor(x)) - 1;
    }
    return epl_cast(epl_data(f, epl_at(number, wide)), t.dtype);
}
#endif
