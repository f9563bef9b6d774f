/* bad.h -- what the tests of bad input share: a scope that cannot take all memory. */
#ifndef LAW_BAD_H
#define LAW_BAD_H
#include <espalier/espalier.h>
#include <stdlib.h>

/* Large requests fail here, before an allocator that checks its callers sees them. */
static void *bad_resize(void *user, void *p, size_t old_size, size_t size)
{
    (void)user, (void)old_size;
    if (size == 0) {
        free(p);
        return NULL;
    }
    return size < (size_t)1 << 28 ? realloc(p, size) : NULL;
}

static inline epl_scope *bad_scope(void)
{
    return epl_scope_new(&(epl_alloc){bad_resize, NULL});
}

#endif
