/* meta_test.c -- the test of `espalier meta`: new tasks, after each number of steps, as a table.
 *
 * A task that diverges is counted, and stays in the mean. */
#include <math.h>
#include <stdio.h>
#include "meta.h"
#include "tool.h"

typedef struct {
    int64_t shots, steps, diverged, tasks;
    double mean, half; /* of the 95% interval */
} row;

static void print_row(const meta *m, const row *r, bool as_json)
{
    textbuf t = {0};
    if (as_json) {
        text_addf(&t, "{\"shots\": %lld, \"steps\": %lld, \"%s\": ", (long long)r->shots,
                  (long long)r->steps, m->family->measure);
        text_add_number(&t, r->mean);
        text_add(&t, ", \"ci95\": ");
        text_add_number(&t, r->half);
        if (r->diverged)
            text_addf(&t, ", \"diverged\": %lld", (long long)r->diverged);
        text_add(&t, "}\n");
    } else {
        text_addf(&t, "%5lld  %5lld  ", (long long)r->shots, (long long)r->steps);
        if (!isfinite(r->half))
            text_add(&t, "not finite");
        else
            text_addf(&t, r->mean < 1e4 ? "%8.4f ± %.4f" : "%8.3g ± %.3g", r->mean, r->half);
        if (r->diverged)
            text_addf(&t, "  %lld of %lld tasks diverge", (long long)r->diverged,
                      (long long)r->tasks);
        text_add(&t, "\n");
    }
    fputs(t.failed ? "" : t.at, stdout);
    text_free(&t);
}

/* Mean and 95% interval of column k of [tasks, META_TIMES]. A loss diverges where it is no number,
 * or more than ten times the mean before the first step. */
static row summary(const meta *m, const float *cell, int k, int64_t shots, int64_t tasks)
{
    row r = {.shots = shots, .steps = meta_times[k], .tasks = tasks};
    double before = 0, sum = 0, squares = 0, count = (double)tasks;
    for (int64_t i = 0; i < tasks; i++) {
        before += (double)cell[i * META_TIMES] / count;
        sum += (double)cell[i * META_TIMES + k];
    }
    r.mean = sum / count;
    for (int64_t i = 0; i < tasks; i++) {
        double v = (double)cell[i * META_TIMES + k];
        squares += (v - r.mean) * (v - r.mean);
        r.diverged += k && !m->family->classes && !(v <= 10 * before);
    }
    r.half = 1.96 * sqrt(squares / count / count);
    return r;
}

static bool test(meta *m, int64_t shots, int64_t tasks, bool as_json)
{
    epl_array in[6];
    epl_scope *s = epl_scope_new(NULL);
    meta_exam exam = {m, shots, tasks};
    epl_key key = epl_key_fold(epl_key_fold(epl_seed((uint64_t)m->at.seed), 3), (uint64_t)shots);
    size_t n = meta_inputs(m, true, &key, in);
    float *cell = epl_scope_alloc(s, (size_t)tasks * META_TIMES * sizeof *cell);
    epl_array out = epl_at(cell, epl_f32(tasks, META_TIMES));
    bool ok = cell && epl_run(epl_jit(s, meta_build_test, &exam), (epl_arrays){n, in},
                              (epl_arrays){1, &out}, m->work) == EPL_OK;
    if (!ok)
        tool_fail("meta", "%s", cell ? epl_work_message(m->work) : "no memory");
    for (int k = 0; ok && k < META_TIMES; k++) {
        row r = summary(m, cell, k, shots, tasks);
        print_row(m, &r, as_json);
    }
    epl_scope_free(s);
    return ok;
}

bool meta_report(meta *m, const int64_t *shots, int64_t tasks, double seconds, bool as_json)
{
    bool ok = true, residuals = m->at.algorithm == META_IMAML && m->trained;
    if (!as_json)
        printf("shots  steps  %s\n", m->family->measure);
    for (int i = 0; ok && i < META_SHOTS && shots[i]; i++)
        ok = test(m, shots[i], tasks, as_json);
    if (!ok)
        return false;
    if (as_json) {
        printf("{\"iterations\": %lld, \"seconds\": %.3f", (long long)m->done, seconds);
        if (residuals)
            printf(", \"inner_residual\": %.3g, \"residual\": %.3g", m->residual[0],
                   m->residual[1]);
        printf("}\n");
    } else {
        printf("%lld iterations, %.1f s of this run\n", (long long)m->done, seconds);
        if (residuals)
            printf("residuals of the last tasks: %.3g of the inner problem, %.3g of the linear "
                   "system\n",
                   m->residual[0], m->residual[1]);
    }
    return true;
}
