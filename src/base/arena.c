/* arena.c -- blocks in a list, the newest first; each doubles the last up to 1 MiB.
 *
 * Invariant: every byte of a block past `used` is zero, so pieces come out zeroed.
 */
#include "arena.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 1 << 10, LARGEST_BLOCK = 1 << 20, ALIGNMENT = 16 };

struct epl__block {
    epl__block *before;
    size_t size, used; /* bytes, this header included */
};

static void *resize_by_malloc(void *user, void *p, size_t old_size, size_t size)
{
    (void)user;
    (void)old_size;
    if (size == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, size);
}

const epl_alloc epl__malloc = {resize_by_malloc, NULL};

void *epl__take(const epl_alloc *alloc, size_t bytes)
{
    if (bytes == 0)
        bytes = 1;
    if (alloc == &epl__malloc)
        return calloc(1, bytes); /* fresh pages are zero already */
    void *p = alloc->resize(alloc->user, NULL, 0, bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

void *epl__take_raw(const epl_alloc *alloc, size_t bytes)
{
    return alloc->resize(alloc->user, NULL, 0, bytes ? bytes : 1);
}

void epl__give(const epl_alloc *alloc, void *p, size_t bytes)
{
    if (p)
        alloc->resize(alloc->user, p, bytes ? bytes : 1, 0);
}

void epl__arena_init(epl__arena *a, const epl_alloc *alloc)
{
    *a = (epl__arena){.alloc = alloc};
}

static size_t round_up(size_t bytes)
{
    return (bytes + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
}

/* What lies before the first aligned byte after b's header. */
static size_t header_bytes(const epl__block *b)
{
    size_t past = (size_t)((uintptr_t)(b + 1) % ALIGNMENT);
    return sizeof *b + (past ? ALIGNMENT - past : 0);
}

/* A block with room for `bytes` (rounded already). A piece larger than a block gets one of
 * its own, behind the newest, so that the newest block's room is not lost. */
static epl__block *new_block(epl__arena *a, size_t bytes)
{
    size_t size = a->last ? a->last->size * 2 : FIRST_BLOCK;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    const size_t least = bytes + sizeof(epl__block) + ALIGNMENT;
    const bool alone = a->last && least > size;
    if (least > size)
        size = least;
    epl__block *b = epl__take(a->alloc, size);
    if (!b)
        return NULL;
    b->size = size;
    b->used = header_bytes(b);
    a->bytes += size;
    if (alone) {
        b->before = a->last->before;
        a->last->before = b;
    } else {
        b->before = a->last;
        a->last = b;
    }
    return b;
}

void *epl__arena_take(epl__arena *a, size_t bytes)
{
    if (a->failed)
        return NULL;
    epl__block *b = a->last;
    if (bytes > PTRDIFF_MAX / 2) {
        a->failed = true;
        return NULL;
    }
    bytes = round_up(bytes ? bytes : 1);
    if (!b || b->size - b->used < bytes)
        b = new_block(a, bytes);
    if (!b) {
        a->failed = true;
        return NULL;
    }
    void *p = (char *)b + b->used;
    b->used += bytes;
    return p;
}

void *epl__arena_grown(epl__arena *a, void *list, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return list;
    uint32_t more = *room ? 2 * *room : 8;
    void *to = epl__arena_take(a, more * size);
    if (to && count)
        memcpy(to, list, count * size);
    *room = to ? more : *room;
    return to;
}

char *epl__arena_text(epl__arena *a, const char *text)
{
    if (!text)
        return NULL;
    const size_t bytes = strlen(text) + 1;
    char *p = epl__arena_take(a, bytes);
    return p ? memcpy(p, text, bytes) : NULL;
}

void epl__arena_free(epl__arena *a)
{
    for (epl__block *b = a->last, *before; b; b = before) {
        before = b->before;
        epl__give(a->alloc, b, b->size);
    }
    *a = (epl__arena){.alloc = a->alloc};
}
