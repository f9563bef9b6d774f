/* key.h -- Philox 4x32-10 and the streams that keys stand for.
 *
 * A key has 128 bits. word[0] is Philox's key; word[1] is the upper half of its counter,
 * combined by exclusive or with a tag that says what the block is for. The lower half of
 * the counter counts blocks of four 32-bit words. So word n of a key's stream depends on
 * the key and n alone: a stream can be made in parts, in any order, by any thread.
 *
 * Method: Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (2011).
 */
#ifndef EPL_KEY_H
#define EPL_KEY_H
#include <espalier/base.h>

/* What a block is for; blocks of different use never meet. */
enum { EPL__TAG_STREAM = 0, EPL__TAG_FOLD = 0x666f6c64, EPL__TAG_SEED = 0x73656564 };

/* One block: Philox of key[0] at the counter {counter_lo, counter_hi ^ key[1]}. */
void epl__philox(const uint64_t key[2], uint64_t counter_lo, uint64_t counter_hi, uint32_t out[4]);

/* Words first_word ... first_word + n - 1 of the key's stream. */
void epl__random_bits(const uint64_t key[2], uint64_t first_word, uint32_t *out, size_t n);
#endif
