/* pool.c -- the pool under many loops, many callers, sleep, fork and crowding.
 *
 * Each part of a loop must run exactly once, and what one loop wrote the next must see.
 */
#include "../../src/base/pool.h"
#include "check.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1000 };

typedef struct {
    int hits[MOST]; /* by part: plain ints, so that TSan sees a missing order */
    int by_worker[EPL__POOL_MAX];
} board;

static void hit(void *arg, int64_t begin, int64_t end, int worker)
{
    board *b = arg;
    for (int64_t i = begin; i < end; i++)
        b->hits[i]++;
    b->by_worker[worker] += (int)(end - begin);
}

static bool all_equal(const board *b, int parts, int n)
{
    for (int i = 0; i < MOST; i++)
        if (b->hits[i] != (i < parts ? n : 0))
            return false;
    return true;
}

static void loops_cover(int threads)
{
    static const int parts[] = {0, 1, 2, 3, 7, 8, 9, 64, 999, MOST};
    epl_scope *s = epl_scope_new(NULL);
    epl_pool *pool = epl_pool_new(s, threads);
    CHECK(pool && epl_pool_threads(pool) == threads);
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        board b = {0};
        epl__team *team = epl__team_begin(pool);
        CHECK((team != NULL) == (threads > 1));
        for (int i = 0; i < 200; i++)
            epl__team_for(team, hit, &b, parts[p]);
        epl__team_end(team);
        CHECK(all_equal(&b, parts[p], 200));
    }
    epl_scope_free(s);
}

/* Step k reads what other threads wrote in step k - 1. */
typedef struct {
    const long *from;
    long *to;
} shift;

static void shift_parts(void *arg, int64_t begin, int64_t end, int worker)
{
    const shift *x = arg;
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        x->to[i] = x->from[MOST - 1 - i] + 1;
}

static void steps_see_earlier_steps(void)
{
    static long numbers[2][MOST];
    memset(numbers, 0, sizeof numbers);
    epl_scope *s = epl_scope_new(NULL);
    epl_pool *pool = epl_pool_new(s, 3);
    epl__team *team = epl__team_begin(pool);
    for (int k = 0; k < 1000; k++) {
        shift x = {numbers[k % 2], numbers[(k + 1) % 2]};
        epl__team_for(team, shift_parts, &x, MOST);
    }
    epl__team_end(team);
    bool is_right = true;
    for (int i = 0; i < MOST; i++)
        is_right = is_right && numbers[0][i] == 1000;
    CHECK(is_right);
    epl_scope_free(s);
}

static void *own_loops(void *arg)
{
    epl_pool *pool = arg;
    long bad = 0;
    for (int i = 0; i < 300; i++) {
        board *b = calloc(1, sizeof *b);
        epl__team *team = epl__team_begin(pool);
        for (int k = 0; k < 3; k++)
            epl__team_for(team, hit, b, 50);
        epl__team_end(team);
        bad += !all_equal(b, 50, 3);
        free(b);
    }
    return (void *)bad;
}

static void callers_share_a_pool(void)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_pool *pool = epl_pool_new(s, 2);
    pthread_t caller[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&caller[i], NULL, own_loops, pool);
    for (int i = 0; i < 4; i++) {
        void *bad;
        pthread_join(caller[i], &bad);
        CHECK(bad == NULL);
    }
    epl_scope_free(s);
}

static void second_run_is_alone(void)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_pool *pool = epl_pool_new(s, 2);
    epl__team *team = epl__team_begin(pool);
    CHECK(team != NULL);
    CHECK(epl__team_begin(pool) == NULL);
    epl__team_end(team);
    team = epl__team_begin(pool);
    CHECK(team != NULL);
    epl__team_end(team);
    CHECK(epl__team_begin(NULL) == NULL);
    epl__team_end(NULL);
    epl_scope_free(s);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Whether a nap comes in which this process did nothing. */
static bool falls_asleep(void)
{
    struct timespec nap = {0, 20 * 1000 * 1000};
    for (int i = 0; i < 100; i++) {
        double before = cpu_seconds();
        nanosleep(&nap, NULL);
        if (cpu_seconds() - before < 0.002)
            return true;
    }
    return false;
}

static void idle_workers_sleep(void)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_pool *pool = epl_pool_new(s, 4);
    for (int i = 0; i < 5; i++) {
        board b = {0};
        epl__team *team = epl__team_begin(pool);
        epl__team_for(team, hit, &b, 100);
        epl__team_end(team);
        CHECK(all_equal(&b, 100, 1));
        CHECK(falls_asleep());
    }
    epl_scope_free(s);
}

static void set_flag(void *arg, int i)
{
    ((int *)arg)[i] = i + 1;
}

static void run_calls_each_once(void)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_pool *pool = epl_pool_new(s, 2);
    for (int round = 0; round < 2; round++) {
        int flag[9] = {0};
        epl__pool_run(round ? pool : NULL, set_flag, flag, 8);
        for (int i = 0; i < 9; i++)
            CHECK(flag[i] == (i < 8 ? i + 1 : 0));
    }
    epl_scope_free(s);
}

/* The child has no workers: loops run alone, and the scope can be freed. */
static void fork_is_survived(void)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_pool *pool = epl_pool_new(s, 3);
    for (int inside = 0; inside < 2; inside++) {
        epl__team *team = inside ? epl__team_begin(pool) : NULL;
        pid_t child = fork();
        if (child == 0) {
            board b = {0};
            epl__team *alone = epl__team_begin(pool);
            epl__team_for(alone, hit, &b, 100);
            epl__team_end(alone);
            epl_scope_free(s);
            _exit(alone == NULL && all_equal(&b, 100, 1) && b.by_worker[0] == 100 ? 0 : 1);
        }
        int status = -1;
        waitpid(child, &status, 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        epl__team_end(team);
    }
    epl_scope_free(s);
}

static void pools_come_and_go(void)
{
    for (int i = 0; i < 50; i++) {
        epl_scope *s = epl_scope_new(NULL);
        epl_pool *pool = epl_pool_new(s, 1 + i % 8);
        CHECK(pool != NULL);
        epl_scope_free(s);
    }
}

int main(void)
{
    static const int threads[] = {1, 2, 3, 16};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++)
        loops_cover(threads[i]);
    steps_see_earlier_steps();
    callers_share_a_pool();
    second_run_is_alone();
    idle_workers_sleep();
    run_calls_each_once();
    fork_is_survived();
    pools_come_and_go();
    return check_done("pool");
}
