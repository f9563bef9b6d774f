/* test_key.c -- Philox against its authors' vectors; streams in parts; keys that differ. */
#include "../../src/base/key.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect(uint64_t key, uint64_t low, uint64_t high, const uint32_t want[4])
{
    uint32_t got[4];
    const uint64_t words[2] = {key, 0};
    epl__philox(words, low, high, got);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(got[i], want[i], "word %d: %08x, not %08x", i, got[i], want[i]);
}

/* From the authors' known answers; the last has the digits of pi for counter and key. */
Test(key, philox_known_answers)
{
    expect(0, 0, 0, (uint32_t[]){0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    expect(UINT64_MAX, UINT64_MAX, UINT64_MAX,
           (uint32_t[]){0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    expect(0x299f31d0a4093822, 0x85a308d3243f6a88, 0x0370734413198a2e,
           (uint32_t[]){0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

Test(key, upper_word_is_part_of_the_counter)
{
    uint32_t a[4], b[4];
    epl__philox((uint64_t[]){7, 0x1234}, 5, 0xff, a);
    epl__philox((uint64_t[]){7, 0}, 5, 0x1234 ^ 0xff, b);
    cr_assert_arr_eq(a, b, sizeof a);
}

enum { WORDS = 400 };

/* Any part of a stream is the same as that range of the whole, at any start. */
Test(key, streams_are_made_in_parts)
{
    const uint64_t starts[] = {0, 1, 3, 1000, (UINT64_C(1) << 34) - 37};
    epl_key key = epl_seed(3);
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
        uint32_t whole[WORDS], part[WORDS + 1];
        epl__random_bits(key.word, starts[s], whole, WORDS);
        for (size_t w = 0; w < WORDS; w++) {
            uint32_t block[4];
            epl__philox(key.word, (starts[s] + w) / 4, EPL__TAG_STREAM, block);
            cr_assert_eq(whole[w], block[(starts[s] + w) % 4]);
        }
        for (size_t begin = 0; begin < 9; begin++)
            for (size_t n = 0; n < 150; n++) {
                part[n] = 0xdeadbeef;
                epl__random_bits(key.word, starts[s] + begin, part, n);
                cr_assert_arr_eq(part, whole + begin, n * sizeof *part);
                cr_assert_eq(part[n], 0xdeadbeef);
            }
    }
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(epl_key));
}

/* Seeds, folds, and folds of folds are all different keys. */
Test(key, keys_differ)
{
    enum { N = 60 };
    static epl_key keys[N * N + 2 * N];
    size_t count = 0;
    for (uint64_t i = 0; i < N; i++)
        keys[count++] = epl_seed(i);
    for (uint64_t i = 0; i < N; i++) {
        epl_key k = keys[count++] = epl_key_fold(epl_seed(0), i);
        for (uint64_t j = 0; j < N; j++)
            keys[count++] = epl_key_fold(k, j);
    }
    qsort(keys, count, sizeof *keys, compare);
    for (size_t i = 1; i < count; i++)
        cr_assert_neq(compare(&keys[i - 1], &keys[i]), 0);
}

/* The bits are part of what files hold: they must never change. */
Test(key, bits_are_fixed)
{
    epl_key k = epl_seed(1), f = epl_key_fold(k, 2);
    uint32_t w[2];
    epl__random_bits(f.word, 5, w, 2);
    cr_assert_eq(k.word[0], 0x5cd33c5366ec54f9, "%016lx", (unsigned long)k.word[0]);
    cr_assert_eq(k.word[1], 0x2f1946d8209c3684, "%016lx", (unsigned long)k.word[1]);
    cr_assert_eq(f.word[0], 0x8fb8429f0c9d9a99, "%016lx", (unsigned long)f.word[0]);
    cr_assert_eq(f.word[1], 0xdc7c2ab020936550, "%016lx", (unsigned long)f.word[1]);
    cr_assert_eq(w[0], 0xf2338be9, "%08x", w[0]);
    cr_assert_eq(w[1], 0x9ecc9aba, "%08x", w[1]);
}
