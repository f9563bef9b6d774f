/* bench.c -- `espalier bench`: times a workload and prints a line of JSON. */
#include "../bench/bench.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "progress.h"
#include "text.h"
#include "tool.h"

typedef struct {
    double first_s, median_us, min_us, loss_first, loss_last;
} figures;

/* One set of data, or in a loop of the caller's one for each member. */
typedef struct {
    int64_t n;
    bench *b;
} sets;

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The one number that the function gives, or NaN. */
static double loss_of(const bench *b)
{
    bool one = b->outs && b->out[0].data && epl_count(b->out[0].type) == 1 &&
               b->out[0].type.dtype == EPL_F32;
    return one ? (double)*(const float *)b->out[0].data : NAN;
}

static epl_arrays inputs(const bench *b)
{
    return (epl_arrays){b->ins, b->in};
}

/* -- one caller --------------------------------------------------------------------------- */
/* A step: the plan on each set of data. */
static epl_status run_step(const sets *of, epl_plan plan, epl_work *work)
{
    epl_status status = EPL_OK;
    for (int64_t i = 0; i < of->n && status == EPL_OK; i++)
        status = epl_run(plan, inputs(&of->b[i]), (epl_arrays){of->b[i].outs, of->b[i].out}, work);
    return status;
}

static bool time_steps(const sets *of, epl_plan plan, epl_work *work, int64_t steps, figures *f)
{
    double *times = calloc((size_t)steps, sizeof *times);
    int64_t warm = steps / 10 > 3 ? steps / 10 : 3;
    epl_status status = times ? EPL_OK : EPL_ERR_MEMORY;
    for (int64_t i = 0; i < warm && status == EPL_OK; i++)
        status = run_step(of, plan, work);
    for (int64_t i = 0; i < steps && status == EPL_OK; i++) {
        double start = progress_now();
        status = run_step(of, plan, work);
        times[i] = progress_now() - start;
    }
    if (times) {
        qsort(times, (size_t)steps, sizeof *times, compare);
        f->median_us = 1e6 * (times[(steps - 1) / 2] + times[steps / 2]) / 2;
        f->min_us = 1e6 * times[0];
    }
    f->loss_last = loss_of(of->b);
    free(times);
    return status == EPL_OK;
}

/* -- several callers of one plan ------------------------------------------------------------ */
typedef struct {
    const bench *b;
    epl_plan plan;
    int64_t steps;
    epl_scope *s;
    epl_work *work;
    epl_array out;
    epl_status status;
} caller;

static void *call(void *argument)
{
    caller *c = argument;
    for (int64_t i = 0; i < c->steps && c->status == EPL_OK; i++)
        c->status = epl_run(c->plan, inputs(c->b), (epl_arrays){1, &c->out}, c->work);
    return NULL;
}

static bool call_together(caller *c, int64_t threads)
{
    pthread_t *id = calloc((size_t)threads, sizeof *id);
    int64_t started = 0;
    while (id && started < threads && !pthread_create(&id[started], NULL, call, &c[started]))
        started++;
    bool ok = started == threads;
    for (int64_t i = 0; i < started; i++) {
        pthread_join(id[i], NULL);
        ok = ok && c[i].status == EPL_OK;
    }
    free(id);
    return ok;
}

static bool time_callers(const bench *b, epl_plan plan, int64_t threads, int64_t steps, figures *f)
{
    caller *c = calloc((size_t)threads, sizeof *c);
    bool ok = c != NULL;
    for (int64_t i = 0; c && i < threads; i++) {
        epl_scope *s = epl_scope_new(NULL);
        c[i] = (caller){b,         plan,  steps / 10 > 3 ? steps / 10 : 3, s, epl_work_new(s, NULL),
                        b->out[0], EPL_OK};
        c[i].out.data = epl_scope_alloc(s, epl_bytes(c[i].out.type) + 64);
    }
    ok = ok && call_together(c, threads);
    for (int64_t i = 0; c && i < threads; i++)
        c[i].steps = steps;
    double start = progress_now();
    ok = ok && call_together(c, threads);
    f->median_us = f->min_us = 1e6 * (progress_now() - start) / (double)(steps * threads);
    for (int64_t i = 0; c && i < threads; i++)
        epl_scope_free(c[i].s);
    free(c);
    return ok;
}

/* -- the command ------------------------------------------------------------------------------ */
static void print_figures(const char *name, int64_t threads, int64_t steps, const figures *f)
{
    textbuf t = {0};
    text_add(&t, "{\"workload\": ");
    text_add_string(&t, name);
    text_addf(&t, ", \"peer\": \"espalier\", \"threads\": %lld, \"steps\": %lld",
              (long long)threads, (long long)steps);
    text_addf(&t, ", \"median_us\": %.2f, \"min_us\": %.2f, \"first_s\": %.6f, \"loss_first\": ",
              f->median_us, f->min_us, f->first_s);
    if (isnan(f->loss_first))
        text_add(&t, "null, \"loss_last\": null}\n");
    else {
        text_add_number(&t, f->loss_first);
        text_add(&t, ", \"loss_last\": ");
        text_add_number(&t, f->loss_last);
        text_add(&t, "}\n");
    }
    if (!t.failed)
        fputs(t.at, stdout);
    text_free(&t);
}

typedef struct {
    int64_t threads, steps, members, chunk;
    bool loop, plan;
} settings;

/* The other sets get outputs of their own, like those of the first. */
static void add_outputs(sets *of)
{
    for (int64_t i = 1; i < of->n; i++)
        for (size_t k = 0; k < of->b->outs; k++) {
            epl_type type = of->b->out[k].type;
            of->b[i].out[of->b[i].outs++] =
                epl_at(epl_scope_alloc(of->b->s, epl_bytes(type) + 64), type);
        }
}

static int measure_sets(const workload *w, const settings *at, sets *of)
{
    bench *b = of->b;
    figures f = {0};
    epl_pool *pool = w->by_thread || at->threads == 1 ? NULL : epl_pool_new(b->s, (int)at->threads);
    double start = progress_now();
    epl_fn *fn = epl_fn_new(b->s, w->name);
    w->build(b, fn);
    epl_plan plan = epl_compile(b->s, fn);
    epl_work *work = epl_work_new(b->s, pool);
    add_outputs(of);
    bool ok = run_step(of, plan, work) == EPL_OK;
    f.first_s = progress_now() - start;
    f.loss_first = loss_of(b);
    if (ok && at->plan)
        fputs(epl_plan_text(b->s, plan), stderr);
    if (ok)
        ok = w->by_thread ? time_callers(b, plan, at->threads, at->steps, &f)
                          : time_steps(of, plan, work, at->steps, &f);
    if (ok)
        print_figures(w->name, at->threads, at->steps, &f);
    else
        tool_fail("bench", "%s", epl_work_message(work));
    return ok ? tool_flushed() : TOOL_FAILED;
}

static int measure(const workload *w, const settings *at)
{
    int64_t members = at->members ? at->members : w->members;
    sets of = {at->loop ? members : 1, NULL};
    of.b = calloc((size_t)of.n, sizeof *of.b);
    if (!of.b)
        return tool_fail("bench", "out of memory");
    epl_scope *s = epl_scope_new(NULL);
    for (int64_t i = 0; i < of.n; i++) {
        of.b[i] = (bench){.s = s, .members = at->loop ? 1 : members, .chunk = at->chunk};
        bench_data(&of.b[i], w);
    }
    int status = measure_sets(w, at, &of);
    epl_scope_free(s);
    free(of.b);
    return status;
}

/* TOOL_GO_ON, or the status after what is wrong was told. */
static int unfit(const tool_command *command, const workload *w, const settings *at)
{
    if (at->threads < 1 || at->threads > 1024 || at->steps < 1 || at->steps > 100000000)
        return tool_misused(command, "--threads and --steps must be positive");
    if (at->members < 0 || at->members > 100000 || at->chunk < -1)
        return tool_misused(command, "--members and --chunk must not be negative");
    if (at->members && !w->members)
        return tool_misused(command, "--members: %s has none", w->name);
    if (at->loop && !w->members)
        return tool_misused(command, "--loop: %s has no members", w->name);
    if (at->chunk >= 0 && !w->mapped)
        return tool_misused(command, "--chunk: %s maps nothing", w->name);
    return TOOL_GO_ON;
}

int tool_bench(int argc, char **argv)
{
    settings at = {.threads = 2, .steps = 100, .chunk = -1};
    const char *name = NULL;
    const tool_option options[] = {
        {"--threads", TOOL_INT, &at.threads, NULL, "N", "threads of a run (default 2)"},
        {"--steps", TOOL_INT, &at.steps, NULL, "N", "timed steps (default 100)"},
        {"--members", TOOL_INT, &at.members, NULL, "N",
         "tasks, examples or members of a mapped workload"},
        {"--chunk", TOOL_INT, &at.chunk, NULL, "N", "those mapped at once (0: all; 1: in turn)"},
        {"--loop", TOOL_FLAG, &at.loop, NULL, NULL,
         "nothing mapped: a plan of one member, run for each"},
        {"--plan", TOOL_FLAG, &at.plan, NULL, NULL, "print the plan on standard error"},
        {NULL, TOOL_FLAG, NULL, NULL, NULL, NULL},
    };
    textbuf words = {0};
    text_add(&words, "WORKLOAD is one of:\n");
    for (size_t i = 0; bench_at(i); i++)
        text_addf(&words, "  %s\n", bench_at(i)->name);
    const tool_command command = {
        "bench",
        "WORKLOAD [--threads N] [--steps N]",
        "Times one workload and prints a line of JSON: the median and least time of a step, and\n"
        "first_s, the seconds from the data in memory to the first result, compiling included.",
        NULL,
        options,
        1,
        1,
        words.at};
    int status = tool_parse(&command, argc, argv, &name);
    if (status == TOOL_GO_ON && !bench_named(name))
        status = tool_misused(&command, "no workload \"%s\"", name);
    if (status == TOOL_GO_ON)
        status = unfit(&command, bench_named(name), &at);
    if (status == TOOL_GO_ON)
        status = measure(bench_named(name), &at);
    text_free(&words);
    return status;
}
