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
    int64_t threads, test_tasks, test_shots, save_interval;
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
    float residual[2] = {0};
    epl_array out[3] = {epl_at(loss, epl_f32()), epl_at(&residual[0], epl_f32()),
                        epl_at(&residual[1], epl_f32())};
    epl_key key = epl_key_fold(epl_key_fold(epl_seed((uint64_t)m->at.seed), 2), (uint64_t)m->done);
    size_t n = meta_inputs(m, false, &key, in), outs = m->at.algorithm == META_IMAML ? 3 : 1;
    if (epl_run(plan, (epl_arrays){n, in}, (epl_arrays){outs, out}, m->work) != EPL_OK) {
        tool_fail("meta", "%s", epl_work_message(m->work));
        return false;
    }
    if (!isfinite(*loss)) {
        tool_fail("meta", "iteration %lld: the loss is not finite; training stops%s",
                  (long long)m->done + 1, m->save ? ", and this is not saved" : "");
        return false;
    }
    m->residual[0] = (double)residual[0];
    m->residual[1] = (double)residual[1];
    m->trained = true;
    m->done++;
    return true;
}

/* handler: on_signal while training; SIG_DFL afterwards, for then there is nothing to save. */
static void listen_by(void (*handler)(int))
{
    struct sigaction act = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&act.sa_mask);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
}

/* Up to the end, or a signal. False: told. seconds: of this run's iterations. */
static bool train(meta *m, int64_t interval, double *seconds)
{
    progress show = {.counted = "tasks"};
    epl_plan plan = epl_jit(m->s, meta_build_step, m);
    int64_t first = m->done;
    double average = 0, start = progress_now();
    bool ok = true;
    listen_by(on_signal);
    progress_open(&show, NULL, false);
    progress_epoch(&show, m->done, m->at.iterations);
    while (ok && !stopped && m->done < m->at.iterations) {
        float loss = 0;
        ok = iterate(m, plan, &loss);
        average = m->done - first <= 1 ? (double)loss : 0.99 * average + 0.01 * (double)loss;
        if (ok)
            progress_step(&show, 0, m->done, m->done, average, m->done * m->at.tasks);
        if (ok && interval && m->done % interval == 0 && m->done < m->at.iterations)
            ok = meta_save(m);
    }
    progress_close(&show);
    listen_by(SIG_DFL);
    *seconds = progress_now() - start;
    return ok && (!m->save || meta_save(m));
}

/* -- the whole -----------------------------------------------------------------------------------
 */
static bool prepare(meta *m, const options *o)
{
    char why[TOOL_MESSAGE];
    if (m->save && !tool_can_save(m->save, why)) {
        epl_scope_fail(m->s, EPL_ERR_FILE, "%s", why);
        return false;
    }
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

/* False: nothing was saved. */
static bool told_of_signal(const meta *m)
{
    if (m->save)
        fprintf(stderr, "stopped by a signal after iteration %lld; --resume goes on from %s\n",
                (long long)m->done, m->save);
    else
        tool_fail("meta", "stopped by a signal after iteration %lld; nothing was saved",
                  (long long)m->done);
    return m->save != NULL;
}

static bool report(meta *m, const options *o, double seconds)
{
    const int64_t *all = m->family->shots, one[META_SHOTS] = {o->test_shots};
    return meta_report(m, o->test_shots ? one : all, o->test_tasks, seconds, o->as_json);
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
                o->family, meta_algorithm[m.at.algorithm],
                (long long)epl_spec_count(epl_params_of(m.net)), (long long)m.at.tasks,
                (long long)m.at.shots, pool ? epl_pool_threads(pool) : 1,
                pool && epl_pool_threads(pool) > 1 ? "s" : "");
        ok = train(&m, o->save_interval, &seconds) &&
             (stopped ? told_of_signal(&m) : report(&m, o, seconds));
    }
    epl_scope_free(m.s);
    return ok ? tool_flushed() : TOOL_FAILED;
}

/* -- options -------------------------------------------------------------------------------------
 */
enum { SHOTS, STEPS, TASKS, ITERATIONS, INNER_LR, OUTER_LR };

/* NULL, or what is wrong. */
static const char *check(const options *o)
{
    const meta_settings *at = &o->at;
    if (!(at->inner_lr >= 0 && at->outer_lr >= 0 && at->lambda > 0) || at->cg_steps < 1)
        return "--inner-lr and --outer-lr must not be negative, --lambda and --cg-steps positive";
    if (at->steps > 100 || at->cg_steps > 100)
        return "--inner-steps and --cg-steps are unrolled: at most 100";
    if (o->threads < 0 || o->test_tasks < 1 || o->test_tasks > 1000000)
        return "--threads must not be negative, and --test-tasks lie between 1 and a million";
    if (o->test_shots < 0 || o->test_shots > 1000)
        return "--test-shots must lie between 1 and 1000";
    if (at->turns < 1 || at->turns > 4)
        return "--turns must lie between 1 and 4";
    if (o->save_interval < 0)
        return "--save-interval must not be negative";
    return (o->resume || o->save_interval) && !o->save ? "--resume and --save-interval need --save"
                                                       : NULL;
}

/* What was not given is the family's. NULL, or what is wrong. */
static const char *settle(options *o)
{
    const meta_family *family = !strcmp(o->family, "sine") ? &meta_sine : &meta_images;
    const meta_settings *d = &family->settings;
    int64_t *count[] = {&o->at.shots, &o->at.steps, &o->at.tasks, &o->at.iterations};
    int kind = 0;
    if (strcmp(o->family, family->name) != 0)
        return "sine or images is expected";
    while (kind < META_KINDS && strcmp(meta_algorithm[kind], o->algorithm) != 0)
        kind++;
    if (kind == META_KINDS)
        return "--algorithm must be maml, fomaml, reptile, anil, meta-sgd or imaml";
    const int64_t otherwise[] = {d->shots, family->steps[kind], d->tasks, d->iterations};
    for (int i = SHOTS; i <= ITERATIONS; i++) {
        *count[i] = o->given[i] ? *count[i] : otherwise[i];
        if (*count[i] < (i == ITERATIONS ? 0 : 1) || *count[i] > 1000000000)
            return "--shots, --inner-steps and --tasks must be positive, --iterations not negative";
    }
    o->at.algorithm = (meta_kind)kind;
    o->at.queries = d->queries;
    if (!o->given[INNER_LR])
        o->at.inner_lr = kind == META_IMAML ? 0 : d->inner_lr;
    if (!o->given[OUTER_LR])
        o->at.outer_lr = d->outer_lr;
    if (!model_check(o->check, &o->what))
        return "--check must be nan or finite";
    return check(o);
}

int tool_meta(int argc, char **argv)
{
    options o = {.algorithm = "maml",
                 .data = "/usr/share/datasets/fashion-mnist",
                 .test_tasks = 600,
                 .at = {.seed = 1, .cg_steps = 10, .turns = 4, .lambda = 1}};
    const tool_option list[] = {
        {"--algorithm", TOOL_TEXT, &o.algorithm, NULL, "NAME",
         "maml, fomaml, reptile, anil, meta-sgd or imaml (maml)"},
        {"--shots", TOOL_INT, &o.at.shots, &o.given[SHOTS], "N",
         "examples of a task, of each class (sine: 10; images: 1)"},
        {"--inner-steps", TOOL_INT, &o.at.steps, &o.given[STEPS], "N",
         "of the inner loop (sine: 1, reptile 10, imaml 3; images: 5, imaml 3)"},
        {"--inner-lr", TOOL_NUMBER, &o.at.inner_lr, &o.given[INNER_LR], "X",

         "(sine: 0.01; images: 0.1); where meta-sgd starts; imaml, 0: Newton's steps (0)"},
        {"--outer-lr", TOOL_NUMBER, &o.at.outer_lr, &o.given[OUTER_LR], "X", "of Adam (0.001)"},
        {"--lambda", TOOL_NUMBER, &o.at.lambda, NULL, "X", "imaml: pull to the start (1)"},
        {"--cg-steps", TOOL_INT, &o.at.cg_steps, NULL, "N", "imaml: of its linear systems (10)"},
        {"--tasks", TOOL_INT, &o.at.tasks, &o.given[TASKS], "N",
         "of an iteration (sine: 25; images: 4)"},
        {"--iterations", TOOL_INT, &o.at.iterations, &o.given[ITERATIONS], "N",
         "(sine: 70000; images: 3000)"},
        {"--test-tasks", TOOL_INT, &o.test_tasks, NULL, "N", "new tasks of the test (600)"},
        {"--test-shots", TOOL_INT, &o.test_shots, NULL, "N",
         "only these rows of the table (sine: 5, 10 and 20; images: 1 and 5)"},
        {"--seed", TOOL_INT, &o.at.seed, NULL, "N", "of parameters and tasks (1)"},
        {"--turns", TOOL_INT, &o.at.turns, NULL, "N",
         "images: a class for each of N quarter turns of a class, in training (4)"},
        {"--data", TOOL_TEXT, &o.data, NULL, "DIR",
         "images: a folder of IDX files (/usr/share/datasets/fashion-mnist)"},
        {"--threads", TOOL_INT, &o.threads, NULL, "N", "(0: as many as may be used)"},
        {"--save", TOOL_TEXT, &o.save, NULL, "FILE", "write network and training at the end"},
        {"--save-interval", TOOL_INT, &o.save_interval, NULL, "N", "also after every N iterations"},
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
