/* check.h -- checks for plain test programs, which run where Criterion does not (TSan).
 *
 * A program ends with `return check_done("name")`: it prints a line for the summary,
 * "name: N passed, M failed", and the exit status says whether all passed.
 */
#ifndef CHECK_H
#define CHECK_H
#include <stdio.h>

static int check_passed, check_failed;

#define CHECK(condition)                                                            \
    do {                                                                            \
        if (condition) {                                                            \
            check_passed++;                                                         \
        } else {                                                                    \
            check_failed++;                                                         \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
        }                                                                           \
    } while (0)

static inline int check_done(const char *name)
{
    printf("%s: %d passed, %d failed\n", name, check_passed, check_failed);
    return check_failed > 0;
}
#endif
