/* test_arena.c -- arenas: zeroed, aligned, stable pieces; failure that stays. */
#include "../../src/base/arena.h"
#include <criterion/criterion.h>
#include <string.h>

enum { PIECES = 500 };

Test(arena, pieces_are_zeroed_aligned_and_apart)
{
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    unsigned char *piece[PIECES];
    for (int i = 0; i < PIECES; i++) {
        size_t n = (size_t)(i * 37 % 700) + (i % 100 == 99 ? 2000000 : 0);
        piece[i] = epl__arena_take(&a, n);
        cr_assert_not_null(piece[i]);
        cr_assert_eq((uintptr_t)piece[i] % 16, 0);
        for (size_t k = 0; k < n; k += 13)
            cr_assert_eq(piece[i][k], 0);
        memset(piece[i], i & 255, n);
    }
    for (int i = 0; i < PIECES; i++)
        if (i * 37 % 700 > 0)
            cr_assert_eq(piece[i][i * 37 % 700 - 1], i & 255);
    cr_assert_gt(a.bytes, 10000000);
    epl__arena_free(&a);
    cr_assert_eq(a.bytes, 0);
}

Test(arena, texts_are_copied)
{
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    char text[] = "conv1.weight";
    char *copy = epl__arena_text(&a, text);
    text[0] = 'x';
    cr_assert_str_eq(copy, "conv1.weight");
    cr_assert_null(epl__arena_text(&a, NULL));
    cr_assert_not(a.failed);
    epl__arena_free(&a);
}

Test(arena, failure_stays)
{
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    cr_assert_null(epl__arena_take(&a, SIZE_MAX));
    cr_assert(a.failed);
    cr_assert_null(epl__arena_take(&a, 1));
    epl__arena_free(&a);
}
