/* short_memory.h -- work in a scope whose memory ends at any allocation: an error of the scope, and
 * nothing lost. */
#ifndef SHORT_MEMORY_H
#define SHORT_MEMORY_H
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <stdlib.h>

typedef struct {
    size_t left, held;
} budget;

static inline void *short_of(void *user, void *p, size_t old_size, size_t size)
{
    budget *b = user;
    if (size && !b->left)
        return NULL;
    b->left -= size ? 1 : 0;
    b->held += size - old_size;
    if (!size) {
        free(p);
        return NULL;
    }
    return realloc(p, size);
}

/* With memory for 0, 1, 2 ... allocations, until it is enough. */
static inline void memory_may_end_anywhere(void (*work)(epl_scope *s))
{
    bool done = false;
    for (size_t n = 0; !done; n++) {
        budget b = {n, 0};
        cr_assert(n < 1000000, "there is no end");
        epl_scope *s = epl_scope_new(&(epl_alloc){short_of, &b});
        work(s);
        epl_status status = epl_scope_status(s);
        cr_assert(status == EPL_OK || status == EPL_ERR_MEMORY, "%zu: %s", n, epl_scope_message(s));
        done = status == EPL_OK;
        epl_scope_free(s);
        cr_assert_eq(b.held, 0, "%zu", n);
    }
}
#endif
