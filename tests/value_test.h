/* value_test.h -- what tests of values share: a scope and a function in it, values that must be the
 * same numbers, at once or in pairs for one plan, and errors that must be told. open_scope and
 * close_scope are made for a suite's .init and .fini.
 */
#ifndef VALUE_TEST_H
#define VALUE_TEST_H
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The line of a test, as text: asserts of this file tell their own. */
#define LINE_TEXT(n) "line " #n
#define LINE_TEXT_OF(n) LINE_TEXT(n)
#define HERE LINE_TEXT_OF(__LINE__)

enum { PAIRS = 40, MOST_NUMBERS = 16384 };
static epl_scope *s;
static epl_fn *f;
static struct {
    epl_val got, want;
    double tolerance;
    const char *what;
} pairs[PAIRS];
static int pair_count;

static inline void open_scope(void)
{
    s = epl_scope_new(NULL);
    f = epl_fn_new(s, "test");
    pair_count = 0;
}

static inline void sound(void)
{
    cr_assert_str_eq(epl_scope_message(s), "");
}

/* After an error that was expected. */
static inline void drop_scope(void)
{
    epl_scope_free(s);
}

static inline void close_scope(void)
{
    sound();
    epl_scope_free(s);
}

static inline void fails_with(const char *text)
{
    cr_assert_neq(epl_scope_status(s), EPL_OK, "no error; expected: %s", text);
    cr_assert_not_null(strstr(epl_scope_message(s), text), "\"%s\" lacks \"%s\"",
                       epl_scope_message(s), text);
}

/* -- numbers --------------------------------------------------------------------------------- */
static inline epl_val number(double x)
{
    return epl_data(f, epl_at(&x, epl_f64()));
}

static inline void numbers_near(const double *got, const double *want, int64_t n, double tolerance,
                                const char *what)
{
    for (int64_t i = 0; i < n; i++)
        cr_assert(fabs(got[i] - want[i]) <= tolerance * (1 + fabs(want[i])),
                  "%s, [%lld]: %.17g, expected %.17g", what, (long long)i, got[i], want[i]);
}

/* By a plan of its own; f64. */
static inline int64_t read(epl_val v, double *to)
{
    cr_assert_eq(epl_eval(v, epl_at(to, epl_typeof(v))), EPL_OK, "%s", epl_scope_message(s));
    return epl_count(epl_typeof(v));
}

/* |got - want| <= tolerance (1 + |want|); equal numbers if it is 0. */
#define near(got, want, tolerance) near_at(got, want, tolerance, HERE)
static inline void near_at(epl_val got, epl_val want, double tolerance, const char *where)
{
    static double a[MOST_NUMBERS], b[MOST_NUMBERS];
    cr_assert(epl_type_equal(epl_typeof(got), epl_typeof(want)), "%s: types differ: %s", where,
              epl_scope_message(s));
    cr_assert(epl_count(epl_typeof(want)) <= MOST_NUMBERS);
    read(got, a);
    numbers_near(a, b, read(want, b), tolerance, where);
}

static inline void is(epl_val v, double want)
{
    double got = epl_item(v);
    cr_assert(fabs(got - want) <= 1e-12 * fmax(1, fabs(want)), "%.17g, expected %.17g: %s", got,
              want, epl_scope_message(s));
}

/* -- in pairs ---------------------------------------------------------------------------------- */
/* Must be near in check_pairs, which is asked for before the scope is closed. */
static inline void pair(epl_val got, epl_val want, double tolerance, const char *what)
{
    cr_assert_str_eq(epl_scope_message(s), "", "%s: %s", what, epl_scope_message(s));
    cr_assert(epl_type_equal(epl_typeof(got), epl_typeof(want)), "%s: types differ", what);
    cr_assert(pair_count < PAIRS && epl_count(epl_typeof(got)) <= MOST_NUMBERS);
    pairs[pair_count].got = got;
    pairs[pair_count].want = want;
    pairs[pair_count].tolerance = tolerance;
    pairs[pair_count++].what = what;
}

/* All of them by one plan and by the plain evaluation, which must be near, too. */
static inline void check_pairs(epl_arrays in)
{
    epl_array out[2][2 * PAIRS];
    char name[24], where[120];
    size_t n = 2 * (size_t)pair_count;
    for (size_t i = 0; i < n; i++) {
        epl_val v = i % 2 ? pairs[i / 2].want : pairs[i / 2].got;
        epl_type t = epl_type_of(EPL_F64, epl_typeof(v).shape);
        snprintf(name, sizeof name, "y%zu", i);
        epl_output(f, name, epl_typeof(v).dtype == EPL_F64 ? v : epl_cast(v, EPL_F64));
        for (int way = 0; way < 2; way++)
            out[way][i] = epl_at(epl_scope_alloc(s, epl_bytes(t)), t);
    }
    epl_plan plan = epl_compile(s, f);
    epl_work *work = epl_work_new(s, NULL);
    cr_assert_eq(epl_reference(f, in, (epl_arrays){n, out[0]}), EPL_OK, "%s", epl_scope_message(s));
    cr_assert_eq(epl_run(plan, in, (epl_arrays){n, out[1]}, work), EPL_OK, "%s",
                 epl_work_message(work));
    for (size_t i = 0; i < n; i += 2) {
        int64_t count = epl_count(out[0][i].type);
        for (int way = 0; way < 2; way++) {
            snprintf(where, sizeof where, "%s, by %s", pairs[i / 2].what,
                     way ? "a plan" : "the reference");
            numbers_near(out[way][i].data, out[way][i + 1].data, count, pairs[i / 2].tolerance,
                         where);
        }
        numbers_near(out[1][i].data, out[0][i].data, count, fmax(1e-9, pairs[i / 2].tolerance),
                     "by a plan, not by the reference");
    }
    pair_count = 0;
}
#endif
