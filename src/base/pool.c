/* pool.c -- a loop is cut into chunks; threads claim chunks, their own first, then others'.
 *
 * Each thread has a queue of chunks: one word {epoch, next, end}. The caller writes the
 * loop's fields, then the queues, then rings the bell. A claim is a compare-and-swap of
 * next. It can succeed only while a chunk is unclaimed, that is before the loop is done,
 * and the caller changes the fields only after; so a thread that comes late finds either
 * nothing or the right fields. The epoch (40 bits) makes old words differ from new ones.
 *
 * Invariant: `done` reaches the number of chunks when each has been run, not before.
 */
#include "pool.h"
#include "arena.h"
#include "cpus.h"
#include "scope.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    CHUNKS = 4,          /* for each thread of a loop */
    LINE = 64,           /* a cache line */
    PAUSES = 64,         /* between looks at the clock */
    IDLE_NS = 60000,     /* then a worker without a run sleeps */
    BUSY_NS = 300000,    /* the same while a run is going on */
    PATIENCE_NS = 20000, /* then waiting gives the CPU to others */
    NEXT_SHIFT = 12,
    EPOCH_SHIFT = 24,
    CHUNK_MASK = (1 << NEXT_SHIFT) - 1
};

typedef struct {
    _Alignas(LINE) atomic_uint_fast64_t word;
} queue;

struct epl__team {
    _Alignas(LINE) atomic_uint bell; /* rung for each loop, and to stop; workers sleep on it */
    atomic_bool has_sleepers;        /* perhaps; who rings wakes them and clears it */
    atomic_bool is_busy;             /* a run has the pool */
    atomic_bool is_stopping;
    atomic_int caller_cpu;
    /* the loop: written by the caller while no chunk is unclaimed */
    _Alignas(LINE) _Atomic(epl__part_fn *) fn;
    _Atomic(void *) arg;
    atomic_llong parts;
    atomic_int chunks;
    _Alignas(LINE) atomic_int done; /* chunks that have been run */
    uint64_t epoch;                 /* the caller's */
    int threads;                    /* that work, the caller's included */
    int slots;                      /* queues: threads that were asked for */
    bool is_crowded;                /* more threads than CPUs */
    pid_t process;                  /* that has the workers */
    void *memory;
    size_t memory_bytes;
    epl_alloc alloc;
    pthread_t *worker; /* [slots], threads - 1 used */
    queue *queues;     /* [slots] */
};
struct epl_pool {
    struct epl__team team;
};
typedef struct {
    epl__team *team;
    int index;
} worker_start;

static void pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void futex_wait(atomic_uint *word, unsigned seen)
{
    syscall(SYS_futex, (void *)word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void futex_wake_all(atomic_uint *word)
{
    syscall(SYS_futex, (void *)word, FUTEX_WAKE_PRIVATE, EPL__POOL_MAX, NULL, NULL, 0);
}

/* -- chunks ------------------------------------------------------------------------- */

/* Where chunk c begins, of `chunks` nearly equal ones. */
static int64_t chunk_begin(int64_t parts, int chunks, int c)
{
    int64_t rest = parts % chunks;
    return parts / chunks * c + (c < rest ? c : rest);
}

static uint64_t queue_word(uint64_t epoch, int next, int end)
{
    return epoch << EPOCH_SHIFT | (uint64_t)next << NEXT_SHIFT | (uint64_t)end;
}

typedef struct {
    epl__part_fn *fn;
    void *arg;
    int64_t parts;
    int chunks;
} loop;

/* Takes the next chunk of a queue and the loop it belongs to; -1: there is none. */
static int claim(epl__team *t, queue *q, loop *l)
{
    uint64_t word = atomic_load_explicit(&q->word, memory_order_acquire);
    for (;;) {
        int next = (int)(word >> NEXT_SHIFT) & CHUNK_MASK;
        if (next >= ((int)word & CHUNK_MASK))
            return -1;
        l->fn = atomic_load_explicit(&t->fn, memory_order_relaxed);
        l->arg = atomic_load_explicit(&t->arg, memory_order_relaxed);
        l->parts = atomic_load_explicit(&t->parts, memory_order_relaxed);
        l->chunks = atomic_load_explicit(&t->chunks, memory_order_relaxed);
        if (atomic_compare_exchange_weak_explicit(&q->word, &word, word + (1u << NEXT_SHIFT),
                                                  memory_order_acq_rel, memory_order_acquire))
            return next;
    }
}

/* Runs chunks until none is left, and says so. */
static void work(epl__team *t, int index)
{
    for (int i = 0; i < t->slots; i++) {
        int other = index + i < t->slots ? index + i : index + i - t->slots;
        queue *q = &t->queues[other];
        loop l;
        for (int c; (c = claim(t, q, &l)) >= 0;) {
            l.fn(l.arg, chunk_begin(l.parts, l.chunks, c), chunk_begin(l.parts, l.chunks, c + 1),
                 index);
            atomic_fetch_add_explicit(&t->done, 1, memory_order_release);
        }
    }
}

/* -- workers ------------------------------------------------------------------------ */

/* Spins until the bell is no longer `seen`; false after the time that idling may take. */
static bool spin_for_bell(epl__team *t, unsigned seen)
{
    int64_t start = 0;
    for (unsigned i = 1;; i++) {
        if (atomic_load_explicit(&t->bell, memory_order_acquire) != seen)
            return true;
        pause_cpu();
        if (i % PAUSES)
            continue;
        int64_t now = now_ns();
        if (start == 0)
            start = now;
        bool is_busy = atomic_load_explicit(&t->is_busy, memory_order_relaxed);
        if (now - start > (is_busy ? BUSY_NS : IDLE_NS))
            return false;
        /* Woken on the caller's CPU, a worker would keep from it what it waits for. */
        if (t->is_crowded ||
            sched_getcpu() == atomic_load_explicit(&t->caller_cpu, memory_order_relaxed))
            sched_yield();
    }
}

static void sleep_for_bell(epl__team *t, unsigned seen)
{
    atomic_store(&t->has_sleepers, true);
    if (atomic_load(&t->bell) == seen)
        futex_wait(&t->bell, seen);
}

static void *worker_main(void *start)
{
    worker_start w = *(worker_start *)start;
    epl__team *t = w.team;
    atomic_fetch_add(&t->done, 1); /* start may go */
    for (;;) {
        unsigned seen = atomic_load_explicit(&t->bell, memory_order_acquire);
        if (atomic_load_explicit(&t->is_stopping, memory_order_relaxed))
            return NULL;
        work(t, w.index);
        if (!spin_for_bell(t, seen))
            sleep_for_bell(t, seen);
    }
}

static void ring(epl__team *t)
{
    atomic_store_explicit(&t->caller_cpu, sched_getcpu(), memory_order_relaxed);
    atomic_fetch_add(&t->bell, 1);
    if (atomic_load(&t->has_sleepers) && atomic_exchange(&t->has_sleepers, false))
        futex_wake_all(&t->bell);
}

/* -- teams -------------------------------------------------------------------------- */

epl__team *epl__team_begin(epl_pool *pool)
{
    if (!pool || pool->team.threads < 2)
        return NULL;
    epl__team *t = &pool->team;
    if (getpid() != t->process || atomic_exchange_explicit(&t->is_busy, true, memory_order_acquire))
        return NULL;
    if (atomic_load(&t->has_sleepers))
        ring(t);
    return t;
}

void epl__team_end(epl__team *t)
{
    if (t)
        atomic_store_explicit(&t->is_busy, false, memory_order_release);
}

/* All chunks are claimed; those that others run are soon done. */
static void wait_done(epl__team *t, int chunks)
{
    int64_t start = 0;
    bool is_patient = true;
    for (unsigned i = 1; atomic_load_explicit(&t->done, memory_order_acquire) < chunks; i++) {
        pause_cpu();
        if (i % PAUSES)
            continue;
        if (is_patient) {
            int64_t now = now_ns();
            if (start == 0)
                start = now;
            is_patient = now - start < PATIENCE_NS && !t->is_crowded;
        } else {
            sched_yield();
        }
    }
}

void epl__team_for(epl__team *t, epl__part_fn *fn, void *arg, int64_t parts)
{
    if (parts <= 0)
        return;
    if (!t || parts == 1) {
        fn(arg, 0, parts, 0);
        return;
    }
    int64_t most = (int64_t)t->threads * CHUNKS;
    int chunks = (int)(parts < most ? parts : most);
    t->epoch++;
    atomic_store_explicit(&t->fn, fn, memory_order_relaxed);
    atomic_store_explicit(&t->arg, arg, memory_order_relaxed);
    atomic_store_explicit(&t->parts, parts, memory_order_relaxed);
    atomic_store_explicit(&t->chunks, chunks, memory_order_relaxed);
    atomic_store_explicit(&t->done, 0, memory_order_relaxed);
    for (int i = 0; i < t->threads; i++) {
        int next = (int)chunk_begin(chunks, t->threads, i);
        int end = (int)chunk_begin(chunks, t->threads, i + 1);
        atomic_store_explicit(&t->queues[i].word, queue_word(t->epoch, next, end),
                              memory_order_release);
    }
    ring(t);
    work(t, 0);
    wait_done(t, chunks);
}

typedef struct {
    void (*fn)(void *arg, int i);
    void *arg;
} each;

static void run_each(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const each *e = arg;
    for (int64_t i = begin; i < end; i++)
        e->fn(e->arg, (int)i);
}

void epl__pool_run(epl_pool *pool, void (*fn)(void *arg, int i), void *arg, int workers)
{
    each e = {fn, arg};
    epl__team *t = epl__team_begin(pool);
    epl__team_for(t, run_each, &e, workers);
    epl__team_end(t);
}

/* -- making and freeing --------------------------------------------------------------- */

static void pool_free(void *object)
{
    epl__team *t = &((epl_pool *)object)->team;
    if (getpid() == t->process) {
        atomic_store(&t->is_stopping, true);
        ring(t);
        for (int i = 0; i + 1 < t->threads; i++)
            pthread_join(t->worker[i], NULL);
    }
    epl_alloc alloc = t->alloc;
    epl__give(&alloc, t->memory, t->memory_bytes);
}

/* Starts workers one by one, as many as the system grants; they take no signals. */
static void start_workers(epl__team *t, int threads)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int started = 1;
    for (; started < threads; started++) {
        worker_start w = {t, started};
        if (pthread_create(&t->worker[started - 1], NULL, worker_main, &w) != 0)
            break;
        while (atomic_load(&t->done) < started)
            sched_yield();
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    t->threads = started;
}

/* One piece of memory: the pool, its queues, its thread handles. */
static epl_pool *pool_memory(const epl_alloc *alloc, int threads)
{
    size_t n = (size_t)threads;
    size_t bytes = sizeof(epl_pool) + n * (sizeof(queue) + sizeof(pthread_t)) + LINE;
    char *memory = epl__take(alloc, bytes);
    if (!memory)
        return NULL;
    uintptr_t skip = (LINE - (uintptr_t)memory % LINE) % LINE;
    epl_pool *pool = (epl_pool *)(void *)(memory + skip);
    pool->team.memory = memory;
    pool->team.memory_bytes = bytes;
    pool->team.alloc = *alloc;
    pool->team.slots = threads;
    pool->team.queues = (queue *)(void *)(pool + 1);
    pool->team.worker = (pthread_t *)(void *)(pool->team.queues + n);
    return pool;
}

epl_pool *epl_pool_new(epl_scope *s, int threads)
{
    if (!epl__scope_ok(s))
        return NULL;
    if (threads < 0 || threads > EPL__POOL_MAX) {
        epl_scope_fail(s, EPL_ERR_ARG, "[pool] threads is %d, expected 0 (automatic) to %d",
                       threads, EPL__POOL_MAX);
        return NULL;
    }
    int cpus = epl__cpus();
    if (threads == 0)
        threads = cpus < EPL__POOL_MAX ? cpus : EPL__POOL_MAX;
    epl_pool *pool = pool_memory(epl__scope_allocator(s), threads);
    if (!pool) {
        epl__scope_no_memory(s, sizeof *pool + (size_t)threads * sizeof(queue));
        return NULL;
    }
    pool->team.process = getpid();
    pool->team.is_crowded = threads > cpus;
    start_workers(&pool->team, threads);
    return epl__scope_own(s, pool, pool_free);
}

int epl_pool_threads(const epl_pool *pool)
{
    return pool ? pool->team.threads : 1;
}
