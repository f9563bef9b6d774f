/* meta.c -- `espalier meta`: meta-training on a family of tasks, and its test. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "meta.h"
#include "model.h"
#include "tool.h"

typedef struct {
    const char *family, *algorithm, *data, *save, *check;
    epl_check what;
    meta_settings at;
    bool given[10];
    bool resume, as_json;
    int64_t threads, test_tasks;
} options;

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    stopped = number;
}

/* -- training -----------------------------------------------------------------------------------
 */
/* One iteration; false: told. */
static bool iterate(meta *m, epl_plan plan, float *loss)
{
    epl_array in[6];
    float residual = 0;
    epl_array out[2] = {epl_at(loss, epl_f32()), epl_at(&residual, epl_f32())};
    epl_key key = epl_key_fold(epl_key_fold(epl_seed((uint64_t)m->at.seed), 2), (uint64_t)m->done);
    size_t n = meta_inputs(m, false, &key, in), outs = m->at.algorithm == META_IMAML ? 2 : 1;
    if (epl_run(plan, (epl_arrays){n, in}, (epl_arrays){outs, out}, m->work) != EPL_OK) {
        tool_fail("meta", "%s", epl_work_message(m->work));
        return false;
    }
    if (!isfinite(*loss)) {
        tool_fail("meta", "iteration %lld: the loss is not finite; training stops%s",
                  (long long)m->done + 1, m->save ? ", and nothing is saved" : "");
        return false;
    }
    m->residual = (double)residual;
    m->done++;
    return true;
}

/* Up to the end, or a signal. False: told. seconds: of this run's iterations. */
static bool train(meta *m, double *seconds)
{
    progress show = {.epochs = 1};
    struct sigaction act = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    epl_plan plan = epl_jit(m->s, meta_build_step, m);
    int64_t first = m->done;
    double average = 0, start = progress_now();
    bool ok = true;
    sigemptyset(&act.sa_mask);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    progress_open(&show, NULL, false);
    progress_epoch(&show, m->done, m->at.iterations);
    while (ok && !stopped && m->done < m->at.iterations) {
        float loss = 0;
        ok = iterate(m, plan, &loss);
        average = m->done - first <= 1 ? (double)loss : 0.99 * average + 0.01 * (double)loss;
        if (ok)
            progress_step(&show, 1, m->done, m->done, average, m->done * m->at.tasks);
    }
    progress_close(&show);
    *seconds = progress_now() - start;
    return ok && (!m->save || m->done == first || meta_save(m));
}

/* -- the test ------------------------------------------------------------------------------------
 */
static void print_cell(const meta *m, int64_t shots, int64_t steps, double mean, double half,
                       bool as_json)
{
    textbuf t = {0};
    if (as_json) {
        text_addf(&t, "{\"shots\": %lld, \"steps\": %lld, \"%s\": ", (long long)shots,
                  (long long)steps, m->family->measure);
        text_add_number(&t, mean);
        text_add(&t, ", \"ci95\": ");
        text_add_number(&t, half);
        text_add(&t, "}\n");
    } else
        text_addf(&t, "%5lld  %5lld  %8.4f ± %.4f\n", (long long)shots, (long long)steps, mean,
                  half);
    fputs(t.failed ? "" : t.at, stdout);
    text_free(&t);
}

/* Mean and 95% interval over new tasks, after each number of steps. */
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
        double sum = 0, squares = 0, count = (double)tasks;
        for (int64_t i = 0; i < tasks; i++)
            sum += (double)cell[i * META_TIMES + k];
        for (int64_t i = 0; i < tasks; i++)
            squares += pow((double)cell[i * META_TIMES + k] - sum / count, 2);
        print_cell(m, shots, meta_times[k], sum / count, 1.96 * sqrt(squares / count / count),
                   as_json);
    }
    epl_scope_free(s);
    return ok;
}

static bool report(meta *m, const options *o, double seconds)
{
    bool ok = true;
    if (!o->as_json)
        printf("shots  steps  %s\n", m->family->measure);
    for (int i = 0; ok && i < META_SHOTS && m->family->shots[i]; i++)
        ok = test(m, m->family->shots[i], o->test_tasks, o->as_json);
    if (!ok)
        return false;
    if (o->as_json) {
        printf("{\"iterations\": %lld, \"seconds\": %.3f", (long long)m->done, seconds);
        if (m->at.algorithm == META_IMAML)
            printf(", \"residual\": %.3g", m->residual);
        printf("}\n");
    } else
        printf("%lld iterations, %.1f s of this run\n", (long long)m->done, seconds);
    if (m->at.algorithm == META_IMAML && !o->as_json)
        printf("residual of the last linear systems: %.3g\n", m->residual);
    return true;
}

/* -- the whole -----------------------------------------------------------------------------------
 */
static bool prepare(meta *m, const options *o)
{
    if (!m->family->prepare(m, o->data))
        return false;
    epl_spec spec = epl_params_of(m->net), state = epl_opt_adam_state(m->s, spec);
    epl_key key = epl_key_fold(epl_seed((uint64_t)m->at.seed), 0);
    m->params = epl_init(m->s, spec, key);
    m->state = epl_init(m->s, state, key);
    if (m->at.algorithm == META_SGD) {
        m->rates = epl_tree_new(m->s, spec);
        m->rates_state = epl_init(m->s, state, key);
        epl_array rate = m->rates ? epl_tree_array(m->rates) : (epl_array){0};
        for (int64_t i = 0; rate.data && i < epl_count(rate.type); i++)
            ((float *)rate.data)[i] = (float)m->at.inner_lr;
    }
    if (o->resume && access(m->save, F_OK) != 0)
        fprintf(stderr, "%s is not there: a fresh training\n", m->save);
    else if (o->resume && !meta_resume(m))
        return false;
    return epl_scope_status(m->s) == EPL_OK;
}

static int go(const options *o)
{
    meta m = {.s = epl_scope_new(NULL),
              .family = !strcmp(o->family, "sine") ? &meta_sine : &meta_images,
              .at = o->at,
              .check = o->what,
              .save = o->save};
    double seconds = 0;
    bool ok = prepare(&m, o);
    if (!ok)
        tool_fail("meta", "%s", epl_scope_message(m.s));
    else {
        epl_pool *pool = o->threads == 1 ? NULL : epl_pool_new(m.s, (int)o->threads);
        m.work = epl_work_new(m.s, pool);
        fprintf(stderr, "%s: %s, %lld parameters, %lld tasks of %lld shots, %d thread%s\n",
                o->family, meta_algorithm(m.at.algorithm),
                (long long)epl_spec_count(epl_params_of(m.net)), (long long)m.at.tasks,
                (long long)m.at.shots, pool ? epl_pool_threads(pool) : 1,
                pool && epl_pool_threads(pool) > 1 ? "s" : "");
        ok = train(&m, &seconds);
        if (ok && stopped)
            fprintf(stderr, "stopped after %lld iterations\n", (long long)m.done);
        ok = ok && !stopped && report(&m, o, seconds);
    }
    epl_scope_free(m.s);
    return ok ? tool_flushed() : TOOL_FAILED;
}

/* -- options -------------------------------------------------------------------------------------
 */
enum { SHOTS, STEPS, TASKS, ITERATIONS, INNER_LR, OUTER_LR };

/* What was not given is the family's. NULL, or what is wrong. */
static const char *settle(options *o)
{
    bool sine = !strcmp(o->family, "sine");
    const meta_settings *d = sine ? &meta_sine.settings : &meta_images.settings;
    int64_t *count[] = {&o->at.shots, &o->at.steps, &o->at.tasks, &o->at.iterations};
    const int64_t otherwise[] = {d->shots, d->steps, d->tasks, d->iterations};
    if (!sine && strcmp(o->family, "images") != 0)
        return "sine or images is expected";
    for (int i = SHOTS; i <= ITERATIONS; i++) {
        *count[i] = o->given[i] ? *count[i] : otherwise[i];
        if (*count[i] < (i == ITERATIONS ? 0 : 1) || *count[i] > 1000000000)
            return "--shots, --inner-steps, --tasks and --iterations must be positive";
    }
    o->at.queries = d->queries;
    o->at.inner_lr = o->given[INNER_LR] ? o->at.inner_lr : d->inner_lr;
    o->at.outer_lr = o->given[OUTER_LR] ? o->at.outer_lr : d->outer_lr;
    for (size_t i = 0; meta_algorithm(i); i++)
        if (!strcmp(meta_algorithm(i), o->algorithm)) {
            o->at.algorithm = (meta_kind)i;
            break;
        } else if (!meta_algorithm(i + 1))
            return "--algorithm must be maml, fomaml, reptile, anil, meta-sgd or imaml";
    if (!(o->at.inner_lr >= 0 && o->at.outer_lr >= 0 && o->at.lambda > 0) || o->at.cg_steps < 1)
        return "--inner-lr and --outer-lr must not be negative, --lambda and --cg-steps positive";
    if (o->at.steps > 100 || o->at.cg_steps > 100)
        return "--inner-steps and --cg-steps are unrolled: at most 100";
    if (o->threads < 0 || o->test_tasks < 1 || o->test_tasks > 1000000)
        return "--threads must not be negative, and --test-tasks lie between 1 and a million";
    if (!model_check(o->check, &o->what))
        return "--check must be nan or finite";
    return o->resume && !o->save ? "--resume needs --save" : NULL;
}

int tool_meta(int argc, char **argv)
{
    options o = {.algorithm = "maml",
                 .data = "/usr/share/datasets/fashion-mnist",
                 .test_tasks = 600,
                 .at = {.seed = 1, .cg_steps = 5, .lambda = 1}};
    const tool_option list[] = {
        {"--algorithm", TOOL_TEXT, &o.algorithm, NULL, "NAME",
         "maml, fomaml, reptile, anil, meta-sgd or imaml (maml)"},
        {"--shots", TOOL_INT, &o.at.shots, &o.given[SHOTS], "N",
         "examples of a task, of each class (sine: 10; images: 1)"},
        {"--inner-steps", TOOL_INT, &o.at.steps, &o.given[STEPS], "N", "(sine: 1; images: 5)"},
        {"--inner-lr", TOOL_NUMBER, &o.at.inner_lr, &o.given[INNER_LR], "X",
         "(sine: 0.01; images: 0.1); where meta-sgd starts"},
        {"--outer-lr", TOOL_NUMBER, &o.at.outer_lr, &o.given[OUTER_LR], "X", "of Adam (0.001)"},
        {"--lambda", TOOL_NUMBER, &o.at.lambda, NULL, "X", "imaml: pull to the start (1)"},
        {"--cg-steps", TOOL_INT, &o.at.cg_steps, NULL, "N", "imaml: of its linear solver (5)"},
        {"--tasks", TOOL_INT, &o.at.tasks, &o.given[TASKS], "N",
         "of an iteration (sine: 25; images: 4)"},
        {"--iterations", TOOL_INT, &o.at.iterations, &o.given[ITERATIONS], "N",
         "(sine: 70000; images: 3000)"},
        {"--test-tasks", TOOL_INT, &o.test_tasks, NULL, "N", "new tasks of the test (600)"},
        {"--seed", TOOL_INT, &o.at.seed, NULL, "N", "of parameters and tasks (1)"},
        {"--data", TOOL_TEXT, &o.data, NULL, "DIR",
         "images: a folder of IDX files (/usr/share/datasets/fashion-mnist)"},
        {"--threads", TOOL_INT, &o.threads, NULL, "N", "(0: as many as may be used)"},
        {"--save", TOOL_TEXT, &o.save, NULL, "FILE", "write network and training, at the end"},
        {"--resume", TOOL_FLAG, &o.resume, NULL, NULL, "go on where the file of --save stands"},
        {"--check", TOOL_TEXT, &o.check, NULL, "nan|finite",
         "name the first operation that makes a NaN (or an infinity)"},
        {"--json", TOOL_FLAG, &o.as_json, NULL, NULL, "print the table as lines of JSON"},
        {NULL, TOOL_FLAG, NULL, NULL, NULL, NULL},
    };
    const tool_command command = {
        "meta",
        "sine|images [options]",
        "Meta-trains a network on a family of tasks, and tests it on new ones.",
        "sine: regression as in Finn et al. 2017, 1-40-40-1. images: 3 classes of Fashion-MNIST, "
        "0\n"
        "to 4 for training and 5 to 9 for the test, four convolutions with batch norm.\n"
        "The table has the query's loss or accuracy after 0, 1, 2, 5 and 10 steps on new tasks,\n"
        "with 95% intervals. SIGINT and SIGTERM save and end the program.\n",
        list,
        1,
        1,
        NULL};
    int status = tool_parse(&command, argc, argv, &o.family);
    const char *wrong = status == TOOL_GO_ON ? settle(&o) : NULL;
    if (wrong)
        status = tool_misused(&command, "%s", wrong);
    return status == TOOL_GO_ON ? go(&o) : status;
}
