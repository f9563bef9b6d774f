/* steady.c -- what the workloads of `espalier bench` allocate: nothing per step.
 *
 * Two counters stand side by side: the scope's allocator, and malloc and its kin themselves, so
 * that what BLIS or libxsmm take for themselves is seen too. One thread and a pool of two.
 *
 *     steady WORKLOAD...
 *     steady --but WORKLOAD...      all others
 */
#include "../../bench/bench.h"
#include "../threads/check.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_long taken; /* calls of malloc and its kin, by any thread */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void *, size_t),
                                              void (*free_hook)(const volatile void *));

static void took(const volatile void *p, size_t size)
{
    (void)p, (void)size;
    atomic_fetch_add(&taken, 1);
}

static void gave(const volatile void *p)
{
    (void)p;
}

static void count_taken(void)
{
    CHECK(__sanitizer_install_malloc_and_free_hooks(took, gave) != 0);
}
#else
/* These stand in for those of the C library in the whole program. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);

void *malloc(size_t size)
{
    atomic_fetch_add(&taken, 1);
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    atomic_fetch_add(&taken, 1);
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    atomic_fetch_add(&taken, 1);
    return __libc_realloc(p, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    atomic_fetch_add(&taken, 1);
    return __libc_memalign(align, size);
}

int posix_memalign(void **p, size_t align, size_t size)
{
    void *got = aligned_alloc(align, size);
    if (!got)
        return ENOMEM;
    *p = got;
    return 0;
}

static void count_taken(void)
{
}
#endif

static void *counted(void *user, void *p, size_t old_size, size_t size)
{
    (void)old_size;
    if (size == 0) {
        free(p);
        return NULL;
    }
    ++*(long *)user;
    return realloc(p, size);
}

/* A first step, in which a work grows to fit; then one that takes nothing. */
static void steps_take_nothing(const workload *w)
{
    long calls = 0;
    epl_alloc alloc = {counted, &calls};
    bench b = {.s = epl_scope_new(&alloc), .chunk = -1};
    bench_data(&b, w);
    epl_fn *f = epl_fn_new(b.s, w->name);
    w->build(&b, f);
    epl_plan plan = epl_compile(b.s, f);
    epl_arrays in = {b.ins, b.in}, out = {b.outs, b.out};
    for (int threads = 1; threads <= 2; threads++) {
        epl_work *work = epl_work_new(b.s, threads > 1 ? epl_pool_new(b.s, threads) : NULL);
        epl_status status = epl_run(plan, in, out, work);
        long before = calls, before_taken = atomic_load(&taken);
        CHECK(before > 0 && before_taken >= before); /* both are counted at all */
        if (status == EPL_OK)
            status = epl_run(plan, in, out, work);
        long now = calls - before, now_taken = atomic_load(&taken) - before_taken;
        CHECK(status == EPL_OK);
        CHECK(now == 0);
        CHECK(now_taken == 0);
        if (status != EPL_OK || now || now_taken)
            fprintf(stderr, "%s, %d threads: %ld and %ld allocations; %s\n", w->name, threads, now,
                    now_taken, epl_work_message(work));
    }
    epl_scope_free(b.s);
}

int main(int argc, char **argv)
{
    bool others = argc > 1 && !strcmp(argv[1], "--but");
    int from = others ? 2 : 1;
    count_taken();
    for (int i = from; i < argc; i++)
        CHECK(bench_named(argv[i]) != NULL);
    for (size_t w = 0; bench_at(w); w++) {
        bool named = false;
        for (int i = from; i < argc; i++)
            named = named || !strcmp(argv[i], bench_at(w)->name);
        if (named != others)
            steps_take_nothing(bench_at(w));
    }
    return check_done("steady");
}
