/* kinds.c -- the kinds that JSON knows: the built-in ones, and those a program registers.
 *
 * The list only grows. A reader takes no lock: a slot is filled before it is counted.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "module.h"

static const epl_kind *const built_in[] = {
#define EPL_X(name) &epl_kind_##name,
    EPL_KIND_MAP(EPL_X)
#undef EPL_X
};
enum { BUILT_IN = sizeof built_in / sizeof *built_in, MOST = 4096 };

static const epl_kind *kinds_registered[MOST];
static atomic_size_t kinds_count;
static pthread_mutex_t kinds_lock = PTHREAD_MUTEX_INITIALIZER;

const epl_kind *epl_kind_at(size_t i)
{
    if (i < BUILT_IN)
        return built_in[i];
    i -= BUILT_IN;
    return i < atomic_load_explicit(&kinds_count, memory_order_acquire) ? kinds_registered[i]
                                                                        : NULL;
}

const epl_kind *epl_kind_named(const char *name)
{
    const epl_kind *k;
    for (size_t i = 0; name && (k = epl_kind_at(i)); i++)
        if (!strcmp(k->name, name))
            return k;
    return NULL;
}

epl_status epl_kind_register(const epl_kind *k)
{
    if (!k || !k->name || !epl__name_fits(k->name) || !k->apply || k->version < 1 ||
        k->args_size < sizeof(epl_scope *) || epl__attr_count(k) > EPL__MAX_ATTRS)
        return EPL_ERR_ARG;
    pthread_mutex_lock(&kinds_lock);
    const epl_kind *have = epl_kind_named(k->name);
    size_t n = atomic_load_explicit(&kinds_count, memory_order_relaxed);
    bool room = n < MOST;
    if (!have && room) {
        kinds_registered[n] = k;
        atomic_store_explicit(&kinds_count, n + 1, memory_order_release);
    }
    pthread_mutex_unlock(&kinds_lock);
    return have ? (have == k ? EPL_OK : EPL_ERR_ARG) : room ? EPL_OK : EPL_ERR_MEMORY;
}
