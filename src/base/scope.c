/* scope.c -- memory that is freed together, and the first error.
 *
 * Invariants: numbers of owned objects grow along the list, so a mark is a number. Once
 * status is set, only a reset to an earlier mark changes it. The scope that failed at
 * birth lies in read-only memory and is never written.
 */
#include "scope.h"
#include "arena.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct epl__owned {
    epl__owned *previous;
    size_t number;
    size_t bytes; /* of this record and the memory behind it */
    void *object;
    void (*free_fn)(void *object); /* NULL: the object lies behind this record */
};
enum { RECORD = (sizeof(epl__owned) + 15) / 16 * 16 };

static void *no_memory_resize(void *user, void *p, size_t old_size, size_t size)
{
    (void)user;
    (void)p;
    (void)old_size;
    (void)size;
    return NULL;
}

static const epl_scope no_memory = {
    .base = {no_memory_resize, NULL},
    .counting = {no_memory_resize, NULL},
    .status = EPL_ERR_MEMORY,
    .message = "no memory for a scope",
};

static void *counting_resize(void *user, void *p, size_t old_size, size_t size)
{
    epl_scope *s = user;
    void *q = s->base.resize(s->base.user, p, old_size, size);
    if (!q && size > 0)
        return NULL;
    if (p)
        atomic_fetch_sub_explicit(&s->bytes, old_size, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->bytes, size, memory_order_relaxed);
    return q;
}

epl_scope *epl_scope_new(const epl_alloc *alloc)
{
    epl_alloc base = alloc && alloc->resize ? *alloc : epl__malloc;
    epl_scope *s = epl__take(&base, sizeof *s);
    if (!s)
        return (epl_scope *)(uintptr_t)&no_memory;
    s->base = base;
    s->counting = (epl_alloc){counting_resize, s};
    atomic_init(&s->bytes, sizeof *s);
    return s;
}

/* A scope that can be written. */
static bool is_real(const epl_scope *s)
{
    return s && s != &no_memory;
}

static void free_after(epl_scope *s, size_t number)
{
    while (s->last && s->last->number > number) {
        epl__owned *o = s->last;
        s->last = o->previous;
        if (o->free_fn)
            o->free_fn(o->object);
        epl__give(&s->counting, o, o->bytes);
    }
}

void epl_scope_free(epl_scope *s)
{
    if (!is_real(s))
        return;
    free_after(s, 0);
    epl_alloc base = s->base;
    epl__give(&base, s, sizeof *s);
}

epl_status epl_scope_status(const epl_scope *s)
{
    return s ? s->status : EPL_ERR_USE;
}

const char *epl_scope_message(const epl_scope *s)
{
    return s ? s->message : "no scope was given";
}

bool epl__scope_ok(const epl_scope *s)
{
    return s && s->status == EPL_OK;
}

epl_mark epl_scope_mark(const epl_scope *s)
{
    return s ? (epl_mark){s->made, s->status} : (epl_mark){0, EPL_ERR_USE};
}

void epl_scope_reset(epl_scope *s, epl_mark m)
{
    if (!is_real(s))
        return;
    free_after(s, m.at);
    if (m.status == EPL_OK) {
        s->status = EPL_OK;
        s->message[0] = '\0';
    }
}

size_t epl_scope_bytes(const epl_scope *s)
{
    return is_real(s)
               ? atomic_load_explicit(&((epl_scope *)(uintptr_t)s)->bytes, memory_order_relaxed)
               : 0;
}

const epl_alloc *epl__scope_allocator(epl_scope *s)
{
    return s ? &s->counting : &no_memory.counting;
}

/* A record with `bytes` of zeroed memory behind it, last in the list. */
static epl__owned *add_record(epl_scope *s, size_t bytes)
{
    size_t size = RECORD + bytes;
    epl__owned *o = bytes <= PTRDIFF_MAX - RECORD ? epl__take(&s->counting, size) : NULL;
    if (!o) {
        epl__scope_no_memory(s, bytes);
        return NULL;
    }
    o->bytes = size;
    o->number = ++s->made;
    o->previous = s->last;
    s->last = o;
    return o;
}

void *epl_scope_alloc(epl_scope *s, size_t bytes)
{
    if (!epl__scope_ok(s))
        return NULL;
    epl__owned *o = add_record(s, bytes);
    return o ? (char *)o + RECORD : NULL;
}

void *epl__scope_own(epl_scope *s, void *object, void (*free_fn)(void *object))
{
    if (!object || epl__scope_ok(s))
        return epl__scope_keep(s, object, free_fn);
    free_fn(object);
    return NULL;
}

void *epl__scope_keep(epl_scope *s, void *object, void (*free_fn)(void *object))
{
    if (!object)
        return NULL;
    epl__owned *o = is_real(s) ? add_record(s, 0) : NULL;
    if (!o) {
        free_fn(object);
        return NULL;
    }
    o->object = object;
    o->free_fn = free_fn;
    return object;
}

static void print(char *buffer, size_t size, const char *format, va_list args)
{
    int length = vsnprintf(buffer, size, format, args);
    if (length < 0)
        buffer[0] = '\0';
    else if ((size_t)length >= size && size > 4)
        memcpy(buffer + size - 4, "...", 4);
}

char *epl__text(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print(buffer, size, format, args);
    va_end(args);
    return buffer;
}

void epl_scope_fail(epl_scope *s, epl_status status, const char *format, ...)
{
    if (!is_real(s) || s->status != EPL_OK)
        return;
    s->status = status == EPL_OK ? EPL_ERR_USE : status;
    if (!format || !*format) {
        epl__text(s->message, sizeof s->message, "%s", epl_status_text(s->status));
        return;
    }
    va_list args;
    va_start(args, format);
    print(s->message, sizeof s->message, format, args);
    va_end(args);
}

void epl__scope_no_memory(epl_scope *s, size_t bytes)
{
    epl_scope_fail(s, EPL_ERR_MEMORY, "no memory for %zu bytes (%zu are held)", bytes,
                   epl_scope_bytes(s));
}
