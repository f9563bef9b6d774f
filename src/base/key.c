/* key.c -- counter-based random bits.
 *
 * Invariant: integers alone, so the bits are the same on every machine.
 */
#include "key.h"
#include <string.h>

enum { ROUNDS = 10, LANES = 8 };

/* LANES blocks side by side: word w of block i is c[w][i]. */
typedef uint32_t blocks[4][LANES];

static void philox_rounds(blocks c, uint64_t key)
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < LANES; i++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c[0][i];
            uint64_t p1 = (uint64_t)0xCD9E8D57u * c[2][i];
            uint32_t c1 = c[1][i], c3 = c[3][i];
            c[0][i] = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
            c[1][i] = (uint32_t)p1;
            c[2][i] = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
            c[3][i] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

void epl__philox(const uint64_t key[2], uint64_t counter_lo, uint64_t counter_hi, uint32_t out[4])
{
    uint64_t high = counter_hi ^ key[1];
    uint32_t c0 = (uint32_t)counter_lo, c1 = (uint32_t)(counter_lo >> 32);
    uint32_t c2 = (uint32_t)high, c3 = (uint32_t)(high >> 32);
    uint32_t k0 = (uint32_t)key[0], k1 = (uint32_t)(key[0] >> 32);
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* LANES blocks of the stream, from block number `first`: 4 * LANES words. */
static void stream_blocks(const uint64_t key[2], uint64_t first, uint32_t *out)
{
    blocks c;
    uint64_t high = key[1] ^ EPL__TAG_STREAM;
    for (int i = 0; i < LANES; i++) {
        uint64_t n = first + (uint64_t)i;
        c[0][i] = (uint32_t)n;
        c[1][i] = (uint32_t)(n >> 32);
        c[2][i] = (uint32_t)high;
        c[3][i] = (uint32_t)(high >> 32);
    }
    philox_rounds(c, key[0]);
    for (int i = 0; i < LANES; i++)
        for (int w = 0; w < 4; w++)
            out[4 * i + w] = c[w][i];
}

/* Up to four words, from inside one block. */
static size_t partial_block(const uint64_t key[2], uint64_t first_word, uint32_t *out, size_t n)
{
    uint32_t block[4];
    size_t skip = (size_t)(first_word % 4);
    size_t count = n < 4 - skip ? n : 4 - skip;
    epl__philox(key, first_word / 4, EPL__TAG_STREAM, block);
    memcpy(out, block + skip, count * sizeof *out);
    return count;
}

void epl__random_bits(const uint64_t key[2], uint64_t first_word, uint32_t *out, size_t n)
{
    size_t done = 0;
    while (done < n) {
        uint64_t word = first_word + done;
        if (word % 4 == 0 && n - done >= 4 * LANES) {
            stream_blocks(key, word / 4, out + done);
            done += 4 * LANES;
        } else {
            done += partial_block(key, word, out + done, n - done);
        }
    }
}

static epl_key key_of(const uint32_t b[4])
{
    return (epl_key){{b[0] | (uint64_t)b[1] << 32, b[2] | (uint64_t)b[3] << 32}};
}

epl_key epl_seed(uint64_t seed)
{
    const uint64_t key[2] = {seed, 0};
    uint32_t block[4];
    epl__philox(key, 0, EPL__TAG_SEED, block);
    return key_of(block);
}

epl_key epl_key_fold(epl_key key, uint64_t n)
{
    uint32_t block[4];
    epl__philox(key.word, n, EPL__TAG_FOLD, block);
    return key_of(block);
}
