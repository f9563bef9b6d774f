/* arena.h -- memory that is freed all at once.
 *
 * An arena takes blocks from the caller's allocator and hands out pieces; addresses are
 * stable. Pieces are zeroed and aligned to 16 bytes. NULL when memory is out: `failed` is
 * then set and stays.
 */
#ifndef EPL_ARENA_H
#define EPL_ARENA_H
#include <espalier/base.h>

typedef struct epl__block epl__block;
typedef struct {
    const epl_alloc *alloc; /* outlives the arena */
    epl__block *last;
    size_t bytes; /* taken from the allocator */
    bool failed;
} epl__arena;

void epl__arena_init(epl__arena *a, const epl_alloc *alloc);
void *epl__arena_take(epl__arena *a, size_t bytes);
/* A list of `count` entries of `size` bytes with room for one more: the same, or twice as long.
 * NULL: no memory, and all is as it was. */
void *epl__arena_grown(epl__arena *a, void *list, uint32_t count, uint32_t *room, size_t size);
char *epl__arena_text(epl__arena *a, const char *text); /* a copy */
void epl__arena_free(epl__arena *a);

extern const epl_alloc epl__malloc;                    /* the default allocator */
void *epl__take(const epl_alloc *alloc, size_t bytes); /* zeroed */
/* Not zeroed: fresh pages are touched first by who writes them, in parallel. */
void *epl__take_raw(const epl_alloc *alloc, size_t bytes);
void epl__give(const epl_alloc *alloc, void *p, size_t bytes);
#endif
