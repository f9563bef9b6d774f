/* scope.h -- what a scope owns, for code that puts objects into it.
 *
 * Invariant: what is owned is freed in the reverse order of its making, so an object may
 * rely on everything that was in the scope before it.
 */
#ifndef EPL_SCOPE_H
#define EPL_SCOPE_H
#include <espalier/base.h>
#include <stdatomic.h>

enum { EPL__MESSAGE = 1024 };

typedef struct epl__owned epl__owned;
struct epl_scope {
    epl_alloc base;      /* the caller's allocator */
    epl_alloc counting;  /* base, with the bytes counted; user is the scope */
    atomic_size_t bytes; /* a plan may take memory in any thread */
    epl__owned *last;
    size_t made; /* objects so far; numbers are not used again */
    epl_status status;
    char message[EPL__MESSAGE];
};

/* Gives an object to the scope, with what frees it. Without memory for that, or on a failed
 * scope, free_fn is called at once and NULL is returned; else object is. */
void *epl__scope_own(epl_scope *s, void *object, void (*free_fn)(void *object));

/* The same on a scope that has failed: for works and plans, which carry its text to a run. */
void *epl__scope_keep(epl_scope *s, void *object, void (*free_fn)(void *object));

/* Counts for epl_scope_bytes; lives as long as the scope. Of NULL and of the scope that
 * failed at birth: an allocator that has no memory. */
const epl_alloc *epl__scope_allocator(epl_scope *s);

/* Fails s with EPL_ERR_MEMORY. */
void epl__scope_no_memory(epl_scope *s, size_t bytes);

/* s exists and has not failed: builders go on. */
bool epl__scope_ok(const epl_scope *s);

/* Prints into a buffer, which is returned; a text that does not fit ends in "...". */
char *epl__text(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#endif
