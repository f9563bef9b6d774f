/* math_span.h -- loops over elementary functions, for both widths of float.
 *
 * Invariant: every element goes through vectors of the same code. What is left over after
 * whole groups of GROUP is padded to one group in a local array, so that short spans and
 * tails do not fall back to one element at a time.
 */
#ifndef EPL_MATH_SPAN_H
#define EPL_MATH_SPAN_H
#include "span.h"
#include <string.h>

enum { GROUP = 16 };

/* groups(z, x, count): count groups of GROUP */
#define MATH_SPAN(name, T, function)                                              \
    static void name##_groups(T *z, const T *xs, int64_t groups)                  \
    {                                                                             \
        EPL_SPAN_LOOP(i, groups *GROUP)                                           \
        z[i] = function(xs[i]);                                                   \
    }                                                                             \
    static void name(EPL_SPAN_ARGS)                                               \
    {                                                                             \
        (void)b, (void)c, (void)flat;                                             \
        const int64_t whole = n / GROUP, rest = n % GROUP;                        \
        if (whole)                                                                \
            name##_groups(out, a, whole);                                         \
        if (rest) {                                                               \
            T last[GROUP] = {0};                                                  \
            memcpy(last, (const T *)a + whole * GROUP, (size_t)rest * sizeof(T)); \
            name##_groups(last, last, 1);                                         \
            memcpy((T *)out + whole * GROUP, last, (size_t)rest * sizeof(T));     \
        }                                                                         \
    }

/* A function that is good for |x| <= limit alone; other elements go to libm. Which way an
 * element goes does not depend on its neighbours. */
#define MATH_SPAN_LIMITED(name, T, function, limit, far)      \
    MATH_SPAN(name##_near, T, function)                       \
    static void name(EPL_SPAN_ARGS)                           \
    {                                                         \
        const T *xs = a;                                      \
        T *z = out;                                           \
        unsigned beyond = 0;                                  \
        EPL_SPAN_LOOP(i, n)                                   \
        beyond |= xs[i] > (limit) || xs[i] < -(limit);        \
        if (!beyond) {                                        \
            name##_near(n, out, a, b, c, flat);               \
            return;                                           \
        }                                                     \
        for (int64_t i = 0; i < n; i++)                       \
            if (xs[i] > (limit) || xs[i] < -(limit))          \
                z[i] = far(xs[i]);                            \
            else                                              \
                name##_near(1, z + i, xs + i, NULL, NULL, 0); \
    }
#endif
