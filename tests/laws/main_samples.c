/* main_samples.c -- every law for every golden sample, then the records of operations and
 * primitives.
 *
 *     laws SAMPLES [OPERATION...]      LAW_TRACE=1 says what is checked next
 */
#include <stdio.h>
#include <string.h>
#include "laws_graph.h"
#include "sample.h"

typedef struct {
    long points[2];      /* judged by differences: first and second order */
    bool differentiable; /* a floating result of a floating input, in some sample */
} operation_seen;

static void one_sample(const char *line, size_t number, operation_seen *seen)
{
    static const mapping once = {.only = -1};
    sample p;
    derived d;
    law_checked(LAW_BUILD);
    if (!sample_open(&p, line, number, false))
        return;
    prims_note(p.call.fn);
    law_of_value(&p);
    if (derived_make(&d, &p, &once)) {
        prims_note(d.fn);
        law_of_plan(&d);
        law_of_vjp(&d);
        law_of_orders(&d);
        bool is_blocked = json_get(p.request, "blocked") != NULL;
        seen->points[0] += is_blocked ? 0 : law_of_differences(&d, LAW_JVP);
        seen->points[1] += is_blocked ? 0 : law_of_differences(&d, LAW_SECOND);
        for (size_t i = 0; i < d.nx; i++)
            seen->differentiable |= epl_count(d.in[d.x[i]].type) > 0;
        law_of_map(&d, number);
        law_of_third(&p);
    } else
        sample_broken(&p, LAW_PLAN, "the derivatives", epl_scope_message(p.s));
    bool is_draw = !json_get(p.request, "value");
    sample_close(&p);
    if (!is_draw) /* draws in f32 are other ones */
        law_of_f32(line, number);
}

static void threads_of(const char *line, size_t number)
{
    sample p;
    if (sample_open(&p, line, number, false)) {
        law_of_threads(&p);
        sample_close(&p);
    }
}

static bool is_of(const char *line, const char *operation)
{
    size_t n = strlen(operation);
    return !strncmp(line, "{\"op\":\"", 7) && !strncmp(line + 7, operation, n) &&
           line[7 + n] == '"';
}

static void one_operation(const char *name, const char *const *line)
{
    operation_seen seen = {0};
    const char *largest = NULL;
    law_subject(name);
    for (size_t i = 0; line[i]; i++) {
        if (!is_of(line[i], name))
            continue;
        one_sample(line[i], i, &seen);
        largest = !largest || strlen(line[i]) > strlen(largest) ? line[i] : largest;
    }
    if (largest)
        threads_of(largest, 0);
    if (seen.differentiable && !seen.points[0])
        law_broken(LAW_JVP, "no sample has a smooth point");
    if (seen.differentiable && !seen.points[1])
        law_broken(LAW_SECOND, "no sample has a smooth point");
}

static bool is_asked(const char *name, int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        if (!strcmp(argv[i], name))
            return true;
    return argc <= 2;
}

int main(int argc, char **argv)
{
    epl_scope *s = epl_scope_new(NULL);
    const char *const *line = argc > 1 ? samples_read(s, argv[1]) : NULL;
    const epl_operation *o;
    if (!line) {
        fprintf(stderr, "usage: laws SAMPLES [OPERATION...]\n");
        epl_scope_free(s);
        return 2;
    }
    for (size_t i = 0; (o = epl_operation_at(i)) != NULL; i++)
        if (is_asked(o->name, argc, argv))
            one_operation(o->name, line);
    if (argc <= 2) {
        laws_of_operations(line);
        laws_of_prims();
        laws_of_elementwise();
    }
    int status = law_summary();
    epl_scope_free(s);
    return status;
}
