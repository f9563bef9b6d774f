/* isa.c -- the instruction set and its spans, chosen once.
 *
 * Invariant: after `choose` has run, nothing here changes.
 */
#include "span/span.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static epl__isa chosen;
static epl__span *by_dtype[EPL__TILE_ALL][EPL_DTYPE_END];
static epl__span *casts[EPL_DTYPE_END][EPL_DTYPE_END];

static const char *const names[] = {"portable", "avx2", "avx512"};

#if defined(__x86_64__)
static const epl__spans *const sets[] = {&epl__spans_portable, &epl__spans_avx2,
                                         &epl__spans_avx512};
static epl__isa best(void)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return EPL__ISA_PORTABLE;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return EPL__ISA_AVX512;
    return EPL__ISA_AVX2;
}
#else
static const epl__spans *const sets[] = {&epl__spans_portable};
static epl__isa best(void)
{
    return EPL__ISA_PORTABLE;
}
#endif

static void enter(const epl__span_entry *list)
{
    for (; list->span; list++)
        if (list->op == EPL__TILE_CAST)
            casts[list->dtype][list->to] = list->span;
        else
            by_dtype[list->op][list->dtype] = list->span;
}

static void choose(void)
{
    chosen = best();
    const char *wish = getenv("ESPALIER_ISA");
    for (int isa = EPL__ISA_PORTABLE; wish && isa < (int)chosen; isa++)
        if (strcmp(wish, names[isa]) == 0)
            chosen = (epl__isa)isa;
    for (const epl__span_entry *const *lists = sets[chosen]->entries; *lists; lists++)
        enter(*lists);
    enter(epl__rare_entries);
}

epl__isa epl__isa_now(void)
{
    pthread_once(&once, choose);
    return chosen;
}

const char *epl__isa_name(epl__isa isa)
{
    return names[isa];
}

void epl__isa_info(char *text, size_t size)
{
    const epl__isa now = epl__isa_now(), machine = best();
    const char *wish = getenv("ESPALIER_ISA");
    if (!wish || !*wish)
        snprintf(text, size, "%s", names[now]);
    else if (strcmp(wish, names[now]) == 0)
        snprintf(text, size, "%s (asked for; the machine has %s)", names[now], names[machine]);
    else
        snprintf(text, size, "%s (ESPALIER_ISA=%.20s is ignored)", names[now], wish);
}

const epl__spans *epl__spans_now(void)
{
    return sets[epl__isa_now()];
}

epl__span *epl__span_of(int op, epl_dtype dtype, epl_dtype to)
{
    pthread_once(&once, choose);
    if (op < 0 || op >= EPL__TILE_ALL || dtype <= EPL_NONE || dtype >= EPL_DTYPE_END)
        return NULL;
    if (op != EPL__TILE_CAST)
        return by_dtype[op][dtype];
    return to <= EPL_NONE || to >= EPL_DTYPE_END ? NULL : casts[dtype][to];
}
