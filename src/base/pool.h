/* pool.h -- threads that help a run.
 *
 * A run that wants help takes the pool as its team, shares loops, and gives it back:
 *
 *     epl__team *team = epl__team_begin(pool);      NULL: the caller is alone
 *     epl__team_for(team, fn, arg, parts);          as often as you like
 *     epl__team_end(team);
 *
 * Between the loops of a team the workers spin, so a loop costs under a microsecond; idle
 * workers sleep after a short while, and the first loop after that runs mostly on the
 * caller's thread while they wake. One run at a time has the pool: another one that begins
 * meanwhile gets NULL and works alone; nobody waits. So does a child after fork.
 *
 * Waking sleepers costs the caller a few microseconds and pays from some hundred
 * microseconds of shared work on; a shorter run should not begin a team.
 *
 * Invariant: which thread takes which parts is not determined; results must not depend on
 * it. A loop never waits for a thread that has not begun to work.
 */
#ifndef EPL_POOL_H
#define EPL_POOL_H
#include <espalier/plan.h>

enum { EPL__POOL_MAX = 256 };

typedef struct epl__team epl__team;

/* Parts [begin, end); worker is in [0, epl_pool_threads), 0 the caller's thread, and no two
 * calls at one time have the same. */
typedef void epl__part_fn(void *arg, int64_t begin, int64_t end, int worker);

epl__team *epl__team_begin(epl_pool *pool); /* pool NULL: NULL */
void epl__team_for(epl__team *team, epl__part_fn *fn, void *arg, int64_t parts);
void epl__team_end(epl__team *team);

/* fn(arg, i) for each i of [0, workers), some of them at once. */
void epl__pool_run(epl_pool *pool, void (*fn)(void *arg, int i), void *arg, int workers);
#endif
