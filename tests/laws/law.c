/* law.c -- counts, and what fails. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "law.h"

enum { PRINTED = 3 }; /* failures of a law that are printed, for each subject */

static const char *const law_name[LAWS] = {
#define X(name, text) text,
    LAW_MAP(X)
#undef X
};

typedef struct {
    long passed, failed, skipped;
    bool is_checked; /* for the present subject */
    int broken;
} count;

static count counts[LAWS];
static char subject[200];
static bool is_trial;
static long broken_in_trial;

static void close_subject(void)
{
    for (int l = 0; l < LAWS; l++) {
        count *c = &counts[l];
        if (c->is_checked)
            *(c->broken ? &c->failed : &c->passed) += 1;
        c->is_checked = false;
        c->broken = 0;
    }
}

void law_subject(const char *name)
{
    close_subject();
    snprintf(subject, sizeof subject, "%s", name);
    if (getenv("LAW_TRACE"))
        fprintf(stderr, "%s\n", subject);
}

bool law_is_broken(void)
{
    bool broken = broken_in_trial > 0;
    for (int l = 0; !is_trial && l < LAWS; l++)
        broken |= counts[l].broken > 0;
    return broken;
}

void law_trial(bool on)
{
    is_trial = on;
    broken_in_trial = 0;
}

void law_checked(law l)
{
    if (is_trial)
        return;
    counts[l].is_checked = true;
}

void law_broken(law l, const char *format, ...)
{
    count *c = &counts[l];
    if (is_trial) {
        broken_in_trial++;
        return;
    }
    c->is_checked = true;
    if (c->broken++ >= PRINTED)
        return;
    va_list args;
    printf("%s of %s: ", law_name[l], subject);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

void law_skipped(law l, long points)
{
    counts[l].skipped += is_trial ? 0 : points;
}

int law_summary(void)
{
    long passed = 0, failed = 0;
    close_subject();
    for (int l = 0; l < LAWS; l++)
        if (counts[l].skipped)
            printf("%s: %ld points are not smooth and were left out\n", law_name[l],
                   counts[l].skipped);
    for (int l = 0; l < LAWS; l++) {
        passed += counts[l].passed;
        failed += counts[l].failed;
        if (counts[l].passed + counts[l].failed)
            printf("%s: %ld passed, %ld failed\n", law_name[l], counts[l].passed, counts[l].failed);
    }
    if (!passed)
        puts("laws: 0 passed, 1 failed");
    return failed || !passed;
}
