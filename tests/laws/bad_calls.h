/* bad_calls.h -- a function f of x in a scope s, and what a wrong call must give. Included once
 * by each file of such calls. */
#ifndef LAW_BAD_CALLS_H
#define LAW_BAD_CALLS_H
#include <criterion/criterion.h>
#include <string.h>
#include "bad.h"

static epl_scope *s;
static epl_fn *f;
static epl_val x; /* f64[3,4], an input of f */

static void open_scope(void)
{
    s = bad_scope();
    f = epl_fn_new(s, "f");
    x = epl_input(f, "x", epl_f64(3, 4));
}

static void close_scope(void)
{
    epl_scope_free(s);
}

/* The scope has failed with a text that has these words; it is as before afterwards. */
#define FAILS(status, words, ...)                                                            \
    do {                                                                                     \
        epl_mark mark_ = epl_scope_mark(s);                                                  \
        __VA_ARGS__;                                                                         \
        cr_expect_eq(epl_scope_status(s), status, "status %d: %s", (int)epl_scope_status(s), \
                     epl_scope_message(s));                                                  \
        cr_expect(strstr(epl_scope_message(s), words), "\"%s\" lacks \"%s\"",                \
                  epl_scope_message(s), words);                                              \
        epl_scope_reset(s, mark_);                                                           \
    } while (0)

/* A value that must be none. */
static void none(epl_val v)
{
    cr_expect(epl_is_none(v));
}

#endif
