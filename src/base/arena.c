/* arena.c -- blocks from an allocator, handed out in pieces.
 *
 * Invariant: every byte of a block that has not been handed out is zero.
 */
#include "arena.h"
#include <stdlib.h>
#include <string.h>

enum {
    ALIGN = 16,
    FIRST_BLOCK = 1024,
    LARGEST_BLOCK = 256 * 1024
};

struct epl__block {
    epl__block *previous;
    size_t size; /* with this header */
    size_t used; /* with this header */
};

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static void *malloc_resize(void *user, void *p, size_t old_size, size_t size)
{
    (void)user;
    (void)old_size;
    if (size == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, size);
}

const epl_alloc epl__malloc = {malloc_resize, NULL};

void *epl__take(const epl_alloc *alloc, size_t bytes)
{
    size_t size = bytes ? bytes : 1;
    void *p = size <= PTRDIFF_MAX ? alloc->resize(alloc->user, NULL, 0, size) : NULL;
    if (p)
        memset(p, 0, size);
    return p;
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

static epl__block *new_block(epl__arena *a, size_t size)
{
    epl__block *b = epl__take(a->alloc, size);
    if (!b) {
        a->failed = true;
        return NULL;
    }
    b->size = size;
    b->used = aligned(sizeof *b);
    a->bytes += size;
    return b;
}

static void *piece_of(epl__block *b, size_t bytes)
{
    char *p = (char *)b + b->used;
    b->used += bytes;
    return p;
}

/* Blocks double; a large piece gets a block of its own, behind the one that is filled. */
static epl__block *block_for(epl__arena *a, size_t bytes)
{
    size_t header = aligned(sizeof(epl__block));
    size_t size = a->last ? a->last->size * 2 : FIRST_BLOCK;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    bool alone = bytes > (size - header) / 2;
    epl__block *b = new_block(a, alone ? header + bytes : size);
    if (!b)
        return NULL;
    if (alone && a->last) {
        b->previous = a->last->previous;
        a->last->previous = b;
    } else {
        b->previous = a->last;
        a->last = b;
    }
    return b;
}

void *epl__arena_take(epl__arena *a, size_t bytes)
{
    if (a->failed || bytes > PTRDIFF_MAX - 2 * sizeof(epl__block) - ALIGN) {
        a->failed = true;
        return NULL;
    }
    size_t size = aligned(bytes ? bytes : 1);
    if (a->last && a->last->size - a->last->used >= size)
        return piece_of(a->last, size);
    epl__block *b = block_for(a, size);
    return b ? piece_of(b, size) : NULL;
}

char *epl__arena_text(epl__arena *a, const char *text)
{
    if (!text)
        return NULL;
    size_t bytes = strlen(text) + 1;
    char *copy = epl__arena_take(a, bytes);
    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}

void epl__arena_free(epl__arena *a)
{
    while (a->last) {
        epl__block *b = a->last;
        a->last = b->previous;
        epl__give(a->alloc, b, b->size);
    }
    a->bytes = 0;
    a->failed = false;
}
