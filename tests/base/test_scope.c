/* test_scope.c -- scopes: order of freeing, marks, the first error, memory that runs out. */
#include "../../src/base/scope.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* An allocator that counts what it holds and fails from a given call on. */
typedef struct {
    size_t held;
    long calls, fail_at; /* fail_at 0: never */
} budget;

static void *budget_resize(void *user, void *p, size_t old_size, size_t size)
{
    budget *b = user;
    if (size == 0) {
        b->held -= p ? old_size : 0;
        free(p);
        return NULL;
    }
    if (b->fail_at && ++b->calls >= b->fail_at)
        return NULL;
    void *q = realloc(p, size);
    if (q)
        b->held += size - (p ? old_size : 0);
    return q;
}

static char freed[16];
static void note(void *object)
{
    strncat(freed, object, 1);
}

Test(scope, frees_in_reverse_order)
{
    epl_scope *s = epl_scope_new(NULL);
    cr_assert_not_null(epl__scope_own(s, "a", note));
    cr_assert_not_null(epl_scope_alloc(s, 100));
    cr_assert_not_null(epl__scope_own(s, "b", note));
    cr_assert_not_null(epl__scope_own(s, "c", note));
    epl_scope_free(s);
    cr_assert_str_eq(freed, "cba");
}

Test(scope, memory_is_zeroed_aligned_and_counted)
{
    budget b = {0};
    epl_alloc alloc = {budget_resize, &b};
    epl_scope *s = epl_scope_new(&alloc);
    size_t empty = epl_scope_bytes(s);
    for (size_t n = 0; n < 100; n++) {
        unsigned char *p = epl_scope_alloc(s, n);
        cr_assert_not_null(p);
        cr_assert_eq((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(p[i], 0);
        memset(p, 1, n);
    }
    cr_assert_eq(epl_scope_bytes(s), b.held);
    cr_assert_geq(b.held, empty + 99 * 100 / 2);
    const epl_alloc *counting = epl__scope_allocator(s);
    size_t before = epl_scope_bytes(s);
    void *p = counting->resize(counting->user, NULL, 0, 1000);
    p = counting->resize(counting->user, p, 1000, 3000);
    cr_assert_eq(epl_scope_bytes(s), before + 3000);
    counting->resize(counting->user, p, 3000, 0);
    cr_assert_eq(epl_scope_bytes(s), before);
    epl_scope_free(s);
    cr_assert_eq(b.held, 0);
}

Test(scope, first_error_stays)
{
    epl_scope *s = epl_scope_new(NULL);
    cr_assert_eq(epl_scope_status(s), EPL_OK);
    cr_assert_str_eq(epl_scope_message(s), "");
    epl_scope_fail(s, EPL_ERR_SHAPE, "[%s] %d", "conv2d", 3);
    epl_scope_fail(s, EPL_ERR_ARG, "later");
    cr_assert_eq(epl_scope_status(s), EPL_ERR_SHAPE);
    cr_assert_str_eq(epl_scope_message(s), "[conv2d] 3");
    cr_assert_null(epl_scope_alloc(s, 1));
    cr_assert_null(epl__scope_own(s, "x", note));
    cr_assert_str_eq(freed, "x", "an object that cannot be owned is freed at once");
    epl_scope_free(s);
}

Test(scope, error_texts)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_mark m = epl_scope_mark(s);
    epl_scope_fail(s, EPL_ERR_DTYPE, NULL);
    cr_assert_str_eq(epl_scope_message(s), epl_status_text(EPL_ERR_DTYPE));
    epl_scope_reset(s, m);
    epl_scope_fail(s, EPL_OK, "not an error");
    cr_assert_eq(epl_scope_status(s), EPL_ERR_USE);
    epl_scope_reset(s, m);
    char text[3000];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    epl_scope_fail(s, EPL_ERR_ARG, "%s", text);
    const char *message = epl_scope_message(s);
    cr_assert_eq(strlen(message), EPL__MESSAGE - 1);
    cr_assert_str_eq(message + EPL__MESSAGE - 4, "...");
    epl_scope_free(s);
}

Test(scope, reset_frees_what_came_after_the_mark)
{
    epl_scope *s = epl_scope_new(NULL);
    epl__scope_own(s, "a", note);
    epl_mark m = epl_scope_mark(s);
    size_t bytes = epl_scope_bytes(s);
    for (int i = 0; i < 3; i++) {
        freed[0] = '\0';
        epl__scope_own(s, "b", note);
        epl__scope_own(s, "c", note);
        epl_scope_reset(s, m);
        cr_assert_str_eq(freed, "cb");
        cr_assert_eq(epl_scope_bytes(s), bytes);
    }
    epl_scope_reset(s, m);
    cr_assert_str_eq(freed, "cb");
    epl_scope_free(s);
}

Test(scope, reset_forgets_only_later_errors)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_mark before = epl_scope_mark(s);
    epl_scope_fail(s, EPL_ERR_ARG, "early");
    epl_mark after = epl_scope_mark(s);
    epl_scope_reset(s, after);
    cr_assert_str_eq(epl_scope_message(s), "early");
    epl_scope_reset(s, before);
    cr_assert_eq(epl_scope_status(s), EPL_OK);
    cr_assert_str_eq(epl_scope_message(s), "");
    cr_assert_not_null(epl_scope_alloc(s, 8));
    epl_scope_free(s);
}

Test(scope, no_memory_for_a_scope)
{
    budget b = {.fail_at = 1};
    epl_alloc alloc = {budget_resize, &b};
    epl_scope *s = epl_scope_new(&alloc);
    cr_assert_not_null(s);
    cr_assert_eq(epl_scope_status(s), EPL_ERR_MEMORY);
    cr_assert(strlen(epl_scope_message(s)) > 0);
    cr_assert_null(epl_scope_alloc(s, 1));
    cr_assert_null(epl__scope_own(s, "x", note));
    const epl_alloc *none = epl__scope_allocator(s);
    cr_assert_null(none->resize(none->user, NULL, 0, 1));
    epl_mark m = epl_scope_mark(s);
    epl_scope_fail(s, EPL_ERR_ARG, "other");
    epl_scope_reset(s, m);
    epl_scope_reset(s, (epl_mark){0, EPL_OK});
    cr_assert_eq(epl_scope_status(s), EPL_ERR_MEMORY);
    cr_assert_eq(epl_scope_bytes(s), 0);
    epl_scope_free(s);
}

Test(scope, memory_runs_out_at_each_call)
{
    for (long n = 2; n < 8; n++) {
        budget b = {.fail_at = n};
        epl_alloc alloc = {budget_resize, &b};
        epl_scope *s = epl_scope_new(&alloc);
        for (int i = 0; i < 8; i++) {
            freed[0] = '\0';
            cr_assert_eq(epl_scope_alloc(s, 64) == NULL, epl_scope_status(s) != EPL_OK);
            cr_assert_eq(epl__scope_own(s, "x", note) == NULL, freed[0] == 'x');
        }
        cr_assert_eq(epl_scope_status(s), EPL_ERR_MEMORY);
        epl_scope_free(s);
        cr_assert_eq(b.held, 0);
    }
}

Test(scope, sizes_that_overflow)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_mark m = epl_scope_mark(s);
    cr_assert_null(epl_scope_alloc(s, SIZE_MAX));
    cr_assert_eq(epl_scope_status(s), EPL_ERR_MEMORY);
    epl_scope_reset(s, m);
    cr_assert_null(epl_scope_alloc(s, PTRDIFF_MAX));
    cr_assert_eq(epl_scope_status(s), EPL_ERR_MEMORY);
    epl_scope_free(s);
}

Test(scope, null_is_accepted)
{
    cr_assert_eq(epl_scope_status(NULL), EPL_ERR_USE);
    cr_assert_str_eq(epl_scope_message(NULL), "no scope was given");
    cr_assert_null(epl_scope_alloc(NULL, 1));
    cr_assert_null(epl__scope_own(NULL, "x", note));
    cr_assert_eq(epl_scope_bytes(NULL), 0);
    epl_scope_fail(NULL, EPL_ERR_ARG, "x");
    epl_scope_reset(NULL, epl_scope_mark(NULL));
    epl_scope_free(NULL);
}

Test(status, texts_and_version)
{
    cr_assert_str_eq(epl_status_text(EPL_OK), "success");
    cr_assert_str_eq(epl_status_text(EPL_ERR_SHAPE), "shapes do not fit");
    cr_assert_str_eq(epl_status_text((epl_status)-99), "unknown status");
    cr_assert_str_eq(epl_version(), EPL_PROJECT_VERSION);
}
